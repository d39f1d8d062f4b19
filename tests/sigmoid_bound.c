/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/sigmoid_bound.h"

#include "reference/mpfr_state.h"
#include "tests/definition.h"

#include <criterion/criterion.h>
#include <mpfr.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

Test(sigmoid_bound, sigmoid_of_large_scores_is_bounded_without_a_flag)
{
    static const struct {
        double s;
        bool exact_zero; /* whether the small side has the lower bound 0 */
    } rows[] = {{0x1p30, true}, {0x1p400, true}, {0x1p30 - 1, false}};

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct sc_mpfr_state state;
        mpfr_t s, low[2], high[2], e, denominator;
        sc_mpfr_state_enter(&state);
        mpfr_inits2(64, s, low[0], low[1], high[0], high[1], e, denominator, (mpfr_ptr)NULL);
        for (int32_t sign = 0; sign < 2; sign++) { /* small: p of -s, 1 - p of +s */
            mpfr_set_d(s, sign == 0 ? -rows[r].s : rows[r].s, MPFR_RNDN);
            sc_sigmoid_bound(low[0], low[1], e, denominator, s, MPFR_RNDD);
            sc_sigmoid_bound(high[0], high[1], e, denominator, s, MPFR_RNDU);
            mpfr_srcptr least = sign == 0 ? low[0] : high[1];
            mpfr_srcptr most = sign == 0 ? high[0] : low[1];
            cr_expect_eq(mpfr_zero_p(least) != 0, rows[r].exact_zero, "%a, sign %d", rows[r].s,
                         sign);
            cr_expect(mpfr_cmp_ui_2exp(most, 1, -(mpfr_exp_t)0x40000000) <= 0 &&
                          mpfr_sgn(most) > 0 && mpfr_cmp(least, most) < 0,
                      "%a, sign %d", rows[r].s, sign);
            cr_expect(mpfr_cmp_ui(sign == 0 ? low[1] : high[0], 1) == 0, "%a, sign %d", rows[r].s,
                      sign);
        }
        mpfr_clears(s, low[0], low[1], high[0], high[1], e, denominator, (mpfr_ptr)NULL);
        const mpfr_flags_t raised = sc_mpfr_state_leave(&state);
        cr_expect_eq(raised & ~(mpfr_flags_t)MPFR_FLAGS_INEXACT, 0, "%a", rows[r].s);
    }
}

/* sigma(log(a / b)) = a / (a + b). */
Test(sigmoid_bound, sigmoid_of_a_logarithm_is_a_fraction)
{
    static const struct {
        uint32_t a, b;
    } rows[] = {{3, 1}, {1, 3}, {1, 1}, {2, 1}, {1, 7}, {1, 65535}, {1000000, 1}, {5, 9}};

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        for (int32_t end = 0; end < 2; end++) {
            const mpfr_rnd_t toward = end == 0 ? MPFR_RNDD : MPFR_RNDU;
            mpfr_t s, p, complement, e, denominator, exact;
            mpfr_inits2(113, s, p, complement, e, denominator, (mpfr_ptr)NULL);
            mpfr_init2(exact, 400);
            mpfr_set_ui(exact, rows[r].a, MPFR_RNDN);
            mpfr_div_ui(exact, exact, rows[r].b, MPFR_RNDN);
            mpfr_log(exact, exact, MPFR_RNDN);
            mpfr_set(s, exact, toward);
            sc_sigmoid_bound(p, complement, e, denominator, s, toward);
            mpfr_set_ui(exact, rows[r].a, MPFR_RNDN);
            mpfr_div_ui(exact, exact, rows[r].a + rows[r].b, MPFR_RNDN);
            const int order = mpfr_cmp(p, exact);
            cr_expect(end == 0 ? order <= 0 : order >= 0, "sigma(log %u/%u), end %d", rows[r].a,
                      rows[r].b, end);
            mpfr_sub(e, p, exact, MPFR_RNDA);
            mpfr_div(e, e, exact, MPFR_RNDA);
            cr_expect(mpfr_cmpabs_ui(e, 0) == 0 || mpfr_get_exp(e) < -105, "wide: log %u/%u",
                      rows[r].a, rows[r].b);
            mpfr_ui_sub(exact, 1, exact, MPFR_RNDN);
            const int other = mpfr_cmp(complement, exact);
            cr_expect(end == 0 ? other >= 0 : other <= 0, "1 - sigma(log %u/%u), end %d", rows[r].a,
                      rows[r].b, end);
            mpfr_clears(s, p, complement, e, denominator, exact, (mpfr_ptr)NULL);
        }
    }
}

/* With 10 to 13 bits, a wrong rounding is as large as the error that it should enclose. */
Test(sigmoid_bound, sigmoid_bounds_hold_at_every_small_precision)
{
    for (int32_t n = -400; n <= 400; n++) {
        for (int32_t bits = 10; bits <= 13; bits++) {
            mpfr_t s, low[2], high[2], e, denominator, exact, complement;
            mpfr_inits2(bits, s, low[0], low[1], high[0], high[1], e, denominator, (mpfr_ptr)NULL);
            mpfr_inits2(DEFINITION_BITS, exact, complement, (mpfr_ptr)NULL);
            mpfr_set_si_2exp(s, n, -5, MPFR_RNDN);
            definition_sigmoid(exact, s);
            mpfr_ui_sub(complement, 1, exact, MPFR_RNDN);
            sc_sigmoid_bound(low[0], low[1], e, denominator, s, MPFR_RNDD);
            sc_sigmoid_bound(high[0], high[1], e, denominator, s, MPFR_RNDU);
            cr_expect(mpfr_cmp(low[0], exact) <= 0 && mpfr_cmp(high[0], exact) >= 0,
                      "sigma(%d/32), %d bits", n, bits);
            cr_expect(mpfr_cmp(low[1], complement) >= 0 && mpfr_cmp(high[1], complement) <= 0,
                      "1 - sigma(%d/32), %d bits", n, bits);
            mpfr_clears(s, low[0], low[1], high[0], high[1], e, denominator, (mpfr_ptr)NULL);
            mpfr_clears(exact, complement, (mpfr_ptr)NULL);
        }
    }
}
