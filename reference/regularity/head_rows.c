/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/head_rows.h"

#include "reference/regularity/head_norm.h"
#include "reference/regularity/rounding.h"
#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

/* What the rows of Q or K go through. */
struct side {
    const double *w, *beta, *gain;
    double *rows;
    double *error, *length;
};

/* x W^T + beta, `channels` a row; the largest error of a row. */
static double project(const struct sc_layer *l, const double *x, const double *w,
                      const double *beta, int32_t channels, double *rows)
{
    const double size = sc_spectral_frobenius(w, (int64_t)channels * l->width);
    const double shift = beta == NULL ? 0.0 : sc_spectral_frobenius(beta, channels);
    double longest = 0.0;

    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, l->tokens, channels, l->width, 1.0, x,
                l->width, w, l->width, 0.0, rows, channels);
    for (int32_t i = 0; i < l->tokens; i++) {
        for (int32_t c = 0; beta != NULL && c < channels; c++) {
            rows[(int64_t)i * channels + c] += beta[c];
        }
        longest = fmax(longest, sc_spectral_frobenius(x + (int64_t)i * l->width, l->width));
    }
    /* products that underflow: 2^-1074 each */
    return plus(times(sc_rounding_gamma(l->width + 1), plus(times(size, longest), shift)),
                times((double)l->width * (double)channels, 0x1p-1074));
}

static double largest_row(const double *rows, int32_t tokens, int32_t channels)
{
    double largest = 0.0;

    for (int32_t i = 0; i < tokens; i++) {
        largest = fmax(largest, sc_spectral_frobenius(rows + (int64_t)i * channels, channels));
    }
    return largest;
}

static double largest_gain(const double *gain, int32_t d)
{
    double largest = gain == NULL ? 1.0 : 0.0;

    for (int32_t c = 0; gain != NULL && c < d; c++) {
        largest = fmax(largest, fabs(gain[c]));
    }
    return largest;
}

/* The error of a row behind the norm, from that before: e, the row being y^. */
static double behind_norm(const struct sc_layer *l, const double *y, double e, double gain)
{
    const double d = (double)l->d;
    const double length = sc_spectral_frobenius(y, l->d);

    if (l->norm == SC_LAYER_MEAN0) {
        e = plus(e, times(sc_rounding_gamma(l->d + 3), length));
    }
    double mean = 0.0, square = 0.0;
    for (int32_t c = 0; l->norm == SC_LAYER_MEAN0 && c < l->d; c++) {
        mean += y[c] / d;
    }
    for (int32_t c = 0; c < l->d; c++) {
        square += (y[c] - mean) * (y[c] - mean);
    }
    /* the length of the row less its mean, from below: what is wrong with it is less than e once more */
    const double least =
        fmax(0.0, sqrt(square) * (1.0 - 2.0 * sc_rounding_gamma(l->d + 8)) - 2.0 * e) *
        (1.0 - 0x1p-50);
    const double t = sqrt(least * least / d + l->epsilon) * (1.0 - 0x1p-50);
    const double moved = e == 0.0 ? 0.0 : times(e / t, 1.0 + 0x1p-50);
    const double unit = plus(moved, times(sc_rounding_gamma(l->d + 6), sqrt(d)));
    return times(plus(unit, times(0x1p-52, sqrt(d))), gain);
}

/* What the rotation of position `last` adds to the error of a row, relative to the row. */
static double rotation_error(const struct sc_layer *l)
{
    const double last = (double)(l->tokens - 1);
    const double turns = times(last, fmax(1.0, 1.0 / l->rotation));
    const double angle = times(fabs(log(l->rotation)) + 7.0, turns);

    return times(0x1p-53, plus(10.0, times(2.0, angle)));
}

static enum sc_status set_side(const struct sc_layer *l, const double *x, int32_t h,
                               const struct side *s, struct sc_error *error)
{
    const double e = project(l, x, s->w, s->beta, l->d, s->rows);
    struct sc_head_norm norm;
    struct sc_layer one = *l;

    one.heads = 1; /* of the norm's memory only this head is used */
    if (!sc_head_norm_create(&one, s->gain, &norm)) {
        sc_head_norm_destroy(&norm);
        return sc_fail(error, SC_E_MEMORY, "rows: no memory for head %d", h);
    }
    *s->error = e;
    if (l->norm != SC_LAYER_NO_NORM) {
        const double gain = largest_gain(s->gain, l->d);
        *s->error = 0.0;
        for (int32_t i = 0; i < l->tokens; i++) {
            *s->error = fmax(*s->error, behind_norm(l, s->rows + (int64_t)i * l->d, e, gain));
        }
    }
    sc_head_norm_apply(&norm, 0, s->rows);
    *s->length = largest_row(s->rows, l->tokens, l->d);
    if (l->rotation > 0.0) {
        *s->error = plus(*s->error, times(rotation_error(l), plus(*s->length, *s->error)));
    }
    sc_head_norm_destroy(&norm);
    return SC_OK;
}

enum sc_status sc_head_rows_create(const struct sc_layer *layer, const double *x, int32_t h,
                                   struct sc_head_rows *rows, struct sc_error *error)
{
    const struct sc_layer *l = layer;
    const size_t n = (size_t)l->tokens, d = (size_t)l->d, d_v = (size_t)l->d_v;
    const size_t at = (size_t)h * d, at_v = (size_t)h * d_v, width = (size_t)l->width;
    enum sc_status status = SC_OK;

    *rows = (struct sc_head_rows){.q = malloc(n * d * sizeof(double)),
                                  .k = malloc(n * d * sizeof(double)),
                                  .v = malloc(n * d_v * sizeof(double))};
    if (rows->q == NULL || rows->k == NULL || rows->v == NULL) {
        return sc_fail(error, SC_E_MEMORY, "rows: no memory for %zu tokens", n);
    }
    const struct side sides[] = {
        {l->w_q + at * width, l->beta_q == NULL ? NULL : l->beta_q + at, l->gain_q, rows->q,
         &rows->q_error, &rows->q_length},
        {l->w_k + at * width, l->beta_k == NULL ? NULL : l->beta_k + at, l->gain_k, rows->k,
         &rows->k_error, &rows->k_length},
    };
    for (size_t s = 0; status == SC_OK && s < 2; s++) {
        status = set_side(l, x, h, &sides[s], error);
    }
    rows->v_error = project(l, x, l->w_v + at_v * width,
                            l->beta_v == NULL ? NULL : l->beta_v + at_v, l->d_v, rows->v);
    rows->v_length = largest_row(rows->v, l->tokens, l->d_v);
    return status;
}

void sc_head_rows_destroy(struct sc_head_rows *rows)
{
    free(rows->q);
    free(rows->k);
    free(rows->v);
    *rows = (struct sc_head_rows){.q = NULL};
}
