/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_USAGE_RUN_H
#define SC_TOOLS_MEASURE_USAGE_RUN_H

#include "tools/measure/footprint.h"
#include "tools/measure/gpu.h"
#include "tools/measure/pass.h"

#include <stdbool.h>
#include <stdint.h>

#define SC_USAGE_HEADS 8

/* What a GPU hands out at a time: an allocation may take so much more than was asked for, or none of its own. */
#define SC_USAGE_GRAIN ((int64_t)2 << 20)

/* Which pass. */
enum sc_usage_kind {
    SC_USAGE_FORWARD,
    SC_USAGE_BACKWARD,
    SC_USAGE_BACKWARD_DB, /* with the gradient of the bias */
    SC_USAGE_BACKWARD_FAST,
    SC_USAGE_BACKWARD_FAST_DB,
    SC_USAGE_UNFUSED, /* forward, S and P in memory, one head at a time */
    SC_USAGE_KINDS
};
const char *sc_usage_name(enum sc_usage_kind kind);

/* What a pass took, and what it left. */
struct sc_usage_found {
    int64_t workspace; /* bytes beside inputs and outputs, as its plan asks for them */
    int64_t asked;     /* bytes of all buffers */
    int64_t taken;   /* that the device had less while they were there and after the pass had run */
    int32_t buffers; /* allocations */
    int64_t not_finite; /* elements of its results, poisoned before */
    double
        distance; /* of a sample of the results from the reference (tools/measure/usage_sample.h) */
};

/* Inputs on the host, 8 n d values each for the largest n and d, in bf16. */
struct sc_usage_inputs {
    const uint16_t *q, *k, *v, *d_o;
};

/* Runs a pass on buffers of its own: one sequence, 8 heads, no mask.
 *   refusal  receives NULL, or what no kernel of this build does, in words; then nothing was run
 * SC_E_UNAVAILABLE: the device refused, a kernel failed. SC_E_MEMORY. */
enum sc_status sc_usage_run(struct sc_gpu *gpu, enum sc_usage_kind kind, int32_t n, int32_t d,
                            const struct sc_usage_inputs *inputs, struct sc_usage_found *found,
                            const char **refusal, struct sc_error *error);

#endif
