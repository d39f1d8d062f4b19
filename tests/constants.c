/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/constants.h"

#include <criterion/criterion.h>
#include <gmp.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

static bool same_bits(float x, float y)
{
    return memcmp(&x, &y, sizeof x) == 0;
}

/* Sign of m^2 d - 1 for a point m = significand 2^exponent, in integers. */
static int compare_with_scale(int64_t significand, int exponent, int32_t d)
{
    mpz_t square, one;

    mpz_init_set_si(square, significand);
    mpz_mul(square, square, square);
    mpz_mul_si(square, square, d);
    mpz_init_set_ui(one, 1);
    mpz_mul_2exp(one, one, (mp_bitcnt_t)(-2 * exponent));
    const int order = mpz_cmp(square, one);
    mpz_clears(square, one, NULL);
    return order;
}

/* Whether x is nearest to 1/sqrt(d): the midpoints to its neighbours lie on either side of it. */
static bool is_nearest_scale(float x, int32_t d)
{
    int exponent;
    const double fraction = frexp((double)x, &exponent); /* in [1/2, 1) */
    const int64_t significand = (int64_t)ldexp(fraction, 24);
    const int64_t below = significand == (1 << 23) ? 4 * significand - 1 : 4 * significand - 2;

    return compare_with_scale(below, exponent - 26, d) < 0 &&
           compare_with_scale(4 * significand + 2, exponent - 26, d) > 0;
}

Test(constants, scale_is_nearest_to_the_inverse_square_root_for_all_d_to_65536)
{
    for (int32_t d = 1; d <= 65536; d++) {
        cr_assert(is_nearest_scale(sc_constants_scale(d), d), "d %d: %a", d,
                  (double)sc_constants_scale(d));
    }
}

Test(constants, scale_is_nearest_for_large_d)
{
    for (int32_t d = 65537; d < SC_LENGTH_MAX; d += 1009) {
        cr_assert(is_nearest_scale(sc_constants_scale(d), d), "d %d: %a", d,
                  (double)sc_constants_scale(d));
    }
    cr_expect(is_nearest_scale(sc_constants_scale(SC_LENGTH_MAX - 1), SC_LENGTH_MAX - 1));
}

Test(constants, known_scales)
{
    static const struct {
        int32_t d;
        float expected;
    } rows[] = {
        {1, 1.0f},     {2, 0x1.6a09e6p-1f}, /* 0x1.6a09e667f3bcdp-1 */
        {64, 0x1p-3f}, {128, 0x1.6a09e6p-4f}, {256, 0x1p-4f}, {SC_LENGTH_MAX, 0x1p-12f},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const float found = sc_constants_scale(rows[r].d);
        cr_expect(same_bits(found, rows[r].expected), "d %d: %a", rows[r].d, (double)found);
    }
}

/* Half way between |x| and a neighbour is on the far side of log n: at 300 bits, where the error of
 * the logarithm is far below any distance met. */
static bool is_nearest_log(float x, int32_t n)
{
    mpfr_t logarithm;
    const float magnitude = -x;

    mpfr_init2(logarithm, 300);
    mpfr_set_si(logarithm, n, MPFR_RNDN);
    mpfr_log(logarithm, logarithm, MPFR_RNDN);
    const double below = ((double)magnitude + (double)nextafterf(magnitude, 0.0f)) / 2;
    const double above = ((double)magnitude + (double)nextafterf(magnitude, 100.0f)) / 2;
    const bool nearest = mpfr_cmp_d(logarithm, below) > 0 && mpfr_cmp_d(logarithm, above) < 0;
    mpfr_clear(logarithm);
    return nearest;
}

Test(constants, minus_log_is_nearest)
{
    for (int32_t n = 2; n <= 4096; n++) {
        cr_assert(is_nearest_log(sc_constants_minus_log(n), n), "n %d: %a", n,
                  (double)sc_constants_minus_log(n));
    }
    for (int32_t n = 4097; n < INT32_MAX / 2; n += n / 256) {
        cr_assert(is_nearest_log(sc_constants_minus_log(n), n), "n %d: %a", n,
                  (double)sc_constants_minus_log(n));
    }
}

Test(constants, known_logarithms)
{
    static const struct {
        int32_t n;
        float expected;
    } rows[] = {
        {0, 0.0f},           /* by definition */
        {1, 0.0f},           /* +0, not -0 */
        {2, -0x1.62e43p-1f}, /* 0x1.62e42fefa39efp-1 */
        {4, -0x1.62e43p+0f},
        {10, -0x1.26bb1cp+1f}, /* 0x1.26bb1bbb55516p+1 */
        {65536, -0x1.62e43p+3f},
        {SC_LENGTH_MAX, -0x1.0a2b24p+4f}, /* 24 log 2 = 0x1.0a2b23f3bab73p+4 */
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const float found = sc_constants_minus_log(rows[r].n);
        cr_expect(same_bits(found, rows[r].expected), "n %d: %a", rows[r].n, (double)found);
    }
}

Test(constants, do_not_depend_on_the_callers_mpfr_state)
{
    (void)mpfr_set_emin(-2);
    (void)mpfr_set_emax(2);
    mpfr_clear_flags();
    mpfr_set_erangeflag();
    const float scale = sc_constants_scale(SC_LENGTH_MAX);
    const float logarithm = sc_constants_minus_log(65536);
    cr_expect_eq(mpfr_get_emin(), -2);
    cr_expect_eq(mpfr_get_emax(), 2);
    cr_expect_eq(mpfr_flags_save(), (mpfr_flags_t)MPFR_FLAGS_ERANGE);
    cr_expect(same_bits(scale, 0x1p-12f), "%a", (double)scale);
    cr_expect(same_bits(logarithm, -0x1.62e43p+3f), "%a", (double)logarithm);
}

Test(constants, arguments_out_of_range_give_what_no_problem_accepts)
{
    cr_expect_eq(sc_constants_scale(0), INFINITY);
    cr_expect(isnan(sc_constants_scale(-1)));
    cr_expect(isnan(sc_constants_minus_log(-1)));
}

static const int32_t lengths[3] = {10, 0, 4};
static const int32_t starts[4] = {0, 1, 1, 11};
static const int32_t falling[4] = {0, 9, 2, 11};
static const int32_t overflowing[4] = {INT32_MIN, INT32_MAX, INT32_MIN, 11};

Test(constants, bias_follows_its_rule)
{
    const struct {
        const char *name;
        const int32_t *key_lengths, *starts;
        enum sc_bias_rule rule;
        int32_t constant;
        enum sc_bias_scope scope;
        float expected[3];
    } rows[] = {
        {"padded", NULL, NULL, SC_BIAS_RULE_PADDED, 0, SC_BIAS_SCALAR, {-0x1.62e43p+3f, 9, 9}},
        {"padded ignores key lengths",
         lengths,
         NULL,
         SC_BIAS_RULE_PADDED,
         0,
         SC_BIAS_SCALAR,
         {-0x1.62e43p+3f, 9, 9}},
        {"valid without lengths",
         NULL,
         NULL,
         SC_BIAS_RULE_VALID,
         0,
         SC_BIAS_PER_SEQUENCE,
         {-0x1.62e43p+3f, -0x1.62e43p+3f, -0x1.62e43p+3f}},
        {"valid with lengths",
         lengths,
         NULL,
         SC_BIAS_RULE_VALID,
         0,
         SC_BIAS_PER_SEQUENCE,
         {-0x1.26bb1cp+1f, 0, -0x1.62e43p+0f}},
        {"valid, packed",
         NULL,
         starts,
         SC_BIAS_RULE_VALID,
         0,
         SC_BIAS_PER_SEQUENCE,
         {0, 0, -0x1.26bb1cp+1f}},
        {"constant",
         lengths,
         NULL,
         SC_BIAS_RULE_CONSTANT,
         2,
         SC_BIAS_SCALAR,
         {-0x1.62e43p-1f, 9, 9}},
        {"constant, packed", NULL, starts, SC_BIAS_RULE_CONSTANT, 1, SC_BIAS_SCALAR, {0, 9, 9}},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_problem p = {.batch = 3,
                                     .n_k = 65536,
                                     .key_lengths = rows[r].key_lengths,
                                     .starts_q = rows[r].starts,
                                     .starts_k = rows[r].starts};
        enum sc_bias_scope scope = SC_BIAS_PER_HEAD;
        float bias[3] = {9, 9, 9};
        const enum sc_status status =
            sc_constants_bias(&p, rows[r].rule, rows[r].constant, bias, &scope, NULL);
        cr_expect_eq(status, SC_OK, "%s: status %d", rows[r].name, (int)status);
        cr_expect_eq(scope, rows[r].scope, "%s: scope %d", rows[r].name, (int)scope);
        for (size_t n = 0; n < 3; n++) {
            cr_expect(same_bits(bias[n], rows[r].expected[n]), "%s: bias[%zu] = %a", rows[r].name,
                      n, (double)bias[n]);
        }
    }
}

Test(constants, bias_refuses_and_writes_nothing)
{
    static const int32_t negative[3] = {1, 2, -1};
    const struct {
        const char *name;
        int32_t n_k;
        const int32_t *key_lengths, *starts_q, *starts_k;
        int rule;
        int32_t constant;
        const char *message;
    } rows[] = {
        {"padded, packed", 11, NULL, starts, starts, SC_BIAS_RULE_PADDED, 1, "no padding"},
        {"padded, n_k below 0", -1, NULL, NULL, NULL, SC_BIAS_RULE_PADDED, 1, "n_k = -1"},
        {"padded, n_k too large", SC_LENGTH_MAX + 1, NULL, NULL, NULL, SC_BIAS_RULE_PADDED, 1,
         "n_k = 16777217"},
        {"constant 0", 4, NULL, NULL, NULL, SC_BIAS_RULE_CONSTANT, 0, "n = 0"},
        {"constant below 0", 4, NULL, NULL, NULL, SC_BIAS_RULE_CONSTANT, -5, "n = -5"},
        {"valid, a negative length", 4, negative, NULL, NULL, SC_BIAS_RULE_VALID, 1, "key count"},
        {"valid, falling starts", 11, NULL, falling, falling, SC_BIAS_RULE_VALID, 1, "key count"},
        {"valid, overflowing starts", 11, NULL, overflowing, overflowing, SC_BIAS_RULE_VALID, 1,
         "key count"},
        {"valid, starts of Q only", 11, NULL, starts, NULL, SC_BIAS_RULE_VALID, 1, "key count"},
        {"no such rule", 4, NULL, NULL, NULL, 3, 1, "bias rule: 3"},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_problem p = {.batch = 3,
                                     .n_k = rows[r].n_k,
                                     .key_lengths = rows[r].key_lengths,
                                     .starts_q = rows[r].starts_q,
                                     .starts_k = rows[r].starts_k};
        enum sc_bias_scope scope = SC_BIAS_PER_HEAD;
        float bias[3] = {9, 9, 9};
        struct sc_error error = {SC_OK, ""};
        const enum sc_status status = sc_constants_bias(&p, (enum sc_bias_rule)rows[r].rule,
                                                        rows[r].constant, bias, &scope, &error);
        cr_expect_eq(status, SC_E_INPUT, "%s: status %d", rows[r].name, (int)status);
        cr_expect(strstr(error.text, rows[r].message) != NULL, "%s: '%s'", rows[r].name,
                  error.text);
        cr_expect(scope == SC_BIAS_PER_HEAD && bias[0] == 9 && bias[1] == 9 && bias[2] == 9,
                  "%s: written", rows[r].name);
    }
}
