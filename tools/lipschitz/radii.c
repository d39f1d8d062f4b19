/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/radii.h"

#include <math.h>
#include <mpfr.h>
#include <stdlib.h>

/* The number at `text`, and where it ends; `text` itself where there is none. */
static double read_one(const char *text, char **end)
{
    mpfr_t x;

    mpfr_init2(x, 53);
    (void)mpfr_strtofr(x, text, end, 0, MPFR_RNDN);
    const double value = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    return value;
}

enum sc_status sc_lipschitz_radii(const char *what, const char *text, double **radii,
                                  int32_t *count, struct sc_error *error)
{
    double *list = calloc(SC_LIPSCHITZ_RADII, sizeof *list);
    int32_t found = 0;
    enum sc_status status =
        list == NULL ? sc_fail(error, SC_E_MEMORY, "%s: no memory", what) : SC_OK;
    char *at = (char *)(uintptr_t)text, *end = at;

    for (; status == SC_OK; at = end + 1) {
        const double value = read_one(at, &end);
        const int good = end != at && *at != ' ' && (*end == ',' || *end == '\0');
        if (!good || !(value >= 0.0) || !isfinite(value) || found == SC_LIPSCHITZ_RADII) {
            status = sc_fail(error, SC_E_INPUT,
                             "%s: '%s', expected at most %d numbers >= 0 with commas between", what,
                             text, SC_LIPSCHITZ_RADII);
        } else {
            list[found++] = value;
        }
        if (*end == '\0') {
            break;
        }
    }
    if (status != SC_OK) {
        free(list);
        list = NULL;
        found = 0;
    }
    *radii = list;
    *count = found;
    return status;
}
