/* SPDX-License-Identifier: Apache-2.0 */
/* The tiles of members that a team visits, first to last. Most are plain, and go in runs; one that is not, or that is
 * left over, goes by itself. A block's room for tiles: by mma.sync the stages of one tensor, then those of the other; by
 * wgmma the ring of one, then that of the other, the stage of each team, of both, and the gates of the rings.
 *
 * The file that includes this has included kernels/tensor_run_body.h or kernels/tensor_group_run_body.h, and defines
 * after it
 *   add(work, problem, from_x, from_y, at)   what is done for any tile that has come, of the lines of work->part */
#ifndef SC_KERNELS_TENSOR_TILES_BODY_H
#define SC_KERNELS_TENSOR_TILES_BODY_H

#include "kernels/tensor_stages_body.h"

SC_DEVICE void add(struct work *work, const struct sc_problem *problem,
                   const struct sc_tile_source *from_x, const struct sc_tile_source *from_y,
                   const struct sc_stages *at);

struct sc_tiles {
    struct sc_stages at;
#if SC_GROUP
    struct sc_run_range run; /* of the block */
#endif
};

/* Those from the one in use up to where the stages end. */
SC_DEVICE void sc_tiles_staged(struct work *work, const struct sc_problem *problem,
                               const struct sc_tile_source *from_x,
                               const struct sc_tile_source *from_y, struct sc_stages *at)
{
    const struct sc_part *part = work->part;

    while (at->tile < at->end) {
#if SC_GROUP
        sc_stages_arrive(at, part, problem);
        add(work, problem, from_x, from_y, at);
        sc_team_barrier();
        sc_stages_fetch(at, from_x, from_y);
        sc_stages_turn(at);
#else
        /* Plain tiles have a loop of their own: in one with the others the sums would change registers. */
        sc_run_plain(work, part, problem, from_x, from_y, at);
        if (at->tile < at->end) {
            sc_stages_ready(at, part, problem, from_x, from_y);
            add(work, problem, from_x, from_y, at);
            sc_stages_turn(at);
        }
#endif
    }
}

#if SC_GROUP
/* Where the team's stage is, in the block's room for tiles. */
SC_DEVICE uint16_t *sc_tiles_stage(uint16_t *room)
{
    return room + 2 * SC_RING * SC_STAGES_TILE + sc_team() * SC_STAGES_ELEMENTS;
}

/* The first tile begins to be loaded, in one group with what was started before. */
SC_DEVICE void sc_tiles_begin(struct sc_tiles *tiles, uint16_t *room, const struct sc_part *part,
                              const struct sc_problem *problem, const struct sc_tile_source *from_x,
                              const struct sc_tile_source *from_y)
{
    const struct sc_run_range run = sc_run_range_of(part, problem, from_x, from_y);
    const bool before = run.begin < run.end && run.begin < part->tile_end;

    sc_stages_begin(&tiles->at, sc_tiles_stage(room), part, problem, from_x, from_y,
                    part->tile_begin, before ? run.begin : part->tile_end);
    tiles->run = run;
}

/* All of them. The teams of the block call together. */
SC_DEVICE void sc_tiles(struct work *work, const struct sc_problem *problem,
                        const struct sc_tile_source *from_x, const struct sc_tile_source *from_y,
                        uint16_t *room, struct sc_tiles *tiles)
{
    const struct sc_part *part = work->part;
    const struct sc_run_range run = tiles->run;

    sc_tiles_staged(work, problem, from_x, from_y, &tiles->at);
    if (run.begin < run.end) {
        sc_run_shared(work, &run, from_x, from_y, room);
        sc_stages_begin(&tiles->at, sc_tiles_stage(room), part, problem, from_x, from_y, run.end,
                        part->tile_end);
        sc_tiles_staged(work, problem, from_x, from_y, &tiles->at);
    }
    SC_COPY_WAIT(0);
}
#else
SC_DEVICE void sc_tiles_begin(struct sc_tiles *tiles, uint16_t *room, const struct sc_part *part,
                              const struct sc_problem *problem, const struct sc_tile_source *from_x,
                              const struct sc_tile_source *from_y)
{
    sc_stages_begin(&tiles->at, room, part, problem, from_x, from_y, part->tile_begin,
                    part->tile_end);
}

SC_DEVICE void sc_tiles(struct work *work, const struct sc_problem *problem,
                        const struct sc_tile_source *from_x, const struct sc_tile_source *from_y,
                        uint16_t *room, struct sc_tiles *tiles)
{
    (void)room;
    sc_tiles_staged(work, problem, from_x, from_y, &tiles->at);
    SC_COPY_WAIT(0);
}
#endif

#endif
