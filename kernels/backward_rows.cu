/* SPDX-License-Identifier: Apache-2.0 */
/* dQ and the parts of db on tensor cores, bf16 and fp16, by mma.sync: kernels/backward_rows_body.h. */
#include "kernels/instances.h"

#define SC_WARPS         SC_ROWS_WARPS(SC_WIDTH)
#define SC_FRAGMENTS     SC_ROWS_FRAGMENTS(SC_WIDTH)
#define SC_TILE          SC_ROWS_TILE(SC_WIDTH)
#define SC_PIECE         SC_ROWS_PIECE(SC_WIDTH)
#define SC_KEPT          SC_ROWS_KEPT(SC_WIDTH)
#define SC_RUNS          SC_ROWS_RUNS(SC_WIDTH)
#define SC_ROWS          SC_NAME(sc_backward_rows)
#define SC_ROWS_RESIDENT SC_ROWS_BLOCKS(SC_WIDTH)

#include "kernels/tensor_warp_body.h"

/* Rows, their sums, and the piece in work. */
struct work {
    const struct sc_part *part;
    struct sc_tensor_lines q, d_o;
    sc_tensor_sum d_q;
    float total;            /* of dS */
    sc_tensor_piece s, d_s; /* of the piece before */
};

/* S and dP, dS, and dQ += dS K of a plain tile's pieces. Every row sees every key: a NaN of K is everybody's. */
SC_DEVICE void step(struct work *work, bool first, bool last, const uint16_t *k, const uint16_t *v,
                    const uint16_t *k2, const uint16_t *v2)
{
    sc_tensor_piece s, d_s;

    (void)v2;
    if (last) {
        sc_tensor_weights(work->s, work->part, 0, false);
    }
    if (first) {
        sc_tensor_product(s, &work->q, k);
        sc_tensor_product(d_s, &work->d_o, v);
    }
    if (last) {
        sc_tensor_score_gradient(work->d_s, work->s);
        work->total += sc_tensor_total(work->d_s);
        sc_tensor_accumulate_rounded(work->d_q, work->d_s, k2);
    }
    if (first) {
        sc_tensor_move(work->s, s);
        sc_tensor_move(work->d_s, d_s);
    }
}

#include "kernels/tensor_run_body.h"

#include "kernels/backward_rows_body.h"
