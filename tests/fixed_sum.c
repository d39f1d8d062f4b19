/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_sum.h"

#include "tests/limbs.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#define WIDTH          5
#define VALUE_LIMBS    9
#define GRADIENT_LIMBS 18

/* The sum of channel c so far, in units. */
static void sum_of(mpz_ptr z, const struct sc_fixed_sum *sum, int32_t c)
{
    const mp_limb_t *terms = sum->terms + 2 * c * sum->limbs;
    mpz_t negative;

    mpz_init(negative);
    limbs_to_integer(z, false, terms, sum->limbs);
    limbs_to_integer(negative, false, terms + sum->limbs, sum->limbs);
    mpz_sub(z, z, negative);
    mpz_clear(negative);
}

/* Factors of any width, with runs of zeros at both ends, against GMP's integers. */
static void expect_sums(int32_t sum_limbs, int32_t factor_limbs, mp_limb_t top_mask, uint64_t seeds)
{
    struct sc_fixed_sum sum = {0, 0, NULL, NULL};

    cr_assert_eq(sc_fixed_sum_create(&sum, WIDTH, sum_limbs, NULL), SC_OK);
    for (uint64_t seed = 0; seed < seeds; seed++) {
        uint64_t state = seed;
        mpz_t expected[WIDTH], found, term, factor;
        mpz_inits(found, term, factor, NULL);
        for (int32_t c = 0; c < WIDTH; c++) {
            mpz_init(expected[c]);
        }
        sc_fixed_sum_clear(&sum);
        for (int32_t n = 0; n < 8; n++) {
            mp_limb_t x[SC_FIXED_SUM_FACTOR_LIMBS_MAX];
            float y[WIDTH];
            struct sc_fixed_sum_factor prepared;
            const bool negative = limbs_random(&state) % 2 == 1;
            limbs_random_fill(x, factor_limbs, &state);
            x[factor_limbs - 1] &= top_mask;
            for (int32_t c = 0; c < WIDTH; c++) {
                y[c] = n == 3 ? 0.0f : limbs_random_float(&state);
                limbs_to_integer(factor, negative, x, factor_limbs);
                limbs_from_float(term, y[c], -149);
                mpz_addmul(expected[c], factor, term);
            }
            sc_fixed_sum_prepare(&prepared, x, factor_limbs, negative, 1);
            sc_fixed_sum_add(&sum, &prepared, y);
        }
        for (int32_t c = 0; c < WIDTH; c++) {
            sum_of(found, &sum, c);
            cr_expect(mpz_cmp(found, expected[c]) == 0, "seed %u, channel %d", (unsigned)seed, c);
            mpz_clear(expected[c]);
        }
        mpz_clears(found, term, factor, NULL);
    }
    sc_fixed_sum_destroy(&sum);
}

Test(fixed_sum, is_exact_for_probabilities)
{
    expect_sums(VALUE_LIMBS, 3, GMP_NUMB_MAX, 5000);
}

/* Gradients are at most 2^768, 12 limbs. */
Test(fixed_sum, is_exact_for_gradients)
{
    expect_sums(GRADIENT_LIMBS, 13, 0, 5000);
}

Test(fixed_sum, a_zero_factor_adds_nothing)
{
    static const mp_limb_t zero[3] = {0, 0, 0};
    static const float x = FLT_MAX;
    struct sc_fixed_sum sum = {0, 0, NULL, NULL};
    struct sc_fixed_sum_factor factor;

    cr_assert_eq(sc_fixed_sum_create(&sum, 1, VALUE_LIMBS, NULL), SC_OK);
    sc_fixed_sum_prepare(&factor, zero, 3, true, 0);
    sc_fixed_sum_add(&sum, &factor, &x);
    const struct sc_enclosure found = sc_fixed_sum_enclose(&sum, 0, -192, 1, 1.0f);
    cr_expect(found.lo == 0 && found.hi == 0 && !signbit(found.lo) && !signbit(found.hi));
    sc_fixed_sum_destroy(&sum);
}

/* 2^48 - 1 terms of the largest magnitude are put in by hand, then one more is added. */
static void expect_widest(int32_t sum_limbs, int32_t factor_limbs, const mp_limb_t *largest)
{
    static const float values[2] = {FLT_MAX, -FLT_MAX};
    struct sc_fixed_sum sum = {0, 0, NULL, NULL};
    struct sc_fixed_sum_factor factor;
    mpz_t term, expected, found;

    mpz_inits(term, expected, found, NULL);
    limbs_to_integer(term, false, largest, factor_limbs);
    mpz_mul_ui(term, term, 0xffffff);
    mpz_mul_2exp(term, term, 253);
    mpz_mul_2exp(expected, term, 48);
    mpz_sub(found, expected, term);
    cr_assert_eq(sc_fixed_sum_create(&sum, 2, sum_limbs, NULL), SC_OK);
    (void)mpz_export(sum.terms, NULL, -1, sizeof(mp_limb_t), 0, 0, found);
    (void)mpz_export(sum.terms + 3 * sum_limbs, NULL, -1, sizeof(mp_limb_t), 0, 0, found);
    sc_fixed_sum_prepare(&factor, largest, factor_limbs, false, 1);
    sc_fixed_sum_add(&sum, &factor, values);
    sum_of(found, &sum, 0);
    cr_expect(mpz_cmp(found, expected) == 0, "positive, %d limbs", sum_limbs);
    mpz_neg(expected, expected);
    sum_of(found, &sum, 1);
    cr_expect(mpz_cmp(found, expected) == 0, "negative, %d limbs", sum_limbs);
    cr_expect(mpz_sizeinbase(expected, 2) + 26 <= (size_t)sum_limbs * 64,
              "%d limbs leave no room for a sign and a scale", sum_limbs);
    sc_fixed_sum_destroy(&sum);
    mpz_clears(term, expected, found, NULL);
}

Test(fixed_sum, the_largest_sums_fit)
{
    mp_limb_t largest[13];

    for (int32_t l = 0; l < 13; l++) {
        largest[l] = l < 12 ? GMP_NUMB_MAX : 0;
    }
    expect_widest(VALUE_LIMBS, 3, largest);
    expect_widest(GRADIENT_LIMBS, 13, largest);
}

/* A carry runs through all limbs. */
Test(fixed_sum, a_carry_runs_to_the_end)
{
    static const mp_limb_t one[3] = {1, 0, 0};
    static const float least = 0x1p-149f;
    struct sc_fixed_sum sum = {0, 0, NULL, NULL};
    struct sc_fixed_sum_factor factor;

    cr_assert_eq(sc_fixed_sum_create(&sum, 1, VALUE_LIMBS, NULL), SC_OK);
    for (int32_t l = 0; l < VALUE_LIMBS - 1; l++) {
        sum.terms[l] = GMP_NUMB_MAX;
    }
    sc_fixed_sum_prepare(&factor, one, 3, false, 1);
    sc_fixed_sum_add(&sum, &factor, &least);
    for (int32_t l = 0; l < VALUE_LIMBS; l++) {
        cr_expect_eq(sum.terms[l], l == VALUE_LIMBS - 1 ? 1 : 0, "limb %d", l);
    }
    sc_fixed_sum_destroy(&sum);
}

/* The radius is error * weight * |x| at least, and no more than 10/9 of it and a unit. */
Test(fixed_sum, radius_is_what_is_derived)
{
    static const mp_limb_t half[3] = {0, 0, (mp_limb_t)1 << 63};
    static const float x[2] = {0x1p-149f, -3};
    struct sc_fixed_sum sum = {0, 0, NULL, NULL};
    struct sc_fixed_sum_factor factor;

    cr_assert_eq(sc_fixed_sum_create(&sum, 2, VALUE_LIMBS, NULL), SC_OK);
    sc_fixed_sum_prepare(&factor, half, 3, false, 7);
    sc_fixed_sum_add(&sum, &factor, x);
    sc_fixed_sum_prepare(&factor, half, 3, true, 7);
    sc_fixed_sum_add(&sum, &factor, x); /* the sum is 0, the mass 14 |x| */
    const double expected[2] = {14 * 0x1p-159, 42 * 0x1p-10};
    for (int32_t c = 0; c < 2; c++) {
        const struct sc_enclosure found = sc_fixed_sum_enclose(&sum, c, -192, 0x1p-10, 1.0f);
        cr_expect(found.lo == -found.hi && found.hi >= expected[c] &&
                      found.hi <= expected[c] * (10. / 9) + 0x1p-341,
                  "channel %d: [%a, %a]", c, found.lo, found.hi);
        const struct sc_enclosure scaled = sc_fixed_sum_enclose(&sum, c, -192, 0x1p-10, 0.25f);
        cr_expect(scaled.hi == found.hi / 4 && scaled.lo == found.lo / 4, "channel %d", c);
    }
    sc_fixed_sum_clear(&sum);
    for (int32_t c = 0; c < 2; c++) {
        const struct sc_enclosure found = sc_fixed_sum_enclose(&sum, c, -192, 1, 1.0f);
        cr_expect(found.lo == 0 && found.hi == 0 && !signbit(found.lo) && !signbit(found.hi),
                  "channel %d is not cleared", c);
    }
    sc_fixed_sum_destroy(&sum);
}

/* 2^-54 added to 1 rounds to 1, a thousand times. */
Test(fixed_sum, a_mass_that_is_rounded_down_is_made_up_for)
{
    static const mp_limb_t half[3] = {0, 0, (mp_limb_t)1 << 63};
    static const float one = 1, small = 0x1p-54f;
    struct sc_fixed_sum sum = {0, 0, NULL, NULL};
    struct sc_fixed_sum_factor factors[2];

    cr_assert_eq(sc_fixed_sum_create(&sum, 1, VALUE_LIMBS, NULL), SC_OK);
    for (int32_t n = 0; n < 2; n++) { /* of both signs: the sum is 0 */
        sc_fixed_sum_prepare(&factors[n], half, 3, n == 1, 0.5);
        sc_fixed_sum_add(&sum, &factors[n], &one);
    }
    for (int32_t n = 0; n < 1000; n++) {
        sc_fixed_sum_add(&sum, &factors[n % 2], &small);
    }
    const struct sc_enclosure found = sc_fixed_sum_enclose(&sum, 0, -192, 0x1p-10, 1.0f);
    const double exact = 0x1p-10 * (1 + 500 * 0x1p-54); /* exact: 125 * 2^-52 */
    cr_expect(found.hi >= exact && found.lo <= -exact, "[%a, %a]", found.lo, found.hi);
    sc_fixed_sum_destroy(&sum);
}
