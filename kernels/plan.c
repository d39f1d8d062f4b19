/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/plan.h"

#include "kernels/instances.h"

#include <stddef.h>

int32_t sc_plan_width(const struct sc_problem *problem)
{
#define WIDTH(format, width) width,
    static const int32_t widths[] = {SC_INSTANCES(WIDTH, )};
#undef WIDTH
    const int32_t channels = problem->d > problem->d_v ? problem->d : problem->d_v;

    for (size_t n = 0; n < sizeof widths / sizeof widths[0]; n++) {
        if (channels <= widths[n]) {
            return widths[n];
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
        return "more than 256 channels";
    }
    if (sc_plan_work(host, host->heads_q, sc_plan_row_tiles(host, lines)) < 0 ||
        sc_plan_work(host, host->heads_q, sc_plan_key_tiles(host, lines)) < 0) {
        return "2^62 tiles or more";
    }
    return NULL;
}
