/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/draw_recipe.h"
#include "fuzz/place.h"

#include <stddef.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

#define FAR        ((int64_t)1 << 31) /* elements: beyond int32 */
#define FAR_ONE_IN 96

/* The three dimensions of a tensor, and their strides. */
struct dimensions {
    int64_t *strides[3]; /* row, head, batch */
    int32_t extents[3];
    int32_t width;
};

static struct dimensions of(struct sc_recipe_place *place, const struct sc_extent *e)
{
    const struct dimensions all = {
        {&place->row, &place->head, &place->batch}, {e->rows, e->heads, e->entries}, e->width};

    return all;
}

/* Nested in a random order, with gaps of up to two units; without gaps if `unit` is 0. */
static void nest(struct sc_draw *draw, struct dimensions all, int32_t unit)
{
    int64_t span = all.width;

    for (int step = 0; step < 3; step++) {
        const int pick = sc_draw_int(draw, step, 2);
        int64_t *const stride = all.strides[pick];
        const int32_t extent = all.extents[pick];
        all.strides[pick] = all.strides[step];
        all.extents[pick] = all.extents[step];
        *stride = span;
        if (unit > 0) {
            *stride = (span + unit - 1) / unit * unit + (int64_t)unit * sc_draw_int(draw, 0, 2);
        }
        span = (extent > 1 ? extent - 1 : 0) * *stride + span;
    }
}

/* Strides that no dimension of one element can mind. */
static void absurd(struct sc_draw *draw, struct dimensions all)
{
    for (int x = 0; x < 3; x++) {
        if (all.extents[x] <= 1) {
            *all.strides[x] =
                sc_draw_one_in(draw, 2) ? 0 : ((int64_t)1 << sc_draw_int(draw, 20, 45)) - 3;
        }
    }
}

/* One dimension of more than one element, or -1. */
static int some_dimension(struct sc_draw *draw, const struct dimensions *all)
{
    const int first = sc_draw_int(draw, 0, 2);

    for (int x = 0; x < 3; x++) {
        if (all->extents[(first + x) % 3] > 1) {
            return (first + x) % 3;
        }
    }
    return -1;
}

/* The outermost dimension of more than one element reaches beyond 2^31 elements. */
static void far(struct sc_draw *draw, struct sc_recipe_place *place, const struct sc_extent *e)
{
    struct dimensions all = of(place, e);
    const int x = e->entries > 1 ? 2 : e->heads > 1 ? 1 : -1;
    const int64_t inner = (int64_t)(x == 2 ? e->heads : 1) * e->rows * e->width; /* of one step */

    if (x < 0) {
        return;
    }
    const int64_t wanted = sc_draw_one_in(draw, 2) ? FAR : 2 * FAR;
    const int64_t stride = wanted / (all.extents[x] - 1) + 8 * sc_draw_int(draw, 0, 2);
    const int64_t last = (all.extents[x] - 1) * stride + inner;

    if (stride > inner && last < draw->limits->span_max) {
        *all.strides[x] = stride;
    }
}

static void draw_place(struct sc_draw *draw, struct sc_recipe *r, enum sc_tensor tensor,
                       int32_t unit)
{
    struct sc_recipe_place *const place = &r->places[tensor];
    const struct sc_extent e = sc_place_extent(r, tensor);
    const struct sc_layout compact = sc_place_compact(&e);
    const bool input = tensor < SC_TENSOR_O;

    place->strided = true;
    place->batch = compact.stride_batch;
    place->head = compact.stride_head;
    place->row = compact.stride_row;
    const struct dimensions all = of(place, &e);
    const int x = some_dimension(draw, &all);
    const int kind = sc_draw_one_in(draw, FAR_ONE_IN) ? 6 : sc_draw_int(draw, 0, 7);

    switch (kind) {
    case 0:
        nest(draw, all, 0);
        break;
    case 1:
        nest(draw, all, unit);
        absurd(draw, all);
        break;
    case 2:
        absurd(draw, all);
        break;
    case 3:
        nest(draw, all, unit);
        if (input && x >= 0) {
            *all.strides[x] = 0;
        }
        break;
    case 4:
        if (input && e.rows > 1 && e.width > 1) { /* rows that overlap */
            place->row = sc_draw_int(draw, 1, e.width - 1);
        }
        break;
    case 6:
        far(draw, place, &e);
        break;
    default:
        place->strided = false;
        break;
    }
}

static void draw_base(struct sc_draw *draw, struct sc_recipe *r, enum sc_tensor tensor, bool odd)
{
    static const int32_t odd_bases[] = {1, 2, 3, 5, 7, 9, 17, 33, 63, 127};
    static const int32_t even_bases[] = {8, 16, 24, 40, 64, 120};

    if (sc_draw_one_in(draw, 2)) {
        r->places[tensor].base = odd ? odd_bases[sc_draw_int(draw, 0, LIST_SIZE(odd_bases) - 1)]
                                     : even_bases[sc_draw_int(draw, 0, LIST_SIZE(even_bases) - 1)];
    }
}

void sc_draw_places(struct sc_draw *draw, struct sc_recipe *r)
{
    const int32_t tensors = r->backward ? SC_TENSORS : SC_TENSOR_O + 1;
    const bool strided = sc_draw_does(draw, SC_KERNEL_STRIDES) && sc_draw_one_in(draw, 2);
    const bool moved = sc_draw_does(draw, SC_KERNEL_MISALIGNED) && sc_draw_one_in(draw, 3);
    const int32_t unit = sc_draw_one_in(draw, 2) ? 8 : 1; /* 16 bytes of a narrow format */
    const bool odd = !sc_draw_one_in(draw, 3);
    const bool outputs_alone = sc_draw_one_in(draw, 4);

    for (int32_t x = 0; x < tensors; x++) {
        const enum sc_tensor tensor = (enum sc_tensor)x;
        if (tensor == SC_TENSOR_D_O && !r->backward) {
            continue;
        }
        if (strided) {
            draw_place(draw, r, tensor, unit);
            r->places[tensor].strided = r->places[tensor].strided && !sc_draw_slow(draw->traits, r);
        }
        if (moved && (tensor >= SC_TENSOR_O || !outputs_alone)) {
            draw_base(draw, r, tensor, odd);
        }
    }
    if (sc_recipe_check(r, NULL) == SC_OK) {
        return;
    }
    /* Exact values bear no shared rows in V and dO. */
    for (int tensor = SC_TENSOR_Q; tensor <= SC_TENSOR_D_O; tensor++) {
        r->places[tensor].strided = false;
    }
}
