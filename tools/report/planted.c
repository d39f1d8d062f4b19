/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/planted.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum sc_status sc_planted_read(const char *path, int64_t *caught, int64_t *missed,
                               struct sc_error *error)
{
    char line[1024];
    int found = 0;
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    while (fgets(line, sizeof line, file) != NULL) {
        found =
            sscanf(line, "mutants: %" SCNd64 " passed, %" SCNd64 " failed", caught, missed) == 2;
    }
    (void)fclose(file);
    return found ? SC_OK
                 : sc_fail(error, SC_E_INPUT,
                           "%s: last line, expected 'mutants: N passed, N failed'", path);
}
