/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/worst.h"

#include "reference/regularity/around.h"
#include "reference/regularity/worst_starts.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const double minus_one = -1.0;

static struct sc_worst search(const struct sc_layer *layer, double radius, int32_t starts,
                              struct sc_worst_bounds *bounds)
{
    const struct sc_ascent_set set = {SC_MOVES_EACH, NULL, radius};
    struct sc_worst_options options = sc_worst_defaults();
    struct sc_worst worst;
    struct sc_error error = {SC_OK, ""};

    options.starts = starts;
    options.ascent.steps = 8;
    cr_assert_eq(sc_worst_bound(layer, radius, bounds, &error), SC_OK, "%s", error.text);
    cr_assert_eq(sc_worst_search(layer, radius, bounds->high, &options, &worst, &error), SC_OK,
                 "%s", error.text);
    cr_expect(sc_ascent_inside(layer, &set, worst.x));
    cr_expect(worst.low <= bounds->high, "%.17g above %.17g", worst.low, bounds->high);
    return worst;
}

/* n (sigma(s + b) + 2 s sigma'(s + b)), n = 64, s = 1: proofs/coq/golden.v encloses both values. */
Test(worst, equal_tokens_are_found_where_they_are_the_worst)
{
    static const struct {
        double bias, norm;
        bool attained; /* the largest slope is at the largest score */
    } rows[] = {{0.0, 71.954076481171, false}, {-4.1588830833596715, 7.610119532, true}};

    for (int32_t n = 0; n < 2; n++) {
        const double p = 1.0 / (1.0 + exp(-1.0 - rows[n].bias));
        const double norm = 64.0 * (p + 2.0 * p * (1.0 - p));
        const struct sc_layer layer = layer_sample_scalar(SC_LAYER_SIGMOID, 64, &rows[n].bias);
        struct sc_worst_bounds bounds;
        struct sc_worst worst = search(&layer, 1.0, 2, &bounds);
        cr_expect_float_eq(norm, rows[n].norm, 2e-8, "%.17g", norm);
        cr_expect(worst.low <= norm * (1.0 + 1e-15) && worst.low >= norm * (1.0 - 1e-12),
                  "b = %g: %.17g, expected %.17g", rows[n].bias, worst.low, norm);
        cr_expect(bounds.high >= norm * (1.0 - 1e-15));
        cr_expect((bounds.high <= norm * (1.0 + 1e-8)) == rows[n].attained, "b = %g: %.17g",
                  rows[n].bias, bounds.high);
        sc_worst_destroy(&worst);
    }
}

/* W_v = A = I, b = -log n: equal tokens of norm R give n s + 2 n s (1 - s) t, t = R^2, s = e^t / (e^t + n), above what all
 * of softmax's ball is bounded by. proofs/coq/counterexample.v has the first. */
Test(worst, sigmoid_is_worse_than_the_bound_of_softmax_at_fixed_lengths)
{
    static const struct {
        int32_t n;
        double radius, sigmoid, softmax; /* to the decimals given */
        bool search;
    } rows[] = {{16, 2.0, 34.81, 24.0, true},
                {64, 2.0, 156.659, 44.0, true},
                {256, 2.5, 879.657, 122.25, true},
                {1024, 3.0, 2745.0, 329.0, false},
                {4096, 3.0, 19163.989, 649.0, false}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const double n = rows[r].n, t = rows[r].radius * rows[r].radius, bias = -log(n);
        const double p = exp(t) / (exp(t) + n), equal = n * p + 2.0 * n * p * (1.0 - p) * t;
        const struct sc_layer softmax = layer_sample_scalar(SC_LAYER_SOFTMAX, rows[r].n, &bias);
        const struct sc_layer sigmoid = layer_sample_scalar(SC_LAYER_SIGMOID, rows[r].n, &bias);
        struct sc_worst_bounds bounds;
        double s = 0.0;
        cr_expect_float_eq(equal, rows[r].sigmoid, rows[r].n == 1024 ? 0.5 : 5e-3, "n = %d: %.6f",
                           rows[r].n, equal);
        cr_expect(n * sc_worst_equal(t, bias, &s) >= equal * (1.0 - 1e-15) && s <= t);
        cr_assert_eq(sc_worst_bound(&softmax, rows[r].radius, &bounds, NULL), SC_OK);
        cr_expect(bounds.high >= rows[r].softmax * (1.0 - 1e-15) &&
                      bounds.high <= rows[r].softmax * (1.0 + 1e-9),
                  "n = %d: %.17g", rows[r].n, bounds.high);
        if (rows[r].search) {
            struct sc_worst worst = search(&sigmoid, rows[r].radius, 0, &bounds);
            cr_expect(worst.low >= equal * (1.0 - 1e-12), "n = %d: %.17g, expected %.17g",
                      rows[r].n, worst.low, equal);
            cr_expect(bounds.high <= 2.0 * worst.low, "n = %d: %g, %g", rows[r].n, worst.low,
                      bounds.high);
            sc_worst_destroy(&worst);
        }
    }
}

/* A = -1, R = 3: tokens (-R, R, R, ...) have about sqrt(n - 1), from 1.000 times on. */
Test(worst, softmax_grows_like_the_root_of_the_tokens)
{
    static const double bias = 0.0;

    for (int32_t n = 4; n <= 64; n *= 4) {
        struct sc_layer layer = layer_sample_scalar(SC_LAYER_SOFTMAX, n, &bias);
        struct sc_worst_bounds bounds;
        layer.w_q = &minus_one;
        struct sc_worst worst = search(&layer, 3.0, 0, &bounds);
        cr_expect(worst.low >= 0.9995 * sqrt(n - 1.0), "n = %d: %g, %s", n, worst.low, worst.start);
        sc_worst_destroy(&worst);
    }
}

Test(worst, the_limit_is_that_of_equal_tokens)
{
    for (int32_t k = 0; k < 4; k++) {
        const double t = 0.5 * k * k, n = 16777216.0, bias = -log(n);
        const double p = 1.0 / (1.0 + exp(-t - bias));
        const struct sc_layer layer = layer_sample_scalar(SC_LAYER_SIGMOID, 16777216, &bias);
        struct sc_worst_bounds bounds;
        cr_assert_eq(sc_worst_bound(&layer, sqrt(t), &bounds, NULL), SC_OK);
        cr_expect_float_eq(bounds.limit, n * (p + 2.0 * t * p * (1.0 - p)), 1e-3 * bounds.limit,
                           "t = %g: %g", t, bounds.limit);
        cr_expect_float_eq(bounds.high, bounds.limit, 1e-3 * bounds.limit, "t = %g: %g, %g", t,
                           bounds.high, bounds.limit);
    }
}

/* f(s) = sigma(s + b) + 2 s sigma'(s + b) over a fine grid. */
Test(worst, the_best_equal_tokens_need_not_be_the_longest)
{
    static const double biases[] = {-8.0, -2.0, 0.0, 1.0};

    for (int32_t n = 0; n < 4; n++) {
        double largest = 0.0, s = 0.0;
        for (int32_t k = 0; k <= 1000000; k++) {
            const double at = 20.0 * k / 1000000.0, p = 1.0 / (1.0 + exp(-at - biases[n]));
            largest = fmax(largest, p + 2.0 * at * p * (1.0 - p));
        }
        cr_expect_float_eq(sc_worst_equal(20.0, biases[n], &s), largest, 1e-9 * largest, "b = %g",
                           biases[n]);
        cr_expect(s < 19.0, "b = %g: %g", biases[n], s);
    }
}

/* Bounds around X = 0 where each token moves by R are bounds of the ball, derived another way; the theorem is the same. */
static void expect_below_around(const struct layer_sample *s, double radius, double low,
                                const struct sc_worst_bounds *bounds, uint64_t seed)
{
    double p[LAYER_HEADS * LAYER_TOKENS * LAYER_TOKENS], zero[LAYER_IN] = {0.0};
    struct sc_around around = {.radius = radius, .set = SC_MOVES_EACH};
    struct sc_balls balls;
    struct sc_nearness near;

    cr_assert_eq(sc_balls_create(&s->layer, zero, 1, &balls, NULL), SC_OK);
    cr_assert_eq(sc_balls_weights(&balls, p, &near, NULL), SC_OK);
    cr_assert_eq(sc_around_compute(&balls, zero, p, &near, &around, 1, NULL), SC_OK);
    for (int32_t k = 0; k < SC_BOUNDS; k++) {
        cr_expect(low <= around.layer[k], "seed %d, bound %d: %g, found %g", (int)seed, k,
                  around.layer[k], low);
    }
    cr_expect(isinf(bounds->high) == isinf(around.layer[SC_BOUND_T]), "seed %d", (int)seed);
    if (s->layer.slopes == NULL && isfinite(bounds->high)) {
        cr_expect(around.layer[SC_BOUND_T] <= bounds->high * (1.0 + 1e-8) &&
                      around.layer[SC_BOUND_T] >= bounds->high * (1.0 - 1e-8),
                  "seed %d: %.17g, around 0 %.17g", (int)seed, bounds->high,
                  around.layer[SC_BOUND_T]);
    }
    sc_balls_destroy(&balls);
}

Test(worst, nothing_is_found_above_the_bound_in_layers_of_every_kind, .timeout = 600)
{
    static const double radii[] = {0.0, 0.3, 1.0, 3.0};
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 300; seed++) {
        const double radius = radii[seed / 2 % 4];
        struct sc_worst_bounds bounds;
        if (seed % 3 == 0) {
            layer_sample_make(&s, seed);
        } else {
            layer_sample_plain(&s, seed);
        }
        struct sc_worst worst = search(&s.layer, radius, 2, &bounds);
        expect_below_around(&s, radius, worst.low, &bounds, seed);
        sc_worst_destroy(&worst);
    }
}

/* ALiBi of either sign, with scores that are all 0: the slope is taken at the best bias b + m_ij. */
Test(worst, slopes_shift_the_scores)
{
    static const double bias = -2.0, slopes[] = {0.5, -0.5};

    for (int32_t k = 0; k < 2; k++) {
        struct sc_layer layer = layer_sample_scalar(SC_LAYER_SIGMOID, 8, &bias);
        struct sc_worst_bounds bounds;
        layer.slopes = &slopes[k];
        cr_assert_eq(sc_worst_bound(&layer, 0.0, &bounds, NULL), SC_OK);
        const double expected = 8.0 / (1.0 + exp(k == 0 ? 2.0 : -1.5));
        cr_expect(bounds.high >= expected * (1.0 - 1e-14) && bounds.high <= expected * (1.0 + 1e-9),
                  "%g, expected %g", bounds.high, expected);
    }
}

Test(worst, what_has_no_bound_or_no_radius_is_said)
{
    static const double bad[] = {-1.0, NAN, INFINITY};
    struct layer_sample s;
    struct sc_worst_bounds bounds;
    struct sc_worst worst;
    const struct sc_worst_options options = sc_worst_defaults();

    layer_sample_plain(&s, 4);
    for (int32_t n = 0; n < 3; n++) {
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_worst_bound(&s.layer, bad[n], &bounds, &error), SC_E_INPUT);
        cr_expect_not_null(strstr(error.text, "radius"));
        cr_expect_eq(sc_worst_search(&s.layer, bad[n], 1.0, &options, &worst, &error), SC_E_INPUT);
        sc_worst_destroy(&worst);
    }
    s.layer.beta_q = s.beta_q;
    cr_assert_eq(sc_worst_bound(&s.layer, 1.0, &bounds, NULL), SC_OK);
    cr_expect(isinf(bounds.high) && isinf(bounds.quoted));
}
