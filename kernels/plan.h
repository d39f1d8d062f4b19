/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PLAN_H
#define SC_KERNELS_PLAN_H

#include "kernels/backward.h"
#include "kernels/forward.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* What the plans of all kernels ask of a problem. Host code. */

/* The width of kernels/instances.h, or of kernels/fma.h, that holds d and d_v; 0: none of the input format. */
int32_t sc_plan_width(const struct sc_problem *problem);

/* Whether every row of a tensor starts at a multiple of 16 bytes. */
bool sc_plan_aligned(const void *buffer, enum sc_format format, const struct sc_layout *layout);

/* Tiles of `lines` rows, or keys, of the longest sequence; at least 1. */
int32_t sc_plan_row_tiles(const struct sc_problem *host, int32_t lines);
int32_t sc_plan_key_tiles(const struct sc_problem *host, int32_t lines);

/* sequences x heads x tiles; -1 where that is 2^62 or more. */
int64_t sc_plan_work(const struct sc_problem *host, int32_t heads, int32_t tiles);

/* Blocks for so many items: one each, as far as a grid goes. */
int32_t sc_plan_blocks(int64_t work);

/* Why no kernel with blocks of so many lines does a problem, in words; NULL where one does. */
const char *sc_plan_refusal(const struct sc_problem *host, int32_t lines);

/* The arguments of a pass by kernels with blocks of so many lines, or of rows and of keys, in the deterministic mode;
 * a block of the kernel of dQ has so many warps. */
void sc_plan_forward(const struct sc_problem *host, const struct sc_problem *machine,
                     const struct sc_forward_buffers *buffers, int32_t lines,
                     struct sc_forward_arguments *arguments);
void sc_plan_backward(const struct sc_problem *host, const struct sc_problem *machine,
                      const struct sc_backward_buffers *buffers, int32_t row_lines,
                      int32_t key_lines, int32_t row_warps,
                      struct sc_backward_arguments *arguments);

/* Adds a launch of a kernel of the backward pass. */
void sc_plan_add(struct sc_launch *launches, int32_t *count, void (*kernel)(const void *arguments),
                 const struct sc_backward_arguments *arguments, int32_t blocks, int32_t threads,
                 int32_t bytes);

#endif
