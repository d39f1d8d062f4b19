/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_BACKWARD_H
#define SC_KERNELS_BACKWARD_H

#include "kernels/arguments.h"
#include "kernels/launch.h"
#include "kernels/products.h"
#include "spec/attention.h"

#include <stddef.h>

/* Buffers of one backward pass, on the machine that the kernels run on. Nothing of the forward pass is needed but
 * its inputs. */
struct sc_backward_buffers {
    const void *q, *k, *v;
    const void *d_o; /* [batch][heads_q][n_q][d_v] in format_in, in the problem's layout of O */
    void *d_q, *d_k,
        *d_v; /* in format_in, in the layouts below; no two rows may share an element */
    struct sc_layout d_q_layout, d_k_layout, d_v_layout;
    float *d_b; /* [batch][heads_q]; NULL: not wanted */
    /* Work space, of the sizes below. NULL d_q_sums: the deterministic mode, bitwise repeatable, with no atomic
     * operation; else the fast one, where blocks add to dQ in whatever order they come. */
    float *bias_parts, *d_q_sums;
};

/* Launches of a backward pass, at most. */
#define SC_BACKWARD_LAUNCHES 4

/* How the backward pass runs, by which kernels:
 *   dV_j = sum_i p_ij dO_i,  dQ_i = tau sum_j dS_ij k_j,  dK_j = tau sum_i dS_ij q_i,  db = sum_ij dS_ij,
 *   dS_ij = p_ij (1 - p_ij) <dO_i, v_j>,
 * dK and dV being summed over the query heads that read their head. The launches run in their order.
 *   host, machine, buffers, products  as of sc_forward_plan; the fast mode multiplies by mma.sync
 *   arguments                         filled; the launches point to it
 *   launches, count                   receives `count` of them
 * Returns NULL, or what no kernel does, in words. */
const char *sc_backward_plan(const struct sc_problem *host, const struct sc_problem *machine,
                             const struct sc_backward_buffers *buffers, enum sc_products products,
                             struct sc_backward_arguments *arguments,
                             struct sc_launch launches[SC_BACKWARD_LAUNCHES], int32_t *count);

/* Bytes of bias_parts and of d_q_sums, whatever multiplies; 0 for a problem that no kernel does. */
size_t sc_backward_bias_bytes(const struct sc_problem *host);
size_t sc_backward_sums_bytes(const struct sc_problem *host);

#endif
