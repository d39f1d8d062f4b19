/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_UPWARD_H
#define SC_REFERENCE_JUDGE_UPWARD_H

#include "spec/format_value.h"

#include <math.h>

/* The neighbour above a number >= 0; +Inf stays. As nextafter does, without a call: their patterns are in their order. */
static inline double sc_upward_next(double x)
{
    return isinf(x) ? x : sc_format_from_bits(sc_format_to_bits(x + 0.0) + 1); /* -0 is +0 */
}

/* Sums and products of doubles that are never too small: the neighbour above the result rounded to
 * nearest is at least the exact one, underflow included. Operands are upper bounds of quantities >= 0,
 * possibly +Inf; NaN cannot arise, since 0 * Inf is defined as +Inf here. Round to nearest is required
 * (reference/oracle/environment.h checks it). */
static inline double sc_upward_add(double x, double y)
{
    return sc_upward_next(x + y);
}

static inline double sc_upward_multiply(double x, double y)
{
    if (isinf(x) || isinf(y)) {
        return HUGE_VAL;
    }
    if (x == 0.0 || y == 0.0) {
        return 0.0;
    }
    return sc_upward_next(x * y);
}

/* The same for the square root, which is correctly rounded; x >= 0, possibly +Inf. */
static inline double sc_upward_root(double x)
{
    return sc_upward_next(sqrt(x));
}

#endif
