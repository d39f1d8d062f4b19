/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_DEFINITION_H
#define SC_TESTS_DEFINITION_H

#include "spec/attention.h"

#include <mpfr.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Sigmoid attention by its definition, to nearest at 2000 bits: S, P and the sum over all keys, on
 * packed copies of the tensors. Slow, with lengths, masks and offsets of its own: it shares nothing
 * but struct sc_problem with what it checks. Finite inputs give a dot product that is exact (terms
 * span 2^-298 to 2^280), so each score is exact and an element is off by less than 2^-1960 times
 * sum p|v|. */
#define DEFINITION_BITS 2000

/* [entry][head][row][channel], without gaps. */
struct definition {
    const struct sc_problem *problem;
    float *q, *k, *v;
    uint8_t *plane; /* [batch][heads_q][rows][keys]; NULL: none */
};

/* One row by the definition; d_v sums and masses, n_k of the rest. Masked keys: all 0. */
struct definition_row {
    int32_t n_k, d_v;
    bool *visible;
    mpfr_t *terms, *product, *mask_bias, *s, *p; /* sum |q k|, |tau <q, k>|, |m|, S, P */
    mpfr_t *o, *mass;                            /* sum p v, sum p |v| */
};

static inline float *definition_pack(const float *x, const struct sc_layout *layout,
                                     int32_t entries, int32_t heads, int32_t rows, int32_t width)
{
    float *packed = malloc(((size_t)entries * (size_t)heads * (size_t)rows * (size_t)width + 1) *
                           sizeof(float));
    size_t n = 0;

    for (int32_t b = 0; b < entries; b++) {
        for (int32_t h = 0; h < heads; h++) {
            for (int32_t row = 0; row < rows; row++) {
                for (int32_t c = 0; c < width; c++) {
                    packed[n++] = x[b * layout->stride_batch + h * layout->stride_head +
                                    row * layout->stride_row + c];
                }
            }
        }
    }
    return packed;
}

static inline void definition_create(struct definition *x, const struct sc_problem *p,
                                     const float *q, const float *k, const float *v)
{
    const int32_t entries = p->starts_q != NULL ? 1 : p->batch;
    size_t n = 0;

    x->problem = p;
    x->q = definition_pack(q, &p->q, entries, p->heads_q, p->n_q, p->d);
    x->k = definition_pack(k, &p->k, entries, p->heads_kv, p->n_k, p->d);
    x->v = definition_pack(v, &p->v, entries, p->heads_kv, p->n_k, p->d_v);
    x->plane = NULL;
    if (p->plane.visible == NULL) {
        return;
    }
    x->plane = malloc(
        (size_t)p->batch * (size_t)p->heads_q * (size_t)p->plane.rows * (size_t)p->plane.keys + 1);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t row = 0; row < p->plane.rows; row++) {
                for (int32_t key = 0; key < p->plane.keys; key++) {
                    x->plane[n++] = p->plane.visible[b * p->plane.layout.stride_batch +
                                                     h * p->plane.layout.stride_head +
                                                     row * p->plane.layout.stride_row + key];
                }
            }
        }
    }
}

static inline void definition_destroy(struct definition *x)
{
    free(x->q);
    free(x->k);
    free(x->v);
    free(x->plane);
}

/* Lengths of sequence b: rows, and keys that are valid. */
static inline int32_t definition_rows(const struct sc_problem *p, int32_t b)
{
    return p->starts_q == NULL ? p->n_q : p->starts_q[b + 1] - p->starts_q[b];
}

static inline int32_t definition_keys(const struct sc_problem *p, int32_t b)
{
    if (p->key_lengths != NULL) {
        return p->key_lengths[b];
    }
    return p->starts_k == NULL ? p->n_k : p->starts_k[b + 1] - p->starts_k[b];
}

/* c - left <= j <= c + right with c = i + n_k - n_q, and the plane. */
static inline bool definition_sees(const struct definition *x, int32_t b, int32_t h, int32_t i,
                                   int32_t j)
{
    const struct sc_problem *p = x->problem;
    const int64_t c = (int64_t)i + definition_keys(p, b) - definition_rows(p, b);

    if (p->left != SC_MASK_UNBOUNDED && j < c - p->left) {
        return false;
    }
    if (p->right != SC_MASK_UNBOUNDED && j > c + p->right) {
        return false;
    }
    if (x->plane == NULL) {
        return true;
    }
    const int32_t row = i / p->plane.block_rows;
    const int32_t key = j / p->plane.block_keys;
    return x->plane[((b * p->heads_q + h) * p->plane.rows + row) * p->plane.keys + key] != 0;
}

static inline mpfr_t *definition_numbers(int32_t count)
{
    mpfr_t *numbers = malloc(((size_t)count + 1) * sizeof(mpfr_t));

    for (int32_t n = 0; n < count; n++) {
        mpfr_init2(numbers[n], DEFINITION_BITS);
        mpfr_set_zero(numbers[n], 1);
    }
    return numbers;
}

static inline void definition_free(mpfr_t *numbers, int32_t count)
{
    for (int32_t n = 0; n < count; n++) {
        mpfr_clear(numbers[n]);
    }
    free(numbers);
}

/* p = 1 / (1 + e^-s); 0 where e^-s leaves MPFR's exponent range, which is below any double. */
static inline void definition_sigmoid(mpfr_ptr p, mpfr_srcptr s)
{
    mpfr_neg(p, s, MPFR_RNDN);
    mpfr_exp(p, p, MPFR_RNDN);
    mpfr_add_ui(p, p, 1, MPFR_RNDN);
    mpfr_ui_div(p, 1, p, MPFR_RNDN);
}

/* Score of one visible key: terms, product, mask_bias, s and p. */
static inline void definition_score(struct definition_row *row, const struct sc_problem *p,
                                    int32_t b, int32_t h, int32_t i, int32_t j, const float *q,
                                    const float *k)
{
    mpfr_t x;

    mpfr_init2(x, DEFINITION_BITS);
    for (int32_t c = 0; c < p->d; c++) {
        mpfr_set_flt(x, q[c], MPFR_RNDN);
        mpfr_mul_d(x, x, (double)k[c], MPFR_RNDN);
        mpfr_add(row->s[j], row->s[j], x, MPFR_RNDN);
        mpfr_abs(x, x, MPFR_RNDN);
        mpfr_add(row->terms[j], row->terms[j], x, MPFR_RNDN);
    }
    mpfr_mul_d(row->s[j], row->s[j], (double)p->tau, MPFR_RNDN);
    mpfr_abs(row->product[j], row->s[j], MPFR_RNDN);
    mpfr_add_d(row->s[j], row->s[j],
               (double)(p->bias_scope == SC_BIAS_SCALAR     ? p->bias[0]
                        : p->bias_scope == SC_BIAS_PER_HEAD ? p->bias[h]
                                                            : p->bias[b]),
               MPFR_RNDN);
    if (p->slopes != NULL) {
        const int64_t gap = (int64_t)i + definition_keys(p, b) - definition_rows(p, b) - j;
        mpfr_set_d(x, (double)llabs((long long)gap), MPFR_RNDN);
        mpfr_mul_d(x, x, (double)p->slopes[h], MPFR_RNDN);
        mpfr_sub(row->s[j], row->s[j], x, MPFR_RNDN);
        mpfr_abs(row->mask_bias[j], x, MPFR_RNDN);
    }
    definition_sigmoid(row->p[j], row->s[j]);
    mpfr_clear(x);
}

/* Row i of (sequence b, head h). All visible inputs must be finite. */
static inline void definition_row_create(struct definition_row *row, const struct definition *x,
                                         int32_t b, int32_t h, int32_t i)
{
    const struct sc_problem *p = x->problem;
    const int32_t entry = p->starts_q != NULL ? 0 : b;
    const int32_t g = h / (p->heads_q / p->heads_kv);
    const int32_t q_row = p->starts_q != NULL ? p->starts_q[b] + i : i;
    mpfr_t term;

    row->n_k = definition_keys(p, b);
    row->d_v = p->d_v;
    row->visible = calloc((size_t)row->n_k + 1, sizeof(bool));
    row->terms = definition_numbers(row->n_k);
    row->product = definition_numbers(row->n_k);
    row->mask_bias = definition_numbers(row->n_k);
    row->s = definition_numbers(row->n_k);
    row->p = definition_numbers(row->n_k);
    row->o = definition_numbers(row->d_v);
    row->mass = definition_numbers(row->d_v);
    mpfr_init2(term, DEFINITION_BITS);
    for (int32_t j = 0; j < row->n_k; j++) {
        row->visible[j] = definition_sees(x, b, h, i, j);
        if (!row->visible[j]) {
            continue;
        }
        const int32_t k_row = p->starts_k != NULL ? p->starts_k[b] + j : j;
        const float *q = x->q + (((int64_t)entry * p->heads_q + h) * p->n_q + q_row) * p->d;
        const float *k = x->k + (((int64_t)entry * p->heads_kv + g) * p->n_k + k_row) * p->d;
        const float *v = x->v + (((int64_t)entry * p->heads_kv + g) * p->n_k + k_row) * p->d_v;
        definition_score(row, p, b, h, i, j, q, k);
        for (int32_t c = 0; c < p->d_v; c++) {
            mpfr_mul_d(term, row->p[j], (double)v[c], MPFR_RNDN);
            mpfr_add(row->o[c], row->o[c], term, MPFR_RNDN);
            mpfr_abs(term, term, MPFR_RNDN);
            mpfr_add(row->mass[c], row->mass[c], term, MPFR_RNDN);
        }
    }
    mpfr_clear(term);
}

static inline void definition_row_destroy(struct definition_row *row)
{
    free(row->visible);
    definition_free(row->terms, row->n_k);
    definition_free(row->product, row->n_k);
    definition_free(row->mask_bias, row->n_k);
    definition_free(row->s, row->n_k);
    definition_free(row->p, row->n_k);
    definition_free(row->o, row->d_v);
    definition_free(row->mass, row->d_v);
}

#endif
