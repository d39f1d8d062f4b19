/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_JOURNAL_LINE_H
#define SC_FUZZ_JOURNAL_LINE_H

#include "fuzz/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines of a journal. */
#define SC_JOURNAL_LINE_MAX (SC_JOURNAL_TEXT_MAX + 64)

struct sc_journal_line {
    int64_t number;
    const char *text; /* in the line, not terminated */
    size_t bytes;
};

/* FNV-1a, 64 bits. */
uint64_t sc_journal_checksum(const char *bytes, size_t size);

/* Whether a text may be that of a record. */
bool sc_journal_text_valid(const char *text, size_t bytes);

/* Writes a line with its newline; its length.
 *   text  valid
 *   line  room for SC_JOURNAL_LINE_MAX */
size_t sc_journal_line_print(int64_t number, const char *text, char *line);

/* Whether `line`, without its newline, is that of a whole record. */
bool sc_journal_line_parse(const char *line, size_t bytes, struct sc_journal_line *parsed);

#endif
