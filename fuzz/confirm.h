/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CONFIRM_H
#define SC_FUZZ_CONFIRM_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a failure is there again, and what it takes. */
enum sc_class {
    SC_CLASS_STEADY,   /* both times, in a fresh process */
    SC_CLASS_UNSTEADY, /* not always: something is not determined */
    SC_CLASS_HISTORY,  /* after other cases in the same process alone */
    SC_CLASS_UNKNOWN   /* not examined again */
};

const char *sc_class_name(enum sc_class class);

/* Runs cases, one after another, in a fresh process of the worker.
 *   sequence, count  numbers of cases as in sc_confirm, rising
 *   fails            receives whether the last one fails the check in question
 * A status that is not SC_OK ends the search. */
typedef enum sc_status sc_confirm_try(void *context, const int32_t *sequence, int32_t count,
                                      bool *fails, struct sc_error *error);

struct sc_confirmed {
    enum sc_class class;
    int32_t again; /* of two fresh runs of the case alone, how many failed */
    int32_t tries;
    int32_t count; /* of the sequence */
};

/* Confirms a failure: the case alone, twice; where that never fails, after all cases that its process had run before,
 * and then after as few of them as fail still: leaving out any one of them makes the failure vanish, unless `tries_max`
 * ended the search before.
 *   history   cases 0 .. history-1 ran before, in this order; case `history` failed
 *   sequence  room for history + 1; receives the cases that it takes, the failing one last
 * Statuses of `attempt`. */
enum sc_status sc_confirm(int32_t history, sc_confirm_try *attempt, void *context,
                          int32_t tries_max, int32_t *sequence, struct sc_confirmed *confirmed,
                          struct sc_error *error);

#endif
