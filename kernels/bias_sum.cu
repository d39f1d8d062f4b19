/* SPDX-License-Identifier: Apache-2.0 */
/* db of each (sequence, query head): the sum of the parts that the kernel of dQ left, in fp32, in one order. */
#include "kernels/arguments.h"
#include "kernels/instances.h"
#include "kernels/primitives/grid.h"

SC_KERNEL(sc_bias_sum, struct sc_backward_arguments)
{
    const int64_t heads = arguments->row_work / arguments->row_tiles;
    const int64_t parts = (int64_t)arguments->bias_tiles * arguments->bias_warps;
    const int64_t step = (int64_t)arguments->row_blocks * SC_BLOCK_THREADS;

    for (int64_t head = (int64_t)sc_grid_block() * SC_BLOCK_THREADS + sc_grid_thread();
         head < heads; head += step) {
        float sum = 0.0f;
        for (int64_t n = 0; n < parts; n++) {
            sum += arguments->bias_parts[head * parts + n];
        }
        arguments->d_b[head] = sum;
    }
}
