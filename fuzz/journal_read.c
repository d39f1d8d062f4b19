/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/journal_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 16

uint64_t sc_journal_checksum(const char *bytes, size_t size)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t n = 0; n < size; n++) {
        hash = (hash ^ (unsigned char)bytes[n]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

bool sc_journal_text_valid(const char *text, size_t bytes)
{
    for (size_t n = 0; n < bytes; n++) {
        const unsigned char byte = (unsigned char)text[n];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return bytes < SC_JOURNAL_TEXT_MAX;
}

size_t sc_journal_line_print(int64_t number, const char *text, char *line)
{
    const int length =
        snprintf(line, SC_JOURNAL_LINE_MAX - DIGITS - 2, "%lld\t%s", (long long)number, text);
    const uint64_t checksum = sc_journal_checksum(line, (size_t)length);

    return (size_t)length +
           (size_t)snprintf(line + length, DIGITS + 3, "\t%016" PRIx64 "\n", checksum);
}

/* The value of lower-case hexadecimal digits; false where there are others. */
static bool read_digits(const char *digits, uint64_t *value)
{
    *value = 0;
    for (int n = 0; n < DIGITS; n++) {
        const char c = digits[n];
        const bool decimal = c >= '0' && c <= '9';
        if (!decimal && !(c >= 'a' && c <= 'f')) {
            return false;
        }
        *value = *value << 4 | (uint64_t)(decimal ? c - '0' : c - 'a' + 10);
    }
    return true;
}

bool sc_journal_line_parse(const char *line, size_t bytes, struct sc_journal_line *parsed)
{
    uint64_t checksum = 0;
    size_t at = 0;

    parsed->number = 0;
    while (at < bytes && line[at] >= '0' && line[at] <= '9' && at < 15) {
        parsed->number = 10 * parsed->number + (line[at] - '0');
        at++;
    }
    if (at == 0 || (at > 1 && line[0] == '0') || at >= bytes || line[at] != '\t' ||
        bytes - at < 1 + 1 + DIGITS || line[bytes - DIGITS - 1] != '\t') {
        return false;
    }
    const size_t body = bytes - DIGITS - 1;
    parsed->text = line + at + 1;
    parsed->bytes = body - at - 1;
    return read_digits(line + body + 1, &checksum) && checksum == sc_journal_checksum(line, body) &&
           sc_journal_text_valid(parsed->text, parsed->bytes);
}

/* The end of the line at `at`: the place of its newline, or `size`. */
static size_t line_end(const char *bytes, size_t size, size_t at)
{
    const char *const newline = memchr(bytes + at, '\n', size - at);

    return newline == NULL ? size : (size_t)(newline - bytes);
}

/* Whether a whole record begins at or behind `at`. */
static bool record_follows(const char *bytes, size_t size, size_t at)
{
    struct sc_journal_line line;

    while (at < size) {
        const size_t stop = line_end(bytes, size, at);
        if (stop < size && sc_journal_line_parse(bytes + at, stop - at, &line)) {
            return true;
        }
        at = stop + 1;
    }
    return false;
}

enum sc_status sc_journal_read(const char *bytes, size_t size, char *header,
                               sc_journal_visit *visit, void *context, struct sc_journal_end *end,
                               struct sc_error *error)
{
    enum sc_status status = SC_OK;
    char *const text = malloc(SC_JOURNAL_TEXT_MAX);
    size_t at = 0;
    int64_t count = 0;

    memset(end, 0, sizeof *end);
    if (text == NULL) {
        return sc_fail(error, SC_E_MEMORY, "journal: no memory");
    }
    if (header != NULL) {
        header[0] = '\0';
    }
    while (at < size && status == SC_OK) {
        struct sc_journal_line line;
        const size_t stop = line_end(bytes, size, at);
        if (stop == size || !sc_journal_line_parse(bytes + at, stop - at, &line)) {
            if (record_follows(bytes, size, stop == size ? size : stop + 1)) {
                status = sc_fail(error, SC_E_INPUT,
                                 "line %lld is damaged and records follow it, expected a journal "
                                 "that is whole up to its end",
                                 (long long)count + 1);
            }
            break;
        }
        if (line.number != count) {
            status = sc_fail(error, SC_E_INPUT,
                             "line %lld is record %lld, expected %lld: records are missing",
                             (long long)count + 1, (long long)line.number, (long long)count);
            break;
        }
        memcpy(text, line.text, line.bytes);
        text[line.bytes] = '\0';
        if (count == 0 && header != NULL) {
            memcpy(header, text, line.bytes + 1);
        }
        if (count > 0 && visit != NULL) {
            status = visit(context, (int64_t)at, text, error);
        }
        count++;
        at = stop + 1;
    }
    end->records = count;
    end->bytes = (int64_t)at;
    end->torn = (int64_t)(size - at);
    free(text);
    return status;
}
