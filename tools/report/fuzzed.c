/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/fuzzed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum sc_status sc_fuzzed_read(const char *path, struct sc_fuzzed *fuzzed, struct sc_error *error)
{
    char line[1024];
    int64_t done = 0;
    bool counted = false;
    FILE *file = fopen(path, "r");

    memset(fuzzed, 0, sizeof *fuzzed);
    if (file == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    while (fgets(line, sizeof line, file) != NULL) {
        const char *problem = strstr(line, "ERROR: ");
        problem = problem != NULL ? problem : strstr(line, "runtime error: ");
        if (problem != NULL && fuzzed->error[0] == '\0') {
            (void)snprintf(fuzzed->error, sizeof fuzzed->error, "%.*s", (int)strcspn(problem, "\n"),
                           problem);
        }
        counted =
            sscanf(line, "stat::number_of_executed_units: %" SCNd64, &fuzzed->executions) == 1 ||
            counted;
        fuzzed->finished = sscanf(line, "Done %" SCNd64 " runs in", &done) == 1 || fuzzed->finished;
    }
    (void)fclose(file);
    fuzzed->finished = fuzzed->finished && fuzzed->error[0] == '\0';
    return counted ? SC_OK
                   : sc_fail(error, SC_E_INPUT,
                             "%s: no line 'stat::number_of_executed_units: N', expected the log of "
                             "a libFuzzer program",
                             path);
}
