/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/prepared.h"

#include "fuzz/digest.h"
#include "fuzz/hidden.h"
#include "fuzz/place.h"
#include "fuzz/value.h"
#include "reference/constants.h"
#include "reference/problem.h"
#include "spec/format_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* At least one element, so that NULL means no memory. */
static void *room_for(int64_t count, size_t bytes)
{
    return calloc(count > 0 ? (size_t)count : 1, bytes);
}

static int32_t bias_count(const struct sc_recipe *r)
{
    if (r->bias_scope == SC_BIAS_SCALAR) {
        return 1;
    }
    return r->bias_scope == SC_BIAS_PER_HEAD ? r->heads_q : r->batch;
}

/* Lengths of the sequences in a tensor of `rows`, from a list that repeats. */
static void set_starts(int32_t *starts, int32_t batch, int32_t rows, const int32_t *list,
                       int32_t count)
{
    starts[0] = 0;
    for (int32_t b = 0; b < batch; b++) {
        const int32_t left = rows - starts[b];
        const int32_t length = list[b % count] < left ? list[b % count] : left;
        starts[b + 1] = b + 1 == batch ? rows : starts[b] + length;
    }
}

static void set_shape(const struct sc_recipe *r, struct sc_case *c)
{
    struct sc_problem *const p = &c->problem;

    p->batch = r->batch;
    p->heads_q = r->heads_q;
    p->heads_kv = r->heads_kv;
    p->n_q = r->n_q;
    p->n_k = r->n_k;
    p->d = r->d;
    p->d_v = r->d_v;
    p->format_in = r->format_in;
    p->format_out = r->format_out;
    p->tau = r->tau;
    p->bias_scope = r->bias_scope;
    p->left = r->left;
    p->right = r->right;
}

/* The small arrays of a problem. */
static bool set_arrays(const struct sc_recipe *r, struct sc_case *c)
{
    struct sc_problem *const p = &c->problem;
    const int32_t biases = bias_count(r);

    c->bias = room_for(biases, sizeof *c->bias);
    c->slopes = room_for(r->heads_q, sizeof *c->slopes);
    c->key_lengths = room_for(r->batch, sizeof *c->key_lengths);
    c->starts_q = room_for((int64_t)r->batch + 1, sizeof *c->starts_q);
    c->starts_k = room_for((int64_t)r->batch + 1, sizeof *c->starts_k);
    if (c->bias == NULL || c->slopes == NULL || c->key_lengths == NULL || c->starts_q == NULL ||
        c->starts_k == NULL) {
        return false;
    }
    const float logarithm = r->biases > 0 ? 0.0f : sc_constants_minus_log(r->n_k);
    for (int32_t x = 0; x < biases; x++) {
        c->bias[x] = r->biases > 0 ? r->bias[x % r->biases] : logarithm;
    }
    p->bias = c->bias;
    for (int32_t h = 0; r->slopes_count > 0 && h < r->heads_q; h++) {
        c->slopes[h] = r->slopes[h % r->slopes_count];
        p->slopes = c->slopes;
    }
    if (r->packed_count > 0) {
        set_starts(c->starts_q, r->batch, r->n_q, r->packed_q, r->packed_count);
        set_starts(c->starts_k, r->batch, r->n_k, r->packed_k, r->packed_count);
        p->starts_q = c->starts_q;
        p->starts_k = c->starts_k;
    }
    for (int32_t b = 0; r->lengths_count > 0 && b < r->batch; b++) {
        const int32_t length = r->lengths[b % r->lengths_count];
        const int32_t keys = sc_problem_key_room(p, b);
        c->key_lengths[b] = length < keys ? length : keys;
    }
    p->key_lengths = r->lengths_count > 0 ? c->key_lengths : NULL;
    return true;
}

static bool set_plane(const struct sc_value_source *source, struct sc_case *c)
{
    const struct sc_recipe *const r = source->recipe;
    struct sc_plane *const plane = &c->problem.plane;

    if (r->block_rows == 0) {
        return true;
    }
    plane->block_rows = r->block_rows;
    plane->block_keys = r->block_keys;
    plane->rows = (r->n_q + r->block_rows - 1) / r->block_rows;
    plane->keys = (r->n_k + r->block_keys - 1) / r->block_keys;
    const int32_t sequences = (r->plane_shared & SC_SHARED_SEQUENCES) != 0 ? 1 : r->batch;
    const int32_t heads = (r->plane_shared & SC_SHARED_HEADS) != 0 ? 1 : r->heads_q;
    const int64_t cells = (int64_t)plane->rows * plane->keys;
    plane->layout.stride_row = plane->keys;
    plane->layout.stride_head = heads == 1 ? 0 : cells;
    plane->layout.stride_batch = sequences == 1 ? 0 : heads * cells;
    plane->layout.size = sequences * heads * cells;
    c->plane = room_for(plane->layout.size, 1);
    if (c->plane == NULL) {
        return false;
    }
    plane->visible = c->plane;
    uint8_t *cell = c->plane;
    for (int32_t b = 0; b < sequences; b++) {
        for (int32_t h = 0; h < heads; h++) {
            for (int32_t i = 0; i < plane->rows; i++) {
                for (int32_t j = 0; j < plane->keys; j++) {
                    *cell++ = sc_value_cell(source, b, h, i, j);
                }
            }
        }
    }
    return true;
}

/* An input being filled. */
struct filling {
    const struct sc_value_source *source;
    enum sc_tensor tensor;
    struct sc_extent extent;
    struct sc_layout layout; /* as the kernel sees it */
    struct sc_place_sharing sharing;
    const uint8_t *seen; /* NULL: nothing is hidden */
    float *values;
};

static int64_t address(const struct filling *f, int32_t entry, int32_t head, int32_t row)
{
    return sc_layout_row(&f->layout, entry, head, row, f->extent.entries, f->extent.heads,
                         f->extent.rows, f->extent.width);
}

static void fill_row(const struct filling *f, int32_t entry, int32_t head, int32_t row)
{
    const struct sc_recipe *const r = f->source->recipe;
    const int32_t width = f->extent.width;
    float *const values = f->values + sc_extent_row(&f->extent, entry, head, row);

    if (f->sharing.overlapping) {
        const int64_t first = address(f, entry, head, row);
        for (int32_t c = 0; c < width; c++) {
            values[c] = sc_value_at(f->source, f->tensor, first + c);
        }
        return;
    }
    const int32_t from_entry = sc_place_canonical(f->sharing.entries, entry);
    const int32_t from_head = sc_place_canonical(f->sharing.heads, head);
    const int32_t from_row = sc_place_canonical(f->sharing.rows, row);
    if (from_entry != entry || from_head != head || from_row != row) {
        memcpy(values, f->values + sc_extent_row(&f->extent, from_entry, from_head, from_row),
               (size_t)width * sizeof *values);
        return;
    }
    const int64_t line = ((int64_t)entry * f->extent.heads + head) * f->extent.rows + row;
    if (f->seen != NULL && f->seen[line] == 0 && r->hidden != SC_HIDDEN_DRAWN) {
        for (int32_t c = 0; c < width; c++) {
            values[c] = sc_value_hidden(r, c);
        }
        return;
    }
    sc_value_row(f->source, f->tensor, entry, head, row, values);
}

/* Sets an element of the recipe's list, at every place of its address. */
static void patch(const struct filling *f, const struct sc_recipe_patch *patch)
{
    const float value = (float)sc_format_decode(f->extent.format, patch->bits);
    const int64_t row = patch->element / f->extent.width;
    const int64_t line = row / f->extent.rows;
    const int64_t wanted =
        address(f, (int32_t)(line / f->extent.heads), (int32_t)(line % f->extent.heads),
                (int32_t)(row % f->extent.rows)) +
        patch->element % f->extent.width;

    f->values[patch->element] = value;
    if (!f->sharing.entries && !f->sharing.heads && !f->sharing.rows && !f->sharing.overlapping) {
        return;
    }
    for (int32_t entry = 0; entry < f->extent.entries; entry++) {
        for (int32_t head = 0; head < f->extent.heads; head++) {
            for (int32_t i = 0; i < f->extent.rows; i++) {
                const int64_t channel = wanted - address(f, entry, head, i);
                if (channel >= 0 && channel < f->extent.width) {
                    f->values[sc_extent_row(&f->extent, entry, head, i) + channel] = value;
                }
            }
        }
    }
}

static void fill(const struct filling *f)
{
    const struct sc_recipe *const r = f->source->recipe;

    for (int32_t entry = 0; entry < f->extent.entries; entry++) {
        for (int32_t head = 0; head < f->extent.heads; head++) {
            for (int32_t row = 0; row < f->extent.rows; row++) {
                fill_row(f, entry, head, row);
            }
        }
    }
    for (int32_t x = 0; x < r->patches_count; x++) {
        if (r->patches[x].tensor == (int32_t)f->tensor) {
            patch(f, &r->patches[x]);
        }
    }
}

/* Q, K, V, and with the backward pass dO. */
static bool set_tensors(const struct sc_value_source *source, struct sc_prepared *prepared)
{
    struct sc_case *const c = &prepared->c;
    float **const inputs[] = {&c->q, &c->k, &c->v, &c->d_o};
    const struct sc_extent keys = sc_prepared_extent(&c->problem, SC_TENSOR_K);
    const int64_t lines = (int64_t)keys.entries * keys.heads * keys.rows;
    const int last = source->recipe->backward ? SC_TENSOR_D_O : SC_TENSOR_V;
    uint8_t *const seen = room_for(lines, 1);
    uint8_t *const shared = room_for(lines, 1);
    bool done = seen != NULL && shared != NULL;

    if (done) {
        sc_hidden_keys(&c->problem, seen);
    }
    for (int tensor = SC_TENSOR_Q; done && tensor <= last; tensor++) {
        struct filling f = {.source = source,
                            .tensor = (enum sc_tensor)tensor,
                            .extent = sc_prepared_extent(&c->problem, (enum sc_tensor)tensor),
                            .layout = prepared->places[tensor].layout};
        f.sharing = sc_place_share(&f.layout, &f.extent);
        if (tensor == SC_TENSOR_K || tensor == SC_TENSOR_V) {
            memcpy(shared, seen, (size_t)lines);
            sc_hidden_share(&f.extent, &f.sharing, shared);
            f.seen = shared;
        }
        f.values = room_for(sc_extent_elements(&f.extent), sizeof *f.values);
        *inputs[tensor] = f.values;
        done = f.values != NULL;
        if (done) {
            fill(&f);
        }
    }
    free(seen);
    free(shared);
    return done;
}

static void set_layouts(struct sc_prepared *prepared)
{
    struct sc_problem *const p = &prepared->c.problem;
    struct sc_layout *const layouts[SC_TENSORS] = {
        [SC_TENSOR_Q] = &p->q, [SC_TENSOR_K] = &p->k, [SC_TENSOR_V] = &p->v, [SC_TENSOR_O] = &p->o};

    for (int tensor = 0; tensor < SC_TENSORS; tensor++) {
        const struct sc_extent extent = sc_prepared_extent(p, (enum sc_tensor)tensor);
        if (layouts[tensor] != NULL) {
            *layouts[tensor] = sc_place_compact(&extent);
        }
        prepared->places[tensor] = sc_place_of(&prepared->recipe, (enum sc_tensor)tensor);
    }
}

void sc_prepared_destroy(struct sc_prepared *prepared)
{
    sc_generate_destroy(&prepared->c);
    memset(prepared, 0, sizeof *prepared);
}

enum sc_status sc_prepared_create(const struct sc_recipe *recipe, struct sc_prepared *prepared,
                                  struct sc_error *error)
{
    enum sc_status status = SC_OK;
    const struct sc_value_source source = sc_value_source(recipe);

    memset(prepared, 0, sizeof *prepared);
    prepared->recipe = *recipe;
    prepared->c.seed = recipe->seed;
    set_shape(recipe, &prepared->c);
    if (!set_arrays(recipe, &prepared->c)) {
        status = sc_fail(error, SC_E_MEMORY, "case: no memory for its arrays");
        goto done;
    }
    set_layouts(prepared);
    if (!set_plane(&source, &prepared->c) || !set_tensors(&source, prepared)) {
        status = sc_fail(error, SC_E_MEMORY, "case: no memory for its tensors");
        goto done;
    }
    status = sc_problem_explain(&prepared->c.problem, error);
    if (status != SC_OK) {
        goto done;
    }
    prepared->hash = sc_prepared_hash(prepared);
    if (recipe->hashed && recipe->hash != prepared->hash) {
        status = sc_fail(error, SC_E_INPUT,
                         "case: hash %016" PRIx64 ", expected %016" PRIx64
                         ": another version drew other values for this line",
                         recipe->hash, prepared->hash);
    }
done:
    if (status != SC_OK) {
        sc_prepared_destroy(prepared);
    }
    return status;
}
