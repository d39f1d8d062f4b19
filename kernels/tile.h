/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_TILE_H
#define SC_KERNELS_TILE_H

#include "kernels/instances.h"
#include "kernels/primitives/copy.h"
#include "kernels/primitives/grid.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* Tiles of 16-bit elements in shared memory: rows of one tensor, sequence and head. A row is SC_TILE_PAD
 * elements longer than its channels, so that the eight rows that a matrix load reads lie in different banks.
 * What lies beyond the last row or channel of the tensor is 0. */

/* Elements that one copy moves. */
#define SC_TILE_COPY 8

/* The rows that a tile is taken from. */
struct sc_tile_source {
    const uint16_t *first; /* row 0 of the sequence; NULL where there is no row */
    int64_t stride, room;  /* elements from row to row; of the buffer */
    int32_t count;         /* rows of the sequence that exist */
    int32_t channels;      /* of a row */
    bool copies;           /* rows start at multiples of 16 bytes */
};

/* A source of `count` rows; `row` is where row 0 starts, and is not used where there is none. */
SC_DEVICE struct sc_tile_source sc_tile_from(const void *buffer, const struct sc_layout *layout,
                                             int64_t row, int32_t count, int32_t channels,
                                             bool copies)
{
    const struct sc_tile_source source = {count > 0 ? (const uint16_t *)buffer + row : NULL,
                                          layout->stride_row,
                                          layout->size,
                                          count,
                                          channels,
                                          copies};

    return source;
}

/* Row `row` of the sequence, which exists. */
SC_DEVICE const uint16_t *sc_tile_row(const struct sc_tile_source *source, int32_t row)
{
    return source->first + sc_step_offset(row, source->stride, source->count, source->room);
}

/* Elements of the piece at `channel` of a row that exist, in [0, SC_TILE_COPY]. */
SC_DEVICE int32_t sc_tile_held(const struct sc_tile_source *source, int32_t row, int32_t channel)
{
    return row < source->count ? sc_mask_clamp(source->channels - channel, 0, SC_TILE_COPY) : 0;
}

/* Starts to load the thread's pieces of a tile of which something does not exist, or whose rows lie where copies
 * cannot take them; `row` and `channel` are its first, it has one of `rows_apart` rows and `apart` channels. Pieces
 * that are not whole are not copied: a copy of fewer than 16 bytes is counted as 16 read by NVIDIA's memory checker. */
SC_DEVICE void sc_tile_load_pieces(uint16_t *tile, int32_t rows, int32_t width,
                                   const struct sc_tile_source *source, int32_t first, int32_t row,
                                   int32_t channel, int32_t rows_apart, int32_t apart)
{
    SC_ROLLED
    for (; row < rows; row += rows_apart) {
        SC_ROLLED
        for (int32_t c = channel; c < width; c += apart) {
            const int32_t held = sc_tile_held(source, first + row, c);
            uint16_t *to = tile + row * (width + SC_TILE_PAD) + c;
            const uint16_t *from = held > 0 ? sc_tile_row(source, first + row) + c : source->first;
            if (source->copies && held == SC_TILE_COPY) {
                sc_copy_start(to, from, 16);
            } else {
                SC_ROLLED
                for (int32_t e = 0; e < SC_TILE_COPY; e++) {
                    to[e] = e < held ? from[e] : (uint16_t)0;
                }
            }
        }
    }
}

/* The threads of the block start to load `rows` rows from row `first` on, `width` channels each. Complete
 * after SC_COPY_WAIT and a barrier.
 *   rows     a power of two, as of kernels/instances.h
 *   width    a multiple of 32
 *   threads  of the block, a power of two
 * A thread has the same channels of every row, so that addresses go from row to row by one addition. */
SC_DEVICE void sc_tile_load(uint16_t *tile, int32_t rows, int32_t width, int32_t threads,
                            const struct sc_tile_source *source, int32_t first)
{
    const int32_t pieces = width / SC_TILE_COPY;
    const int32_t columns = pieces & -pieces; /* of threads: the power of two in it */
    const int32_t apart = columns * SC_TILE_COPY, rows_apart = threads / columns;
    const int32_t row = sc_grid_thread() / columns;
    const int32_t channel = sc_grid_thread() % columns * SC_TILE_COPY;

    if (!source->copies || source->channels != width || first + rows > source->count) {
        sc_tile_load_pieces(tile, rows, width, source, first, row, channel, rows_apart, apart);
    } else if (row < rows) {
        const uint16_t *from = sc_tile_row(source, first + row) + channel;
        const int64_t step = rows > rows_apart ? sc_step_offset(rows_apart, source->stride,
                                                                source->count, source->room)
                                               : 0;
        uint16_t *to = tile + row * (width + SC_TILE_PAD) + channel;
        SC_UNROLL
        for (int32_t n = 0; n * rows_apart < rows; n++) {
            SC_UNROLL
            for (int32_t c = 0; c < width; c += apart) {
                sc_copy_start(to + n * rows_apart * (width + SC_TILE_PAD) + c, from + n * step + c,
                              16);
            }
        }
    }
}

#endif
