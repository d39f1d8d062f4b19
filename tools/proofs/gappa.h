/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_GAPPA_H
#define SC_TOOLS_PROOFS_GAPPA_H

#include "reference/status.h"
#include "tools/report/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The scripts of proofs/gappa and what Gappa said of them. */
struct sc_gappa_script {
    char name[64];  /* without .g */
    char what[256]; /* its first comment after the licence: what it proves */
    bool proved;
    bool asks; /* holds a '?', which reports a range and demands nothing */
    bool run;  /* there is a log */
};

struct sc_gappa {
    struct sc_gappa_script *list; /* by name */
    size_t count;
};

/* Reads the scripts SOURCES/NAME.g and the logs LOGS/NAME.log, whose last line is "proved" where Gappa
 * proved every goal. SC_E_IO, SC_E_MEMORY; SC_E_INPUT a script without a comment. Then *gappa holds
 * nothing. */
enum sc_status sc_gappa_read(const char *sources, const char *logs, struct sc_gappa *gappa,
                             struct sc_error *error);

/* Frees what it holds. */
void sc_gappa_destroy(struct sc_gappa *gappa);

/* Adds a check for each script: skipped where Gappa did not run at all. */
void sc_gappa_check(const struct sc_gappa *gappa, struct sc_evidence *evidence);

/* The section of proofs/STATUS.md. */
void sc_gappa_status(const struct sc_gappa *gappa, FILE *out);

#endif
