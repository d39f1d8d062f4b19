/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_MPFR_STATE_H
#define SC_REFERENCE_MPFR_STATE_H

#include <mpfr.h>

/* The calling thread's MPFR state, kept while a computation runs under its own. */
struct sc_mpfr_state {
    mpfr_exp_t emin, emax;
    mpfr_flags_t flags;
};

/* Saves the state, then sets the widest exponent range and clears all flags. */
void sc_mpfr_state_enter(struct sc_mpfr_state *saved);

/* Restores the state. Returns the flags raised since sc_mpfr_state_enter. */
mpfr_flags_t sc_mpfr_state_leave(const struct sc_mpfr_state *saved);

#endif
