/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FILE_BYTES_H
#define SC_FILE_BYTES_H

#include "reference/status.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Bytes that a reader of a file format asks for by offset: a regular file or memory. A file is read
 * with pread(2), never mapped: a mapped file that shrinks raises SIGBUS. */
struct sc_bytes {
    const char *where;           /* borrowed; begins every message */
    const unsigned char *memory; /* NULL for a file */
    int64_t size;
    int file; /* -1 for memory */
    struct stat opened;
};

/* Opens a file for reading.
 *   path   a regular file; borrowed until sc_bytes_close
 *   bytes  filled on success
 *   error  filled on failure; may be NULL
 * SC_E_INPUT empty path, or not a regular file (a directory, FIFO or device: nothing is read from
 * it). SC_E_IO the system refused. */
enum sc_status sc_bytes_open(const char *path, struct sc_bytes *bytes, struct sc_error *error);

/* The same for `size` bytes of memory, borrowed; `where` names them in messages. Cannot fail. */
void sc_bytes_wrap(const char *where, const void *memory, size_t size, struct sc_bytes *bytes);

/* Copies bytes [offset, offset + size) to `buffer`; offset >= 0.
 * SC_E_INPUT the range ends beyond the file. SC_E_IO not readable, or the file has shrunk. Then the
 * contents of `buffer` are unspecified. */
enum sc_status sc_bytes_get(const struct sc_bytes *bytes, int64_t offset, void *buffer, size_t size,
                            struct sc_error *error);

/* Whether the file still is what was opened: same size and times. SC_E_IO when it has changed, so
 * that what was read may be a mixture. Memory does not change. */
enum sc_status sc_bytes_check(const struct sc_bytes *bytes, struct sc_error *error);

/* Releases what sc_bytes_open took. */
void sc_bytes_close(struct sc_bytes *bytes);

#endif
