/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_LEDGER_H
#define SC_TOOLS_PROOFS_LEDGER_H

#include "reference/status.h"
#include "tools/proofs/gappa.h"
#include "tools/proofs/log.h"
#include "tools/proofs/units.h"
#include "tools/report/evidence.h"

#include <stdint.h>

/* What all units together prove, and whether each guard of proofs/README.md holds. */
struct sc_ledger {
    struct sc_units units;
    struct sc_log *logs; /* one a unit; empty for sources without proof */
    char *trusted;       /* the text of proofs/wp/trusted */
    struct sc_gappa gappa;
    int64_t goals, proved, functions, functional;
    double slowest_s;
};

/* Reads the units, the logs LOGS/UNIT.log and the trust list; not the scripts of Gappa. SC_E_INPUT, SC_E_IO, SC_E_MEMORY; then
 * *ledger holds nothing. */
enum sc_status sc_ledger_read(const char *units, const char *logs, const char *trusted,
                              struct sc_ledger *ledger, struct sc_error *error);

/* Adds the checks and figures of the ledger to the evidence. */
void sc_ledger_check(const struct sc_ledger *ledger, struct sc_evidence *evidence);

/* The text of proofs/STATUS.md: everything that does not depend on the machine. *text is set on
 * success; the caller frees it. */
enum sc_status sc_ledger_status(const struct sc_ledger *ledger, char **text,
                                struct sc_error *error);

/* Frees what a ledger holds. */
void sc_ledger_destroy(struct sc_ledger *ledger);

#endif
