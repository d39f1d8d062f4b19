/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_SCORES_H
#define SC_REFERENCE_ORACLE_SCORES_H

#include "reference/oracle/enclosure.h"
#include "reference/status.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* What an error bound needs to know of the scores of a row, key by key: ball arithmetic of
 * SC_ARB_EXACT_BITS, dot products exact. Bounds are doubles rounded up, enclosures doubles rounded
 * outward. At a key that the row does not see all are 0; at a visible key whose score is undefined (a NaN
 * or infinity in its row of K or in the row of Q) the bounds are +Inf and the enclosures [-Inf, +Inf]. */
struct sc_scores {
    int32_t n_k;        /* keys of the sequence, the length of each array; 0 before the first row */
    double bias;        /* |b|, exact: one value for all keys of a row */
    bool *visible;      /* whether the row sees key j; exact */
    double *terms;      /* >= sum over c of |q_c k_jc| */
    double *product;    /* >= |tau <q, k_j>| */
    double *mask_bias;  /* |m_ij|, exact */
    double *derivative; /* >= p_j (1 - p_j), at most 1/4 */
    struct sc_enclosure *s; /* of S_ij = tau <q, k_j> + b + m_ij; |s| < 2^409 */
    struct sc_enclosure *p; /* of P_ij = sigma(S_ij), in [0, 1] */
    struct sc_scores_work *work;
};

/* Makes room for the rows of a problem.
 *   problem  one that sc_problem_check accepts; borrowed and kept
 *   q, k     decoded to fp32, in the problem's strides; borrowed and kept; may change between rows
 * SC_E_MEMORY: then nothing is held. One thread at a time. */
enum sc_status sc_scores_create(struct sc_scores *scores, const struct sc_problem *problem,
                                const float *q, const float *k, struct sc_error *error);

/* Frees what it holds. */
void sc_scores_destroy(struct sc_scores *scores);

/* Row i of (sequence b, query head h), which exists. SC_E_UNAVAILABLE: another rounding mode or
 * flush-to-zero is set; then n_k is 0. */
enum sc_status sc_scores_row(struct sc_scores *scores, int32_t b, int32_t h, int32_t i,
                             struct sc_error *error);

#endif
