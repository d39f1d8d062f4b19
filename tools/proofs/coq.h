/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_COQ_H
#define SC_TOOLS_PROOFS_COQ_H

#include "reference/status.h"
#include "tools/report/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The theorems of proofs/coq, and what Coq says that each rests on. */
struct sc_coq {
    char *text;     /* "FILE.THEOREM: AXIOM..." a line, "-" for none; NULL: Coq did not run */
    char *admitted; /* "FILE:LINE:TEXT" a line: what a source leaves unproved */
    char *times;    /* "FILE SECONDS" a line */
};

/* Reads DIR/assumptions, DIR/admitted and DIR/seconds, which proofs/coq/check.sh left; *coq is empty where there is no
 * such file. SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_coq_read(const char *dir, struct sc_coq *coq, struct sc_error *error);

/* Frees what it holds. */
void sc_coq_destroy(struct sc_coq *coq);

/* Adds three checks, skipped where Coq did not run: `coq.assumptions`, the text is `allowed` (that of
 * proofs/coq/assumptions) byte for byte; `coq.admitted`, no source leaves anything unproved; and `coq.trusted`, each axiom has an entry "coq NAME" or
 * "coq PREFIX*" in the trust list `trusted`, and each such entry an axiom. */
void sc_coq_check(const struct sc_coq *coq, const char *allowed, const char *trusted,
                  struct sc_evidence *evidence);

/* The number of theorems. */
size_t sc_coq_theorems(const struct sc_coq *coq);

/* The section of proofs/STATUS.md. */
void sc_coq_status(const struct sc_coq *coq, FILE *out);

#endif
