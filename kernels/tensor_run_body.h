/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of plain tiles, piece after piece: a step has the first products of one piece, the special functions of the
 * piece before it and the last products of the one before that, none of which waits for another. A warp issues in
 * order: its units are busy together only where their instructions alternate, and the compiler mixes what is in the
 * body of a loop, here two steps. The pieces of a tile follow those of the last one without a gap.
 *
 * The file that includes this has defined
 *   struct work   what its steps compute from and into, with the pieces in work, of even and of odd number;
 *   step          a step, each of its thirds left out where there is no such piece; the last products stand first
 *                 in it, so that what they take has left its registers when the first products need some:
 *       parity    of the pieces whose first and last products it has; 1 - parity is that of the one between
 *       x, y      rows of the two tensors of the stages, of the piece with the first products
 *       x2, y2    the same of that with the last products */
#ifndef SC_KERNELS_TENSOR_RUN_BODY_H
#define SC_KERNELS_TENSOR_RUN_BODY_H

#include "kernels/tensor_stages_body.h"

#if SC_RUNS && SC_TILE % (2 * SC_PIECE) != 0
#error "instances.h: tiles of runs are pairs of pieces"
#endif

#define SC_RUN_PIECE (SC_PIECE * SC_STRIDE) /* elements from piece to piece */
#define SC_RUN_PAIR  (2 * SC_RUN_PIECE)

/* The tile in use, which is plain, and those after it that are; the last of them is in use then. All threads of the
 * block call together. */
SC_DEVICE void sc_run(struct work *work, const struct sc_part *part,
                      const struct sc_problem *problem, const struct sc_tile_source *from_x,
                      const struct sc_tile_source *from_y, struct sc_stages *at)
{
    sc_stages_ready(at, part, problem, from_x, from_y);
    const uint16_t *x = sc_stages_x(at), *y = sc_stages_y(at), *x2 = x, *y2 = y;
    step(work, 0, true, false, false, x, y, NULL, NULL);
    step(work, 1, true, true, false, x + SC_RUN_PIECE, y + SC_RUN_PIECE, NULL, NULL);
    int32_t pair = 1; /* of the tile, whose first products are next */
    SC_ROLLED
    for (;;) {
        x += SC_RUN_PAIR, y += SC_RUN_PAIR;
        const bool turns = pair == SC_TILE / SC_PIECE / 2;
        if (turns) {
            if (!sc_stages_plain(at->next, part, problem)) {
                break;
            }
            sc_stages_turn(at);
            sc_stages_arrive(at, part, problem);
            x = sc_stages_x(at), y = sc_stages_y(at), pair = 0;
        }
        step(work, 0, true, true, true, x, y, x2, y2);
        step(work, 1, true, true, true, x + SC_RUN_PIECE, y + SC_RUN_PIECE, x2 + SC_RUN_PIECE,
             y2 + SC_RUN_PIECE);
        x2 += SC_RUN_PAIR, y2 += SC_RUN_PAIR, pair++;
        if (turns) {
            /* Only now is nothing of the tile before read any more. */
            sc_barrier_block();
            sc_stages_fetch(at, part, from_x, from_y);
            x2 = sc_stages_x(at), y2 = sc_stages_y(at);
        }
    }
    step(work, 0, false, true, true, NULL, NULL, x2, y2);
    step(work, 1, false, false, true, NULL, NULL, x2 + SC_RUN_PIECE, y2 + SC_RUN_PIECE);
}

/* A plain tile by itself, where the registers do not hold a second piece. */
SC_DEVICE void sc_run_tile(struct work *work, const struct sc_stages *at)
{
    SC_UNROLL
    for (int32_t first = 0; first < SC_TILE; first += SC_PIECE) {
        const uint16_t *x = sc_stages_x(at) + first * SC_STRIDE;
        const uint16_t *y = sc_stages_y(at) + first * SC_STRIDE;
        step(work, 0, true, false, false, x, y, NULL, NULL);
        step(work, 1, false, true, false, NULL, NULL, NULL, NULL);
        step(work, 0, false, false, true, NULL, NULL, x, y);
    }
}

/* The plain tiles from the one in use on, up to one that is not, or the end. */
SC_DEVICE void sc_run_plain(struct work *work, const struct sc_part *part,
                            const struct sc_problem *problem, const struct sc_tile_source *from_x,
                            const struct sc_tile_source *from_y, struct sc_stages *at)
{
    while (sc_stages_plain(at->tile, part, problem)) {
        if (SC_RUNS) {
            sc_run(work, part, problem, from_x, from_y, at);
        } else {
            sc_stages_ready(at, part, problem, from_x, from_y);
            sc_run_tile(work, at);
        }
        sc_stages_turn(at);
    }
}

#endif
