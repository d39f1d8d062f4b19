/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_UPWARD_H
#define SC_SPEC_UPWARD_H

#include "spec/share.h"
#include "spec/upward.acsl"

/* Sums and products of doubles that are never too small: the neighbour above the result rounded to
 * nearest is at least the exact one, underflow included. Operands are upper bounds of quantities >= 0,
 * possibly +Inf; NaN cannot arise, since 0 * Inf is defined as +Inf here. Round to nearest is required
 * (reference/oracle/environment.h checks it).
 *
 * Proofs take these contracts on trust (proofs/wp/trusted) and see no bodies: the neighbour is made of bits, and over
 * the reals, where nothing rounds, there would be nothing to prove. tests/upward.c holds them against exact errors. */

/* The neighbour above a number >= 0; +Inf stays. As nextafter does, without a call: their patterns are in their order. */
/*@ requires operand: 0 <= x;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: x <= \result; */
SC_SHARED double sc_upward_next(double x);

/*@ requires operands: 0 <= x && 0 <= y;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: x + y <= \result; */
SC_SHARED double sc_upward_add(double x, double y);

/*@ requires operands: 0 <= x && 0 <= y;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: x * y <= \result; */
SC_SHARED double sc_upward_multiply(double x, double y);

/* The same for the square root, which is correctly rounded; x >= 0, possibly +Inf. */
/*@ requires operand: 0 <= x;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: 0 <= \result && x <= \result * \result; */
SC_SHARED double sc_upward_root(double x);

/* +Inf: nothing is claimed. */
/*@ terminates \true;
    exits \false;
    assigns \nothing; */
SC_SHARED double sc_upward_none(void);

#ifndef __FRAMAC__

#include "spec/format_value.h"

#include <math.h>

SC_SHARED double sc_upward_next(double x)
{
    return isinf(x) ? x : sc_format_from_bits(sc_format_to_bits(x + 0.0) + 1); /* -0 is +0 */
}

SC_SHARED double sc_upward_add(double x, double y)
{
    return sc_upward_next(x + y);
}

SC_SHARED double sc_upward_multiply(double x, double y)
{
    if (isinf(x) || isinf(y)) {
        return HUGE_VAL;
    }
    if (x == 0.0 || y == 0.0) {
        return 0.0;
    }
    return sc_upward_next(x * y);
}

SC_SHARED double sc_upward_root(double x)
{
    return sc_upward_next(sqrt(x));
}

SC_SHARED double sc_upward_none(void)
{
    return HUGE_VAL;
}

#endif
#endif
