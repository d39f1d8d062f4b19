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

/* sum_j P_ij dP_ij of row i, whose weights are given. */
/*@ requires tensors: sc_score_tensors(p, q, k) && \valid_read(v + (0 .. p->v.size - 1)) &&
      \valid_read(d_o + (0 .. p->o.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires scratch: \valid_read(weights + (0 .. p->n_k - 1));
    requires weights: sc_softmax_weights(p, q, k, b, h, i, weights, sc_keys(p, b));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures mean: \result == sc_soft_d_p_mean(p, q, k, v, d_o, b, h, i, sc_keys(p, b)); */
double sc_softmax_mean_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *v, const float *d_o, int32_t b, int32_t h, int32_t i,
                           const double *weights);

/* The parts of the vector-Jacobian product by K and V: adds what query head h contributes to row j of dK
 * (d values) and of dV (d_v values); the query heads that read one key head add to the same rows.
 *   dK_j = tau sum_i P_ij (dP_ij - mean_i) q_i,  dV_j = sum_i P_ij dO_i
 *   column  P_ij of key j in every row of (sequence b, head h)
 *   means   sc_softmax_mean_f64 of every row */
/*@ requires tensors: sc_score_tensors(p, q, k) && \valid_read(v + (0 .. p->v.size - 1)) &&
      \valid_read(d_o + (0 .. p->o.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= j < sc_keys(p, b);
    requires rows: \valid_read(column + (0 .. p->n_q - 1)) && \valid_read(means + (0 .. p->n_q - 1));
    requires column: sc_softmax_column(p, q, k, b, h, j, column, sc_rows(p, b));
    requires means: sc_softmax_means(p, q, k, v, d_o, b, h, means, sc_rows(p, b));
    requires row: \valid(d_k + (0 .. p->d - 1));
    requires apart: \separated(d_k + (0 .. p->d - 1), column + (0 .. p->n_q - 1),
                               means + (0 .. p->n_q - 1));
    terminates \true;
    exits \false;
    assigns d_k[0 .. p->d - 1];
    ensures added: \forall integer c; 0 <= c < p->d ==>
      d_k[c] == \old(d_k[c]) + sc_soft_d_k_rows(p, q, k, v, d_o, b, h, j, c, sc_rows(p, b)); */
void sc_softmax_k_head_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *v, const float *d_o, int32_t b, int32_t h, int32_t j,
                           const double *column, const double *means, double *d_k);

/*@ requires tensors: sc_score_tensors(p, q, k) && \valid_read(d_o + (0 .. p->o.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= j < sc_keys(p, b);
    requires rows: \valid_read(column + (0 .. p->n_q - 1));
    requires column: sc_softmax_column(p, q, k, b, h, j, column, sc_rows(p, b));
    requires row: \valid(d_v + (0 .. p->d_v - 1));
    requires apart: \separated(d_v + (0 .. p->d_v - 1), column + (0 .. p->n_q - 1));
    terminates \true;
    exits \false;
    assigns d_v[0 .. p->d_v - 1];
    ensures added: \forall integer c; 0 <= c < p->d_v ==>
      d_v[c] == \old(d_v[c]) + sc_soft_d_v_rows(p, q, k, d_o, b, h, j, c, sc_rows(p, b)); */
void sc_softmax_v_head_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *d_o, int32_t b, int32_t h, int32_t j, const double *column,
                           double *d_v);

#endif
