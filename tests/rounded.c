/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/rounded.h"

#include "reference/random.h"

#include <criterion/criterion.h>

#define BITS 500

/* A double of any size, exact, nearly exact or rough. */
static struct sc_rounded draw(struct sc_random *random)
{
    static const int32_t ranges[] = {0, 30, 500, 1070};
    const int32_t range = ranges[sc_random_int(random, 0, 3)];
    const double value =
        ldexp(sc_random_normal(random), sc_random_int(random, -range, range > 500 ? 0 : range));
    const double errors[] = {0.0, 0x1p-52 * fabs(value), 0.1 * fabs(value), 0x1p-1074};

    return (struct sc_rounded){value, errors[sc_random_int(random, 0, 3)]};
}

/* The largest distance of a result from what numbers within the errors of both operands give: at their ends. */
static void expect_within(struct sc_rounded a, struct sc_rounded b, struct sc_rounded r,
                          int (*operation)(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t),
                          const char *what, int32_t n)
{
    mpfr_t x, y, exact;

    mpfr_inits2(BITS, x, y, exact, (mpfr_ptr)NULL);
    for (int32_t ends = 0; ends < 4; ends++) {
        (void)mpfr_set_d(x, a.value, MPFR_RNDN);
        (void)mpfr_add_d(x, x, ends % 2 == 0 ? a.error : -a.error, MPFR_RNDN);
        (void)mpfr_set_d(y, b.value, MPFR_RNDN);
        (void)mpfr_add_d(y, y, ends / 2 == 0 ? b.error : -b.error, MPFR_RNDN);
        (void)operation(exact, x, y, MPFR_RNDN);
        (void)mpfr_sub_d(exact, exact, r.value, MPFR_RNDN);
        cr_expect(mpfr_cmp_d(exact, r.error) <= 0 && mpfr_cmp_d(exact, -r.error) >= 0,
                  "%s, trial %d: (%a, %a) and (%a, %a) give (%a, %a)", what, n, a.value, a.error,
                  b.value, b.error, r.value, r.error);
    }
    mpfr_clears(x, y, exact, (mpfr_ptr)NULL);
}

static int add(mpfr_t r, const mpfr_t a, const mpfr_t b, mpfr_rnd_t way)
{
    return mpfr_add(r, a, b, way);
}

static int multiply(mpfr_t r, const mpfr_t a, const mpfr_t b, mpfr_rnd_t way)
{
    return mpfr_mul(r, a, b, way);
}

Test(rounded, errors_hold_every_number_of_the_operands)
{
    struct sc_random random = {5};

    cr_assert(sc_rounded_environment());
    for (int32_t n = 0; n < 20000; n++) {
        const struct sc_rounded a = n % 50 == 0 ? sc_rounded_exact(0.0) : draw(&random);
        const struct sc_rounded b = n % 70 == 0 ? sc_rounded_exact(0.0) : draw(&random);
        expect_within(a, b, sc_rounded_add(a, b), add, "sum", n);
        expect_within(a, b, sc_rounded_multiply(a, b), multiply, "product", n);
    }
}

Test(rounded, what_is_0_stays_exact)
{
    const struct sc_rounded zero = sc_rounded_exact(0.0), a = {1.5, 0.25};

    cr_expect(sc_rounded_multiply(zero, a).error == 0.0 &&
              sc_rounded_multiply(a, zero).error == 0.0);
    cr_expect(sc_rounded_add(zero, a).error == 0.25 && sc_rounded_add(a, zero).value == 1.5);
}

Test(rounded, what_overflows_has_no_finite_error)
{
    const struct sc_rounded a = {0x1p1000, 0x1p900}, b = {-0x1p1000, 0.0};
    const struct sc_rounded product = sc_rounded_multiply(a, b), sum = sc_rounded_add(product, a);

    cr_expect(!isfinite(product.error) && !isfinite(sum.error));
    cr_expect(!isfinite(sc_rounded_multiply(sum, a).error));
}

Test(rounded, an_interval_is_held)
{
    struct sc_interval x;

    sc_interval_init(&x);
    sc_interval_set_d(&x, 0.1);
    cr_expect_eq(sc_rounded_interval(&x).error, 0.0);
    (void)mpfr_set_str(x.lo, "1.00000000000000000001", 10, MPFR_RNDD);
    (void)mpfr_set_str(x.hi, "1.5", 10, MPFR_RNDU);
    const struct sc_rounded r = sc_rounded_interval(&x);
    cr_expect(mpfr_cmp_d(x.lo, r.value - r.error) >= 0 && r.value + r.error >= 1.5);
    (void)mpfr_set_str(x.hi, "1e400", 10, MPFR_RNDU);
    cr_expect(isinf(sc_rounded_interval(&x).error));
}
