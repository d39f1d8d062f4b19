/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/sigmoid_bound.h"

#include <stdbool.h>

/* |s| >= 2^30 gives e^-|s| < 2^-2^30; below, e^-|s| > 2^-2^31 is far inside the exponent range. */
#define LARGE_LOG2 30
_Static_assert(sizeof(mpfr_exp_t) >= 8, "MPFR's exponents need 64 bits");

/* e = e^-|s| rounded in direction `toward`, or a bound of it in that direction. */
static void decay(mpfr_ptr e, mpfr_ptr argument, mpfr_srcptr s, mpfr_rnd_t toward)
{
    if (mpfr_regular_p(s) && mpfr_get_exp(s) > LARGE_LOG2) {
        (void)mpfr_set_ui_2exp(e, toward == MPFR_RNDU ? 1 : 0, -((mpfr_exp_t)1 << LARGE_LOG2),
                               MPFR_RNDN);
        return;
    }
    (void)mpfr_setsign(argument, s, 1, MPFR_RNDN); /* -|s|, exact */
    (void)mpfr_exp(e, argument, toward);
}

void sc_sigmoid_bound(mpfr_ptr p, mpfr_ptr complement, mpfr_ptr e, mpfr_ptr denominator,
                      mpfr_srcptr s, mpfr_rnd_t toward)
{
    const mpfr_rnd_t away = toward == MPFR_RNDD ? MPFR_RNDU : MPFR_RNDD;
    const bool negative = mpfr_sgn(s) < 0;

    decay(e, denominator, s, negative ? toward : away);
    (void)mpfr_add_ui(denominator, e, 1, away);
    if (negative) {
        (void)mpfr_div(p, e, denominator, toward);
    } else {
        (void)mpfr_ui_div(p, 1, denominator, toward);
    }
    (void)mpfr_add_ui(denominator, e, 1, toward);
    if (negative) {
        (void)mpfr_ui_div(complement, 1, denominator, away);
    } else {
        (void)mpfr_div(complement, e, denominator, away);
    }
}
