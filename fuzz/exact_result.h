/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_EXACT_RESULT_H
#define SC_FUZZ_EXACT_RESULT_H

#include "fuzz/generate.h"
#include "fuzz/result.h"

#include <stdbool.h>

/* Results that any arithmetic gives to the last bit. An element has one if
 *   - every score that it depends on is 0, or beyond +-SC_EXACT_RESULT_SATURATED by far, so that P is 1/2, 1 or 0; one that
 *     is 0 comes from sums that are exact in any order, a tau that is a power of two, and a bias and a mask bias
 *     that it cancels without a rounding;
 *   - the terms of its own sum, all multiples of one power of two x, have sizes that add up to 2^24 x at most: in fp32
 *     every partial sum is exact, in any order, aligned as a tensor core does or not. Where partial sums may be stored
 *     in 16 bits (of dK and dV of grouped heads they often are, in the format of the inputs) the limit is 2^8 x;
 *   - P and dS are numbers of every 16-bit format (of fp32 where the inputs are fp32), the result is a number of its
 *     format, and a result that is scaled has a tau that is a power of two.
 * What the tails of the sigmoid add to the exact result is below 2^-150, or below a half ulp of a result that is not
 * 0. Checked for every element from the inputs themselves: nothing is taken from the class of the case. */

/* e^-128 is 2.6e-56, and 2^-150 is 7e-46: 2^24 keys with |v| up to 2^9 do not reach it. */
#define SC_EXACT_RESULT_SATURATED 128.0
/* Largest |v| and |dO| beside which a saturated weight is 0 or 1. */
#define SC_EXACT_RESULT_VALUE_MAX 512.0
/* Multiplications that are spent on a case; a longer one has no exact results. */
#define SC_EXACT_RESULT_WORK_MAX (1LL << 31)

struct sc_exact_result {
    double *values
        [SC_RESULTS]; /* without gaps, as sc_result_row says; NaN: not exact. NULL: none of it is */
};

struct sc_exact_result_options {
    bool backward; /* gradients too */
    bool
        saturates; /* the kernel's activation gives exactly 0 and 1 there; if not, scores must be 0 */
    bool narrow;   /* partial sums of O and dQ may be stored in 16 bits */
};

/* The exact results of a case. SC_E_MEMORY. Then *exact holds nothing. */
enum sc_status sc_exact_result_create(const struct sc_case *c,
                                      const struct sc_exact_result_options *options,
                                      struct sc_exact_result *exact, struct sc_error *error);
void sc_exact_result_destroy(struct sc_exact_result *exact);

#endif
