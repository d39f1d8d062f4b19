/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/backward_fma.h"

#include "kernels/fma.h"
#include "kernels/instances.h"
#include "kernels/plan.h"

#include <stdint.h>

void sc_bias_sum(const void *arguments);
void sc_backward_fma_rows(const void *arguments);
void sc_backward_fma_keys(const void *arguments);

const char *sc_backward_fma_plan(const struct sc_problem *host, const struct sc_problem *machine,
                                 const struct sc_backward_buffers *buffers,
                                 struct sc_backward_arguments *arguments,
                                 struct sc_launch launches[SC_BACKWARD_LAUNCHES], int32_t *count)
{
    const char *refusal = sc_plan_refusal(host, SC_FMA_BACKWARD_LINES);

    *count = 0;
    if (refusal != NULL) {
        return refusal;
    }
    sc_plan_backward(host, machine, buffers, SC_FMA_BACKWARD_LINES, SC_FMA_BACKWARD_LINES,
                     SC_BLOCK_WARPS, arguments);
    sc_plan_add(launches, count, sc_backward_fma_rows, arguments, arguments->row_blocks,
                SC_BLOCK_THREADS, sc_fma_backward_bytes(host->d, host->d_v, 1));
    sc_plan_add(launches, count, sc_backward_fma_keys, arguments, arguments->key_blocks,
                SC_BLOCK_THREADS, sc_fma_backward_bytes(host->d, host->d_v, 2));
    if (buffers->d_b != NULL) {
        sc_plan_add(launches, count, sc_bias_sum, arguments, arguments->row_blocks,
                    SC_BLOCK_THREADS, 0);
    }
    return NULL;
}

size_t sc_backward_fma_bias_bytes(const struct sc_problem *host)
{
    if (sc_plan_refusal(host, SC_FMA_BACKWARD_LINES) != NULL) {
        return 0;
    }
    const int32_t row_tiles = sc_plan_row_tiles(host, SC_FMA_BACKWARD_LINES);

    return (size_t)sc_plan_work(host, host->heads_q, row_tiles) * SC_BLOCK_WARPS * sizeof(float);
}
