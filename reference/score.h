/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_SCORE_H
#define SC_REFERENCE_SCORE_H

#include "spec/attention.h"

#include "reference/score.acsl"

#include <stdint.h>

/* What the reference computes of one pair of row i and key j of (sequence b, query head h), in binary64
 * (_f64) or binary32 (_f32) arithmetic. Exact over the reals; the rounding errors of the forward pass are
 * in reference/judge/bound.h.
 *   p     a problem that sc_problem_check accepts
 *   q, k  the tensors' buffers, decoded to fp32 */

/* <x, y> over d channels. */
/*@ requires vectors: 0 <= d && \valid_read(x + (0 .. d - 1)) && \valid_read(y + (0 .. d - 1));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures dot: \result == sc_dot(x, y, d); */
double sc_score_dot_f64(const float *x, const float *y, int32_t d);

/*@ requires vectors: 0 <= d && \valid_read(x + (0 .. d - 1)) && \valid_read(y + (0 .. d - 1));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures dot: \result == sc_dot(x, y, d); */
float sc_score_dot_f32(const float *x, const float *y, int32_t d);

/* S_ij = tau <q_i, k_j> + b + m_ij, whether row i sees key j or not. */
/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures score: \result == sc_score(p, q, k, b, h, i, j); */
double sc_score_f64(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                    int32_t h, int32_t i, int32_t j);

/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures score: \result == sc_score(p, q, k, b, h, i, j); */
float sc_score_f32(const struct sc_problem *p, const float *q, const float *k, int32_t b, int32_t h,
                   int32_t i, int32_t j);

/* P_ij = sigma(S_ij), and +0 where row i does not see key j, whatever that key holds. */
/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures weight: \result == sc_weight(p, q, k, b, h, i, j); */
double sc_score_weight_f64(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                           int32_t h, int32_t i, int32_t j);

/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures weight: \result == sc_weight(p, q, k, b, h, i, j); */
float sc_score_weight_f32(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                          int32_t h, int32_t i, int32_t j);

/* P_ij (1 - P_ij), the derivative of P_ij by S_ij, as sigma(S_ij) sigma(-S_ij): no cancellation where
 * P_ij is near 1. +0 where row i does not see key j. */
/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures slope: \result == sc_slope(p, q, k, b, h, i, j); */
double sc_score_slope_f64(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                          int32_t h, int32_t i, int32_t j);

/* The tangent of S_ij along tangents q_t and k_t of Q and K: tau (<q_t_i, k_j> + <q_i, k_t_j>). */
/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    requires direction: sc_score_direction(p, q_t, k_t);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures tangent: \result == sc_s_t(p, q, k, q_t, k_t, b, h, i, j); */
double sc_score_tangent_f64(const struct sc_problem *p, const float *q, const float *k,
                            const float *q_t, const float *k_t, int32_t b, int32_t h, int32_t i,
                            int32_t j);

/* dP_ij = <dO_i, v_j>, the gradient by P_ij. */
/*@ requires tensors: sc_problem_readable(p) && sc_problem_valid(p) &&
      \valid_read(v + (0 .. p->v.size - 1)) && \valid_read(d_o + (0 .. p->o.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b) &&
      0 <= j < sc_keys(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures gradient: \result == sc_d_p(p, v, d_o, b, h, i, j); */
double sc_score_gradient_f64(const struct sc_problem *p, const float *v, const float *d_o,
                             int32_t b, int32_t h, int32_t i, int32_t j);

/* Sets a row of n channels to 0, and multiplies it by a factor. */
/*@ requires row: 0 <= n && \valid(row + (0 .. n - 1));
    terminates \true;
    exits \false;
    assigns row[0 .. n - 1];
    ensures clear: sc_score_cleared(row, n); */
void sc_score_clear_f64(double *row, int32_t n);

/*@ requires row: 0 <= n && \valid(row + (0 .. n - 1));
    terminates \true;
    exits \false;
    assigns row[0 .. n - 1];
    ensures scaled: \forall integer c; 0 <= c < n ==> row[c] == sc_times(factor, \old(row[c])); */
void sc_score_scale_f64(double *row, double factor, int32_t n);

/* Adds weight * x to a row of n channels. A weight of 0 adds nothing, whatever x holds. */
/*@ requires sum: 0 <= n && \valid(sum + (0 .. n - 1));
    requires values: \valid_read(x + (0 .. n - 1));
    terminates \true;
    exits \false;
    assigns sum[0 .. n - 1];
    ensures added: \forall integer c; 0 <= c < n ==>
      sum[c] == \old(sum[c]) + sc_times(weight, x[c]); */
void sc_score_add_f64(double *sum, double weight, const float *x, int32_t n);

#endif
