/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_JOURNAL_H
#define SC_FUZZ_JOURNAL_H

#include "reference/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An append-only file of records, one a line:
 *
 *     NUMBER <tab> TEXT <tab> CHECKSUM
 *
 * NUMBER counts from 0, CHECKSUM is FNV-1a over "NUMBER <tab> TEXT" in 16 hexadecimal digits, TEXT is fields with
 * tabs between and without other control characters. Record 0 says whose journal it is. A process that is killed
 * loses no record that was appended; a machine that stops, at most half a second of those that were not durable.
 * What a torn write left behind the last whole record is cut off when the journal is opened again. */
#define SC_JOURNAL_TEXT_MAX (1 << 18) /* bytes of a text, its terminator included */

/* What was read. */
struct sc_journal_end {
    int64_t records; /* whole ones, record 0 included */
    int64_t bytes;   /* that they take */
    int64_t torn;    /* bytes behind them */
};

/* Is told of each whole record but record 0, in order. `offset`: where its line begins. */
typedef enum sc_status sc_journal_visit(void *context, int64_t offset, const char *text,
                                        struct sc_error *error);

/* Reads a journal, whatever the bytes are.
 *   header  receives the text of record 0, "" where there is none; room for SC_JOURNAL_TEXT_MAX; NULL: not wanted
 *   visit   NULL: nobody is told
 * SC_E_INPUT whole records follow a damaged line, or records are missing: the text says where. SC_E_MEMORY. A status
 * of `visit` ends the reading. */
enum sc_status sc_journal_read(const char *bytes, size_t size, char *header,
                               sc_journal_visit *visit, void *context, struct sc_journal_end *end,
                               struct sc_error *error);

struct sc_journal;

/* Opens a journal for appending, and locks it against other processes.
 *   header  text of record 0 that it has, or gets
 *   resume  go on where it ends; a file that is not there or empty is begun in either case
 *   end     receives what was there
 * SC_E_INPUT a file that has something in it, without `resume`; with it, one that is no journal, is damaged before its
 * end, or has another header (the text names the first field that differs); a journal in use by another process. Such a
 * file is not touched. SC_E_IO: it cannot be opened or read. SC_E_UNAVAILABLE: no room. SC_E_MEMORY. */
enum sc_status sc_journal_open(const char *path, const char *header, bool resume,
                               sc_journal_visit *visit, void *context, struct sc_journal **opened,
                               struct sc_journal_end *end, struct sc_error *error);

/* Appends a record: it is with the system when this returns.
 *   durable  and on the disk
 * SC_E_INPUT a text that is too long, or has a control character. SC_E_UNAVAILABLE no room left and the like: what was
 * written of the record is taken back, earlier ones are whole, and every later call fails. */
enum sc_status sc_journal_append(struct sc_journal *journal, const char *text, bool durable,
                                 struct sc_error *error);

/* Brings records that are half a second old to the disk; cheap otherwise. SC_E_UNAVAILABLE. */
enum sc_status sc_journal_settle(struct sc_journal *journal, struct sc_error *error);

/* Reads the text of the record at an offset that `visit` was told.
 *   text  room for SC_JOURNAL_TEXT_MAX
 * SC_E_IO. SC_E_INPUT no record there. */
enum sc_status sc_journal_text(const struct sc_journal *journal, int64_t offset, char *text,
                               struct sc_error *error);

/* Brings everything to the disk, closes and frees. NULL is allowed. SC_E_UNAVAILABLE. */
enum sc_status sc_journal_close(struct sc_journal *journal, struct sc_error *error);

#endif
