/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_SHIFT_H
#define SC_TOOLS_CLAIMS_SHIFT_H

#include "tools/claims/found.h"

#include <arb.h>
#include <flint/flint.h>
#include <stdbool.h>
#include <stdint.h>

/* The attention part of the universal approximation theorem: the selective shift, and the contextual mapping made of it.
 *
 *   Psi(x; b, b')_i = sum of the x_k > b' if b < x_i < b', else 0
 *                   = 1/2 [F(b, b') - F(b', b') + F(b, M) - F(b', M)]_i,
 *   F(q, k)_i = sum_m H((x_i - q) (x_m - k)) x_m,
 *
 * H the step function, M below all tokens, no token at b, b' or M: four heads of size 1. With x_i in (b, b') the heads
 * give the tokens above b', those below it, all and nothing; with x_i below b the first two cancel and the others are
 * nothing; above b' the first two and the last two cancel. */

#define SC_SHIFT_TOKENS 8

/* Psi by four hard heads, of integers: tokens 2 x, so that thresholds can be odd.
 *   x, psi  n <= SC_SHIFT_TOKENS values
 *   b < b2  odd, below or above any token by 1 at least */
void sc_shift_heads(const int64_t *x, int32_t n, int64_t b, int64_t b2, int64_t *psi);

/* The same by its definition. */
void sc_shift_definition(const int64_t *x, int32_t n, int64_t b, int64_t b2, int64_t *psi);

/* An integer for each token that no other token of these, and no token of any other set of n, has; tokens in another
 * order have theirs in that order. For i from the largest token down, y_i = x_i + c sum of the y above it, by the shift;
 * then id_i = y_i + C sum_k y_k, by one head more. sum_k y_k = sum_k x_(k) (1 + c)^(n - k), x_(1) the largest, is a number
 * of base 1 + c with the tokens for digits; c and C are larger than all tokens and all y.
 *   x      n distinct tokens in [1, levels)
 *   heads  whether Psi is taken from four heads, or from its definition
 * Exact: for n <= 4 and levels <= 8 all numbers are below 2^40. */
void sc_shift_ids(const int64_t *x, int32_t n, int32_t levels, bool heads, int64_t *ids);

/* The largest error of Psi where the step is sigma(lambda t + bias), over tokens x / 10 in fixed order and all pairs of
 * thresholds between them: bounds of the error from above and below.
 *   x     n tokens in units of 1/10, in [0, 5]
 *   bias  0, or -log n */
struct sc_found_range sc_shift_error(const int32_t *x, int32_t n, int64_t lambda, bool bias);

#endif
