/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_TEXT_H
#define SC_TOOLS_REPORT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_t;

/* Texts in evidence come from compilers, file names and kernels under test: each output here is
 * valid in its format whatever the bytes are. */

/* Decodes the UTF-8 sequence at `text` (terminated).
 * Returns its bytes in [1, 4] and its code point in `code`; 0, and `code` unchanged, at the end of
 * the text or where the bytes are not UTF-8 (overlong and surrogate forms included). */
size_t sc_text_decode(const char *text, uint32_t *code);

/* A JSON string of `text`, each byte that is not UTF-8 replaced by '?'. The caller owns it.
 * NULL: no memory. */
struct json_t *sc_text_json(const char *text);

/* `root` as indented JSON text with a final newline; the caller frees it. NULL: no memory. */
char *sc_text_dump(const struct json_t *root);

/* Writes `text` to `stream` as printable ASCII: other bytes as \xNN (newline, tab and return as \n,
 * \t, \r), a backslash doubled, at most `limit` columns, the last three "..." when it was cut.
 *   limit  in [3, SIZE_MAX]  columns
 * Returns the columns written. */
size_t sc_text_terminal(FILE *stream, const char *text, size_t limit);

/* Writes `text` to `stream` as XML 1.0 character data that is also valid between double quotes.
 * Control characters, characters that XML forbids and bytes that are not UTF-8 become '?'. */
void sc_text_xml(FILE *stream, const char *text);

#endif
