/* SPDX-License-Identifier: Apache-2.0 */
/* dK and dV on FMA units, fp32, of d and d_v up to SC_FMA_CHANNELS:
 *
 *   dV_j = sum_i p_ij dO_i,  dK_j = tau sum_i dS_ij q_i,  dS_ij = p_ij (1 - p_ij) <dO_i, v_j>
 *
 * over the rows of all query heads that read the key's head, heads ascending. The lines are keys; a block has its
 * 32 to itself: no two add to one element. While P is computed dO is copied, and while dO is added the Q of the
 * next tile. Keys of the tensors that no row may see get zeros. Arithmetic: spec/schedule.h, as forward_fma.cu
 * says. Shared memory: K, V, Q, dO, P, dS. */
#include "kernels/arguments.h"
#include "kernels/fma.h"

#define SC_LINES SC_FMA_BACKWARD_LINES

#include "kernels/fma_body.h"

/* Tiles in shared memory. */
struct tiles {
    float *k, *v, *q, *d_o, *p, *d_s;
};

SC_DEVICE struct tiles place(const struct sc_problem *problem)
{
    struct tiles tiles;

    tiles.k = (float *)sc_grid_shared();
    tiles.v = tiles.k + SC_LINES * sc_fma_stride(problem->d);
    tiles.q = tiles.v + SC_LINES * sc_fma_stride(problem->d_v);
    tiles.d_o = tiles.q + SC_FMA_MEMBERS * sc_fma_stride(problem->d);
    tiles.p = tiles.d_o + SC_FMA_MEMBERS * sc_fma_stride(problem->d_v);
    tiles.d_s = tiles.p + SC_FMA_MEMBERS * sc_fma_weights_stride(SC_LINES);
    return tiles;
}

/* Where the rows of a query head come from. */
struct sources {
    struct sc_fma_source q, d_o;
};

SC_DEVICE struct sources head_sources(const struct sc_part *part,
                                      const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const bool rows = part->n_q > 0;
    struct sources from;

    from.q = sc_fma_from(arguments->q, &p->q, rows ? sc_problem_q_row(p, part->b, part->h, 0) : 0,
                         part->n_q, p->d, arguments->copies_q);
    from.d_o =
        sc_fma_from(arguments->d_o, &p->o, rows ? sc_problem_o_row(p, part->b, part->h, 0) : 0,
                    part->n_q, p->d_v, arguments->copies_d_o);
    return from;
}

/* Starts to load the block's keys, where it has any. */
SC_DEVICE void load_lines(const struct tiles *tiles, const struct sc_part *part, int32_t g,
                          const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;

    if (part->first_line < part->lines) {
        const struct sc_fma_source k =
            sc_fma_from(arguments->k, &p->k, sc_problem_k_row(p, part->b, g, 0), part->n_k, p->d,
                        arguments->copies_k);
        const struct sc_fma_source v =
            sc_fma_from(arguments->v, &p->v, sc_problem_v_row(p, part->b, g, 0), part->n_k, p->d_v,
                        arguments->copies_v);
        sc_fma_load(tiles->k, SC_LINES, &k, part->first_line, SC_FMA_FILL_LINES);
        sc_fma_load(tiles->v, SC_LINES, &v, part->first_line, SC_FMA_FILL_LINES);
    }
}

/* dK and dV get the tiles of one query head. */
SC_DEVICE void add_head(sc_fma_sum d_k, sc_fma_sum d_v, const struct tiles *tiles,
                        const struct sc_part *part, const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *problem = &arguments->problem;
    const struct sources from = head_sources(part, arguments);
    int32_t tile = sc_part_next_tile(part, problem, part->tile_begin, SC_FMA_MEMBERS);

    if (tile < part->tile_end) {
        sc_fma_load(tiles->q, SC_FMA_MEMBERS, &from.q, tile * SC_FMA_MEMBERS, SC_FMA_FILL_MEMBERS);
    }
    sc_copy_group();
    while (tile < part->tile_end) {
        const int32_t next = sc_part_next_tile(part, problem, tile + 1, SC_FMA_MEMBERS);
        const bool full = sc_part_tile_full(part, tile);
        sc_fma_pairs p, d_s;

        /* Q has come, and nobody reads dO, P and dS any more. */
        SC_COPY_WAIT(0);
        sc_barrier_block();
        sc_fma_load(tiles->d_o, SC_FMA_MEMBERS, &from.d_o, tile * SC_FMA_MEMBERS,
                    SC_FMA_FILL_MEMBERS);
        sc_copy_group();
        sc_fma_product(p, tiles->k, tiles->q, problem->d);
        sc_fma_weights(p, part, tile);

        /* dO has come. */
        SC_COPY_WAIT(0);
        sc_barrier_block();
        sc_fma_product(d_s, tiles->v, tiles->d_o, problem->d_v);
        sc_fma_score_gradient(d_s, p);
        sc_fma_hide(p, part, problem, tile, full);
        sc_fma_hide(d_s, part, problem, tile, full);
        sc_fma_put(tiles->p, p);
        sc_fma_put(tiles->d_s, d_s);

        /* P and dS are there. */
        sc_barrier_block();
        sc_fma_add(d_k, tiles->d_s, tiles->q, problem->d, full);

        /* Nobody reads Q any more. */
        sc_barrier_block();
        if (next < part->tile_end) {
            sc_fma_load(tiles->q, SC_FMA_MEMBERS, &from.q, next * SC_FMA_MEMBERS,
                        SC_FMA_FILL_MEMBERS);
        }
        sc_copy_group();
        sc_fma_add(d_v, tiles->p, tiles->d_o, problem->d_v, full);
        tile = next;
    }
    SC_COPY_WAIT(0);
    /* The tiles of the next head, or of the next item, go where these are read. */
    sc_barrier_block();
}

SC_DEVICE void store(sc_fma_sum d_k, sc_fma_sum d_v, const struct sc_part *part, int32_t g,
                     const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    struct sc_output output = {&arguments->d_v_layout,
                               sc_problem_entry(p, part->b),
                               g,
                               sc_problem_first_key(p, part->b),
                               sc_problem_tensor_batch(p),
                               p->heads_kv,
                               p->n_k,
                               p->d_v,
                               sc_problem_key_room(p, part->b)};

    sc_fma_store(d_v, 1.0f, part, arguments->d_v, p->format_in, &output);
    output.layout = &arguments->d_k_layout;
    output.channels = p->d;
    sc_fma_store(d_k, part->tau, part, arguments->d_k, p->format_in, &output);
}

SC_KERNEL(sc_backward_fma_keys, struct sc_backward_arguments)
{
    const struct sc_problem *problem = &arguments->problem;
    const int32_t group = problem->heads_q / problem->heads_kv;
    const struct tiles tiles = place(problem);

    for (int64_t item = sc_grid_block(); item < arguments->key_work;
         item += arguments->key_blocks) {
        const int64_t head = item / arguments->key_tiles;
        const int32_t b = (int32_t)(head / problem->heads_kv),
                      g = (int32_t)(head % problem->heads_kv);
        const int32_t first_head = sc_problem_group_first(problem, g);
        struct sc_part part;
        sc_fma_sum d_k, d_v;
        sc_part_begin(&part, problem, true, b, first_head,
                      (int32_t)(item % arguments->key_tiles) * SC_LINES, SC_LINES, SC_FMA_MEMBERS);
        sc_fma_zero(d_k);
        sc_fma_zero(d_v);
        load_lines(&tiles, &part, g, arguments);
        for (int32_t h = first_head; h < first_head + group; h++) {
            sc_part_head(&part, problem, h);
            add_head(d_k, d_v, &tiles, &part, arguments);
        }
        store(d_k, d_v, &part, g, arguments);
    }
}
