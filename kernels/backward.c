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
    void sc_backward_keys_##format##_##width(const void *arguments);                               \
    SC_GROUP_INSTANCE(width,                                                                       \
                      void sc_backward_rows_group_##format##_##width(const void *arguments);       \
                      void sc_backward_keys_group_##format##_##width(const void *arguments);)
SC_INSTANCES(DECLARE)

static const struct instance {
    enum sc_format format;
    enum sc_products products;
    int32_t width, row_lines, key_lines, row_warps, key_warps, row_bytes, key_bytes;
    void (*rows)(const void *arguments);
    void (*keys)(const void *arguments);
} instances[] = {
#define INSTANCE(name, width)                                                                      \
    {SC_INSTANCE_FORMAT_##name,                                                                    \
     SC_PRODUCTS_WARP,                                                                             \
     width,                                                                                        \
     SC_ROWS_LINES(width),                                                                         \
     SC_KEYS_LINES(width),                                                                         \
     SC_ROWS_WARPS(width),                                                                         \
     SC_KEYS_WARPS(width),                                                                         \
     SC_ROWS_BYTES(width),                                                                         \
     SC_KEYS_BYTES(width),                                                                         \
     sc_backward_rows_##name##_##width,                                                            \
     sc_backward_keys_##name##_##width},                                                           \
        SC_GROUP_INSTANCE(width,                                                                   \
                          {SC_INSTANCE_FORMAT_##name, SC_PRODUCTS_GROUP, width,                    \
                           SC_ROWS_GROUP_TEAMS(width) * SC_GROUP_LINES,                            \
                           SC_KEYS_GROUP_TEAMS(width) * SC_GROUP_LINES,                            \
                           SC_ROWS_GROUP_TEAMS(width) * SC_GROUP_WARPS,                            \
                           SC_KEYS_GROUP_TEAMS(width) * SC_GROUP_WARPS,                            \
                           SC_ROWS_GROUP_BYTES(width), SC_KEYS_GROUP_BYTES(width),                 \
                           sc_backward_rows_group_##name##_##width,                                \
                           sc_backward_keys_group_##name##_##width}, )
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

/* The instance of a problem that sc_plan_refusal has nothing against: the last one that the machine's products do. */
static const struct instance *find(const struct sc_problem *host, enum sc_products products)
{
    const int32_t width = sc_plan_width(host);
    const struct instance *found = NULL;

    for (size_t n = 0; n < sizeof instances / sizeof instances[0]; n++) {
        if (instances[n].format == host->format_in && instances[n].width == width &&
            instances[n].products <= products) {
            found = &instances[n];
        }
    }
    return found;
}

const char *sc_backward_plan(const struct sc_problem *host, const struct sc_problem *machine,
                             const struct sc_backward_buffers *buffers, enum sc_products products,
                             struct sc_backward_arguments *arguments,
                             struct sc_launch launches[SC_BACKWARD_LAUNCHES], int32_t *count)
{
    const char *refusal = sc_plan_refusal(host, SC_GROUP_LINES);

    *count = 0;
    if (host->format_in == SC_FORMAT_FP32) {
        return sc_backward_fma_plan(host, machine, buffers, arguments, launches, count);
    }
    if (refusal != NULL) {
        return refusal;
    }
    const struct instance *my = find(host, buffers->d_q_sums == NULL ? products : SC_PRODUCTS_WARP);
    sc_plan_backward(host, machine, buffers, my->row_lines, my->key_lines, my->row_warps,
                     arguments);
    if (my->width > SC_BACKWARD_BOTH_MAX) {
        arguments->key_work *= 2;
        arguments->key_blocks = sc_plan_blocks(arguments->key_work);
    }
    if (buffers->d_q_sums == NULL) {
        sc_plan_add(launches, count, my->rows, arguments, arguments->row_blocks,
                    SC_WARP * my->row_warps, my->row_bytes);
        sc_plan_add(launches, count, my->keys, arguments, arguments->key_blocks,
                    SC_WARP * my->key_warps, my->key_bytes);
    } else {
        arguments->bias_tiles = arguments->key_tiles;
        arguments->bias_warps = my->key_warps;
        arguments->d_q_sums = buffers->d_q_sums;
        arguments->d_q_sums_layout = sums_layout(host);
        sc_plan_add(launches, count, sc_rows_clear, arguments, arguments->row_blocks,
                    SC_BLOCK_THREADS, 0);
        sc_plan_add(launches, count, my->keys, arguments, arguments->key_blocks,
                    SC_WARP * my->key_warps, my->key_bytes);
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
    if (sc_plan_refusal(host, SC_GROUP_LINES) != NULL) {
        return 0;
    }
    int64_t parts = 0;
    for (enum sc_products x = SC_PRODUCTS_WARP; x <= SC_PRODUCTS_GROUP; x++) {
        const struct instance *my = find(host, x);
        const int32_t rows = sc_plan_row_tiles(host, my->row_lines) * my->row_warps;
        const int32_t keys = sc_plan_key_tiles(host, my->key_lines) * my->key_warps;
        const int64_t wanted = sc_plan_work(host, host->heads_q, rows > keys ? rows : keys);
        parts = wanted > parts ? wanted : parts;
    }
    return (size_t)parts * sizeof(float);
}

size_t sc_backward_sums_bytes(const struct sc_problem *host)
{
    return sc_plan_refusal(host, SC_GROUP_LINES) != NULL
               ? 0
               : (size_t)sums_layout(host).size * sizeof(float);
}
