/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/statistics.h"

#include "reference/regularity/balls.h"
#include "tests/definition_layer.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define SEEDS 300

/* What the definition gives of one head, in 500 bits, rounded at the end. */
struct exact {
    double score[LAYER_TOKENS * LAYER_TOKENS]; /* of the sigmoid: log(P / (1 - P)) */
    double p[LAYER_TOKENS * LAYER_TOKENS];
    double o[LAYER_TOKENS * LAYER_D_V], v[LAYER_TOKENS * LAYER_D_V];
};

static double logit(const mpfr_t p)
{
    mpfr_t x;

    mpfr_init2(x, DEFINITION_BITS);
    mpfr_ui_sub(x, 1, p, MPFR_RNDN);
    mpfr_div(x, p, x, MPFR_RNDN);
    mpfr_log(x, x, MPFR_RNDN);
    const double value = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    return value;
}

/* The layer has no W_o. */
static void define(const struct layer_sample *s, int32_t h, struct exact *e)
{
    const struct sc_layer *l = &s->layer;
    const int64_t n = l->tokens, all = l->heads * l->d_v;
    mpfr_t *x = definition_numbers(n * l->width), *out = definition_numbers(n * all);
    mpfr_t *p = definition_numbers(l->heads * n * n), *v = definition_numbers(l->d_v);

    for (int64_t k = 0; k < n * l->width; k++) {
        mpfr_set_d(x[k], s->x[k], MPFR_RNDN);
    }
    definition_layer(l, (const mpfr_t *)x, out, p);
    for (int64_t k = 0; k < n * n; k++) {
        e->p[k] = mpfr_get_d(p[h * n * n + k], MPFR_RNDN);
        e->score[k] = e->p[k] > 0.0 && l->kind == SC_LAYER_SIGMOID ? logit(p[h * n * n + k]) : 0.0;
    }
    for (int64_t i = 0; i < n; i++) {
        definition_project((const mpfr_t *)x + i * l->width, l->w_v + h * l->d_v * l->width,
                           l->beta_v == NULL ? NULL : l->beta_v + h * l->d_v, l->width, l->d_v, v);
        for (int64_t c = 0; c < l->d_v; c++) {
            e->o[i * l->d_v + c] = mpfr_get_d(out[i * all + h * l->d_v + c], MPFR_RNDN);
            e->v[i * l->d_v + c] = mpfr_get_d(v[c], MPFR_RNDN);
        }
    }
    definition_free(x, n * l->width);
    definition_free(out, n * all);
    definition_free(p, l->heads * n * n);
    definition_free(v, l->d_v);
}

static double length(const double *x, int64_t count)
{
    double sum = 0.0;

    for (int64_t k = 0; k < count; k++) {
        sum += x[k] * x[k];
    }
    return sqrt(sum);
}

/* ||P||_2 by power steps on the exact weights: a value from below, next to the norm after so many. */
static double norm_of(const double *p, int32_t n)
{
    double x[LAYER_TOKENS], y[LAYER_TOKENS], norm = 0.0;

    for (int32_t j = 0; j < n; j++) {
        x[j] = 1.0 / sqrt(n);
    }
    for (int32_t step = 0; step < 400; step++) {
        memset(y, 0, sizeof y);
        for (int32_t i = 0; i < n; i++) {
            for (int32_t j = 0; j < n; j++) {
                y[i] += p[i * n + j] * x[j];
            }
        }
        norm = length(y, n);
        memset(x, 0, sizeof x);
        for (int32_t j = 0; j < n; j++) {
            for (int32_t i = 0; i < n; i++) {
                x[j] += p[i * n + j] * y[i];
            }
        }
        const double size = length(x, n);
        for (int32_t j = 0; size > 0.0 && j < n; j++) {
            x[j] /= size;
        }
    }
    return norm;
}

static struct sc_statistics_head measure(const struct layer_sample *s, int32_t h, double *outputs)
{
    struct sc_statistics_head found;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_layer_check(&s->layer, NULL), SC_OK);
    cr_assert_eq(sc_statistics_head(&s->layer, s->x, h, 1, outputs, &found, &error), SC_OK, "%s",
                 error.text);
    return found;
}

static void sample(struct layer_sample *s, uint64_t seed)
{
    layer_sample_make(s, seed);
    s->layer.w_o = NULL;
    s->layer.out = 0;
}

/* |found - exact| <= bound, and the bound says something. `slack`: roundings of this test's own sums. */
#define EXPECT_NEAR(name, found, exact, bound, slack)                                              \
    cr_expect(fabs((found) - (exact)) <= (bound) + (slack),                                        \
              "seed %d, head %d, %s: %.17g, exact "                                                \
              "%.17g, bound %g",                                                                   \
              (int)seed, h, name, found, exact, bound)

Test(statistics, scores_of_the_definition_are_within_the_error)
{
    struct layer_sample s;
    struct exact e;

    for (uint64_t seed = 0; seed < SEEDS; seed += 2) {
        sample(&s, seed);
        const int32_t n = s.layer.tokens;
        for (int32_t h = 0; h < s.layer.heads; h++) {
            double low = HUGE_VAL, high = -HUGE_VAL, sum = 0.0, squares = 0.0;
            int32_t seen = 0;
            const struct sc_statistics_head found = measure(&s, h, NULL);
            define(&s, h, &e);
            for (int32_t k = 0; k < n * n; k++) {
                if (e.p[k] > 0.0) {
                    low = fmin(low, e.score[k]);
                    high = fmax(high, e.score[k]);
                    sum += e.score[k];
                    seen++;
                }
            }
            for (int32_t k = 0; k < n * n; k++) {
                const double off = e.score[k] - sum / seen;
                squares += e.p[k] > 0.0 ? off * off : 0.0;
            }
            cr_expect_lt(found.score_error, 1e-11 * (1.0 + high - low), "%g", found.score_error);
            EXPECT_NEAR("least", found.score_min, low, found.score_error, 0.0);
            EXPECT_NEAR("largest", found.score_max, high, found.score_error, 0.0);
            EXPECT_NEAR("mean", found.score_mean, sum / seen, 2.0 * found.score_error, 1e-15);
            EXPECT_NEAR("deviation", found.score_deviation, sqrt(squares / seen),
                        2.0 * found.score_error, 1e-15);
        }
    }
}

/* Projections whose large terms cancel: the rounding of the terms is far above that of the rows. */
Test(statistics, scores_of_rows_that_cancel_are_within_the_error)
{
    static const double size = 1234.56789;
    struct layer_sample s;
    struct exact e;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_random random = {seed};
        const int32_t h = 0;
        layer_sample_plain(&s, 2 * seed);
        s.layer.tokens = 2;
        s.layer.width = 3;
        s.layer.d = 2;
        s.layer.heads = 1;
        s.layer.norm = (enum sc_layer_norm)(seed % 3);
        s.layer.rotation = seed % 2 == 0 ? 0.0 : 100.0;
        const double a = size * sc_random_normal(&random),
                     b = size * (1.0 + sc_random_unit(&random));
        memcpy(s.x, (double[]){a, b, 1.0, 2.0 * a, 2.0 * b, -3.0}, 6 * sizeof *s.x);
        const double w = size * sc_random_normal(&random), back = -a * w / b;
        memcpy(s.w_q, (double[]){w, back, 1e-4, -w, -back, 3e-4}, 6 * sizeof *s.w_q);
        const struct sc_statistics_head found = measure(&s, h, NULL);
        define(&s, h, &e);
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (int32_t k = 0; k < 4; k++) {
            low = fmin(low, e.score[k]);
            high = fmax(high, e.score[k]);
        }
        EXPECT_NEAR("least", found.score_min, low, found.score_error, 0.0);
        EXPECT_NEAR("largest", found.score_max, high, found.score_error, 0.0);
        cr_expect(found.score_error < 1e-1 * (high - low), "seed %d: %g of %g", (int)seed,
                  found.score_error, high - low);
    }
}

/* b and ALiBi far above the product of q and k: the score is rounded with them. */
Test(statistics, weights_under_a_large_bias_are_within_the_error)
{
    struct layer_sample s;
    struct exact e;

    for (uint64_t seed = 0; seed < SEEDS; seed += 2) {
        const int32_t h = 0;
        double low = HUGE_VAL, high = -HUGE_VAL, top = 0.0;
        layer_sample_plain(&s, seed);
        s.layer.scale = 1e-3;
        s.layer.slopes = s.slopes;
        s.bias[0] = -600.0 - 1.0 / 3.0;
        s.slopes[0] = 0.1;
        const struct sc_statistics_head found = measure(&s, h, NULL);
        define(&s, h, &e);
        for (int32_t k = 0; k < s.layer.tokens * s.layer.tokens; k++) {
            low = fmin(low, e.score[k]);
            high = fmax(high, e.score[k]);
            top = fmax(top, s.layer.tokens * e.p[k]);
        }
        EXPECT_NEAR("least", found.score_min, low, found.score_error, 0.0);
        EXPECT_NEAR("largest", found.score_max, high, found.score_error, 0.0);
        EXPECT_NEAR("n max P", found.weight_top, top, found.weight_error * top, 0.0);
        cr_expect_lt(found.score_error, 1e-11, "seed %d: %g", (int)seed, found.score_error);
    }
}

static int rising(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;

    return a < b ? -1 : a > b ? 1 : 0;
}

Test(statistics, weights_of_the_definition_are_within_the_error)
{
    struct layer_sample s;
    struct exact e;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sample(&s, seed);
        const int32_t n = s.layer.tokens;
        for (int32_t h = 0; h < s.layer.heads; h++) {
            double top = 0.0, slope = 0.0, mass[LAYER_TOKENS] = {0.0};
            int32_t large = 0, small = 0, seen = 0;
            const struct sc_statistics_head found = measure(&s, h, NULL);
            const double w = found.weight_error;
            define(&s, h, &e);
            for (int32_t k = 0; k < n * n; k++) {
                const bool sees = sc_layer_sees(&s.layer, k / n, k % n);
                top = fmax(top, e.p[k]);
                slope = fmax(slope, e.p[k] * (1.0 - e.p[k]));
                mass[k / n] += e.p[k];
                seen += sees ? 1 : 0;
                large += sees && e.p[k] > 0.99 ? 1 : 0;
                small += sees && e.p[k] * n < 0.01 ? 1 : 0;
            }
            qsort(mass, (size_t)n, sizeof *mass, rising);
            cr_expect(w > 0.0 && w < 1e-10, "seed %d: %g", (int)seed, w);
            EXPECT_NEAR("n max P", found.weight_top, n * top, w * n * top, 0.0);
            EXPECT_NEAR("n max S", found.slope_top, n * slope, w * n * top, 1e-15 * n);
            for (int32_t k = 0; k < SC_STATISTICS_QUANTILES; k++) {
                const double exact = mass[k * (n - 1) / 4];
                EXPECT_NEAR("mass", found.mass[k], exact, w * exact, 1e-15 * exact);
            }
            EXPECT_NEAR("large", found.large * seen, (double)large, found.undecided * seen, 1e-9);
            EXPECT_NEAR("small", found.small * seen, (double)small, found.undecided * seen, 1e-9);
        }
    }
}

Test(statistics, norm_of_the_weights_lies_between)
{
    struct layer_sample s;
    struct exact e;
    int32_t tight = 0, all = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sample(&s, seed);
        for (int32_t h = 0; h < s.layer.heads; h++) {
            const struct sc_statistics_head found = measure(&s, h, NULL);
            define(&s, h, &e);
            const double norm = norm_of(e.p, s.layer.tokens);
            cr_expect(found.norm_low <= norm * (1.0 + 1e-14), "seed %d: low %.17g, norm %.17g",
                      (int)seed, found.norm_low, norm);
            cr_expect(norm <= found.norm_high * (1.0 + 1e-14), "seed %d: high %.17g, norm %.17g",
                      (int)seed, found.norm_high, norm);
            tight += found.norm_high - found.norm_low <= 1e-6 * found.norm_high ? 1 : 0;
            all++;
        }
    }
    cr_expect(10 * tight >= 9 * all, "%d of %d", tight, all);
}

Test(statistics, outputs_of_the_definition_are_within_the_error)
{
    struct layer_sample s;
    struct exact e;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sample(&s, seed);
        const int32_t n = s.layer.tokens, d_v = s.layer.d_v;
        for (int32_t h = 0; h < s.layer.heads; h++) {
            double outputs[LAYER_ALL], all = 0.0, mean = 0.0, largest = 0.0;
            const struct sc_statistics_head found = measure(&s, h, outputs);
            define(&s, h, &e);
            for (int32_t i = 0; i < n; i++) {
                const double *o = outputs + (i * s.layer.heads + h) * d_v;
                double off[LAYER_D_V];
                for (int32_t c = 0; c < d_v; c++) {
                    off[c] = o[c] - e.o[i * d_v + c];
                }
                EXPECT_NEAR("row", length(off, d_v), 0.0, found.output_error, 1e-300);
                const double one = length(e.o + i * d_v, d_v);
                all += one * one;
                mean += one / n;
                largest = fmax(largest, one);
            }
            const double v = length(e.v, n * d_v) / sqrt(n);
            cr_expect_lt(found.output_error, 1e-11 * (1.0 + n * v), "%g", found.output_error);
            EXPECT_NEAR("||PV||", found.output_norm, sqrt(all), sqrt(n) * found.output_error, 0.0);
            EXPECT_NEAR("|v|", found.value_length, v, found.value_error, 1e-15 * v);
            const double moved = found.output_error / v, slack = found.value_error / v + 1e-14;
            EXPECT_NEAR("mean ratio", found.ratio_mean, mean / v, moved * (1.0 + 1e-10),
                        slack * mean / v);
            EXPECT_NEAR("max ratio", found.ratio_max, largest / v, moved * (1.0 + 1e-10),
                        slack * largest / v);
        }
    }
}

/* X = 0: every weight is sigma(b), or 1 / n. */
Test(statistics, equal_weights_are_those_known_by_hand)
{
    struct layer_sample s;

    layer_sample_plain(&s, 2);
    s.layer.tokens = 4;
    s.layer.width = s.layer.d_v = s.layer.heads = 1;
    memset(s.x, 0, sizeof s.x);
    s.bias[0] = log(3.0); /* sigma = 3/4 */
    struct sc_statistics_head found = measure(&s, 0, NULL);
    cr_expect_float_eq(found.weight_top, 3.0, 1e-14);
    cr_expect_float_eq(found.slope_top, 0.75, 1e-14);
    cr_expect_float_eq(found.mass[2], 3.0, 1e-14);
    cr_expect_float_eq(found.score_mean, s.bias[0], 1e-15);
    cr_expect_eq(found.score_deviation, 0.0);
    cr_expect_eq(found.ratio_max, 0.0); /* values are 0 */
    cr_expect(found.norm_low <= 3.0 && 3.0 <= found.norm_high, "[%.17g, %.17g]", found.norm_low,
              found.norm_high);
    s.layer.kind = SC_LAYER_SOFTMAX;
    found = measure(&s, 0, NULL);
    cr_expect_float_eq(found.weight_top, 1.0, 1e-14);
    cr_expect(found.norm_low <= 1.0 && 1.0 <= found.norm_high);
}

/* n sigma(s - log n) <= e^s [proofs/coq/theorem_3_2.v]: with s + b the largest score, n max P <= n e^{s + b}. */
Test(statistics, no_weight_of_the_sigmoid_is_above_its_exponential)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < SEEDS; seed += 2) {
        sample(&s, seed);
        const struct sc_statistics_head found = measure(&s, 0, NULL);
        const double most = s.layer.tokens * exp(found.score_max + found.score_error);
        cr_expect(found.weight_top * (1.0 - found.weight_error) <= most * (1.0 + 1e-15));
        cr_expect(found.slope_top <= found.weight_top);
    }
}

Test(statistics, tokens_and_weights_have_the_norms_known_by_hand)
{
    struct layer_sample s;
    struct sc_statistics_tokens tokens;
    double a = 0.0, v = 0.0;

    layer_sample_plain(&s, 2);
    s.layer.tokens = s.layer.width = 2;
    s.layer.d = s.layer.d_v = 2;
    s.layer.scale = 0.5;
    memcpy(s.x, (double[]){3.0, 4.0, 0.0, 0.0}, 4 * sizeof *s.x);
    memcpy(s.w_q, (double[]){2.0, 0.0, 0.0, 1.0}, 4 * sizeof *s.w_q);
    memcpy(s.w_k, (double[]){3.0, 0.0, 0.0, -4.0}, 4 * sizeof *s.w_k);
    memcpy(s.w_v, (double[]){0.0, -7.0, 1.0, 0.0}, 4 * sizeof *s.w_v);
    cr_assert_eq(sc_statistics_tokens(&s.layer, s.x, &tokens, NULL), SC_OK);
    cr_expect_eq(tokens.mean_square, 12.5);
    cr_expect_eq(tokens.max_square, 25.0);
    cr_expect(tokens.norm_square >= 12.5 && tokens.norm_square <= 12.5 * (1.0 + 1e-9), "%.17g",
              tokens.norm_square);
    cr_assert_eq(sc_statistics_weights(&s.layer, 0, &a, &v, NULL), SC_OK);
    cr_expect(a >= 3.0 && a <= 3.0 * (1.0 + 1e-9), "%.17g", a);
    cr_expect(v >= 7.0 && v <= 7.0 * (1.0 + 1e-9), "%.17g", v);
}

Test(statistics, what_is_not_finite_is_refused)
{
    struct layer_sample s;
    struct sc_statistics_head found = {.score_min = 5.0};
    struct sc_error error = {SC_OK, ""};

    layer_sample_plain(&s, 2);
    s.x[0] = NAN;
    cr_expect_eq(sc_statistics_head(&s.layer, s.x, 0, 1, NULL, &found, &error), SC_E_INPUT);
    cr_expect_not_null(strstr(error.text, "channel 0 of token 0"), "%s", error.text);
    layer_sample_plain(&s, 2);
    for (size_t k = 0; k < sizeof s.w_q / sizeof *s.w_q; k++) {
        s.w_q[k] = s.w_k[k] = 1e200;
    }
    cr_expect_eq(sc_statistics_head(&s.layer, s.x, 0, 1, NULL, &found, &error), SC_E_UNAVAILABLE);
    cr_expect_eq(found.score_min, 5.0, "written on a failure");
}

/* A head of real size against ball arithmetic: the sums are long enough for their roundings to show. */
Test(statistics, weights_of_a_head_of_64_channels_are_those_of_balls)
{
    enum { N = 96, D = 64 };
    double *x = malloc(N * D * sizeof *x), *w = malloc(3 * D * D * sizeof *w);
    double *p = malloc(N * N * sizeof *p), bias = -4.5, slope = 0.03;

    for (int32_t k = 0; k < 12; k++) {
        struct sc_random random = {(uint64_t)k};
        struct sc_statistics_head found;
        struct sc_nearness near;
        struct sc_balls balls;
        struct sc_layer l = {.kind = k % 2 == 0 ? SC_LAYER_SIGMOID : SC_LAYER_SOFTMAX,
                             .tokens = N,
                             .width = D,
                             .heads = 1,
                             .d = D,
                             .d_v = D,
                             .scale = 0.125,
                             .w_q = w,
                             .w_k = w + D * D,
                             .w_v = w + 2 * D * D,
                             .bias = &bias,
                             .slopes = k < 6 ? NULL : &slope,
                             .left = SC_MASK_UNBOUNDED,
                             .right = k % 3 == 0 ? 0 : SC_MASK_UNBOUNDED,
                             .norm = (enum sc_layer_norm)(k % 3),
                             .epsilon = 1e-6,
                             .rotation = k < 8 ? 0.0 : 10000.0};
        double top = 0.0, heaviest = 0.0;
        layer_normals(&random, x, N * D, 1.0);
        layer_normals(&random, w, 3 * D * D, 0.2);
        cr_assert_eq(sc_statistics_head(&l, x, 0, 1, NULL, &found, NULL), SC_OK);
        cr_assert_eq(sc_balls_create(&l, x, 1, &balls, NULL), SC_OK);
        cr_assert_eq(sc_balls_weights(&balls, p, &near, NULL), SC_OK);
        for (int32_t i = 0; i < N; i++) {
            double mass = 0.0;
            for (int32_t j = 0; j < N; j++) {
                top = fmax(top, p[i * N + j]);
                mass += p[i * N + j];
            }
            heaviest = fmax(heaviest, mass);
        }
        cr_expect(fabs(found.weight_top - N * top) <= (found.weight_error + 0x1p-50) * N * top,
                  "%d: %.17g, %.17g, bound %g", k, found.weight_top, N * top, found.weight_error);
        cr_expect(fabs(found.mass[4] - heaviest) <= (found.weight_error + 0x1p-45) * heaviest,
                  "%d: %.17g, %.17g", k, found.mass[4], heaviest);
        cr_expect(found.weight_error < 1e-9, "%d: %g", k, found.weight_error);
        sc_balls_destroy(&balls);
    }
    free(x);
    free(w);
    free(p);
}
