/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_KERNEL_BOUND_H
#define SC_REFERENCE_JUDGE_KERNEL_BOUND_H

#include "reference/judge/activation.h"
#include "reference/oracle/tier.h"
#include "reference/status.h"
#include "spec/arithmetic.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* Rounding-error bounds of a kernel's O, dQ, dK, dV and db, element by element: a kernel that keeps the
 * declared arithmetic (spec/arithmetic.h) has |out - exact| <= bound, always.
 *
 * Every formula of the first part is an instance of a theorem of proofs/coq/rounding_forward.v or
 * rounding_backward.v, named in brackets. u = 2^-24, t = 2^-150, and rounded(u, t, x, e) = e + u (x + e) + t
 * [after_rounding], the error e of something of size x after one more rounding.
 *   sums      H = sum of |x| |y|; on a tensor core, of max(|x|, f) max(|y|, f) over the products that
 *             are not zero, f the least normal number of the format. m is the number of steps with
 *             such a product, kappa = (1 + alpha)^m - 1. A step errs by alpha = 5/2^23 and
 *             omega = 5/2^149 [tensor_core_step, _constants, _accumulation]; SC_CORE_FMA: alpha = u,
 *             omega = t [fused_accumulation_nearest]. Error from init:
 *             kappa (|init| + H) + (1 + kappa) m omega. Parts that are added in fp32: (1 + alpha)^m
 *             of the longest, times 1 + u for each addition [accumulator_merge, accumulated_error]
 *   score     delta = tau (error of the sum) [scaled_accumulator], then rounded(u, t, size, delta) for
 *             each rounding, size being that of its exact result: |a|, |a + b| or |a + b + m|,
 *             a = tau <q, k> [result_rounded]. t = 0 for the sum (tau a) + b, which is exact where it
 *             is subnormal. Preloaded: + |tau init - b| [one_more_step]. A distance beyond 2^24:
 *             + u |m| [operand_rounded]
 *   weight    e = min(1, p (1 - p) (exp(delta) - 1)), then rounded(relative, absolute, p, e), the errors
 *             of the activation, the relative one at |s| + delta [weight_bound]; P': e' =
 *             rounded(u_P, eta_P, p, e), or e in fp32 [stored_bound]
 *   gradient  D the error of the sum dP; e_g = rounded(u, t, g, e |1 - 2p| + e^2), g = p (1 - p)
 *             [fused_spread]; e_S = rounded(u, t, |dS|, g D + e_g |dP| + e_g D), then as P'
 *             [score_gradient_bound]
 *   O, dV     sum e' |x| and the error of the sum, its H with p + e' for p' [forward_bound,
 *             gradient_v_bound]
 *   dQ, dK    rounded(u, t, tau sum |dS| |x|, tau (the same with |dS|, e_S)) [gradient_q_bound,
 *             gradient_k_bound]
 *   db        of dS as it is in fp32, e_S being without the rounding to dS': sum e_S + kappa sum (|dS| + e_S),
 *             kappa = (1 + u)^additions - 1 [gradient_b_bound with u_p, eta_p, floor_w, omega, partials and
 *             half_ulp 0; each addition is an accumulator_merge with t = 0: accumulated_error]
 *   output    half an ulp of its format at the output, at least half the least subnormal; 0 in fp32
 * What certainly rounds to zero as P' or dS' makes no product, and errs by its size.
 *
 * What a kernel leaves open (spec/arithmetic.h), derived here. K is the number of products that are not zero.
 *   any order      a path of the tree of steps and additions to the result: each step on it has a product that is
 *                  not zero, and each addition brings in another sum that has one, or the init; else it is
 *                  exact. So steps and additions are at most K, one more with an init that is not zero: m is that
 *                  number, alpha >= u. SC_CORE_FMA: the same with leaves for steps, a rounding each
 *   tiled          a tile has q = ceil(tile / terms) steps. s consecutive indices meet at most
 *                  floor(s / tile) + 2 tiles: all but two lie within. m = min(K, q (floor(s / tile) + 2)), s from
 *                  the first to the last product that is not zero; where runs of tiles begin anew, at a border of
 *                  parts or at a head, 2 for each run. Channels: one tile
 *   parts          of unknown borders, at most r <= K of them are not zero: m as if there were one part, r - 1
 *                  additions, r - 1 more steps in the number that omega is taken for (a border cuts a step)
 *   stored parts   in a 16-bit format X: with S = sum of |exact product| and E the error before, without additions,
 *                  E' = E + u_X (S + E) + r eta_X, since the parts are together at most S + E; then
 *                  E' + ((1 + u)^(r - 1) - 1) (S + E'). eta_X / tau for dQ and dK if tau < 1, since the
 *                  product with tau may come first; that one then underflows r times, not once, and is part of
 *                  sums: 2 r t for t
 *   heads          parts, one for each query head of the group
 *   products       for p (1 - p) dP: (1 + u)^2 - 1 for u in e_g; 2 t for t in e_S, since of p dP (1 - p) two
 *                  products underflow, and the first one is not multiplied by dP any more
 *   flush          f = 2^-126 for t and for the 0 of (tau a) + b: a result of fp32 is rounded, or is less than f and
 *                  becomes 0. An operand: + tau f for a and for a preloaded init, + f for b and + |m| for a slope
 *                  if they are subnormal; + f for dP. SC_CORE_FMA: omega = f; a product with a subnormal
 *                  factor is lost, and errs by its size, which no multiple of f bounds; P' and dS': eta = f but in
 *                  fp16. n additions that join sums: 2 n + 1 times f. 2 f for each pair in db. An output: + f. Nothing
 *                  is claimed if tau is subnormal
 *   truncation     2 u_X and 2 eta_X; an output: an ulp */

/* Of one element, before its output is rounded. */
struct sc_kernel_bound {
    double error;  /* >= |kernel - exact|; +Inf where nothing is claimed; 0 if nothing is summed */
    double size;   /* >= sum of |exact term|, so >= |exact| */
    bool truncate; /* the output may be rounded toward zero */
};

/* Row i of (sequence b, query head h), evaluated with outward rounding.
 *   problem  one that sc_problem_check accepts
 *   values   decoded, in the problem's strides; NaN and infinity are allowed
 *   o, d_q   receive d_v and d bounds; NULL: not wanted. d_q needs d_o
 * Nothing is claimed where a visible input that the element depends on (reference/oracle/special.h) is
 * not finite, where dO is not in the input format, or where fp32 might overflow on the way, or dS' in its
 * format. SC_E_MEMORY. SC_E_UNAVAILABLE: another rounding mode or flush-to-zero is set. Then nothing is
 * written. */
enum sc_status sc_kernel_bound_row(const struct sc_kernel_arithmetic *arithmetic,
                                   const struct sc_problem *problem,
                                   const struct sc_oracle_values *values, int32_t b, int32_t h,
                                   int32_t i, struct sc_kernel_bound *o,
                                   struct sc_kernel_bound *d_q, struct sc_error *error);

/* Key j of (sequence b, key head g): d bounds of d_k, d_v of d_v; NULL: not wanted. Needs d_o. */
enum sc_status sc_kernel_bound_key(const struct sc_kernel_arithmetic *arithmetic,
                                   const struct sc_problem *problem,
                                   const struct sc_oracle_values *values, int32_t b, int32_t g,
                                   int32_t j, struct sc_kernel_bound *d_k,
                                   struct sc_kernel_bound *d_v, struct sc_error *error);

/* db of (sequence b, query head h): the sum of dS, before it is rounded to format_p, over the visible pairs, as a
 * tree of fp32 additions in any order. Needs d_o.
 *   additions  >= 0: no term goes through more of them. One with an exact 0, as of a hidden pair, is exact and does
 *              not count; one that is fused with the product dS does. Nothing is claimed beyond 2^24. */
enum sc_status sc_kernel_bound_bias(const struct sc_kernel_arithmetic *arithmetic,
                                    const struct sc_problem *problem,
                                    const struct sc_oracle_values *values, int32_t b, int32_t h,
                                    int32_t additions, struct sc_kernel_bound *d_b,
                                    struct sc_error *error);

/* The bound of an element whose output is `out`: with the output rounding.
 *   format  of the output: format_out for O, fp32 for db, format_in for the other gradients
 * A finite output is judged wherever something is claimed. One that is not finite fails, but is not
 * judged (+Inf) where the exact result and its error may reach the largest finite value; nor is that value then, where
 * outputs may be rounded toward zero. */
double sc_kernel_bound_at(const struct sc_kernel_bound *bound, enum sc_format format, double out);

/* How much the bound says: sc_kernel_bound_at over one unit roundoff of `format` times the sum of the sizes of the
 * terms. Below 1 the format alone is as bad; weak where it is far above. 0 if nothing is summed. */
double sc_kernel_bound_strength(const struct sc_kernel_bound *bound, enum sc_format format,
                                double out);

#endif
