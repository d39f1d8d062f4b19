/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_float.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static float from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static double value(struct sc_fixed_float x)
{
    return (x.negative ? -1 : 1) * ldexp(x.significand, x.exponent + SC_FIXED_FLOAT_UNIT);
}

/* Every sign and exponent field with 4099 significands each, the first and the last among them. */
Test(fixed_float, parts_give_the_value)
{
    for (uint32_t head = 0; head < 512; head++) {
        if (head % 256 == 255) {
            continue;
        }
        for (uint32_t n = 0; n < 4099; n++) {
            const uint32_t fraction = n == 4098 ? 0x7fffff : n * 2047 % 0x800000;
            const float x = from_bits(head << 23 | fraction);
            const struct sc_fixed_float parts = sc_fixed_float_decode(x);
            cr_assert(value(parts) == (double)x && parts.negative == (signbit(x) != 0), "%a",
                      (double)x);
            cr_assert(parts.significand < 1u << 24 && parts.exponent >= 0 &&
                          parts.exponent <= SC_FIXED_FLOAT_EXPONENT_MAX,
                      "%a: %u, %d", (double)x, parts.significand, parts.exponent);
        }
    }
}

Test(fixed_float, no_number_gives_an_exponent_one_too_large)
{
    cr_expect_eq(sc_fixed_float_decode(INFINITY).exponent, SC_FIXED_FLOAT_EXPONENT_MAX + 1);
    cr_expect_eq(sc_fixed_float_decode(NAN).exponent, SC_FIXED_FLOAT_EXPONENT_MAX + 1);
}
