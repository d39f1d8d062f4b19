/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/relation.h"

#include "fuzz/place.h"

#include <stdlib.h>
#include <string.h>

void sc_relation_hidden(const struct sc_recipe *recipe, struct sc_recipe *related)
{
    *related = *recipe;
    related->hidden = recipe->hidden == SC_HIDDEN_ZERO ? SC_HIDDEN_NAN : SC_HIDDEN_ZERO;
    if (recipe->hidden == SC_HIDDEN_NAN) {
        related->hidden = recipe->seed % 2 == 0 ? SC_HIDDEN_ZERO : SC_HIDDEN_LARGE;
    }
    related->hashed = false;
}

/* Whether rows of a tensor share elements. */
static bool shares(const struct sc_layout *layout, const struct sc_extent *extent)
{
    const struct sc_place_sharing sharing = sc_place_share(layout, extent);

    return sharing.entries || sharing.heads || sharing.rows || sharing.overlapping;
}

/* A gap that keeps, or does not keep, rows on boundaries of 16 bytes. */
#define GAP_ALIGNED    16
#define GAP_MISALIGNED 3
#define BASE_STEP      5

bool sc_relation_layout(const struct sc_recipe *recipe, const struct sc_kernel_traits *traits,
                        struct sc_recipe *related)
{
    const bool strides = (traits->features & SC_KERNEL_STRIDES) != 0;
    const bool misaligned = (traits->features & SC_KERNEL_MISALIGNED) != 0;
    const int64_t gap = misaligned ? GAP_MISALIGNED : GAP_ALIGNED;

    *related = *recipe;
    related->hashed = false;
    for (int32_t t = 0; t < SC_TENSORS; t++) {
        struct sc_recipe_place *place = &related->places[t];
        const struct sc_extent extent = sc_place_extent(recipe, (enum sc_tensor)t);
        const struct sc_layout layout = sc_place_of(recipe, (enum sc_tensor)t).layout;
        if (misaligned) {
            place->base = (place->base + BASE_STEP) % 256;
        }
        if (!strides || shares(&layout, &extent)) {
            continue;
        }
        place->strided = !place->strided;
        place->row = place->strided ? extent.width + gap : 0;
        place->head = place->strided ? extent.rows * place->row + gap : 0;
        place->batch = place->strided ? extent.heads * place->head + gap : 0;
    }
    return (strides || misaligned) && sc_recipe_check(related, NULL) == SC_OK;
}

/* Copies `bytes`, or none of NULL. False: no memory. */
static bool copy_bytes(void *copied, const void *source, size_t bytes)
{
    void *copy = source == NULL ? NULL : malloc(bytes + 1);

    if (copy != NULL) {
        memcpy(copy, source, bytes);
    }
    memcpy(copied, &copy, sizeof copy);
    return source == NULL || copy != NULL;
}

static int32_t biases(const struct sc_problem *p)
{
    if (p->bias_scope == SC_BIAS_PER_HEAD) {
        return p->heads_q;
    }
    return p->bias_scope == SC_BIAS_PER_SEQUENCE ? p->batch : 1;
}

/* The problem's own arrays, as far as the first one has them: a case may hold others that its problem does not use. */
static void point(struct sc_case *c, const struct sc_problem *first)
{
    c->problem.bias = c->bias;
    c->problem.slopes = first->slopes != NULL ? c->slopes : NULL;
    c->problem.key_lengths = first->key_lengths != NULL ? c->key_lengths : NULL;
    c->problem.starts_q = first->starts_q != NULL ? c->starts_q : NULL;
    c->problem.starts_k = first->starts_k != NULL ? c->starts_k : NULL;
    c->problem.plane.visible = first->plane.visible != NULL ? c->plane : NULL;
}

enum sc_status sc_relation_copied(const struct sc_prepared *prepared, struct sc_prepared *related,
                                  struct sc_error *error)
{
    const struct sc_case *from = &prepared->c;
    const struct sc_problem *p = &from->problem;
    const size_t ends = ((size_t)p->batch + 1) * sizeof(int32_t);

    *related = *prepared;
    related->recipe.hashed = false;
    struct sc_case *to = &related->c;
    const size_t cells = p->plane.visible != NULL ? (size_t)p->plane.layout.size : 0;
    bool whole = copy_bytes(&to->q, from->q, (size_t)p->q.size * sizeof(float));
    whole = copy_bytes(&to->k, from->k, (size_t)p->k.size * sizeof(float)) && whole;
    whole = copy_bytes(&to->v, from->v, (size_t)p->v.size * sizeof(float)) && whole;
    whole = copy_bytes(&to->d_o, from->d_o, (size_t)p->o.size * sizeof(float)) && whole;
    whole = copy_bytes(&to->bias, from->bias, (size_t)biases(p) * sizeof(float)) && whole;
    whole = copy_bytes(&to->slopes, from->slopes, (size_t)p->heads_q * sizeof(float)) && whole;
    whole = copy_bytes(&to->key_lengths, from->key_lengths, ends - sizeof(int32_t)) && whole;
    whole = copy_bytes(&to->starts_q, from->starts_q, ends) && whole;
    whole = copy_bytes(&to->starts_k, from->starts_k, ends) && whole;
    whole = copy_bytes(&to->plane, from->plane, cells) && whole;
    if (!whole) {
        sc_prepared_destroy(related);
        return sc_fail(error, SC_E_MEMORY, "relation: no memory for a case");
    }
    point(to, p);
    return SC_OK;
}

static struct sc_layout compact(int32_t entries, int32_t heads, int32_t rows, int32_t width)
{
    const struct sc_extent extent = {entries, heads, rows, width, SC_FORMAT_FP32};

    return sc_place_compact(&extent);
}

/* A tensor of `heads` heads for one of `heads_kv`, each of them `times` times. */
static float *repeat(const float *values, int64_t blocks, int64_t block, int32_t times)
{
    float *repeated = malloc((size_t)(blocks * block) * (size_t)times * sizeof *repeated + 1);

    for (int64_t n = 0; repeated != NULL && n < blocks * times; n++) {
        memcpy(repeated + n * block, values + n / times * block, (size_t)block * sizeof *repeated);
    }
    return repeated;
}

enum sc_status sc_relation_repeated(const struct sc_prepared *prepared, struct sc_prepared *related,
                                    struct sc_error *error)
{
    const struct sc_problem *p = &prepared->c.problem;
    const int32_t entries = sc_problem_tensor_batch(p);
    const int64_t blocks = (int64_t)entries * p->heads_kv;
    const int32_t group = p->heads_q / p->heads_kv;
    const int64_t n_k = p->n_k;
    float *k = repeat(prepared->c.k, blocks, n_k * p->d, group);
    float *v = repeat(prepared->c.v, blocks, n_k * p->d_v, group);
    enum sc_status status = k == NULL || v == NULL
                                ? sc_fail(error, SC_E_MEMORY, "relation: no memory for a case")
                                : sc_relation_copied(prepared, related, error);

    if (status != SC_OK) {
        free(v);
        free(k);
        return status;
    }
    struct sc_case *c = &related->c;
    free(c->k);
    free(c->v);
    c->k = k;
    c->v = v;
    c->problem.heads_kv = p->heads_q;
    c->problem.k = compact(entries, p->heads_q, p->n_k, p->d);
    c->problem.v = compact(entries, p->heads_q, p->n_k, p->d_v);
    related->places[SC_TENSOR_K].layout = related->places[SC_TENSOR_D_K].layout = c->problem.k;
    related->places[SC_TENSOR_V].layout = related->places[SC_TENSOR_D_V].layout = c->problem.v;
    return SC_OK;
}

static void negate(float *x, int64_t count)
{
    for (int64_t n = 0; x != NULL && n < count; n++) {
        x[n] = -x[n];
    }
}

enum sc_status sc_relation_negated(const struct sc_prepared *prepared, struct sc_prepared *related,
                                   struct sc_error *error)
{
    const struct sc_problem *p = &prepared->c.problem;
    const enum sc_status status = sc_relation_copied(prepared, related, error);

    if (status == SC_OK) {
        negate(related->c.q, p->q.size);
        negate(related->c.bias, biases(p));
        negate(related->c.slopes, p->heads_q);
    }
    return status;
}

struct sc_turn sc_relation_turn(const struct sc_prepared *prepared)
{
    const struct sc_problem *p = &prepared->c.problem;
    const bool packed = p->starts_q != NULL;
    bool overlapping = false;

    for (int32_t t = 0; t <= SC_TENSOR_D_O; t++) {
        const struct sc_extent extent = sc_prepared_extent(p, (enum sc_tensor)t);
        overlapping =
            overlapping || sc_place_share(&prepared->places[t].layout, &extent).overlapping;
    }
    return (struct sc_turn){!overlapping && !packed && p->batch > 1,
                            !overlapping && p->heads_kv > 1};
}

int32_t sc_relation_sequence(const struct sc_problem *problem, struct sc_turn turn, int32_t b)
{
    return (b + turn.sequences) % problem->batch;
}

int32_t sc_relation_head(int32_t heads, const struct sc_problem *problem, struct sc_turn turn,
                         int32_t head)
{
    return (head + turn.groups * (heads / problem->heads_kv)) % heads;
}

/* Blocks [entry][head] of a tensor without gaps. */
static void turn_tensor(const struct sc_problem *p, struct sc_turn turn, int32_t heads,
                        int64_t block, const float *from, float *to)
{
    const int32_t entries = sc_problem_tensor_batch(p);

    for (int32_t b = 0; from != NULL && b < entries; b++) {
        for (int32_t h = 0; h < heads; h++) {
            const int64_t place = (int64_t)sc_relation_sequence(p, turn, b) * heads +
                                  sc_relation_head(heads, p, turn, h);
            memcpy(to + place * block, from + ((int64_t)b * heads + h) * block,
                   (size_t)block * sizeof *to);
        }
    }
}

/* The mask of bytes, with strides that give each sequence and head its own. False: no memory. */
static bool turn_plane(const struct sc_problem *p, struct sc_turn turn, struct sc_case *c)
{
    const struct sc_plane *plane = &p->plane;
    const struct sc_layout layout = compact(p->batch, p->heads_q, plane->rows, plane->keys);
    uint8_t *cells = malloc((size_t)layout.size + 1);

    if (cells == NULL) {
        return false;
    }
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t r = 0; r < plane->rows; r++) {
                const int64_t to = sc_layout_row(&layout, sc_relation_sequence(p, turn, b),
                                                 sc_relation_head(p->heads_q, p, turn, h), r,
                                                 p->batch, p->heads_q, plane->rows, plane->keys);
                const int64_t from = sc_layout_row(&plane->layout, b, h, r, p->batch, p->heads_q,
                                                   plane->rows, plane->keys);
                memcpy(cells + to, plane->visible + from, (size_t)plane->keys);
            }
        }
    }
    free(c->plane);
    c->plane = cells;
    c->problem.plane.layout = layout;
    return true;
}

static void turn_arrays(const struct sc_case *from, struct sc_turn turn, struct sc_case *to)
{
    const struct sc_problem *p = &from->problem;

    for (int32_t b = 0; b < p->batch; b++) {
        const int32_t place = sc_relation_sequence(p, turn, b);
        if (p->bias_scope == SC_BIAS_PER_SEQUENCE) {
            to->bias[place] = from->bias[b];
        }
        if (p->key_lengths != NULL) {
            to->key_lengths[place] = from->key_lengths[b];
        }
    }
    for (int32_t h = 0; h < p->heads_q; h++) {
        const int32_t place = sc_relation_head(p->heads_q, p, turn, h);
        if (p->bias_scope == SC_BIAS_PER_HEAD) {
            to->bias[place] = from->bias[h];
        }
        if (p->slopes != NULL) {
            to->slopes[place] = from->slopes[h];
        }
    }
}

enum sc_status sc_relation_turned(const struct sc_prepared *prepared, struct sc_turn turn,
                                  struct sc_prepared *related, struct sc_error *error)
{
    const struct sc_case *from = &prepared->c;
    const struct sc_problem *p = &from->problem;
    const int64_t n_q = p->n_q, n_k = p->n_k;
    const enum sc_status status = sc_relation_copied(prepared, related, error);

    if (status != SC_OK) {
        return status;
    }
    turn_tensor(p, turn, p->heads_q, n_q * p->d, from->q, related->c.q);
    turn_tensor(p, turn, p->heads_kv, n_k * p->d, from->k, related->c.k);
    turn_tensor(p, turn, p->heads_kv, n_k * p->d_v, from->v, related->c.v);
    turn_tensor(p, turn, p->heads_q, n_q * p->d_v, from->d_o, related->c.d_o);
    turn_arrays(from, turn, &related->c);
    if (p->plane.visible != NULL && !turn_plane(p, turn, &related->c)) {
        sc_prepared_destroy(related);
        return sc_fail(error, SC_E_MEMORY, "relation: no memory for a mask");
    }
    point(&related->c, p);
    return SC_OK;
}

bool sc_relation_can_shorten(const struct sc_problem *problem)
{
    return problem->n_q > 1 && problem->starts_q == NULL && problem->plane.visible == NULL;
}

/* Each block of rows without its first one, packed together. */
static void shorten(float *x, int64_t blocks, int64_t rows, int64_t width)
{
    for (int64_t n = 0; x != NULL && n < blocks; n++) {
        memmove(x + n * (rows - 1) * width, x + (n * rows + 1) * width,
                (size_t)((rows - 1) * width) * sizeof *x);
    }
}

static bool same(const struct sc_layout *x, const struct sc_layout *y)
{
    return x->stride_batch == y->stride_batch && x->stride_head == y->stride_head &&
           x->stride_row == y->stride_row;
}

/* A tensor of rows that lay without gaps does so again. */
static void place_rows(struct sc_placement *place, const struct sc_problem *p, int32_t width)
{
    const struct sc_layout before = compact(p->batch, p->heads_q, p->n_q, width);

    if (same(&place->layout, &before)) {
        place->layout = compact(p->batch, p->heads_q, p->n_q - 1, width);
    }
}

enum sc_status sc_relation_shortened(const struct sc_prepared *prepared,
                                     struct sc_prepared *related, struct sc_error *error)
{
    const struct sc_problem *p = &prepared->c.problem;
    const int64_t blocks = (int64_t)p->batch * p->heads_q;
    const enum sc_status status = sc_relation_copied(prepared, related, error);

    if (status != SC_OK) {
        return status;
    }
    shorten(related->c.q, blocks, p->n_q, p->d);
    shorten(related->c.d_o, blocks, p->n_q, p->d_v);
    related->c.problem.n_q = p->n_q - 1;
    related->c.problem.q = compact(p->batch, p->heads_q, p->n_q - 1, p->d);
    related->c.problem.o = compact(p->batch, p->heads_q, p->n_q - 1, p->d_v);
    place_rows(&related->places[SC_TENSOR_Q], p, p->d);
    place_rows(&related->places[SC_TENSOR_D_Q], p, p->d);
    place_rows(&related->places[SC_TENSOR_O], p, p->d_v);
    place_rows(&related->places[SC_TENSOR_D_O], p, p->d_v);
    return SC_OK;
}
