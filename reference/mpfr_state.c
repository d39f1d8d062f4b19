/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/mpfr_state.h"

void sc_mpfr_state_enter(struct sc_mpfr_state *saved)
{
    saved->emin = mpfr_get_emin();
    saved->emax = mpfr_get_emax();
    saved->flags = mpfr_flags_save();
    (void)mpfr_set_emin(mpfr_get_emin_min());
    (void)mpfr_set_emax(mpfr_get_emax_max());
    mpfr_clear_flags();
}

mpfr_flags_t sc_mpfr_state_leave(const struct sc_mpfr_state *saved)
{
    const mpfr_flags_t raised = mpfr_flags_save();

    (void)mpfr_set_emin(saved->emin);
    (void)mpfr_set_emax(saved->emax);
    mpfr_flags_restore(saved->flags, MPFR_FLAGS_ALL);
    return raised;
}
