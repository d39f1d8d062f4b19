/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_DEFINITION_BACKWARD_H
#define SC_TESTS_DEFINITION_BACKWARD_H

#include "tests/definition.h"

/* The gradients of a whole problem by their definition, pair by pair, to nearest at DEFINITION_BITS:
 *   dP_ij = <dO_i, v_j>, dS_ij = p_ij (1 - p_ij) dP_ij,
 *   dV_j = sum_i p_ij dO_i, dQ_i = tau sum_j dS_ij k_j, dK_j = tau sum_i dS_ij q_i, db = sum_ij dS_ij.
 * dP is exact for the reason that S is; a sum is off by less than 2^-1960 times its mass. */

/* Sums, and the masses that bound what an error of p or of p (1 - p) does to them: every factor p
 * becomes 1, every factor dS becomes |dP|, and all terms are added by magnitude. */
struct definition_sums {
    int32_t count;
    mpfr_t *sum, *mass;
};

/* Element c of row i: [((b heads + h) n + i) width + c], with n the rows of the tensor. */
struct definition_gradients {
    struct definition_sums d_q, d_k, d_v; /* without what no row of a shorter sequence fills: 0 */
    struct definition_sums d_b;           /* [b heads_q + h] */
};

static inline void definition_sums_create(struct definition_sums *sums, int32_t count)
{
    sums->count = count;
    sums->sum = definition_numbers(count);
    sums->mass = definition_numbers(count);
}

static inline void definition_sums_destroy(struct definition_sums *sums)
{
    definition_free(sums->sum, sums->count);
    definition_free(sums->mass, sums->count);
}

/* Adds factor * x to sum n, and |mass_factor * x| to its mass. */
static inline void definition_sums_add(struct definition_sums *sums, int32_t n, mpfr_srcptr factor,
                                       mpfr_srcptr mass_factor, double x)
{
    mpfr_t term;

    mpfr_init2(term, DEFINITION_BITS);
    mpfr_mul_d(term, factor, x, MPFR_RNDN);
    mpfr_add(sums->sum[n], sums->sum[n], term, MPFR_RNDN);
    mpfr_mul_d(term, mass_factor, x, MPFR_RNDN);
    mpfr_abs(term, term, MPFR_RNDN);
    mpfr_add(sums->mass[n], sums->mass[n], term, MPFR_RNDN);
    mpfr_clear(term);
}

/* d_p = sum over c of d_o_c v_c, d_s = p (1 - p) d_p */
static inline void definition_score_gradient(mpfr_ptr d_p, mpfr_ptr d_s, mpfr_srcptr p,
                                             const float *d_o, const float *v, int32_t d_v)
{
    mpfr_t term;

    mpfr_init2(term, DEFINITION_BITS);
    mpfr_set_zero(d_p, 1);
    for (int32_t c = 0; c < d_v; c++) {
        mpfr_set_flt(term, d_o[c], MPFR_RNDN);
        mpfr_mul_d(term, term, (double)v[c], MPFR_RNDN);
        mpfr_add(d_p, d_p, term, MPFR_RNDN);
    }
    mpfr_ui_sub(term, 1, p, MPFR_RNDN);
    mpfr_mul(term, term, p, MPFR_RNDN);
    mpfr_mul(d_s, term, d_p, MPFR_RNDN);
    mpfr_clear(term);
}

/* What pair (i, j) of (sequence b, head h) adds to every gradient. */
static inline void definition_add_pair(struct definition_gradients *gradients,
                                       const struct definition *x, const float *d_o, int32_t b,
                                       int32_t h, int32_t i, int32_t j, mpfr_srcptr p)
{
    const struct sc_problem *problem = x->problem;
    const int32_t entry = problem->starts_q != NULL ? 0 : b;
    const int32_t g = h / (problem->heads_q / problem->heads_kv);
    const int32_t i_row = problem->starts_q != NULL ? problem->starts_q[b] + i : i;
    const int32_t j_row = problem->starts_k != NULL ? problem->starts_k[b] + j : j;
    const int32_t d = problem->d, d_v = problem->d_v;
    const int32_t q_row = (entry * problem->heads_q + h) * problem->n_q + i_row;
    const int32_t k_row = (entry * problem->heads_kv + g) * problem->n_k + j_row;
    const int32_t q_place = ((b * problem->heads_q + h) * problem->n_q + i) * d;
    const int32_t k_place = (b * problem->heads_kv + g) * problem->n_k + j;
    mpfr_t d_p, d_s, one;

    mpfr_inits2(DEFINITION_BITS, d_p, d_s, one, (mpfr_ptr)NULL);
    mpfr_set_ui(one, 1, MPFR_RNDN);
    definition_score_gradient(d_p, d_s, p, d_o + q_row * d_v, x->v + k_row * d_v, d_v);
    for (int32_t c = 0; c < d; c++) {
        definition_sums_add(&gradients->d_q, q_place + c, d_s, d_p, (double)x->k[k_row * d + c]);
        definition_sums_add(&gradients->d_k, k_place * d + c, d_s, d_p,
                            (double)x->q[q_row * d + c]);
    }
    for (int32_t c = 0; c < d_v; c++) {
        definition_sums_add(&gradients->d_v, k_place * d_v + c, p, one,
                            (double)d_o[q_row * d_v + c]);
    }
    definition_sums_add(&gradients->d_b, b * problem->heads_q + h, d_s, d_p, 1.0);
    mpfr_clears(d_p, d_s, one, (mpfr_ptr)NULL);
}

static inline void definition_sums_scale(struct definition_sums *sums, float tau)
{
    for (int32_t n = 0; n < sums->count; n++) {
        mpfr_mul_d(sums->sum[n], sums->sum[n], (double)tau, MPFR_RNDN);
        mpfr_mul_d(sums->mass[n], sums->mass[n], (double)tau, MPFR_RNDN);
    }
}

/* d_o: the gradient by O, in the layout of O. All visible inputs must be finite. */
static inline void definition_gradients_create(struct definition_gradients *gradients,
                                               const struct definition *x, const float *d_o)
{
    const struct sc_problem *p = x->problem;
    const int32_t entries = p->starts_q != NULL ? 1 : p->batch;
    float *packed = definition_pack(d_o, &p->o, entries, p->heads_q, p->n_q, p->d_v);
    struct definition_row row;

    definition_sums_create(&gradients->d_q, p->batch * p->heads_q * p->n_q * p->d);
    definition_sums_create(&gradients->d_k, p->batch * p->heads_kv * p->n_k * p->d);
    definition_sums_create(&gradients->d_v, p->batch * p->heads_kv * p->n_k * p->d_v);
    definition_sums_create(&gradients->d_b, p->batch * p->heads_q);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < definition_rows(p, b); i++) {
                definition_row_create(&row, x, b, h, i);
                for (int32_t j = 0; j < row.n_k; j++) {
                    if (row.visible[j]) {
                        definition_add_pair(gradients, x, packed, b, h, i, j, row.p[j]);
                    }
                }
                definition_row_destroy(&row);
            }
        }
    }
    definition_sums_scale(&gradients->d_q, p->tau);
    definition_sums_scale(&gradients->d_k, p->tau);
    free(packed);
}

static inline void definition_gradients_destroy(struct definition_gradients *gradients)
{
    definition_sums_destroy(&gradients->d_q);
    definition_sums_destroy(&gradients->d_k);
    definition_sums_destroy(&gradients->d_v);
    definition_sums_destroy(&gradients->d_b);
}

#endif
