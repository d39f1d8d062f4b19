/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/oracle.h"

#include "reference/constants.h"
#include "reference/mpfr_state.h"
#include "reference/oracle/environment.h"
#include "reference/oracle/sigmoid_bound.h"
#include "spec/problem.h"
#include "tests/definition.h"
#include "tests/sample.h"

#include <criterion/criterion.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#define CHANNELS_MAX    4
#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

static const char *const mask_names[SAMPLE_MASKS] = {
    "full", "causal", "window", "key lengths", "packed", "alibi", "dense", "blocks", "all"};
static const char *const value_names[SAMPLE_VALUES] = {"bf16", "fp16",       "fp32",    "subnormal",
                                                       "huge", "cancelling", "integers"};

/* One row of an oracle that lives as long as the row. */
struct row {
    enum sc_status status;
    struct sc_error error;
    struct sc_enclosure o[CHANNELS_MAX];
    enum sc_oracle_class classes[CHANNELS_MAX];
    double widths[CHANNELS_MAX];
    struct sc_oracle *oracle;
    const struct sc_oracle_scores *scores;
};

static void row_create(struct row *row, const struct sc_problem *p, int32_t precision,
                       const float *q, const float *k, const float *v, int32_t b, int32_t h,
                       int32_t i)
{
    memset(row, 0, sizeof *row);
    cr_assert_eq(sc_oracle_create(p, precision, q, k, v, &row->oracle, &row->error), SC_OK, "%s",
                 row->error.text);
    row->status = sc_oracle_row(row->oracle, b, h, i, row->o, row->classes, &row->error);
    row->scores = sc_oracle_row_scores(row->oracle);
    memcpy(row->widths, sc_oracle_row_widths(row->oracle), (size_t)p->d_v * sizeof(double));
}

static void row_destroy(struct row *row)
{
    sc_oracle_destroy(row->oracle);
}

static bool encloses(struct sc_enclosure x, mpfr_srcptr exact)
{
    return mpfr_cmp_d(exact, x.lo) >= 0 && mpfr_cmp_d(exact, x.hi) <= 0;
}

/* Whether exact <= bound <= exact (1 + 2^-45). */
static bool bounds_closely(double bound, mpfr_srcptr exact)
{
    mpfr_t limit;

    mpfr_init2(limit, DEFINITION_BITS);
    mpfr_mul_d(limit, exact, 1 + 0x1p-45, MPFR_RNDU);
    const bool close = mpfr_cmp_d(exact, bound) <= 0 && mpfr_cmp_d(limit, bound) >= 0;
    mpfr_clear(limit);
    return close;
}

/* Whether bound >= p (1 - p). */
static bool bounds_derivative(double bound, mpfr_srcptr p)
{
    mpfr_t exact;

    mpfr_init2(exact, 2 * DEFINITION_BITS);
    mpfr_ui_sub(exact, 1, p, MPFR_RNDN);
    mpfr_mul(exact, exact, p, MPFR_RNDN);
    const bool ok = bound <= 0.25 && mpfr_cmp_d(exact, bound) <= 0;
    mpfr_clear(exact);
    return ok;
}

static void expect_scores(const struct sc_oracle_scores *scores,
                          const struct definition_row *expected, const char *where)
{
    cr_assert_eq(scores->n_k, expected->n_k, "%s: %d keys", where, scores->n_k);
    for (int32_t j = 0; j < scores->n_k; j++) {
        cr_expect_eq(scores->visible[j], expected->visible[j], "%s key %d: visible %d", where, j,
                     scores->visible[j]);
        cr_expect(bounds_closely(scores->terms[j], expected->terms[j]), "%s key %d: terms %a",
                  where, j, scores->terms[j]);
        cr_expect(mpfr_cmp_d(expected->product[j], scores->product[j]) <= 0,
                  "%s key %d: product %a", where, j, scores->product[j]);
        cr_expect(mpfr_cmp_d(expected->mask_bias[j], scores->mask_bias[j]) == 0,
                  "%s key %d: mask bias %a", where, j, scores->mask_bias[j]);
        cr_expect(encloses(scores->s[j], expected->s[j]), "%s key %d: s [%a, %a]", where, j,
                  scores->s[j].lo, scores->s[j].hi);
        cr_expect(encloses(scores->p[j], expected->p[j]), "%s key %d: p [%a, %a]", where, j,
                  scores->p[j].lo, scores->p[j].hi);
        cr_expect(bounds_derivative(scores->derivative[j], expected->p[j]),
                  "%s key %d: derivative %a", where, j, scores->derivative[j]);
    }
}

static void expect_row(const struct row *row, const struct definition_row *expected,
                       const char *where)
{
    bool sees_any = false;

    cr_assert_eq(row->status, SC_OK, "%s: %s", where, row->error.text);
    for (int32_t j = 0; j < expected->n_k; j++) {
        sees_any = sees_any || expected->visible[j];
    }
    for (int32_t c = 0; c < expected->d_v; c++) {
        cr_expect_eq(row->classes[c], sees_any ? SC_ORACLE_FINITE : SC_ORACLE_EMPTY,
                     "%s channel %d: class %d", where, c, (int)row->classes[c]);
        cr_expect(encloses(row->o[c], expected->o[c]), "%s channel %d: [%a, %a], defined %a", where,
                  c, row->o[c].lo, row->o[c].hi, mpfr_get_d(expected->o[c], MPFR_RNDN));
        cr_expect(sees_any || (row->o[c].lo == 0 && row->o[c].hi == 0 && !signbit(row->o[c].lo) &&
                               !signbit(row->o[c].hi)),
                  "%s channel %d: an empty row is not +0", where, c);
    }
    expect_scores(row->scores, expected, where);
}

/* Whether x lies inside y, and its width before rounding to doubles is no larger. */
static bool nests(const struct row *x, const struct row *y, int32_t c)
{
    return x->o[c].lo >= y->o[c].lo && x->o[c].hi <= y->o[c].hi && x->widths[c] <= y->widths[c];
}

static void expect_sample(const struct sample *x, const char *name)
{
    static const int32_t precisions[] = {53, 113, 256};
    const struct sc_problem *p = &x->problem;
    struct definition definition;
    struct definition_row expected;
    struct row rows[LIST_SIZE(precisions)];
    char where[160];

    cr_assert_eq(sc_problem_check(p), SC_PROBLEM_OK, "%s: fault %d", name,
                 (int)sc_problem_check(p));
    definition_create(&definition, p, x->q, x->k, x->v);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < definition_rows(p, b); i++) {
                definition_row_create(&expected, &definition, b, h, i);
                for (int32_t n = 0; n < LIST_SIZE(precisions); n++) {
                    (void)snprintf(where, sizeof where, "%s, row (%d, %d, %d), %d bits", name, b, h,
                                   i, precisions[n]);
                    row_create(&rows[n], p, precisions[n], x->q, x->k, x->v, b, h, i);
                    expect_row(&rows[n], &expected, where);
                    for (int32_t c = 0; n > 0 && c < p->d_v; c++) {
                        cr_expect(nests(&rows[n], &rows[n - 1], c), "%s channel %d: not inside %d",
                                  where, c, precisions[n - 1]);
                    }
                }
                for (int32_t n = 0; n < LIST_SIZE(precisions); n++) {
                    row_destroy(&rows[n]);
                }
                definition_row_destroy(&expected);
            }
        }
    }
    definition_destroy(&definition);
}

/* One value class over all masks. */
static void expect_class(enum sample_values values, uint64_t seeds)
{
    char name[96];

    for (int mask = 0; mask < SAMPLE_MASKS; mask++) {
        for (uint64_t seed = 0; seed < seeds; seed++) {
            struct sample x;
            (void)snprintf(name, sizeof name, "%s, %s, seed %u", mask_names[mask],
                           value_names[values], (unsigned)seed);
            sample_create(&x, (enum sample_mask)mask, values, true, seed);
            expect_sample(&x, name);
            sample_destroy(&x);
        }
    }
}

Test(oracle, encloses_the_definition_on_bf16_values)
{
    expect_class(SAMPLE_BF16, 12);
}

Test(oracle, encloses_the_definition_on_fp16_values)
{
    expect_class(SAMPLE_FP16, 8);
}

Test(oracle, encloses_the_definition_on_fp32_values)
{
    expect_class(SAMPLE_FP32, 12);
}

Test(oracle, encloses_the_definition_on_subnormal_values)
{
    expect_class(SAMPLE_SUBNORMAL, 6);
}

Test(oracle, encloses_the_definition_on_scales_of_2_to_the_100)
{
    expect_class(SAMPLE_HUGE, 8);
}

Test(oracle, encloses_the_definition_when_terms_of_2_to_the_254_cancel)
{
    expect_class(SAMPLE_CANCELLING, 8);
}

Test(oracle, encloses_the_definition_on_integers_and_zeros)
{
    expect_class(SAMPLE_INTEGERS, 8);
}

/* A problem of one head, contiguous, unmasked, tau = 1 and b = 0. */
static struct sc_problem plain_problem(int32_t n_q, int32_t n_k, int32_t d, int32_t d_v)
{
    static const float zero = 0.0f;

    return (struct sc_problem){
        .batch = 1,
        .heads_q = 1,
        .heads_kv = 1,
        .n_q = n_q,
        .n_k = n_k,
        .d = d,
        .d_v = d_v,
        .format_in = SC_FORMAT_FP32,
        .format_out = SC_FORMAT_FP32,
        .tau = 1.0f,
        .bias_scope = SC_BIAS_SCALAR,
        .bias = &zero,
        .left = SC_MASK_UNBOUNDED,
        .right = SC_MASK_UNBOUNDED,
        .q = {0, 0, d, (int64_t)n_q * d},
        .k = {0, 0, d, (int64_t)n_k * d},
        .v = {0, 0, d_v, (int64_t)n_k * d_v},
        .o = {0, 0, d_v, (int64_t)n_q * d_v},
    };
}

Test(oracle, zero_queries_give_exactly_half_the_sum_of_values)
{
    static const float q[2] = {0, -0.0f};
    static const float k[6] = {1, 2, 3, 4, 5, 6};
    static const float v[6] = {1, -0x1p100f, 2, 3, 0x1p-149f, 0x1p100f};
    const struct sc_problem p = plain_problem(1, 3, 2, 2);
    struct row row;

    row_create(&row, &p, 256, q, k, v, 0, 0, 0);
    cr_expect_eq(row.classes[0], SC_ORACLE_FINITE);
    cr_expect(row.o[0].lo == 1.5 && row.o[0].hi == nextafter(1.5, 2), "[%a, %a]", row.o[0].lo,
              row.o[0].hi);
    cr_expect(row.o[1].lo == 1.5 && row.o[1].hi == 1.5, "[%a, %a]", row.o[1].lo, row.o[1].hi);
    cr_expect(row.widths[0] == 0 && row.widths[1] == 0, "not exact: %a", row.widths[0]);
    for (int32_t j = 0; j < 3; j++) {
        cr_expect(row.scores->p[j].lo == 0.5 && row.scores->p[j].hi == 0.5, "key %d", j);
        cr_expect(row.scores->derivative[j] == 0.25, "key %d", j);
    }
    row_destroy(&row);
}

Test(oracle, values_that_cancel_exactly_give_plus_zero)
{
    static const float q = 0, k[2] = {1, 2}, v[2] = {3, -3};
    const struct sc_problem p = plain_problem(1, 2, 1, 1);
    struct row row;

    row_create(&row, &p, 53, &q, k, v, 0, 0, 0);
    cr_expect_eq(row.classes[0], SC_ORACLE_FINITE);
    cr_expect(row.o[0].lo == 0 && row.o[0].hi == 0 && row.widths[0] == 0);
    cr_expect(!signbit(row.o[0].lo) && !signbit(row.o[0].hi));
    row_destroy(&row);
}

Test(oracle, one_key_with_score_zero_gives_half_its_value)
{
    static const float q = 3, k = 2, v = -7, bias = -6;
    struct sc_problem p = plain_problem(1, 1, 1, 1);
    struct row row;

    p.bias = &bias;
    row_create(&row, &p, 53, &q, &k, &v, 0, 0, 0);
    cr_expect(row.o[0].lo == -3.5 && row.o[0].hi == -3.5, "[%a, %a]", row.o[0].lo, row.o[0].hi);
    cr_expect(row.scores->product[0] == 6 && row.scores->bias == 6 && row.scores->terms[0] == 6);
    row_destroy(&row);
}

Test(oracle, opposite_scores_share_one_value)
{
    static const float q = 0.75f, k[2] = {3, -3}, v[2] = {5, 5};
    const struct sc_problem p = plain_problem(1, 2, 1, 1);
    struct row row;

    row_create(&row, &p, 113, &q, k, v, 0, 0, 0);
    cr_expect(row.o[0].lo <= 5 && row.o[0].hi >= 5, "[%a, %a]", row.o[0].lo, row.o[0].hi);
    cr_expect(row.widths[0] > 0 && row.widths[0] < 0x1p-105, "width %a", row.widths[0]);
    row_destroy(&row);
}

Test(oracle, rows_without_keys_are_plus_zero)
{
    static const float q[4] = {NAN, INFINITY, 1, 2}, k[2] = {1, NAN}, v[2] = {NAN, -1};
    static const uint8_t none[8] = {0};
    static const int32_t no_keys = 0;
    struct row row;

    for (int32_t kind = 0; kind < 4; kind++) {
        struct sc_problem p = plain_problem(4, kind == 3 ? 0 : 2, 1, 1);
        if (kind == 0) { /* bottom-right alignment: rows 0 and 1 precede every key */
            p.right = 0;
        } else if (kind == 1) {
            p.plane = (struct sc_plane){none, {0, 0, 2, 8}, 4, 2, 1, 1};
        } else if (kind == 2) {
            p.key_lengths = &no_keys;
        }
        cr_assert_eq(sc_problem_check(&p), SC_PROBLEM_OK);
        row_create(&row, &p, 113, q, k, v, 0, 0, 0);
        cr_expect_eq(row.classes[0], SC_ORACLE_EMPTY, "kind %d: class %d", kind,
                     (int)row.classes[0]);
        cr_expect(row.o[0].lo == 0 && row.o[0].hi == 0 && !signbit(row.o[0].lo) &&
                      !signbit(row.o[0].hi),
                  "kind %d", kind);
        row_destroy(&row);
    }
}

Test(oracle, saturated_scores_keep_their_relative_accuracy)
{
    static const float scores[] = {200,    -200,    800,      -800,    -1.0e6f,
                                   1.0e6f, 1.0e30f, -1.0e30f, 3.0e38f, -3.0e38f};
    static const float k = 1, v = 3;
    const struct sc_problem p = plain_problem(1, 1, 1, 1);

    for (int32_t n = 0; n < LIST_SIZE(scores); n++) {
        struct definition definition;
        struct definition_row expected;
        struct row row;
        char where[48];
        (void)snprintf(where, sizeof where, "s = %g", (double)scores[n]);
        definition_create(&definition, &p, &scores[n], &k, &v);
        definition_row_create(&expected, &definition, 0, 0, 0);
        row_create(&row, &p, 113, &scores[n], &k, &v, 0, 0, 0);
        expect_row(&row, &expected, where);
        if (scores[n] > 0) {
            cr_expect(row.o[0].hi == 3 && row.o[0].lo >= nextafter(3, 0), "%s", where);
        } else if (scores[n] >= -600) { /* a normal double: two neighbours enclose it */
            cr_expect(row.o[0].lo > 0 && nextafter(row.o[0].lo, 4) == row.o[0].hi, "%s", where);
            cr_expect(row.widths[0] <= row.o[0].hi * 0x1p-108, "%s: %a", where, row.widths[0]);
        } else {
            cr_expect(row.o[0].lo == 0 && row.o[0].hi == 0x1p-1074, "%s: [%a, %a]", where,
                      row.o[0].lo, row.o[0].hi);
        }
        row_destroy(&row);
        definition_row_destroy(&expected);
        definition_destroy(&definition);
    }
}

Test(oracle, scores_of_2_to_the_380_leave_no_trap)
{
    static const float q[2] = {0x1p127f, 0x1p127f}, k[4] = {0x1p127f, 0x1p127f, -0x1p127f, 1};
    static const float v[2] = {2, -0x1p127f};
    struct sc_problem p = plain_problem(1, 2, 2, 1);
    struct row row;

    p.tau = 0x1p127f;
    row_create(&row, &p, 113, q, k, v, 0, 0, 0);
    cr_assert_eq(row.status, SC_OK, "%s", row.error.text);
    cr_expect(row.o[0].lo == nextafter(2, 0) && row.o[0].hi == 2, "[%a, %a]", row.o[0].lo,
              row.o[0].hi);
    cr_expect(row.scores->s[0].lo == 0x1p382 && row.scores->s[1].hi < -0x1p380);
    cr_expect(row.scores->p[1].lo == 0 && row.scores->p[1].hi == 0x1p-1074);
    row_destroy(&row);
}

Test(oracle, width_at_113_bits_is_below_2_to_the_minus_80_of_the_mass)
{
    for (uint64_t seed = 100; seed < 130; seed++) {
        struct sample x;
        struct definition definition;
        struct definition_row expected;
        struct row coarse, fine;
        mpfr_t limit;

        mpfr_init2(limit, 53);
        sample_create(&x, (enum sample_mask)(seed % SAMPLE_MASKS),
                      seed % 2 == 0 ? SAMPLE_BF16 : SAMPLE_FP32, true, seed);
        definition_create(&definition, &x.problem, x.q, x.k, x.v);
        for (int32_t i = 0; i < definition_rows(&x.problem, 0); i++) {
            definition_row_create(&expected, &definition, 0, 0, i);
            row_create(&coarse, &x.problem, 113, x.q, x.k, x.v, 0, 0, i);
            row_create(&fine, &x.problem, 256, x.q, x.k, x.v, 0, 0, i);
            for (int32_t c = 0; c < x.problem.d_v; c++) {
                mpfr_mul_2si(limit, expected.mass[c], -80, MPFR_RNDD);
                cr_expect(mpfr_cmp_d(limit, coarse.widths[c]) >= 0, "seed %u: width %a",
                          (unsigned)seed, coarse.widths[c]);
                mpfr_mul_2si(limit, expected.mass[c], -220, MPFR_RNDD);
                cr_expect(mpfr_cmp_d(limit, fine.widths[c]) >= 0, "seed %u: width %a",
                          (unsigned)seed, fine.widths[c]);
                cr_expect(coarse.o[c].hi <=
                              nextafter(nextafter(coarse.o[c].lo, HUGE_VAL), HUGE_VAL),
                          "seed %u: [%a, %a]", (unsigned)seed, coarse.o[c].lo, coarse.o[c].hi);
            }
            row_destroy(&coarse);
            row_destroy(&fine);
            definition_row_destroy(&expected);
        }
        definition_destroy(&definition);
        sample_destroy(&x);
        mpfr_clear(limit);
    }
}

Test(oracle, precision_600_decides_what_cancels)
{
    static const float q[3] = {0x1p127f, 0x1p127f, 0.5f}, k[3] = {0x1p127f, -0x1p127f, 1}, v = 1;
    const struct sc_problem p = plain_problem(1, 1, 3, 1);
    struct row row;

    row_create(&row, &p, 600, q, k, &v, 0, 0, 0);
    cr_expect(row.scores->s[0].lo == 0.5 && row.scores->s[0].hi == 0.5);
    cr_expect(row.widths[0] < 0x1p-595, "width %a", row.widths[0]);
    cr_expect(row.scores->terms[0] >= 0x1p255 &&
              row.scores->terms[0] <= 0x1p255 * (1 + DBL_EPSILON));
    row_destroy(&row);
}

/* Both have a bit below the 64 of an upper bound, and none between these and the 53 of a double. */
Test(oracle, product_and_width_bounds_count_the_last_bit)
{
    static const float q[2] = {1, 0x1p-26f}, k[2] = {1, 0x1p-26f}, one = 1;
    static const float wide_q[4] = {0x1p127f, 1, 1, 0x1p127f};
    static const float wide_k[12] = {0x1p127f, 1,         -1,       -0x1p127f, 0x1p127f, 1,
                                     -1,       -0x1p127f, 0x1p127f, 1,         -1,       -0x1p127f};
    static const float wide_v[3] = {1, 0x1p-52f, 0x1p-72f};
    struct sc_problem p = plain_problem(1, 1, 2, 1);
    struct row row;

    p.tau = 1 + 0x1p-20f; /* tau <q, k> = 1 + 2^-20 + 2^-52 + 2^-72 */
    row_create(&row, &p, 113, q, k, &one, 0, 0, 0);
    cr_expect(row.scores->product[0] == 1 + 0x1p-20 + 0x1p-51, "%a", row.scores->product[0]);
    row_destroy(&row);

    p = plain_problem(1, 3, 4, 1); /* every p is known to lie in [0, 1], no more */
    row_create(&row, &p, 113, wide_q, wide_k, wide_v, 0, 0, 0);
    cr_expect(row.scores->p[0].lo == 0 && row.scores->p[0].hi == 1, "[%a, %a]", row.scores->p[0].lo,
              row.scores->p[0].hi);
    cr_expect(row.widths[0] == 1 + 0x1p-51, "%a", row.widths[0]);
    row_destroy(&row);
}

Test(oracle, sigmoid_of_large_scores_is_bounded_without_a_flag)
{
    static const struct {
        double s;
        bool exact_zero; /* whether the small side has the lower bound 0 */
    } rows[] = {{0x1p30, true}, {0x1p400, true}, {0x1p30 - 1, false}};

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct sc_mpfr_state state;
        mpfr_t s, low[2], high[2], e, denominator;
        sc_mpfr_state_enter(&state);
        mpfr_inits2(64, s, low[0], low[1], high[0], high[1], e, denominator, (mpfr_ptr)NULL);
        for (int32_t sign = 0; sign < 2; sign++) { /* small: p of -s, 1 - p of +s */
            mpfr_set_d(s, sign == 0 ? -rows[r].s : rows[r].s, MPFR_RNDN);
            sc_sigmoid_bound(low[0], low[1], e, denominator, s, MPFR_RNDD);
            sc_sigmoid_bound(high[0], high[1], e, denominator, s, MPFR_RNDU);
            mpfr_srcptr least = sign == 0 ? low[0] : high[1];
            mpfr_srcptr most = sign == 0 ? high[0] : low[1];
            cr_expect_eq(mpfr_zero_p(least) != 0, rows[r].exact_zero, "%a, sign %d", rows[r].s,
                         sign);
            cr_expect(mpfr_cmp_ui_2exp(most, 1, -(mpfr_exp_t)0x40000000) <= 0 &&
                          mpfr_sgn(most) > 0 && mpfr_cmp(least, most) < 0,
                      "%a, sign %d", rows[r].s, sign);
            cr_expect(mpfr_cmp_ui(sign == 0 ? low[1] : high[0], 1) == 0, "%a, sign %d", rows[r].s,
                      sign);
        }
        mpfr_clears(s, low[0], low[1], high[0], high[1], e, denominator, (mpfr_ptr)NULL);
        const mpfr_flags_t raised = sc_mpfr_state_leave(&state);
        cr_expect_eq(raised & ~(mpfr_flags_t)MPFR_FLAGS_INEXACT, 0, "%a", rows[r].s);
    }
}

/* sigma(log(a / b)) = a / (a + b). */
Test(oracle, sigmoid_of_a_logarithm_is_a_fraction)
{
    static const struct {
        uint32_t a, b;
    } rows[] = {{3, 1}, {1, 3}, {1, 1}, {2, 1}, {1, 7}, {1, 65535}, {1000000, 1}, {5, 9}};

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        for (int32_t end = 0; end < 2; end++) {
            const mpfr_rnd_t toward = end == 0 ? MPFR_RNDD : MPFR_RNDU;
            mpfr_t s, p, complement, e, denominator, exact;
            mpfr_inits2(113, s, p, complement, e, denominator, (mpfr_ptr)NULL);
            mpfr_init2(exact, 400);
            mpfr_set_ui(exact, rows[r].a, MPFR_RNDN);
            mpfr_div_ui(exact, exact, rows[r].b, MPFR_RNDN);
            mpfr_log(exact, exact, MPFR_RNDN);
            mpfr_set(s, exact, toward);
            sc_sigmoid_bound(p, complement, e, denominator, s, toward);
            mpfr_set_ui(exact, rows[r].a, MPFR_RNDN);
            mpfr_div_ui(exact, exact, rows[r].a + rows[r].b, MPFR_RNDN);
            const int order = mpfr_cmp(p, exact);
            cr_expect(end == 0 ? order <= 0 : order >= 0, "sigma(log %u/%u), end %d", rows[r].a,
                      rows[r].b, end);
            mpfr_sub(e, p, exact, MPFR_RNDA);
            mpfr_div(e, e, exact, MPFR_RNDA);
            cr_expect(mpfr_cmpabs_ui(e, 0) == 0 || mpfr_get_exp(e) < -105, "wide: log %u/%u",
                      rows[r].a, rows[r].b);
            mpfr_ui_sub(exact, 1, exact, MPFR_RNDN);
            const int other = mpfr_cmp(complement, exact);
            cr_expect(end == 0 ? other >= 0 : other <= 0, "1 - sigma(log %u/%u), end %d", rows[r].a,
                      rows[r].b, end);
            mpfr_clears(s, p, complement, e, denominator, exact, (mpfr_ptr)NULL);
        }
    }
}

/* With 10 to 13 bits, a wrong rounding is as large as the error that it should enclose. */
Test(oracle, sigmoid_bounds_hold_at_every_small_precision)
{
    for (int32_t n = -400; n <= 400; n++) {
        for (int32_t bits = 10; bits <= 13; bits++) {
            mpfr_t s, low[2], high[2], e, denominator, exact, complement;
            mpfr_inits2(bits, s, low[0], low[1], high[0], high[1], e, denominator, (mpfr_ptr)NULL);
            mpfr_inits2(DEFINITION_BITS, exact, complement, (mpfr_ptr)NULL);
            mpfr_set_si_2exp(s, n, -5, MPFR_RNDN);
            definition_sigmoid(exact, s);
            mpfr_ui_sub(complement, 1, exact, MPFR_RNDN);
            sc_sigmoid_bound(low[0], low[1], e, denominator, s, MPFR_RNDD);
            sc_sigmoid_bound(high[0], high[1], e, denominator, s, MPFR_RNDU);
            cr_expect(mpfr_cmp(low[0], exact) <= 0 && mpfr_cmp(high[0], exact) >= 0,
                      "sigma(%d/32), %d bits", n, bits);
            cr_expect(mpfr_cmp(low[1], complement) >= 0 && mpfr_cmp(high[1], complement) <= 0,
                      "1 - sigma(%d/32), %d bits", n, bits);
            mpfr_clears(s, low[0], low[1], high[0], high[1], e, denominator, (mpfr_ptr)NULL);
            mpfr_clears(exact, complement, (mpfr_ptr)NULL);
        }
    }
}

Test(oracle, equal_tokens_sum_to_n_times_one_sigmoid)
{
    static float q[64], k[64], v[64];
    const float bias = sc_constants_minus_log(64);
    struct sc_problem p = plain_problem(64, 64, 1, 1);
    struct row row;
    mpfr_t exact;

    for (int32_t j = 0; j < 64; j++) {
        q[j] = k[j] = v[j] = 1;
    }
    p.bias = &bias;
    mpfr_init2(exact, DEFINITION_BITS);
    mpfr_set_flt(exact, bias, MPFR_RNDN);
    mpfr_add_ui(exact, exact, 1, MPFR_RNDN);
    definition_sigmoid(exact, exact);
    mpfr_mul_ui(exact, exact, 64, MPFR_RNDN);
    row_create(&row, &p, 113, q, k, v, 0, 0, 63);
    cr_expect(encloses(row.o[0], exact), "[%a, %a]", row.o[0].lo, row.o[0].hi);
    /* e n / (n + e) = 2.6075...: e / (1 + e / 64), b being within 2^-23 of -log 64 */
    cr_expect(fabs(row.o[0].lo - 2.7182818284590452 / (1 + 2.7182818284590452 / 64)) < 1e-6,
              "%.17g", row.o[0].lo);
    row_destroy(&row);
    mpfr_clear(exact);
}

static float poison(int32_t n)
{
    return n % 3 == 0 ? NAN : (n % 3 == 1 ? INFINITY : -INFINITY);
}

static void fill(float *buffer, int64_t offset, int32_t count)
{
    for (int32_t c = 0; c < count; c++) {
        buffer[offset + c] = poison(c + (int32_t)offset);
    }
}

/* Poisons everything that row (b, h, i) does not read: other rows of Q, masked keys and values. */
static void poison_unseen(struct sample *x, const struct definition *definition, int32_t b,
                          int32_t h, int32_t i)
{
    const struct sc_problem *p = &x->problem;
    const int64_t size_k = p->k.size, size_v = p->v.size;
    float *k = malloc((size_t)size_k * sizeof(float));
    float *v = malloc((size_t)size_v * sizeof(float));
    float q[CHANNELS_MAX];

    memcpy(q, x->q + sc_problem_q_row(p, b, h, i), (size_t)p->d * sizeof(float));
    memcpy(k, x->k, (size_t)size_k * sizeof(float));
    memcpy(v, x->v, (size_t)size_v * sizeof(float));
    fill(x->q, 0, (int32_t)p->q.size);
    fill(x->k, 0, (int32_t)size_k);
    fill(x->v, 0, (int32_t)size_v);
    memcpy(x->q + sc_problem_q_row(p, b, h, i), q, (size_t)p->d * sizeof(float));
    for (int32_t j = 0; j < definition_keys(p, b); j++) {
        if (definition_sees(definition, b, h, i, j)) {
            const int32_t g = h / (p->heads_q / p->heads_kv);
            const int64_t k_row = sc_problem_k_row(p, b, g, j);
            const int64_t v_row = sc_problem_v_row(p, b, g, j);
            memcpy(x->k + k_row, k + k_row, (size_t)p->d * sizeof(float));
            memcpy(x->v + v_row, v + v_row, (size_t)p->d_v * sizeof(float));
        }
    }
    free(k);
    free(v);
}

static bool same_rows(const struct row *x, const struct row *y)
{
    return x->status == y->status && memcmp(x->o, y->o, sizeof x->o) == 0 &&
           memcmp(x->classes, y->classes, sizeof x->classes) == 0 &&
           memcmp(x->widths, y->widths, sizeof x->widths) == 0;
}

static bool same_scores(const struct sc_oracle_scores *x, const struct sc_oracle_scores *y)
{
    const size_t n = (size_t)x->n_k;

    return x->n_k == y->n_k && x->bias == y->bias && memcmp(x->visible, y->visible, n) == 0 &&
           memcmp(x->terms, y->terms, n * sizeof(double)) == 0 &&
           memcmp(x->product, y->product, n * sizeof(double)) == 0 &&
           memcmp(x->mask_bias, y->mask_bias, n * sizeof(double)) == 0 &&
           memcmp(x->derivative, y->derivative, n * sizeof(double)) == 0 &&
           memcmp(x->s, y->s, n * sizeof(struct sc_enclosure)) == 0 &&
           memcmp(x->p, y->p, n * sizeof(struct sc_enclosure)) == 0;
}

Test(oracle, nan_and_infinity_in_unseen_places_change_no_bit)
{
    int32_t rows_seen = 0;

    for (uint64_t seed = 200; seed < 290; seed++) {
        struct sample x;
        struct definition definition;
        sample_create(&x, (enum sample_mask)(seed % SAMPLE_MASKS), SAMPLE_FP32, false, seed);
        definition_create(&definition, &x.problem, x.q, x.k, x.v);
        const int32_t b = x.problem.batch - 1, h = x.problem.heads_q - 1;
        const int32_t i = definition_rows(&x.problem, b) - 1;
        if (i >= 0) {
            struct row clean, poisoned;
            row_create(&clean, &x.problem, 113, x.q, x.k, x.v, b, h, i);
            poison_unseen(&x, &definition, b, h, i);
            row_create(&poisoned, &x.problem, 113, x.q, x.k, x.v, b, h, i);
            cr_expect(same_rows(&clean, &poisoned), "%s, seed %u: the row changed",
                      mask_names[seed % SAMPLE_MASKS], (unsigned)seed);
            cr_expect(same_scores(clean.scores, poisoned.scores), "%s, seed %u: the scores changed",
                      mask_names[seed % SAMPLE_MASKS], (unsigned)seed);
            row_destroy(&clean);
            row_destroy(&poisoned);
            rows_seen++;
        }
        definition_destroy(&definition);
        sample_destroy(&x);
    }
    cr_expect_gt(rows_seen, 50);
}

/* Rows with NaN, empty rows and ordinary ones follow each other. */
Test(oracle, a_row_does_not_depend_on_the_rows_before_it)
{
    int32_t classes_seen[3] = {0, 0, 0};

    for (uint64_t seed = 300; seed < 340; seed++) {
        struct sample x;
        struct sc_oracle *oracle = NULL;
        sample_create(&x, (enum sample_mask)(seed % SAMPLE_MASKS), SAMPLE_FP32, false, seed);
        const struct sc_problem *p = &x.problem;
        if (p->n_k > 0) {
            x.k[sample_integer(&x, 0, (int32_t)p->k.size - 1)] = NAN;
            x.v[sample_integer(&x, 0, (int32_t)p->v.size - 1)] = INFINITY;
        }
        cr_assert_eq(sc_oracle_create(p, 113, x.q, x.k, x.v, &oracle, NULL), SC_OK);
        for (int32_t n = 0; n < 12; n++) {
            const int32_t b = sample_integer(&x, 0, p->batch - 1);
            const int32_t h = sample_integer(&x, 0, p->heads_q - 1);
            const int32_t i = sample_integer(&x, 0, SAMPLE_LENGTH);
            struct row fresh, used;
            if (i >= definition_rows(p, b)) {
                continue;
            }
            memset(&used, 0, sizeof used);
            row_create(&fresh, p, 113, x.q, x.k, x.v, b, h, i);
            used.status = sc_oracle_row(oracle, b, h, i, used.o, used.classes, NULL);
            memcpy(used.widths, sc_oracle_row_widths(oracle), (size_t)p->d_v * sizeof(double));
            cr_expect(same_rows(&fresh, &used), "seed %u, row (%d, %d, %d)", (unsigned)seed, b, h,
                      i);
            cr_expect(same_scores(fresh.scores, sc_oracle_row_scores(oracle)),
                      "seed %u, row (%d, %d, %d): scores", (unsigned)seed, b, h, i);
            classes_seen[fresh.classes[0]]++;
            row_destroy(&fresh);
        }
        sc_oracle_destroy(oracle);
        sample_destroy(&x);
    }
    cr_expect(classes_seen[0] > 20 && classes_seen[1] > 20 && classes_seen[2] > 20, "%d %d %d",
              classes_seen[0], classes_seen[1], classes_seen[2]);
}

Test(oracle, a_visible_nan_or_infinity_leaves_exactly_its_elements_undefined)
{
    static const struct {
        const char *name;
        int32_t tensor, element; /* 0, 1, 2: Q, K, V */
        bool undefined[2];
    } rows[] = {
        {"value of the first key, channel 0", 2, 0, {true, false}},
        {"value of the last key, channel 1", 2, 5, {false, true}},
        {"key", 1, 3, {true, true}},
        {"query", 0, 1, {true, true}},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        for (int32_t n = 0; n < 3; n++) {
            /* zeros opposite to the poison do not hide it */
            float q[2] = {2, 0}, k[6] = {1, 0, 0.5f, 0, -1, 0}, v[6] = {1, 2, 3, 4, 5, 6};
            float *const tensors[3] = {q, k, v};
            const struct sc_problem p = plain_problem(1, 3, 2, 2);
            struct row clean, row;
            row_create(&clean, &p, 113, q, k, v, 0, 0, 0);
            tensors[rows[r].tensor][rows[r].element] = poison(n);
            row_create(&row, &p, 113, q, k, v, 0, 0, 0);
            cr_expect_eq(row.status, SC_OK, "%s: %s", rows[r].name, row.error.text);
            for (int32_t c = 0; c < 2; c++) {
                if (rows[r].undefined[c]) {
                    cr_expect(row.classes[c] == SC_ORACLE_UNDEFINED && row.o[c].lo == -HUGE_VAL &&
                                  row.o[c].hi == HUGE_VAL && row.widths[c] == HUGE_VAL,
                              "%s, %g: channel %d is defined", rows[r].name, (double)poison(n), c);
                } else {
                    cr_expect(row.classes[c] == SC_ORACLE_FINITE &&
                                  memcmp(&row.o[c], &clean.o[c], sizeof row.o[c]) == 0,
                              "%s, %g: channel %d changed", rows[r].name, (double)poison(n), c);
                }
            }
            for (int32_t j = 0; j < 3; j++) {
                const bool undefined = rows[r].tensor == 0 || (rows[r].tensor == 1 && j == 1);
                cr_expect(row.scores->visible[j], "%s: key %d is masked", rows[r].name, j);
                cr_expect_eq(row.scores->terms[j] == HUGE_VAL, undefined, "%s: key %d",
                             rows[r].name, j);
                cr_expect_eq(row.scores->p[j].lo == -HUGE_VAL, undefined, "%s: key %d",
                             rows[r].name, j);
            }
            row_destroy(&clean);
            row_destroy(&row);
        }
    }
}

Test(oracle, derivative_bound_is_close_in_both_tails)
{
    static const float scores[] = {-300, -40, -3, -0.5f, 0, 0.5f, 3, 40, 300};
    static const float k = 1, v = 1;
    const struct sc_problem p = plain_problem(1, 1, 1, 1);

    for (int32_t n = 0; n < LIST_SIZE(scores); n++) {
        struct row row;
        mpfr_t s, exact, complement;
        mpfr_inits2(DEFINITION_BITS, s, exact, complement, (mpfr_ptr)NULL);
        mpfr_set_flt(s, scores[n], MPFR_RNDN);
        definition_sigmoid(exact, s);
        mpfr_ui_sub(complement, 1, exact, MPFR_RNDN);
        mpfr_mul(exact, exact, complement, MPFR_RNDN);
        row_create(&row, &p, 113, &scores[n], &k, &v, 0, 0, 0);
        cr_expect(bounds_closely(row.scores->derivative[0], exact), "s = %g: %a", (double)scores[n],
                  row.scores->derivative[0]);
        row_destroy(&row);
        mpfr_clears(s, exact, complement, (mpfr_ptr)NULL);
    }
}

Test(oracle, result_does_not_depend_on_the_callers_mpfr_state)
{
    struct sample x;
    struct row plain, narrow;

    sample_create(&x, SAMPLE_FULL, SAMPLE_HUGE, false, 7);
    cr_assert_gt(x.problem.n_q, 0);
    row_create(&plain, &x.problem, 113, x.q, x.k, x.v, 0, 0, 0);
    (void)mpfr_set_emin(-3);
    (void)mpfr_set_emax(3);
    mpfr_clear_flags();
    mpfr_set_nanflag();
    row_create(&narrow, &x.problem, 113, x.q, x.k, x.v, 0, 0, 0);
    cr_expect_eq(mpfr_get_emin(), -3);
    cr_expect_eq(mpfr_get_emax(), 3);
    cr_expect_eq(mpfr_flags_save(), (mpfr_flags_t)MPFR_FLAGS_NAN);
    cr_expect(same_rows(&plain, &narrow));
    cr_expect(same_scores(plain.scores, narrow.scores));
    row_destroy(&plain);
    row_destroy(&narrow);
    sample_destroy(&x);
}

/* Whether a row is refused, its outputs are left alone and the message has `text`. */
static bool refuses(struct sc_oracle *oracle, int32_t b, int32_t h, int32_t i,
                    enum sc_status expected, const char *text)
{
    struct sc_enclosure o = {7, 7};
    enum sc_oracle_class class = SC_ORACLE_UNDEFINED;
    struct sc_error error = {SC_OK, ""};

    return sc_oracle_row(oracle, b, h, i, &o, &class, &error) == expected && o.lo == 7 &&
           o.hi == 7 && class == SC_ORACLE_UNDEFINED && strstr(error.text, text) != NULL &&
           sc_oracle_row_scores(oracle)->n_k == 0;
}

Test(oracle, refuses_another_floating_point_environment)
{
    static const float q = 0x1p-149f, k = 1, v = 1;
    const struct sc_problem p = plain_problem(1, 1, 1, 1);
    struct row row;

    row_create(&row, &p, 113, &q, &k, &v, 0, 0, 0);
    cr_assert_eq(fesetround(FE_UPWARD), 0);
    const bool upward = refuses(row.oracle, 0, 0, 0, SC_E_UNAVAILABLE, "rounding mode");
    cr_assert_eq(fesetround(FE_TONEAREST), 0);
    cr_expect(upward, "rounding upward");
#if defined(__SSE2__)
    const unsigned control = _mm_getcsr();
    _mm_setcsr(control | 0x8000u); /* flush to zero */
    const bool flushed = refuses(row.oracle, 0, 0, 0, SC_E_UNAVAILABLE, "flushed");
    _mm_setcsr(control | 0x0040u); /* denormals are zero */
    const bool zeroed = refuses(row.oracle, 0, 0, 0, SC_E_UNAVAILABLE, "read as zero");
    _mm_setcsr(control);
    cr_expect(flushed, "flush to zero");
    cr_expect(zeroed, "denormals are zero");
#endif
    cr_expect_eq(sc_environment_check(NULL), SC_OK);
    row_destroy(&row);
}

Test(oracle, refuses_rows_and_precisions_out_of_range)
{
    static const float x = 1;
    const struct sc_problem p = plain_problem(1, 1, 1, 1);
    struct row row;
    struct sc_oracle *oracle = NULL;
    struct sc_error error = {SC_OK, ""};

    row_create(&row, &p, 53, &x, &x, &x, 0, 0, 0);
    cr_expect(refuses(row.oracle, -1, 0, 0, SC_E_INPUT, "sequence -1"));
    cr_expect(refuses(row.oracle, 1, 0, 0, SC_E_INPUT, "sequence 1"));
    cr_expect(refuses(row.oracle, 0, -1, 0, SC_E_INPUT, "head -1"));
    cr_expect(refuses(row.oracle, 0, 1, 0, SC_E_INPUT, "head 1"));
    cr_expect(refuses(row.oracle, 0, 0, -1, SC_E_INPUT, "row -1"));
    cr_expect(refuses(row.oracle, 0, 0, 1, SC_E_INPUT, "row 1"));
    row_destroy(&row);
    cr_expect_eq(sc_oracle_create(&p, 52, &x, &x, &x, &oracle, &error), SC_E_INPUT);
    cr_expect_eq(sc_oracle_create(&p, 4097, &x, &x, &x, &oracle, &error), SC_E_INPUT);
    cr_expect_null(oracle);
    row_create(&row, &p, 4096, &x, &x, &x, 0, 0, 0);
    cr_expect_eq(row.status, SC_OK);
    cr_expect(row.widths[0] > 0 || row.o[0].lo < row.o[0].hi);
    row_destroy(&row);
}
