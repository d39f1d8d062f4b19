/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/bounds.h"

#include "reference/regularity/measure.h"
#include "spec/mask.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct sc_measurement measure(const struct sc_layer *layer, const double *x)
{
    struct sc_measure_options options = sc_measure_defaults();
    struct sc_measurement m;
    struct sc_error error = {SC_OK, ""};

    options.steps_max = 100;
    cr_assert_eq(sc_measure(layer, x, &options, &m, &error), SC_OK, "%s", error.text);
    return m;
}

static const double minus_one = -1.0;

/* n (sigma(s + b) + 2 s sigma'(s + b)), s = 1, n = 64, is the norm at equal tokens; Theorem 3.2 is attained.
 * proofs/coq/golden.v encloses both values. */
Test(bounds, theorem_3_2_is_attained_at_equal_tokens)
{
    static const struct {
        double bias, norm;
    } rows[] = {{0.0, 71.954076481171}, {-4.1588830833596715, 7.610119532}};
    double x[64];

    for (int32_t i = 0; i < 64; i++) {
        x[i] = 1.0;
    }
    for (int32_t n = 0; n < 2; n++) {
        const double p = 1.0 / (1.0 + exp(-1.0 - rows[n].bias));
        const double norm = 64.0 * (p + 2.0 * p * (1.0 - p));
        const struct sc_layer layer = layer_sample_scalar(SC_LAYER_SIGMOID, 64, &rows[n].bias);
        struct sc_measurement m = measure(&layer, x);
        cr_expect_float_eq(norm, rows[n].norm, 2e-8, "%.17g", norm);
        cr_expect(m.low <= norm * (1.0 + 1e-15) && m.low >= norm * (1.0 - 1e-12), "%.17g, %.17g",
                  m.low, norm);
        cr_expect(m.high >= norm * (1.0 - 1e-15) && m.high <= norm * (1.0 + 3e-7), "%.17g, %.17g",
                  m.high, norm);
        for (int32_t k = 0; k < SC_BOUNDS; k++) {
            cr_expect(m.bounds.layer[k] >= norm * (1.0 - 1e-15) &&
                          m.bounds.layer[k] <= norm * (1.0 + 1e-5),
                      "b = %g, bound %d: %.17g, expected %.17g", rows[n].bias, k, m.bounds.layer[k],
                      norm);
        }
        sc_measurement_destroy(&m);
    }
}

/* W_q = -1, tokens -R, R, ..., R: the norm is about sqrt(n - 1). */
Test(bounds, softmax_norm_grows_like_the_root_of_the_tokens)
{
    static const double bias = 0.0;
    static const int32_t lengths[] = {4, 16, 64, 128};
    double x[128];

    for (int32_t i = 0; i < 128; i++) {
        x[i] = i == 0 ? -3.0 : 3.0;
    }
    for (int32_t k = 0; k < 4; k++) {
        const double expected = sqrt(lengths[k] - 1.0);
        struct sc_layer layer = layer_sample_scalar(SC_LAYER_SOFTMAX, lengths[k], &bias);
        layer.w_q = &minus_one;
        struct sc_measurement m = measure(&layer, x);
        cr_expect(m.low > 0.999 * expected && m.high < 1.002 * expected, "n = %d: [%g, %g], %g",
                  lengths[k], m.low, m.high, expected);
        cr_expect(m.bounds.best != SC_BOUND_T, "Castin's bound is quoted only");
        sc_measurement_destroy(&m);
    }
}

/* lower bound <= norm from above, and each bound is at least the lower bound. */
static void expect_order(uint64_t seed, const struct sc_measurement *m)
{
    cr_expect(m->low <= m->high, "seed %d: [%.17g, %.17g]", (int)seed, m->low, m->high);
    cr_expect(m->high <= m->low * (1.0 + 1e-6) + 1e-12, "seed %d: [%.17g, %.17g]", (int)seed,
              m->low, m->high);
    for (int32_t k = 0; k < SC_BOUNDS; k++) {
        cr_expect(m->bounds.layer[k] >= m->low, "seed %d: bound %d is %.17g, below %.17g",
                  (int)seed, k, m->bounds.layer[k], m->low);
    }
    cr_expect(sc_measurement_upper(m) >= m->low, "seed %d", (int)seed);
}

Test(bounds, every_bound_holds_for_layers_of_every_kind)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 3000; seed++) {
        layer_sample_make(&s, seed);
        struct sc_measurement m = measure(&s.layer, s.x);
        expect_order(seed, &m);
        cr_expect(s.layer.kind == SC_LAYER_SOFTMAX || isfinite(m.bounds.layer[SC_BOUND_T]));
        cr_expect(isfinite(m.bounds.layer[SC_BOUND_B2]) && isfinite(m.bounds.layer[SC_BOUND_B3]));
        sc_measurement_destroy(&m);
    }
}

/* B3 <= B2 <= B1 <= Theorem 3.2 for sigmoid without biases, up to the excesses of certified norms. */
Test(bounds, sigmoid_bounds_are_ordered)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 1000; seed += 2) {
        layer_sample_plain(&s, seed);
        struct sc_measurement m = measure(&s.layer, s.x);
        expect_order(seed, &m);
        for (int32_t k = SC_BOUND_B1; k < SC_BOUNDS; k++) {
            cr_expect(m.bounds.layer[k] <= m.bounds.layer[k - 1] * (1.0 + 1e-5),
                      "seed %d: bound %d is %.17g, above %.17g", (int)seed, k, m.bounds.layer[k],
                      m.bounds.layer[k - 1]);
        }
        cr_expect(m.bounds.layer[m.bounds.best] <= m.bounds.layer[SC_BOUND_T]);
        sc_measurement_destroy(&m);
    }
}

/* X = 0 with biases of Q, K and V: Theorem 3.2 in X says ||W_v|| n max P, the P term alone, which is false. */
Test(bounds, biases_need_the_affine_form)
{
    static const double beta[] = {1.5, -1.0}, bias = 0.0;
    static const double eye[] = {1.0, 0.0, 0.0, 1.0}, x[8] = {0.0};
    const struct sc_layer layer = {.kind = SC_LAYER_SIGMOID,
                                   .tokens = 4,
                                   .width = 2,
                                   .heads = 1,
                                   .d = 2,
                                   .d_v = 2,
                                   .scale = 0.5,
                                   .w_q = eye,
                                   .w_k = eye,
                                   .w_v = eye,
                                   .beta_q = beta,
                                   .beta_k = beta,
                                   .beta_v = beta,
                                   .bias = &bias,
                                   .left = SC_MASK_UNBOUNDED,
                                   .right = SC_MASK_UNBOUNDED};
    struct sc_measurement m = measure(&layer, x);
    /* score 0.5 (1.5^2 + 1) for all pairs */
    const double in_x = 4.0 / (1.0 + exp(-1.625));

    cr_expect(m.low > 1.2 * in_x, "%g, %g: the theorem in X would hold here", m.low, in_x);
    cr_expect(m.bounds.affine);
    expect_order(0, &m);
    sc_measurement_destroy(&m);
}

/* Weights off by up to `absolute`: the bounds are of the exact ones. */
Test(bounds, errors_of_the_weights_are_charged)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 300; seed++) {
        layer_sample_make(&s, seed);
        const int32_t count = s.layer.heads * s.layer.tokens * s.layer.tokens;
        double p[LAYER_HEADS * LAYER_TOKENS * LAYER_TOKENS];
        struct sc_measurement m = measure(&s.layer, s.x);
        struct sc_balls balls;
        struct sc_nearness near;
        struct sc_bounds bounds;
        cr_assert_eq(sc_balls_create(&s.layer, s.x, 1, &balls, NULL), SC_OK);
        cr_assert_eq(sc_balls_weights(&balls, p, &near, NULL), SC_OK);
        for (int32_t n = 0; n < count; n++) {
            p[n] = fmax(p[n] - 0.2, 0.0);
        }
        near.absolute = 0.2;
        cr_assert_eq(sc_bounds_compute(&balls, s.x, p, &near, &bounds, NULL), SC_OK);
        for (int32_t k = SC_BOUND_T; k < SC_BOUNDS; k++) {
            cr_expect(bounds.layer[k] >= m.low, "seed %d: bound %d is %g, below %g", (int)seed, k,
                      bounds.layer[k], m.low);
        }
        sc_balls_destroy(&balls);
        sc_measurement_destroy(&m);
    }
}

Test(bounds, names_say_whose_theorem_it_is)
{
    cr_expect_str_eq(sc_bound_name(SC_BOUND_T, SC_LAYER_SIGMOID), "theorem 3.2");
    cr_expect_str_eq(sc_bound_name(SC_BOUND_T, SC_LAYER_SOFTMAX), "Castin et al. 3.3");
    cr_expect_str_eq(sc_bound_name(SC_BOUND_B3, SC_LAYER_SOFTMAX), "B3");
}
