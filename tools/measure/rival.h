/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_RIVAL_H
#define SC_TOOLS_MEASURE_RIVAL_H

#include "reference/status.h"
#include "tools/bench/bench.h"

#include <stdbool.h>
#include <stdint.h>

/* Somebody else's attention, timed by a process beside this one: tools/measure/attention.py, which has PyTorch's. It is
 * asked and answers in lines. N counts the questions, so that a late answer is never taken for that to another one:
 *
 *   N version                                        sigmacert N ok WORDS
 *   N flash|cudnn forward|backward D LENGTH 0|1      sigmacert N ok MEDIAN MIN MAX    milliseconds; 1: causal
 *                                                    sigmacert N no REASON            in words
 *
 * Lines of it that do not begin with "sigmacert " are passed over. Every question gets an answer or a reason why there
 * is none: a process that dies, says nothing in time or something else is killed, and started again by the next
 * question, SC_RIVAL_STARTS times in all. */
struct sc_rival;

#define SC_RIVAL_SECONDS       60  /* for an answer */
#define SC_RIVAL_START_SECONDS 180 /* for the first one: PyTorch is read from a disk */
#define SC_RIVAL_STARTS        3
#define SC_RIVAL_TEXT_BYTES    256

struct sc_rival_question {
    const char *backend, *pass; /* the words above */
    int32_t d, n;
    bool causal;
};

/* Starts nothing yet.
 *   command                 for sh -c; borrowed and kept
 *   seconds, start_seconds  > 0
 * SC_E_MEMORY. */
enum sc_status sc_rival_create(const char *command, double seconds, double start_seconds,
                               struct sc_rival **created, struct sc_error *error);

/* Kills the process with all that it started, and frees. NULL is allowed. */
void sc_rival_destroy(struct sc_rival *rival);

/* Whether it is there, and what it says it is; a reason if it is not. */
bool sc_rival_version(struct sc_rival *rival, char text[SC_RIVAL_TEXT_BYTES]);

/* Whether it answered with times.
 *   ms      receives them: finite, 0 < least <= median <= most
 *   reason  receives why not, one line */
bool sc_rival_ask(struct sc_rival *rival, const struct sc_rival_question *question,
                  struct sc_bench_times *ms, char reason[SC_RIVAL_TEXT_BYTES]);

#endif
