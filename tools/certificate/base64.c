/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t sc_base64_size(size_t count)
{
    return (8 * count + 2) / 3 * 4;
}

/* Byte n of the doubles; 0 beyond. */
static unsigned byte_of(const double *values, size_t count, size_t n)
{
    uint64_t bits;

    if (n / 8 >= count) {
        return 0;
    }
    memcpy(&bits, values + n / 8, sizeof bits);
    return (unsigned)(bits >> (8 * (n % 8))) & 0xff;
}

char *sc_base64_encode(const double *values, size_t count)
{
    const size_t bytes = 8 * count, size = sc_base64_size(count);
    char *text = malloc(size + 1);

    for (size_t n = 0; text != NULL && n < size / 4; n++) {
        const unsigned group = byte_of(values, count, 3 * n) << 16 |
                               byte_of(values, count, 3 * n + 1) << 8 |
                               byte_of(values, count, 3 * n + 2);
        for (size_t c = 0; c < 4; c++) {
            text[4 * n + c] = 3 * n + c > bytes ? '=' : letters[group >> (18 - 6 * c) & 63];
        }
    }
    if (text != NULL) {
        text[size] = '\0';
    }
    return text;
}

/* The value of a letter; 64 for what is none. */
static unsigned value_of(char letter)
{
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);

    return found == NULL ? 64 : (unsigned)(found - letters);
}

bool sc_base64_decode(const char *text, size_t size, double *values, size_t count)
{
    if (size != sc_base64_size(count)) {
        return false;
    }
    const size_t bytes = 8 * count;
    uint64_t bits = 0;
    for (size_t n = 0; n < size / 4; n++) {
        unsigned group = 0;
        for (size_t c = 0; c < 4; c++) {
            const bool padding = 3 * n + c > bytes;
            const unsigned value = padding ? 0 : value_of(text[4 * n + c]);
            if (value == 64 || (padding && text[4 * n + c] != '=')) {
                return false;
            }
            group = group << 6 | value;
        }
        for (size_t b = 0; b < 3; b++) {
            const size_t at = 3 * n + b;
            const unsigned byte = group >> (16 - 8 * b) & 0xff;
            if (at >= bytes && byte != 0) {
                return false; /* bits that say nothing are 0 */
            }
            bits |= (uint64_t)byte << (8 * (at % 8));
            if (at < bytes && at % 8 == 7) {
                memcpy(values + at / 8, &bits, sizeof bits);
                bits = 0;
            }
        }
    }
    return true;
}
