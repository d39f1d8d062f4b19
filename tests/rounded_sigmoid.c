/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/rounded_sigmoid.h"

#include <criterion/criterion.h>
#include <math.h>
#include <mpfr.h>
#include <stdint.h>
#include <string.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t to_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* By the definition at 200 bits, then to fp32: no sigma(s) is so near a tie (decides_near_ties). */
static float by_definition(float s)
{
    mpfr_t x;

    mpfr_init2(x, 200);
    (void)mpfr_set_flt(x, -s, MPFR_RNDN);
    (void)mpfr_exp(x, x, MPFR_RNDN);
    (void)mpfr_add_ui(x, x, 1, MPFR_RNDN);
    (void)mpfr_ui_div(x, 1, x, MPFR_RNDN);
    const float result = mpfr_get_flt(x, MPFR_RNDN);
    mpfr_clear(x);
    return result;
}

static void expect_point(float s)
{
    const float found = sc_rounded_sigmoid(s), expected = by_definition(s);

    cr_assert_eq(to_bits(found), to_bits(expected), "sigma(%a) = %a, expected %a", (double)s,
                 (double)found, (double)expected);
}

Test(rounded_sigmoid, is_the_definition_rounded_all_over_the_range)
{
    for (uint32_t bits = 0x2f000000u; bits < 0x43000000u; bits += 1583) { /* 2^-33 to 128 */
        expect_point(from_bits(bits));
        expect_point(from_bits(bits | 0x80000000u));
    }
    for (uint32_t bits = 0; bits < 0x7f800000u; bits += 500009) {
        expect_point(from_bits(bits));
        expect_point(from_bits(bits | 0x80000000u));
    }
}

/* 1/2 + s/4 is halfway between two fp32 values, and sigma(s) s^3 / 48 beside it: for s = -2^-24
 * less than 2^-52 of a unit. */
Test(rounded_sigmoid, decides_near_ties)
{
    for (int32_t n = 1; n < 4000; n += 2) {
        for (int32_t step = -1; step <= 1; step++) {
            expect_point(from_bits(to_bits((float)n * 0x1p-23f) + (uint32_t)step));
            expect_point(-from_bits(to_bits((float)n * 0x1p-24f) + (uint32_t)step));
        }
    }
}

Test(rounded_sigmoid, is_the_definition_rounded_where_it_changes_its_form)
{
    static const float places[] = {
        0x1.154246p+4f,  /* the first result of 1 */
        18.0f,           /* decided without computing beyond */
        -0x1.5d589ep+6f, /* the first subnormal results */
        -0x1.9fe368p+6f, /* the last result above 0 */
        -104.0f,         /* decided without computing beyond */
        0x1p-24f,        -0x1p-25f, 0x1p-126f, -0x1p-126f, 1.0f, -1.0f,
    };

    for (int32_t n = 0; n < LIST_SIZE(places); n++) {
        for (uint32_t bits = to_bits(places[n]) - 300; bits < to_bits(places[n]) + 300; bits++) {
            expect_point(from_bits(bits));
        }
    }
    for (uint32_t bits = to_bits(-87.0f); bits < to_bits(-104.5f); bits += 61) {
        expect_point(from_bits(bits)); /* subnormal results, where a double rounding would show */
    }
}

Test(rounded_sigmoid, special_values)
{
    cr_expect_eq(to_bits(sc_rounded_sigmoid(0.0f)), to_bits(0.5f));
    cr_expect_eq(to_bits(sc_rounded_sigmoid(-0.0f)), to_bits(0.5f));
    cr_expect_eq(to_bits(sc_rounded_sigmoid(INFINITY)), to_bits(1.0f));
    cr_expect_eq(to_bits(sc_rounded_sigmoid(-INFINITY)), 0);
    cr_expect_eq(to_bits(sc_rounded_sigmoid(0x1.fffffep127f)), to_bits(1.0f));
    cr_expect_eq(to_bits(sc_rounded_sigmoid(-0x1.fffffep127f)), 0);
    cr_expect(isnan(sc_rounded_sigmoid(NAN)));
    cr_expect(isnan(sc_rounded_sigmoid(-NAN)));
}

/* Over neighbouring values, in stretches of a million. */
Test(rounded_sigmoid, never_falls)
{
    static const float starts[] = {-104.1f,  -90.0f,   -20.0f,   -1.0f, -0.1f, -0x1p-20f, -0x1p-24f,
                                   0x1p-30f, 0x1p-24f, 0x1p-22f, 0.25f, 3.0f,  16.5f,     17.3f};

    for (int32_t n = 0; n < LIST_SIZE(starts); n++) {
        float s = starts[n], before = sc_rounded_sigmoid(s);
        for (int32_t step = 0; step < 1000000; step++) {
            s = from_bits(s < 0.0f ? to_bits(s) - 1 : to_bits(s) + 1);
            const float after = sc_rounded_sigmoid(s);
            cr_assert(after >= before, "falls from %a to %a before %a", (double)before,
                      (double)after, (double)s);
            before = after;
        }
    }
}

Test(rounded_sigmoid, leaves_the_state_of_mpfr_as_it_was)
{
    (void)mpfr_set_emin(-20);
    (void)mpfr_set_emax(20);
    mpfr_flags_set(MPFR_FLAGS_ERANGE);
    const float found = sc_rounded_sigmoid(-0x1p-24f); /* takes MPFR to decide */
    cr_expect_eq(mpfr_get_emin(), -20);
    cr_expect_eq(mpfr_get_emax(), 20);
    cr_expect_eq(mpfr_flags_save(), MPFR_FLAGS_ERANGE);
    (void)mpfr_set_emin(mpfr_get_emin_min());
    (void)mpfr_set_emax(mpfr_get_emax_max());
    cr_expect_eq(to_bits(found), to_bits(by_definition(-0x1p-24f)), "%a", (double)found);
}
