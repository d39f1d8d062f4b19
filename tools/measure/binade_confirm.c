/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/binade_table.h"

#include "reference/mpfr_state.h"
#include "spec/upward.h"

#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

/* 1 + exp(x) keeps what counts, and 2^-149 beside 1; an exact value is off by a relative LOST at most. */
#define PRECISION 320
#define LOST      0x1p-250
#define SUBNORMAL 0x1p-1070 /* of an exact value below 2^-1022, in binary64 */

static double from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

/* The exact value; infinite or NaN where there is none. x is finite. */
static void exact(enum sc_binade_function function, double x, mpfr_t truth)
{
    (void)mpfr_set_d(truth, x, MPFR_RNDN);
    switch (function) {
    case SC_BINADE_ACCURATE:
    case SC_BINADE_FAST:
        (void)mpfr_neg(truth, truth, MPFR_RNDN);
        (void)mpfr_exp(truth, truth, MPFR_RNDN);
        (void)mpfr_add_ui(truth, truth, 1, MPFR_RNDN);
        (void)mpfr_ui_div(truth, 1, truth, MPFR_RNDN);
        break;
    case SC_BINADE_EXP2:
        (void)mpfr_exp2(truth, truth, MPFR_RNDN);
        break;
    case SC_BINADE_RECIPROCAL:
        (void)mpfr_ui_div(truth, 1, truth, MPFR_RNDN);
        if (fabs(x) < 0x1p-126) {
            mpfr_set_nan(truth);
        }
        break;
    default:
        (void)mpfr_tanh(truth, truth, MPFR_RNDN);
        break;
    }
}

/* Whether an argument of this exact value counts for a kind. Within the slack of 2^-126 it may count for either: binary64
 * has tanh(2^-126) as 2^-126. */
static bool counts(enum sc_binade_error kind, const mpfr_t truth)
{
    const double size = fabs(mpfr_get_d(truth, MPFR_RNDN));

    if (mpfr_number_p(truth) == 0 || size > 0x1p128) {
        return false;
    }
    if (kind == SC_BINADE_RELATIVE) {
        return size >= 0x1p-126 * (1.0 - SC_BINADE_SLACK);
    }
    return kind == SC_BINADE_ABSOLUTE || size < 0x1p-126 * (1.0 + SC_BINADE_SLACK);
}

bool sc_binade_exact_error(enum sc_binade_function function, enum sc_binade_error kind, uint32_t at,
                           uint32_t value, double *error)
{
    struct sc_mpfr_state state;
    mpfr_t truth, difference;

    if (!isfinite(from_bits(at))) {
        return false;
    }
    sc_mpfr_state_enter(&state);
    mpfr_inits2(PRECISION, truth, difference, (mpfr_ptr)NULL);
    exact(function, from_bits(at), truth);
    const bool good = counts(kind, truth);
    (void)mpfr_d_sub(difference, from_bits(value), truth, MPFR_RNDA);
    if (kind == SC_BINADE_RELATIVE) {
        (void)mpfr_div(difference, difference, truth, MPFR_RNDA);
    }
    const double found = fabs(mpfr_get_d(difference, MPFR_RNDA));
    const double size = kind == SC_BINADE_RELATIVE ? 1.0 : fabs(mpfr_get_d(truth, MPFR_RNDA));
    mpfr_clears(truth, difference, (mpfr_ptr)NULL);
    (void)sc_mpfr_state_leave(&state);
    if (good) {
        *error = isfinite(found) ? sc_upward_add(found, size * LOST) : HUGE_VAL;
    }
    return good;
}

static enum sc_status wrong(enum sc_binade_function function, int32_t bin, int32_t kind,
                            const struct sc_binade_worst *x, const char *expected,
                            struct sc_error *error)
{
    static const char *const kinds[SC_BINADE_ERRORS] = {"relative", "absolute", "vanishing"};

    return sc_fail(error, SC_E_INPUT,
                   "activation: %s, binade %c%d: %s error %.17g of %08x at %08x, expected %s",
                   sc_binade_function_name(function), bin < SC_BINADE_FIELDS ? '+' : '-',
                   bin % SC_BINADE_FIELDS - 127, kinds[kind], x->error, x->value, x->at, expected);
}

static int32_t bin_of(uint32_t bits)
{
    return (int32_t)(bits >> 31) * SC_BINADE_FIELDS + (int32_t)(bits >> 23 & 255);
}

/* The exact error of a worst case, which has an argument. */
static enum sc_status look(enum sc_binade_function function, int32_t bin, int32_t kind,
                           const struct sc_binade_worst *x, double *found, struct sc_error *error)
{
    if (bin_of(x->at) != bin ||
        !sc_binade_exact_error(function, (enum sc_binade_error)kind, x->at, x->value, found)) {
        return wrong(function, bin, kind, x, "an argument of the binade that counts", error);
    }
    return isfinite(*found) ? SC_OK : wrong(function, bin, kind, x, "a finite value", error);
}

enum sc_status sc_binade_settle(enum sc_binade_function function, struct sc_binade bins[SC_BINADES],
                                struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n < SC_BINADES * SC_BINADE_ERRORS; n++) {
        struct sc_binade_worst *const x = &bins[n / SC_BINADE_ERRORS].worst[n % SC_BINADE_ERRORS];
        double found = 0.0, size = 1.0;
        if (x->error < 0.0) {
            continue;
        }
        status = look(function, n / SC_BINADE_ERRORS, n % SC_BINADE_ERRORS, x, &found, error);
        if (n % SC_BINADE_ERRORS != SC_BINADE_RELATIVE) {
            size = fabs(from_bits(x->value)) + found;
        }
        if (status == SC_OK &&
            !(fabs(x->error - found) <= (size + found) * SC_BINADE_SLACK + SUBNORMAL)) {
            char expected[64];
            (void)snprintf(expected, sizeof expected, "%.17g within its slack", found);
            status =
                wrong(function, n / SC_BINADE_ERRORS, n % SC_BINADE_ERRORS, x, expected, error);
        }
        x->error = found;
    }
    return status;
}

enum sc_status sc_binade_table_confirm(const struct sc_binade_table *table, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        for (int32_t n = 0; status == SC_OK && n < SC_BINADES * SC_BINADE_ERRORS; n++) {
            const int32_t bin = n / SC_BINADE_ERRORS, kind = n % SC_BINADE_ERRORS;
            const struct sc_binade_worst *const x = &table->bins[f][bin].worst[kind];
            double found = 0.0;
            if (x->error < 0.0) {
                continue;
            }
            status = look((enum sc_binade_function)f, bin, kind, x, &found, error);
            if (status == SC_OK && x->error != found) {
                char expected[64];
                (void)snprintf(expected, sizeof expected, "%.17g", found);
                status = wrong((enum sc_binade_function)f, bin, kind, x, expected, error);
            }
        }
    }
    return status;
}
