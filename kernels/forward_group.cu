/* SPDX-License-Identifier: Apache-2.0 */
/* Forward pass on tensor cores, bf16 and fp16, by wgmma: kernels/forward_body.h. */
#include "kernels/instances.h"

#define SC_GROUP            1
#define SC_WARPS            4
#define SC_FRAGMENTS        1
#define SC_TILE             SC_FORWARD_GROUP_TILE(SC_WIDTH)
#define SC_PIECE            SC_TILE
#define SC_KEPT             SC_FORWARD_GROUP_KEPT(SC_WIDTH)
#define SC_TEAMS            SC_FORWARD_GROUP_TEAMS(SC_WIDTH)
#define SC_RING             SC_GROUP_RING
#define SC_PACKED           SC_FORWARD_GROUP_PACKED(SC_WIDTH)
#define SC_LAST             SC_FORWARD_GROUP_LAST(SC_WIDTH)
#define SC_FORWARD          SC_NAME(sc_forward_group)
#define SC_FORWARD_RESIDENT 1

#include "kernels/tensor_group_body.h"

/* Rows, their sums, and the pieces in work. */
struct work {
    const struct sc_part *part;
    struct sc_tensor_lines q;
    sc_tensor_sum o;
    sc_tensor_piece s[2];
    sc_tensor_packed p[SC_PACKED];
};

/* S, P and O += P V of a plain tile. Every row sees every key: a NaN of V is everybody's. */
SC_DEVICE void start(struct work *work, int32_t n, const uint16_t *k, const uint16_t *v)
{
    (void)v;
    sc_tensor_product_start(work->s[n], &work->q, k);
}

SC_DEVICE void weigh(struct work *work, int32_t n)
{
    sc_tensor_weights(work->s[n], work->part, 0, false);
}

SC_DEVICE void pack(struct work *work, int32_t n)
{
    sc_tensor_pack(work->p[n % SC_PACKED], work->s[n]);
}

SC_DEVICE void finish(struct work *work, int32_t n, const uint16_t *k, const uint16_t *v)
{
    (void)k;
    sc_tensor_accumulate_start(work->o, work->p[n % SC_PACKED], v);
}

#include "kernels/tensor_group_run_body.h"

#include "kernels/forward_body.h"
