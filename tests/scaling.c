/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/scaling.h"

#include "reference/random.h"
#include "tools/claims/closed.h"

#include <criterion/criterion.h>
#include <math.h>

/* The stream that scaling.h describes, drawn here again. */
static double sum_of(int32_t keys, double (*weight)(double u, double n), double n)
{
    struct sc_random random = {7};
    double sum = 0.0;

    for (int32_t j = 0; j < keys; j++) {
        const double u = 2.0 * sc_random_unit(&random) - 1.0, v = 2.0 * sc_random_unit(&random);
        sum += weight(u, n) * v;
    }
    return sum;
}

static double sigmoid(double u, double n)
{
    return 1.0 / (1.0 + n * exp(-u));
}

static double root(double u, double n)
{
    return 1.0 / (1.0 + sqrt(n) * exp(-u));
}

static double mean(double u, double n)
{
    return exp(u) / n;
}

static double square(double u, double n)
{
    return exp(2.0 * u) / (n * n);
}

static void expect(const char *name, const arb_t found, double value)
{
    const struct sc_found_range range = sc_closed_range(found);

    cr_expect_float_eq(range.low, value, 1e-11 * value, "%s: %.17g, %.17g", name, range.low, value);
    cr_expect_float_eq(range.high, value, 1e-11 * value, "%s: %.17g", name, range.high);
}

Test(scaling, sums_and_limits_are_those_of_the_definition)
{
    static const int32_t lengths[] = {1, 2, 37, 500};
    arb_t sum, limit, radius;

    arb_init(sum);
    arb_init(limit);
    arb_init(radius);
    for (size_t k = 0; k < 4; k++) {
        const int32_t n = lengths[k];
        const struct sc_scaling_row plain = {n, 1, 1.0, n}, twice = {n, 2, 1.0, 3 * n};
        const struct sc_scaling_row half = {n, 1, 0.5, n};
        sc_scaling_sum(sum, &plain);
        expect("b = -log n", sum, sum_of(n, sigmoid, n));
        sc_scaling_sum(sum, &twice);
        expect("twice, b = -log 3 n", sum, 2.0 * sum_of(n, sigmoid, 3.0 * n));
        sc_scaling_sum(sum, &half);
        expect("b = -1/2 log n", sum, sum_of(n, root, n));
        sc_scaling_limit(limit, radius, n);
        expect("limit", limit, sum_of(n, mean, n));
        expect("radius", radius, sum_of(n, square, n));
    }
    arb_clear(sum);
    arb_clear(limit);
    arb_clear(radius);
}

Test(scaling, an_exponent_is_that_of_a_power)
{
    arb_t from, to;

    arb_init(from);
    arb_init(to);
    arb_set_d(from, 3.0);
    arb_set_d(to, 3.0 / 64.0);
    cr_expect_float_eq(sc_scaling_exponent(from, to, 16.0), -1.5, 1e-14);
    arb_clear(from);
    arb_clear(to);
}
