/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/draw_recipe.h"
#include "fuzz/place.h"
#include "spec/size.h"

#define LENGTH_USUAL 70
#define LENGTH_MAX   520
#define WIDTH_USUAL  40
#define WIDTH_MAX    1024
#define MANY         65535
#define TILE         64
#define USUAL_SHARE  32  /* of the limits: most cases are small */
#define RARE         512 /* one recipe in so many has 65535 or 65536 sequences or heads */

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

bool sc_draw_does(const struct sc_draw *draw, uint32_t feature)
{
    return (draw->traits->features & feature) != 0;
}

int32_t sc_draw_int(struct sc_draw *draw, int32_t low, int32_t high)
{
    return sc_random_int(&draw->random, low, high);
}

bool sc_draw_one_in(struct sc_draw *draw, int32_t n)
{
    return sc_draw_int(draw, 1, n) == 1;
}

/* A number within one of a multiple of a tile size. */
static int32_t near_tile(struct sc_draw *draw, int32_t most)
{
    const int32_t tile = 8 << sc_draw_int(draw, 0, 4);
    const int32_t tiles = sc_draw_int(draw, 1, most / tile > 1 ? most / tile : 1);
    const int32_t beside = sc_draw_int(draw, -1, 1);

    return tile * tiles + beside;
}

static int32_t draw_length(struct sc_draw *draw)
{
    static const int32_t primes[] = {2,  3,  5,  7,  11, 13, 19, 23, 29,
                                     37, 41, 43, 53, 59, 61, 67, 71, 101};

    if (sc_draw_one_in(draw, 32)) {
        return near_tile(draw, LENGTH_MAX);
    }
    switch (sc_draw_int(draw, 0, 15)) {
    case 0:
        return sc_draw_does(draw, SC_KERNEL_EMPTY) ? 0 : 1;
    case 1:
        return 1;
    case 2:
    case 3:
    case 4:
    case 5:
        return near_tile(draw, LENGTH_USUAL);
    case 6:
    case 7:
        return primes[sc_draw_int(draw, 0, LIST_SIZE(primes) - 1)];
    case 8:
        return near_tile(draw, 2 * LENGTH_USUAL);
    default:
        return sc_draw_int(draw, 1, LENGTH_USUAL);
    }
}

/* The nearest width that the kernel does. */
static int32_t allowed_width(const struct sc_draw *draw, int32_t width, int32_t most)
{
    const int32_t unit = draw->traits->d_multiple;
    const int32_t highest = most < WIDTH_MAX || unit > WIDTH_MAX ? most : WIDTH_MAX;
    const int32_t up = (width + unit - 1) / unit * unit;
    const int32_t last = highest - highest % unit;

    return up < last ? up : last;
}

static int32_t draw_width(struct sc_draw *draw, int32_t most)
{
    static const int32_t usual[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40};
    static const int32_t wide[] = {63,  64,  65,  72,  80,  96,  97,  127, 128,
                                   129, 160, 192, 193, 255, 256, 257, 512};
    int32_t width = sc_draw_int(draw, 1, WIDTH_USUAL);

    if (sc_draw_one_in(draw, 2)) {
        width = usual[sc_draw_int(draw, 0, LIST_SIZE(usual) - 1)];
    }
    if (sc_draw_one_in(draw, 10)) {
        width = wide[sc_draw_int(draw, 0, LIST_SIZE(wide) - 1)];
    }
    if (sc_draw_one_in(draw, 32)) {
        width = most > 65 ? sc_draw_int(draw, 65, most < WIDTH_MAX ? most : WIDTH_MAX) : most;
    }
    if (sc_draw_one_in(draw, 64)) {
        width = most;
    }
    return allowed_width(draw, width, most);
}

static enum sc_format draw_format(struct sc_draw *draw, uint32_t formats)
{
    int32_t pick = sc_draw_int(draw, 0, 2);

    while ((formats >> pick & 1) == 0 && (formats & 7) != 0) {
        pick = (pick + 1) % 3;
    }
    return (enum sc_format)pick;
}

bool sc_draw_slow(const struct sc_kernel_traits *t, const struct sc_recipe *r)
{
    const int64_t cap = INT64_MAX / 16, heads = (int64_t)r->batch * r->heads_q;
    const int64_t blocks = ((int64_t)r->n_q / TILE + 1) * ((int64_t)r->n_k / TILE + 1);
    const int64_t tiles = sc_size_times(blocks, heads, cap);
    int64_t elements = 0;

    for (int tensor = 0; t->elements_max > 0 && tensor < SC_TENSORS; tensor++) {
        const int64_t size = sc_place_of(r, (enum sc_tensor)tensor).layout.size;
        const struct sc_extent e = sc_place_extent(r, (enum sc_tensor)tensor);
        if (r->backward || tensor <= SC_TENSOR_V || tensor == SC_TENSOR_O) {
            elements = sc_size_plus(elements,
                                    size < SC_KERNEL_SPARSE ? size : sc_extent_elements(&e), cap);
        }
        if (elements < 0 || elements > t->elements_max) {
            return true;
        }
    }
    return t->tiles_max > 0 && (tiles < 0 || tiles > t->tiles_max);
}

/* Whether the elements of a call's tensors without gaps, and its pairs of rows and keys, are within the limits over
 * `share`. */
static bool within(const struct sc_draw *draw, const struct sc_recipe *r, int32_t share)
{
    const int64_t cap = INT64_MAX / 16;
    const int64_t heads = (int64_t)r->batch * r->heads_q;
    int64_t elements = 0;

    for (int tensor = 0; tensor < SC_TENSORS; tensor++) {
        const struct sc_extent e = sc_place_extent(r, (enum sc_tensor)tensor);
        const int64_t all = sc_extent_elements(&e);
        if (all > SC_RECIPE_ELEMENTS_MAX) {
            return false;
        }
        elements += r->backward || tensor <= SC_TENSOR_V || tensor == SC_TENSOR_O ? all : 0;
    }
    const int64_t pairs = sc_size_times((int64_t)r->n_q * r->n_k, heads, cap);

    return elements <= draw->limits->elements_max / share && pairs >= 0 &&
           pairs <= draw->limits->pairs_max / share && heads <= SC_RECIPE_HEADS_MAX &&
           !sc_draw_slow(draw->traits, r);
}

/* As narrow as the kernel does; false if it is already. */
static bool narrowest(const struct sc_draw *draw, struct sc_recipe *r)
{
    const int32_t before = r->d + r->d_v;

    r->d = allowed_width(draw, 1, draw->traits->d_max);
    r->d_v = allowed_width(draw, 1, draw->traits->d_v_max);
    return r->d + r->d_v < before;
}

/* Makes a shape smaller, what there are many of last; false when there is nothing left to do. */
static bool smaller(const struct sc_draw *draw, struct sc_recipe *r)
{
    const int32_t group = r->heads_q / r->heads_kv;
    const bool many = r->batch >= MANY || r->heads_q >= MANY;
    int32_t *const longest = r->n_q > r->n_k ? &r->n_q : &r->n_k;

    if (*longest > (many ? 1 : 4)) {
        *longest /= 2;
        return true;
    }
    if (many && narrowest(draw, r)) {
        return true;
    }
    if (r->batch > 1) {
        r->batch /= 2;
        return true;
    }
    if (r->heads_q > 1) {
        r->heads_kv = r->heads_kv > 1 ? r->heads_kv / 2 : 1;
        r->heads_q = r->heads_q > group ? r->heads_kv * group : 1;
        return true;
    }
    if (*longest > 1) {
        *longest /= 2;
        return true;
    }
    return narrowest(draw, r);
}

/* Very many sequences or heads, and little else. */
static void draw_many(struct sc_draw *draw, struct sc_recipe *r)
{
    const int32_t many = sc_draw_int(draw, MANY, MANY + 1);

    r->n_q = sc_draw_int(draw, 1, 3);
    r->n_k = sc_draw_int(draw, 1, 3);
    r->d = allowed_width(draw, sc_draw_int(draw, 1, 4), r->d);
    r->batch = 1;
    r->heads_q = 1;
    r->heads_kv = 1;
    if (sc_draw_one_in(draw, 2)) {
        r->batch = many;
        return;
    }
    const bool grouped = sc_draw_does(draw, SC_KERNEL_GROUPED) && sc_draw_one_in(draw, 2);
    r->heads_q = many;
    r->heads_kv = grouped ? 1 : many;
}

void sc_draw_shape(struct sc_draw *draw, struct sc_recipe *r)
{
    static const int32_t groups[] = {1, 2, 3, 4, 5, 7, 8};
    const bool grouped = sc_draw_does(draw, SC_KERNEL_GROUPED) && sc_draw_one_in(draw, 2);
    const int32_t group = groups[sc_draw_int(draw, 0, LIST_SIZE(groups) - 1)];

    r->format_in = draw_format(draw, draw->traits->formats_in);
    r->format_out = draw_format(draw, draw->traits->formats_out);
    r->backward = sc_draw_does(draw, SC_KERNEL_BACKWARD) && !sc_draw_one_in(draw, 3);
    r->batch = sc_draw_one_in(draw, 2) ? 1 : sc_draw_int(draw, 2, 4);
    r->heads_kv = sc_draw_one_in(draw, 2) ? 1 : sc_draw_int(draw, 2, 3);
    r->heads_q = r->heads_kv * (grouped ? group : 1);
    r->n_q = draw_length(draw);
    r->n_k = sc_draw_one_in(draw, 4) ? r->n_q : draw_length(draw);
    const bool free = sc_draw_does(draw, SC_KERNEL_VALUE_WIDTH);
    const bool narrower = draw->traits->d_v_max < draw->traits->d_max;
    r->d = draw_width(draw, narrower && !free ? draw->traits->d_v_max : draw->traits->d_max);
    const bool many = sc_draw_one_in(draw, RARE);
    if (many) {
        draw_many(draw, r);
    }
    r->d_v = allowed_width(draw, r->d, draw->traits->d_v_max);
    if (free && sc_draw_one_in(draw, 2)) {
        r->d_v = many ? allowed_width(draw, sc_draw_int(draw, 1, 8), draw->traits->d_v_max)
                      : draw_width(draw, draw->traits->d_v_max);
    }
    const int32_t share = many || sc_draw_one_in(draw, 64) ? 1 : USUAL_SHARE;
    while (!within(draw, r, share) && smaller(draw, r)) {
    }
}
