/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/outward.h"

#include <math.h>
#include <mpfr.h>
#include <stdio.h>

/* MPFR rounds the exact value once, in the direction that is asked for. */
static void print(double value, int digits, const char *format, char text[SC_OUTWARD_BYTES])
{
    mpfr_t x;

    if (!isfinite(value)) {
        (void)snprintf(text, SC_OUTWARD_BYTES, "-");
        return;
    }
    mpfr_init2(x, 53);
    (void)mpfr_set_d(x, value, MPFR_RNDN);
    (void)mpfr_snprintf(text, SC_OUTWARD_BYTES, format, digits, x);
    mpfr_clear(x);
}

void sc_outward_above(double value, int digits, char text[SC_OUTWARD_BYTES])
{
    print(value, digits, "%.*RUg", text);
}

void sc_outward_below(double value, int digits, char text[SC_OUTWARD_BYTES])
{
    print(value, digits, "%.*RDg", text);
}
