/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/layer.h"

#include "reference/oracle/environment.h"
#include "spec/mask.h"

#include <math.h>
#include <stddef.h>

int32_t sc_layer_out_width(const struct sc_layer *layer)
{
    return layer->out > 0 ? layer->out : layer->heads * layer->d_v;
}

int64_t sc_layer_inputs(const struct sc_layer *layer)
{
    return (int64_t)layer->tokens * layer->width;
}

int64_t sc_layer_outputs(const struct sc_layer *layer)
{
    return (int64_t)layer->tokens * sc_layer_out_width(layer);
}

bool sc_layer_sees(const struct sc_layer *layer, int32_t i, int32_t j)
{
    return sc_mask_sees(i, j, layer->tokens, layer->tokens, layer->left, layer->right);
}

static bool in_range(int32_t value, int32_t low)
{
    return low <= value && value <= SC_LENGTH_MAX;
}

static enum sc_status check_sizes(const struct sc_layer *x, struct sc_error *error)
{
    const struct {
        const char *name;
        int32_t value, low;
    } sizes[] = {
        {"tokens", x->tokens, 1}, {"width", x->width, 1}, {"heads", x->heads, 1},
        {"d", x->d, 1},           {"d_v", x->d_v, 1},     {"out", x->out, 0},
        {"left", x->left, 0},     {"right", x->right, 0},
    };

    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        if (!in_range(sizes[n].value, sizes[n].low)) {
            return sc_fail(error, SC_E_INPUT, "layer: %s is %d, expected %d to %d", sizes[n].name,
                           sizes[n].value, sizes[n].low, SC_LENGTH_MAX);
        }
    }
    if ((x->out > 0) != (x->w_o != NULL)) {
        return sc_fail(error, SC_E_INPUT, "layer: out is %d, expected the rows of W_o", x->out);
    }
    return SC_OK;
}

static enum sc_status check_scalars(const struct sc_layer *x, struct sc_error *error)
{
    if (!(x->scale > 0.0) || !isfinite(x->scale)) {
        return sc_fail(error, SC_E_INPUT, "layer: scale is %g, expected a positive number",
                       x->scale);
    }
    if (!(x->epsilon >= 0.0) || !isfinite(x->epsilon)) {
        return sc_fail(error, SC_E_INPUT, "layer: epsilon is %g, expected at least 0", x->epsilon);
    }
    if (!(x->rotation >= 0.0) || !isfinite(x->rotation)) {
        return sc_fail(error, SC_E_INPUT,
                       "layer: the base of rotary positions is %g, expected "
                       "a positive number",
                       x->rotation);
    }
    if (x->rotation > 0.0 && x->d % 2 != 0) {
        return sc_fail(error, SC_E_INPUT,
                       "layer: d is %d, expected an even number with rotary "
                       "positions",
                       x->d);
    }
    return SC_OK;
}

static enum sc_status check_array(const char *name, const double *values, int64_t count,
                                  bool needed, struct sc_error *error)
{
    if (values == NULL) {
        return needed ? sc_fail(error, SC_E_INPUT, "layer: no %s", name) : SC_OK;
    }
    for (int64_t n = 0; n < count; n++) {
        if (!isfinite(values[n])) {
            return sc_fail(error, SC_E_INPUT, "layer: %s[%lld] is %g, expected a finite number",
                           name, (long long)n, values[n]);
        }
    }
    return SC_OK;
}

enum sc_status sc_layer_check(const struct sc_layer *x, struct sc_error *error)
{
    enum sc_status status = check_sizes(x, error);

    if (status == SC_OK) {
        status = check_scalars(x, error);
    }
    if (status != SC_OK) {
        return status;
    }
    const int64_t q = (int64_t)x->heads * x->d, v = (int64_t)x->heads * x->d_v;
    const struct {
        const char *name;
        const double *values;
        int64_t count;
        bool needed;
    } arrays[] = {
        {"W_q", x->w_q, q * x->width, true},    {"W_k", x->w_k, q * x->width, true},
        {"W_v", x->w_v, v * x->width, true},    {"W_o", x->w_o, x->out * v, false},
        {"beta_q", x->beta_q, q, false},        {"beta_k", x->beta_k, q, false},
        {"beta_v", x->beta_v, v, false},        {"bias", x->bias, x->heads, true},
        {"slopes", x->slopes, x->heads, false}, {"gain_q", x->gain_q, x->d, false},
        {"gain_k", x->gain_k, x->d, false},
    };
    for (size_t n = 0; status == SC_OK && n < sizeof arrays / sizeof arrays[0]; n++) {
        status =
            check_array(arrays[n].name, arrays[n].values, arrays[n].count, arrays[n].needed, error);
    }
    return status;
}

enum sc_status sc_layer_check_tokens(const struct sc_layer *layer, const double *x,
                                     struct sc_error *error)
{
    for (int64_t n = 0; n < sc_layer_inputs(layer); n++) {
        if (!isfinite(x[n])) {
            return sc_fail(error, SC_E_INPUT,
                           "tokens: channel %lld of token %lld is %g, expected a finite number",
                           (long long)(n % layer->width), (long long)(n / layer->width), x[n]);
        }
    }
    return sc_environment_check(error);
}
