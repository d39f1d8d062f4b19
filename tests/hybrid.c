/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/hybrid.h"

#include <criterion/criterion.h>
#include <math.h>

/* o = 1/2 (n, (n + 1) / 2) before the norm. */
Test(hybrid, outputs_have_the_norm_of_their_sum)
{
    for (int32_t n = 1; n <= 100; n += 9) {
        const double expected = 0.5 * sqrt((double)n * n + 0.25 * (n + 1.0) * (n + 1.0));
        const struct sc_found_range raw = sc_hybrid_output(n, false),
                                    one = sc_hybrid_output(n, true);
        cr_expect_float_eq(raw.low, expected, 1e-14 * expected, "n %d: %.17g", n, raw.low);
        cr_expect(one.low <= sqrt(2.0) * (1.0 + 0x1p-52) &&
                  one.high >= sqrt(2.0) * (1.0 - 0x1p-52));
    }
}

/* N(o) = sqrt 2 o / ||o||: o = (x, y), y = 2^-e / 2, moved by 1/2 along x from x = 0, is sqrt 2 (1/2) / y in each of two
 * rows: 2^(e + 1) in all. */
Test(hybrid, the_slope_is_that_of_a_turning_vector)
{
    for (int32_t e = 0; e <= 60; e += 5) {
        const struct sc_found_range slope = sc_hybrid_slope(e);
        const double expected = ldexp(1.0, e + 1);
        cr_expect(slope.low <= expected && expected <= slope.high, "e %d: [%.17g, %.17g]", e,
                  slope.low, slope.high);
        cr_expect_float_eq(slope.low, slope.high, 1e-14 * expected);
    }
}
