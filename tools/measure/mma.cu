/* SPDX-License-Identifier: Apache-2.0 */
/* The tensor core's answer to given tiles, after every step: what the instruction under the kernels computes, with
 * nothing of a kernel around it. */
#include "tools/measure/mma.h"

#include "kernels/primitives/grid.h"
#include "kernels/primitives/matrix.h"

/* Two neighbours of a row, the first in the low half. */
SC_DEVICE uint32_t pair(const uint16_t *matrix, int32_t row, int32_t term)
{
    const uint16_t *at = matrix + row * SC_MMA_TERMS + term;

    return (uint32_t)at[0] | (uint32_t)at[1] << 16;
}

SC_KERNEL(sc_mma_multiply, struct sc_mma_arguments)
{
    const int32_t lane = sc_grid_thread() % SC_WARP, g = lane / 4, t = 2 * (lane % 4);
    const int32_t tile = sc_grid_block() * SC_MMA_WARPS + sc_grid_thread() / SC_WARP;
    const int32_t top = g * SC_MMA_COLUMNS + t, bottom = top + 8 * SC_MMA_COLUMNS;

    if (tile >= arguments->tiles) {
        return; /* a warp as a whole */
    }
    const float *c = arguments->c + (int64_t)tile * SC_MMA_C;
    float sums[4] = {c[top], c[top + 1], c[bottom], c[bottom + 1]};
    for (int32_t step = 0; step < arguments->steps; step++) {
        const int64_t at = (int64_t)tile * arguments->steps + step;
        const uint16_t *a = arguments->a + at * SC_MMA_A, *b = arguments->b + at * SC_MMA_B;
        const uint32_t rows[4] = {pair(a, g, t), pair(a, g + 8, t), pair(a, g, t + 8),
                                  pair(a, g + 8, t + 8)};
        const uint32_t columns[2] = {pair(b, g, t), pair(b, g, t + 8)};
        if (arguments->bf16 != 0) {
            sc_matrix_add_bf16(sums, rows, columns);
        } else {
            sc_matrix_add_fp16(sums, rows, columns);
        }
        float *d = arguments->d + at * SC_MMA_C;
        d[top] = sums[0];
        d[top + 1] = sums[1];
        d[bottom] = sums[2];
        d[bottom + 1] = sums[3];
    }
}
