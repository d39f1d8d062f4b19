/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/backward.h"

#include "kernels/backward_fma.h"
#include "kernels/instances.h"
#include "kernels/plan.h"

#include <stdint.h>

void sc_bias_sum(const void *arguments);
void sc_rows_clear(const void *arguments);
void sc_rows_finish(const void *arguments);
#define DECLARE(format, width)                                                                     \
    void sc_backward_rows_##format##_##width(const void *arguments);                               \
    void sc_backward_keys_##format##_##width(const void *arguments);
SC_INSTANCES(DECLARE)

static const struct {
    enum sc_format format;
    int32_t width;
    void (*rows)(const void *arguments);
    void (*keys)(const void *arguments);
} instances[] = {
#define INSTANCE(name, width)                                                                      \
    {SC_INSTANCE_FORMAT_##name, width, sc_backward_rows_##name##_##width,                          \
     sc_backward_keys_##name##_##width},
    SC_INSTANCES(INSTANCE)};

/* [entries][heads_q][n_q][d], without gaps. */
static struct sc_layout sums_layout(const struct sc_problem *host)
{
    struct sc_layout layout;

    layout.stride_row = host->d;
    layout.stride_head = (int64_t)host->n_q * host->d;
    layout.stride_batch = host->heads_q * layout.stride_head;
    layout.size = sc_problem_tensor_batch(host) * layout.stride_batch;
    return layout;
}

/* There is one: sc_plan_refusal has seen to it. */
static size_t find(enum sc_format format, int32_t width)
{
    size_t n = 0;

    while (instances[n].format != format || instances[n].width != width) {
        n++;
    }
    return n;
}

const char *sc_backward_plan(const struct sc_problem *host, const struct sc_problem *machine,
                             const struct sc_backward_buffers *buffers,
                             struct sc_backward_arguments *arguments,
                             struct sc_launch launches[SC_BACKWARD_LAUNCHES], int32_t *count)
{
    const char *refusal = sc_plan_refusal(host, SC_BLOCK_LINES);
    const int32_t width = sc_plan_width(host);
    const int32_t key_bytes = SC_BACKWARD_KEYS_BYTES(width);

    *count = 0;
    if (host->format_in == SC_FORMAT_FP32) {
        return sc_backward_fma_plan(host, machine, buffers, arguments, launches, count);
    }
    if (refusal != NULL) {
        return refusal;
    }
    sc_plan_backward(host, machine, buffers, SC_BLOCK_LINES, arguments);
    if (width > SC_BACKWARD_BOTH_MAX) {
        arguments->key_work *= 2;
        arguments->key_blocks = sc_plan_blocks(arguments->key_work);
    }
    const size_t n = find(host->format_in, width);
    if (buffers->d_q_sums == NULL) {
        sc_plan_add(launches, count, instances[n].rows, arguments, arguments->row_blocks,
                    SC_BACKWARD_BYTES(width));
        sc_plan_add(launches, count, instances[n].keys, arguments, arguments->key_blocks,
                    key_bytes);
    } else {
        arguments->bias_tiles = arguments->key_tiles;
        arguments->d_q_sums = buffers->d_q_sums;
        arguments->d_q_sums_layout = sums_layout(host);
        sc_plan_add(launches, count, sc_rows_clear, arguments, arguments->row_blocks, 0);
        sc_plan_add(launches, count, instances[n].keys, arguments, arguments->key_blocks,
                    key_bytes);
        sc_plan_add(launches, count, sc_rows_finish, arguments, arguments->row_blocks, 0);
    }
    if (buffers->d_b != NULL) {
        sc_plan_add(launches, count, sc_bias_sum, arguments, arguments->row_blocks, 0);
    }
    return NULL;
}

size_t sc_backward_bias_bytes(const struct sc_problem *host)
{
    const int32_t rows = sc_plan_row_tiles(host, SC_BLOCK_LINES),
                  keys = sc_plan_key_tiles(host, SC_BLOCK_LINES);

    if (host->format_in == SC_FORMAT_FP32) {
        return sc_backward_fma_bias_bytes(host);
    }
    if (sc_plan_refusal(host, SC_BLOCK_LINES) != NULL) {
        return 0;
    }
    return (size_t)sc_plan_work(host, host->heads_q, rows > keys ? rows : keys) * SC_BLOCK_WARPS *
           sizeof(float);
}

size_t sc_backward_sums_bytes(const struct sc_problem *host)
{
    return sc_plan_refusal(host, SC_BLOCK_LINES) != NULL
               ? 0
               : (size_t)sums_layout(host).size * sizeof(float);
}
