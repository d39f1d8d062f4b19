/* SPDX-License-Identifier: Apache-2.0 */
/* dQ on FMA units, fp32, and the parts of db: dQ_i = tau sum_j dS_ij k_j, with
 * dS_ij = p_ij (1 - p_ij) <dO_i, v_j>, of d and d_v up to SC_FMA_CHANNELS.
 *
 * S and dP are computed again, a block having its 32 query rows to itself: no two blocks add to one element. While
 * dP is computed K is copied, and while K is added the V of the next tile. Arithmetic: spec/schedule.h, as
 * forward_fma.cu says. Shared memory: Q, dO, K, V, dS. */
#include "kernels/arguments.h"
#include "kernels/fma.h"

#define SC_LINES SC_FMA_BACKWARD_LINES

#include "kernels/fma_body.h"
#include "kernels/primitives/shuffle.h"

struct sources {
    struct sc_fma_source q, d_o, k, v;
};

SC_DEVICE void begin(struct sc_part *part, struct sources *from,
                     const struct sc_backward_arguments *arguments, int64_t item)
{
    const struct sc_problem *p = &arguments->problem;
    const int64_t head = item / arguments->row_tiles;
    const int32_t b = (int32_t)(head / p->heads_q), h = (int32_t)(head % p->heads_q);
    const int32_t g = sc_problem_group_head(p, h);

    sc_part_begin(part, p, false, b, h, (int32_t)(item % arguments->row_tiles) * SC_LINES, SC_LINES,
                  SC_FMA_MEMBERS);
    const bool rows = part->n_q > 0, keys = part->n_k > 0;
    from->q = sc_fma_from(arguments->q, &p->q, rows ? sc_problem_q_row(p, b, h, 0) : 0, part->n_q,
                          p->d, arguments->copies_q);
    from->d_o = sc_fma_from(arguments->d_o, &p->o, rows ? sc_problem_o_row(p, b, h, 0) : 0,
                            part->n_q, p->d_v, arguments->copies_d_o);
    from->k = sc_fma_from(arguments->k, &p->k, keys ? sc_problem_k_row(p, b, g, 0) : 0, part->n_k,
                          p->d, arguments->copies_k);
    from->v = sc_fma_from(arguments->v, &p->v, keys ? sc_problem_v_row(p, b, g, 0) : 0, part->n_k,
                          p->d_v, arguments->copies_v);
}

/* The sum of a thread's pairs that see each other. */
SC_DEVICE float sum_of(sc_fma_pairs d_s)
{
    float sum = 0.0f;

    SC_UNROLL
    for (int32_t l = 0; l < SC_FMA_PAIR_LINES; l++) {
        SC_UNROLL
        for (int32_t m = 0; m < SC_FMA_PAIR_MEMBERS; m++) {
            sum += sc_fma_hidden(d_s[l][m]) ? 0.0f : d_s[l][m];
        }
    }
    return sum;
}

/* The sum of the item's dS, warp by warp. */
SC_DEVICE void store_bias_part(const struct sc_backward_arguments *arguments, int64_t item,
                               float sum)
{
    for (int32_t mask = SC_WARP / 2; mask > 0; mask /= 2) {
        sum += sc_shuffle_xor(sum, mask);
    }
    if (arguments->bias_parts != NULL && sc_grid_thread() % SC_WARP == 0) {
        arguments->bias_parts[item * SC_BLOCK_WARPS + sc_grid_thread() / SC_WARP] = sum;
    }
}

SC_DEVICE void store(sc_fma_sum d_q, const struct sc_part *part,
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

    sc_fma_store(d_q, part->tau, part, arguments->d_q, p->format_in, &output);
}

SC_KERNEL(sc_backward_fma_rows, struct sc_backward_arguments)
{
    const struct sc_problem *problem = &arguments->problem;
    float *q_tile = (float *)sc_grid_shared();
    float *d_o_tile = q_tile + SC_LINES * sc_fma_stride(problem->d);
    float *k_tile = d_o_tile + SC_LINES * sc_fma_stride(problem->d_v);
    float *v_tile = k_tile + SC_FMA_MEMBERS * sc_fma_stride(problem->d);
    float *weights = v_tile + SC_FMA_MEMBERS * sc_fma_stride(problem->d_v);

    for (int64_t item = sc_grid_block(); item < arguments->row_work;
         item += arguments->row_blocks) {
        struct sc_part part;
        struct sources from;
        sc_fma_sum d_q;
        float bias_sum = 0.0f;
        begin(&part, &from, arguments, item);
        sc_fma_zero(d_q);

        int32_t tile = sc_part_next_tile(&part, problem, part.tile_begin, SC_FMA_MEMBERS);
        if (tile < part.tile_end) {
            sc_fma_load(q_tile, SC_LINES, &from.q, part.first_line, SC_FMA_FILL_LINES);
            sc_fma_load(d_o_tile, SC_LINES, &from.d_o, part.first_line, SC_FMA_FILL_LINES);
            sc_fma_load(v_tile, SC_FMA_MEMBERS, &from.v, tile * SC_FMA_MEMBERS,
                        SC_FMA_FILL_MEMBERS);
        }
        sc_copy_group();
        while (tile < part.tile_end) {
            const int32_t next = sc_part_next_tile(&part, problem, tile + 1, SC_FMA_MEMBERS);
            const bool full = sc_part_tile_full(&part, tile);
            sc_fma_pairs p, d_s;

            /* V has come, and nobody reads K and dS any more. */
            SC_COPY_WAIT(0);
            sc_barrier_block();
            sc_fma_load(k_tile, SC_FMA_MEMBERS, &from.k, tile * SC_FMA_MEMBERS,
                        SC_FMA_FILL_MEMBERS);
            sc_copy_group();
            sc_fma_product(d_s, d_o_tile, v_tile, problem->d_v);

            /* K has come. */
            SC_COPY_WAIT(0);
            sc_barrier_block();
            sc_fma_product(p, q_tile, k_tile, problem->d);
            sc_fma_weights(p, &part, tile);
            sc_fma_score_gradient(d_s, p);
            sc_fma_hide(d_s, &part, problem, tile, full);
            sc_fma_put(weights, d_s);
            bias_sum += sum_of(d_s);

            /* dS is there, and nobody reads V any more. */
            sc_barrier_block();
            if (next < part.tile_end) {
                sc_fma_load(v_tile, SC_FMA_MEMBERS, &from.v, next * SC_FMA_MEMBERS,
                            SC_FMA_FILL_MEMBERS);
            }
            sc_copy_group();
            sc_fma_add(d_q, weights, k_tile, problem->d, full);
            tile = next;
        }
        SC_COPY_WAIT(0);
        store(d_q, &part, arguments);
        store_bias_part(arguments, item, bias_sum);
        /* The next item's tiles go where these are read. */
        sc_barrier_block();
    }
}
