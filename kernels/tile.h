/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_TILE_H
#define SC_KERNELS_TILE_H

#include "kernels/instances.h"
#include "kernels/primitives/copy.h"
#include "kernels/primitives/group.h"
#include "kernels/team.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* Tiles of 16-bit elements in shared memory: rows of one tensor, sequence and head. What lies beyond the last row or
 * channel of the tensor is 0. The eight rows that a matrix load reads lie in different banks: a row is SC_TILE_PAD
 * elements longer than its channels, or, where SC_GROUP is 1, tiles are panels (kernels/primitives/group.h). */

/* Elements that one copy moves. */
#define SC_TILE_COPY 8

/* SC_TILE_STRIDE(width)  elements of a tile for each of its rows
 * SC_TILE_APART(width)   elements from a row to the next, where pieces do not change places */
#if SC_GROUP
#define SC_TILE_STRIDE(width) (width)
#define SC_TILE_APART(width)  SC_GROUP_PANEL
#else
#define SC_TILE_STRIDE(width) ((width) + SC_TILE_PAD)
#define SC_TILE_APART(width)  SC_TILE_STRIDE(width)
#endif

/* Where an element of a tile of `rows` rows is. */
SC_DEVICE int32_t sc_tile_place(int32_t rows, int32_t width, int32_t row, int32_t channel)
{
#if SC_GROUP
    const int32_t piece = channel / SC_TILE_COPY % 8 ^ row % 8;

    (void)width;
    return (channel / SC_GROUP_PANEL * rows + row) * SC_GROUP_PANEL + piece * SC_TILE_COPY +
           channel % SC_TILE_COPY;
#else
    (void)rows;
    return row * SC_TILE_STRIDE(width) + channel;
#endif
}

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

/* Whether rows can be copied as they are: whole, from addresses that asynchronous copies take. */
SC_DEVICE bool sc_tile_copies(const struct sc_tile_source *source, int32_t width)
{
    return source->copies && source->channels == width;
}

/* How the threads of a team share a tile: a thread has the same channels of every row of its own, so that addresses
 * go from row to row by one addition.
 *   width    a multiple of 32
 *   threads  of the team, a power of two */
#define SC_TILE_COLUMNS(width)             ((width) / SC_TILE_COPY & -((width) / SC_TILE_COPY))
#define SC_TILE_ROWS_APART(width, threads) ((threads) / SC_TILE_COLUMNS(width))

/* The first row and channel of the thread. */
SC_DEVICE int32_t sc_tile_thread_row(int32_t width)
{
    return sc_team_thread() / SC_TILE_COLUMNS(width);
}

SC_DEVICE int32_t sc_tile_thread_channel(int32_t width)
{
    return sc_team_thread() % SC_TILE_COLUMNS(width) * SC_TILE_COPY;
}

/* Where the thread's copies of the tile from row `first` on begin. The tile's rows exist, and its threads are no more
 * than it has copies. */
SC_DEVICE const uint16_t *sc_tile_first(const struct sc_tile_source *source, int32_t first,
                                        int32_t width)
{
    return sc_tile_row(source, first + sc_tile_thread_row(width)) + sc_tile_thread_channel(width);
}

/* Starts the thread's copies of a tile, if it exists; `from` is then sc_tile_first. A copy asks by itself: a branch
 * around them is dearer (kernels/NOTES.md). */
SC_DEVICE void sc_tile_copy(uint16_t *tile, int32_t rows, int32_t width, int32_t threads,
                            const struct sc_tile_source *source, const uint16_t *from, bool exists)
{
    const int32_t apart = SC_TILE_ROWS_APART(width, threads);
    const int64_t step =
        apart < rows ? sc_step_offset(apart, source->stride, source->count, source->room) : 0;
    uint16_t *to =
        tile + sc_tile_place(rows, width, sc_tile_thread_row(width), sc_tile_thread_channel(width));

    SC_UNROLL
    for (int32_t n = 0; n * apart < rows; n++) {
        SC_UNROLL
        for (int32_t c = 0; c < width; c += SC_TILE_COLUMNS(width) * SC_TILE_COPY) {
            if (exists) {
                sc_copy_start(to + n * apart * SC_TILE_APART(width) + c, from + n * step + c, 16);
            }
        }
    }
}

/* Starts to load the thread's pieces of a tile of which something does not exist, or whose rows lie where copies
 * cannot take them. Pieces that are not whole are not copied: a copy of fewer than 16 bytes is counted as 16 read by
 * NVIDIA's memory checker. */
SC_DEVICE void sc_tile_load_pieces(uint16_t *tile, int32_t rows, int32_t width, int32_t threads,
                                   const struct sc_tile_source *source, int32_t first)
{
    SC_ROLLED
    for (int32_t row = sc_tile_thread_row(width); row < rows;
         row += SC_TILE_ROWS_APART(width, threads)) {
        SC_ROLLED
        for (int32_t c = sc_tile_thread_channel(width); c < width;
             c += SC_TILE_COLUMNS(width) * SC_TILE_COPY) {
            const int32_t held = sc_tile_held(source, first + row, c);
            uint16_t *to = tile + sc_tile_place(rows, width, row, c);
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

/* The threads of the team start to load `rows` rows from row `first` on, `width` channels each. Complete
 * after SC_COPY_WAIT and a barrier.
 *   rows  a power of two, as of kernels/instances.h */
SC_DEVICE void sc_tile_load(uint16_t *tile, int32_t rows, int32_t width, int32_t threads,
                            const struct sc_tile_source *source, int32_t first)
{
    if (!sc_tile_copies(source, width) || first + rows > source->count) {
        sc_tile_load_pieces(tile, rows, width, threads, source, first);
        return;
    }
    if (sc_tile_thread_row(width) < rows) {
        sc_tile_copy(tile, rows, width, threads, source, sc_tile_first(source, first, width), true);
    }
}

#endif
