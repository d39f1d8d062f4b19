/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/shift.h"

#include <criterion/criterion.h>
#include <math.h>

#define N 4

/* sum of the x_k > b2 if b < x_i < b2, of tokens in any order. */
static int64_t definition(const int64_t *x, int32_t i, int64_t b, int64_t b2)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < N; k++) {
        if (b < x[i] && x[i] < b2 && x[k] > b2) {
            sum += x[k];
        }
    }
    return sum;
}

Test(shift, four_heads_are_the_selective_shift_for_all_small_tokens)
{
    for (int32_t code = 0; code < 6 * 6 * 6 * 6; code++) {
        const int64_t x[N] = {2 * (code % 6), 2 * (code / 6 % 6), 2 * (code / 36 % 6),
                              2 * (code / 216)};
        for (int64_t b = -1; b <= 9; b += 2) {
            for (int64_t b2 = b + 2; b2 <= 11; b2 += 2) {
                int64_t heads[N], plain[N];
                sc_shift_heads(x, N, b, b2, heads);
                sc_shift_definition(x, N, b, b2, plain);
                for (int32_t i = 0; i < N; i++) {
                    cr_assert_eq(heads[i], definition(x, i, b, b2), "code %d, token %d", code, i);
                    cr_assert_eq(plain[i], definition(x, i, b, b2), "code %d, token %d", code, i);
                }
            }
        }
    }
}

/* y of the tokens 2 < 5 in units of 1/2, c = 6: 10 and 4 + 6 10; C = 2 6 7^2. */
Test(shift, ids_are_the_numbers_that_the_comment_defines)
{
    const int64_t x[2] = {2, 5};
    int64_t ids[2];

    for (int32_t heads = 0; heads < 2; heads++) {
        sc_shift_ids(x, 2, 6, heads != 0, ids);
        cr_expect_eq(ids[1], 10 + 588 * (10 + 64), "%d", (int)ids[1]);
        cr_expect_eq(ids[0], 64 + 588 * (10 + 64), "%d", (int)ids[0]);
    }
}

/* Psi of one token of two by hand: x = (1/10, 3/10), b = 1/20, b' = 3/20: 3/10 for the first and 0 for the second. */
Test(shift, the_error_of_soft_steps_is_that_of_the_formula)
{
    static const int32_t x[2] = {1, 3};
    const double lambda = 1000.0, values[2] = {0.1, 0.3};
    double worst = 0.0;

    for (int32_t b = -1; b <= 11; b += 2) {
        for (int32_t b2 = b + 2; b2 <= 11; b2 += 2) {
            for (int32_t i = 0; i < 2; i++) {
                const double at[4][2] = {{b, b2}, {b2, b2}, {b, -1}, {b2, -1}};
                double sum = 0.0;
                for (int32_t h = 0; h < 4; h++) {
                    for (int32_t m = 0; m < 2; m++) {
                        const double t = (values[i] - at[h][0] / 20) * (values[m] - at[h][1] / 20);
                        sum += (h % 2 == 0 ? 0.5 : -0.5) * values[m] / (1.0 + exp(-lambda * t));
                    }
                }
                for (int32_t k = 0; k < 2; k++) {
                    sum -= b < 2 * x[i] && 2 * x[i] < b2 && 2 * x[k] > b2 ? values[k] : 0.0;
                }
                worst = fmax(worst, fabs(sum));
            }
        }
    }
    const struct sc_found_range found = sc_shift_error(x, 2, 1000, false);
    cr_expect_float_eq(found.low, worst, 1e-13, "%.17g, %.17g", found.low, worst);
    cr_expect_float_eq(found.high, worst, 1e-13, "%.17g, %.17g", found.high, worst);
    cr_expect_gt(sc_shift_error(x, 2, 1000, true).low, found.high);
    cr_expect(sc_shift_error(x, 2, 100000, false).high < 1e-100);
}
