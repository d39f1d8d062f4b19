/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_LOG_H
#define SC_TOOLS_PROOFS_LOG_H

#include "reference/status.h"

#include <stddef.h>
#include <stdint.h>

#define SC_LOG_NAME_BYTES 128

/* A name that a log holds: a goal, or something trusted. */
struct sc_log_name {
    char text[SC_LOG_NAME_BYTES];
    double seconds; /* of the attempt that proved the goal */
    int by_smt;     /* proved by a prover, not by WP's own simplification (Qed) */
};

struct sc_log_names {
    struct sc_log_name *list;
    size_t count;
};

/* What a log of one unit says (tools/make/proofs.mk: functions, lemmas, canary). */
struct sc_log {
    int64_t goals, proved; /* functions and lemmas, smoke tests included */
    int64_t smoke;         /* of these, smoke tests that passed */
    int64_t canary_goals, canary_proved;
    int64_t runs;                /* "Proved goals" lines, the canary's included */
    int64_t warnings;            /* lines that warn: each is a fault of the unit */
    double slowest_s;            /* longest single proof attempt that succeeded */
    double wall_s;               /* all runs of the unit together */
    struct sc_log_names provers; /* that ran, with versions: "CVC4 1.8" */
    struct sc_log_names
        goal_names;              /* every goal that is not a smoke test, without its model prefix */
    struct sc_log_names failed;  /* unproved goals */
    struct sc_log_names trusted; /* "axiom NAME" and "contract FUNCTION" of the report */
};

/* Reads a log. SC_E_IO, SC_E_MEMORY. On failure *log is empty. */
enum sc_status sc_log_read(const char *path, struct sc_log *log, struct sc_error *error);

/* Frees what a log holds. */
void sc_log_destroy(struct sc_log *log);

#endif
