/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/float_text.h"

#include "spec/format_value.h"

#include <stdint.h>
#include <stdio.h>

#define FRACTION_DIGITS 6 /* of 24 bits, the last one 0 */

size_t sc_float_text_print(float value, char text[SC_FLOAT_TEXT_MAX])
{
    const uint64_t bits = sc_format_to_bits((double)value);
    const char *const sign = bits >> 63 != 0 ? "-" : "";
    const uint64_t magnitude = bits % 0x8000000000000000u;
    char fraction[FRACTION_DIGITS + 2] = "";

    if (magnitude == 0) {
        return (size_t)snprintf(text, SC_FLOAT_TEXT_MAX, "%s0", sign);
    }
    /* Every fp32 number but 0 is a normal double. */
    uint32_t digits = (uint32_t)(magnitude >> (52 - 4 * FRACTION_DIGITS)) % (1u << 24);
    int count = FRACTION_DIGITS;
    for (; count > 0 && digits % 16 == 0; count--) {
        digits /= 16;
    }
    if (count > 0) {
        (void)snprintf(fraction, sizeof fraction, ".%0*x", count, digits);
    }
    return (size_t)snprintf(text, SC_FLOAT_TEXT_MAX, "%s0x1%sp%+d", sign, fraction,
                            (int)(magnitude >> 52) - 1023);
}

/* What is left of a text. */
struct rest {
    const char *text;
    size_t bytes;
};

static char next(const struct rest *rest)
{
    return rest->bytes > 0 ? rest->text[0] : '\0';
}

static void skip(struct rest *rest)
{
    rest->text++;
    rest->bytes--;
}

static int digit_value(char c)
{
    if ('0' <= c && c <= '9') {
        return c - '0';
    }
    return 'a' <= c && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An unsigned number of at least one digit, at most `most`. */
static bool number(struct rest *rest, int base, int64_t most, int64_t *value)
{
    const size_t before = rest->bytes;

    for (*value = 0; digit_value(next(rest)) >= 0 && digit_value(next(rest)) < base; skip(rest)) {
        *value = base * *value + digit_value(next(rest));
        if (*value > most) {
            return false;
        }
    }
    return rest->bytes < before;
}

/* After "0x": significand and exponent. */
static bool hexadecimal(struct rest *rest, double *value)
{
    const int64_t most = ((int64_t)1 << 32) - 1;
    int64_t whole = 0, fraction = 0, exponent = 0;
    int places = 0;

    if (!number(rest, 16, 15, &whole)) {
        return false;
    }
    if (next(rest) == '.') {
        skip(rest);
        const size_t before = rest->bytes;
        if (!number(rest, 16, most, &fraction)) {
            return false;
        }
        places = (int)(before - rest->bytes);
        if (places > 8) {
            return false;
        }
    }
    if (next(rest) != 'p') {
        return false;
    }
    skip(rest);
    const bool negative = next(rest) == '-';
    if (next(rest) == '-' || next(rest) == '+') {
        skip(rest);
    }
    if (!number(rest, 10, 200, &exponent)) {
        return false;
    }
    /* At most 36 bits times a power that a double holds: exact. */
    const int64_t significand = (whole << (4 * places)) + fraction;
    const int32_t power = (int32_t)(negative ? -exponent : exponent) - 4 * places;
    *value = (double)significand * sc_format_pow2(power);
    return true;
}

bool sc_float_text_parse(const char *text, size_t bytes, float *value)
{
    struct rest rest = {text, bytes};
    double magnitude = 0.0;
    const bool negative = next(&rest) == '-';

    if (negative) {
        skip(&rest);
    }
    if (rest.bytes >= 2 && rest.text[0] == '0' && rest.text[1] == 'x') {
        skip(&rest);
        skip(&rest);
        if (!hexadecimal(&rest, &magnitude)) {
            return false;
        }
    } else {
        int64_t integer = 0;
        if (!number(&rest, 10, 1 << 24, &integer)) {
            return false;
        }
        magnitude = (double)integer;
    }
    const double rounded =
        sc_format_decode(SC_FORMAT_FP32, sc_format_encode(SC_FORMAT_FP32, magnitude));
    if (rest.bytes > 0 || rounded != magnitude || magnitude > sc_format_max(SC_FORMAT_FP32)) {
        return false;
    }
    *value = (float)(negative ? -magnitude : magnitude);
    return true;
}
