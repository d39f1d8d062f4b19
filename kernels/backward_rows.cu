/* SPDX-License-Identifier: Apache-2.0 */
/* dQ on tensor cores, bf16 and fp16, and the parts of db: dQ_i = tau sum_j dS_ij k_j, with
 * dS_ij = p_ij (1 - p_ij) <dO_i, v_j>. One instance (kernels/instances.h).
 *
 * S and dP are computed again, a block having its query rows to itself: no two blocks add to one element, so that
 * the result is the same, bit for bit, in every run. Arithmetic: spec/schedule.h, as forward_tensor.cu says.
 * Shared memory: Q, dO, then two stages of K, then two of V. */
#include "kernels/arguments.h"
#include "kernels/instances.h"

#define SC_TILE SC_BACKWARD_TILE

#include "kernels/tensor_body.h"

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

    sc_part_begin(part, p, false, b, h, (int32_t)(item % arguments->row_tiles) * SC_BLOCK_LINES,
                  SC_TILE);
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

SC_KERNEL(SC_NAME(sc_backward_rows), struct sc_backward_arguments)
{
    uint16_t *q_tile = (uint16_t *)sc_grid_shared();
    uint16_t *d_o_tile = q_tile + SC_BLOCK_LINES * SC_STRIDE;
    uint16_t *k_tiles = d_o_tile + SC_BLOCK_LINES * SC_STRIDE;
    uint16_t *v_tiles = k_tiles + 2 * SC_TILE * SC_STRIDE;
    const struct sc_problem *problem = &arguments->problem;

    for (int64_t item = sc_grid_block(); item < arguments->row_work;
         item += arguments->row_blocks) {
        struct sc_part part;
        struct sources from;
        sc_tensor_sum d_q;
        float total = 0.0f;
        begin(&part, &from, arguments, item);
        sc_tensor_zero(d_q);

        int32_t tile = sc_part_next_tile(&part, problem, part.tile_begin, SC_TILE);
        int32_t stage = 0;
        if (tile < part.tile_end) {
            sc_tile_load(q_tile, SC_BLOCK_LINES, SC_WIDTH, &from.q, part.first_line);
            sc_tile_load(d_o_tile, SC_BLOCK_LINES, SC_WIDTH, &from.d_o, part.first_line);
            sc_tile_load(k_tiles, SC_TILE, SC_WIDTH, &from.k, tile * SC_TILE);
            sc_tile_load(v_tiles, SC_TILE, SC_WIDTH, &from.v, tile * SC_TILE);
        }
        sc_copy_group();
        while (tile < part.tile_end) {
            uint16_t *k_tile = k_tiles + stage * SC_TILE * SC_STRIDE;
            const uint16_t *v_tile = v_tiles + stage * SC_TILE * SC_STRIDE;
            const int32_t next = sc_part_next_tile(&part, problem, tile + 1, SC_TILE);
            const bool full = sc_part_tile_full(&part, problem, tile, SC_TILE);
            int32_t special = 0;
            sc_tensor_tile p, d_s;

            /* What this tile needs has come, and nobody reads the other stage any more. */
            SC_COPY_WAIT(0);
            sc_barrier_block();
            stage = 1 - stage;
            if (next < part.tile_end) {
                sc_tile_load(k_tiles + stage * SC_TILE * SC_STRIDE, SC_TILE, SC_WIDTH, &from.k,
                             next * SC_TILE);
                sc_tile_load(v_tiles + stage * SC_TILE * SC_STRIDE, SC_TILE, SC_WIDTH, &from.v,
                             next * SC_TILE);
            }
            sc_copy_group();

            sc_tensor_product(p, q_tile + sc_part_warp_line() * SC_STRIDE, k_tile);
            sc_tensor_product(d_s, d_o_tile + sc_part_warp_line() * SC_STRIDE, v_tile);
            sc_tensor_scores(p, &part, tile);
            sc_tensor_weights(p);
            sc_tensor_score_gradient(d_s, p);
            if (!full) {
                sc_tensor_hide(d_s, &part, problem, tile);
                sc_barrier_block();
                special = sc_barrier_any(sc_tensor_clear_special(k_tile));
            }
            total += sc_tensor_total(d_s);
            sc_tensor_accumulate(d_q, d_s, k_tile);
            if (special) {
                sc_tensor_add_special(d_q, d_s, &part, problem, &from.k, tile);
            }
            tile = next;
        }
        SC_COPY_WAIT(0);
        store(d_q, &part, arguments);
        sc_tensor_store_total(arguments->bias_parts, item, total);
        /* The next item's tiles go where these are read. */
        sc_barrier_block();
    }
}
