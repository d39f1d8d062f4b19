/* SPDX-License-Identifier: Apache-2.0 */
/* Products of the kernels on tensor cores by wgmma, four warps together, from tiles that are panels: for compute
 * capability 9.0a. kernels/tensor_body.h has the rest; a piece is a tile. The order of an element's operations is that
 * of tensor_warp_body.h, and so are its bits. */
#ifndef SC_KERNELS_TENSOR_GROUP_BODY_H
#define SC_KERNELS_TENSOR_GROUP_BODY_H

#include "kernels/primitives/group.h"
#include "kernels/primitives/matrix.h"
#include "kernels/tensor_body.h"

#if SC_FRAGMENTS != 1 || SC_WARPS != 4 || SC_PIECE != SC_TILE || SC_WIDTH % SC_GROUP_PANEL != 0
#error                                                                                             \
    "instances.h: a team is a warpgroup, of 16 lines a warp, its tiles whole pieces of whole panels"
#endif
#ifdef SC_FP16
#define SC_GROUP_PRODUCT      sc_group_product_fp16
#define SC_GROUP_PRODUCT_KEPT sc_group_product_kept_fp16
#define SC_GROUP_ADD          sc_group_add_fp16
#else
#define SC_GROUP_PRODUCT      sc_group_product_bf16
#define SC_GROUP_PRODUCT_KEPT sc_group_product_kept_bf16
#define SC_GROUP_ADD          sc_group_add_bf16
#endif

/* A team has one stage: most tiles are those of a run. */
#define SC_STAGES 1

#define SC_GROUP_STEP        (16 * 2)              /* bytes of a row that one product sums over */
#define SC_GROUP_STEPS       (SC_GROUP_PANEL / 16) /* products of a panel */
#define SC_GROUP_ROWS(count) ((count)*SC_GROUP_PANEL * 2) /* bytes of so many rows of a panel */

/* The left factor of a product: in shared memory, or, where SC_KEPT is 1, the warp's lines in registers. The other takes
 * no register. */
struct sc_tensor_lines {
    struct sc_group_matrix rows;
    sc_tensor_fragments kept;
};

/* The team's lines: a tile of them, which has come. */
SC_DEVICE void sc_tensor_keep(struct sc_tensor_lines *x, const uint16_t *tile)
{
    const int32_t lane = sc_grid_thread() % SC_WARP;

    x->rows = sc_group_rows(tile);
    SC_UNROLL
    for (int32_t c = 0; c < SC_WIDTH && SC_KEPT; c += 16) {
        sc_matrix_load(x->kept[0][c / 16],
                       tile + sc_tile_place(SC_LINES, SC_WIDTH, sc_tensor_warp_line() + lane % 16,
                                            c + lane / 16 * 8));
    }
}

/* Starts product = X Y^T, over the channels: of the team's lines, the rows of X, and the members of a tile. */
SC_DEVICE void sc_tensor_product_start(sc_tensor_piece product, const struct sc_tensor_lines *x,
                                       const uint16_t *y)
{
    const struct sc_group_matrix members = sc_group_rows(y);
    const struct sc_group_matrix rows = {SC_KEPT ? 0
                                                 : (uint32_t)sc_shuffle_same((int32_t)x->rows.low)};

    SC_UNROLL
    for (int32_t c = 0; c < SC_WIDTH / 16; c++) {
        const int32_t panel = c / SC_GROUP_STEPS, within = c % SC_GROUP_STEPS * SC_GROUP_STEP;
        const struct sc_group_matrix b =
            sc_group_step(members, panel * SC_GROUP_ROWS(SC_TILE) + within);
        if (SC_KEPT) {
            SC_GROUP_PRODUCT_KEPT(&product[0][0][0], SC_TILE, x->kept[0][c], b, c > 0);
        } else {
            SC_GROUP_PRODUCT(&product[0][0][0], SC_TILE,
                             sc_group_step(rows, panel * SC_GROUP_ROWS(SC_LINES) + within), b,
                             c > 0);
        }
    }
}

/* Starts sum += W Y, over the members of a tile. */
SC_DEVICE void sc_tensor_accumulate_start(sc_tensor_sum sum, sc_tensor_packed w, const uint16_t *y)
{
    const struct sc_group_matrix members = sc_group_columns(y, SC_GROUP_ROWS(SC_TILE));

    SC_UNROLL
    for (int32_t j = 0; j < SC_TILE / 16; j++) {
        SC_GROUP_ADD(&sum[0][0][0], SC_WIDTH, w[0][j],
                     sc_group_step(members, SC_GROUP_ROWS(16 * j)));
    }
}

/* The same, waited for. */
SC_DEVICE void sc_tensor_product(sc_tensor_piece product, const struct sc_tensor_lines *x,
                                 const uint16_t *y)
{
    sc_group_begin();
    sc_tensor_product_start(product, x, y);
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_DEVICE void sc_tensor_accumulate(sc_tensor_sum sum, sc_tensor_packed w, const uint16_t *y)
{
    sc_group_begin();
    sc_tensor_accumulate_start(sum, w, y);
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

/* Before the barrier behind which products read what this thread wrote, or copied. */
SC_DEVICE void sc_tensor_publish(void)
{
    sc_group_publish();
}

#endif
