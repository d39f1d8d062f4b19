/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_PLACED_H
#define SC_TOOLS_KERNELS_PLACED_H

#include "fuzz/generate.h"
#include "tools/kernels/machine.h"

#include <stdint.h>

/* A case in the memory of a machine: inputs in their format, masks, bias, room for the results. Only what
 * belongs to a tensor is exposed: gaps of strides, and what surrounds a buffer, are not. */
struct sc_placed {
    struct sc_problem problem; /* its pointers are the machine's */
    void *q, *k, *v, *d_o;
    void *o, *d_q, *d_k, *d_v; /* results */
    struct sc_layout d_q_layout, d_k_layout, d_v_layout;
    float *d_b;                   /* [batch][heads_q] */
    float *bias_parts, *d_q_sums; /* work space */
};

/* Places a case. Some buffers start at an odd multiple of their element, by the case's seed.
 * SC_E_MEMORY the machine is full. Statuses of the machine. */
enum sc_status sc_placed_create(const struct sc_case *c, struct sc_machine *machine,
                                struct sc_placed *placed, struct sc_error *error);

/* What the backward pass reads and writes of it; sums of dQ only in the fast mode. */
struct sc_backward_buffers sc_placed_backward(const struct sc_placed *placed, bool fast);

/* Bytes of machine memory that a case takes, at most, guards included. */
size_t sc_placed_bytes(const struct sc_case *c);

#endif
