/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/balls.h"

#include "reference/regularity/point.h"
#include "reference/regularity/spectral.h"
#include "tests/definition_layer.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>

#define TRIALS  400
#define WEIGHTS (LAYER_HEADS * LAYER_TOKENS * LAYER_TOKENS)

/* A sample's balls and weights; the caller destroys the balls. */
static void create(const struct layer_sample *s, struct sc_balls *balls, double *p,
                   struct sc_nearness *near)
{
    cr_assert_eq(sc_balls_create(&s->layer, s->x, 1, balls, NULL), SC_OK);
    cr_assert_eq(sc_balls_weights(balls, p, near, NULL), SC_OK);
}

Test(balls, weights_contain_those_of_the_definition)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        layer_sample_make(&s, seed);
        const struct sc_layer *l = &s.layer;
        const int64_t count = (int64_t)l->heads * l->tokens * l->tokens;
        mpfr_t *x = definition_numbers(sc_layer_inputs(l)), *p = definition_numbers(count);
        mpfr_t *out = definition_numbers(sc_layer_outputs(l));
        double weights[WEIGHTS];
        struct sc_balls balls;
        struct sc_nearness near;
        create(&s, &balls, weights, &near);
        for (int64_t k = 0; k < sc_layer_inputs(l); k++) {
            mpfr_set_d(x[k], s.x[k], MPFR_RNDN);
        }
        definition_layer(l, (const mpfr_t *)x, out, p);
        cr_expect(near.absolute < 1e-30 && near.relative <= 0x1p-52);
        for (int64_t k = 0; k < count; k++) {
            const bool masked = mpfr_zero_p(p[k]) != 0;
            mpfr_sub_d(p[k], p[k], weights[k], MPFR_RNDN);
            const double wrong = fabs(mpfr_get_d(p[k], MPFR_RNDA));
            cr_expect(wrong <= near.relative * weights[k] + near.absolute &&
                          (!masked || weights[k] == 0.0),
                      "seed %d: %.17g is %g off", (int)seed, weights[k], wrong);
        }
        definition_free(x, sc_layer_inputs(l));
        definition_free(p, count);
        definition_free(out, sc_layer_outputs(l));
        sc_balls_destroy(&balls);
    }
}

/* ||J t|| by the definition. */
static void set_length(const struct layer_sample *s, const double *t, mpfr_t length)
{
    const int64_t outputs = sc_layer_outputs(&s->layer);
    mpfr_t *out = definition_numbers(outputs);

    definition_derivative(&s->layer, s->x, t, DEFINITION_STEP, out);
    mpfr_set_zero(length, 1);
    for (int64_t n = 0; n < outputs; n++) {
        mpfr_sqr(out[n], out[n], MPFR_RNDN);
        mpfr_add(length, length, out[n], MPFR_RNDN);
    }
    mpfr_sqrt(length, length, MPFR_RNDN);
    definition_free(out, outputs);
}

Test(balls, interval_of_a_push_contains_the_derivative_of_the_definition)
{
    struct layer_sample s;
    mpfr_t length;

    mpfr_init2(length, DEFINITION_BITS);
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        layer_sample_make(&s, seed);
        double t[LAYER_IN], weights[WEIGHTS], low = -1.0, high = -1.0;
        struct sc_random random = {seed + 3000};
        struct sc_balls balls;
        struct sc_nearness near;
        create(&s, &balls, weights, &near);
        layer_normals(&random, t, LAYER_IN, 1.0);
        cr_assert_eq(sc_balls_push(&balls, weights, &near, t, &low, &high, NULL), SC_OK);
        set_length(&s, t, length);
        cr_expect(mpfr_cmp_d(length, low) >= 0 && mpfr_cmp_d(length, high) <= 0,
                  "seed %d: [%.17g, %.17g] and %.17g", (int)seed, low, high,
                  mpfr_get_d(length, MPFR_RNDN));
        cr_expect(high - low <= 1e-13 * high + 1e-14, "seed %d: [%.17g, %.17g]", (int)seed, low,
                  high);
        sc_balls_destroy(&balls);
    }
    mpfr_clear(length);
}

Test(balls, interval_holds_for_weights_that_are_far_off_as_stated)
{
    struct layer_sample s;
    mpfr_t length;

    mpfr_init2(length, DEFINITION_BITS);
    for (uint64_t seed = 0; seed < 100; seed++) {
        layer_sample_make(&s, seed);
        double t[LAYER_IN], weights[WEIGHTS], low = -1.0, high = -1.0;
        struct sc_random random = {seed + 4000};
        struct sc_balls balls;
        struct sc_nearness near;
        create(&s, &balls, weights, &near);
        for (int32_t n = 0; n < s.layer.heads * s.layer.tokens * s.layer.tokens; n++) {
            weights[n] *= 1.0 + 1e-3 * (n % 3 - 1);
        }
        near.relative = 2e-3;
        layer_normals(&random, t, LAYER_IN, 1.0);
        cr_assert_eq(sc_balls_push(&balls, weights, &near, t, &low, &high, NULL), SC_OK);
        set_length(&s, t, length);
        cr_expect(mpfr_cmp_d(length, low) >= 0 && mpfr_cmp_d(length, high) <= 0,
                  "seed %d: [%.17g, %.17g] and %.17g", (int)seed, low, high,
                  mpfr_get_d(length, MPFR_RNDN));
        sc_balls_destroy(&balls);
    }
    mpfr_clear(length);
}

/* Two heads of 70 tokens, a block and a part of one, causal, so that no row is like another. The fp64 derivative is other
 * code, and errs by less than 1e-11 of its norm here. */
Test(balls, rows_beyond_the_first_block_are_pushed_too)
{
    enum { TOKENS = SC_BALLS_BLOCK + 6, HEADS = 2, WIDTH = 3, D = 2 };
    enum { ROWS = HEADS * D, INPUTS = TOKENS * WIDTH, OUTPUTS = TOKENS * ROWS };
    static double x[INPUTS], t[INPUTS], out[OUTPUTS], p[HEADS * TOKENS * TOKENS];
    double w[3][ROWS * WIDTH];
    const double bias[HEADS] = {-1.0, 0.5};
    struct sc_layer layer = {.tokens = TOKENS, .width = WIDTH, .heads = HEADS, .d = D, .d_v = D};
    struct sc_random random = {77};

    layer_normals(&random, x, INPUTS, 1.0);
    layer_normals(&random, t, INPUTS, 1.0);
    layer_normals(&random, w[0], 3 * ROWS * WIDTH, 1.0);
    layer.scale = 0.5;
    layer.w_q = w[0];
    layer.w_k = w[1];
    layer.w_v = w[2];
    layer.bias = bias;
    layer.left = TOKENS;
    for (int kind = 0; kind < 2; kind++) {
        layer.kind = kind == 0 ? SC_LAYER_SIGMOID : SC_LAYER_SOFTMAX;
        struct sc_balls balls;
        struct sc_nearness near;
        struct sc_point *point;
        double low, high;
        cr_assert_eq(sc_layer_check(&layer, NULL), SC_OK);
        cr_assert_eq(sc_balls_create(&layer, x, 2, &balls, NULL), SC_OK);
        cr_assert_eq(sc_balls_weights(&balls, p, &near, NULL), SC_OK);
        cr_assert_eq(sc_balls_push(&balls, p, &near, t, &low, &high, NULL), SC_OK);
        cr_assert_eq(sc_point_create(&layer, x, 1, &point, NULL), SC_OK);
        sc_point_push(point, t, out);
        const double length = sc_spectral_frobenius(out, OUTPUTS);
        cr_expect(high - low <= 1e-12 * high && fabs(length - low) <= 1e-11 * high,
                  "%s: [%.17g, %.17g], fp64 %.17g", kind == 0 ? "sigmoid" : "softmax", low, high,
                  length);
        sc_point_destroy(point);
        sc_balls_destroy(&balls);
    }
}
