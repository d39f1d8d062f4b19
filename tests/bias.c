/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/bias.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <math.h>

#define ROWS 200000
#define N    8

/* Two standard normal numbers, Box and Muller. */
static void normals(struct sc_random *random, double z[2])
{
    const double r = sqrt(-2.0 * log(1.0 - sc_random_unit(random)));
    const double angle = 2.0 * acos(-1.0) * sc_random_unit(random);

    z[0] = r * cos(angle);
    z[1] = r * sin(angle);
}

/* Sums of P^2 over a row, over many rows: mean and the deviation of that mean. */
struct sampled {
    double mean, deviation;
};

static struct sampled sample(double spread, double bias, bool softmax)
{
    struct sc_random random = {9};
    double sum = 0.0, squares = 0.0;

    for (int32_t row = 0; row < ROWS; row++) {
        double e[N], total = 0.0, value = 0.0;
        for (int32_t j = 0; j < N; j += 2) {
            normals(&random, e + j);
        }
        for (int32_t j = 0; j < N; j++) {
            e[j] = exp(spread * e[j]);
            total += e[j];
        }
        for (int32_t j = 0; j < N; j++) {
            const double p = softmax ? e[j] / total : 1.0 / (1.0 + exp(-bias) / e[j]);
            value += p * p;
        }
        sum += value;
        squares += value * value;
    }
    const double mean = sum / ROWS;
    return (struct sampled){mean, sqrt((squares / ROWS - mean * mean) / ROWS)};
}

static void expect(const char *name, double spread, double value, struct sampled x)
{
    cr_expect(fabs(value - x.mean) < 5.0 * x.deviation, "%s, spread %g: %.9g, sampled %.9g +- %.2g",
              name, spread, value, x.mean, x.deviation);
}

Test(bias, quadrature_is_what_sampling_finds)
{
    static const double spreads[] = {0.25, 1.0, 2.0};

    for (size_t k = 0; k < 3; k++) {
        const double s = spreads[k];
        expect("softmax", s, sc_bias_softmax_square(N, s), sample(s, 0.0, true));
        expect("sigmoid", s, sc_bias_sigmoid_square(N, s, -1.5), sample(s, -1.5, false));
    }
}

/* No spread: all weights are 1/n, and b solves sigma(b) = 1/n. */
Test(bias, equal_logits_have_the_bias_in_closed_form)
{
    for (double n = 2.0; n <= 65536.0; n *= 4.0) {
        cr_expect_float_eq(sc_bias_softmax_square(n, 1e-6), 1.0 / n, 1e-10 / n, "n %g", n);
        cr_expect_float_eq(sc_bias_matching(n, 1e-6), -log(n - 1.0), 1e-8, "n %g: %.12g", n,
                           sc_bias_matching(n, 1e-6));
    }
}
