/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/upward.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <float.h>

Test(upward, the_neighbour_above_is_that_of_the_c_library)
{
    static const double rows[] = {0.0,     0x1p-1074, 0x1.8p-1073, 0x1.fffffffffffffp-1023,
                                  DBL_MIN, 0.1,       1.0,         0x1.fffffffffffffp0,
                                  2.0,     0x1p1000,  DBL_MAX,     HUGE_VAL};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        cr_expect_eq(sc_upward_next(rows[r]), nextafter(rows[r], HUGE_VAL), "%a: %a", rows[r],
                     sc_upward_next(rows[r]));
    }
    cr_expect_eq(sc_upward_next(-0.0), 0x1p-1074, "-0 is 0: %a", sc_upward_next(-0.0));
}

/* r r - x has the sign of its fused evaluation, rounded once. */
Test(upward, a_root_is_above_and_within_two_neighbours)
{
    static const double rows[] = {0x1p-1000, 0.1, 1.0, 0x1.fffffffffffffp0,
                                  2.0,       3.0, 9.0, 0x1p1000};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const double root = sc_upward_root(rows[r]);
        const double below = nextafter(nextafter(root, 0.0), 0.0);
        cr_expect(fma(root, root, -rows[r]) > 0.0, "%a: %a", rows[r], root);
        cr_expect(fma(below, below, -rows[r]) < 0.0, "%a: %a", rows[r], root);
    }
    cr_expect_eq(sc_upward_root(HUGE_VAL), HUGE_VAL);
}

/* Operands of every size; what a sum or a product was rounded by is exact. */
Test(upward, sums_and_products_are_never_below_the_exact_ones)
{
    struct sc_random random = {7};

    for (int n = 0; n < 100000; n++) {
        const double x = ldexp(1.0 + sc_random_unit(&random), sc_random_int(&random, -400, 400));
        const double y = ldexp(1.0 + sc_random_unit(&random), sc_random_int(&random, -400, 400));
        const double larger = fmax(x, y), smaller = fmin(x, y), sum = x + y;
        const double lost = smaller - (sum - larger);
        const double product = sc_upward_multiply(x, y);
        cr_assert(lost <= sc_upward_add(x, y) - sum, "%a + %a: %a", x, y, sc_upward_add(x, y));
        cr_assert(fma(x, y, -product) <= 0.0, "%a * %a: %a", x, y, product);
    }
    cr_expect_eq(sc_upward_multiply(0x1p-1000, 0x1p-1000), 0x1p-1074);
    cr_expect_eq(sc_upward_multiply(0.0, HUGE_VAL), HUGE_VAL);
    cr_expect_eq(sc_upward_add(0x1p1023, 0x1p1023), HUGE_VAL);
    cr_expect(sc_upward_add(1.0, 0x1p-1074) > 1.0);
}
