/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_FINITE_H
#define SC_FUZZ_FINITE_H

#include "fuzz/outcome.h"
#include "fuzz/prepared.h"
#include "fuzz/standing.h"

#include <stdbool.h>

/* Results that are finite in any arithmetic of a case's formats, of a kernel of which nothing else is known.
 *
 * An element is claimed if its case is of an ordinary class (normal, one-hot, sparse, zero Q, subnormal), everything that
 * it sees is finite, and no number on the way to it can overflow, however and in whatever order it is computed. The
 * numbers on the way have sizes, sums of |terms|, over the visible pairs of the element alone:
 *   score     x = |tau <q, k>| + |b| + |slope| (n_q + n_k), of which |<q, k>| is at most A = sum |q| |k|. With tau before or
 *             after the product, and b in its sum from the start, as b / tau: max(1, tau) A + max(1, 1 / tau) (|b| + |slope|
 *             (n_q + n_k)); a distance is less than n_q + n_k, and so is each of the two terms that it may be made of. And
 *             max(1, tau) times |q| and |k|: tau may come before the product, also with a channel that is 0
 *   O         sum |v|, p being at most 1
 *   dP        D = sum |dO| |v|, times max(1, tau); |dS| <= D, p (1 - p) being at most 1
 *   dQ, dK    max(1, tau) sum D |k|, of dK with |q|, over the rows of all heads of the group
 *   dV, db    sum |dO|, sum D
 * With the coarsest unit roundoff u and the smallest largest number M of the two formats, where everything may be stored
 * in either, any sum of n terms in any order is at most (1 + u)^n times its size, also if its terms err by u [each of
 * at most n additions rounds once]. At most d terms are in a score, d_v in a dP and m in the last sum, m its visible
 * pairs; each factor of these is rounded as a term is. A further factor of SC_FINITE_MARGIN is for products with log2 e,
 * sums that are formed of complements (1 - p, 1 + tanh) and sizes that are themselves rounded. So an element is claimed if
 *   SC_FINITE_MARGIN exp(2 u (d + d_v + m)) size <= M, for the largest of the sizes above.
 * A NaN comes from an infinity, from 0 / 0 or of a negative number where none is: of the formula there is none. A
 * quotient of two overflows, as of exp(s) / (1 + exp(s)), is the kernel's own. */
#define SC_FINITE_MARGIN 16.0

/* Whether an element is claimed.
 *   element  result, b, head, index and channel of one that exists; one that sees nothing is not claimed here: it is +0 */
bool sc_finite_claimed(const struct sc_prepared *prepared, const struct sc_element *element);

/* Looks at the results of a call.
 *   element  receives the first that is claimed and is NaN or infinite
 *   any      receives whether an element of O is claimed at all, of those that were looked at
 * False: there is none. */
bool sc_finite_broken(const struct sc_prepared *prepared, const struct sc_outcome *outcome,
                      struct sc_element *element, bool *any);

#endif
