/* SPDX-License-Identifier: Apache-2.0 */
/* dK and dV on tensor cores, bf16 and fp16, by wgmma: what backward_keys.cu says, for widths whose sums of dK and dV the
 * registers hold together, and without the fast mode of dQ. Shared memory: K and V, of each team,
 * then the tiles of Q and those of dO, as kernels/tensor_tiles_body.h has them. */
#include "kernels/arguments.h"
#include "kernels/instances.h"

#define SC_GROUP     1
#define SC_WARPS     4
#define SC_FRAGMENTS 1
#define SC_TILE      SC_KEYS_GROUP_TILE(SC_WIDTH)
#define SC_PIECE     SC_TILE
#define SC_KEPT      SC_KEYS_GROUP_KEPT(SC_WIDTH)
#define SC_TEAMS     SC_KEYS_GROUP_TEAMS(SC_WIDTH)
#define SC_RING      SC_GROUP_RING
#define SC_PACKED    SC_KEYS_GROUP_PACKED(SC_WIDTH)
#define SC_LAST      SC_KEYS_GROUP_LAST(SC_WIDTH)

#include "kernels/tensor_group_body.h"

#include "kernels/keys_item_body.h"
#include "kernels/tensor_special_body.h"
#include "kernels/tensor_stages_body.h"

#if SC_WIDTH > SC_BACKWARD_BOTH_MAX
#error "instances.h: an item is dK and dV"
#endif

/* The team's keys, their sums, and the pieces in work. */
struct work {
    const struct sc_part *part;
    struct sc_tensor_lines k, v;
    struct sc_keys_sums sums;
    sc_tensor_piece p[2], d_s[2];
    sc_tensor_packed packed_p[SC_PACKED], packed_d_s[SC_PACKED];
};

/* S and dP, P and dS, and the sums of a plain tile. Every row sees every key: a NaN of Q or dO is everybody's. */
SC_DEVICE void start(struct work *work, int32_t n, const uint16_t *q, const uint16_t *d_o)
{
    sc_tensor_product_start(work->p[n], &work->k, q);
    sc_tensor_product_start(work->d_s[n], &work->v, d_o);
}

SC_DEVICE void weigh(struct work *work, int32_t n)
{
    sc_tensor_weights(work->p[n], work->part, 0, false);
    sc_tensor_score_gradient(work->d_s[n], work->p[n]);
}

SC_DEVICE void pack(struct work *work, int32_t n)
{
    sc_tensor_pack(work->packed_p[n % SC_PACKED], work->p[n]);
    sc_tensor_pack(work->packed_d_s[n % SC_PACKED], work->d_s[n]);
}

SC_DEVICE void finish(struct work *work, int32_t n, const uint16_t *q, const uint16_t *d_o)
{
    sc_tensor_accumulate_start(work->sums.d_v, work->packed_p[n % SC_PACKED], d_o);
    sc_tensor_accumulate_start(work->sums.d_k, work->packed_d_s[n % SC_PACKED], q);
}

#include "kernels/tensor_group_run_body.h"
#include "kernels/tensor_tiles_body.h"

/* dV += P dO and dK += dS Q for the rows of any tile. What is in one that sees every key is everybody's. */
SC_DEVICE void add(struct work *work, const struct sc_problem *problem,
                   const struct sc_tile_source *from_q, const struct sc_tile_source *from_d_o,
                   const struct sc_stages *at)
{
    const struct sc_part *part = work->part;
    const int32_t member = at->tile * SC_TILE;
    uint16_t *q = sc_stages_x(at), *d_o = sc_stages_y(at);
    const bool full = sc_part_tile_full(part, at->tile);
    const int32_t special = !full && sc_team_any(sc_tensor_find_special(q, SC_TILE) |
                                                 sc_tensor_find_special(d_o, SC_TILE));
    sc_tensor_piece p, d_s;

    sc_tensor_product(p, &work->k, q);
    sc_tensor_product(d_s, &work->v, d_o);
    sc_tensor_weights(p, part, member, part->slope != 0.0f);
    sc_tensor_score_gradient(d_s, p);
    if (!full) {
        sc_tensor_hide(p, part, problem, member);
        sc_tensor_hide(d_s, part, problem, member);
    }
    if (special) {
        sc_team_barrier(); /* the other warps' products are done */
        sc_tensor_clear_special(q, SC_TILE);
        sc_tensor_clear_special(d_o, SC_TILE);
        sc_tensor_publish();
        sc_team_barrier();
    }
    sc_tensor_accumulate_rounded(work->sums.d_v, p, d_o);
    sc_tensor_accumulate_rounded(work->sums.d_k, d_s, q);
    if (special) {
        sc_tensor_add_special(work->sums.d_v, p, part, problem, from_d_o, member);
        sc_tensor_add_special(work->sums.d_k, d_s, part, problem, from_q, member);
    }
}

/* The rows of a query head. */
SC_DEVICE void add_head(struct work *work, const struct sc_backward_arguments *arguments,
                        uint16_t *room)
{
    const struct sc_part *part = work->part;
    const struct sc_problem *problem = &arguments->problem;
    const struct sc_keys_sources from = sc_keys_sources_of(part, arguments);
    struct sc_tiles tiles;

    sc_tiles_begin(&tiles, room, part, problem, &from.q, &from.d_o);
    sc_tiles(work, problem, &from.q, &from.d_o, room, &tiles);
    /* The tiles of the next head, or of the next item, go where these are read. */
    sc_team_barrier();
}

SC_KERNEL_FITTED(SC_NAME(sc_backward_keys_group), struct sc_backward_arguments,
                 SC_TEAMS *SC_THREADS, 1)
{
    uint16_t *lines = (uint16_t *)sc_grid_shared();
    uint16_t *k_tile = lines + sc_team() * 2 * SC_LINES * SC_STRIDE;
    uint16_t *v_tile = k_tile + SC_LINES * SC_STRIDE;
    uint16_t *room = lines + SC_TEAMS * 2 * SC_LINES * SC_STRIDE;
    const struct sc_problem *problem = &arguments->problem;
    const int32_t heads = sc_shuffle_same(problem->heads_q / problem->heads_kv);

    for (int64_t number = sc_grid_block(); number < arguments->key_work;
         number += arguments->key_blocks) {
        struct sc_keys_item my;
        struct work work;
        sc_keys_begin(&my, arguments, number);
        work.part = &my.part;
        sc_tensor_zero(work.sums.d_k);
        sc_tensor_zero(work.sums.d_v);
        sc_keys_load_lines(k_tile, v_tile, &my, arguments);
        sc_copy_group();
        SC_COPY_WAIT(0);
        sc_tensor_publish();
        sc_team_barrier();
        if (my.part.first_line < my.part.lines) {
            sc_tensor_keep(&work.k, k_tile);
            sc_tensor_keep(&work.v, v_tile);
        }
        const int32_t first_head = my.part.h;
        for (int32_t h = 0; h < heads; h++) {
            sc_part_head(&my.part, problem, first_head + h);
            add_head(&work, arguments, room);
        }
        sc_keys_store(&work.sums, &my, arguments);
    }
}
