/* SPDX-License-Identifier: Apache-2.0 */
/* dQ on tensor cores, bf16 and fp16, and the parts of db: dQ_i = tau sum_j dS_ij k_j, with
 * dS_ij = p_ij (1 - p_ij) <dO_i, v_j>. One instance (kernels/instances.h).
 *
 * S and dP are computed again, a block having its query rows to itself: no two blocks add to one element, so that
 * the result is the same, bit for bit, in every run. Arithmetic: spec/schedule.h, as forward_tensor.cu says.
 * Shared memory: Q and dO, of each team, then the tiles of K and those of V, as kernels/tensor_tiles_body.h has them.
 *
 * The file that includes this has defined
 *   SC_ROWS        the kernel's name, and SC_ROWS_RESIDENT its blocks on a multiprocessor
 *   struct work    what its steps compute from and into: the part, the lines of Q and dO, the sum dQ, that of dS
 *   runs           kernels/tensor_run_body.h or kernels/tensor_group_run_body.h */
#ifndef SC_KERNELS_BACKWARD_ROWS_BODY_H
#define SC_KERNELS_BACKWARD_ROWS_BODY_H

#include "kernels/arguments.h"
#include "kernels/tensor_special_body.h"
#include "kernels/tensor_tiles_body.h"

/* Where the rows of an item come from. */
struct sources {
    struct sc_tile_source q, d_o, k, v;
};

SC_DEVICE void begin(struct sc_part *part, struct sources *from,
                     const struct sc_backward_arguments *arguments, int64_t item)
{
    const struct sc_problem *p = &arguments->problem;
    const int64_t head = item / arguments->row_tiles;
    const int32_t b = (int32_t)(head / p->heads_q), h = (int32_t)(head % p->heads_q);
    const int32_t g = sc_problem_group_head(p, h);

    sc_part_begin(part, p, false, b, h, sc_tensor_team_line((int32_t)(item % arguments->row_tiles)),
                  SC_LINES, SC_TILE);
    const bool rows = part->n_q > 0, keys = part->n_k > 0;
    from->q = sc_tile_from(arguments->q, &p->q, rows ? sc_problem_q_row(p, b, h, 0) : 0, part->n_q,
                           p->d, arguments->copies_q);
    from->d_o = sc_tile_from(arguments->d_o, &p->o, rows ? sc_problem_o_row(p, b, h, 0) : 0,
                             part->n_q, p->d_v, arguments->copies_d_o);
    from->k = sc_tile_from(arguments->k, &p->k, keys ? sc_problem_k_row(p, b, g, 0) : 0, part->n_k,
                           p->d, arguments->copies_k);
    from->v = sc_tile_from(arguments->v, &p->v, keys ? sc_problem_v_row(p, b, g, 0) : 0, part->n_k,
                           p->d_v, arguments->copies_v);
}

SC_DEVICE void store(sc_tensor_sum d_q, const struct sc_part *part,
                     const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const struct sc_output output = {&arguments->d_q_layout,
                                     sc_problem_entry(p, part->b),
                                     part->h,
                                     sc_problem_first_row(p, part->b),
                                     sc_problem_tensor_batch(p),
                                     p->heads_q,
                                     p->n_q,
                                     p->d,
                                     part->n_q};

    sc_tensor_store(d_q, part->tau, part, arguments->d_q, p->format_in, &output);
}

/* dQ += dS K for the keys of any tile. What is in one that every row sees is everybody's. */
SC_DEVICE void add(struct work *work, const struct sc_problem *problem,
                   const struct sc_tile_source *from_k, const struct sc_tile_source *from_v,
                   const struct sc_stages *at)
{
    const struct sc_part *part = work->part;
    const bool full = sc_part_tile_full(part, at->tile);
    const int32_t special = !full && sc_team_any(sc_tensor_find_special(sc_stages_x(at), SC_TILE));

    (void)from_v;
    SC_ROLLED
    for (int32_t first = 0; first < SC_TILE; first += SC_PIECE) {
        const int32_t member = at->tile * SC_TILE + first;
        sc_tensor_piece p, d_s;
        sc_tensor_product(p, &work->q, sc_stages_x(at) + first * SC_STRIDE);
        sc_tensor_product(d_s, &work->d_o, sc_stages_y(at) + first * SC_STRIDE);
        sc_tensor_weights(p, part, member, part->slope != 0.0f);
        sc_tensor_score_gradient(d_s, p);
        if (!full) {
            sc_tensor_hide(d_s, part, problem, member);
        }
        work->total += sc_tensor_total(d_s);
        if (special) {
            sc_team_barrier(); /* the other warps' products are done */
            sc_tensor_clear_special(sc_stages_x(at) + first * SC_STRIDE, SC_PIECE);
            sc_tensor_publish();
            sc_team_barrier();
        }
        sc_tensor_accumulate_rounded(work->d_q, d_s, sc_stages_x(at) + first * SC_STRIDE);
        if (special) {
            sc_tensor_add_special(work->d_q, d_s, part, problem, from_k, member);
        }
    }
}

SC_KERNEL_FITTED(SC_ROWS, struct sc_backward_arguments, SC_TEAMS *SC_THREADS, SC_ROWS_RESIDENT)
{
    uint16_t *lines = (uint16_t *)sc_grid_shared();
    uint16_t *q_tile = lines + sc_team() * 2 * SC_LINES * SC_STRIDE;
    uint16_t *d_o_tile = q_tile + SC_LINES * SC_STRIDE;
    uint16_t *room = lines + SC_TEAMS * 2 * SC_LINES * SC_STRIDE;
    const struct sc_problem *problem = &arguments->problem;

    for (int64_t item = sc_grid_block(); item < arguments->row_work;
         item += arguments->row_blocks) {
        struct sc_part part;
        struct sources from;
        struct sc_tiles tiles;
        struct work work;
        begin(&part, &from, arguments, item);
        work.part = &part;
        work.total = 0.0f;
        sc_tensor_zero(work.d_q);

        if (part.tile_begin < part.tile_end) {
            sc_tensor_load(q_tile, SC_LINES, &from.q, part.first_line);
            sc_tensor_load(d_o_tile, SC_LINES, &from.d_o, part.first_line);
        }
        sc_tiles_begin(&tiles, room, &part, problem, &from.k, &from.v);
        SC_COPY_WAIT(0);
        sc_tensor_publish();
        sc_team_barrier();
        if (part.tile_begin < part.tile_end) {
            sc_tensor_keep(&work.q, q_tile);
            sc_tensor_keep(&work.d_o, d_o_tile);
        }
        sc_tiles(&work, problem, &from.k, &from.v, room, &tiles);
        store(work.d_q, &part, arguments);
        sc_tensor_store_total(arguments->bias_parts, item, work.total);
        /* The next item's tiles go where these are read. */
        sc_team_barrier();
    }
}

#endif
