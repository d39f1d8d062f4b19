/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/file/safetensors_scan.h"

#include "spec/size.h"
#include "tools/file/safetensors.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DEPTH_MAX   3
#define INTEGER_MAX ((int64_t)1 << 53)
/* Of a tensor: one after it, two between its fields, one between its offsets, those of its shape. */
#define COMMAS_MAX (SC_SAFETENSORS_TENSORS_MAX * (4 + SC_SIZE_RANK_MAX))

static enum sc_status refuse(const char *where, size_t at, const char *expected,
                             struct sc_error *error)
{
    return sc_fail(error, SC_E_INPUT, "%s: JSON header, byte %zu: expected %s", where, at,
                   expected);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The end of the number that begins at `at`; `at` itself when it is not a plain integer. */
static size_t number_end(const char *text, size_t size, size_t at)
{
    size_t end = at;
    int64_t value = 0;

    while (end < size && is_digit(text[end])) {
        value = sc_size_digit(value, text[end] - '0', INTEGER_MAX);
        end++;
    }
    if (value < 0 || (text[at] == '0' && end - at > 1)) {
        return at;
    }
    return end < size && strchr(".eE+-", text[end]) != NULL && text[end] != '\0' ? at : end;
}

/* The byte after the string whose opening quote is at `at`; `size` when it does not end. */
static size_t string_end(const char *text, size_t size, size_t at)
{
    for (at++; at < size && text[at] != '"'; at++) {
        if (text[at] == '\\') {
            at++;
        }
    }
    return at < size ? at + 1 : size;
}

enum sc_status sc_safetensors_scan(const char *where, const char *text, size_t size,
                                   struct sc_error *error)
{
    int depth = 0;
    int32_t commas = 0;
    size_t at = 0;

    if (size == 0 || text[0] != '{') {
        return refuse(where, 0, "'{' first", error);
    }
    while (at < size) {
        const char c = text[at];
        if (c == '"') {
            at = string_end(text, size, at);
            continue;
        }
        if (is_digit(c) || c == '-') {
            const size_t end = number_end(text, size, at);
            if (end == at) {
                return refuse(where, at, "numbers to be plain integers from 0 to 2^53", error);
            }
            at = end;
            continue;
        }
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == ',') {
            commas++;
        } else if (c != ':' && c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return refuse(where, at, "objects, arrays, strings and integers only", error);
        }
        if (depth > DEPTH_MAX) {
            return refuse(where, at, "a nesting depth of at most 3", error);
        }
        if (depth < 0) {
            return refuse(where, at, "brackets that match", error);
        }
        if (commas > COMMAS_MAX) {
            return refuse(where, at, "fewer values, there are too many", error);
        }
        at++;
    }
    return SC_OK;
}
