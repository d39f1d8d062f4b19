/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_ARGUMENTS_H
#define SC_KERNELS_ARGUMENTS_H

#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* What a launch of a forward kernel is given: filled by kernels/forward.c, read by the kernels. All pointers, those
 * of the problem included, are the machine's. */
struct sc_forward_arguments {
    struct sc_problem problem;
    const void *q, *k, *v; /* buffers of the problem's layouts, in format_in */
    void *o;               /* in format_out; every element of the tensor is written */
    int64_t work;          /* items: sequences x query heads x row tiles */
    int32_t blocks;        /* of the launch: block x does the items x, x + blocks, ... */
    int32_t row_tiles;     /* of the longest sequence, at least 1 */
    /* Whether each row starts at a multiple of 16 bytes, as asynchronous copies need it. */
    bool copies_q, copies_k, copies_v;
};

/* The same of a backward pass: kernels/backward.c. */
struct sc_backward_arguments {
    struct sc_problem problem;
    const void *q, *k, *v;
    const void *d_o;       /* in format_in, in the layout of O */
    void *d_q, *d_k, *d_v; /* in format_in */
    struct sc_layout d_q_layout, d_k_layout, d_v_layout;
    float *
        bias_parts; /* sums of dS [batch][heads_q][bias_tiles][bias_warps]; NULL: db is not wanted */
    int32_t bias_tiles; /* row_tiles; in the fast mode key_tiles */
    int32_t bias_warps; /* of a block of the kernel that leaves them */
    float *d_b;         /* [batch][heads_q] */
    float *d_q_sums;    /* of the fast mode, 0 at its start; NULL: dQ is the rows kernel's */
    struct sc_layout d_q_sums_layout;
    int64_t row_work,
        key_work; /* items: sequences x heads x tiles of rows, of keys; of keys twice where dK and dV
                                  * are items of their own (SC_BACKWARD_BOTH_MAX) */
    int32_t row_blocks, key_blocks;
    int32_t row_tiles, key_tiles; /* of the longest sequence, at least 1 */
    bool copies_q, copies_k, copies_v, copies_d_o;
};

#endif
