/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/upper.h"

#include "reference/certificate/matrix.h"
#include "reference/regularity/measure.h"
#include "tests/definition_layer.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* The checker of certificates against the definition in 500 bits (tests/definition_layer.h), and against what finds them. */

#define SEEDS 150

static const struct sc_upper_limits limits = {2, 4096, 0x1p33};

static struct sc_subject subject_of(const struct sc_layer *l, const double *x)
{
    return (struct sc_subject){.kind = l->kind == SC_LAYER_SIGMOID ? SC_SUBJECT_SIGMOID
                                                                   : SC_SUBJECT_SOFTMAX,
                               .tokens = l->tokens,
                               .width = l->width,
                               .heads = l->heads,
                               .d = l->d,
                               .d_v = l->d_v,
                               .out = l->out,
                               .left = l->left,
                               .right = l->right,
                               .scale = l->scale,
                               .epsilon = l->epsilon,
                               .rotation = l->rotation,
                               .norm = l->norm == SC_LAYER_RMS     ? SC_SUBJECT_RMS_NORM
                                       : l->norm == SC_LAYER_MEAN0 ? SC_SUBJECT_LAYER_NORM
                                                                   : SC_SUBJECT_NO_NORM,
                               .x = x,
                               .w_q = l->w_q,
                               .w_k = l->w_k,
                               .w_v = l->w_v,
                               .w_o = l->w_o,
                               .beta_q = l->beta_q,
                               .beta_k = l->beta_k,
                               .beta_v = l->beta_v,
                               .bias = l->bias,
                               .slopes = l->slopes,
                               .gain_q = l->gain_q,
                               .gain_k = l->gain_k};
}

/* ||J t|| / ||t|| by the definition. */
static void attained(const struct layer_sample *s, const double *t, mpfr_t result)
{
    const int64_t inputs = sc_layer_inputs(&s->layer), outputs = sc_layer_outputs(&s->layer);
    mpfr_t *out = definition_numbers(outputs);
    mpfr_t size;

    mpfr_init2(size, DEFINITION_BITS);
    mpfr_set_zero(size, 1);
    mpfr_set_zero(result, 1);
    definition_derivative(&s->layer, s->x, t, DEFINITION_STEP, out);
    for (int64_t n = 0; n < outputs; n++) {
        (void)mpfr_fma(result, out[n], out[n], result, MPFR_RNDN);
    }
    for (int64_t n = 0; n < inputs; n++) {
        (void)mpfr_set_d(out[0], t[n], MPFR_RNDN);
        (void)mpfr_fma(size, out[0], out[0], size, MPFR_RNDN);
    }
    (void)mpfr_div(result, result, size, MPFR_RNDN);
    (void)mpfr_sqrt(result, result, MPFR_RNDN);
    mpfr_clear(size);
    definition_free(out, outputs);
}

static enum sc_verdict lower_verdict(const struct sc_subject *subject, const double *t,
                                     double claim, struct sc_lower *lower)
{
    struct sc_rows rows = {.subject = NULL};
    struct sc_error error = {SC_OK, ""};

    cr_expect_eq(sc_lower_check(subject, t, claim, 2, &rows, lower, &error), SC_OK, "%s",
                 error.text);
    sc_rows_destroy(&rows);
    return lower->verdict;
}

static enum sc_verdict upper_verdict(const struct sc_subject *subject, double claim,
                                     struct sc_upper *upper)
{
    struct sc_rows rows;
    struct sc_error error = {SC_OK, ""};

    cr_expect_eq(sc_rows_create(subject, NULL, 1, &rows, &error), SC_OK, "%s", error.text);
    cr_expect_eq(sc_upper_check(&rows, claim, sc_upper_shift(claim), &limits, upper, &error), SC_OK,
                 "%s", error.text);
    sc_rows_destroy(&rows);
    return upper->verdict;
}

Test(certificate, a_direction_attains_what_the_definition_says)
{
    struct layer_sample s;
    mpfr_t exact;

    mpfr_init2(exact, DEFINITION_BITS);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_random random = {seed + 1000};
        double t[LAYER_IN];
        struct sc_lower lower;
        layer_sample_make(&s, seed);
        (void)layer_normals(&random, t, LAYER_IN, 1.0);
        const struct sc_subject subject = subject_of(&s.layer, s.x);
        cr_assert_eq(sc_subject_check(&subject, NULL), SC_OK);
        attained(&s, t, exact);
        const double value = mpfr_get_d(exact, MPFR_RNDN);
        cr_expect_eq(lower_verdict(&subject, t, value * (1.0 - 1e-15), &lower), SC_CONFIRMED);
        cr_expect(mpfr_cmp_d(exact, lower.least) >= 0 && mpfr_cmp_d(exact, lower.most) <= 0 &&
                      lower.most <= nextafter(nextafter(lower.least, HUGE_VAL), HUGE_VAL),
                  "seed %d: %.17g not in [%.17g, %.17g]", (int)seed, value, lower.least,
                  lower.most);
        if (mpfr_cmp_d(exact, lower.most) < 0) { /* the double above it is not attained */
            cr_expect_neq(lower_verdict(&subject, t, lower.most, &lower), SC_CONFIRMED, "seed %d",
                          (int)seed);
        }
        cr_expect_eq(lower_verdict(&subject, t, value * (1.0 + 1e-15), &lower), SC_REFUTED,
                     "seed %d", (int)seed);
    }
    mpfr_clear(exact);
}

/* The square of what column b of the matrix is off. */
static double column_error(const struct layer_sample *s, const struct sc_matrix *m, int64_t b)
{
    const int64_t outputs = sc_layer_outputs(&s->layer);
    mpfr_t *exact = definition_numbers(outputs);
    double t[LAYER_IN] = {0.0}, sum = 0.0;

    t[b] = 1.0;
    definition_derivative(&s->layer, s->x, t, DEFINITION_STEP, exact);
    for (int64_t a = 0; a < outputs; a++) {
        const int64_t at = m->transposed ? b * m->columns + a : a * m->columns + b;
        (void)mpfr_sub_d(exact[a], exact[a], m->elements[at], MPFR_RNDN);
        const double wrong = mpfr_get_d(exact[a], MPFR_RNDN);
        sum += wrong * wrong;
    }
    definition_free(exact, outputs);
    return sum;
}

Test(certificate, the_matrix_is_within_its_error_of_the_definition)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_rows rows;
        struct sc_matrix m;
        double wrong = 0.0, size = 0.0;
        layer_sample_make(&s, seed);
        const struct sc_subject subject = subject_of(&s.layer, s.x);
        cr_assert_eq(sc_rows_create(&subject, NULL, 1, &rows, NULL), SC_OK);
        cr_assert_eq(sc_matrix_create(&rows, 2, &m, NULL), SC_OK);
        for (int64_t b = 0; b < sc_layer_inputs(&s.layer); b++) {
            wrong += column_error(&s, &m, b);
        }
        for (int64_t n = 0; n < m.rows * m.columns; n++) {
            size += m.elements[n] * m.elements[n];
        }
        cr_expect(sqrt(wrong) <= m.error, "seed %d: %g off, bound %g", (int)seed, sqrt(wrong),
                  m.error);
        cr_expect(m.error <= 1e-13 * sqrt(size), "seed %d: %g of %g", (int)seed, m.error,
                  sqrt(size));
        sc_matrix_destroy(&m);
        sc_rows_destroy(&rows);
    }
}

static void measure(const struct layer_sample *s, struct sc_measurement *m)
{
    struct sc_measure_options options = sc_measure_defaults();
    struct sc_error error = {SC_OK, ""};

    options.excess = 0x1p-40;
    options.bounds = false;
    cr_assert_eq(sc_measure(&s->layer, s->x, &options, m, &error), SC_OK, "%s", error.text);
}

Test(certificate, claims_that_were_found_are_confirmed_and_sharper_ones_refuted)
{
    struct layer_sample s;
    double slack = 0.0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_measurement m;
        struct sc_lower lower;
        struct sc_upper upper;
        layer_sample_make(&s, seed);
        measure(&s, &m);
        const struct sc_subject subject = subject_of(&s.layer, s.x);
        cr_expect_eq(lower_verdict(&subject, m.direction, m.low, &lower), SC_CONFIRMED, "seed %d",
                     (int)seed);
        cr_expect_eq(lower_verdict(&subject, m.direction, m.low * (1.0 + 1e-9), &lower), SC_REFUTED,
                     "seed %d", (int)seed);
        cr_expect_eq(upper_verdict(&subject, m.high, &upper), SC_CONFIRMED, "seed %d", (int)seed);
        slack = fmax(slack, upper.slack);
        cr_expect_eq(upper_verdict(&subject, m.high * (1.0 - 1e-9), &upper), SC_REFUTED,
                     "seed %d: %d", (int)seed, upper.verdict);
        cr_expect(upper.least > m.high * (1.0 - 1e-9) && upper.least <= m.high);
        sc_measurement_destroy(&m);
    }
    cr_expect(slack < 1e-12, "%g", slack);
}

/* Values of about 1e8 whose mean cancels: the elements of J are off by far more than rounding it would be. A claim below what
 * the definition attains is false, however little. */
Test(certificate, no_claim_below_the_definition_is_confirmed)
{
    struct layer_sample s;
    mpfr_t exact;
    int32_t wide = 0;

    mpfr_init2(exact, DEFINITION_BITS);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_measurement m;
        layer_sample_make(&s, seed);
        for (int32_t n = 0; n < LAYER_HEADS * LAYER_D_V; n++) {
            s.beta_v[n] = seed % 3 == 0 ? 0.0 : ldexp(1.0 + 0.3 * (double)n, 9 * (int)(seed % 4));
        }
        s.layer.beta_v = s.beta_v;
        measure(&s, &m);
        const struct sc_subject subject = subject_of(&s.layer, s.x);
        attained(&s, m.direction, exact);
        for (int32_t e = 0; e < 30; e++) {
            const double claim = mpfr_get_d(exact, MPFR_RNDN) * (1.0 - ldexp(1.0, -20 - e));
            struct sc_upper upper;
            if (mpfr_cmp_d(exact, claim) > 0) {
                cr_expect_neq(upper_verdict(&subject, claim, &upper), SC_CONFIRMED,
                              "seed %d: 2^%d below", (int)seed, -20 - e);
                wide += upper.verdict == SC_LEFT_OPEN;
            }
        }
        sc_measurement_destroy(&m);
    }
    cr_expect(wide > SEEDS, "%d: every claim was refuted, so that nothing was at stake", wide);
    mpfr_clear(exact);
}

Test(certificate, a_layer_that_is_0_has_the_norm_0)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 40; seed++) {
        static const double t[LAYER_IN] = {1.0};
        struct sc_upper upper;
        struct sc_lower lower;
        layer_sample_make(&s, seed);
        memset(s.w_v, 0, sizeof s.w_v);
        memset(s.beta_v, 0, sizeof s.beta_v);
        const struct sc_subject subject = subject_of(&s.layer, s.x);
        cr_expect_eq(upper_verdict(&subject, 0.0, &upper), SC_CONFIRMED, "seed %d", (int)seed);
        cr_expect_eq(lower_verdict(&subject, t, 0.0, &lower), SC_CONFIRMED);
        cr_expect_eq(lower_verdict(&subject, t, 0x1p-1074, &lower), SC_REFUTED);
    }
}

Test(certificate, what_is_beyond_the_limits_is_left_open)
{
    const struct sc_upper_limits small[] = {{1, 3, 0x1p33}, {1, 4096, 100.0}};
    struct layer_sample s;
    struct sc_rows rows;
    struct sc_upper upper;

    layer_sample_plain(&s, 8);
    const struct sc_subject subject = subject_of(&s.layer, s.x);
    cr_assert_eq(sc_rows_create(&subject, NULL, 1, &rows, NULL), SC_OK);
    for (int32_t n = 0; n < 2; n++) {
        cr_expect_eq(sc_upper_check(&rows, 1e9, 1e18, &small[n], &upper, NULL), SC_OK);
        cr_expect(upper.verdict == SC_LEFT_OPEN && !upper.tried);
    }
    sc_rows_destroy(&rows);
}

/* Numbers that run out of the range of doubles are no claim confirmed. */
Test(certificate, huge_and_tiny_values_are_confirmed_rightly_or_not)
{
    static const double sizes[] = {1e-300, 1e-160, 1e-80, 1e80, 1e160, 1e300};
    struct layer_sample s;
    int32_t confirmed = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct sc_measure_options options = sc_measure_defaults();
        struct sc_measurement m;
        struct sc_rows rows;
        struct sc_upper upper;
        layer_sample_make(&s, seed);
        double *const arrays[] = {s.x, s.w_q, s.w_v, s.w_k};
        for (int32_t n = 0; n < LAYER_D_V * LAYER_WIDTH; n++) {
            arrays[seed / 6 % 4][n] *= sizes[seed % 6];
        }
        const struct sc_subject subject = subject_of(&s.layer, s.x);
        const bool found = sc_measure(&s.layer, s.x, &options, &m, NULL) == SC_OK;
        if (found && isfinite(m.high) && m.low > 0.0) {
            const double claims[] = {m.high, m.low * 0.999};
            for (int32_t n = 0; n < 2; n++) {
                if (sc_rows_create(&subject, NULL, 1, &rows, NULL) == SC_OK &&
                    sc_upper_check(&rows, claims[n], sc_upper_shift(claims[n]), &limits, &upper,
                                   NULL) == SC_OK) {
                    cr_expect(n == 0 || upper.verdict != SC_CONFIRMED, "seed %d", (int)seed);
                    confirmed += upper.verdict == SC_CONFIRMED;
                }
                sc_rows_destroy(&rows);
            }
        }
        sc_measurement_destroy(&m);
    }
    cr_expect(confirmed > SEEDS / 4, "%d", confirmed);
}

Test(certificate, a_norm_of_0_is_out_of_range)
{
    struct layer_sample s;
    struct sc_rows rows;
    struct sc_error error = {SC_OK, ""};

    layer_sample_plain(&s, 4);
    s.layer.norm = SC_LAYER_RMS;
    memset(s.x, 0, sizeof s.x);
    const struct sc_subject subject = subject_of(&s.layer, s.x);
    cr_expect_eq(sc_rows_create(&subject, NULL, 1, &rows, &error), SC_E_UNAVAILABLE);
    cr_expect_not_null(strstr(error.text, "norm of 0"), "%s", error.text);
    sc_rows_destroy(&rows);
}

Test(certificate, a_subject_that_is_none_is_refused)
{
    static double bad[LAYER_WIDTH * LAYER_HEADS * LAYER_D] = {NAN};
    struct layer_sample s;

    layer_sample_plain(&s, 4);
    const struct sc_subject good = subject_of(&s.layer, s.x);
    struct sc_subject x[24];
    for (size_t n = 0; n < 24; n++) {
        x[n] = good;
    }
    x[0].tokens = 0;
    x[1].width = -1;
    x[2].heads = SC_SUBJECT_MAX + 1;
    x[3].d = 0;
    x[4].d_v = -5;
    x[5].out = -1;
    x[6].left = -1;
    x[7].right = SC_SUBJECT_MAX + 1;
    x[8].scale = 0.0;
    x[9].scale = INFINITY;
    x[10].epsilon = -1.0;
    x[11].rotation = NAN;
    x[12].rotation = -2.0;
    x[13].d = 3;
    x[13].rotation = 10.0;
    x[14].x = NULL;
    x[15].w_q = bad;
    x[16].beta_v = bad;
    x[17].bias = NULL;
    x[18].gain_k = bad;
    x[19].out = 2;
    x[20].slopes = bad;
    x[21].heads = x[21].d = x[21].width = SC_SUBJECT_MAX; /* products that no integer holds */
    x[22].heads = x[22].d_v = x[22].tokens = SC_SUBJECT_MAX;
    x[23].w_v = bad;
    cr_expect_eq(sc_subject_check(&good, NULL), SC_OK);
    for (size_t n = 0; n < 24; n++) {
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_subject_check(&x[n], &error), SC_E_INPUT, "row %zu", n);
        cr_expect_neq(error.text[0], '\0', "row %zu", n);
    }
}
