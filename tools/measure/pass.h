/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_PASS_H
#define SC_TOOLS_MEASURE_PASS_H

#include "kernels/backward.h"
#include "kernels/forward.h"

#include <stdbool.h>
#include <stdint.h>

/* A pass of our kernels as the measuring programs run it: bf16, contiguous tensors [batch][heads][n][d], full or causal,
 * tau = 1 / sqrt(d), b = -log n. */
enum sc_pass_kind {
    SC_PASS_FORWARD,
    SC_PASS_BACKWARD,      /* deterministic */
    SC_PASS_BACKWARD_FAST, /* dQ by atomic additions */
    SC_PASS_KINDS
};

/* "forward", "backward", "backward_fast". */
const char *sc_pass_name(enum sc_pass_kind kind);

struct sc_pass_shape {
    int32_t batch, heads, n, d;
    bool causal;
};

/* Elements of one of its tensors. */
int64_t sc_pass_elements(const struct sc_pass_shape *shape);

/* Buffers on the device. A pass touches those that it needs. */
struct sc_pass_buffers {
    uint16_t *q, *k, *v, *d_o; /* inputs */
    uint16_t *o, *d_q, *d_k, *d_v;
    float *bias; /* one value, which the caller sets to that of the pass */
    float *d_b;  /* [batch][heads]; NULL: not wanted */
    /* Work space: sc_pass_workspace. */
    float *bias_parts, *d_q_sums;
    enum sc_products products; /* of the device */
};

/* What a pass needs beside inputs and outputs, in bytes, as the plan of the kernels asks for it. */
struct sc_pass_workspace {
    size_t bias_parts, d_q_sums; /* 0: none */
};
struct sc_pass_workspace sc_pass_workspace(const struct sc_pass_shape *shape,
                                           enum sc_pass_kind kind, bool with_bias);

/* -log n, in fp32. */
float sc_pass_bias(const struct sc_pass_shape *shape);

/* The problem.
 *   bias  where its one value is; kept */
struct sc_problem sc_pass_problem(const struct sc_pass_shape *shape, const float *bias);

/* Launches, in their order. Points into itself: not to be copied. */
struct sc_pass {
    float bias;
    struct sc_forward_arguments forward;
    struct sc_backward_arguments backward;
    struct sc_launch launches[SC_BACKWARD_LAUNCHES];
    int32_t count;
};

/* Fills `pass`. Returns NULL, or what no kernel of this build does, in words. */
const char *sc_pass_plan(struct sc_pass *pass, enum sc_pass_kind kind,
                         const struct sc_pass_shape *shape, const struct sc_pass_buffers *buffers);

#endif
