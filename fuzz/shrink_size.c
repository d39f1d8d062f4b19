/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/shrink_size.h"

#include "fuzz/prepared.h"
#include "fuzz/shrink_patch.h"

#include <math.h>
#include <stddef.h>

/* A band without an end on one side and with its end on the diagonal on the other is causal. */
static int64_t band_features(const struct sc_recipe *r)
{
    if (r->left == SC_MASK_UNBOUNDED && r->right == SC_MASK_UNBOUNDED) {
        return 0;
    }
    return r->left == SC_MASK_UNBOUNDED && r->right == 0 ? 1 : 2;
}

static int64_t place_features(const struct sc_recipe *r)
{
    int64_t count = 0;

    for (size_t t = 0; t < SC_TENSORS; t++) {
        count += (r->places[t].strided ? 1 : 0) + (r->places[t].base != 0 ? 1 : 0);
    }
    return count;
}

static int64_t features(const struct sc_recipe *r)
{
    return (r->climb > 0 ? 1 : 0) + (r->backward ? 1 : 0) + (r->slopes_count > 0 ? 1 : 0) +
           (r->lengths_count > 0 ? 1 : 0) + (r->packed_count > 0 ? 1 : 0) +
           (r->block_rows > 0 ? 1 : 0) + (r->heads_q != r->heads_kv ? 1 : 0) +
           (r->d != r->d_v ? 1 : 0) + (r->bias_scope != SC_BIAS_SCALAR ? 1 : 0) + band_features(r) +
           place_features(r);
}

/* 0: zero or one, as wanted; 1: a power of two; 2: another number. */
static int64_t scalar(float value, float plain)
{
    int exponent = 0;

    if (value == plain) {
        return 0;
    }
    return frexpf(fabsf(value), &exponent) == 0.5f ? 1 : 2;
}

static int64_t scalars(const struct sc_recipe *r)
{
    int64_t sum = scalar(r->tau, 1.0f) + (r->hidden == SC_HIDDEN_NAN ? 0 : 1);

    sum += r->biases == 0 ? 3 : 4 * (int64_t)(r->biases - 1);
    for (int32_t n = 0; n < r->biases; n++) {
        sum += scalar(r->bias[n], 0.0f);
    }
    sum += 4 * (int64_t)r->slopes_count;
    for (int32_t n = 0; n < r->slopes_count; n++) {
        sum += scalar(r->slopes[n], 1.0f);
    }
    return sum;
}

static int64_t extents(const struct sc_recipe *r)
{
    int64_t sum = (int64_t)r->lengths_count + r->packed_count;

    sum += r->left == SC_MASK_UNBOUNDED ? 0 : r->left;
    sum += r->right == SC_MASK_UNBOUNDED ? 0 : r->right;
    for (int32_t n = 0; n < r->lengths_count; n++) {
        sum += r->lengths[n];
    }
    for (int32_t n = 0; n < r->packed_count; n++) {
        sum += (int64_t)r->packed_q[n] + r->packed_k[n];
    }
    if (r->block_rows > 0) {
        sum += (int64_t)r->block_rows + r->block_keys + (16 - r->density) +
               (r->plane_shared != 0 ? 1 : 0);
    }
    return sum;
}

static int64_t class(enum sc_recipe_values values)
{
    switch (values) {
    case SC_VALUES_EXACT:
        return 0;
    case SC_VALUES_NORMAL:
        return 1;
    case SC_VALUES_ZERO_Q:
        return 2;
    default:
        return 3 + (int64_t)values;
    }
}

int64_t sc_shrink_elements(const struct sc_recipe *recipe)
{
    int64_t sum = 0;

    for (int32_t t = SC_TENSOR_Q; t <= SC_TENSOR_D_O; t++) {
        if (t != SC_TENSOR_D_O || recipe->backward) {
            sum += sc_shrink_elements_of(recipe, (enum sc_tensor)t);
        }
    }
    return sum;
}

static int64_t values(const struct sc_recipe *r)
{
    int64_t sum = 2 * sc_shrink_elements(r);

    for (int32_t n = 0; n < r->patches_count; n++) {
        const uint32_t bits = r->patches[n].bits;

        sum += bits == 0 ? -2 : bits == sc_shrink_one(r->format_in) ? -1 : 1;
    }
    return sum < 0 ? 0 : sum;
}

struct sc_shrink_size sc_shrink_size(const struct sc_recipe *recipe)
{
    const struct sc_recipe *r = recipe;
    const struct sc_shrink_size size = {
        .of = {[SC_SHRINK_FEATURES] = features(r),
               [SC_SHRINK_SEQUENCES] = r->batch,
               [SC_SHRINK_HEADS] = (int64_t)r->heads_q + r->heads_kv,
               [SC_SHRINK_LINES] = (int64_t)r->n_q + r->n_k,
               [SC_SHRINK_CHANNELS] = (int64_t)r->d + r->d_v,
               [SC_SHRINK_SCALARS] = scalars(r),
               [SC_SHRINK_EXTENTS] = extents(r),
               [SC_SHRINK_CLASS] = class(r->values),
               [SC_SHRINK_VALUES] = values(r),
               [SC_SHRINK_LISTED] =
                   (int64_t)r->rows_count + r->keys_count + (r->seed == 0 ? 0 : 1)}};

    return size;
}

int sc_shrink_compare(const struct sc_shrink_size *a, const struct sc_shrink_size *b)
{
    for (int32_t m = 0; m < SC_SHRINK_MEASURES; m++) {
        if (a->of[m] != b->of[m]) {
            return a->of[m] < b->of[m] ? -1 : 1;
        }
    }
    return 0;
}
