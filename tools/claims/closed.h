/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_CLOSED_H
#define SC_TOOLS_CLAIMS_CLOSED_H

#include "tools/claims/found.h"

#include <arb.h>
#include <flint/flint.h>

/* Closed forms of norms of Jacobians, as balls: W_v = 1, scores a <x_i, x_j> + b with a = 1 unless said, t = a R^2. */

#define SC_CLOSED_PRECISION 192

/* sigma(u) = 1 / (1 + e^-u). */
void sc_closed_sigmoid(arb_t y, const arb_t u);

/* n sigma(t). */
void sc_closed_mass(arb_t y, const arb_t n, const arb_t t);

/* Sigmoid attention at n equal tokens of norm R with b = -log n: n s + 2 n s (1 - s) t, s = e^t / (e^t + n), and its
 * limit for n to infinity, e^t (1 + 2 t), from below [proofs/coq/limit.v]. */
void sc_closed_equal_tokens(arb_t y, const arb_t n, const arb_t t);
void sc_closed_equal_limit(arb_t y, const arb_t t);

/* Bounds over the ball of tokens up to norm R: of sigmoid attention with b = -log n, min(n, e^t) + 2 min(n / 4, e^t) t
 * [proofs/coq/ball.v]; of softmax attention, sqrt n + (1 + sqrt n) t [proofs/coq/softmax_ball.v]. */
void sc_closed_sigmoid_ball(arb_t y, const arb_t n, const arb_t t);
void sc_closed_softmax_ball(arb_t y, const arb_t n, const arb_t t);

/* Sigmoid attention, b = -log n, where n / k of n tokens are equal with squared norm k and the rest is 0: the norm is at
 * least n / k (s + 2 s (1 - s) k), s = e^k / (e^k + n) [proofs/coq/concentration.v]. */
void sc_closed_concentrated(arb_t y, const arb_t n, const arb_t k);

/* Softmax attention with a = -1 at one token -R and m tokens R: the norm is at least sqrt m (p + 2 t p (1 - p)), t = R^2,
 * p = 1 / (1 + m e^(-2 t)).
 *
 * Move the first token alone, by 1. Row i > 0 gives it the weight p and the others 1 - p in all; its score there moves
 * by -R, theirs do not. The output moves by p, by p (1 - p) (-R) of the first token's value -R, and by -p (1 - p) (-R)
 * of the others' value R: p + 2 p (1 - p) R^2 in each of m rows. With m = e^(2 t) it is e^t (1 + t) / 2. */
void sc_closed_softmax_pair(arb_t y, const arb_t m, const arb_t t);

/* Doubles below and above all of a ball. */
struct sc_found_range sc_closed_range(const arb_t x);

/* One of the forms above at numbers that are exact as doubles. */
typedef void sc_closed_form(arb_t y, const arb_t n, const arb_t t);
struct sc_found_range sc_closed_at(sc_closed_form *form, double n, double t);
struct sc_found_range sc_closed_limit_at(double t);

#endif
