/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/normal.h"

#include "spec/format_value.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define COUNT 65536

Test(normal, moments_are_those_of_a_normal_distribution)
{
    static uint16_t bits[COUNT];
    double mean = 0.0, square = 0.0, next = 0.0, last = 0.0;

    sc_normal_bf16(7, bits, COUNT);
    for (int n = 0; n < COUNT; n++) {
        const double x = sc_format_decode(SC_FORMAT_BF16, bits[n]);
        mean += x / COUNT;
        square += x * x / COUNT;
        next += x * last / COUNT;
        last = x;
    }
    /* Their deviations are 1, sqrt(1.6) (six uniforms have a kurtosis of 2.8) and 1 over 256: five of each. */
    cr_expect_lt(fabs(mean), 5.0 / 256, "%g", mean);
    cr_expect_lt(fabs(square - 1.0), 5.0 * 1.34 / 256, "%g", square);
    cr_expect_lt(fabs(next), 5.0 / 256, "%g", next);
}

Test(normal, a_function_of_seed_and_place)
{
    uint16_t one[64], longer[256], other[64];

    sc_normal_bf16(1, one, 64);
    sc_normal_bf16(1, longer, 256);
    sc_normal_bf16(2, other, 64);
    cr_expect_arr_eq(one, longer, sizeof one);
    cr_expect_neq(memcmp(one, other, sizeof one), 0);
    sc_normal_bf16(1 | (uint64_t)1 << 32, other, 64);
    cr_expect_neq(memcmp(one, other, sizeof one), 0);
    cr_expect_neq(memcmp(longer, longer + 64, sizeof one), 0);
}
