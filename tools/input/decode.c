/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/input/decode.h"

#include "spec/format_value.h"

#include <stdlib.h>
#include <string.h>

enum sc_status sc_decode_format(const char *what, const struct sc_tensor *tensor,
                                enum sc_format *format, struct sc_error *error)
{
    switch (tensor->type) {
    case SC_TENSOR_BF16:
        *format = SC_FORMAT_BF16;
        return SC_OK;
    case SC_TENSOR_FP16:
        *format = SC_FORMAT_FP16;
        return SC_OK;
    case SC_TENSOR_FP32:
        *format = SC_FORMAT_FP32;
        return SC_OK;
    default:
        return sc_fail(error, SC_E_INPUT,
                       "%s: elements of type %s, expected bf16, fp16 or fp32 (bf16 in .npy: uint16 "
                       "and --bf16)",
                       what, sc_tensor_type_name(tensor->type));
    }
}

enum sc_status sc_decode_shape(const char *what, const struct sc_tensor *tensor,
                               enum sc_decode_order order, struct sc_decode_shape *shape,
                               struct sc_error *error)
{
    int64_t sizes[4] = {1, 1, 1, 1};

    if (tensor->rank < 2 || tensor->rank > 4) {
        return sc_fail(error, SC_E_INPUT,
                       "%s: %d dimensions, expected 2 [n, d], 3 [heads, n, d] or 4 [batch, heads, "
                       "n, d]",
                       what, tensor->rank);
    }
    for (int32_t r = 0; r < tensor->rank; r++) {
        if (tensor->shape[r] > SC_LENGTH_MAX) {
            return sc_fail(error, SC_E_INPUT, "%s: dimension %d is %lld, expected at most %d", what,
                           r, (long long)tensor->shape[r], SC_LENGTH_MAX);
        }
        sizes[4 - tensor->rank + r] = tensor->shape[r];
    }
    const bool heads_first = order == SC_DECODE_BHND || tensor->rank == 2;
    shape->batch = (int32_t)sizes[0];
    shape->heads = (int32_t)sizes[heads_first ? 1 : 2];
    shape->rows = (int32_t)sizes[heads_first ? 2 : 1];
    shape->channels = (int32_t)sizes[3];
    shape->layout.stride_batch = sizes[1] * sizes[2] * sizes[3];
    shape->layout.stride_head = heads_first ? sizes[2] * sizes[3] : sizes[3];
    shape->layout.stride_row = heads_first ? sizes[3] : sizes[2] * sizes[3];
    shape->layout.size = tensor->count;
    return SC_OK;
}

double sc_decode_element(const struct sc_tensor *tensor, int64_t x)
{
    if (tensor->type == SC_TENSOR_FP32) {
        return (double)((const float *)tensor->data)[x];
    }
    return sc_format_decode(tensor->type == SC_TENSOR_FP16 ? SC_FORMAT_FP16 : SC_FORMAT_BF16,
                            ((const uint16_t *)tensor->data)[x]);
}

enum sc_status sc_decode_values(const char *what, const struct sc_tensor *tensor, float **values,
                                struct sc_error *error)
{
    float *result = malloc((size_t)tensor->count * sizeof *result + 1);

    if (result == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for %lld values", what,
                       (long long)tensor->count);
    }
    for (int64_t x = 0; x < tensor->count; x++) {
        result[x] = (float)sc_decode_element(tensor, x);
    }
    *values = result;
    return SC_OK;
}
