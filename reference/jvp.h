/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JVP_H
#define SC_REFERENCE_JVP_H

#include "spec/attention.h"

#include "reference/jvp.acsl"

#include <stdint.h>

/* The Jacobian-vector product of O = sigma(tau Q K^T + b + m) V as a map of (Q, K, V), by its definition,
 * in binary64 arithmetic, one row at a time: the caller places it. Along a direction (q_t, k_t, v_t)
 *
 *   O_t_i = sum_j [P_ij v_t_j + P_ij (1 - P_ij) tau (<q_t_i, k_j> + <q_i, k_t_j>) v_j].
 *
 * The vector-Jacobian product is the backward pass: reference/backward.h. Over the reals the result is
 * sc_o_t of spec/real_jvp.acsl: proved. Rounding is not bounded here.
 *   p              a problem that sc_problem_check accepts
 *   q, k, v        the tensors' buffers, decoded to fp32; every visible value is finite
 *   q_t, k_t, v_t  the tangents of Q, K and V, each in the layout of its tensor
 *   o_t            d_v values: the tangent of row i of (sequence b, head h) of O
 * What a row does not see is not used: masked keys and their tangents may hold anything. A row that sees
 * nothing has the tangent +0. */
/*@ requires tensors: sc_score_tensors(p, q, k) && sc_score_direction(p, q_t, k_t) &&
      sc_jvp_values(p, v, v_t);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires row: \valid(o_t + (0 .. p->d_v - 1));
    terminates \true;
    exits \false;
    assigns o_t[0 .. p->d_v - 1];
    ensures tangent: \forall integer c; 0 <= c < p->d_v ==>
      o_t[c] == sc_o_t(p, q, k, v, q_t, k_t, v_t, b, h, i, c); */
void sc_jvp_row_f64(const struct sc_problem *p, const float *q, const float *k, const float *v,
                    const float *q_t, const float *k_t, const float *v_t, int32_t b, int32_t h,
                    int32_t i, double *o_t);

#endif
