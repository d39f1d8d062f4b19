/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_LEDGER_H
#define SC_TOOLS_PROOFS_LEDGER_H

#include "reference/status.h"
#include "tools/proofs/coq.h"
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
    struct sc_coq coq;
    int64_t goals, proved, functions;
    double slowest_s; /* goal */
    double wall_s;    /* of all units, one after the other */
};

/* The goals of one function: all, those that a prover proved, and the time of all. */
struct sc_function_goals {
    int64_t goals, by_smt;
    double seconds;
};

/* Reads the units, the logs LOGS/UNIT.log and the trust list; not what Gappa and Coq left.
 *   only  the one unit whose log is read, NULL for all
 * SC_E_INPUT, SC_E_IO, SC_E_MEMORY; then *ledger holds nothing. */
enum sc_status sc_ledger_read(const char *units, const char *logs, const char *trusted,
                              const char *only, struct sc_ledger *ledger, struct sc_error *error);

/* Adds the checks and figures of the ledger to the evidence. */
void sc_ledger_check(const struct sc_ledger *ledger, struct sc_evidence *evidence);

/* Adds the checks of unit n alone. */
void sc_ledger_check_unit(const struct sc_ledger *ledger, size_t n, struct sc_evidence *evidence);

/* The goals of one of a unit's functions, whose name has `length` bytes. A goal's name begins with the
 * function's and "_"; the longest function wins, so that "f" does not count the goals of "f_g". */
struct sc_function_goals sc_ledger_function(const struct sc_unit *unit, const struct sc_log *log,
                                            const char *function, size_t length);

/* Frees what a ledger holds. */
void sc_ledger_destroy(struct sc_ledger *ledger);

#endif
