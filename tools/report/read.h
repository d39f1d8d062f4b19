/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_READ_H
#define SC_TOOLS_REPORT_READ_H

#include "reference/status.h"
#include "tools/report/evidence.h"
#include "tools/report/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

struct sc_read_check {
    const char *name, *detail;
    enum sc_evidence_status status;
    double seconds;
};

struct sc_read_figure {
    const char *name, *unit;
    double value, goal; /* finite; goal is 0 without one */
    enum sc_evidence_goal kind;
    bool met; /* true without a goal */
};

/* The evidence of one stage as a file holds it. Texts are UTF-8 and point into `root`. */
struct sc_read_evidence {
    const char *stage, *command, *started;
    const char *why; /* NULL for a pass */
    enum sc_evidence_status status;
    double seconds;
    struct sc_source source;
    struct sc_read_check *checks;
    struct sc_read_figure *figures;
    size_t n_checks, n_figures;
    int64_t passed, failed, skipped; /* checks */
    struct json_t *root;             /* the file */
};

/* Reads an evidence file and holds it against schema 1: the fields of the schema and no other, each
 * of its type, and a verdict, goals and a file name that agree with the contents.
 *   path      DIRECTORY/STAGE.json, a regular file of at most 16 MiB
 *   evidence  set on success; sc_read_destroy releases it
 * SC_E_INPUT names the file and the field that is wrong. SC_E_IO not readable. SC_E_MEMORY. */
enum sc_status sc_read_create(const char *path, struct sc_read_evidence **evidence,
                              struct sc_error *error);

/* NULL is allowed. */
void sc_read_destroy(struct sc_read_evidence *evidence);

#endif
