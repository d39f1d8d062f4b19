/* SPDX-License-Identifier: Apache-2.0 */
/* Forward pass on tensor cores, bf16 and fp16, by mma.sync: kernels/forward_body.h. */
#include "kernels/instances.h"

#define SC_WARPS            SC_FORWARD_WARPS(SC_WIDTH)
#define SC_FRAGMENTS        SC_FORWARD_FRAGMENTS(SC_WIDTH)
#define SC_TILE             SC_FORWARD_TILE(SC_WIDTH)
#define SC_PIECE            SC_FORWARD_PIECE(SC_WIDTH)
#define SC_KEPT             SC_FORWARD_KEPT(SC_WIDTH)
#define SC_RUNS             SC_FORWARD_RUNS(SC_WIDTH)
#define SC_FORWARD          SC_NAME(sc_forward)
#define SC_FORWARD_RESIDENT SC_FORWARD_BLOCKS(SC_WIDTH)

#include "kernels/tensor_warp_body.h"

/* Rows, their sums, and the piece in work. */
struct work {
    const struct sc_part *part;
    struct sc_tensor_lines q;
    sc_tensor_sum o;
    sc_tensor_piece s; /* of the piece before */
};

/* S, P and O += P V of a plain tile's pieces. Every row sees every key: a NaN of V is everybody's. */
SC_DEVICE void step(struct work *work, bool first, bool last, const uint16_t *k, const uint16_t *v,
                    const uint16_t *k2, const uint16_t *v2)
{
    sc_tensor_piece s;

    (void)v, (void)k2;
    if (last) {
        sc_tensor_weights(work->s, work->part, 0, false);
    }
    if (first) {
        sc_tensor_product(s, &work->q, k);
    }
    if (last) {
        sc_tensor_accumulate_rounded(work->o, work->s, v2);
    }
    if (first) {
        sc_tensor_move(work->s, s);
    }
}

#include "kernels/tensor_run_body.h"

#include "kernels/forward_body.h"
