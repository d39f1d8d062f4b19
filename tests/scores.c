/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/scores.h"

#include "tests/definition.h"
#include "tests/sample.h"

#include <criterion/criterion.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

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

/* Whether bound >= p (1 - p), and not by more than 2^-45 of it or what a double cannot hold. */
static bool bounds_derivative(double bound, mpfr_srcptr p)
{
    mpfr_t exact;

    mpfr_init2(exact, 2 * DEFINITION_BITS);
    mpfr_ui_sub(exact, 1, p, MPFR_RNDN);
    mpfr_mul(exact, exact, p, MPFR_RNDN);
    bool ok = bound <= 0.25 && mpfr_cmp_d(exact, bound) <= 0;
    mpfr_mul_d(exact, exact, 1 + 0x1p-45, MPFR_RNDU);
    mpfr_add_d(exact, exact, 0x1p-1070, MPFR_RNDU);
    ok = ok && mpfr_cmp_d(exact, bound) >= 0;
    mpfr_clear(exact);
    return ok;
}

static void expect_row(const struct sc_scores *scores, const struct definition_row *expected,
                       const char *where)
{
    cr_assert_eq(scores->n_k, expected->n_k, "%s: %d keys", where, scores->n_k);
    for (int32_t j = 0; j < scores->n_k; j++) {
        cr_expect_eq(scores->visible[j], expected->visible[j], "%s key %d: visible %d", where, j,
                     scores->visible[j]);
        cr_expect(bounds_closely(scores->terms[j], expected->terms[j]), "%s key %d: terms %a",
                  where, j, scores->terms[j]);
        cr_expect(bounds_closely(scores->product[j], expected->product[j]), "%s key %d: product %a",
                  where, j, scores->product[j]);
        cr_expect(mpfr_cmp_d(expected->mask_bias[j], scores->mask_bias[j]) == 0,
                  "%s key %d: mask bias %a", where, j, scores->mask_bias[j]);
        cr_expect(encloses(scores->s[j], expected->s[j]), "%s key %d: s [%a, %a]", where, j,
                  scores->s[j].lo, scores->s[j].hi);
        cr_expect(encloses(scores->p[j], expected->p[j]), "%s key %d: p [%a, %a]", where, j,
                  scores->p[j].lo, scores->p[j].hi);
        if (scores->visible[j]) {
            cr_expect(scores->s[j].hi <= nextafter(scores->s[j].lo, HUGE_VAL) &&
                          scores->p[j].hi <= nextafter(scores->p[j].lo, HUGE_VAL) &&
                          scores->p[j].lo >= 0 && scores->p[j].hi <= 1,
                      "%s key %d: s [%a, %a], p [%a, %a]", where, j, scores->s[j].lo,
                      scores->s[j].hi, scores->p[j].lo, scores->p[j].hi);
            cr_expect(bounds_derivative(scores->derivative[j], expected->p[j]),
                      "%s key %d: derivative %a", where, j, scores->derivative[j]);
        }
    }
}

static void expect_sample(struct sample *x, const char *where)
{
    const struct sc_problem *p = &x->problem;
    struct definition definition;
    struct sc_scores scores;

    definition_create(&definition, p, x->q, x->k, x->v);
    cr_assert_eq(sc_scores_create(&scores, p, x->q, x->k, NULL), SC_OK);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < definition_rows(p, b); i++) {
                struct definition_row expected;
                definition_row_create(&expected, &definition, b, h, i);
                cr_assert_eq(sc_scores_row(&scores, b, h, i, NULL), SC_OK);
                cr_expect_eq(scores.bias, fabs((double)sc_problem_bias(p, b, h)), "%s", where);
                expect_row(&scores, &expected, where);
                definition_row_destroy(&expected);
            }
        }
    }
    sc_scores_destroy(&scores);
    definition_destroy(&definition);
}

/* A double beside the exact value, in every class of values; what cancels costs nothing. */
Test(scores, are_those_of_the_definition)
{
    char where[64];

    for (uint64_t seed = 0; seed < 4 * SAMPLE_MASKS * SAMPLE_VALUES; seed++) {
        struct sample x;
        const int mask = (int)(seed % SAMPLE_MASKS);
        const int values = (int)(seed / SAMPLE_MASKS % SAMPLE_VALUES);
        (void)snprintf(where, sizeof where, "mask %d, values %d, seed %u", mask, values,
                       (unsigned)seed);
        sample_create(&x, (enum sample_mask)mask, (enum sample_values)values, true, seed);
        expect_sample(&x, where);
        sample_destroy(&x);
    }
}

/* One query and three keys of two channels. */
static struct sc_problem small_problem(void)
{
    static const float zero = 0;

    return (struct sc_problem){.batch = 1,
                               .heads_q = 1,
                               .heads_kv = 1,
                               .n_q = 1,
                               .n_k = 3,
                               .d = 2,
                               .d_v = 1,
                               .tau = 1.0f,
                               .bias = &zero,
                               .left = SC_MASK_UNBOUNDED,
                               .right = SC_MASK_UNBOUNDED,
                               .q = {0, 0, 2, 2},
                               .k = {0, 0, 2, 6},
                               .v = {0, 0, 1, 3},
                               .o = {0, 0, 1, 1}};
}

Test(scores, of_a_visible_nan_or_infinity_are_undefined)
{
    for (int32_t n = 0; n < 6; n++) {
        const struct sc_problem p = small_problem();
        const float poison = n % 3 == 0 ? NAN : (n % 3 == 1 ? INFINITY : -INFINITY);
        float q[2] = {2, 0}, k[6] = {1, 0, 0.5f, 0, -1, 0};
        struct sc_scores scores;
        (n < 3 ? q : k)[n < 3 ? 1 : 3] = poison;
        cr_assert_eq(sc_scores_create(&scores, &p, q, k, NULL), SC_OK);
        cr_assert_eq(sc_scores_row(&scores, 0, 0, 0, NULL), SC_OK);
        for (int32_t j = 0; j < 3; j++) {
            const bool undefined = n < 3 || j == 1;
            cr_expect(scores.visible[j]);
            cr_expect_eq(scores.terms[j] == HUGE_VAL && scores.product[j] == HUGE_VAL &&
                             scores.derivative[j] == HUGE_VAL && scores.s[j].lo == -HUGE_VAL &&
                             scores.p[j].hi == HUGE_VAL,
                         undefined, "%g: key %d", (double)poison, j);
        }
        sc_scores_destroy(&scores);
    }
}

Test(scores, refuse_another_rounding_mode)
{
    static const float q[2] = {1, 2}, k[6] = {1, 2, 3, 4, 5, 6};
    const struct sc_problem p = small_problem();
    struct sc_scores scores;

    cr_assert_eq(sc_scores_create(&scores, &p, q, k, NULL), SC_OK);
    cr_assert_eq(sc_scores_row(&scores, 0, 0, 0, NULL), SC_OK);
    cr_assert_eq(scores.n_k, 3);
    cr_assert_eq(fesetround(FE_DOWNWARD), 0);
    const enum sc_status status = sc_scores_row(&scores, 0, 0, 0, NULL);
    cr_assert_eq(fesetround(FE_TONEAREST), 0);
    cr_expect_eq(status, SC_E_UNAVAILABLE);
    cr_expect_eq(scores.n_k, 0);
    sc_scores_destroy(&scores);
}
