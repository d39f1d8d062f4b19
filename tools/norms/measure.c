/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/measure.h"

#include "spec/upward.h"

#include <math.h>
#include <stdlib.h>

/* The heads one after the other, and their sums. */
static enum sc_status measure_heads(const struct sc_norms_input *input, const struct sc_layer *l,
                                    const double *x, double *side, double *side_error,
                                    struct sc_norms_result *r, struct sc_error *error)
{
    double squares = 0.0, errors = 0.0;

    for (int32_t h = 0; h < l->heads; h++) {
        struct sc_statistics_head *s = &r->heads[h];
        const enum sc_status status =
            sc_statistics_head(l, x, h, input->base.options.threads, side, s, error);
        if (status != SC_OK) {
            return status;
        }
        squares += s->output_norm * s->output_norm;
        errors = sc_upward_add(errors, sc_upward_multiply(s->output_error, s->output_error));
        r->ratio_mean += s->ratio_mean / (double)l->heads;
        r->ratio_max = fmax(r->ratio_max, s->ratio_max);
        r->weight_top = fmax(r->weight_top, s->weight_top);
        r->slope_top = fmax(r->slope_top, s->slope_top);
        r->norm_high = fmax(r->norm_high, s->norm_high);
    }
    *side_error = nextafter(sqrt(errors), HUGE_VAL);
    r->attention_norm = sqrt(squares);
    r->attention_error =
        sc_upward_multiply(*side_error, nextafter(sqrt((double)l->tokens), HUGE_VAL));
    r->attention_error =
        sc_upward_add(r->attention_error, (double)l->heads * 0x1p-51 * r->attention_norm);
    return SC_OK;
}

static enum sc_status certify(const struct sc_norms_input *input, const struct sc_layer *l,
                              const double *x, struct sc_norms_result *r, struct sc_error *error)
{
    struct sc_measurement m = {.direction = NULL};
    struct sc_measure_options options = input->base.options;

    options.spectrum = false;
    const enum sc_status status = sc_measure(l, x, &options, &m, error);
    if (status == SC_OK) {
        r->bounded = true;
        r->lower = m.low;
        r->upper = sc_measurement_upper(&m);
        r->weight_share = m.bounds.weight_share;
        r->bound = m.high <= r->upper ? "norm" : sc_bound_name(m.bounds.best, l->kind);
    }
    sc_measurement_destroy(&m);
    return status;
}

/* What follows the attention, of its outputs side by side. */
static void follow(const struct sc_norms_input *input, const struct sc_layer *l, const double *side,
                   double side_error, double *output, struct sc_norms_result *r)
{
    double error = 0.0, square = 0.0;

    sc_residual_output(l, side, side_error, output, &error);
    for (int64_t n = 0; n < sc_layer_outputs(l); n++) {
        square += output[n] * output[n];
    }
    r->output_norm = sqrt(square);
    r->scaled_bound = r->hybrid_bound = HUGE_VAL;
    if (input->scaled && r->bounded) {
        r->scaled_bound = sc_residual_scaled(input->layer_scale, r->upper);
    }
    if (input->hybrid != SC_LAYER_NO_NORM) {
        sc_residual_hybrid(output, l->tokens, sc_layer_out_width(l), input->hybrid,
                           input->hybrid_epsilon, error, &r->hybrid);
        if (r->bounded) {
            r->hybrid_bound = sc_upward_multiply(r->hybrid.factor_max, r->upper);
        }
    }
}

enum sc_status sc_norms_measure(const struct sc_norms_input *input,
                                const struct sc_norms_place *place, enum sc_layer_kind kind,
                                bool with_bounds, struct sc_norms_result *result,
                                struct sc_error *error)
{
    struct sc_layer l = place->layer;
    const double pairs = (double)l.heads * (double)l.tokens * (double)l.tokens;
    const size_t all = (size_t)l.tokens * (size_t)l.heads * (size_t)l.d_v;
    double *side = malloc(all * sizeof *side), side_error = 0.0;
    double *output = malloc((size_t)sc_layer_outputs(&l) * sizeof *output);
    enum sc_status status = SC_OK;

    l.kind = kind;
    *result = (struct sc_norms_result){.heads = calloc((size_t)l.heads, sizeof *result->heads)};
    if (8.0 * (double)l.tokens * (double)l.tokens > input->base.options.bytes_max) {
        status = sc_fail(error, SC_E_UNAVAILABLE,
                         "norms: the weights of %d tokens take %.0f MiB, expected at most those of "
                         "--memory",
                         l.tokens, 0x1p-17 * (double)l.tokens * (double)l.tokens);
    }
    if (status == SC_OK && (side == NULL || output == NULL || result->heads == NULL)) {
        status = sc_fail(error, SC_E_MEMORY, "norms: no memory for %d tokens", l.tokens);
    }
    if (status == SC_OK) {
        status = measure_heads(input, &l, place->x, side, &side_error, result, error);
    }
    if (status == SC_OK && with_bounds && pairs <= input->bounds_max) {
        status = certify(input, &l, place->x, result, error);
    }
    if (status == SC_OK) {
        follow(input, &l, side, side_error, output, result);
    }
    free(side);
    free(output);
    return status;
}

void sc_norms_result_destroy(struct sc_norms_result *result)
{
    free(result->heads);
    result->heads = NULL;
}
