/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_STORE_H
#define SC_KERNELS_STORE_H

#include "kernels/primitives/number.h"
#include "spec/format.h"
#include "spec/layout.h"

#include <stdint.h>

/* buffer[offset] = x, rounded to nearest, ties to even, in the format of the buffer. */
SC_DEVICE void sc_store(void *buffer, int64_t offset, enum sc_format format, float x)
{
    if (format == SC_FORMAT_FP32) {
        ((float *)buffer)[offset] = x;
    } else if (format == SC_FORMAT_BF16) {
        ((uint16_t *)buffer)[offset] = (uint16_t)sc_number_pack_bf16(x, 0.0f);
    } else {
        ((uint16_t *)buffer)[offset] = (uint16_t)sc_number_pack_fp16(x, 0.0f);
    }
}

/* Where the lines of one (sequence, head) of an output are. */
struct sc_output {
    const struct sc_layout *layout;
    int32_t entry, head, first; /* of the batch dimension; head; row at which the sequence starts */
    int32_t entries, heads, rows;
    int32_t channels;
    int32_t count; /* lines that the sequence has in memory: padding gets 0 */
};

SC_DEVICE int64_t sc_output_row(const struct sc_output *output, int32_t line)
{
    return sc_layout_row(output->layout, output->entry, output->head, output->first + line,
                         output->entries, output->heads, output->rows, output->channels);
}

#endif
