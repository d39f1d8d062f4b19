/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_KERNEL_BOUND_H
#define SC_REFERENCE_JUDGE_KERNEL_BOUND_H

#include "reference/oracle/tier.h"
#include "reference/status.h"
#include "spec/attention.h"
#include "spec/schedule.h"

#include <stdint.h>

/* Rounding-error bounds of a kernel's O, dQ, dK, dV and db, element by element: a kernel that keeps the
 * declared arithmetic has |out - exact| <= bound, always.
 *
 * The arithmetic is that of spec/schedule.h but for the activation, of which only its error is known.
 * The order of the terms of a sum does not matter to the bound; which of them share a step or a part
 * does.
 *
 * Every formula is an instance of a theorem of proofs/coq/rounding_forward.v or rounding_backward.v,
 * named in brackets. u = 2^-24, t = 2^-150, and rounded(u, t, x, e) = e + u (x + e) + t
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
 * What certainly rounds to zero as P' or dS' makes no product, and errs by its size. */

/* The error of an activation: |activation(s) - sigma(s)| <= relative sigma(s) + absolute for every
 * finite fp32 score s, `relative` being that of the first row with |s| < below. Rows ascend. */
#define SC_ACTIVATION_ROWS 6
struct sc_activation_error {
    struct {
        double below, relative;
    } rows[SC_ACTIVATION_ROWS];
    double absolute;
};

/* kernels/activation.h, accurate, on an H100: measured over all scores, 8.9e-7, 1.5e-6 and 2.8e-6 in the
 * last three rows; for small scores the limits below are less, and an H100 keeps them. */
extern const struct sc_activation_error sc_activation_h100;

/* The same function with special functions anywhere within kernels/primitives/special.h: derived. Let
 * t = -s log2 e, exact, |t| in [X / 2, X), which is |s| < X ln 2 for powers of two X; E = 2^t and
 * p = 1 / (1 + E).
 *   t      computed: off by h <= X 2^-25 + X 2^-48, half an ulp and the errors of the constants and of
 *          the product with the low one (and 2^-149)
 *   2^t    relative error 1.46e-7; with that of t, x <= h ln 2 + 1.461e-7
 *   1 + E  (1 - p) x <= x, and u <= 5.97e-8 for the sum
 *   1 / .  2.14e-7
 * together X 2^-25 ln 2 (1 + 2^-20) + 1.461e-7 + 2.74e-7, with second orders, which are below 2e-11.
 * It is flushed to 0 where 1 + E, off by a relative 4e-6 at most, is above 2^126: p < 1.2e-38. */
extern const struct sc_activation_error sc_activation_limits;

struct sc_kernel_arithmetic {
    struct sc_schedule schedule; /* its activation is not called, and may be NULL */
    const struct sc_activation_error *activation;
};

/* Of one element, before its output is rounded. */
struct sc_kernel_bound {
    double error; /* >= |kernel - exact|; +Inf where nothing is claimed; 0 if nothing is summed */
    double size;  /* >= |exact| */
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
 * judged (+Inf) where the exact result and its error may reach the largest finite value. */
double sc_kernel_bound_at(const struct sc_kernel_bound *bound, enum sc_format format, double out);

#endif
