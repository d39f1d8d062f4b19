/* SPDX-License-Identifier: Apache-2.0 */
/* dK and dV on tensor cores, bf16 and fp16:
 *
 *   dV_j = sum_i p_ij dO_i,  dK_j = tau sum_i dS_ij q_i,  dS_ij = p_ij (1 - p_ij) <dO_i, v_j>
 *
 * over the rows of all query heads that read the key's head, heads ascending. One instance (kernels/instances.h).
 *
 * The lines are keys: a warp computes S transposed, so that the fragments of P and of dS are those that products
 * with dO and Q take. A block has its keys to itself: no two add to one element. Up to SC_BACKWARD_BOTH_MAX
 * channels the registers hold the sums of dK and dV together; beyond, an item is one of the two, and S is
 * computed twice. Arithmetic: spec/schedule.h, as forward_tensor.cu says. Shared memory: K, V, then two stages
 * of Q, then two of dO, then a tile of dS (kernels/fast_rows_body.h). */
#include "kernels/arguments.h"
#include "kernels/instances.h"

#define SC_TILE SC_BACKWARD_TILE

#include "kernels/fast_rows_body.h"
#include "kernels/tensor_body.h"

/* Whether an item is dK and dV, or one of them. */
enum { BOTH = SC_WIDTH <= SC_BACKWARD_BOTH_MAX };

/* The item of a block: its keys are part's lines. */
struct item {
    struct sc_part part;
    int32_t g; /* key head */
    bool with_k, with_v;
};

SC_DEVICE void begin(struct item *my, const struct sc_backward_arguments *arguments, int64_t number)
{
    const struct sc_problem *p = &arguments->problem;
    const int64_t place = BOTH ? number : number / 2;
    const int64_t head = place / arguments->key_tiles;

    my->with_k = BOTH || number % 2 == 0;
    my->with_v = BOTH || !my->with_k;
    my->g = (int32_t)(head % p->heads_kv);
    sc_part_begin(&my->part, p, true, (int32_t)(head / p->heads_kv),
                  sc_problem_group_first(p, my->g),
                  (int32_t)(place % arguments->key_tiles) * SC_BLOCK_LINES, SC_TILE);
}

/* Where the rows of a query head come from. */
struct sources {
    struct sc_tile_source q, d_o;
};

SC_DEVICE struct sources head_sources(const struct sc_part *part,
                                      const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const bool rows = part->n_q > 0;
    struct sources from;

    from.q = sc_tile_from(arguments->q, &p->q, rows ? sc_problem_q_row(p, part->b, part->h, 0) : 0,
                          part->n_q, p->d, arguments->copies_q);
    from.d_o =
        sc_tile_from(arguments->d_o, &p->o, rows ? sc_problem_o_row(p, part->b, part->h, 0) : 0,
                     part->n_q, p->d_v, arguments->copies_d_o);
    return from;
}

/* Starts to load the block's keys, where it has any. */
SC_DEVICE void load_lines(uint16_t *k_tile, uint16_t *v_tile, const struct item *my,
                          const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const struct sc_part *part = &my->part;

    if (part->first_line < part->lines) {
        const struct sc_tile_source k =
            sc_tile_from(arguments->k, &p->k, sc_problem_k_row(p, part->b, my->g, 0), part->n_k,
                         p->d, arguments->copies_k);
        const struct sc_tile_source v =
            sc_tile_from(arguments->v, &p->v, sc_problem_v_row(p, part->b, my->g, 0), part->n_k,
                         p->d_v, arguments->copies_v);
        sc_tile_load(k_tile, SC_BLOCK_LINES, SC_WIDTH, &k, part->first_line);
        sc_tile_load(v_tile, SC_BLOCK_LINES, SC_WIDTH, &v, part->first_line);
    }
}

/* P and dS of a tile of rows; dS where dK is wanted. */
SC_DEVICE void gradients(sc_tensor_tile p, sc_tensor_tile d_s, const struct item *my, int32_t tile,
                         const uint16_t *k_tile, const uint16_t *v_tile, const uint16_t *q_tile,
                         const uint16_t *d_o_tile)
{
    sc_tensor_product(p, k_tile + sc_part_warp_line() * SC_STRIDE, q_tile);
    sc_tensor_scores(p, &my->part, tile);
    sc_tensor_weights(p);
    if (my->with_k) {
        sc_tensor_product(d_s, v_tile + sc_part_warp_line() * SC_STRIDE, d_o_tile);
        sc_tensor_score_gradient(d_s, p);
    }
    if (!BOTH && my->with_k) {
        /* One sum is left, whichever it is: of what stands in p. */
        SC_UNROLL
        for (int32_t n = 0; n < SC_TILE / 8; n++) {
            SC_UNROLL
            for (int32_t e = 0; e < 4; e++) {
                p[n][e] = d_s[n][e];
            }
        }
    }
}

/* dV += P dO and dK += dS Q; of one sum, that in d_v. */
SC_DEVICE void accumulate(sc_tensor_sum d_k, sc_tensor_sum d_v, sc_tensor_tile p,
                          sc_tensor_tile d_s, const struct item *my,
                          const struct sc_problem *problem, int32_t tile,
                          const struct sources *from, uint16_t *q_tile, uint16_t *d_o_tile)
{
    const bool q_only = !BOTH && my->with_k;
    int32_t special = 0;

    if (!sc_part_tile_full(&my->part, problem, tile, SC_TILE)) {
        sc_tensor_hide(p, &my->part, problem, tile);
        if (BOTH) {
            sc_tensor_hide(d_s, &my->part, problem, tile);
        }
        sc_barrier_block(); /* the other warps' products are done */
        special = sc_tensor_clear_special(d_o_tile) | sc_tensor_clear_special(q_tile);
        special = sc_barrier_any(special);
    }
    sc_tensor_accumulate(d_v, p, q_only ? q_tile : d_o_tile);
    if (BOTH) {
        sc_tensor_accumulate(d_k, d_s, q_tile);
    }
    if (special) {
        sc_tensor_add_special(d_v, p, &my->part, problem, q_only ? &from->q : &from->d_o, tile);
    }
    if (BOTH && special) {
        sc_tensor_add_special(d_k, d_s, &my->part, problem, &from->q, tile);
    }
}

/* The fast mode of dQ.
 *   special  whether a key of the block has a NaN or an infinity */
SC_DEVICE void add_rows(sc_tensor_tile d_s, const struct sc_part *part,
                        const struct sc_backward_arguments *arguments, int32_t tile,
                        uint16_t *d_s_tile, const uint16_t *k_tile, bool special)
{
    sc_fast_rows_put(d_s_tile, d_s);
    sc_barrier_block();
    if (special) {
        sc_fast_rows_add_special(arguments, part, tile, d_s_tile, k_tile);
    } else {
        sc_fast_rows_add(arguments, part, tile, d_s_tile, k_tile);
    }
}

/* Number of the part of db that a block has of a query head. */
SC_DEVICE int64_t bias_part(const struct sc_part *part,
                            const struct sc_backward_arguments *arguments)
{
    const int64_t head = (int64_t)part->b * arguments->problem.heads_q + part->h;

    return head * arguments->bias_tiles + part->first_line / SC_BLOCK_LINES;
}

SC_DEVICE void store(sc_tensor_sum d_k, sc_tensor_sum d_v, const struct item *my,
                     const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const struct sc_part *part = &my->part;
    struct sc_output output = {&arguments->d_v_layout,
                               sc_problem_entry(p, part->b),
                               my->g,
                               sc_problem_first_key(p, part->b),
                               sc_problem_tensor_batch(p),
                               p->heads_kv,
                               p->n_k,
                               p->d_v,
                               sc_problem_key_room(p, part->b)};

    if (my->with_v) {
        sc_tensor_store(d_v, 1.0f, part, arguments->d_v, p->format_in, &output);
    }
    output.layout = &arguments->d_k_layout;
    output.channels = p->d;
    if (BOTH) {
        sc_tensor_store(d_k, part->tau, part, arguments->d_k, p->format_in, &output);
    } else if (my->with_k) {
        sc_tensor_store(d_v, part->tau, part, arguments->d_k, p->format_in, &output);
    }
}

SC_KERNEL(SC_NAME(sc_backward_keys), struct sc_backward_arguments)
{
    uint16_t *k_tile = (uint16_t *)sc_grid_shared();
    uint16_t *v_tile = k_tile + SC_BLOCK_LINES * SC_STRIDE;
    uint16_t *q_tiles = v_tile + SC_BLOCK_LINES * SC_STRIDE;
    uint16_t *d_o_tiles = q_tiles + 2 * SC_TILE * SC_STRIDE;
    uint16_t *d_s_tile = d_o_tiles + 2 * SC_TILE * SC_STRIDE;
    const struct sc_problem *problem = &arguments->problem;
    const bool fast = arguments->d_q_sums != NULL;
    const int32_t group = problem->heads_q / problem->heads_kv;

    for (int64_t number = sc_grid_block(); number < arguments->key_work;
         number += arguments->key_blocks) {
        struct item my;
        sc_tensor_sum d_k, d_v;
        int32_t special_keys = -1; /* not known before the keys have come */
        begin(&my, arguments, number);
        sc_tensor_zero(d_k);
        sc_tensor_zero(d_v);
        load_lines(k_tile, v_tile, &my, arguments);
        const int32_t first_head = my.part.h;
        for (int32_t h = first_head; h < first_head + group; h++) {
            sc_part_head(&my.part, problem, h);
            const struct sources from = head_sources(&my.part, arguments);
            int32_t tile = sc_part_next_tile(&my.part, problem, my.part.tile_begin, SC_TILE);
            int32_t stage = 0;
            float total = 0.0f;
            if (tile < my.part.tile_end) {
                sc_tile_load(q_tiles, SC_TILE, SC_WIDTH, &from.q, tile * SC_TILE);
                sc_tile_load(d_o_tiles, SC_TILE, SC_WIDTH, &from.d_o, tile * SC_TILE);
            }
            sc_copy_group();
            while (tile < my.part.tile_end) {
                uint16_t *q_tile = q_tiles + stage * SC_TILE * SC_STRIDE;
                uint16_t *d_o_tile = d_o_tiles + stage * SC_TILE * SC_STRIDE;
                const int32_t next = sc_part_next_tile(&my.part, problem, tile + 1, SC_TILE);
                sc_tensor_tile p, d_s;

                /* What this tile needs has come, and nobody reads the other stage any more. */
                SC_COPY_WAIT(0);
                sc_barrier_block();
                if (fast && special_keys < 0) {
                    special_keys = sc_fast_rows_special(k_tile);
                }
                stage = 1 - stage;
                if (next < my.part.tile_end) {
                    sc_tile_load(q_tiles + stage * SC_TILE * SC_STRIDE, SC_TILE, SC_WIDTH, &from.q,
                                 next * SC_TILE);
                    sc_tile_load(d_o_tiles + stage * SC_TILE * SC_STRIDE, SC_TILE, SC_WIDTH,
                                 &from.d_o, next * SC_TILE);
                }
                sc_copy_group();

                gradients(p, d_s, &my, tile, k_tile, v_tile, q_tile, d_o_tile);
                accumulate(d_k, d_v, p, d_s, &my, problem, tile, &from, q_tile, d_o_tile);
                if (fast && my.with_k) {
                    total += sc_tensor_total(BOTH ? d_s : p);
                    add_rows(BOTH ? d_s : p, &my.part, arguments, tile, d_s_tile, k_tile,
                             special_keys > 0);
                }
                tile = next;
            }
            SC_COPY_WAIT(0);
            if (fast && my.with_k) {
                sc_tensor_store_total(arguments->bias_parts, bias_part(&my.part, arguments), total);
            }
            /* The tiles of the next head, or of the next item, go where these are read. */
            sc_barrier_block();
        }
        store(d_k, d_v, &my, arguments);
    }
}
