/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_BACKWARD_H
#define SC_REFERENCE_BACKWARD_H

#include "spec/attention.h"

#include "reference/backward.acsl"

#include <stdint.h>

/* The gradients of O = sigma(tau Q K^T + b + m) V by their definition, in binary64 arithmetic, one row
 * at a time: the caller places it. With dP_ij = <dO_i, v_j> and dS_ij = P_ij (1 - P_ij) dP_ij,
 *
 *   dQ_i = tau sum_j dS_ij k_j,   dK_j = tau sum_i dS_ij q_i,   dV_j = sum_i P_ij dO_i,   db = sum_ij dS_ij.
 *
 * This is the vector-Jacobian product of the attention as a map of (Q, K, V): with U for dO it is
 * (U^T J)^T. Over the reals the results are those of spec/real_backward.acsl: proved. Rounding is not
 * bounded here.
 *   p              a problem that sc_problem_check accepts
 *   q, k, v, d_o   the buffers of Q, K, V and of dO in the layout of O, decoded to fp32; every visible
 *                  value is finite
 * What a row does not see is not used: masked keys may hold anything. Where nothing is seen the result
 * is +0. */

/* dQ_i of (sequence b, head h), d values. */
/*@ requires tensors: sc_backward_tensors(p, q, k, v, d_o);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires row: \valid(d_q + (0 .. p->d - 1));
    terminates \true;
    exits \false;
    assigns d_q[0 .. p->d - 1];
    ensures gradient: \forall integer c; 0 <= c < p->d ==>
      d_q[c] == sc_d_q(p, q, k, v, d_o, b, h, i, c); */
void sc_backward_q_row_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *v, const float *d_o, int32_t b, int32_t h, int32_t i,
                           double *d_q);

/* dK_j of (sequence b, key head g), d values: the sum over the query heads that read g. */
/*@ requires tensors: sc_backward_tensors(p, q, k, v, d_o);
    requires place: 0 <= b < p->batch && 0 <= g < p->heads_kv && 0 <= j < sc_keys(p, b);
    requires row: \valid(d_k + (0 .. p->d - 1));
    terminates \true;
    exits \false;
    assigns d_k[0 .. p->d - 1];
    ensures gradient: \forall integer c; 0 <= c < p->d ==>
      d_k[c] == sc_d_k(p, q, k, v, d_o, b, g, j, c); */
void sc_backward_k_row_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *v, const float *d_o, int32_t b, int32_t g, int32_t j,
                           double *d_k);

/* dV_j of (sequence b, value head g), d_v values: the sum over the query heads that read g. V itself is
 * not needed. */
/*@ requires tensors: sc_score_tensors(p, q, k) && \valid_read(d_o + (0 .. p->o.size - 1));
    requires place: 0 <= b < p->batch && 0 <= g < p->heads_kv && 0 <= j < sc_keys(p, b);
    requires row: \valid(d_v + (0 .. p->d_v - 1));
    terminates \true;
    exits \false;
    assigns d_v[0 .. p->d_v - 1];
    ensures gradient: \forall integer c; 0 <= c < p->d_v ==>
      d_v[c] == sc_d_v(p, q, k, d_o, b, g, j, c); */
void sc_backward_v_row_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *d_o, int32_t b, int32_t g, int32_t j, double *d_v);

/* db of (sequence b, head h): what the bias of this pair has as its gradient. A bias that several pairs
 * share has the sum. */
/*@ requires tensors: sc_backward_tensors(p, q, k, v, d_o);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures gradient: \result == sc_d_b(p, q, k, v, d_o, b, h); */
double sc_backward_bias_f64(const struct sc_problem *p, const float *q, const float *k,
                            const float *v, const float *d_o, int32_t b, int32_t h);

#endif
