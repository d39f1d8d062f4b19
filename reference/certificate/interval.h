/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_INTERVAL_H
#define SC_REFERENCE_CERTIFICATE_INTERVAL_H

#include <mpfr.h>
#include <stdbool.h>
#include <stdint.h>

/* Intervals [lo, hi] whose ends are MPFR numbers of SC_INTERVAL_BITS, rounded down and up: each holds every value that
 * the operation has at numbers of its operands. Operands may be the result.
 *
 * What leaves the range of MPFR, or divides by an interval that is not above 0, raises one of MPFR's flags (overflow,
 * division by zero, NaN) in its thread. An end that underflows is a bound all the same. */

#define SC_INTERVAL_BITS 120 /* MPFR is fastest below two limbs */

/* The digits lie in the struct, which must stay where it was initialised; nothing is to be freed. */
struct sc_interval {
    mpfr_t lo, hi;
    mp_limb_t digits[2][mpfr_custom_get_size(SC_INTERVAL_BITS) / sizeof(mp_limb_t)];
};

/* [0, 0] */
void sc_interval_init(struct sc_interval *x);

/* `count` intervals [0, 0], to be freed; NULL: no memory. */
struct sc_interval *sc_interval_create(int64_t count);

/* The calling thread's MPFR state. Between the two calls the range of exponents is MPFR's default; the second says whether
 * none of those flags was raised since the first, and restores what was there. */
struct sc_interval_state {
    mpfr_exp_t emin, emax;
    mpfr_flags_t flags;
};
void sc_interval_begin(struct sc_interval_state *saved);
bool sc_interval_end(const struct sc_interval_state *saved);

void sc_interval_set(struct sc_interval *r, const struct sc_interval *a);
void sc_interval_set_d(struct sc_interval *r, double a);

void sc_interval_add(struct sc_interval *r, const struct sc_interval *a,
                     const struct sc_interval *b);
void sc_interval_subtract(struct sc_interval *r, const struct sc_interval *a,
                          const struct sc_interval *b);
void sc_interval_multiply(struct sc_interval *r, const struct sc_interval *a,
                          const struct sc_interval *b);
/* r + a b; r is neither a nor b. */
void sc_interval_add_product(struct sc_interval *r, const struct sc_interval *a,
                             const struct sc_interval *b);
/* r + a b of doubles. */
void sc_interval_add_product_d(struct sc_interval *r, double a, double b);
/* a / b, b above 0. */
void sc_interval_divide(struct sc_interval *r, const struct sc_interval *a,
                        const struct sc_interval *b);

/* sqrt of what is at least 0, whatever the interval says. */
void sc_interval_sqrt(struct sc_interval *r, const struct sc_interval *a);
void sc_interval_exp(struct sc_interval *r, const struct sc_interval *a);
/* 1 / (1 + exp(-a)) */
void sc_interval_sigmoid(struct sc_interval *r, const struct sc_interval *a);
/* Cosine and sine of position / base^(2 channel / d). */
void sc_interval_turn(struct sc_interval *cosine, struct sc_interval *sine, double base,
                      int32_t channel, int32_t d, int32_t position);

#endif
