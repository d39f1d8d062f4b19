/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_BOUND_H
#define SC_REFERENCE_JUDGE_BOUND_H

#include "reference/oracle/scores.h"
#include "spec/attention.h"

#include <stdint.h>

/* Rounding-error bound of one row of reference/forward.c, element by element: an implementation whose
 * arithmetic is the one described here has |o - exact| <= bound, always.
 *
 * The arithmetic. Every operation rounds to nearest: fl(x op y) = (x op y)(1 + r) + t, |r| <= u, with
 * |t| <= eta for products and quotients and t = 0 for sums. Dot products and sums run in any order,
 * with or without fused operations. The exponential has a relative error of at most 2u and an absolute
 * one of 2 eta where it underflows (1 ulp, reference/exp.h).
 *
 * The bound. T = sum_c |q_c k_c|, a = tau <q, k>, m = the ALiBi term, gamma_n = n u / (1 - n u).
 *   score       delta = tau (gamma_{d+1} T + 2 d eta), the dot product;
 *               + u (|a| + delta) + eta, times tau;
 *               + 3u |m| + eta, the slope times a distance that is rounded itself;
 *               + 2u (|a| + |b| + |m| + delta) (1 + u), two additions: charged at the absolute values,
 *               since a, b and m may cancel
 *   sigmoid     e = p (1 - p) (exp(delta) - 1) [sensitivity lemma], at most 1; exp(delta) - 1 <=
 *               delta + delta^2 for delta <= 1
 *               + 5u (p + e) + 4 eta, exponential, sum and quotient: each quantity in the chain has
 *               a relative error <= u but for the exponential's 2u
 *   value       B_c = sum_j e_j |v_jc| + gamma_{n+1} sum_j (p_j + e_j) |v_jc| + 2 n eta
 * over the visible keys. n is their number. The parts are functions of spec/bound.h. */
struct sc_bound_arithmetic {
    double u;       /* unit roundoff: 2^-53 or 2^-24 */
    double eta;     /* half the least subnormal, rounded up to a double */
    double largest; /* intermediate values must stay below this, or nothing is claimed */
};

/* The arithmetic of sc_forward_f64 and of sc_forward_f32. */
extern const struct sc_bound_arithmetic sc_bound_f64;
extern const struct sc_bound_arithmetic sc_bound_f32;

/* The bound of each channel of row (b, h), evaluated with outward rounding.
 *   scores  of that row, from sc_scores_row
 *   v       decoded V, in the problem's strides
 *   bound   receives d_v values; +Inf where nothing is claimed: an undefined input, or an intermediate
 *           value that may overflow */
void sc_bound_row(const struct sc_bound_arithmetic *arithmetic, const struct sc_problem *problem,
                  const struct sc_scores *scores, const float *v, int32_t b, int32_t h,
                  double *bound);

#endif
