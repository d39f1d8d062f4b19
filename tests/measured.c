/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/measured.h"

#include <criterion/criterion.h>
#include <math.h>

/* The same in binary64: tanh to within an ulp of it, then one rounding to fp32 of tanh, and none of the sum, which is a
 * multiple of 2^-25 below 1. */
Test(measured, the_form_with_a_rounded_tanh_errs_as_in_binary64)
{
    for (int32_t n = 2; n <= 1 << 20; n *= 2) {
        const double s = (float)-log((double)n), exact = 1.0 / (1.0 + exp(-s));
        const double p = (float)(0.5 + 0.5 * (double)(float)tanh(0.5 * s));
        const double expected = fabs(p - exact) / exact;
        cr_expect_float_eq(sc_measured_rounded_tanh(n), expected, 1e-9, "n %d: %.9g, %.9g", n,
                           sc_measured_rounded_tanh(n), expected);
    }
}
