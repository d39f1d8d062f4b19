/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_REPLACE_H
#define SC_TOOLS_REPORT_REPLACE_H

#include "reference/status.h"

#include <stddef.h>

/* Writes the file DIRECTORY/NAME: all of it, or no change to it. The directory and its parents are
 * made when they are not there.
 *   directory    not empty
 *   name         a file name without '/'
 *   text, size   the contents, bytes; borrowed
 *   error        filled on failure; may be NULL
 * SC_E_INPUT empty directory or name. SC_E_MEMORY no room for the names. SC_E_IO not written: an
 * older file is untouched and no temporary is left. Processes may race: the last rename wins. */
enum sc_status sc_replace_file(const char *directory, const char *name, const char *text,
                               size_t size, struct sc_error *error);

#endif
