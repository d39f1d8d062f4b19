/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/recipe.h"

#include "fuzz/exact.h"
#include "fuzz/place.h"
#include "spec/problem.h"
#include "spec/size.h"

#include <inttypes.h>

#define ID_MAX (SC_LENGTH_MAX - 1)

const char *sc_recipe_values_name(enum sc_recipe_values values)
{
    static const char *const names[SC_VALUES_CLASSES] = {
        "normal",    "exact", "one-hot", "cancelling", "bias",   "subnormal",
        "saturated", "huge",  "wide",    "sparse",     "zero-q", "spoiled"};

    return names[values];
}

const char *sc_recipe_hidden_name(enum sc_recipe_hidden hidden)
{
    static const char *const names[SC_HIDDEN_KINDS] = {"nan", "infinite", "large", "drawn", "zero"};

    return names[hidden];
}

bool sc_recipe_climbs(enum sc_recipe_values values)
{
    return values != SC_VALUES_EXACT && values != SC_VALUES_SPOILED;
}

struct sc_recipe sc_recipe_plain(void)
{
    const struct sc_recipe plain = {.batch = 1,
                                    .heads_q = 1,
                                    .heads_kv = 1,
                                    .n_q = 1,
                                    .n_k = 1,
                                    .d = 1,
                                    .d_v = 1,
                                    .format_in = SC_FORMAT_BF16,
                                    .format_out = SC_FORMAT_BF16,
                                    .tau = 1.0f,
                                    .bias_scope = SC_BIAS_SCALAR,
                                    .biases = 1,
                                    .left = SC_MASK_UNBOUNDED,
                                    .right = SC_MASK_UNBOUNDED};

    return plain;
}

/* A number of a recipe and what it may be. */
static enum sc_status within(const char *name, int64_t value, int64_t low, int64_t high,
                             struct sc_error *error)
{
    if (value < low || value > high) {
        return sc_fail(error, SC_E_INPUT, "case: %s: %" PRId64 ", expected %" PRId64 " to %" PRId64,
                       name, value, low, high);
    }
    return SC_OK;
}

static enum sc_status all_within(const char *name, const int32_t *values, int32_t count,
                                 int64_t high, struct sc_error *error)
{
    enum sc_status status = within(name, count, 0, SC_RECIPE_LIST, error);

    for (int32_t x = 0; status == SC_OK && x < count; x++) {
        status = within(name, values[x], 0, high, error);
    }
    return status;
}

static enum sc_status all_finite(const char *name, const float *values, int32_t count,
                                 struct sc_error *error)
{
    const enum sc_status status = within(name, count, 0, SC_RECIPE_LIST, error);

    if (status == SC_OK && !sc_problem_finite(values, count)) {
        return sc_fail(error, SC_E_INPUT, "case: %s: NaN or infinite, expected finite numbers",
                       name);
    }
    return status;
}

static enum sc_status check_shape(const struct sc_recipe *r, struct sc_error *error)
{
    const struct {
        const char *name;
        int64_t value, low, high;
    } numbers[] = {
        {"batch", r->batch, 1, SC_RECIPE_HEADS_MAX},
        {"heads", r->heads_q, 1, SC_RECIPE_HEADS_MAX},
        {"heads", r->heads_kv, 1, r->heads_q},
        {"rows", r->n_q, 0, SC_LENGTH_MAX},
        {"keys", r->n_k, 0, SC_LENGTH_MAX},
        {"d", r->d, 1, SC_LENGTH_MAX},
        {"d_v", r->d_v, 1, SC_LENGTH_MAX},
        {"in", (int64_t)r->format_in, 0, SC_FORMAT_FP32},
        {"out", (int64_t)r->format_out, 0, SC_FORMAT_FP32},
        {"bias", (int64_t)r->bias_scope, 0, SC_BIAS_PER_SEQUENCE},
        {"left", r->left, 0, SC_MASK_UNBOUNDED},
        {"right", r->right, 0, SC_MASK_UNBOUNDED},
        {"values", (int64_t)r->values, 0, SC_VALUES_CLASSES - 1},
        {"hidden", (int64_t)r->hidden, 0, SC_HIDDEN_KINDS - 1},
        {"set", r->patches_count, 0, SC_RECIPE_LIST},
        {"climb", r->climb, 0, SC_RECIPE_CLIMB_MAX},
        {"sequences times heads", (int64_t)r->batch * r->heads_q, 1, SC_RECIPE_HEADS_MAX},
    };
    enum sc_status status = SC_OK;

    for (size_t x = 0; status == SC_OK && x < sizeof numbers / sizeof numbers[0]; x++) {
        status = within(numbers[x].name, numbers[x].value, numbers[x].low, numbers[x].high, error);
    }
    if (status == SC_OK && r->climb > 0 && !sc_recipe_climbs(r->values)) {
        return sc_fail(error, SC_E_INPUT, "case: climb: %" PRId32 " with values=%s, expected 0",
                       r->climb, sc_recipe_values_name(r->values));
    }
    if (status == SC_OK && r->heads_q % r->heads_kv != 0) {
        return sc_fail(error, SC_E_INPUT,
                       "case: heads: %" PRId32 " is no multiple of %" PRId32 ", expected one",
                       r->heads_q, r->heads_kv);
    }
    return status;
}

static enum sc_status check_lists(const struct sc_recipe *r, struct sc_error *error)
{
    enum sc_status status = all_finite("bias", r->bias, r->biases, error);

    if (status == SC_OK && !(0.0 < (double)r->tau && (double)r->tau <= SC_FLOAT_MAX)) {
        status = sc_fail(error, SC_E_INPUT, "case: tau: not finite and above 0, expected so");
    }
    if (status == SC_OK) {
        status = all_finite("alibi", r->slopes, r->slopes_count, error);
    }
    if (status == SC_OK) {
        status = all_within("lengths", r->lengths, r->lengths_count, SC_LENGTH_MAX, error);
    }
    if (status == SC_OK) {
        status = all_within("packed", r->packed_q, r->packed_count, SC_LENGTH_MAX, error);
    }
    if (status == SC_OK) {
        status = all_within("packed", r->packed_k, r->packed_count, SC_LENGTH_MAX, error);
    }
    if (status == SC_OK) {
        status = all_within("row_ids", r->rows, r->rows_count, ID_MAX, error);
    }
    if (status == SC_OK) {
        status = all_within("key_ids", r->keys, r->keys_count, ID_MAX, error);
    }
    if (status == SC_OK && r->rows_count > 0) {
        status = within("number of row_ids", r->rows_count, r->n_q, r->n_q, error);
    }
    if (status == SC_OK && r->keys_count > 0) {
        status = within("number of key_ids", r->keys_count, r->n_k, r->n_k, error);
    }
    return status;
}

static enum sc_status check_plane(const struct sc_recipe *r, struct sc_error *error)
{
    if (r->block_rows == 0 && r->block_keys == 0) {
        return SC_OK;
    }
    enum sc_status status = within("plane", r->block_rows, 1, SC_LENGTH_MAX, error);
    if (status == SC_OK) {
        status = within("plane", r->block_keys, 1, SC_LENGTH_MAX, error);
    }
    if (status == SC_OK) {
        status = within("density of plane", r->density, 0, 16, error);
    }
    if (status == SC_OK) {
        status = within("sharing of plane", r->plane_shared, 0,
                        SC_SHARED_SEQUENCES | SC_SHARED_HEADS, error);
    }
    if (status != SC_OK) {
        return status;
    }
    const int64_t rows = (r->n_q + r->block_rows - 1) / r->block_rows;
    const int64_t keys = (r->n_k + r->block_keys - 1) / r->block_keys;
    const int64_t planes = (r->plane_shared & SC_SHARED_SEQUENCES ? 1 : (int64_t)r->batch) *
                           (r->plane_shared & SC_SHARED_HEADS ? 1 : r->heads_q);

    if (sc_size_times(rows * keys, planes, SC_RECIPE_ELEMENTS_MAX) < 0) {
        return sc_fail(error, SC_E_INPUT, "case: plane: too many cells, expected at most %" PRId64,
                       SC_RECIPE_ELEMENTS_MAX);
    }
    return SC_OK;
}

static enum sc_status check_place(const struct sc_recipe *r, enum sc_tensor tensor,
                                  struct sc_error *error)
{
    const char *const name = sc_tensor_name(tensor);
    const struct sc_extent e = sc_place_extent(r, tensor);
    const int64_t rows = (int64_t)e.rows * e.width; /* at most 2^48 */

    if (sc_size_times(rows, (int64_t)e.entries * e.heads, SC_RECIPE_ELEMENTS_MAX) < 0) {
        return sc_fail(error, SC_E_INPUT,
                       "case: %s: too large, expected at most %" PRId64 " elements", name,
                       SC_RECIPE_ELEMENTS_MAX);
    }
    if (r->places[tensor].base < 0 || r->places[tensor].base > 255) {
        return sc_fail(error, SC_E_INPUT, "case: %s: base %" PRId32 ", expected 0 to 255", name,
                       r->places[tensor].base);
    }
    const struct sc_layout layout = sc_place_of(r, tensor).layout;
    if (!sc_layout_fits(&layout, e.entries, e.heads, e.rows, e.width)) {
        return sc_fail(error, SC_E_INPUT,
                       "case: %s: strides, expected none negative and at most 2^46 elements", name);
    }
    if (tensor >= SC_TENSOR_O &&
        !sc_layout_separates(&layout, e.entries, e.heads, e.rows, e.width)) {
        return sc_fail(error, SC_E_INPUT, "case: %s: rows of an output overlap, expected apart",
                       name);
    }
    return SC_OK;
}

static enum sc_status check_patches(const struct sc_recipe *r, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (int32_t x = 0; status == SC_OK && x < r->patches_count; x++) {
        const struct sc_recipe_patch *const patch = &r->patches[x];
        const enum sc_tensor last = r->backward ? SC_TENSOR_D_O : SC_TENSOR_V;
        status = within("tensor of set", patch->tensor, SC_TENSOR_Q, last, error);
        if (status != SC_OK) {
            break;
        }
        const struct sc_extent e = sc_place_extent(r, (enum sc_tensor)patch->tensor);
        status = within("element of set", patch->element, 0, sc_extent_elements(&e) - 1, error);
        if (status == SC_OK) {
            status = within("bits of set", patch->bits, 0,
                            e.format == SC_FORMAT_FP32 ? UINT32_MAX : UINT16_MAX, error);
        }
    }
    return status;
}

enum sc_status sc_recipe_check(const struct sc_recipe *recipe, struct sc_error *error)
{
    enum sc_status status = check_shape(recipe, error);

    if (status == SC_OK) {
        status = check_lists(recipe, error);
    }
    if (status == SC_OK) {
        status = check_plane(recipe, error);
    }
    for (int tensor = 0; status == SC_OK && tensor < SC_TENSORS; tensor++) {
        status = check_place(recipe, (enum sc_tensor)tensor, error);
    }
    if (status == SC_OK) {
        status = check_patches(recipe, error);
    }
    if (status == SC_OK && recipe->values == SC_VALUES_EXACT) {
        status = sc_exact_check(recipe, error);
    }
    return status;
}
