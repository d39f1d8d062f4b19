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

enum sc_status sc_planted_record(const char *path, const char *stage,
                                 const struct sc_planted_names *names, struct sc_evidence *evidence,
                                 int *good, struct sc_error *error)
{
    char detail[128];
    int64_t caught = 0, missed = 0;
    const enum sc_status status = sc_planted_read(path, &caught, &missed, error);

    if (status != SC_OK) {
        return status;
    }
    const int64_t total = caught + missed;
    (void)snprintf(detail, sizeof detail, "%lld faults planted %s, %lld %s", (long long)total,
                   names->where, (long long)caught, names->verb);
    *good = missed == 0 && caught > 0;
    sc_evidence_check(evidence, names->check, *good ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      detail);
    sc_evidence_figure(evidence, names->total, (double)total, "1", SC_EVIDENCE_AT_LEAST,
                       names->least);
    sc_evidence_figure(evidence, names->caught, (double)caught, "1", SC_EVIDENCE_EQUAL,
                       (double)total);
    (void)printf("%s: %s\n", stage, detail);
    return SC_OK;
}
