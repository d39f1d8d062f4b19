/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/backward_fma.h"

#include "kernels/fma.h"
#include "kernels/instances.h"
#include "kernels/plan.h"

#include <stdint.h>

void sc_bias_sum(const void *arguments);
void sc_backward_fma_rows(const void *arguments);
void sc_backward_fma_keys(const void *arguments);

static void fill(const struct sc_problem *host, const struct sc_problem *machine,
                 const struct sc_backward_buffers *buffers, struct sc_backward_arguments *arguments)
{
    const int32_t row_tiles = sc_plan_row_tiles(host, SC_FMA_BACKWARD_LINES);
    const int32_t key_tiles = sc_plan_key_tiles(host, SC_FMA_BACKWARD_LINES);
    const int64_t row_work = sc_plan_work(host, host->heads_q, row_tiles);
    const int64_t key_work = sc_plan_work(host, host->heads_kv, key_tiles);
    const struct sc_backward_arguments filled = {
        .problem = *machine,
        .q = buffers->q,
        .k = buffers->k,
        .v = buffers->v,
        .d_o = buffers->d_o,
        .d_q = buffers->d_q,
        .d_k = buffers->d_k,
        .d_v = buffers->d_v,
        .d_q_layout = buffers->d_q_layout,
        .d_k_layout = buffers->d_k_layout,
        .d_v_layout = buffers->d_v_layout,
        .bias_parts = buffers->d_b != NULL ? buffers->bias_parts : NULL,
        .bias_tiles = row_tiles,
        .d_b = buffers->d_b,
        .row_work = row_work,
        .key_work = key_work,
        .row_blocks = sc_plan_blocks(row_work),
        .key_blocks = sc_plan_blocks(key_work),
        .row_tiles = row_tiles,
        .key_tiles = key_tiles,
        .copies_q = sc_plan_aligned(buffers->q, host->format_in, &host->q),
        .copies_k = sc_plan_aligned(buffers->k, host->format_in, &host->k),
        .copies_v = sc_plan_aligned(buffers->v, host->format_in, &host->v),
        .copies_d_o = sc_plan_aligned(buffers->d_o, host->format_in, &host->o),
    };

    *arguments = filled;
}

static void add(struct sc_launch *launches, int32_t *count, void (*kernel)(const void *arguments),
                const struct sc_backward_arguments *arguments, int32_t blocks, int32_t bytes)
{
    const struct sc_launch launch = {kernel, arguments,        sizeof *arguments,
                                     blocks, SC_BLOCK_THREADS, bytes};

    launches[(*count)++] = launch;
}

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
    fill(host, machine, buffers, arguments);
    add(launches, count, sc_backward_fma_rows, arguments, arguments->row_blocks,
        sc_fma_backward_bytes(host->d, host->d_v, 1));
    add(launches, count, sc_backward_fma_keys, arguments, arguments->key_blocks,
        sc_fma_backward_bytes(host->d, host->d_v, 2));
    if (buffers->d_b != NULL) {
        add(launches, count, sc_bias_sum, arguments, arguments->row_blocks, 0);
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
