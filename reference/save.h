/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_SAVE_H
#define SC_REFERENCE_SAVE_H

#include "reference/status.h"

#include <stddef.h>

/* A piece of a file to write. */
struct sc_save_part {
    const void *data;
    size_t size;
};

/* Writes the concatenation of `count` parts: the whole file at `path`, or no change to it. A symbolic
 * link is replaced by a file.
 *   path   a file name; its directory exists
 *   parts  borrowed; an empty part may have no data
 *   error  filled on failure; may be NULL
 * SC_E_INPUT empty path, or `path` is there and is not a regular file. SC_E_MEMORY no room for the
 * temporary name. SC_E_IO not written: an older file is untouched and no temporary is left.
 * Processes may race: the last rename wins. */
enum sc_status sc_save(const char *path, const struct sc_save_part *parts, size_t count,
                       struct sc_error *error);

#endif
