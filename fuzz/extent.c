/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/prepared.h"

const char *sc_tensor_name(enum sc_tensor tensor)
{
    static const char *const names[SC_TENSORS] = {"Q", "K", "V", "dO", "O", "dQ", "dK", "dV"};

    return names[tensor];
}

struct sc_extent sc_prepared_extent(const struct sc_problem *problem, enum sc_tensor tensor)
{
    const bool of_keys = tensor == SC_TENSOR_K || tensor == SC_TENSOR_V ||
                         tensor == SC_TENSOR_D_K || tensor == SC_TENSOR_D_V;
    const bool of_values = tensor == SC_TENSOR_V || tensor == SC_TENSOR_D_O ||
                           tensor == SC_TENSOR_O || tensor == SC_TENSOR_D_V;
    const struct sc_extent extent = {
        .entries = sc_problem_tensor_batch(problem),
        .heads = of_keys ? problem->heads_kv : problem->heads_q,
        .rows = of_keys ? problem->n_k : problem->n_q,
        .width = of_values ? problem->d_v : problem->d,
        .format = tensor == SC_TENSOR_O ? problem->format_out : problem->format_in,
    };

    return extent;
}

int64_t sc_extent_elements(const struct sc_extent *extent)
{
    return (int64_t)extent->entries * extent->heads * extent->rows * extent->width;
}

int64_t sc_extent_row(const struct sc_extent *extent, int32_t entry, int32_t head, int32_t row)
{
    return (((int64_t)entry * extent->heads + head) * extent->rows + row) * extent->width;
}
