/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_ACTIVATION_H
#define SC_REFERENCE_JUDGE_ACTIVATION_H

#include "spec/arithmetic.h"

/* Errors of activations that kernels use. */

/* kernels/activation.h, accurate, on an H100: measured over all scores, 8.9e-7, 1.5e-6 and 2.811e-6 in the
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

/* rcp(1 + ex2(-s log2 e)) with one rounded product and log2 e rounded to fp32: what __expf and a reciprocal are.
 * The same derivation, but t is off by h <= X 2^-25 + X 1.336e-8 (and 2^-149): 0x1.715476p+0 is log2 e but
 * for a relative 1.336e-8. Together X ln 2 (2^-25 + 1.336e-8) + 1.461e-7 + 2.74e-7. From |t| = 128 on, p is 0 or 1
 * and off by less than 2^-126. */
extern const struct sc_activation_error sc_activation_one_term;

/* The same on an H100, measured at 2^24 points of [-20, 20]; derived beyond 20. */
extern const struct sc_activation_error sc_activation_one_term_h100;

/* 1/2 + 1/2 tanh.approx(s / 2) on an H100, measured at 2^24 points of [-20, 20]. Beyond 20 it is taken to be
 * within [0, 2^-25] or [1 - 2^-25, 1], the values next to saturation. */
extern const struct sc_activation_error sc_activation_tanh_h100;

#endif
