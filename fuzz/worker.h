/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_WORKER_H
#define SC_FUZZ_WORKER_H

#include "fuzz/outcome.h"
#include "fuzz/prepared.h"
#include "spec/kernel.h"

#include <stdbool.h>
#include <stdint.h>

/* A kernel under test in a process of its own, which speaks fuzz/PROTOCOL.md. It may crash, hang, fork, exit and change
 * its floating-point environment: nothing of that reaches this process. */
struct sc_worker;

struct sc_worker_options {
    const char *command; /* for sh -c; borrowed and kept */
    double
        seconds; /* for an answer to a call; 0: 10, and 120 of a kernel whose memory is not the host's */
    double start_seconds; /* for the first answer; > 0 */
    /* That tensors may take, gaps of strides that nobody touches apart; > 0. The process may take four times as much
     * besides, and 8 GiB: a limit of its address space would stop GPU drivers and sanitizers. */
    int64_t memory_bytes;
};

/* What a kernel says of itself. */
struct sc_worker_kernel {
    char name[64];
    struct sc_kernel_traits traits;
    bool device; /* its memory is not the host's */
    /* Its model in words (reference/judge/arithmetic_text.h), or "unknown"; parts for formats: fuzz/traits.h. */
    char arithmetic[4096];
};

/* Starts a worker and asks what it is. It dies with the thread that started it.
 * SC_E_UNAVAILABLE: it does not start, or is of another version; the text says what it said. SC_E_MEMORY. */
enum sc_status sc_worker_create(const struct sc_worker_options *options, struct sc_worker **created,
                                struct sc_error *error);
const struct sc_worker_kernel *sc_worker_kernel(const struct sc_worker *worker);

/* Kills the process with all that it started, and frees. NULL is allowed. */
void sc_worker_destroy(struct sc_worker *worker);

struct sc_worker_call {
    bool backward; /* gradients too; db if the kernel can */
    uint64_t seed; /* of what a watching machine leaves open */
    bool
        fresh_workspace; /* poison the work space before the call; else it holds what the last call left */
};

/* Runs a prepared case. However it ends is the outcome, and none of it is an error: a dead worker is started again by
 * the next call; a case whose tensors take more than memory_bytes ends SC_ENDING_REFUSED without a call.
 *   outcome  receives it; sc_outcome_destroy frees what it holds
 * SC_E_MEMORY here. SC_E_INPUT: gradients of a case without dO. SC_E_UNAVAILABLE: no worker can be started any more. */
enum sc_status sc_worker_run(struct sc_worker *worker, const struct sc_prepared *prepared,
                             const struct sc_worker_call *call, struct sc_outcome *outcome,
                             struct sc_error *error);

/* Calls that the worker's process has answered since it started: what it may remember. */
int64_t sc_worker_calls(const struct sc_worker *worker);

/* The most that a process of it took so far, resident and of its own, as seen after each call and ten times a second
 * during one. */
int64_t sc_worker_largest(const struct sc_worker *worker);

/* Starts the process anew before the next call. */
void sc_worker_restart(struct sc_worker *worker);

#endif
