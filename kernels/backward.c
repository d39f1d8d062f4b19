/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/backward.h"

#include "kernels/backward_fma.h"
#include "kernels/instances.h"
#include "kernels/plan.h"
#include "kernels/primitives/machine.h"

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
    int32_t width, row_lines, key_lines, row_warps, key_warps, row_bytes, key_bytes;
    void (*rows)(const void *arguments);
    void (*keys)(const void *arguments);
} instances[] = {
#define INSTANCE(name, width)                                                                      \
    {SC_INSTANCE_FORMAT_##name,                                                                    \
     width,                                                                                        \
     SC_ROWS_LINES(width),                                                                         \
     SC_KEYS_LINES(width),                                                                         \
     SC_ROWS_WARPS(width),                                                                         \
     SC_KEYS_WARPS(width),                                                                         \
     SC_ROWS_BYTES(width),                                                                         \
     SC_KEYS_BYTES(width),                                                                         \
     sc_backward_rows_##name##_##width,                                                            \
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

/* The fewer lines a block has, the more tiles there are. */
static const char *refusal_of(const struct sc_problem *host)
{
    const int32_t width = sc_plan_width(host);
    const int32_t rows = SC_ROWS_LINES(width), keys = SC_KEYS_LINES(width);

    return sc_plan_refusal(host, rows < keys ? rows : keys);
}

const char *sc_backward_plan(const struct sc_problem *host, const struct sc_problem *machine,
                             const struct sc_backward_buffers *buffers,
                             struct sc_backward_arguments *arguments,
                             struct sc_launch launches[SC_BACKWARD_LAUNCHES], int32_t *count)
{
    const char *refusal = refusal_of(host);

    *count = 0;
    if (host->format_in == SC_FORMAT_FP32) {
        return sc_backward_fma_plan(host, machine, buffers, arguments, launches, count);
    }
    if (refusal != NULL) {
        return refusal;
    }
    const size_t n = find(host->format_in, sc_plan_width(host));
    sc_plan_backward(host, machine, buffers, instances[n].row_lines, instances[n].key_lines,
                     instances[n].row_warps, arguments);
    if (instances[n].width > SC_BACKWARD_BOTH_MAX) {
        arguments->key_work *= 2;
        arguments->key_blocks = sc_plan_blocks(arguments->key_work);
    }
    if (buffers->d_q_sums == NULL) {
        sc_plan_add(launches, count, instances[n].rows, arguments, arguments->row_blocks,
                    SC_WARP * instances[n].row_warps, instances[n].row_bytes);
        sc_plan_add(launches, count, instances[n].keys, arguments, arguments->key_blocks,
                    SC_WARP * instances[n].key_warps, instances[n].key_bytes);
    } else {
        arguments->bias_tiles = arguments->key_tiles;
        arguments->bias_warps = instances[n].key_warps;
        arguments->d_q_sums = buffers->d_q_sums;
        arguments->d_q_sums_layout = sums_layout(host);
        sc_plan_add(launches, count, sc_rows_clear, arguments, arguments->row_blocks,
                    SC_BLOCK_THREADS, 0);
        sc_plan_add(launches, count, instances[n].keys, arguments, arguments->key_blocks,
                    SC_WARP * instances[n].key_warps, instances[n].key_bytes);
        sc_plan_add(launches, count, sc_rows_finish, arguments, arguments->row_blocks,
                    SC_BLOCK_THREADS, 0);
    }
    if (buffers->d_b != NULL) {
        sc_plan_add(launches, count, sc_bias_sum, arguments, arguments->row_blocks,
                    SC_BLOCK_THREADS, 0);
    }
    return NULL;
}

size_t sc_backward_bias_bytes(const struct sc_problem *host)
{
    if (host->format_in == SC_FORMAT_FP32) {
        return sc_backward_fma_bias_bytes(host);
    }
    if (refusal_of(host) != NULL) {
        return 0;
    }
    const size_t n = find(host->format_in, sc_plan_width(host));
    const int32_t rows = sc_plan_row_tiles(host, instances[n].row_lines) * instances[n].row_warps,
                  keys = sc_plan_key_tiles(host, instances[n].key_lines) * instances[n].key_warps;

    return (size_t)sc_plan_work(host, host->heads_q, rows > keys ? rows : keys) * sizeof(float);
}

size_t sc_backward_sums_bytes(const struct sc_problem *host)
{
    return refusal_of(host) != NULL ? 0 : (size_t)sums_layout(host).size * sizeof(float);
}
