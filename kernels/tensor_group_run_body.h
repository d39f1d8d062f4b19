/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of plain tiles for products of a warpgroup, which go on while its threads do something else: beside the special
 * functions of one tile go the last products of the tile before it and the first ones of the tile after it. So a step
 * has two pieces in registers. What a product takes from registers must be there before any product in flight was
 * started, or the assembler waits for each: a piece is rounded between the wait and the next start.
 *
 * The first products of a tile are two steps before its last ones, and its copy is started SC_RING_AHEAD steps before
 * those. A tensor has a ring of tiles of its own, of as many as are in use or on their way.
 *
 * The file that includes this has defined
 *   SC_RING_X, SC_RING_Y  tiles of the ring of the first tensor, whose tiles are read by first products, and of the second
 *   SC_RING_AHEAD         3 or 4
 *   SC_RING_LATE          2: the second one's are read by last products alone, and come so much later; 0: by the first
 *                         ones too
 *   SC_RING_TURN          steps after which both rings and the two pieces are where they were
 *   struct work           what its steps compute from and into, two pieces of each kind
 *   start(work, n, x, y)  starts the first products of a tile, into pieces n
 *   weigh(work, n)        the special functions of pieces n
 *   pack(work, n)        pieces n, rounded, to where last products read them
 *   finish(work, x, y)      starts the last products of a tile */
#ifndef SC_KERNELS_TENSOR_GROUP_RUN_BODY_H
#define SC_KERNELS_TENSOR_GROUP_RUN_BODY_H

#include "kernels/tensor_stages_body.h"

#if SC_TILE < SC_TILE_ROWS_APART(SC_WIDTH, SC_THREADS)
#error "instances.h: each thread of a block has a copy of a tile of a run"
#endif
#if SC_RING_TURN % 2 != 0 || SC_RING_TURN % SC_RING_X != 0 || SC_RING_TURN % SC_RING_Y != 0
#error "a turn is whole turns of both rings and both pieces"
#endif

/* The two tensors, and where the thread's copies of the tiles to come begin. */
struct sc_run {
    uint16_t *room;
    const struct sc_tile_source *from_x, *from_y;
    const uint16_t *next_x, *next_y;
    int32_t tile, end; /* the tile whose last products are due; the end of the run */
};

/* The place `ahead` of one in a ring of `count`; ahead < 2 count. */
SC_DEVICE int32_t sc_run_place(int32_t place, int32_t ahead, int32_t count)
{
    const int32_t there = place + ahead % count;

    return there < count ? there : there - count;
}

/* The tiles at a place of either ring. */
SC_DEVICE uint16_t *sc_run_x(const struct sc_run *run, int32_t place)
{
    return run->room + place * SC_STAGES_TILE;
}

SC_DEVICE uint16_t *sc_run_y(const struct sc_run *run, int32_t place)
{
    return run->room + SC_STAGES_SECOND + place * SC_STAGES_TILE;
}

/* Starts to copy a tile of the run, if there is such a tile, and goes on to the one after it. Where it is sure that both
 * exist the question is asked all the same: without it the assembler brings copies before products (kernels/NOTES.md). */
SC_DEVICE const uint16_t *sc_run_fetch_one(const struct sc_run *run, uint16_t *to, int32_t tile,
                                           const struct sc_tile_source *from, const uint16_t *next)
{
    sc_tile_copy(to, SC_TILE, SC_WIDTH, SC_THREADS, from, next, tile < run->end);
    return tile + 1 < run->end
               ? next + sc_step_offset(SC_TILE, from->stride, from->count, from->room)
               : next;
}

/* A group of copies: of the first tensor the tile `ahead` of the one due, which is at place x, and of the second what
 * goes with it. */
SC_DEVICE void sc_run_fetch(struct sc_run *run, int32_t ahead, int32_t x, int32_t y)
{
    const int32_t late = ahead - SC_RING_LATE;

    run->next_x = sc_run_fetch_one(run, sc_run_x(run, sc_run_place(x, ahead, SC_RING_X)),
                                   run->tile + ahead, run->from_x, run->next_x);
    if (late > 0) {
        run->next_y = sc_run_fetch_one(run, sc_run_y(run, sc_run_place(y, late, SC_RING_Y)),
                                       run->tile + late, run->from_y, run->next_y);
    }
    sc_copy_group();
}

/* The special functions of pieces n, while products go on; what comes next is then there for the products that follow
 * a barrier. */
SC_DEVICE void sc_run_weigh(struct work *work, int32_t n)
{
    weigh(work, n);
    SC_COPY_WAIT(SC_RING_AHEAD - 3);
    sc_group_publish();
    SC_GROUP_WAIT(0);
}

/* The last products of the tile due, whose pieces are n and whose places x and y, and the first ones of the tile two
 * ahead; the special functions of the tile between them. */
SC_DEVICE void sc_run_step(struct sc_run *run, struct work *work, int32_t n, int32_t x, int32_t y)
{
    sc_barrier_block();
    pack(work, n);
    sc_group_begin();
    start(work, n, sc_run_x(run, sc_run_place(x, 2, SC_RING_X)),
          sc_run_y(run, sc_run_place(y, 2, SC_RING_Y)));
    finish(work, sc_run_x(run, x), sc_run_y(run, y));
    sc_group_commit();
    sc_run_fetch(run, SC_RING_AHEAD, x, y);
    sc_run_weigh(work, 1 - n);
    run->tile++;
}

/* The first products of the first two tiles. */
SC_DEVICE void sc_run_begin(struct sc_run *run, struct work *work)
{
    sc_run_fetch(run, 1, 0, 0);
    sc_run_fetch(run, 2, 0, 0);
    SC_COPY_WAIT(1);
    sc_group_publish();
    sc_barrier_block();
    sc_group_begin();
    start(work, 0, sc_run_x(run, 0), sc_run_y(run, 0));
    sc_group_commit();
    SC_GROUP_WAIT(0);
    if (SC_RING_AHEAD > 3) {
        sc_barrier_block(); /* the fourth tile may go where the first one was */
        sc_run_fetch(run, 3, 0, 0);
    }
    sc_group_begin();
    start(work, 1, sc_run_x(run, 1), sc_run_y(run, 1));
    sc_group_commit();
    sc_run_weigh(work, 0);
}

/* Most of its steps: a turn of both rings at a time, so that all places in it are constants. */
SC_DEVICE void sc_run_turns(struct sc_run *run, struct work *work)
{
    SC_ROLLED
    while (run->tile + SC_RING_TURN + 2 <= run->end) {
        SC_UNROLL
        for (int32_t k = 0; k < SC_RING_TURN; k++) {
            sc_run_step(run, work, k % 2, k % SC_RING_X, k % SC_RING_Y);
        }
    }
}

/* The others, and the last products of the last two tiles. */
SC_DEVICE void sc_run_end(struct sc_run *run, struct work *work)
{
    int32_t x = 0, y = 0;

    SC_ROLLED
    while (run->tile + 2 < run->end) {
        SC_UNROLL
        for (int32_t n = 0; n < 2; n++) {
            sc_run_step(run, work, n, x, y);
            x = sc_run_place(x, 1, SC_RING_X);
            y = sc_run_place(y, 1, SC_RING_Y);
        }
    }
    SC_COPY_WAIT(0);
    sc_group_publish();
    sc_barrier_block();
    SC_UNROLL
    for (int32_t n = 0; n < 2; n++) {
        pack(work, n);
        sc_group_begin();
        finish(work, sc_run_x(run, sc_run_place(x, n, SC_RING_X)),
               sc_run_y(run, sc_run_place(y, n, SC_RING_Y)));
        sc_group_commit();
        if (n == 0) {
            weigh(work, 1);
        }
        SC_GROUP_WAIT(0);
    }
    sc_barrier_block();
}

/* The plain tiles from the one in use on, two by two: one that is left over is for what does any tile, and so is a run
 * of rows that cannot be copied as they are. */
SC_DEVICE void sc_run_plain(struct work *work, const struct sc_part *part,
                            const struct sc_problem *problem, const struct sc_tile_source *from_x,
                            const struct sc_tile_source *from_y, struct sc_stages *at)
{
    const int32_t tile = at->tile;
    struct sc_run run = {at->room, from_x, from_y, NULL, NULL, tile, tile};

    if (!sc_stages_plain(tile, part) || part->full_end - tile < 2 ||
        !sc_tile_copies(from_x, SC_WIDTH) || !sc_tile_copies(from_y, SC_WIDTH)) {
        return;
    }
    sc_barrier_block(); /* no warp reads the tile before any more, where copies of the run go */
    run.end = tile + (part->full_end - tile) / 2 * 2;
    if (at->stage != 0) {
        SC_COPY_WAIT(0);
        at->stage = 0;
        sc_stages_load(at, 0, from_x, from_y, tile);
    }
    run.next_x = sc_tile_first(from_x, (tile + 1) * SC_TILE, SC_WIDTH);
    run.next_y = sc_tile_first(from_y, (tile + 1) * SC_TILE, SC_WIDTH);
    sc_run_begin(&run, work);
    sc_run_turns(&run, work);
    sc_run_end(&run, work);
    at->tile = run.end - 1;
    at->next = sc_part_next_tile(part, problem, run.end, SC_TILE);
    sc_stages_fetch(at, part, from_x, from_y);
    sc_stages_turn(at);
}

#endif
