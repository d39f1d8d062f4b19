/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_FMA_TILE_H
#define SC_KERNELS_FMA_TILE_H

#include "kernels/fma.h"
#include "kernels/instances.h"
#include "kernels/primitives/copy.h"
#include "kernels/primitives/grid.h"
#include "spec/attention.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

/* Tiles of fp32 elements in shared memory: rows of one tensor, sequence and head. A row has its channels, filled
 * up to a whole piece. */

/* A piece, of an address that is a multiple of 16. */
struct sc_fma_piece {
    alignas(16) float x[SC_FMA_PIECE];
};

SC_DEVICE struct sc_fma_piece sc_fma_piece_at(const float *shared)
{
    return *(const struct sc_fma_piece *)shared;
}

/* The rows that a tile is taken from. */
struct sc_fma_source {
    const float *first;   /* row 0 of the sequence; NULL where there is no row */
    int64_t stride, room; /* elements from row to row; of the buffer */
    int32_t count;        /* rows of the sequence that exist */
    int32_t channels;     /* of a row */
    bool copies;          /* rows start at multiples of 16 bytes */
};

/* A source of `count` rows; `row` is where row 0 starts, and is not used where there is none. */
SC_DEVICE struct sc_fma_source sc_fma_from(const void *buffer, const struct sc_layout *layout,
                                           int64_t row, int32_t count, int32_t channels,
                                           bool copies)
{
    const struct sc_fma_source source = {count > 0 ? (const float *)buffer + row : NULL,
                                         layout->stride_row,
                                         layout->size,
                                         count,
                                         channels,
                                         copies};

    return source;
}

/* One row of a tile, a piece for each of 16 threads; `from` is not used where `exists` is false. */
SC_DEVICE void sc_fma_load_row(float *to, const float *from, bool exists, int32_t channels,
                               bool copies, float fill)
{
    for (int32_t c = sc_grid_thread() % 16 * SC_FMA_PIECE; c < channels; c += 16 * SC_FMA_PIECE) {
        const int32_t held = exists ? sc_mask_clamp(channels - c, 0, SC_FMA_PIECE) : 0;
        if (copies && held == SC_FMA_PIECE) {
            sc_copy_start(to + c, from + c, 16);
        } else {
            SC_UNROLL
            for (int32_t e = 0; e < SC_FMA_PIECE; e++) {
                to[c + e] = e < held ? from[c + e] : fill;
            }
        }
    }
}

/* The threads of the block start to load `rows` rows from row `first` on. What lies beyond the last row or channel
 * is `fill`. Complete after SC_COPY_WAIT and a barrier. */
SC_DEVICE void sc_fma_load(float *tile, int32_t rows, const struct sc_fma_source *source,
                           int32_t first, float fill)
{
    const int32_t stride = sc_fma_stride(source->channels);

    for (int32_t n = sc_grid_thread() / 16; n < rows; n += SC_BLOCK_THREADS / 16) {
        const bool exists = first + n < source->count;
        const float *from = exists ? source->first + sc_step_offset(first + n, source->stride,
                                                                    source->count, source->room)
                                   : source->first;
        sc_fma_load_row(tile + n * stride, from, exists, source->channels, source->copies, fill);
    }
}

#endif
