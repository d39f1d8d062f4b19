/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/field.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sc_field_add(struct sc_field_writer *writer, const char *format, ...)
{
    va_list arguments;

    if (writer->used > 0 && writer->used + 1 < writer->size) {
        writer->text[writer->used++] = '\t';
    }
    const size_t room = writer->size - writer->used;
    va_start(arguments, format);
    const int length = vsnprintf(writer->text + writer->used, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room) {
        writer->cut = true;
        writer->text[writer->used] = '\0';
        return;
    }
    for (int n = 0; n < length; n++) {
        char *const c = &writer->text[writer->used + (size_t)n];
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
    }
    writer->used += (size_t)length;
}

const char *sc_field_next(const char **at, size_t *bytes)
{
    const char *const field = *at;

    if (field != NULL) {
        *bytes = strcspn(field, "\t");
        *at = field[*bytes] == '\t' ? field + *bytes + 1 : NULL;
    }
    return field;
}

const char *sc_field_value(const char *field, size_t bytes, const char *name, size_t *value_bytes)
{
    const size_t length = strlen(name);

    if (bytes <= length || field[length] != '=' || strncmp(field, name, length) != 0) {
        return NULL;
    }
    *value_bytes = bytes - length - 1;
    return field + length + 1;
}

bool sc_field_copy(const char *value, size_t bytes, char *copy, size_t room)
{
    if (bytes >= room) {
        return false;
    }
    memcpy(copy, value, bytes);
    copy[bytes] = '\0';
    return true;
}

bool sc_field_int(const char *value, size_t bytes, int64_t low, int64_t high, int64_t *number)
{
    const bool negative = bytes > 0 && value[0] == '-';
    int64_t result = 0;

    if (bytes == (size_t)negative || bytes > 18) {
        return false;
    }
    for (size_t n = negative; n < bytes; n++) {
        if (value[n] < '0' || value[n] > '9') {
            return false;
        }
        result = 10 * result + (value[n] - '0');
    }
    *number = negative ? -result : result;
    return *number >= low && *number <= high;
}

bool sc_field_hex(const char *value, size_t bytes, size_t digits_count, uint64_t *number)
{
    static const char digits[] = "0123456789abcdef";

    *number = 0;
    for (size_t n = 0; n < bytes && bytes == digits_count; n++) {
        const char *const digit = value[n] == '\0' ? NULL : strchr(digits, value[n]);
        if (digit == NULL) {
            return false;
        }
        *number = *number << 4 | (uint64_t)(digit - digits);
    }
    return bytes == digits_count;
}

bool sc_field_double(const char *value, size_t bytes, double *number)
{
    char copy[64];
    char *end = NULL;

    if (bytes == 0 || !sc_field_copy(value, bytes, copy, sizeof copy) || copy[0] == ' ') {
        return false;
    }
    *number = strtod(copy, &end);
    return *end == '\0';
}
