/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/arithmetic_number.h"

#include "reference/mpfr_state.h"

#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 17 /* of a decimal that determines a double */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether c may stand in a number; MPFR reads more: names, exponents after '@', binary digits. */
static bool may_stand(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
           (c != '\0' && strchr("xXpP.+-", c) != NULL);
}

bool sc_arithmetic_number_read(const char **at, double *value)
{
    const bool other_base = (*at)[0] == '0' && ((*at)[1] == 'b' || (*at)[1] == 'B');
    struct sc_mpfr_state state;
    mpfr_t x;
    char *end = NULL;

    if (!is_digit((*at)[0]) || other_base) {
        return false;
    }
    sc_mpfr_state_enter(&state);
    mpfr_init2(x, 53);
    (void)mpfr_strtofr(x, *at, &end, 0, MPFR_RNDN);
    const double found = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    (void)sc_mpfr_state_leave(&state);
    for (const char *c = *at; c < end; c++) {
        if (!may_stand(*c)) {
            return false;
        }
    }
    if (end == *at || !isfinite(found)) {
        return false;
    }
    *at = end;
    *value = found;
    return true;
}

bool sc_arithmetic_number_integer(const char *text, int32_t low, int32_t high, int32_t *value)
{
    int64_t found = 0;
    int32_t digits = 0;

    for (; is_digit(text[digits]) && digits < 10; digits++) {
        found = 10 * found + (text[digits] - '0');
    }
    if (digits == 0 || text[digits] != '\0' || found < low || found > high) {
        return false;
    }
    *value = (int32_t)found;
    return true;
}

void sc_arithmetic_number_write(double value, char text[SC_ARITHMETIC_NUMBER_BYTES])
{
    mpfr_t x;

    (void)snprintf(text, SC_ARITHMETIC_NUMBER_BYTES, "0");
    if (value == 0.0) {
        return;
    }
    mpfr_init2(x, 53);
    (void)mpfr_set_d(x, value, MPFR_RNDN);
    for (size_t count = 2; count <= DIGITS_MAX; count++) {
        char digits[DIGITS_MAX + 3];
        const char *at = text;
        mpfr_exp_t exponent;
        double again = 0.0;
        (void)mpfr_get_str(digits, &exponent, 10, count, x, MPFR_RNDN);
        size_t last = count - 1;
        while (last > 1 && digits[last] == '0') {
            last--;
        }
        (void)snprintf(text, SC_ARITHMETIC_NUMBER_BYTES, "%c.%.*se%ld", digits[0], (int)last,
                       digits + 1, (long)exponent - 1);
        if (sc_arithmetic_number_read(&at, &again) && again == value) {
            break;
        }
    }
    mpfr_clear(x);
}
