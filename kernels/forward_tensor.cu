/* SPDX-License-Identifier: Apache-2.0 */
/* Forward pass on tensor cores, bf16 and fp16: O = sigma(tau Q K^T + b + m) V. One instance (kernels/instances.h).
 *
 * The four warps of a block have 16 query rows each. Tiles of keys that no row sees are passed over; of the
 * others two stages alternate, one being copied while the other is used. The weights never leave the
 * registers: the fragments that hold S are those that a product with V takes.
 *
 * Arithmetic (spec/schedule.h): SC_CORE_H100 on an sm_90, SC_CORE_A100 on an sm_80; SC_SCORE_FUSED; P rounded to
 * the input format; keys in one part. O is bit for bit that of sc_tier_schedule with the machine's activation.
 * Shared memory: Q, then two stages of K, then two of V. */
#include "kernels/arguments.h"
#include "kernels/instances.h"

#define SC_TILE SC_FORWARD_KEYS(SC_WIDTH)

#include "kernels/tensor_body.h"

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

    sc_part_begin(part, p, false, b, h, (int32_t)(item % arguments->row_tiles) * SC_BLOCK_LINES,
                  SC_TILE);
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

SC_KERNEL(SC_NAME(sc_forward), struct sc_forward_arguments)
{
    uint16_t *q_tile = (uint16_t *)sc_grid_shared();
    uint16_t *k_tiles = q_tile + SC_BLOCK_LINES * SC_STRIDE;
    uint16_t *v_tiles = k_tiles + 2 * SC_TILE * SC_STRIDE;
    const struct sc_problem *problem = &arguments->problem;

    for (int64_t item = sc_grid_block(); item < arguments->work; item += arguments->blocks) {
        struct sc_part part;
        struct sources from;
        sc_tensor_sum o;
        begin(&part, &from, arguments, item);
        sc_tensor_zero(o);

        int32_t tile = sc_part_next_tile(&part, problem, part.tile_begin, SC_TILE);
        int32_t stage = 0;
        if (tile < part.tile_end) {
            sc_tile_load(q_tile, SC_BLOCK_LINES, SC_WIDTH, &from.q, part.first_line);
            sc_tile_load(k_tiles, SC_TILE, SC_WIDTH, &from.k, tile * SC_TILE);
            sc_tile_load(v_tiles, SC_TILE, SC_WIDTH, &from.v, tile * SC_TILE);
        }
        sc_copy_group();
        while (tile < part.tile_end) {
            const uint16_t *k_tile = k_tiles + stage * SC_TILE * SC_STRIDE;
            uint16_t *v_tile = v_tiles + stage * SC_TILE * SC_STRIDE;
            const int32_t next = sc_part_next_tile(&part, problem, tile + 1, SC_TILE);
            const bool full = sc_part_tile_full(&part, problem, tile, SC_TILE);
            sc_tensor_tile p;

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
            sc_tensor_scores(p, &part, tile);
            sc_tensor_weights(p);
            if (full) {
                /* Every row sees every key: a NaN of V is everybody's. */
                sc_tensor_accumulate(o, p, v_tile);
            } else {
                sc_tensor_hide(p, &part, problem, tile);
                const int32_t special = sc_barrier_any(sc_tensor_clear_special(v_tile));
                sc_tensor_accumulate(o, p, v_tile);
                if (special) {
                    sc_tensor_add_special(o, p, &part, problem, &from.v, tile);
                }
            }
            tile = next;
        }
        SC_COPY_WAIT(0);
        store(o, &part, arguments);
        /* The next item's tiles go where these are read. */
        sc_barrier_block();
    }
}
