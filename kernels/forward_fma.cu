/* SPDX-License-Identifier: Apache-2.0 */
/* Forward pass on FMA units, fp32: O = sigma(tau Q K^T + b + m) V, of d and d_v up to SC_FMA_CHANNELS.
 *
 * A block has 64 query rows. Tiles of keys that no row sees are passed over; while the scores of a tile are
 * computed its V is copied, and while its V is added the K of the next tile.
 *
 * Arithmetic (spec/schedule.h): SC_CORE_FMA; SC_SCORE_FUSED; P in fp32; keys in one part. O is bit for bit that of
 * sc_tier_schedule with the machine's activation. Shared memory: Q, K, V, P. */
#include "kernels/arguments.h"
#include "kernels/fma.h"

#define SC_LINES SC_FMA_FORWARD_LINES

#include "kernels/fma_body.h"

/* Where the rows of an item come from. */
struct sources {
    struct sc_fma_source q, k, v;
};

SC_DEVICE void begin(struct sc_part *part, struct sources *from,
                     const struct sc_forward_arguments *arguments, int64_t item)
{
    const struct sc_problem *p = &arguments->problem;
    const int64_t head = item / arguments->row_tiles;
    const int32_t b = (int32_t)(head / p->heads_q), h = (int32_t)(head % p->heads_q);
    const int32_t g = sc_problem_group_head(p, h);

    sc_part_begin(part, p, false, b, h, (int32_t)(item % arguments->row_tiles) * SC_LINES, SC_LINES,
                  SC_FMA_MEMBERS);
    from->q = sc_fma_from(arguments->q, &p->q, part->n_q > 0 ? sc_problem_q_row(p, b, h, 0) : 0,
                          part->n_q, p->d, arguments->copies_q);
    from->k = sc_fma_from(arguments->k, &p->k, part->n_k > 0 ? sc_problem_k_row(p, b, g, 0) : 0,
                          part->n_k, p->d, arguments->copies_k);
    from->v = sc_fma_from(arguments->v, &p->v, part->n_k > 0 ? sc_problem_v_row(p, b, g, 0) : 0,
                          part->n_k, p->d_v, arguments->copies_v);
}

SC_DEVICE void store(sc_fma_sum o, const struct sc_part *part,
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

    sc_fma_store(o, 1.0f, part, arguments->o, p->format_out, &output);
}

SC_KERNEL(sc_forward_fma, struct sc_forward_arguments)
{
    const struct sc_problem *problem = &arguments->problem;
    float *q_tile = (float *)sc_grid_shared();
    float *k_tile = q_tile + SC_LINES * sc_fma_stride(problem->d);
    float *v_tile = k_tile + SC_FMA_MEMBERS * sc_fma_stride(problem->d);
    float *weights = v_tile + SC_FMA_MEMBERS * sc_fma_stride(problem->d_v);

    for (int64_t item = sc_grid_block(); item < arguments->work; item += arguments->blocks) {
        struct sc_part part;
        struct sources from;
        sc_fma_sum o;
        begin(&part, &from, arguments, item);
        sc_fma_zero(o);

        int32_t tile = sc_part_next_tile(&part, problem, part.tile_begin, SC_FMA_MEMBERS);
        if (tile < part.tile_end) {
            sc_fma_load(q_tile, SC_LINES, &from.q, part.first_line, SC_FMA_FILL_LINES);
            sc_fma_load(k_tile, SC_FMA_MEMBERS, &from.k, tile * SC_FMA_MEMBERS,
                        SC_FMA_FILL_MEMBERS);
        }
        sc_copy_group();
        while (tile < part.tile_end) {
            const int32_t next = sc_part_next_tile(&part, problem, tile + 1, SC_FMA_MEMBERS);
            const bool full = sc_part_tile_full(&part, tile);
            sc_fma_pairs p;

            /* K has come, and nobody reads V and P any more. */
            SC_COPY_WAIT(0);
            sc_barrier_block();
            sc_fma_load(v_tile, SC_FMA_MEMBERS, &from.v, tile * SC_FMA_MEMBERS,
                        SC_FMA_FILL_MEMBERS);
            sc_copy_group();
            sc_fma_product(p, q_tile, k_tile, problem->d);
            sc_fma_weights(p, &part, tile);
            sc_fma_hide(p, &part, problem, tile, full);
            sc_fma_put(weights, p);

            /* V has come, P is there, and nobody reads K any more. */
            SC_COPY_WAIT(0);
            sc_barrier_block();
            if (next < part.tile_end) {
                sc_fma_load(k_tile, SC_FMA_MEMBERS, &from.k, next * SC_FMA_MEMBERS,
                            SC_FMA_FILL_MEMBERS);
            }
            sc_copy_group();
            sc_fma_add(o, weights, v_tile, problem->d_v, full);
            tile = next;
        }
        SC_COPY_WAIT(0);
        store(o, &part, arguments);
        /* The next item's tiles go where these are read. */
        sc_barrier_block();
    }
}
