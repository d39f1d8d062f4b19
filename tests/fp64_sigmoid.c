/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fp64_sigmoid.h"

#include <arb.h>
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define BITS            300

/* Coefficient n of the polynomial. */
static const double coefficients[] = {1.0,         1.0,         SC_FP64_C2,  SC_FP64_C3, SC_FP64_C4,
                                      SC_FP64_C5,  SC_FP64_C6,  SC_FP64_C7,  SC_FP64_C8, SC_FP64_C9,
                                      SC_FP64_C10, SC_FP64_C11, SC_FP64_C12, SC_FP64_C13};

/* The hypotheses that proofs/gappa makes of the constants. */
Test(fp64_sigmoid, constants_are_what_the_proofs_assume)
{
    mpfr_t log2, x;

    mpfr_inits2(BITS, log2, x, (mpfr_ptr)NULL);
    mpfr_const_log2(log2, MPFR_RNDN);
    mpfr_sub_d(x, log2, SC_FP64_LOG2_HI, MPFR_RNDN);
    cr_expect_eq(mpfr_get_d(x, MPFR_RNDN), SC_FP64_LOG2_LO);
    mpfr_sub_d(x, x, SC_FP64_LOG2_LO, MPFR_RNDN);
    cr_expect(mpfr_cmpabs_ui(x, 0) > 0 && mpfr_get_exp(x) <= -93, "log 2 is 2^%ld off",
              (long)mpfr_get_exp(x));
    mpfr_ui_div(x, 1, log2, MPFR_RNDN);
    cr_expect_eq(mpfr_get_d(x, MPFR_RNDN), SC_FP64_LOG2E);
    mpfr_sub_d(x, x, SC_FP64_LOG2E, MPFR_RNDN);
    cr_expect(mpfr_get_exp(x) <= -53, "1 / log 2 is 2^%ld off", (long)mpfr_get_exp(x));
    for (int32_t n = 0; n < LIST_SIZE(coefficients); n++) {
        mpfr_fac_ui(x, (unsigned long)n, MPFR_RNDN);
        mpfr_ui_div(x, 1, x, MPFR_RNDN);
        cr_expect_eq(mpfr_get_d(x, MPFR_RNDN), coefficients[n], "coefficient %d", n);
    }
    mpfr_clears(log2, x, (mpfr_ptr)NULL);
}

/* |Y(r) - e^r| <= 2^-57 e^r for |r| <= 0.3467, the hypothesis of proofs/gappa/exp_polynomial.g, for all r
 * at once: with T the Taylor polynomial of degree 13, |Y - T| <= sum |c_n - 1/n!| |r|^n, and |e^r - T| <=
 * |r|^14 / 14! times 1 for r < 0 and e^r for r > 0; the least e^r is e^-0.3467. */
Test(fp64_sigmoid, polynomial_is_as_near_to_exp_as_the_proof_assumes)
{
    arb_t size, power, factorial, coefficient, total, limit;

    arb_init(size);
    arb_init(power);
    arb_init(factorial);
    arb_init(coefficient);
    arb_init(total);
    arb_init(limit);
    arb_set_ui(size, 3467);
    arb_div_ui(size, size, 10000, BITS);
    arb_one(power);
    for (int32_t n = 0; n < LIST_SIZE(coefficients); n++) {
        arb_fac_ui(factorial, (ulong)n, BITS);
        arb_inv(factorial, factorial, BITS);
        arb_set_d(coefficient, coefficients[n]);
        arb_sub(coefficient, coefficient, factorial, BITS);
        arb_abs(coefficient, coefficient);
        arb_addmul(total, coefficient, power, BITS);
        arb_mul(power, power, size, BITS);
    }
    arb_fac_ui(factorial, LIST_SIZE(coefficients), BITS);
    arb_div(power, power, factorial, BITS);
    arb_add(total, total, power, BITS);
    arb_neg(size, size);
    arb_exp(limit, size, BITS); /* the least e^r */
    arb_mul_2exp_si(limit, limit, -57);
    cr_expect(arb_lt(total, limit));
    arb_mul_2exp_si(limit, limit, -1);
    cr_expect(!arb_lt(total, limit), "the assumption is far from sharp");
    arb_clear(size);
    arb_clear(power);
    arb_clear(factorial);
    arb_clear(coefficient);
    arb_clear(total);
    arb_clear(limit);
}

/* |found - exact| / exact */
static double relative_error(double found, mpfr_srcptr exact)
{
    mpfr_t x;

    mpfr_init2(x, BITS);
    mpfr_set_d(x, found, MPFR_RNDN);
    mpfr_sub(x, x, exact, MPFR_RNDN);
    mpfr_div(x, x, exact, MPFR_RNDN);
    const double error = fabs(mpfr_get_d(x, MPFR_RNDA));
    mpfr_clear(x);
    return error;
}

/* Worst relative error of exp, sigma and 1 - sigma at |x|, for both signs of the last two. */
static void measure(double size, double worst[3])
{
    mpfr_t e, exact, rest;
    double p, complement;

    mpfr_inits2(BITS, e, exact, rest, (mpfr_ptr)NULL);
    mpfr_set_d(e, -size, MPFR_RNDN);
    mpfr_exp(e, e, MPFR_RNDN);
    worst[0] = fmax(worst[0], relative_error(sc_fp64_exp(-size), e));
    mpfr_add_ui(rest, e, 1, MPFR_RNDN);
    mpfr_ui_div(exact, 1, rest, MPFR_RNDN);
    mpfr_div(rest, e, rest, MPFR_RNDN);
    sc_fp64_sigmoid(size, &p, &complement);
    worst[1] = fmax(worst[1], relative_error(p, exact));
    worst[2] = fmax(worst[2], relative_error(complement, rest));
    sc_fp64_sigmoid(-size, &p, &complement);
    worst[1] = fmax(worst[1], relative_error(complement, exact));
    worst[2] = fmax(worst[2], relative_error(p, rest));
    mpfr_clears(e, exact, rest, (mpfr_ptr)NULL);
}

Test(fp64_sigmoid, errors_are_below_the_proved_bounds_and_near_them)
{
    double worst[3] = {0, 0, 0};

    for (int32_t n = 0; n <= 60000; n++) {
        measure(n * 0x1p-12, worst);                         /* [0, 15) */
        measure(n * (SC_FP64_LIMIT / 60000), worst);         /* [0, 700] */
        measure((n % 2000 + 0.5) * 0.34657359027997, worst); /* where k jumps */
    }
    measure(0x1p-1074, worst);
    measure(SC_FP64_LIMIT, worst);
    cr_expect(worst[0] < SC_FP64_EXP_ERROR && worst[0] > SC_FP64_EXP_ERROR / 4, "exp: %a",
              worst[0]);
    cr_expect(worst[1] < SC_FP64_SIGMOID_ERROR && worst[1] > SC_FP64_SIGMOID_ERROR / 8,
              "larger side: %a", worst[1]);
    cr_expect(worst[2] < SC_FP64_SIGMOID_ERROR && worst[2] > SC_FP64_SIGMOID_ERROR / 4,
              "smaller side: %a", worst[2]);
}

Test(fp64_sigmoid, beyond_the_limit_the_smaller_side_is_cut)
{
    static const double sizes[] = {700.0000001, 708, 745, 1000, 1e9, 0x1p409, DBL_MAX};
    const double floor = exp(-SC_FP64_LIMIT);

    for (int32_t n = 0; n < LIST_SIZE(sizes); n++) {
        double p, complement;
        sc_fp64_sigmoid(sizes[n], &p, &complement);
        cr_expect_eq(p, 1.0, "%g: %a", sizes[n], p);
        cr_expect(complement > 0 && complement < SC_FP64_SIGMOID_FLOOR && complement > 0.99 * floor,
                  "%g: %a", sizes[n], complement);
        sc_fp64_sigmoid(-sizes[n], &p, &complement);
        cr_expect_eq(complement, 1.0, "%g: %a", -sizes[n], complement);
        cr_expect(p > 0 && p < SC_FP64_SIGMOID_FLOOR, "%g: %a", -sizes[n], p);
    }
    cr_expect_lt(floor, SC_FP64_SIGMOID_FLOOR);
}

Test(fp64_sigmoid, at_zero_both_sides_are_exactly_half)
{
    double p, complement;

    sc_fp64_sigmoid(0.0, &p, &complement);
    cr_expect(p == 0.5 && complement == 0.5);
    sc_fp64_sigmoid(-0.0, &p, &complement);
    cr_expect(p == 0.5 && complement == 0.5);
}
