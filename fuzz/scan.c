/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/scan.h"

#include "fuzz/float_text.h"
#include "spec/size.h"

#include <string.h>

bool sc_scan_literal(struct sc_scan *scan, char c)
{
    if (scan->bytes == 0 || scan->text[0] != c) {
        return false;
    }
    scan->text++;
    scan->bytes--;
    return true;
}

bool sc_scan_number(struct sc_scan *scan, int64_t most, int64_t *value)
{
    const size_t before = scan->bytes;

    for (*value = 0; scan->bytes > 0 && '0' <= scan->text[0] && scan->text[0] <= '9';) {
        *value = sc_size_digit(*value, scan->text[0] - '0', most);
        if (*value < 0) {
            return false;
        }
        scan->text++;
        scan->bytes--;
    }
    return scan->bytes < before;
}

bool sc_scan_integer(struct sc_scan *scan, int32_t *value)
{
    int64_t wide = 0;

    if (!sc_scan_number(scan, INT32_MAX, &wide)) {
        return false;
    }
    *value = (int32_t)wide;
    return true;
}

bool sc_scan_hexadecimal(struct sc_scan *scan, int digits, bool exactly, uint64_t *value)
{
    static const char names[] = "0123456789abcdef";
    int count = 0;

    for (*value = 0; scan->bytes > 0 && count < digits; count++) {
        const char *const digit = memchr(names, scan->text[0], 16);
        if (digit == NULL) {
            break;
        }
        *value = *value * 16 + (uint64_t)(digit - names);
        scan->text++;
        scan->bytes--;
    }
    return count == digits || (!exactly && count > 0);
}

struct sc_scan sc_scan_piece(struct sc_scan *scan, const char *ends)
{
    struct sc_scan found = {scan->text, 0};

    while (scan->bytes > 0 && (scan->text[0] == '\0' || strchr(ends, scan->text[0]) == NULL)) {
        scan->text++;
        scan->bytes--;
        found.bytes++;
    }
    return found;
}

bool sc_scan_word(struct sc_scan *scan, const char *const *words, int count, int *index)
{
    const struct sc_scan found = sc_scan_piece(scan, ":@");

    for (*index = 0; *index < count; (*index)++) {
        if (strlen(words[*index]) == found.bytes &&
            memcmp(words[*index], found.text, found.bytes) == 0) {
            return true;
        }
    }
    return false;
}

bool sc_scan_integers(struct sc_scan *scan, int32_t *values, int32_t most, int32_t *count)
{
    *count = 0;
    do {
        if (*count == most || !sc_scan_integer(scan, &values[*count])) {
            return false;
        }
        (*count)++;
    } while (sc_scan_literal(scan, ','));
    return true;
}

bool sc_scan_floats(struct sc_scan *scan, float *values, int32_t most, int32_t *count)
{
    *count = 0;
    do {
        const struct sc_scan found = sc_scan_piece(scan, ",");
        if (*count == most || !sc_float_text_parse(found.text, found.bytes, &values[*count])) {
            return false;
        }
        (*count)++;
    } while (sc_scan_literal(scan, ','));
    return true;
}
