/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_DEFINITION_LAYER_H
#define SC_TESTS_DEFINITION_LAYER_H

#include "reference/regularity/layer.h"

#include <mpfr.h>
#include <stdlib.h>

/* A layer as reference/regularity/layer.h defines it, in 500 bits, and its derivative along a direction
 * as a difference quotient: nothing here knows a formula of a derivative. */

#define DEFINITION_BITS 500

static inline mpfr_t *definition_numbers(int64_t count)
{
    mpfr_t *x = malloc((size_t)count * sizeof *x);

    for (int64_t n = 0; n < count; n++) {
        mpfr_init2(x[n], DEFINITION_BITS);
        mpfr_set_zero(x[n], 1);
    }
    return x;
}

static inline void definition_free(mpfr_t *x, int64_t count)
{
    for (int64_t n = 0; n < count; n++) {
        mpfr_clear(x[n]);
    }
    free(x);
}

/* row = x W^T + beta */
static inline void definition_project(const mpfr_t *x, const double *w, const double *beta,
                                      int32_t width, int32_t channels, mpfr_t *row)
{
    mpfr_t term;

    mpfr_init2(term, DEFINITION_BITS);
    for (int32_t c = 0; c < channels; c++) {
        mpfr_set_d(row[c], beta == NULL ? 0.0 : beta[c], MPFR_RNDN);
        for (int32_t b = 0; b < width; b++) {
            mpfr_mul_d(term, x[b], w[(int64_t)c * width + b], MPFR_RNDN);
            mpfr_add(row[c], row[c], term, MPFR_RNDN);
        }
    }
    mpfr_clear(term);
}

static inline void definition_norm(const struct sc_layer *l, const double *gain, mpfr_t *row)
{
    mpfr_t mean, size, term;

    mpfr_inits2(DEFINITION_BITS, mean, size, term, (mpfr_ptr)NULL);
    mpfr_set_zero(mean, 1);
    mpfr_set_zero(size, 1);
    for (int32_t c = 0; l->norm == SC_LAYER_MEAN0 && c < l->d; c++) {
        mpfr_add(mean, mean, row[c], MPFR_RNDN);
    }
    mpfr_div_si(mean, mean, l->d, MPFR_RNDN);
    for (int32_t c = 0; c < l->d; c++) {
        mpfr_sub(row[c], row[c], mean, MPFR_RNDN);
        mpfr_sqr(term, row[c], MPFR_RNDN);
        mpfr_add(size, size, term, MPFR_RNDN);
    }
    mpfr_div_si(size, size, l->d, MPFR_RNDN);
    mpfr_add_d(size, size, l->epsilon, MPFR_RNDN);
    mpfr_sqrt(size, size, MPFR_RNDN);
    for (int32_t c = 0; c < l->d; c++) {
        mpfr_div(row[c], row[c], size, MPFR_RNDN);
        mpfr_mul_d(row[c], row[c], gain == NULL ? 1.0 : gain[c], MPFR_RNDN);
    }
    mpfr_clears(mean, size, term, (mpfr_ptr)NULL);
}

/* (x, y) of channels c and c + d / 2 becomes (x cos - y sin, x sin + y cos) of i / base^(2 c / d). */
static inline void definition_rotate(const struct sc_layer *l, int32_t i, mpfr_t *row)
{
    mpfr_t angle, power, cosine, sine, x, y;

    mpfr_inits2(DEFINITION_BITS, angle, power, cosine, sine, x, y, (mpfr_ptr)NULL);
    for (int32_t c = 0; c < l->d / 2; c++) {
        mpfr_t *first = &row[c], *second = &row[c + l->d / 2];
        mpfr_set_si(power, 2L * c, MPFR_RNDN);
        mpfr_div_si(power, power, l->d, MPFR_RNDN);
        mpfr_set_d(angle, l->rotation, MPFR_RNDN);
        mpfr_pow(angle, angle, power, MPFR_RNDN);
        mpfr_si_div(angle, i, angle, MPFR_RNDN);
        mpfr_sin_cos(sine, cosine, angle, MPFR_RNDN);
        mpfr_fmms(x, *first, cosine, *second, sine, MPFR_RNDN);
        mpfr_fmma(y, *first, sine, *second, cosine, MPFR_RNDN);
        mpfr_set(*first, x, MPFR_RNDN);
        mpfr_set(*second, y, MPFR_RNDN);
    }
    mpfr_clears(angle, power, cosine, sine, x, y, (mpfr_ptr)NULL);
}

/* Weights of one row from queries and keys of the head. */
static inline void definition_weights(const struct sc_layer *l, int32_t h, int32_t i,
                                      const mpfr_t *q, const mpfr_t *k, mpfr_t *p)
{
    mpfr_t sum, term;

    mpfr_inits2(DEFINITION_BITS, sum, term, (mpfr_ptr)NULL);
    mpfr_set_zero(sum, 1);
    for (int32_t j = 0; j < l->tokens; j++) {
        mpfr_set_zero(p[j], 1);
        if (j < i - l->left || j > i + l->right) {
            continue;
        }
        for (int32_t c = 0; c < l->d; c++) {
            mpfr_mul(term, q[i * l->d + c], k[j * l->d + c], MPFR_RNDN);
            mpfr_add(p[j], p[j], term, MPFR_RNDN);
        }
        mpfr_mul_d(p[j], p[j], l->scale, MPFR_RNDN);
        mpfr_add_d(p[j], p[j], l->bias[h], MPFR_RNDN);
        mpfr_set_d(term, l->slopes == NULL ? 0.0 : l->slopes[h], MPFR_RNDN);
        mpfr_mul_si(term, term, labs((long)i - j), MPFR_RNDN);
        mpfr_sub(p[j], p[j], term, MPFR_RNDN);
        mpfr_exp(p[j], p[j], MPFR_RNDN);
        mpfr_add(sum, sum, p[j], MPFR_RNDN);
        if (l->kind == SC_LAYER_SIGMOID) {
            mpfr_add_ui(term, p[j], 1, MPFR_RNDN);
            mpfr_div(p[j], p[j], term, MPFR_RNDN);
        }
    }
    for (int32_t j = 0; l->kind == SC_LAYER_SOFTMAX && j < l->tokens; j++) {
        mpfr_div(p[j], p[j], sum, MPFR_RNDN);
    }
    mpfr_clears(sum, term, (mpfr_ptr)NULL);
}

/* Rows of head h: projected, normed, rotated. */
static inline void definition_rows(const struct sc_layer *l, const mpfr_t *x, int32_t h,
                                   const double *w, const double *beta, const double *gain,
                                   mpfr_t *rows)
{
    const double *shift = beta == NULL ? NULL : beta + h * l->d;

    for (int32_t i = 0; i < l->tokens; i++) {
        definition_project(x + i * l->width, w + (int64_t)h * l->d * l->width, shift, l->width,
                           l->d, rows + i * l->d);
        if (l->norm != SC_LAYER_NO_NORM) {
            definition_norm(l, gain, rows + i * l->d);
        }
        if (l->rotation > 0.0) {
            definition_rotate(l, i, rows + i * l->d);
        }
    }
}

/* The layer's output, [tokens][out width]; weights too, [heads][tokens][tokens], unless NULL. */
static inline void definition_layer(const struct sc_layer *l, const mpfr_t *x, mpfr_t *out,
                                    mpfr_t *weights)
{
    const int32_t n = l->tokens, all = l->heads * l->d_v;
    mpfr_t *q = definition_numbers(n * l->d), *k = definition_numbers(n * l->d);
    mpfr_t *v = definition_numbers(n * l->d_v), *p = definition_numbers(n);
    mpfr_t *side = definition_numbers(n * all);
    mpfr_t term;

    mpfr_init2(term, DEFINITION_BITS);
    for (int32_t h = 0; h < l->heads; h++) {
        definition_rows(l, x, h, l->w_q, l->beta_q, l->gain_q, q);
        definition_rows(l, x, h, l->w_k, l->beta_k, l->gain_k, k);
        for (int32_t i = 0; i < n; i++) {
            definition_project(x + i * l->width, l->w_v + (int64_t)h * l->d_v * l->width,
                               l->beta_v == NULL ? NULL : l->beta_v + h * l->d_v, l->width, l->d_v,
                               v + i * l->d_v);
        }
        for (int32_t i = 0; i < n; i++) {
            definition_weights(l, h, i, (const mpfr_t *)q, (const mpfr_t *)k, p);
            for (int32_t j = 0; j < n; j++) {
                if (weights != NULL) {
                    mpfr_set(weights[((int64_t)h * n + i) * n + j], p[j], MPFR_RNDN);
                }
                for (int32_t c = 0; c < l->d_v; c++) {
                    mpfr_t *sum = &side[i * all + h * l->d_v + c];
                    mpfr_mul(term, p[j], v[j * l->d_v + c], MPFR_RNDN);
                    mpfr_add(*sum, *sum, term, MPFR_RNDN);
                }
            }
        }
    }
    for (int32_t i = 0; i < n; i++) {
        if (l->w_o != NULL) {
            definition_project((const mpfr_t *)side + i * all, l->w_o, NULL, all, l->out,
                               out + i * l->out);
        }
        for (int32_t c = 0; l->w_o == NULL && c < all; c++) {
            mpfr_set(out[i * all + c], side[i * all + c], MPFR_RNDN);
        }
    }
    mpfr_clear(term);
    definition_free(q, n * l->d);
    definition_free(k, n * l->d);
    definition_free(v, n * l->d_v);
    definition_free(p, n);
    definition_free(side, n * all);
}

/* (f(x + 2^e t) - f(x - 2^e t)) / 2^(e + 1): the derivative along t, up to 4^e times a third of a third
 * derivative. */
static inline void definition_derivative(const struct sc_layer *l, const double *x, const double *t,
                                         long e, mpfr_t *out)
{
    const int64_t inputs = sc_layer_inputs(l), outputs = sc_layer_outputs(l);
    mpfr_t *moved = definition_numbers(inputs), *low = definition_numbers(outputs);

    for (int32_t side = 0; side < 2; side++) {
        for (int64_t n = 0; n < inputs; n++) {
            mpfr_set_d(moved[n], side == 0 ? -t[n] : t[n], MPFR_RNDN);
            mpfr_mul_2si(moved[n], moved[n], e, MPFR_RNDN);
            mpfr_add_d(moved[n], moved[n], x[n], MPFR_RNDN);
        }
        definition_layer(l, (const mpfr_t *)moved, side == 0 ? low : out, NULL);
    }
    for (int64_t n = 0; n < outputs; n++) {
        mpfr_sub(out[n], out[n], low[n], MPFR_RNDN);
        mpfr_mul_2si(out[n], out[n], -e - 1, MPFR_RNDN);
    }
    definition_free(moved, inputs);
    definition_free(low, outputs);
}

/* The steps by which a quotient is the derivative itself for every test: it errs by about 2^-200. */
#define DEFINITION_STEP (-100L)

#endif
