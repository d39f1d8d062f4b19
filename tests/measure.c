/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/measure.h"

#include "reference/regularity/jacobian.h"
#include "reference/regularity/spectral.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define SEEDS 200

/* The layer is 0 for all tokens, so that its derivative is. */
static void expect_zero(const struct layer_sample *s, const char *name, uint64_t seed)
{
    const struct sc_measure_options options = sc_measure_defaults();
    struct sc_measurement m;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_measure(&s->layer, s->x, &options, &m, &error), SC_OK, "%s", error.text);
    cr_expect_eq(m.low, 0.0, "%s, seed %d: %g", name, (int)seed, m.low);
    cr_expect_eq(m.high, 0.0, "%s, seed %d: %g", name, (int)seed, m.high);
    for (int32_t k = 0; k < SC_BOUNDS; k++) {
        cr_expect(m.bounds.layer[k] == 0.0 || isinf(m.bounds.layer[k]), "%s, seed %d: bound %d, %g",
                  name, (int)seed, k, m.bounds.layer[k]);
    }
    cr_expect_eq(sc_measurement_upper(&m), 0.0);
    sc_measurement_destroy(&m);
}

Test(measure, zero_weights_give_0_everywhere)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        layer_sample_make(&s, seed);
        memset(s.w_v, 0, sizeof s.w_v);
        memset(s.beta_v, 0, sizeof s.beta_v);
        expect_zero(&s, "W_v", seed);
        layer_sample_make(&s, seed);
        memset(s.w_o, 0, sizeof s.w_o);
        if (s.layer.w_o != NULL) {
            expect_zero(&s, "W_o", seed);
        }
    }
}

Test(measure, zero_values_with_a_bias_are_bounded_near_0)
{
    const struct sc_measure_options options = sc_measure_defaults();
    struct layer_sample s;
    struct sc_measurement m;

    layer_sample_plain(&s, 6);
    memset(s.w_v, 0, sizeof s.w_v);
    memset(s.w_q, 0, sizeof s.w_q);
    memset(s.w_k, 0, sizeof s.w_k);
    s.beta_v[0] = 1.0;
    s.layer.beta_v = s.beta_v;
    cr_assert_eq(sc_measure(&s.layer, s.x, &options, &m, NULL), SC_OK);
    cr_expect_eq(m.low, 0.0);
    cr_expect(m.high >= 0.0 && m.high < 1e-50, "%g", m.high);
    sc_measurement_destroy(&m);
}

Test(measure, a_token_that_is_not_finite_is_named)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    const struct sc_measure_options options = sc_measure_defaults();
    struct layer_sample s;
    struct sc_measurement m;
    struct sc_error error = {SC_OK, ""};

    layer_sample_plain(&s, 4);
    s.layer.tokens = 3;
    s.layer.width = 2;
    for (int32_t n = 0; n < 3; n++) {
        s.x[5] = bad[n];
        cr_expect_eq(sc_measure(&s.layer, s.x, &options, &m, &error), SC_E_INPUT);
        cr_expect_not_null(strstr(error.text, "channel 1 of token 2"), "%s", error.text);
        sc_measurement_destroy(&m);
    }
}

/* A layer whose numbers run out of range is refused, or what is said of it is still ordered. */
Test(measure, huge_and_tiny_values_give_no_false_bound)
{
    static const double sizes[] = {1e-300, 1e-160, 1e-80, 1e80, 1e160, 1e300};
    const struct sc_measure_options options = sc_measure_defaults();
    struct layer_sample s;
    int32_t measured = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_measurement m;
        struct sc_error error = {SC_OK, ""};
        layer_sample_make(&s, seed);
        double *const arrays[] = {s.x, s.w_q, s.w_v, s.w_k};
        double *const values = arrays[seed / 6 % 4];
        for (int32_t n = 0; n < LAYER_D_V * LAYER_WIDTH; n++) {
            values[n] *= sizes[seed % 6];
        }
        const enum sc_status status = sc_measure(&s.layer, s.x, &options, &m, &error);
        if (status == SC_OK) {
            measured++;
            cr_expect(m.low <= m.high && isfinite(m.low), "seed %d: [%g, %g]", (int)seed, m.low,
                      m.high);
            for (int32_t k = 0; k < SC_BOUNDS; k++) {
                cr_expect(m.low <= m.bounds.layer[k], "seed %d: bound %d: %g, %g", (int)seed, k,
                          m.bounds.layer[k], m.low);
            }
        } else {
            cr_expect(status == SC_E_UNAVAILABLE && error.text[0] != '\0', "seed %d: %s", (int)seed,
                      error.text);
        }
        sc_measurement_destroy(&m);
    }
    cr_expect(measured > SEEDS / 2, "%d", measured);
}

/* One token, q = 2^500, k = 2^-500 and v = 2^-600 by their biases: the score is 1 - 416, S about e^-415 = 2^-598.7, and
 * the derivative S v q W_k = 2^-598.7 2^-600 2^500 2^500 = 2^-198.7, in which S v underflows. */
Test(measure, factors_that_underflow_are_charged)
{
    double w_q[] = {0.0}, w_k[] = {0x1p500}, w_v[] = {0.0}, x[] = {0x1p-1000};
    const double beta_q[] = {0x1p500}, beta_v[] = {0x1p-600}, bias[] = {-416.0};
    const struct sc_layer layer = {.tokens = 1,
                                   .width = 1,
                                   .heads = 1,
                                   .d = 1,
                                   .d_v = 1,
                                   .scale = 1.0,
                                   .w_q = w_q,
                                   .w_k = w_k,
                                   .w_v = w_v,
                                   .beta_q = beta_q,
                                   .beta_v = beta_v,
                                   .bias = bias,
                                   .left = 1,
                                   .right = 1};
    const struct sc_measure_options options = sc_measure_defaults();
    struct sc_measurement m;

    cr_assert_eq(sc_measure(&layer, x, &options, &m, NULL), SC_OK);
    cr_expect_float_eq(log2(m.low), -198.72, 0.01, "2^%g", log2(m.low));
    cr_expect(m.high >= m.low, "%g, %g", m.low, m.high);
    for (int32_t k = 0; k < SC_BOUNDS; k++) {
        cr_expect(m.bounds.layer[k] >= m.low, "bound %d: %g, %g", k, m.low, m.bounds.layer[k]);
    }
    sc_measurement_destroy(&m);
}

Test(measure, a_norm_of_a_zero_row_without_epsilon_is_refused)
{
    const struct sc_measure_options options = sc_measure_defaults();
    struct layer_sample s;
    struct sc_measurement m;
    struct sc_error error = {SC_OK, ""};

    layer_sample_plain(&s, 4);
    s.layer.norm = SC_LAYER_RMS;
    memset(s.x, 0, sizeof s.x);
    cr_expect_eq(sc_measure(&s.layer, s.x, &options, &m, &error), SC_E_UNAVAILABLE);
    cr_expect_not_null(strstr(error.text, "not finite"), "%s", error.text);
    sc_measurement_destroy(&m);
}

/* One token, sigmoid, all of width 1: O = sigma(c w_q w_k x^2 + b) w_v x. */
Test(measure, one_token_is_a_function_of_one_variable)
{
    static const double w_q = 2.0, w_k = 3.0, w_v = -5.0, bias = 0.25, x = 0.5;
    const struct sc_measure_options options = sc_measure_defaults();
    const struct sc_layer layer = {.tokens = 1,
                                   .width = 1,
                                   .heads = 1,
                                   .d = 1,
                                   .d_v = 1,
                                   .scale = 0.5,
                                   .w_q = &w_q,
                                   .w_k = &w_k,
                                   .w_v = &w_v,
                                   .bias = &bias,
                                   .left = 1,
                                   .right = 1};
    const double p = 1.0 / (1.0 + exp(-0.5 * 6.0 * 0.25 - 0.25));
    const double derivative = 5.0 * p + 5.0 * x * p * (1.0 - p) * 0.5 * 6.0 * 2.0 * x;
    struct sc_measurement m;

    cr_assert_eq(sc_measure(&layer, &x, &options, &m, NULL), SC_OK);
    cr_expect_float_eq(m.low, derivative, 1e-14 * derivative, "%.17g, %.17g", m.low, derivative);
    cr_expect(m.high >= derivative * (1.0 - 1e-15) && m.high <= derivative * (1.0 + 1e-12));
    cr_expect_float_eq(m.share[0], 1.0, 1e-14);
    sc_measurement_destroy(&m);
}

Test(measure, the_norm_is_left_out_beyond_its_limits)
{
    struct sc_measure_options options = sc_measure_defaults();
    struct layer_sample s;
    struct sc_measurement m;

    layer_sample_plain(&s, 8);
    for (int32_t n = 0; n < 2; n++) {
        options.exact_max = n == 0 ? 0 : 4096;
        options.bytes_max = n == 0 ? 0x1p33 : 7.0;
        cr_assert_eq(sc_measure(&s.layer, s.x, &options, &m, NULL), SC_OK);
        cr_expect(isinf(m.high) && m.low > 0.0 && sc_measurement_upper(&m) >= m.low &&
                  isfinite(sc_measurement_upper(&m)));
        sc_measurement_destroy(&m);
    }
    options.bounds = false;
    cr_assert_eq(sc_measure(&s.layer, s.x, &options, &m, NULL), SC_OK);
    cr_expect(!m.bounded && isinf(sc_measurement_upper(&m)));
    sc_measurement_destroy(&m);
}

/* With all steps Lanczos has every singular value, and their squares sum to ||J||_F^2. */
Test(measure, spectrum_is_that_of_the_jacobian_when_it_is_asked_for)
{
    struct sc_measure_options options = sc_measure_defaults();
    struct layer_sample s;

    options.spectrum = true;
    options.bounds = false;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_measurement m;
        struct sc_jacobian j;
        struct sc_balls balls;
        struct sc_nearness near;
        double p[LAYER_HEADS * LAYER_TOKENS * LAYER_TOKENS], squares = 0.0;
        layer_sample_make(&s, seed);
        cr_assert_eq(sc_measure(&s.layer, s.x, &options, &m, NULL), SC_OK);
        cr_assert_eq(sc_balls_create(&s.layer, s.x, 1, &balls, NULL), SC_OK);
        cr_assert_eq(sc_balls_weights(&balls, p, &near, NULL), SC_OK);
        cr_assert_eq(sc_jacobian_create(&balls, p, &near, &j, NULL), SC_OK);
        const double whole = sc_spectral_frobenius(j.elements, j.outputs * j.inputs);
        for (int32_t n = 0; n < m.values; n++) {
            squares += m.spectrum[n] * m.spectrum[n];
            cr_expect(n == 0 || m.spectrum[n] <= m.spectrum[n - 1], "seed %d: not falling",
                      (int)seed);
        }
        cr_expect(fabs(sqrt(squares) - whole) <= 1e-9 * whole, "seed %d: %.17g of %.17g", (int)seed,
                  sqrt(squares), whole);
        cr_expect(m.spectrum[0] <= m.high * (1.0 + 1e-12), "seed %d", (int)seed);
        sc_jacobian_destroy(&j);
        sc_balls_destroy(&balls);
        sc_measurement_destroy(&m);
    }
}
