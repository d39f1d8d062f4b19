/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of plain tiles, piece after piece: a step has the first products of one piece, which wait for nothing, and the
 * special functions and the last products of the piece before it. A warp issues in order: its units are busy together
 * only where their instructions stand near each other and do not wait for each other. The body of the loop is a tile,
 * and asks nothing about tiles but whether there is another.
 *
 * The last products of a tile follow the first ones of the next, and two more are coming: four stages, and one barrier
 * a tile. Copies stand last in the body: the registers of their addresses are taken until they are under way, and the
 * barrier is waited for in any case.
 *
 * The file that includes this has defined
 *   struct work   what its steps compute from and into
 *   step          a step:
 *       first     whether there is a piece whose first products are due, which becomes the piece before
 *       last      whether there is a piece before it
 *       x, y      rows of the two tensors of the stages, of the former
 *       x2, y2    the same of the latter */
#ifndef SC_KERNELS_TENSOR_RUN_BODY_H
#define SC_KERNELS_TENSOR_RUN_BODY_H

#include "kernels/tensor_stages_body.h"

#if SC_RUNS && SC_TILE < SC_TILE_ROWS_APART(SC_WIDTH, SC_THREADS)
#error "instances.h: each thread of a block has a copy of a tile of a run"
#endif

#define SC_RUN_PIECE (SC_PIECE * SC_STRIDE) /* elements from piece to piece */

/* The steps of a tile's pieces.
 *   now, before  rows of the first tensor: the tile, and the last piece before it
 *   has_before   whether there is one, in this run */
SC_DEVICE void sc_run_steps(struct work *work, const uint16_t *now, const uint16_t *before,
                            bool has_before)
{
    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / SC_PIECE; n++) {
        step(work, true, has_before || n > 0, now, now + SC_STAGES_SECOND, before,
             before + SC_STAGES_SECOND);
        before = now;
        now += SC_RUN_PIECE;
    }
}

/* Where the thread's copies of the coming tile begin, of both tensors. */
struct sc_run_next {
    const uint16_t *x, *y;
};

/* Starts to copy the coming tile, `ahead` of the one in use, and goes on to the one after it; a group of copies, empty
 * where the run has no such tile. */
SC_DEVICE void sc_run_fetch(struct sc_run_next *next, const struct sc_part *part,
                            const struct sc_tile_source *from_x,
                            const struct sc_tile_source *from_y, const struct sc_stages *at,
                            int32_t ahead)
{
    uint16_t *x = at->room + (at->stage + ahead) % SC_STAGES * SC_STAGES_TILE;
    const int32_t tile = at->tile + ahead;

    sc_tile_copy(x, SC_TILE, SC_WIDTH, SC_THREADS, from_x, next->x, tile < part->full_end);
    sc_tile_copy(x + SC_STAGES_SECOND, SC_TILE, SC_WIDTH, SC_THREADS, from_y, next->y,
                 tile < part->full_end);
    if (tile + 1 < part->full_end) {
        next->x += sc_step_offset(SC_TILE, from_x->stride, from_x->count, from_x->room);
        next->y += sc_step_offset(SC_TILE, from_y->stride, from_y->count, from_y->room);
    }
    sc_copy_group();
}

/* The tile in use and those after it, up to the last plain one, which is in use then. All are plain, of rows that can
 * be copied. */
SC_DEVICE void sc_run(struct work *work, const struct sc_part *part,
                      const struct sc_problem *problem, const struct sc_tile_source *from_x,
                      const struct sc_tile_source *from_y, struct sc_stages *at)
{
    const int32_t second = (at->tile + 1) * SC_TILE;
    const uint16_t *now = sc_stages_x(at);
    struct sc_run_next next = {NULL, NULL};

    if (at->tile + 1 < part->full_end) {
        next.x = sc_tile_first(from_x, second, SC_WIDTH);
        next.y = sc_tile_first(from_y, second, SC_WIDTH);
    }
    sc_run_fetch(&next, part, from_x, from_y, at, 1);
    SC_COPY_WAIT(1);
    sc_barrier_block();
    sc_run_steps(work, now, now, false);
    sc_run_fetch(&next, part, from_x, from_y, at, 2);
    SC_ROLLED
    while (at->tile + 1 < part->full_end) {
        const uint16_t *before = now + (SC_TILE / SC_PIECE - 1) * SC_RUN_PIECE;
        at->stage = sc_stages_after(at);
        at->tile++;
        now = sc_stages_x(at);
        /* The tile has come, and no warp reads any more of the one before the last, where the one after the next goes. */
        SC_COPY_WAIT(1);
        sc_barrier_block();
        sc_run_steps(work, now, before, true);
        sc_run_fetch(&next, part, from_x, from_y, at, 2);
    }
    at->next = sc_part_next_tile(part, problem, at->tile + 1, SC_TILE);
    sc_stages_fetch(at, from_x, from_y);
    now += (SC_TILE / SC_PIECE - 1) * SC_RUN_PIECE;
    step(work, false, true, NULL, NULL, now, now + SC_STAGES_SECOND);
}

/* A plain tile by itself, for instances without runs. */
SC_DEVICE void sc_run_tile(struct work *work, const struct sc_stages *at)
{
    SC_UNROLL
    for (int32_t first = 0; first < SC_TILE; first += SC_PIECE) {
        const uint16_t *x = sc_stages_x(at) + first * SC_STRIDE;
        const uint16_t *y = sc_stages_y(at) + first * SC_STRIDE;
        step(work, true, false, x, y, NULL, NULL);
        step(work, false, true, NULL, NULL, x, y);
    }
}

/* The plain tiles from the one in use on, up to one that is not, or the end. None where a run would have rows that
 * cannot be copied as they are: they are left to what does any tile. */
SC_DEVICE void sc_run_plain(struct work *work, const struct sc_part *part,
                            const struct sc_problem *problem, const struct sc_tile_source *from_x,
                            const struct sc_tile_source *from_y, struct sc_stages *at)
{
    while (!SC_RUNS && sc_stages_plain(at->tile, part)) {
        sc_stages_ready(at, part, problem, from_x, from_y);
        sc_run_tile(work, at);
        sc_stages_turn(at);
    }
    if (SC_RUNS && sc_stages_plain(at->tile, part) && sc_tile_copies(from_x, SC_WIDTH) &&
        sc_tile_copies(from_y, SC_WIDTH)) {
        sc_run(work, part, problem, from_x, from_y, at);
        sc_stages_turn(at);
    }
}

#endif
