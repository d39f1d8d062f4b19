/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_ROUNDED_H
#define SC_REFERENCE_CERTIFICATE_ROUNDED_H

#include "reference/certificate/interval.h"

#include <fenv.h>
#include <math.h>

/* A double beside a bound of its error: |exact - value| <= error. Round to nearest with subnormals is required
 * (sc_rounded_environment); what overflows has the error +Inf or NaN, and so has all that is made of it.
 *
 * u = 2^-53. A rounding errs by at most u |result|, or by 2^-1075 where it underflows. An error below is a sum of at most
 * four products of numbers >= 0, evaluated in at most seven roundings: enlarged by 2^-49 = 16 u it is no less than the
 * exact one up to the products' own underflow, four times 2^-1075, and that of the result; together less than 2^-1070. */
struct sc_rounded {
    double value, error;
};

#define SC_ROUNDED_U       0x1p-53
#define SC_ROUNDED_TINY    0x1p-1070
#define SC_ROUNDED_ENLARGE (1.0 + 0x1p-49)

static inline bool sc_rounded_environment(void)
{
    volatile double subnormal = 0x1p-1022;

    subnormal /= 4.0;
    return fegetround() == FE_TONEAREST && subnormal > 0.0 && subnormal * 4.0 == 0x1p-1022;
}

static inline struct sc_rounded sc_rounded_exact(double value)
{
    return (struct sc_rounded){value, 0.0};
}

/* a + b; exact where one is 0. */
static inline struct sc_rounded sc_rounded_add(struct sc_rounded a, struct sc_rounded b)
{
    const double value = a.value + b.value;
    const double error = (a.error + b.error) + SC_ROUNDED_U * fabs(value);

    if (b.value == 0.0 && b.error == 0.0) {
        return a;
    }
    if (a.value == 0.0 && a.error == 0.0) {
        return b;
    }
    return (struct sc_rounded){value, error * SC_ROUNDED_ENLARGE + SC_ROUNDED_TINY};
}

/* a b; exact where one is 0. */
static inline struct sc_rounded sc_rounded_multiply(struct sc_rounded a, struct sc_rounded b)
{
    const double value = a.value * b.value;
    const double error = (fabs(a.value) * b.error + a.error * (fabs(b.value) + b.error)) +
                         SC_ROUNDED_U * fabs(value);

    if ((a.value == 0.0 && a.error == 0.0) || (b.value == 0.0 && b.error == 0.0)) {
        return sc_rounded_exact(0.0);
    }
    return (struct sc_rounded){value, error * SC_ROUNDED_ENLARGE + SC_ROUNDED_TINY};
}

/* What an interval holds. */
static inline struct sc_rounded sc_rounded_interval(const struct sc_interval *x)
{
    const double value = mpfr_get_d(x->lo, MPFR_RNDN), low = mpfr_get_d(x->lo, MPFR_RNDD);
    const double high = mpfr_get_d(x->hi, MPFR_RNDU);

    if (low == high) {
        return sc_rounded_exact(value);
    }
    return (struct sc_rounded){value, fmax(high - value, value - low) * SC_ROUNDED_ENLARGE +
                                          SC_ROUNDED_TINY};
}

#endif
