/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/plan.h"

#include "kernels/fma.h"
#include "kernels/instances.h"

#include <stddef.h>

int32_t sc_plan_width(const struct sc_problem *problem)
{
    static const struct {
        enum sc_format format;
        int32_t width;
    } instances[] = {{SC_FORMAT_FP32, SC_FMA_CHANNELS},
#define INSTANCE(name, width) {SC_INSTANCE_FORMAT_##name, width},
                     SC_INSTANCES(INSTANCE)};
    const int32_t channels = problem->d > problem->d_v ? problem->d : problem->d_v;

    for (size_t n = 0; n < sizeof instances / sizeof instances[0]; n++) {
        if (instances[n].format == problem->format_in && channels <= instances[n].width) {
            return instances[n].width;
        }
    }
    return 0;
}

bool sc_plan_aligned(const void *buffer, enum sc_format format, const struct sc_layout *layout)
{
    const int64_t strides = layout->stride_batch | layout->stride_head | layout->stride_row;

    return (uintptr_t)buffer % 16 == 0 && strides * sc_format_bytes(format) % 16 == 0;
}

static int32_t tiles(int32_t rows, int32_t lines)
{
    return rows == 0 ? 1 : sc_mask_cell(rows - 1, lines, rows) + 1;
}

int32_t sc_plan_row_tiles(const struct sc_problem *host, int32_t lines)
{
    int32_t rows = 0;

    for (int32_t b = 0; b < host->batch; b++) {
        const int32_t found = sc_problem_rows(host, b);
        rows = found > rows ? found : rows;
    }
    return tiles(rows, lines);
}

int32_t sc_plan_key_tiles(const struct sc_problem *host, int32_t lines)
{
    int32_t keys = 0;

    for (int32_t b = 0; b < host->batch; b++) {
        const int32_t found = sc_problem_key_room(host, b);
        keys = found > keys ? found : keys;
    }
    return tiles(keys, lines);
}

int64_t sc_plan_work(const struct sc_problem *host, int32_t heads, int32_t count)
{
    const int64_t all = (int64_t)host->batch * heads;

    return all > INT64_MAX / 2 / count ? -1 : all * count;
}

int32_t sc_plan_blocks(int64_t work)
{
    return work < INT32_MAX ? (int32_t)work : INT32_MAX;
}

const char *sc_plan_refusal(const struct sc_problem *host, int32_t lines)
{
    if (sc_plan_width(host) == 0) {
        return "more channels than an instance of its format has";
    }
    if (sc_plan_work(host, host->heads_q, sc_plan_row_tiles(host, lines)) < 0 ||
        sc_plan_work(host, host->heads_q, sc_plan_key_tiles(host, lines)) < 0) {
        return "2^62 tiles or more";
    }
    return NULL;
}

void sc_plan_forward(const struct sc_problem *host, const struct sc_problem *machine,
                     const struct sc_forward_buffers *buffers, int32_t lines,
                     struct sc_forward_arguments *arguments)
{
    const int32_t row_tiles = sc_plan_row_tiles(host, lines);
    const int64_t work = sc_plan_work(host, host->heads_q, row_tiles);
    const struct sc_forward_arguments filled = {
        .problem = *machine,
        .q = buffers->q,
        .k = buffers->k,
        .v = buffers->v,
        .o = buffers->o,
        .work = work,
        .blocks = sc_plan_blocks(work),
        .row_tiles = row_tiles,
        .copies_q = sc_plan_aligned(buffers->q, host->format_in, &host->q),
        .copies_k = sc_plan_aligned(buffers->k, host->format_in, &host->k),
        .copies_v = sc_plan_aligned(buffers->v, host->format_in, &host->v),
    };

    *arguments = filled;
}

void sc_plan_backward(const struct sc_problem *host, const struct sc_problem *machine,
                      const struct sc_backward_buffers *buffers, int32_t row_lines,
                      int32_t key_lines, int32_t row_warps, struct sc_backward_arguments *arguments)
{
    const int32_t row_tiles = sc_plan_row_tiles(host, row_lines);
    const int32_t key_tiles = sc_plan_key_tiles(host, key_lines);
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
        .bias_warps = row_warps,
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

void sc_plan_add(struct sc_launch *launches, int32_t *count, void (*kernel)(const void *arguments),
                 const struct sc_backward_arguments *arguments, int32_t blocks, int32_t threads,
                 int32_t bytes)
{
    const struct sc_launch launch = {kernel, arguments, sizeof *arguments, blocks, threads, bytes};

    launches[(*count)++] = launch;
}
