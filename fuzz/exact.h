/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_EXACT_H
#define SC_FUZZ_EXACT_H

#include "fuzz/prepared.h"
#include "fuzz/recipe.h"

#include <stdint.h>

/* The class of values whose results are exact in any arithmetic that sums in fp32 or better, in any order.
 *
 * Q has one nonzero channel a row, +-2^4; K is +-2^4 / tau or 0; so tau <q, k> is 0 or +-256, a single term. With b of
 * 0 or +-256 a score is 0 or beyond +-256, and P is 1/2, 0 or 1: e^256 overflows fp32, and what the true value lacks,
 * below 2^-369, vanishes beside any number that fp32 holds. P (1 - P) is 1/4 or 0.
 *
 * V and dO are small integers. With F bits of significand in a format, n keys, R rows of all query heads of a key head:
 *
 *   V    column c is nonzero in the keys j = c modulo `spacing` alone, magnitude 1 to `magnitude`: its sum of |v| is at
 *        most ceil(n / spacing) magnitude =: C <= 2^(F_out - 1), so O, in units of 1/2, fits the output format
 *   dO   +-1 in one channel of every `skip`-th row, at most r rows a channel, and
 *        dP  one |v|: at most `magnitude` <= 2^F_in
 *        dQ  units tau 2^b / 4, sum of |dP| over the keys: at most C <= 2^F_in
 *        dK  units tau 2^a / 4, sum of |dP| over the rows: at most (nonzeros of a key) magnitude r <= 2^F_in
 *        dV  units 1/2: at most r <= 2^(F_in - 1)
 *        db  units 1/4: at most (rows with a nonzero) C <= 2^23
 *
 * and every partial sum is at most the sum of magnitudes. Formats of 24 bits count as 10 here. Scores, P, dP and dS are
 * exact in every format, too. */
struct sc_exact {
    int32_t magnitude; /* of V: 1 to this, never 0 where a key has its column */
    int32_t spacing;   /* keys of a column of V */
    int32_t skip;      /* rows of dO; 0: none at all */
    int32_t group;     /* query heads of a key head */
    int32_t k_exponent;
};
#define SC_EXACT_Q_EXPONENT 4

struct sc_exact sc_exact_of(const struct sc_recipe *recipe);

/* Whether a recipe can be of this class: tau a power of two in [2^-8, 4], no ALiBi, biases of 0 or +-256, no patches,
 * rows of V and dO and heads of dO that are not broadcast, and no rows that overlap in part.
 *   recipe  otherwise valid
 * SC_E_INPUT. */
enum sc_status sc_exact_check(const struct sc_recipe *recipe, struct sc_error *error);

/* How likely a wrong visible set goes unseen in O, over the seeds. */
struct sc_exact_miss {
    double
        one_key; /* one key too many or too few in a row: bound of no element of the row changing */
    double
        element; /* two keys or more: bound of an element that reads two of them being right by chance */
};
struct sc_exact_miss sc_exact_miss(const struct sc_recipe *recipe);

/* One element, from the random bits of its place.
 *   row, head  in the tensor; word: of the element; shared: of the row */
double sc_exact_value(const struct sc_exact *exact, const struct sc_extent *extent,
                      enum sc_tensor tensor, int32_t head, int32_t row, int32_t channel,
                      const uint32_t word[4], const uint32_t shared[4]);

#endif
