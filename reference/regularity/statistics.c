/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/statistics.h"

#include "reference/regularity/head_rows.h"
#include "reference/regularity/rounding.h"
#include "reference/regularity/score_statistics.h"
#include "reference/regularity/spectral.h"
#include "reference/regularity/weight_statistics.h"
#include "reference/regularity/weights.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#define EXCESS 1e-10 /* of a certified norm over its estimate */

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

/* o = P V into [tokens][heads][d_v], with what is said of it. */
static void set_outputs(const struct sc_layer *l, int32_t h, const struct sc_head_rows *rows,
                        const double *p, double *o, struct sc_statistics_head *s)
{
    const int32_t n = l->tokens;
    double square = 0.0, values = 0.0, sum = 0.0, largest = 0.0;

    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, l->d_v, n, 1.0, p, n, rows->v, l->d_v,
                0.0, o + (int64_t)h * l->d_v, l->heads * l->d_v);
    for (int32_t i = 0; i < n; i++) {
        const double *row = o + ((int64_t)i * l->heads + h) * l->d_v;
        double one = 0.0, value = 0.0;
        for (int32_t c = 0; c < l->d_v; c++) {
            const double v = rows->v[(int64_t)i * l->d_v + c];
            one += row[c] * row[c];
            value += v * v;
        }
        square += one;
        values += value;
        sum += sqrt(one);
        largest = fmax(largest, sqrt(one));
    }
    s->value_length = sqrt(values / (double)n);
    s->value_error = rows->v_error;
    s->output_norm = sqrt(square);
    s->ratio_mean = s->value_length > 0.0 ? sum / (double)n / s->value_length : 0.0;
    s->ratio_max = s->value_length > 0.0 ? largest / s->value_length : 0.0;
    const double mass = times(s->mass[SC_STATISTICS_QUANTILES - 1], 1.0 + 2.0 * s->weight_error);
    const double relative = plus(s->weight_error, sc_rounding_gamma((int64_t)n + l->d_v + 4));
    s->output_error = times(
        mass, plus(times(relative, rows->v_length), times(rows->v_error, plus(1.0, relative))));
    s->output_error =
        plus(s->output_error, times((double)n * 0x1p-1022, plus(rows->v_length, l->d_v)));
}

static bool finite(const struct sc_statistics_head *s)
{
    return isfinite(s->score_error) && isfinite(s->score_deviation) && isfinite(s->weight_error) &&
           isfinite(s->norm_high) && isfinite(s->output_norm) && isfinite(s->ratio_max) &&
           isfinite(s->output_error);
}

enum sc_status sc_statistics_head(const struct sc_layer *layer, const double *x, int32_t h,
                                  int32_t threads, double *outputs,
                                  struct sc_statistics_head *statistics, struct sc_error *error)
{
    const struct sc_layer *l = layer;
    const size_t n = (size_t)l->tokens, all = (size_t)l->heads * (size_t)l->d_v;
    double *p = malloc(n * n * sizeof *p), *own = NULL;
    struct sc_statistics_head s = {.score_min = 0.0};
    struct sc_head_rows rows = {.q = NULL};
    enum sc_status status = sc_layer_check_tokens(l, x, error);

    if (status == SC_OK && outputs == NULL) {
        own = malloc(n * all * sizeof *own);
    }
    if (status == SC_OK && (p == NULL || (outputs == NULL && own == NULL))) {
        status =
            sc_fail(error, SC_E_MEMORY, "statistics: no memory for the weights of %zu tokens", n);
    }
    if (status == SC_OK) {
        openblas_set_num_threads(threads);
        status = sc_head_rows_create(l, x, h, &rows, error);
    }
    if (status != SC_OK) {
        goto done;
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, l->tokens, l->tokens, l->d, l->scale,
                rows.q, l->d, rows.k, l->d, 0.0, p, l->tokens);
    sc_weights_shift(l, h, p);
    sc_score_statistics(l, h, &rows, p, &s);
    sc_weights_apply(l, p);
    status = sc_weight_statistics(l, p, &s, error);
    if (status == SC_OK) {
        set_outputs(l, h, &rows, p, outputs != NULL ? outputs : own, &s);
    }
    if (status == SC_OK && !finite(&s)) {
        status = sc_fail(error, SC_E_UNAVAILABLE,
                         "statistics: head %d: scores, weights or outputs are not finite", h);
    }
    if (status == SC_OK) {
        *statistics = s;
    }
done:
    sc_head_rows_destroy(&rows);
    free(own);
    free(p);
    return status;
}

enum sc_status sc_statistics_tokens(const struct sc_layer *layer, const double *x,
                                    struct sc_statistics_tokens *statistics, struct sc_error *error)
{
    const double n = (double)layer->tokens;
    double norm = 0.0, sum = 0.0, largest = 0.0;
    enum sc_status status = sc_layer_check_tokens(layer, x, error);

    if (status == SC_OK) {
        status = sc_spectral_upper(x, layer->tokens, layer->width, 0.0, EXCESS, &norm, error);
    }
    for (int32_t i = 0; status == SC_OK && i < layer->tokens; i++) {
        double square = 0.0;
        for (int32_t c = 0; c < layer->width; c++) {
            const double one = x[(int64_t)i * layer->width + c];
            square += one * one;
        }
        sum += square;
        largest = fmax(largest, square);
    }
    if (status == SC_OK && !isfinite(sum)) {
        return sc_fail(error, SC_E_UNAVAILABLE, "statistics: the squares of tokens are not finite");
    }
    if (status == SC_OK) {
        *statistics = (struct sc_statistics_tokens){
            sum / n, times(times(norm, norm), nextafter(1.0 / n, 2.0)), largest};
    }
    return status;
}

enum sc_status sc_statistics_weights(const struct sc_layer *layer, int32_t h, double *score_form,
                                     double *values, struct sc_error *error)
{
    const struct sc_layer *l = layer;
    const int64_t one = (int64_t)l->d * l->width, one_v = (int64_t)l->d_v * l->width;
    const double *w_q = l->w_q + h * one, *w_k = l->w_k + h * one;
    double *a = malloc((size_t)l->width * (size_t)l->width * sizeof *a);
    enum sc_status status = SC_OK;

    if (a == NULL) {
        return sc_fail(error, SC_E_MEMORY, "statistics: no memory for %d x %d numbers", l->width,
                       l->width);
    }
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->width, l->width, l->d, 1.0, w_q,
                l->width, w_k, l->width, 0.0, a, l->width);
    status = sc_spectral_upper(a, l->width, l->width, 0.0, EXCESS, score_form, error);
    if (status == SC_OK) {
        const double sizes =
            times(sc_spectral_frobenius(w_q, one), sc_spectral_frobenius(w_k, one));
        *score_form = times(l->scale, plus(*score_form, times(sc_rounding_gamma(l->d), sizes)));
        *score_form = plus(*score_form, 0x1p-1000); /* products that underflow */
        status =
            sc_spectral_upper(l->w_v + h * one_v, l->d_v, l->width, 0.0, EXCESS, values, error);
    }
    free(a);
    return status;
}
