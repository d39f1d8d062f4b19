/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_score.h"

#include "spec/mask.h"
#include "tests/limbs.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

struct constants {
    float tau, bias, slope;
    int32_t distance;
};

/* s in units of 2^-448, from integers in units of 2^-149 and 2^-298. */
static void define(mpz_ptr s, const struct sc_fixed_dot *dot, const struct constants *x)
{
    mpz_t term, factor;

    mpz_inits(term, factor, NULL);
    limbs_to_integer(s, dot->negative, dot->magnitude, SC_FIXED_DOT_LIMBS);
    limbs_from_float(factor, x->tau, -149);
    mpz_mul(s, s, factor);
    mpz_mul_2exp(s, s, 448 - 149 - 298);
    limbs_from_float(term, x->bias, -448);
    mpz_add(s, s, term);
    limbs_from_float(term, x->slope, -448);
    mpz_mul_si(term, term, x->distance);
    mpz_sub(s, s, term);
    mpz_clears(term, factor, NULL);
}

static void expect(const struct sc_fixed_dot *dot, const struct constants *x, const char *where)
{
    struct sc_fixed_score score;
    mpz_t expected, found;

    mpz_inits(expected, found, NULL);
    define(expected, dot, x);
    sc_fixed_score(&score, dot, x->tau, x->bias, x->slope, x->distance);
    limbs_to_integer(found, score.negative, score.magnitude, SC_FIXED_SCORE_LIMBS);
    cr_expect(mpz_cmp(expected, found) == 0, "%s", where);
    cr_expect(!score.negative || mpz_sgn(found) < 0, "%s: a negative zero", where);
    cr_expect(mpz_sizeinbase(found, 2) <= 857, "%s: too wide", where);
    mpz_clears(expected, found, NULL);
}

/* Random dot products below 2^578. */
static void random_dot(struct sc_fixed_dot *dot, uint64_t *state)
{
    limbs_random_fill(dot->magnitude, SC_FIXED_DOT_LIMBS, state);
    dot->magnitude[SC_FIXED_DOT_LIMBS - 1] &= 3; /* 578 = 9 * 64 + 2 */
    dot->negative = mpn_zero_p(dot->magnitude, SC_FIXED_DOT_LIMBS) == 0 && limbs_random(state) % 2;
}

Test(fixed_score, is_exact_for_all_constants)
{
    for (uint64_t seed = 0; seed < 20000; seed++) {
        uint64_t state = seed;
        struct sc_fixed_dot dot;
        struct constants x;
        char where[32];
        random_dot(&dot, &state);
        x.tau = fabsf(limbs_random_float(&state));
        x.bias = limbs_random_float(&state);
        x.slope = seed % 3 == 0 ? 0.0f : limbs_random_float(&state);
        x.distance = (int32_t)(limbs_random(&state) % (SC_LENGTH_MAX + 1));
        (void)snprintf(where, sizeof where, "seed %u", (unsigned)seed);
        expect(&dot, &x, where);
    }
}

Test(fixed_score, the_largest_scores_fit)
{
    static const float signs[2] = {1, -1};

    for (int32_t n = 0; n < 16; n++) {
        struct sc_fixed_dot dot = {.negative = n % 2 == 1};
        const struct constants x = {.tau = n / 8 == 0 ? FLT_MAX : 0x1p-149f,
                                    .bias = FLT_MAX * signs[n / 2 % 2],
                                    .slope = FLT_MAX * signs[n / 4 % 2],
                                    .distance = SC_LENGTH_MAX};
        char where[32];
        for (int32_t l = 0; l < SC_FIXED_DOT_LIMBS; l++) {
            dot.magnitude[l] = l < SC_FIXED_DOT_LIMBS - 1 ? GMP_NUMB_MAX : 3;
        }
        (void)snprintf(where, sizeof where, "signs %d", n);
        expect(&dot, &x, where);
    }
}

Test(fixed_score, terms_that_cancel_give_zero)
{
    struct sc_fixed_dot dot = {.negative = false};
    const struct constants x = {.tau = 0.5f, .bias = -3, .slope = -0.25f, .distance = 8};

    mpn_zero(dot.magnitude, SC_FIXED_DOT_LIMBS);
    dot.magnitude[298 / 64] = (mp_limb_t)2 << 298 % 64; /* 0.5 * 2 - 3 + 0.25 * 8 */
    expect(&dot, &x, "cancel");
}
