/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_SOFTMAX_H
#define SC_REFERENCE_SOFTMAX_H

#include "spec/attention.h"

#include "reference/softmax.acsl"

#include <stdint.h>

/* Softmax attention of the same problem, for comparison with the sigmoid: the same scores, masks, heads
 * and sequences, and
 *
 *   P_ij = e^S_ij / sum_l e^S_il over the keys l that row i sees, else exactly 0,   O_i = sum_j P_ij v_j,
 *
 * in binary64 arithmetic, one row at a time: the caller places it. Over the reals the results are those
 * of spec/real_softmax.acsl: proved. Exponents are taken of S_ij less the largest score that row i sees,
 * so that none overflows. Rounding is not bounded here.
 *   p        a problem that sc_problem_check accepts
 *   q, k, v  the tensors' buffers, decoded to fp32; every visible value is finite
 *   weights  scratch for p->n_k values
 * What a row does not see is not used: masked keys may hold anything. A row that sees nothing is +0. */

/* P_ij of row i of (sequence b, head h), for every key j of the sequence. */
/*@ requires tensors: sc_score_tensors(p, q, k);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires scratch: \valid(weights + (0 .. p->n_k - 1));
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1];
    ensures weights: sc_softmax_weights(p, q, k, b, h, i, weights, sc_keys(p, b)); */
void sc_softmax_weights_f64(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                            int32_t h, int32_t i, double *weights);

/* O_i of (sequence b, head h), d_v values. */
/*@ requires tensors: sc_score_tensors(p, q, k) && \valid_read(v + (0 .. p->v.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires scratch: \valid(weights + (0 .. p->n_k - 1));
    requires row: \valid(o + (0 .. p->d_v - 1));
    requires apart: \separated(weights + (0 .. p->n_k - 1), o + (0 .. p->d_v - 1));
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1], o[0 .. p->d_v - 1];
    ensures output: \forall integer c; 0 <= c < p->d_v ==>
      o[c] == sc_soft_output(p, q, k, v, b, h, i, c); */
void sc_softmax_row_f64(const struct sc_problem *p, const float *q, const float *k, const float *v,
                        int32_t b, int32_t h, int32_t i, double *weights, double *o);

/* The Jacobian-vector product: the tangent of O_i along tangents q_t, k_t, v_t in the layouts of Q, K and
 * V,
 *   O_t_i = sum_j [P_ij v_t_j + P_ij (Z_ij - sum_l P_il Z_il) v_j],
 *   Z_ij = tau (<q_t_i, k_j> + <q_i, k_t_j>). */
/*@ requires tensors: sc_score_tensors(p, q, k) && sc_score_direction(p, q_t, k_t) &&
      \valid_read(v + (0 .. p->v.size - 1)) && \valid_read(v_t + (0 .. p->v.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires scratch: \valid(weights + (0 .. p->n_k - 1));
    requires row: \valid(o_t + (0 .. p->d_v - 1));
    requires apart: \separated(weights + (0 .. p->n_k - 1), o_t + (0 .. p->d_v - 1));
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1], o_t[0 .. p->d_v - 1];
    ensures tangent: \forall integer c; 0 <= c < p->d_v ==>
      o_t[c] == sc_soft_o_t(p, q, k, v, q_t, k_t, v_t, b, h, i, c); */
void sc_softmax_jvp_row_f64(const struct sc_problem *p, const float *q, const float *k,
                            const float *v, const float *q_t, const float *k_t, const float *v_t,
                            int32_t b, int32_t h, int32_t i, double *weights, double *o_t);

/* The part of the vector-Jacobian product by Q: given d_o in the layout of O, d values
 *   dQ_i = tau sum_j P_ij (dP_ij - sum_l P_il dP_il) k_j,  dP_ij = <dO_i, v_j>. */
/*@ requires tensors: sc_score_tensors(p, q, k) && \valid_read(v + (0 .. p->v.size - 1)) &&
      \valid_read(d_o + (0 .. p->o.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires scratch: \valid(weights + (0 .. p->n_k - 1));
    requires row: \valid(d_q + (0 .. p->d - 1));
    requires apart: \separated(weights + (0 .. p->n_k - 1), d_q + (0 .. p->d - 1));
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1], d_q[0 .. p->d - 1];
    ensures gradient: \forall integer c; 0 <= c < p->d ==>
      d_q[c] == sc_soft_d_q(p, q, k, v, d_o, b, h, i, c); */
void sc_softmax_q_row_f64(const struct sc_problem *p, const float *q, const float *k,
                          const float *v, const float *d_o, int32_t b, int32_t h, int32_t i,
                          double *weights, double *d_q);

#endif
