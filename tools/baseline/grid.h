/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_BASELINE_GRID_H
#define SC_TOOLS_BASELINE_GRID_H

#include "fuzz/generate.h"
#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* The problems of two ways in which attention kernels are tested, with inputs of normal(0, 1), dense tensors of
 * PyTorch's layout [batch][n][heads][d] at aligned addresses, tau = 1 / sqrt(d) and b = -log n_k. */
enum sc_grid {
    SC_GRID_ORDINARY, /* 128 and 256 rows and keys, d = 64 and 128, full and causal, each format */
    /* tests/test_flash_attn.py of FlashAttention 2, test_flash_attn_output and test_flash_attn_varlen_output, by
     * their shapes up to 512 x 256: every shape with each combination of causal and local, and of ALiBi, widths,
     * formats, grouped heads and modes of dQ one in turn. One sequence of 2 heads, or of one above
     * 200 x 256, and packed two of 2, instead of 4 of 6 */
    SC_GRID_FLASH,
    SC_GRIDS
};

/* Problems of a grid. */
int32_t sc_grid_count(enum sc_grid grid);

/* Builds problem n of a grid, of a width and format that the kernels of this program have.
 *   fast   whether dQ is wanted in the fast mode
 *   built  sc_generate_destroy frees what it holds, after a failure too
 * SC_E_MEMORY. SC_E_UNAVAILABLE: the kernels have no instance. */
enum sc_status sc_grid_case(enum sc_grid grid, int32_t n, struct sc_case *built, bool *fast,
                            struct sc_error *error);

#endif
