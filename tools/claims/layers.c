/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/layers.h"

#include "spec/mask.h"

#include <math.h>
#include <mpfr.h>
#include <stdlib.h>

static double *take(double **next, int64_t count)
{
    double *const array = *next;

    *next += count;
    return array;
}

static void fill(struct sc_random *random, double *values, int64_t count, double size)
{
    for (int64_t n = 0; n < count; n++) {
        values[n] = size * sc_random_normal(random);
    }
}

enum sc_status sc_layers_draw(const struct sc_layers_shape *shape, uint64_t seed,
                              struct sc_layers_drawn *drawn, struct sc_error *error)
{
    const int64_t inputs = (int64_t)shape->tokens * shape->width;
    const int64_t rows = (int64_t)shape->heads * shape->d,
                  rows_v = (int64_t)shape->heads * shape->d_v;
    const double size = shape->weight / sqrt((double)shape->width);
    struct sc_random random = {seed};

    *drawn = (struct sc_layers_drawn){.values = NULL};
    drawn->values = calloc((size_t)(inputs + (2 * rows + rows_v) * (shape->width + 1) +
                                    2 * (int64_t)shape->heads + 2 * (int64_t)shape->d),
                           sizeof *drawn->values);
    if (drawn->values == NULL) {
        return sc_fail(error, SC_E_MEMORY, "claims: no memory for a layer of %d tokens",
                       shape->tokens);
    }
    double *next = drawn->values;
    drawn->x = take(&next, inputs);
    drawn->w_q = take(&next, rows * shape->width);
    drawn->w_k = take(&next, rows * shape->width);
    drawn->w_v = take(&next, rows_v * shape->width);
    drawn->beta_q = take(&next, rows);
    drawn->beta_k = take(&next, rows);
    drawn->beta_v = take(&next, rows_v);
    drawn->bias = take(&next, shape->heads);
    drawn->slopes = take(&next, shape->heads);
    drawn->gain_q = take(&next, shape->d);
    drawn->gain_k = take(&next, shape->d);
    fill(&random, drawn->w_q, rows * shape->width, size);
    fill(&random, drawn->w_k, rows * shape->width, size);
    fill(&random, drawn->w_v, rows_v * shape->width, size);
    fill(&random, drawn->x, inputs, 1.0);
    for (int32_t h = 0; h < shape->heads; h++) {
        drawn->bias[h] = shape->bias;
    }
    for (int32_t c = 0; c < shape->d; c++) {
        drawn->gain_q[c] = drawn->gain_k[c] = 1.0;
    }
    drawn->layer = (struct sc_layer){.kind = SC_LAYER_SIGMOID,
                                     .tokens = shape->tokens,
                                     .width = shape->width,
                                     .heads = shape->heads,
                                     .d = shape->d,
                                     .d_v = shape->d_v,
                                     .scale = 1.0 / sqrt((double)shape->d),
                                     .w_q = drawn->w_q,
                                     .w_k = drawn->w_k,
                                     .w_v = drawn->w_v,
                                     .bias = drawn->bias,
                                     .left = SC_MASK_UNBOUNDED,
                                     .right = SC_MASK_UNBOUNDED};
    return SC_OK;
}

enum sc_status sc_layers_scalar(enum sc_layer_kind kind, int32_t tokens, double a, double bias,
                                double x, struct sc_layers_drawn *drawn, struct sc_error *error)
{
    const struct sc_layers_shape shape = {tokens, 1, 1, 1, 1, 1.0, bias};
    const enum sc_status status = sc_layers_draw(&shape, 0, drawn, error);

    if (status != SC_OK) {
        return status;
    }
    drawn->layer.kind = kind;
    drawn->w_q[0] = 1.0;
    drawn->w_k[0] = a;
    drawn->w_v[0] = 1.0;
    for (int32_t i = 0; i < tokens; i++) {
        drawn->x[i] = x;
    }
    return SC_OK;
}

void sc_layers_destroy(struct sc_layers_drawn *drawn)
{
    free(drawn->values);
    drawn->values = NULL;
}

enum sc_status sc_layers_norm(const struct sc_layer *layer, const double *x, int64_t exact_max,
                              struct sc_found_range *norm, struct sc_error *error)
{
    struct sc_measure_options options = sc_measure_defaults();
    struct sc_measurement measurement;

    options.bounds = false;
    options.exact_max = exact_max;
    options.excess = 0x1p-36;
    const enum sc_status status = sc_measure(layer, x, &options, &measurement, error);
    *norm = (struct sc_found_range){measurement.low, measurement.high};
    sc_measurement_destroy(&measurement);
    return status;
}

double sc_layers_minus_log(int32_t n)
{
    mpfr_t x;

    mpfr_init2(x, 53);
    mpfr_set_si(x, n, MPFR_RNDN);
    mpfr_log(x, x, MPFR_RNDN);
    const double value = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    return -value;
}
