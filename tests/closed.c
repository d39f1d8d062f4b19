/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/closed.h"

#include "spec/mask.h"
#include "tests/definition_layer.h"

#include <criterion/criterion.h>
#include <math.h>

/* ||J t|| / ||t|| of one head of width 1, W_q = W_v = 1, W_k = a, by a difference quotient of the definition. */
static double amplified(enum sc_layer_kind kind, int32_t n, double a, double bias, const double *x,
                        const double *t)
{
    const double one = 1.0;
    const struct sc_layer layer = {.kind = kind,
                                   .tokens = n,
                                   .width = 1,
                                   .heads = 1,
                                   .d = 1,
                                   .d_v = 1,
                                   .scale = 1.0,
                                   .w_q = &one,
                                   .w_k = &a,
                                   .w_v = &one,
                                   .bias = &bias,
                                   .left = SC_MASK_UNBOUNDED,
                                   .right = SC_MASK_UNBOUNDED};
    mpfr_t *out = definition_numbers(n);
    double to = 0.0, from = 0.0;

    definition_derivative(&layer, x, t, DEFINITION_STEP, out);
    for (int32_t i = 0; i < n; i++) {
        const double moved = mpfr_get_d(out[i], MPFR_RNDN);
        to += moved * moved;
        from += t[i] * t[i];
    }
    definition_free(out, n);
    return sqrt(to / from);
}

/* The bias is -log n rounded, the sums above have n roundings. */
static void expect_near(const char *name, int32_t n, struct sc_found_range form, double value)
{
    cr_expect_leq(form.low, form.high, "%s, n %d", name, n);
    cr_expect(fabs(form.low - value) <= 1e-13 * value && fabs(form.high - value) <= 1e-13 * value,
              "%s, n %d: [%.17g, %.17g], by the definition %.17g", name, n, form.low, form.high,
              value);
}

#define TOKENS 24

Test(closed, equal_tokens_are_amplified_along_themselves_as_by_the_form)
{
    for (int32_t n = 1; n <= TOKENS; n += 5) {
        double x[TOKENS];
        for (int32_t i = 0; i < n; i++) {
            x[i] = 1.5;
        }
        expect_near("equal", n, sc_closed_at(sc_closed_equal_tokens, n, 2.25),
                    amplified(SC_LAYER_SIGMOID, n, 1.0, -log((double)n), x, x));
    }
}

/* k a square, so that its root is exact. The rows of the other tokens are moved by their share of the same sum. */
Test(closed, concentrated_tokens_are_amplified_at_least_as_by_the_form)
{
    static const int32_t folds[] = {1, 4};

    for (size_t f = 0; f < 2; f++) {
        const int32_t n = TOKENS, k = folds[f];
        double x[TOKENS] = {0.0};
        for (int32_t i = 0; i < n / k; i++) {
            x[i] = sqrt((double)k);
        }
        const struct sc_found_range form = sc_closed_at(sc_closed_concentrated, n, k);
        const double value = amplified(SC_LAYER_SIGMOID, n, 1.0, -log((double)n), x, x);
        cr_expect_leq(form.high, value * (1.0 + 1e-13), "k %d: %g above %g", k, form.high, value);
        /* the rest of the rows has weight 1 / (n + 1) and slope less: together less than a fifth here */
        cr_expect_geq(form.high, 0.8 * value, "k %d: %g, %g", k, form.high, value);
    }
}

Test(closed, one_token_against_the_others_is_amplified_by_softmax_as_by_the_form)
{
    for (int32_t m = 1; m < TOKENS; m += 4) {
        double x[TOKENS], t[TOKENS] = {1.0};
        for (int32_t i = 0; i <= m; i++) {
            x[i] = i == 0 ? -1.25 : 1.25;
        }
        const double whole = amplified(SC_LAYER_SOFTMAX, m + 1, -1.0, 0.0, x, t);
        const struct sc_found_range form = sc_closed_at(sc_closed_softmax_pair, m, 1.25 * 1.25);
        cr_expect_leq(form.high, whole * (1.0 + 1e-13), "m %d: %g above %g", m, form.high, whole);
        /* the first row is left out: it moves by at most what the value and its score do */
        cr_expect_geq(form.low * form.low + 4.0, whole * whole, "m %d: %g, %g", m, form.low, whole);
    }
}

/* Proved in proofs/coq/golden.v and counterexample.v by interval arithmetic. */
Test(closed, golden_values_of_coq_are_met)
{
    static const struct {
        double n, t, low, high;
    } rows[] = {{64, 1, 7.6101195, 7.6101196}, {16, 4, 34.80, 34.82},
                {64, 4, 156.6, 156.8},         {256, 6.25, 879.6, 879.8},
                {1024, 9, 2744.0, 2746.0},     {4096, 9, 19163.0, 19165.0}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_found_range form =
            sc_closed_at(sc_closed_equal_tokens, rows[r].n, rows[r].t);
        cr_expect(rows[r].low <= form.low && form.high <= rows[r].high, "n %g: [%.9g, %.9g]",
                  rows[r].n, form.low, form.high);
    }
}

Test(closed, bounds_on_the_ball_are_those_of_the_theorems)
{
    static const double lengths[] = {1.0, 16.0, 256.0, 65536.0}, squares[] = {0.25, 1.0, 4.0, 9.0};

    for (size_t k = 0; k < 16; k++) {
        const double n = lengths[k / 4], t = squares[k % 4], e = exp(t);
        const double sigmoid = fmin(n, e) + 2.0 * fmin(n / 4.0, e) * t;
        const double softmax = sqrt(n) + (1.0 + sqrt(n)) * t;
        const struct sc_found_range one = sc_closed_at(sc_closed_sigmoid_ball, n, t);
        const struct sc_found_range two = sc_closed_at(sc_closed_softmax_ball, n, t);
        cr_expect_float_eq(one.high, sigmoid, 1e-14 * sigmoid, "n %g t %g: %g", n, t, one.high);
        cr_expect_float_eq(two.high, softmax, 1e-14 * softmax, "n %g t %g: %g", n, t, two.high);
        cr_expect_float_eq(sc_closed_limit_at(t).low, e * (1.0 + 2.0 * t),
                           1e-14 * e * (1.0 + 2.0 * t));
        cr_expect_float_eq(sc_closed_at(sc_closed_mass, n, t).low, n / (1.0 + 1.0 / e), 1e-14 * n);
    }
}

Test(closed, a_range_holds_the_ball)
{
    arb_t x;
    mag_t radius;

    arb_init(x);
    mag_init(radius);
    arb_set_d(x, 1.0);
    mag_set_ui_2exp_si(radius, 1, -70); /* far below an ulp of 1 */
    arb_add_error_mag(x, radius);
    const struct sc_found_range range = sc_closed_range(x);
    cr_expect_eq(range.low, nextafter(1.0, 0.0));
    cr_expect_eq(range.high, nextafter(1.0, 2.0));
    arb_clear(x);
    mag_clear(radius);
}
