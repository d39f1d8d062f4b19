/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_FILE_H
#define SC_TOOLS_PROOFS_FILE_H

#include "reference/status.h"

/* Logs, lists and sources are small: a larger file is not what it claims to be. */
#define SC_FILE_BYTES_MAX (1 << 20)

/* A whole text file, terminated; the caller frees it. SC_E_IO: cannot be read, or has SC_FILE_BYTES_MAX
 * bytes or more; SC_E_MEMORY. errno is that of fopen where the file is not there. */
enum sc_status sc_file_read(const char *path, char **text, struct sc_error *error);

#endif
