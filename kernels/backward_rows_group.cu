/* SPDX-License-Identifier: Apache-2.0 */
/* dQ and the parts of db on tensor cores, bf16 and fp16, by wgmma: kernels/backward_rows_body.h. */
#include "kernels/instances.h"

#define SC_GROUP         1
#define SC_WARPS         4
#define SC_FRAGMENTS     1
#define SC_TILE          SC_ROWS_GROUP_TILE(SC_WIDTH)
#define SC_PIECE         SC_TILE
#define SC_KEPT          SC_ROWS_GROUP_KEPT(SC_WIDTH)
#define SC_TEAMS         SC_ROWS_GROUP_TEAMS(SC_WIDTH)
#define SC_RING          SC_GROUP_RING
#define SC_PACKED        SC_ROWS_GROUP_PACKED(SC_WIDTH)
#define SC_LAST          SC_ROWS_GROUP_LAST(SC_WIDTH)
#define SC_ROWS          SC_NAME(sc_backward_rows_group)
#define SC_ROWS_RESIDENT 1

#include "kernels/tensor_group_body.h"

/* Rows, their sums, and the pieces in work. */
struct work {
    const struct sc_part *part;
    struct sc_tensor_lines q, d_o;
    sc_tensor_sum d_q;
    float total; /* of dS */
    sc_tensor_piece s[2], d_s[2];
    sc_tensor_packed packed[SC_PACKED];
};

/* S and dP, dS, and dQ += dS K of a plain tile. Every row sees every key: a NaN of K is everybody's. */
SC_DEVICE void start(struct work *work, int32_t n, const uint16_t *k, const uint16_t *v)
{
    sc_tensor_product_start(work->s[n], &work->q, k);
    sc_tensor_product_start(work->d_s[n], &work->d_o, v);
}

SC_DEVICE void weigh(struct work *work, int32_t n)
{
    sc_tensor_weights(work->s[n], work->part, 0, false);
    sc_tensor_score_gradient(work->d_s[n], work->s[n]);
    work->total += sc_tensor_total(work->d_s[n]);
}

SC_DEVICE void pack(struct work *work, int32_t n)
{
    sc_tensor_pack(work->packed[n % SC_PACKED], work->d_s[n]);
}

SC_DEVICE void finish(struct work *work, int32_t n, const uint16_t *k, const uint16_t *v)
{
    (void)v;
    sc_tensor_accumulate_start(work->d_q, work->packed[n % SC_PACKED], k);
}

#include "kernels/tensor_group_run_body.h"

#include "kernels/backward_rows_body.h"
