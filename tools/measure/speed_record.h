/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_SPEED_RECORD_H
#define SC_TOOLS_MEASURE_SPEED_RECORD_H

#include "tools/bench/bench.h"
#include "tools/report/evidence.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Every problem of a comparison is as much data: d channels are 2048 / d heads, length n is 16,384 / n sequences. */
#define SC_SPEED_TOKENS 16384
#define SC_SPEED_HIDDEN 2048

struct sc_speed_case {
    int32_t d, n; /* divide hidden width and tokens */
    bool causal;
};

/* What is timed, in the order in which it is: ours beside its rivals. */
enum sc_speed_runner {
    SC_SPEED_FORWARD,
    SC_SPEED_FORWARD_FA2,
    SC_SPEED_FORWARD_CUDNN,
    SC_SPEED_FORWARD_UNFUSED,
    SC_SPEED_BACKWARD, /* deterministic */
    SC_SPEED_BACKWARD_FAST,
    SC_SPEED_BACKWARD_FA2,
    SC_SPEED_BACKWARD_CUDNN,
    SC_SPEED_RUNNERS
};

/* "forward", "forward_fa2" and so on. */
const char *sc_speed_name(enum sc_speed_runner runner);

struct sc_speed_times {
    bool known[SC_SPEED_RUNNERS];
    struct sc_bench_times ms[SC_SPEED_RUNNERS]; /* of those that are known */
};

/* Writes "d64.n1024.full" and the like. */
void sc_speed_suffix(const struct sc_speed_case *c, char text[32]);

/* Operations of a runner as they are counted in the literature: 4 b h n^2 d forward, half of it causal, 2.5 times that
 * backward, whatever a kernel computes twice. */
double sc_speed_operations(const struct sc_speed_case *c, enum sc_speed_runner runner);

/* Adds the figures of a case: gpu.forward.tflops.SUFFIX for each runner that is known, gpu.forward.speedup_vs_fa2.SUFFIX
 * for each rival beside ours, the quotient of medians, between those of the extremes. At n = 16384 in full, for d of 64
 * and 128, against FlashAttention-2, it is also the figure that has a goal, gpu.forward.speedup_vs_fa2.d64. */
void sc_speed_record(const struct sc_speed_case *c, const struct sc_speed_times *times,
                     struct sc_evidence *evidence);

/* A table in Markdown: its head, and a row for a case; a dash for what is not known. */
void sc_speed_print_head(FILE *out);
void sc_speed_print_row(const struct sc_speed_case *c, const struct sc_speed_times *times,
                        FILE *out);

#endif
