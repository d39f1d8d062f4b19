/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

size_t sc_text_decode(const char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)text;
    const size_t size = byte[0] < 0x80   ? 1
                        : byte[0] < 0xc0 ? 0
                        : byte[0] < 0xe0 ? 2
                        : byte[0] < 0xf0 ? 3
                        : byte[0] < 0xf8 ? 4
                                         : 0;

    if (byte[0] == '\0' || size == 0) {
        return 0;
    }
    uint32_t value = size == 1 ? byte[0] : byte[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((byte[i] & 0xc0) != 0x80) { /* the terminator stops here, too */
            return 0;
        }
        value = value << 6 | (byte[i] & 0x3f);
    }
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *code = value;
    return size;
}

json_t *sc_text_json(const char *text)
{
    uint32_t code;
    char *copy = malloc(strlen(text) + 1);

    if (copy == NULL) {
        return NULL;
    }
    (void)strcpy(copy, text);
    for (char *c = copy; *c != '\0';) {
        const size_t size = sc_text_decode(c, &code);
        if (size == 0) {
            *c = '?';
        }
        c += size == 0 ? 1 : size;
    }
    json_t *string = json_string(copy);
    free(copy);
    return string;
}

char *sc_text_dump(const json_t *root)
{
    char *const text = json_dumps(root, JSON_INDENT(2));
    const size_t length = text == NULL ? 0 : strlen(text);
    char *const ended = text == NULL ? NULL : realloc(text, length + 2);

    if (ended == NULL) {
        free(text);
        return NULL;
    }
    (void)strcpy(ended + length, "\n");
    return ended;
}

/* The printable form of one byte, in `unit`; returns its columns. */
static size_t terminal_unit(unsigned char byte, char unit[5])
{
    const char *const named = byte == '\n'   ? "\\n"
                              : byte == '\t' ? "\\t"
                              : byte == '\r' ? "\\r"
                              : byte == '\\' ? "\\\\"
                                             : NULL;
    if (named != NULL) {
        return (size_t)snprintf(unit, 5, "%s", named);
    }
    if (byte >= 0x20 && byte < 0x7f) {
        return (size_t)snprintf(unit, 5, "%c", byte);
    }
    return (size_t)snprintf(unit, 5, "\\x%02X", byte);
}

size_t sc_text_terminal(FILE *stream, const char *text, size_t limit)
{
    char unit[5];
    size_t columns = 0;
    size_t written = 0;

    for (const char *c = text; *c != '\0' && columns <= limit; c++) {
        columns += terminal_unit((unsigned char)*c, unit);
    }
    const bool cut = columns > limit;
    const size_t room = cut ? limit - 3 : limit;
    for (const char *c = text; *c != '\0'; c++) {
        const size_t width = terminal_unit((unsigned char)*c, unit);
        if (written + width > room) {
            break;
        }
        (void)fputs(unit, stream);
        written += width;
    }
    if (cut) {
        (void)fputs("...", stream);
        written += 3;
    }
    return written;
}

void sc_text_xml(FILE *stream, const char *text)
{
    uint32_t code = 0;
    size_t size;

    for (const char *c = text; *c != '\0'; c += size == 0 ? 1 : size) {
        size = sc_text_decode(c, &code);
        const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        if (size == 0 || control || code == 0xfffe || code == 0xffff) {
            (void)fputc('?', stream);
        } else if (code == '&') {
            (void)fputs("&amp;", stream);
        } else if (code == '<') {
            (void)fputs("&lt;", stream);
        } else if (code == '>') {
            (void)fputs("&gt;", stream);
        } else if (code == '"') {
            (void)fputs("&quot;", stream);
        } else {
            (void)fwrite(c, 1, size, stream);
        }
    }
}
