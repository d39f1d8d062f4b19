/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_FORWARD_H
#define SC_KERNELS_FORWARD_H

#include "kernels/arguments.h"
#include "kernels/launch.h"
#include "kernels/products.h"
#include "spec/attention.h"

/* Buffers of one forward pass, on the machine that the kernel runs on. The problem is given twice: `host` with
 * pointers that this process can read, `machine` with those of the machine; on the emulator they may be the same. */
struct sc_forward_buffers {
    const void *q, *k, *v;
    void *o;
};

/* How the forward pass O = sigma(tau Q K^T + b + m) V runs: which kernel, on how many blocks.
 *   host, machine  a problem that sc_problem_check accepts, formats bf16 or fp16 in, d and d_v at most 256
 *   buffers        borrowed until the launch has ended
 *   products       what the machine has
 *   arguments      filled; the launch points to it
 *   launch         filled
 * Returns NULL, or what no kernel does, in words. The kernel writes every element of O and nothing else; it reads
 * no row that nobody sees, and of what it reads, what a row does not see changes nothing. */
const char *sc_forward_plan(const struct sc_problem *host, const struct sc_problem *machine,
                            const struct sc_forward_buffers *buffers, enum sc_products products,
                            struct sc_forward_arguments *arguments, struct sc_launch *launch);

#endif
