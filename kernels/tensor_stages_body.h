/* SPDX-License-Identifier: Apache-2.0 */
/* The tiles of members that a team visits, of two tensors, in SC_STAGES stages that take turns: one is loaded while
 * another is used, and in runs (kernels/tensor_run_body.h) more; or in one stage. All threads of the team call
 * together. */
#ifndef SC_KERNELS_TENSOR_STAGES_BODY_H
#define SC_KERNELS_TENSOR_STAGES_BODY_H

#include "kernels/tensor_body.h"

/* Elements of a tile. */
#define SC_STAGES_TILE (SC_TILE * SC_STRIDE)

/* From a tile of the first tensor to that of the second in the same stage; elements of both. */
#define SC_STAGES_SECOND   (SC_STAGES * SC_STAGES_TILE)
#define SC_STAGES_ELEMENTS (2 * SC_STAGES_SECOND)

struct sc_stages {
    uint16_t *room; /* in shared memory: the tiles of the first tensor, then those of the second */
    int32_t stage;  /* the one in use */
    int32_t tile, next; /* numbers of the tile in it and of the next */
    int32_t end;        /* a tile from here on is not loaded; at most tile_end */
};

/* The tile in use, of K or Q, and of V or dO. */
SC_DEVICE uint16_t *sc_stages_x(const struct sc_stages *at)
{
    return at->room + at->stage * SC_STAGES_TILE;
}

SC_DEVICE uint16_t *sc_stages_y(const struct sc_stages *at)
{
    return sc_stages_x(at) + SC_STAGES_SECOND;
}

/* The stage after the one in use. */
SC_DEVICE int32_t sc_stages_after(const struct sc_stages *at)
{
    return at->stage + 1 < SC_STAGES ? at->stage + 1 : 0;
}

SC_DEVICE void sc_stages_load(const struct sc_stages *at, int32_t stage,
                              const struct sc_tile_source *from_x,
                              const struct sc_tile_source *from_y, int32_t tile)
{
    sc_tensor_load(at->room + stage * SC_STAGES_TILE, SC_TILE, from_x, tile * SC_TILE);
    sc_tensor_load(at->room + stage * SC_STAGES_TILE + SC_STAGES_SECOND, SC_TILE, from_y,
                   tile * SC_TILE);
}

/* The first of the tiles from `tile` up to `end` begins to be loaded, in one group with what was started before. */
SC_DEVICE void sc_stages_begin(struct sc_stages *at, uint16_t *room, const struct sc_part *part,
                               const struct sc_problem *problem,
                               const struct sc_tile_source *from_x,
                               const struct sc_tile_source *from_y, int32_t tile, int32_t end)
{
    at->room = room;
    at->stage = 0;
    at->tile = sc_part_next_tile(part, problem, tile, SC_TILE);
    at->end = end;
    if (at->tile < end) {
        sc_stages_load(at, at->stage, from_x, from_y, at->tile);
    }
    sc_copy_group();
}

/* Whether there is such a tile, and nothing is special about its pairs: each sees the other, without ALiBi. */
SC_DEVICE bool sc_stages_plain(int32_t tile, const struct sc_part *part)
{
    return part->slope == 0.0f && sc_part_tile_full(part, tile);
}

/* After it the tile may be read, and all threads are done with what they did before. */
SC_DEVICE void sc_stages_arrive(struct sc_stages *at, const struct sc_part *part,
                                const struct sc_problem *problem)
{
    at->next = sc_part_next_tile(part, problem, at->tile + 1, SC_TILE);
    SC_COPY_WAIT(0);
    sc_tensor_publish();
    sc_team_barrier();
}

/* The next tile begins to be loaded, into the next stage, which nobody reads any more. Where there is one stage, that is
 * behind a barrier. */
SC_DEVICE void sc_stages_fetch(const struct sc_stages *at, const struct sc_tile_source *from_x,
                               const struct sc_tile_source *from_y)
{
    if (at->next < at->end) {
        sc_stages_load(at, sc_stages_after(at), from_x, from_y, at->next);
    }
    sc_copy_group();
}

/* Both, where the tile before is done with. */
SC_DEVICE void sc_stages_ready(struct sc_stages *at, const struct sc_part *part,
                               const struct sc_problem *problem,
                               const struct sc_tile_source *from_x,
                               const struct sc_tile_source *from_y)
{
    sc_stages_arrive(at, part, problem);
    sc_stages_fetch(at, from_x, from_y);
}

/* On to the next tile. */
SC_DEVICE void sc_stages_turn(struct sc_stages *at)
{
    at->stage = sc_stages_after(at);
    at->tile = at->next;
}

#endif
