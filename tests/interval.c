/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/interval.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define BITS 500

/* An interval of ends that are doubles, and `x` between them. */
static void draw(struct sc_random *random, struct sc_interval *a, double *x)
{
    const double ends[] = {0.0, 1.0, -1.0, 0x1p-140, -0x1p-140};
    const int32_t kind = sc_random_int(random, 0, 5);
    const double first = kind < 5 ? ends[kind] : sc_random_normal(random);
    const double second = sc_random_int(random, 0, 2) == 0 ? first : sc_random_normal(random);

    (void)mpfr_set_d(a->lo, fmin(first, second), MPFR_RNDD);
    (void)mpfr_set_d(a->hi, fmax(first, second), MPFR_RNDU);
    *x = sc_random_int(random, 0, 1) == 0 ? first : second;
}

static void expect_within(const struct sc_interval *r, mpfr_t exact, const char *what, int32_t n)
{
    cr_expect(mpfr_lessequal_p(r->lo, exact) != 0 && mpfr_greaterequal_p(r->hi, exact) != 0,
              "%s, trial %d: %.30g not in [%.30g, %.30g]", what, n, mpfr_get_d(exact, MPFR_RNDN),
              mpfr_get_d(r->lo, MPFR_RNDN), mpfr_get_d(r->hi, MPFR_RNDN));
}

/* Ends are attained, so that a product with the wrong ends, or rounded inward, does not hold one of them. */
Test(interval, operations_hold_what_operands_hold)
{
    struct sc_random random = {1};
    struct sc_interval *const a = sc_interval_create(3), *const b = a + 1, *const r = a + 2;
    mpfr_t x, y, exact;

    cr_assert_not_null(a);
    mpfr_inits2(BITS, x, y, exact, (mpfr_ptr)NULL);
    for (int32_t n = 0; n < 20000; n++) {
        double u, v;
        draw(&random, a, &u);
        draw(&random, b, &v);
        (void)mpfr_set_d(x, u, MPFR_RNDN);
        (void)mpfr_set_d(y, v, MPFR_RNDN);
        sc_interval_add(r, a, b);
        (void)mpfr_add(exact, x, y, MPFR_RNDN);
        expect_within(r, exact, "sum", n);
        sc_interval_subtract(r, a, b);
        (void)mpfr_sub(exact, x, y, MPFR_RNDN);
        expect_within(r, exact, "difference", n);
        sc_interval_multiply(r, a, b);
        (void)mpfr_mul(exact, x, y, MPFR_RNDN);
        expect_within(r, exact, "product", n);
        sc_interval_set(r, a);
        sc_interval_add_product(r, b, b);
        (void)mpfr_fma(exact, y, y, x, MPFR_RNDN);
        expect_within(r, exact, "sum with a square", n);
        sc_interval_sigmoid(r, a);
        (void)mpfr_neg(exact, x, MPFR_RNDN);
        (void)mpfr_exp(exact, exact, MPFR_RNDN);
        (void)mpfr_add_ui(exact, exact, 1, MPFR_RNDN);
        (void)mpfr_ui_div(exact, 1, exact, MPFR_RNDN);
        expect_within(r, exact, "sigmoid", n);
        if (mpfr_sgn(b->lo) > 0) {
            sc_interval_divide(r, a, b);
            (void)mpfr_div(exact, x, y, MPFR_RNDN);
            expect_within(r, exact, "quotient", n);
            sc_interval_sqrt(r, b);
            (void)mpfr_sqrt(exact, y, MPFR_RNDN);
            expect_within(r, exact, "root", n);
        }
    }
    mpfr_clears(x, y, exact, (mpfr_ptr)NULL);
    free(a);
}

Test(interval, points_stay_narrow)
{
    struct sc_interval *const a = sc_interval_create(2), *const r = a + 1;

    sc_interval_set_d(a, 0.3);
    sc_interval_sigmoid(r, a);
    sc_interval_multiply(r, r, a);
    (void)mpfr_sub(r->hi, r->hi, r->lo, MPFR_RNDU);
    cr_expect(mpfr_get_d(r->hi, MPFR_RNDU) < 0x1p-115);
    free(a);
}

Test(interval, angles_are_those_of_rotary_positions)
{
    static const double bases[] = {10.0, 10000.0, 0.5, 1.0};
    struct sc_interval *const cosine = sc_interval_create(2), *const sine = cosine + 1;
    mpfr_t angle, exact;

    mpfr_inits2(BITS, angle, exact, (mpfr_ptr)NULL);
    for (int32_t n = 0; n < 4 * 8 * 9; n++) {
        const int32_t channel = n / 4 % 8, position = n / 32 * 1931;
        sc_interval_turn(cosine, sine, bases[n % 4], channel, 16, position);
        (void)mpfr_set_si(exact, -channel, MPFR_RNDN); /* base^(-2 c / 16) */
        (void)mpfr_div_ui(exact, exact, 8, MPFR_RNDN);
        (void)mpfr_set_d(angle, bases[n % 4], MPFR_RNDN);
        (void)mpfr_pow(angle, angle, exact, MPFR_RNDN);
        (void)mpfr_mul_si(angle, angle, position, MPFR_RNDN);
        (void)mpfr_cos(exact, angle, MPFR_RNDN);
        expect_within(cosine, exact, "cosine", n);
        (void)mpfr_sub(exact, cosine->hi, cosine->lo, MPFR_RNDU);
        cr_expect(mpfr_get_d(exact, MPFR_RNDU) < 0x1p-90);
        (void)mpfr_sin(exact, angle, MPFR_RNDN);
        expect_within(sine, exact, "sine", n);
    }
    mpfr_clears(angle, exact, (mpfr_ptr)NULL);
    free(cosine);
}

Test(interval, what_has_no_value_is_noticed_and_the_state_restored)
{
    struct sc_interval *const a = sc_interval_create(2), *const r = a + 1;
    struct sc_interval_state saved;
    const mpfr_exp_t emax = mpfr_get_emax();

    mpfr_clear_flags();
    (void)mpfr_set_emax(1000);
    sc_interval_begin(&saved);
    sc_interval_set_d(r, 1.0);
    sc_interval_divide(r, r, a);
    cr_expect(!sc_interval_end(&saved));
    cr_expect_eq(mpfr_get_emax(), 1000);
    cr_expect_eq(mpfr_divby0_p(), 0);
    sc_interval_begin(&saved);
    sc_interval_set_d(a, 1e300);
    sc_interval_exp(r, a);
    cr_expect(!sc_interval_end(&saved));
    sc_interval_begin(&saved);
    sc_interval_set_d(a, -1e300); /* underflows, which is no fault */
    sc_interval_exp(r, a);
    cr_expect(sc_interval_end(&saved) && mpfr_zero_p(r->lo) != 0 && mpfr_sgn(r->hi) > 0);
    (void)mpfr_set_emax(emax);
    free(a);
}
