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
 * computed twice. Arithmetic: spec/schedule.h, as forward_tensor.cu says. Shared memory: K, V, then the stages
 * of Q, then those of dO, then a tile of dS (kernels/fast_rows_body.h). */
#include "kernels/arguments.h"
#include "kernels/instances.h"

#define SC_WARPS     SC_KEYS_WARPS(SC_WIDTH)
#define SC_FRAGMENTS SC_KEYS_FRAGMENTS(SC_WIDTH)
#define SC_TILE      SC_KEYS_TILE(SC_WIDTH)
#define SC_PIECE     SC_KEYS_PIECE(SC_WIDTH)
#define SC_KEPT      SC_KEYS_KEPT(SC_WIDTH)
#define SC_RUNS      SC_KEYS_RUNS(SC_WIDTH)

#include "kernels/tensor_warp_body.h"

#include "kernels/fast_rows_body.h"
#include "kernels/keys_item_body.h"
#include "kernels/tensor_special_body.h"
#include "kernels/tensor_stages_body.h"

/* The block's keys, their sums, and the piece in work. */
struct work {
    const struct sc_keys_item *my;
    const uint16_t *k_tile;
    struct sc_tensor_lines k, v;
    struct sc_keys_sums sums;
    sc_tensor_piece p, d_s; /* of the piece before */
};

/* A step of a run (kernels/tensor_run_body.h) of an item that is dK and dV: S and dP, P and dS, and the work. Every
 * row sees every key: a NaN of Q or dO is everybody's. */
SC_DEVICE void step(struct work *work, bool first, bool last, const uint16_t *q,
                    const uint16_t *d_o, const uint16_t *q2, const uint16_t *d_o2)
{
    sc_tensor_piece p, d_s;

    if (last) {
        sc_tensor_weights(work->p, &work->my->part, 0, false);
    }
    if (first) {
        sc_tensor_product(p, &work->k, q);
        sc_tensor_product(d_s, &work->v, d_o);
    }
    if (last) {
        /* Both are rounded before either is used: the order that was timed. */
        sc_tensor_packed packed_p, packed_d_s;
        sc_tensor_score_gradient(work->d_s, work->p);
        sc_tensor_pack(packed_p, work->p);
        sc_tensor_pack(packed_d_s, work->d_s);
        sc_tensor_accumulate(work->sums.d_v, packed_p, d_o2);
        sc_tensor_accumulate(work->sums.d_k, packed_d_s, q2);
    }
    if (first) {
        sc_tensor_move(work->p, p);
        sc_tensor_move(work->d_s, d_s);
    }
}

#include "kernels/tensor_run_body.h"

#if SC_RUNS && SC_WIDTH > SC_BACKWARD_BOTH_MAX
#error "instances.h: runs are of items that are dK and dV"
#endif

/* P and dS of a piece of rows, the first of which is `first` in the tile; dS where dK is wanted. */
SC_DEVICE void gradients(sc_tensor_piece p, sc_tensor_piece d_s, struct work *work,
                         const struct sc_stages *at, int32_t first, bool with_slope)
{
    const struct sc_keys_item *my = work->my;

    sc_tensor_product(p, &work->k, sc_stages_x(at) + first * SC_STRIDE);
    sc_tensor_weights(p, &my->part, at->tile * SC_TILE + first, with_slope);
    if (my->with_k) {
        sc_tensor_product(d_s, &work->v, sc_stages_y(at) + first * SC_STRIDE);
        sc_tensor_score_gradient(d_s, p);
    }
    if (!SC_KEYS_BOTH && my->with_k) {
        /* One sum is left, whichever it is: of what stands in p. */
        sc_tensor_move(p, d_s);
    }
}

/* dV += P dO and dK += dS Q. */
SC_DEVICE void accumulate(struct work *work, sc_tensor_piece p, sc_tensor_piece d_s,
                          const struct sc_stages *at, int32_t first)
{
    const bool q_only = !SC_KEYS_BOTH && work->my->with_k;

    sc_tensor_accumulate_rounded(work->sums.d_v, p,
                                 (q_only ? sc_stages_x(at) : sc_stages_y(at)) + first * SC_STRIDE);
    if (SC_KEYS_BOTH) {
        sc_tensor_accumulate_rounded(work->sums.d_k, d_s, sc_stages_x(at) + first * SC_STRIDE);
    }
}

/* What the fast mode of dQ takes of a piece of dS; returns its sum. */
SC_DEVICE float take_rows(sc_tensor_piece d_s, uint16_t *d_s_tile, int32_t first)
{
    sc_fast_rows_put(d_s_tile + first * SC_FAST_ROWS_STRIDE(SC_WIDTH), d_s);
    return sc_tensor_total(d_s);
}

/* The sums of a plain tile of rows. Every row sees every key: a NaN of Q or dO is everybody's. */
SC_DEVICE void add_plain(struct work *work, const struct sc_stages *at)
{
    SC_UNROLL
    for (int32_t first = 0; first < SC_TILE; first += SC_PIECE) {
        sc_tensor_piece p, d_s;
        gradients(p, d_s, work, at, first, false);
        accumulate(work, p, d_s, at, first);
    }
}

/* The same in the fast mode of dQ; returns the sum of dS. */
SC_DEVICE float add_plain_fast(struct work *work, const struct sc_stages *at, uint16_t *d_s_tile)
{
    float total = 0.0f;

    SC_ROLLED
    for (int32_t first = 0; first < SC_TILE; first += SC_PIECE) {
        sc_tensor_piece p, d_s;
        gradients(p, d_s, work, at, first, false);
        accumulate(work, p, d_s, at, first);
        total += take_rows(SC_KEYS_BOTH ? d_s : p, d_s_tile, first);
    }
    return total;
}

/* The sums of any tile.
 *   d_s_tile  where dS goes for the fast mode of dQ; NULL: it is not wanted
 * Returns the sum of dS where it is. */
SC_DEVICE float add(struct work *work, const struct sc_problem *problem,
                    const struct sc_keys_sources *from, const struct sc_stages *at,
                    uint16_t *d_s_tile)
{
    const struct sc_keys_item *my = work->my;
    const bool q_only = !SC_KEYS_BOTH && my->with_k;
    const int32_t special = sc_barrier_any(sc_tensor_find_special(sc_stages_x(at), SC_TILE) |
                                           sc_tensor_find_special(sc_stages_y(at), SC_TILE));
    float total = 0.0f;

    SC_ROLLED
    for (int32_t first = 0; first < SC_TILE; first += SC_PIECE) {
        const int32_t member = at->tile * SC_TILE + first;
        sc_tensor_piece p, d_s;
        gradients(p, d_s, work, at, first, my->part.slope != 0.0f);
        sc_tensor_hide(p, &my->part, problem, member);
        if (SC_KEYS_BOTH) {
            sc_tensor_hide(d_s, &my->part, problem, member);
        }
        if (special) {
            sc_barrier_block(); /* the other warps' products are done */
            sc_tensor_clear_special(sc_stages_x(at) + first * SC_STRIDE, SC_PIECE);
            sc_tensor_clear_special(sc_stages_y(at) + first * SC_STRIDE, SC_PIECE);
            sc_barrier_block();
        }
        accumulate(work, p, d_s, at, first);
        if (special) {
            sc_tensor_add_special(work->sums.d_v, p, &my->part, problem,
                                  q_only ? &from->q : &from->d_o, member);
        }
        if (SC_KEYS_BOTH && special) {
            sc_tensor_add_special(work->sums.d_k, d_s, &my->part, problem, &from->q, member);
        }
        if (d_s_tile != NULL) {
            total += take_rows(SC_KEYS_BOTH ? d_s : p, d_s_tile, first);
        }
    }
    return total;
}

/* The fast mode of dQ, whose tile of dS is being put.
 *   special  whether a key of the block has a NaN or an infinity */
SC_DEVICE void add_rows(const struct sc_part *part, const struct sc_backward_arguments *arguments,
                        int32_t tile, const uint16_t *d_s_tile, const uint16_t *k_tile,
                        bool special)
{
    sc_barrier_block();
    if (special) {
        sc_fast_rows_add_special(arguments, part, tile, d_s_tile, k_tile);
    } else {
        sc_fast_rows_add(arguments, part, tile, d_s_tile, k_tile);
    }
}

/* The rows of a query head. Returns the sum of dS for the fast mode of dQ. */
SC_DEVICE float add_head(struct work *work, const struct sc_backward_arguments *arguments,
                         uint16_t *stages, uint16_t *d_s_tile, bool special_keys)
{
    const struct sc_keys_item *my = work->my;
    const struct sc_problem *problem = &arguments->problem;
    const struct sc_keys_sources from = sc_keys_sources_of(&my->part, arguments);
    struct sc_stages at;
    float total = 0.0f;

    sc_stages_begin(&at, stages, &my->part, problem, &from.q, &from.d_o, my->part.tile_begin,
                    my->part.tile_end);
    /* Plain tiles have a loop of their own: in one with the others the sums would change registers. */
    while (at.tile < my->part.tile_end) {
        if (SC_RUNS && d_s_tile == NULL) {
            sc_run_plain(work, &my->part, problem, &from.q, &from.d_o, &at);
        }
        while ((!SC_RUNS || d_s_tile != NULL) && sc_stages_plain(at.tile, &my->part)) {
            sc_stages_ready(&at, &my->part, problem, &from.q, &from.d_o);
            if (d_s_tile == NULL) {
                add_plain(work, &at);
            } else {
                total += add_plain_fast(work, &at, d_s_tile);
                add_rows(&my->part, arguments, at.tile, d_s_tile, work->k_tile, special_keys);
            }
            sc_stages_turn(&at);
        }
        if (at.tile < my->part.tile_end) {
            sc_stages_ready(&at, &my->part, problem, &from.q, &from.d_o);
            total += add(work, problem, &from, &at, d_s_tile);
            if (d_s_tile != NULL) {
                add_rows(&my->part, arguments, at.tile, d_s_tile, work->k_tile, special_keys);
            }
            sc_stages_turn(&at);
        }
    }
    SC_COPY_WAIT(0);
    return total;
}

SC_KERNEL_FITTED(SC_NAME(sc_backward_keys), struct sc_backward_arguments, SC_THREADS,
                 SC_KEYS_BLOCKS(SC_WIDTH))
{
    uint16_t *k_tile = (uint16_t *)sc_grid_shared();
    uint16_t *v_tile = k_tile + SC_LINES * SC_STRIDE;
    uint16_t *stages = v_tile + SC_LINES * SC_STRIDE;
    const struct sc_problem *problem = &arguments->problem;
    const int32_t group = problem->heads_q / problem->heads_kv;

    for (int64_t number = sc_grid_block(); number < arguments->key_work;
         number += arguments->key_blocks) {
        struct sc_keys_item my;
        struct work work;
        bool special = false;
        sc_keys_begin(&my, arguments, number);
        work.my = &my;
        const bool fast = arguments->d_q_sums != NULL && my.with_k;
        sc_tensor_zero(work.sums.d_k);
        sc_tensor_zero(work.sums.d_v);
        sc_keys_load_lines(k_tile, v_tile, &my, arguments);
        sc_copy_group();
        SC_COPY_WAIT(0);
        sc_barrier_block();
        work.k_tile = k_tile;
        if (my.part.first_line < my.part.lines) {
            sc_tensor_keep(&work.k, k_tile);
            sc_tensor_keep(&work.v, v_tile);
            special = fast && sc_barrier_any(sc_tensor_find_special(k_tile, SC_LINES));
        }
        const int32_t first_head = my.part.h;
        for (int32_t h = first_head; h < first_head + group; h++) {
            sc_part_head(&my.part, problem, h);
            const float total = add_head(&work, arguments, stages,
                                         fast ? stages + SC_STAGES_ELEMENTS : NULL, special);
            if (fast) {
                sc_tensor_store_total(arguments->bias_parts, sc_keys_bias_part(&my.part, arguments),
                                      total);
            }
            /* The tiles of the next head, or of the next item, go where these are read. */
            sc_barrier_block();
        }
        sc_keys_store(&work.sums, &my, arguments);
    }
}
