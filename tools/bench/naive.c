/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/naive.h"

#include <arb.h>
#include <mpfr.h>
#include <stdlib.h>

#define MPFR_BITS 113
#define ARB_BITS  128

void sc_naive_mpfr_row(int32_t n, int32_t d, float tau, float bias, const float *q, const float *k,
                       const float *v, double *o)
{
    mpfr_t *sums = malloc((size_t)d * sizeof *sums);
    mpfr_t s, x, y;

    if (sums == NULL) {
        return;
    }
    mpfr_inits2(MPFR_BITS, s, x, y, (mpfr_ptr)NULL);
    for (int32_t c = 0; c < d; c++) {
        mpfr_init2(sums[c], MPFR_BITS);
        mpfr_set_zero(sums[c], 1);
    }
    for (int64_t j = 0; j < n; j++) {
        mpfr_set_zero(s, 1);
        for (int32_t c = 0; c < d; c++) {
            (void)mpfr_set_flt(x, q[c], MPFR_RNDN);
            (void)mpfr_set_flt(y, k[j * d + c], MPFR_RNDN);
            (void)mpfr_fma(s, x, y, s, MPFR_RNDN);
        }
        (void)mpfr_mul_d(s, s, (double)tau, MPFR_RNDN);
        (void)mpfr_add_d(s, s, (double)bias, MPFR_RNDN);
        (void)mpfr_neg(s, s, MPFR_RNDN);
        (void)mpfr_exp(s, s, MPFR_RNDN);
        (void)mpfr_add_ui(s, s, 1, MPFR_RNDN);
        (void)mpfr_ui_div(s, 1, s, MPFR_RNDN);
        for (int32_t c = 0; c < d; c++) {
            (void)mpfr_set_flt(y, v[j * d + c], MPFR_RNDN);
            (void)mpfr_fma(sums[c], s, y, sums[c], MPFR_RNDN);
        }
    }
    for (int32_t c = 0; c < d; c++) {
        o[c] = mpfr_get_d(sums[c], MPFR_RNDN);
        mpfr_clear(sums[c]);
    }
    mpfr_clears(s, x, y, (mpfr_ptr)NULL);
    free(sums);
}

struct sc_naive_arb {
    int32_t n, d;
    arb_ptr q, k, v, p;
};

enum sc_status sc_naive_arb_create(int32_t n, int32_t d, const float *k, const float *v,
                                   struct sc_naive_arb **created, struct sc_error *error)
{
    struct sc_naive_arb *arb = malloc(sizeof *arb);

    if (arb == NULL) {
        return sc_fail(error, SC_E_MEMORY, "bench: no memory");
    }
    *arb = (struct sc_naive_arb){n,
                                 d,
                                 _arb_vec_init(d),
                                 _arb_vec_init((slong)n * d),
                                 _arb_vec_init((slong)n * d),
                                 _arb_vec_init(n)};
    for (slong x = 0; x < (slong)n * d; x++) {
        arb_set_d(arb->k + x, (double)k[x]);
        arb_set_d(arb->v + x, (double)v[x]);
    }
    *created = arb;
    return SC_OK;
}

void sc_naive_arb_row(struct sc_naive_arb *arb, float tau, float bias, const float *q, double *o)
{
    const slong d = arb->d;
    arb_t scale, shift, sum;

    arb_init(scale);
    arb_init(shift);
    arb_init(sum);
    arb_set_d(scale, (double)tau);
    arb_set_d(shift, (double)bias);
    for (slong c = 0; c < d; c++) {
        arb_set_d(arb->q + c, (double)q[c]);
    }
    for (slong j = 0; j < arb->n; j++) {
        arb_ptr p = arb->p + j;
        arb_dot(p, NULL, 0, arb->q, 1, arb->k + j * d, 1, d, ARB_BITS);
        arb_mul(p, p, scale, ARB_BITS);
        arb_add(p, p, shift, ARB_BITS);
        arb_neg(p, p);
        arb_exp(p, p, ARB_BITS);
        arb_add_ui(p, p, 1, ARB_BITS);
        arb_inv(p, p, ARB_BITS);
    }
    for (slong c = 0; c < d; c++) {
        arb_dot(sum, NULL, 0, arb->p, 1, arb->v + c, d, arb->n, ARB_BITS);
        o[c] = arf_get_d(arb_midref(sum), ARF_RND_NEAR);
    }
    arb_clear(sum);
    arb_clear(shift);
    arb_clear(scale);
}

void sc_naive_arb_destroy(struct sc_naive_arb *arb)
{
    if (arb == NULL) {
        return;
    }
    _arb_vec_clear(arb->p, arb->n);
    _arb_vec_clear(arb->v, (slong)arb->n * arb->d);
    _arb_vec_clear(arb->k, (slong)arb->n * arb->d);
    _arb_vec_clear(arb->q, arb->d);
    free(arb);
}
