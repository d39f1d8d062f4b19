/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_PLANTED_H
#define SC_TOOLS_REPORT_PLANTED_H

#include "reference/status.h"
#include "tools/report/evidence.h"

#include <stdint.h>

/* What a script that plants faults said in its last line, "mutants: N passed, N failed".
 *   path    its output
 *   caught  faults that a check noticed; missed: all others
 * SC_E_IO not readable. SC_E_INPUT no such line, as after an interruption. */
enum sc_status sc_planted_read(const char *path, int64_t *caught, int64_t *missed,
                               struct sc_error *error);

/* How a stage's evidence names what became of planted faults. */
struct sc_planted_names {
    const char *check, *total, *caught;
    double least;             /* goal of `total` */
    const char *where, *verb; /* "in the oracle", "caught" */
};

/* Reads `path` as above, and adds to the evidence a check that every fault was caught, and the figures of
 * all and of those that were. Prints the detail after `stage`. *good: whether the check passed. Statuses of
 * sc_planted_read. */
enum sc_status sc_planted_record(const char *path, const char *stage,
                                 const struct sc_planted_names *names, struct sc_evidence *evidence,
                                 int *good, struct sc_error *error);

#endif
