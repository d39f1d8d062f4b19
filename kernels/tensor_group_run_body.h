/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of plain tiles for products of warpgroups, which go on while their threads do something else: beside the special
 * functions of one tile go the last products of the tile before it and the first ones of the tile after it. So a step
 * has two pieces in registers.
 *
 * The teams of a block visit the same tiles, and each tile is copied once, by the teams in turns, into a ring of places.
 * Within a run no team waits for another but at gates: for a tile to come, and, two steps before it is due there, for
 * the one that is at its place to be gone. Its beginning and its end are barriers of the block.
 *
 * The file that includes this has defined
 *   struct work   what its steps compute from and into, two pieces of each kind
 *   SC_LAST       1: last products are started before first ones
 *   SC_PACKED     2: a piece is rounded beside products, each of the two to registers of its own; 1: after them
 *   start(work, n, x, y)   starts the first products of a tile, into pieces n
 *   weigh(work, n)         the special functions of pieces n
 *   pack(work, n)          pieces n, rounded, to where last products read them
 *   finish(work, n, x, y)  starts the last products of the tile that pieces n are of */
#ifndef SC_KERNELS_TENSOR_GROUP_RUN_BODY_H
#define SC_KERNELS_TENSOR_GROUP_RUN_BODY_H

#include "kernels/primitives/gate.h"
#include "kernels/tensor_stages_body.h"

/* Steps from the copy of a tile to its last products. */
#define SC_RUN_AHEAD 4

#if SC_TILE < SC_TILE_ROWS_APART(SC_WIDTH, SC_THREADS)
#error "instances.h: each thread of a team has a copy of a tile of a run"
#endif
#if SC_RING % 2 != 0 || SC_RING < SC_RUN_AHEAD + 2
#error "instances.h: a ring has places for both pieces and for tiles under way"
#endif

/* Tiles that all teams of a block visit together: begin >= end: none. */
struct sc_run_range {
    int32_t begin, end;
    int32_t teams; /* that have lines */
};

/* Of each place: whether its tile has come, and whether all teams are done with it. */
struct sc_run_gates {
    struct sc_gate come[SC_RING], gone[SC_RING];
};

struct sc_run {
    uint16_t *room;
    struct sc_run_gates *gates;
    const struct sc_tile_source *from_x, *from_y;
    int32_t tile, end;   /* the tile whose last products are due; the end of the run */
    int32_t teams, turn; /* that copy; steps until it is this one's turn */
    int32_t odd;         /* parity of the turns of the ring */
};

/* The tiles that are plain for all lines of a block, two by two: one that is left over is for what does any tile, and so
 * are rows that cannot be copied as they are. */
SC_DEVICE struct sc_run_range sc_run_range_of(const struct sc_part *part,
                                              const struct sc_problem *problem,
                                              const struct sc_tile_source *from_x,
                                              const struct sc_tile_source *from_y)
{
    struct sc_run_range run = {0, 0, SC_TEAMS};
    struct sc_part block;

    sc_part_begin(&block, problem, part->by_keys, part->b, part->h,
                  part->first_line - sc_team() * SC_LINES, SC_TEAMS * SC_LINES, SC_TILE);
    if (block.slope == 0.0f && block.full_begin < block.full_end &&
        sc_tile_copies(from_x, SC_WIDTH) && sc_tile_copies(from_y, SC_WIDTH)) {
        run.begin = block.full_begin;
        run.end = run.begin + (block.full_end - run.begin) / 2 * 2;
        run.teams = (block.last_line - block.first_line) / SC_LINES + 1;
    }
    run.begin = sc_team_same(run.begin);
    run.end = sc_team_same(run.end);
    run.teams = sc_team_same(run.teams);
    return run;
}

/* The tiles at a place of the ring. */
SC_DEVICE uint16_t *sc_run_x(const struct sc_run *run, int32_t place)
{
    return run->room + place * SC_STAGES_TILE;
}

SC_DEVICE uint16_t *sc_run_y(const struct sc_run *run, int32_t place)
{
    return sc_run_x(run, SC_RING + place);
}

/* Starts to copy a tile of the run. */
SC_DEVICE void sc_run_copy(const struct sc_run *run, int32_t tile, int32_t place)
{
    sc_tile_copy(sc_run_x(run, place), SC_TILE, SC_WIDTH, SC_THREADS, run->from_x,
                 sc_tile_first(run->from_x, tile * SC_TILE, SC_WIDTH), true);
    sc_tile_copy(sc_run_y(run, place), SC_TILE, SC_WIDTH, SC_THREADS, run->from_y,
                 sc_tile_first(run->from_y, tile * SC_TILE, SC_WIDTH), true);
    sc_gate_arrive_copies(&run->gates->come[place]);
}

/* If it is this team's turn: copies the tile SC_RUN_AHEAD ahead, to a place whose turn has parity `odd`. */
SC_DEVICE void sc_run_fetch(struct sc_run *run, int32_t place, int32_t odd)
{
    if (run->turn == 0) {
        run->turn = run->teams;
        if (run->tile + SC_RUN_AHEAD < run->end) {
            sc_gate_wait(&run->gates->gone[place], odd ^ 1);
            sc_run_copy(run, run->tile + SC_RUN_AHEAD, place);
        }
    }
    run->turn--;
}

/* Until a tile has come; products may read it. */
SC_DEVICE void sc_run_come(const struct sc_run *run, int32_t place, int32_t odd)
{
    sc_gate_wait(&run->gates->come[place], odd);
    sc_group_publish();
}

/* The special functions of pieces n, while products go on. */
SC_DEVICE void sc_run_weigh(struct work *work, int32_t n)
{
    weigh(work, n);
    if (SC_PACKED == 2) {
        pack(work, n);
    }
    SC_GROUP_WAIT(0);
}

/* The last products of the tile due, which is at place k, and the first ones of the tile two ahead; the special
 * functions of the tile between them. */
SC_DEVICE void sc_run_step(struct sc_run *run, struct work *work, int32_t k)
{
    const int32_t n = k % 2, next = (k + 2) % SC_RING, last = (k + SC_RUN_AHEAD) % SC_RING;

    sc_run_come(run, next, run->odd ^ (next < k));
    if (SC_PACKED == 1) {
        pack(work, n);
    }
    sc_group_begin();
    if (SC_LAST) {
        finish(work, n, sc_run_x(run, k), sc_run_y(run, k));
    }
    start(work, n, sc_run_x(run, next), sc_run_y(run, next));
    if (!SC_LAST) {
        finish(work, n, sc_run_x(run, k), sc_run_y(run, k));
    }
    sc_group_commit();
    sc_run_weigh(work, 1 - n);
    if (sc_grid_thread() % SC_WARP == 0) {
        sc_gate_arrive(&run->gates->gone[k]);
    }
    sc_run_fetch(run, last, run->odd ^ (last < k));
    run->tile++;
}

/* The first products of the first two tiles. */
SC_DEVICE void sc_run_begin(const struct sc_run *run, struct work *work)
{
    sc_run_come(run, 0, 0);
    sc_group_begin();
    start(work, 0, sc_run_x(run, 0), sc_run_y(run, 0));
    sc_group_commit();
    SC_GROUP_WAIT(0);
    sc_run_come(run, 1, 0);
    sc_group_begin();
    start(work, 1, sc_run_x(run, 1), sc_run_y(run, 1));
    sc_group_commit();
    sc_run_weigh(work, 0);
}

/* The steps: a turn of the ring at a time, so that all places in it are constants, and what is left of one. Returns the
 * place of the tile that is due then. */
SC_DEVICE int32_t sc_run_steps(struct sc_run *run, struct work *work)
{
    int32_t place = 0;

    SC_ROLLED
    while (run->tile + SC_RING + 2 <= run->end) {
        SC_UNROLL
        for (int32_t k = 0; k < SC_RING; k++) {
            sc_run_step(run, work, k);
        }
        run->odd ^= 1;
    }
    SC_UNROLL
    for (int32_t k = 0; k < SC_RING - 2; k += 2) {
        if (run->tile + 2 < run->end) {
            sc_run_step(run, work, k);
            sc_run_step(run, work, k + 1);
            place = k + 2;
        }
    }
    return place;
}

/* The last products of the last two tiles, at this place and the next. */
SC_DEVICE void sc_run_end(const struct sc_run *run, struct work *work, int32_t place)
{
    SC_UNROLL
    for (int32_t n = 0; n < 2; n++) {
        if (SC_PACKED == 1) {
            pack(work, n);
        }
        sc_group_begin();
        finish(work, n, sc_run_x(run, place + n), sc_run_y(run, place + n));
        sc_group_commit();
        if (n == 0) {
            sc_run_weigh(work, 1);
        } else {
            SC_GROUP_WAIT(0);
        }
    }
}

/* The team's copies of the first tiles. */
SC_DEVICE void sc_run_first(struct sc_run *run)
{
    SC_UNROLL
    for (int32_t place = 0; place < SC_RUN_AHEAD; place++) {
        if (run->turn == 0) {
            run->turn = run->teams;
            if (run->tile + place < run->end) {
                sc_run_copy(run, run->tile + place, place);
            }
        }
        run->turn--;
    }
}

/* The block's run. Its teams call together; those without lines do nothing in it.
 *   room  of the block's tiles: the ring, the stages of the teams, the gates */
SC_DEVICE void sc_run_shared(struct work *work, const struct sc_run_range *range,
                             const struct sc_tile_source *from_x,
                             const struct sc_tile_source *from_y, uint16_t *room)
{
    uint16_t *behind = room + 2 * SC_RING * SC_STAGES_TILE + SC_TEAMS * SC_STAGES_ELEMENTS;
    struct sc_run_gates *gates = (struct sc_run_gates *)(void *)behind;
    const int32_t thread = sc_grid_thread(), team = sc_team();
    struct sc_run run = {room,       gates,        from_x, from_y, range->begin,
                         range->end, range->teams, team,   0};

    if (thread < SC_RING) {
        sc_gate_set(&gates->come[thread], SC_THREADS);
        sc_gate_set(&gates->gone[thread], run.teams * SC_WARPS);
    }
    sc_barrier_block();
    if (team < run.teams) {
        sc_run_first(&run);
        sc_run_begin(&run, work);
        sc_run_end(&run, work, sc_run_steps(&run, work));
    }
    sc_barrier_block(); /* no team is in the ring, or at its gates, any more */
    if (thread < SC_RING) {
        sc_gate_end(&gates->come[thread]);
        sc_gate_end(&gates->gone[thread]);
    }
}

#endif
