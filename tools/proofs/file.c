/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum sc_status sc_file_read(const char *path, char **text, struct sc_error *error)
{
    enum sc_status status = SC_OK;
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    char *result = calloc(1, SC_FILE_BYTES_MAX);
    if (result == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory", path);
    } else if (fread(result, 1, SC_FILE_BYTES_MAX - 1, file) == SC_FILE_BYTES_MAX - 1) {
        status = sc_fail(error, SC_E_IO, "%s: %d bytes or more", path, SC_FILE_BYTES_MAX - 1);
    } else if (ferror(file) != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot read", path);
    }
    (void)fclose(file);
    if (status != SC_OK) {
        free(result);
        return status;
    }
    *text = result;
    return SC_OK;
}
