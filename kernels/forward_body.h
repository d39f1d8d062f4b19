/* SPDX-License-Identifier: Apache-2.0 */
/* The forward pass on tensor cores, whatever multiplies: O = sigma(tau Q K^T + b + m) V. One instance
 * (kernels/instances.h).
 *
 * Each warp of a block has query rows of its own. Tiles of keys that no row sees are passed over; plain ones are
 * copied while earlier ones are used. The weights never leave the registers: the fragments that hold S are those
 * that a product with V takes.
 *
 * Arithmetic (spec/schedule.h): SC_CORE_H100 on an sm_90, SC_CORE_A100 on an sm_80; SC_SCORE_FUSED; P rounded to
 * the input format; keys in one part. O is bit for bit that of sc_tier_schedule with the machine's activation.
 * Shared memory: Q, then the tiles of K and those of V, as kernels/tensor_tiles_body.h has them.
 *
 * The file that includes this has defined
 *   SC_FORWARD       the kernel's name, and SC_FORWARD_RESIDENT its blocks on a multiprocessor
 *   struct work      what its steps compute from and into: the part, the lines of Q, the sum O
 *   runs             kernels/tensor_run_body.h or kernels/tensor_group_run_body.h */
#ifndef SC_KERNELS_FORWARD_BODY_H
#define SC_KERNELS_FORWARD_BODY_H

#include "kernels/arguments.h"
#include "kernels/tensor_special_body.h"
#include "kernels/tensor_tiles_body.h"

/* Where the rows of an item come from. */
struct sources {
    struct sc_tile_source q, k, v;
};

SC_DEVICE void begin(struct sc_part *part, struct sources *from,
                     const struct sc_forward_arguments *arguments, int64_t item)
{
    const struct sc_problem *p = &arguments->problem;
    const int64_t head = item / arguments->row_tiles;
    const int32_t b = (int32_t)(head / p->heads_q), h = (int32_t)(head % p->heads_q);
    const int32_t g = sc_problem_group_head(p, h);

    sc_part_begin(part, p, false, b, h, sc_tensor_team_line((int32_t)(item % arguments->row_tiles)),
                  SC_LINES, SC_TILE);
    from->q = sc_tile_from(arguments->q, &p->q, part->n_q > 0 ? sc_problem_q_row(p, b, h, 0) : 0,
                           part->n_q, p->d, arguments->copies_q);
    from->k = sc_tile_from(arguments->k, &p->k, part->n_k > 0 ? sc_problem_k_row(p, b, g, 0) : 0,
                           part->n_k, p->d, arguments->copies_k);
    from->v = sc_tile_from(arguments->v, &p->v, part->n_k > 0 ? sc_problem_v_row(p, b, g, 0) : 0,
                           part->n_k, p->d_v, arguments->copies_v);
}

SC_DEVICE void store(sc_tensor_sum o, const struct sc_part *part,
                     const struct sc_forward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const struct sc_output output = {&p->o,
                                     sc_problem_entry(p, part->b),
                                     part->h,
                                     sc_problem_first_row(p, part->b),
                                     sc_problem_tensor_batch(p),
                                     p->heads_q,
                                     p->n_q,
                                     p->d_v,
                                     part->n_q};

    sc_tensor_store(o, 1.0f, part, arguments->o, p->format_out, &output);
}

/* O += P V for the keys of any tile. What is in one that every row sees is everybody's. */
SC_DEVICE void add(struct work *work, const struct sc_problem *problem,
                   const struct sc_tile_source *from_k, const struct sc_tile_source *from_v,
                   const struct sc_stages *at)
{
    const struct sc_part *part = work->part;
    const bool full = sc_part_tile_full(part, at->tile);
    const int32_t special = !full && sc_team_any(sc_tensor_find_special(sc_stages_y(at), SC_TILE));

    (void)from_k;
    if (special) {
        sc_tensor_clear_special(sc_stages_y(at), SC_TILE);
        sc_tensor_publish();
        sc_team_barrier();
    }
    SC_ROLLED
    for (int32_t first = 0; first < SC_TILE; first += SC_PIECE) {
        const int32_t member = at->tile * SC_TILE + first;
        sc_tensor_piece p;
        sc_tensor_product(p, &work->q, sc_stages_x(at) + first * SC_STRIDE);
        sc_tensor_weights(p, part, member, part->slope != 0.0f);
        if (!full) {
            sc_tensor_hide(p, part, problem, member);
        }
        sc_tensor_accumulate_rounded(work->o, p, sc_stages_y(at) + first * SC_STRIDE);
        if (special) {
            sc_tensor_add_special(work->o, p, part, problem, from_v, member);
        }
    }
}

SC_KERNEL_FITTED(SC_FORWARD, struct sc_forward_arguments, SC_TEAMS *SC_THREADS, SC_FORWARD_RESIDENT)
{
    uint16_t *q_tiles = (uint16_t *)sc_grid_shared();
    uint16_t *q_tile = q_tiles + sc_team() * SC_LINES * SC_STRIDE;
    uint16_t *room = q_tiles + SC_TEAMS * SC_LINES * SC_STRIDE;
    const struct sc_problem *problem = &arguments->problem;

    for (int64_t item = sc_grid_block(); item < arguments->work; item += arguments->blocks) {
        struct sc_part part;
        struct sources from;
        struct sc_tiles tiles;
        struct work work;
        begin(&part, &from, arguments, item);
        work.part = &part;
        sc_tensor_zero(work.o);

        if (part.tile_begin < part.tile_end) {
            sc_tensor_load(q_tile, SC_LINES, &from.q, part.first_line);
        }
        sc_tiles_begin(&tiles, room, &part, problem, &from.k, &from.v);
        SC_COPY_WAIT(0);
        sc_tensor_publish();
        sc_team_barrier();
        if (part.tile_begin < part.tile_end) {
            sc_tensor_keep(&work.q, q_tile);
        }
        sc_tiles(&work, problem, &from.k, &from.v, room, &tiles);
        store(work.o, &part, arguments);
        /* The next item's tiles go where these are read. */
        sc_team_barrier();
    }
}

#endif
