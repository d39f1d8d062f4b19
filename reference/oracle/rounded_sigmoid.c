/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/rounded_sigmoid.h"

#include "reference/mpfr_state.h"
#include "reference/oracle/fp64_sigmoid.h"
#include "reference/oracle/sigmoid_bound.h"

#include <math.h>
#include <mpfr.h>

#define FIRST_BITS 64 /* more where these do not decide, doubled each time */

/* One bound of sigma(s) at `precision` bits, rounded to fp32. */
static float bound(float s, mpfr_prec_t precision, mpfr_rnd_t toward)
{
    mpfr_t x, p, complement, exponential, denominator;

    mpfr_inits2(precision, x, p, complement, exponential, denominator, (mpfr_ptr)NULL);
    (void)mpfr_set_flt(x, s, MPFR_RNDN); /* exact */
    sc_sigmoid_bound(p, complement, exponential, denominator, x, toward);
    const float rounded = mpfr_get_flt(p, MPFR_RNDN);
    mpfr_clears(x, p, complement, exponential, denominator, (mpfr_ptr)NULL);
    return rounded;
}

/* Rounding is monotone: where both bounds round to one value, so does sigma(s). The loop ends, since
 * e^-s is transcendental for s != 0: sigma(s) is no fp32 value and not halfway between two. */
static float by_bounds(float s)
{
    struct sc_mpfr_state state;
    mpfr_prec_t precision = FIRST_BITS;
    float low, high;

    sc_mpfr_state_enter(&state);
    do {
        low = bound(s, precision, MPFR_RNDD);
        high = bound(s, precision, MPFR_RNDU);
        precision *= 2;
    } while (low < high);
    (void)sc_mpfr_state_leave(&state);
    return low;
}

float sc_rounded_sigmoid(float s)
{
    if (isnan(s)) {
        return NAN;
    }
    if (s == 0.0f) {
        return 0.5f;
    }
    if (s < -104.0f) {
        return 0.0f; /* sigma(s) < e^-104 < 2^-150, half of the least subnormal */
    }
    if (s > 18.0f) {
        return 1.0f; /* 1 - sigma(s) < e^-18 < 2^-25, half of the last place below 1 */
    }
    /* The relative error of `p` is that of e plus 2^-52: far below the 2^-40 on either side. */
    const double e = sc_fp64_exp(-fabs((double)s));
    const double p = (s < 0.0f ? e : 1.0) / (1.0 + e);
    const float low = (float)(p * (1.0 - 0x1p-40));
    const float high = (float)(p * (1.0 + 0x1p-40));

    return low == high ? low : by_bounds(s);
}
