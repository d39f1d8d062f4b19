/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_sigmoid.h"

#include "tests/limbs.h"

#include <criterion/criterion.h>
#include <mpfr.h>
#include <string.h>

#define LIMBS SC_FIXED_SIGMOID_LIMBS
#define BITS  700

static struct sc_fixed_sigmoid_table table;

static void prepare(void)
{
    sc_fixed_sigmoid_prepare(&table);
}

TestSuite(fixed_sigmoid, .init = prepare);

static void to_real(mpfr_ptr x, const mp_limb_t *limbs, int32_t count)
{
    mpz_t z;

    mpz_init(z);
    limbs_to_integer(z, false, limbs, count);
    (void)mpfr_set_z(x, z, MPFR_RNDN);
    mpz_clear(z);
}

/* found - exact, in units; exact is a value of order 1. */
static double error_units(const mp_limb_t *found, mpfr_srcptr exact)
{
    mpfr_t difference, scaled;

    mpfr_inits2(BITS, difference, scaled, (mpfr_ptr)NULL);
    (void)mpfr_mul_2si(scaled, exact, -(long)SC_FIXED_SIGMOID_UNIT, MPFR_RNDN);
    to_real(difference, found, LIMBS);
    (void)mpfr_sub(difference, difference, scaled, MPFR_RNDN);
    const double error = mpfr_get_d(difference, MPFR_RNDN);
    mpfr_clears(difference, scaled, (mpfr_ptr)NULL);
    return error;
}

/* e^-(n 2^-shift) is rounded down, but for 2^-54 units. */
static void expect_entry(const mp_limb_t *entry, int32_t n, int32_t shift)
{
    mpfr_t x;

    mpfr_init2(x, BITS);
    (void)mpfr_set_si_2exp(x, -n, -shift, MPFR_RNDN);
    (void)mpfr_exp(x, x, MPFR_RNDN);
    const double error = error_units(entry, x);
    cr_expect(error >= -1 - 0x1p-54 && error <= 0x1p-54, "e^-(%d / 2^%d): %g units", n, shift,
              error);
    mpfr_clear(x);
}

Test(fixed_sigmoid, table_entries_are_exponentials_rounded_down)
{
    for (int32_t n = 0; n < SC_FIXED_SIGMOID_INTEGERS; n++) {
        expect_entry(table.integer[n], n, 0);
    }
    for (int32_t t = 0; t < SC_FIXED_SIGMOID_BYTES; t++) {
        for (int32_t n = 0; n < 256; n++) {
            expect_entry(table.byte[t][n], n, 8 * (t + 1));
        }
    }
}

/* p and p (1 - p) at |s| units, plus `more` of a unit. */
static void define(mpfr_ptr p, mpfr_ptr derivative, bool negative, const mp_limb_t *s, double more)
{
    to_real(derivative, s, LIMBS + 1);
    (void)mpfr_add_d(derivative, derivative, more, MPFR_RNDN);
    (void)mpfr_mul_2si(derivative, derivative, SC_FIXED_SIGMOID_UNIT, MPFR_RNDN);
    (void)mpfr_neg(derivative, derivative, MPFR_RNDN);
    (void)mpfr_exp(derivative, derivative, MPFR_RNDN); /* e^-|s| */
    (void)mpfr_add_ui(p, derivative, 1, MPFR_RNDN);
    (void)mpfr_ui_div(p, 1, p, MPFR_RNDN); /* sigma(|s|) */
    (void)mpfr_mul(derivative, derivative, p, MPFR_RNDN);
    if (negative) {
        mpfr_swap(p, derivative);
        (void)mpfr_mul(derivative, derivative, p, MPFR_RNDN);
    } else {
        (void)mpfr_mul(derivative, derivative, p, MPFR_RNDN);
    }
}

/* Largest errors that were met, in units. */
struct errors {
    double p[2], derivative[2]; /* of sigma(|s|): least, most */
};

static void record(double *range, double error)
{
    range[0] = error < range[0] ? error : range[0];
    range[1] = error > range[1] ? error : range[1];
}

/* All four of: s itself and the end of what rounds down to it, of both signs. */
static void expect(const mp_limb_t *s, struct errors *errors)
{
    mp_limb_t p[LIMBS], derivative[LIMBS];
    mpfr_t exact_p, exact_derivative;

    mpfr_inits2(BITS, exact_p, exact_derivative, (mpfr_ptr)NULL);
    for (int32_t n = 0; n < 4; n++) {
        const bool negative = n % 2 == 1;
        define(exact_p, exact_derivative, negative, s, n / 2 == 1 ? 1 - 0x1p-50 : 0);
        sc_fixed_sigmoid(&table, negative, s, 1, p, derivative);
        const double error = error_units(p, exact_p);
        const double derivative_error = error_units(derivative, exact_derivative);
        cr_expect(error >= -SC_FIXED_SIGMOID_ERROR && error <= SC_FIXED_SIGMOID_ERROR,
                  "s = %d + %#lx 2^-64, case %d: p is off by %g units", (int)s[LIMBS], s[LIMBS - 1],
                  n, error);
        cr_expect(derivative_error >= -SC_FIXED_SIGMOID_DERIVATIVE_ERROR &&
                      derivative_error <= SC_FIXED_SIGMOID_DERIVATIVE_ERROR,
                  "s = %d + %#lx 2^-64, case %d: p (1 - p) is off by %g units", (int)s[LIMBS],
                  s[LIMBS - 1], n, derivative_error);
        record(errors->p, negative ? -error : error);
        record(errors->derivative, derivative_error);
    }
    mpfr_clears(exact_p, exact_derivative, (mpfr_ptr)NULL);
}

/* The bounds derived for each side hold, and no whole unit less would do for the larger one. */
Test(fixed_sigmoid, errors_stay_within_what_is_derived)
{
    struct errors errors = {{0, 0}, {0, 0}};
    uint64_t state = 1;

    for (int32_t n = 0; n < 40000; n++) {
        mp_limb_t s[LIMBS + 1];
        limbs_random_fill(s, LIMBS, &state);
        if (n % 2 == 0) { /* a limb of ones or zeros has the same four bytes */
            s[LIMBS - 1] = limbs_random(&state);
        }
        if (n % 6 == 0) { /* just below 1, where the error of p is largest */
            s[LIMBS - 1] |= (mp_limb_t)0xe << 60;
        }
        s[LIMBS] = n % 3 == 0 ? 0 : (n % 3 == 1 ? 1 : limbs_random(&state) % 140);
        expect(s, &errors);
    }
    cr_expect(errors.p[0] >= -1.3 && errors.p[1] <= 3.21, "p: %g to %g units", errors.p[0],
              errors.p[1]);
    cr_expect(errors.derivative[0] >= -3.88 && errors.derivative[1] <= 1.3,
              "p (1 - p): %g to %g units", errors.derivative[0], errors.derivative[1]);
    cr_expect(errors.p[1] > 2.2 && errors.derivative[0] < -2.2, "%g, %g", errors.p[1],
              errors.derivative[0]);
}

/* Every single bit of the fraction, and every entry of every table. */
Test(fixed_sigmoid, every_bit_and_every_entry_counts)
{
    struct errors errors = {{0, 0}, {0, 0}};

    for (int32_t bit = 0; bit < 64 * LIMBS; bit++) {
        mp_limb_t s[LIMBS + 1] = {0};
        s[bit / 64] = (mp_limb_t)1 << bit % 64;
        expect(s, &errors);
    }
    for (int32_t n = 0; n < 256; n++) {
        for (int32_t t = 0; t < SC_FIXED_SIGMOID_BYTES; t++) {
            mp_limb_t s[LIMBS + 1] = {0};
            s[LIMBS - 1] = (mp_limb_t)n << (56 - 8 * t);
            expect(s, &errors);
        }
    }
    for (int32_t n = 0; n < 140; n++) {
        mp_limb_t s[LIMBS + 1] = {0};
        s[LIMBS] = (mp_limb_t)n;
        expect(s, &errors);
        memset(s, 0xff, LIMBS * sizeof s[0]);
        expect(s, &errors);
    }
}

Test(fixed_sigmoid, large_scores_are_a_unit_from_0_and_1)
{
    for (int32_t n = 0; n < 5; n++) {
        mp_limb_t s[LIMBS + 7] = {0};
        mp_limb_t p[LIMBS], derivative[LIMBS];
        s[LIMBS + n] = n == 0 ? SC_FIXED_SIGMOID_INTEGERS : (mp_limb_t)1 << 12 * n;
        sc_fixed_sigmoid(&table, true, s, 7, p, derivative);
        cr_expect(p[0] == 1 && p[1] == 0 && p[2] == 0, "negative, limb %d", n);
        cr_expect(mpn_zero_p(derivative, LIMBS) != 0, "derivative, limb %d", n);
        sc_fixed_sigmoid(&table, false, s, 7, p, NULL);
        cr_expect(p[0] == GMP_NUMB_MAX && p[1] == GMP_NUMB_MAX && p[2] == GMP_NUMB_MAX,
                  "positive, limb %d", n);
    }
}

Test(fixed_sigmoid, opposite_scores_share_one_exactly)
{
    uint64_t state = 3;

    for (int32_t n = 0; n < 1000; n++) {
        mp_limb_t s[LIMBS + 1], p[LIMBS], other[LIMBS], derivative[2][LIMBS];
        limbs_random_fill(s, LIMBS, &state);
        s[LIMBS] = limbs_random(&state) % 140;
        sc_fixed_sigmoid(&table, false, s, 1, p, derivative[0]);
        sc_fixed_sigmoid(&table, true, s, 1, other, derivative[1]);
        cr_assert(mpn_add_n(p, p, other, LIMBS) == 1 && mpn_zero_p(p, LIMBS) != 0);
        cr_assert(mpn_cmp(derivative[0], derivative[1], LIMBS) == 0);
    }
}
