/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_VERDICT_H
#define SC_REFERENCE_JUDGE_VERDICT_H

#include "reference/oracle/oracle.h"

/* What the enclosure and the bound say of one output element. */
enum sc_verdict {
    SC_VERDICT_PASS,      /* |out - exact| <= bound for every exact value of the enclosure */
    SC_VERDICT_FAIL,      /* |out - exact| > bound for every exact value of the enclosure */
    SC_VERDICT_UNDECIDED, /* the enclosure is too wide: raise the precision */
    SC_VERDICT_UNJUDGED   /* nothing is claimed: an undefined exact result, or no bound (+Inf) */
};

/* Least and largest possible |out - exact|, rounded outward; out is finite, the enclosure is. */
struct sc_enclosure sc_verdict_error(double out, struct sc_enclosure exact);

/* Judges one element.
 *   out    what was computed; a NaN or infinity fails where the exact result is finite and a bound is
 *          claimed
 *   exact  its enclosure, of class `class`. EMPTY must be bitwise +0
 *   bound  >= 0, +Inf for no claim */
enum sc_verdict sc_verdict_judge(double out, struct sc_enclosure exact, enum sc_oracle_class class,
                                 double bound);

#endif
