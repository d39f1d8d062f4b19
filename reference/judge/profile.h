/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_PROFILE_H
#define SC_REFERENCE_JUDGE_PROFILE_H

#include "reference/oracle/oracle.h"
#include "spec/format.h"

#include <stdbool.h>
#include <stdint.h>

/* How far an output is from the exact result, without a verdict on accuracy: that needs an arithmetic
 * model (reference/judge/bound.h). Every error is the largest that the enclosure allows. */

#define SC_PROFILE_WORST   5
#define SC_PROFILE_DECADES 20 /* of |exact|: below 1e-15, then one a decade, up to 1e3 and above */

struct sc_profile_element {
    struct sc_oracle_element at;
    double out;
    struct sc_enclosure exact;
    struct sc_oracle_source source; /* of the enclosure */
    double error_ulp;               /* in units in the last place of the output format at |exact| */
};

struct sc_profile_decade {
    int64_t count;
    double sum_ulp, max_ulp;
};

struct sc_profile {
    enum sc_format format;
    int64_t elements; /* all that were examined */
    int64_t measured; /* with a finite output and a defined exact result */
    int64_t
        undefined; /* the exact result is not a real number: a visible input is NaN or infinite */
    int64_t nan, inf; /* outputs, where the exact result is defined */
    int64_t overflow; /* of these infinities, those that rounding allows: |exact| is at the limit */
    int64_t not_zero; /* elements of rows that see no key and are not +0 */
    double max_ulp, sum_ulp;
    double max_relative, sum_relative; /* |out - exact| / |exact|, where exact is not 0 */
    int64_t relatives;
    double error_squared, exact_squared;               /* sums, for the norm-wise error */
    double max_error, max_exact;                       /* |out - exact|, |exact| */
    struct sc_profile_element worst[SC_PROFILE_WORST]; /* by error_ulp, worst first */
    struct sc_profile_decade decades[SC_PROFILE_DECADES];
};

/* An empty profile of an output in `format`. */
void sc_profile_begin(struct sc_profile *profile, enum sc_format format);

/* Adds an element, whose enclosure comes from `source`. */
void sc_profile_add(struct sc_profile *profile, const struct sc_oracle_element *at, double out,
                    struct sc_enclosure exact, enum sc_oracle_class class,
                    const struct sc_oracle_source *source);

/* Whether the enclosure of a real number says enough of an output: whether an infinity is an overflow
 * that rounding allows, or else the error to within `part` of itself or of a unit in the last place of
 * `format`, whichever is more. */
bool sc_profile_measured(enum sc_format format, double out, struct sc_enclosure exact, double part);

/* Elements that are wrong in every arithmetic: NaN, an infinity that rounding does not allow, or a
 * value other than +0 in a row that sees nothing. */
int64_t sc_profile_wrong(const struct sc_profile *profile);

/* Largest power of ten below decade x: its elements have 10^low <= |exact| < 10^(low + 1), but for the
 * first and last decade, which are open. */
int32_t sc_profile_decade_low(int32_t x);

#endif
