/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_dot.h"

#include "spec/mask.h"
#include "tests/limbs.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#define COUNT 40

/* sum of x_c y_c, each factor an integer times 2^-149. */
static void define(mpz_ptr sum, const float *x, const float *y, int32_t count)
{
    mpz_t a, b;

    mpz_inits(a, b, NULL);
    mpz_set_ui(sum, 0);
    for (int32_t c = 0; c < count; c++) {
        limbs_from_float(a, x[c], -149);
        limbs_from_float(b, y[c], -149);
        mpz_addmul(sum, a, b);
    }
    mpz_clears(a, b, NULL);
}

static void expect(const float *x, const float *y, int32_t count, const char *where, uint64_t seed)
{
    struct sc_fixed_dot dot;
    mpz_t expected, found;

    mpz_inits(expected, found, NULL);
    define(expected, x, y, count);
    sc_fixed_dot(&dot, x, y, count);
    limbs_to_integer(found, dot.negative, dot.magnitude, SC_FIXED_DOT_LIMBS);
    cr_expect(mpz_cmp(expected, found) == 0, "%s, seed %u", where, (unsigned)seed);
    cr_expect(!dot.negative || mpz_sgn(found) < 0, "%s: a negative zero", where);
    mpz_clears(expected, found, NULL);
}

Test(fixed_dot, is_exact_for_all_exponents)
{
    for (uint64_t seed = 0; seed < 3000; seed++) {
        uint64_t state = seed;
        float x[COUNT], y[COUNT];
        for (int32_t c = 0; c < COUNT; c++) {
            x[c] = limbs_random_float(&state);
            y[c] = limbs_random_float(&state);
        }
        expect(x, y, (int32_t)(seed % (COUNT + 1)), "any floats", seed);
    }
}

/* Every sum of exponents, so that every bin and every shift is met. */
Test(fixed_dot, is_exact_at_every_position)
{
    static const float signs[2][4] = {{1, -1, 1, -1}, {1, 1, -1, -1}};

    for (int32_t position = -298; position <= 254; position++) {
        const int32_t half = position < 0 ? position / 2 : position - position / 2;
        float x[4], y[4];
        for (int32_t c = 0; c < 4; c++) {
            x[c] = ldexpf(signs[0][c] * (c < 2 ? 1 : 1 + 0x1p-23f), half);
            y[c] = ldexpf(signs[1][c] * (c % 3 == 0 ? 1 : 1.5f + 0x1p-22f), position - half);
        }
        expect(x, y, 4, "position", (uint64_t)(position + 298));
    }
}

Test(fixed_dot, terms_of_2_to_the_254_cancel)
{
    static const float x[4] = {0x1p127f, 0x1p-149f, 0x1p127f, 1};
    static const float y[4] = {0x1p127f, 0x1p-149f, -0x1p127f, 0};
    struct sc_fixed_dot dot;

    sc_fixed_dot(&dot, x, y, 4);
    cr_expect(!dot.negative && dot.magnitude[0] == 1);
    for (int32_t l = 1; l < SC_FIXED_DOT_LIMBS; l++) {
        cr_expect_eq(dot.magnitude[l], 0, "limb %d", l);
    }
    sc_fixed_dot(&dot, x, y, 0);
    cr_expect(!dot.negative && mpn_zero_p(dot.magnitude, SC_FIXED_DOT_LIMBS) != 0);
}

/* 2^24 terms of (2^24 - 1)^2 2^506 units, the most that there can be. */
Test(fixed_dot, the_largest_sums_fit)
{
    float *x = malloc((size_t)SC_LENGTH_MAX * sizeof(float));
    float *y = malloc((size_t)SC_LENGTH_MAX * sizeof(float));
    struct sc_fixed_dot dot;
    mpz_t expected, found;

    mpz_inits(expected, found, NULL);
    for (int32_t c = 0; c < SC_LENGTH_MAX; c++) {
        x[c] = FLT_MAX;
        y[c] = -FLT_MAX;
    }
    mpz_set_ui(expected, 0xffffff);
    mpz_mul(expected, expected, expected);
    mpz_mul_2exp(expected, expected, 506 + 24);
    sc_fixed_dot(&dot, x, x, SC_LENGTH_MAX);
    limbs_to_integer(found, dot.negative, dot.magnitude, SC_FIXED_DOT_LIMBS);
    cr_expect(mpz_cmp(expected, found) == 0, "positive");
    mpz_neg(expected, expected);
    sc_fixed_dot(&dot, x, y, SC_LENGTH_MAX);
    limbs_to_integer(found, dot.negative, dot.magnitude, SC_FIXED_DOT_LIMBS);
    cr_expect(mpz_cmp(expected, found) == 0, "negative");
    mpz_clears(expected, found, NULL);
    free(x);
    free(y);
}
