/* SPDX-License-Identifier: Apache-2.0 */
/* Products of the kernels on tensor cores by mma.sync, each warp by itself: for any machine since compute capability
 * 8.0. kernels/tensor_body.h has the rest. */
#ifndef SC_KERNELS_TENSOR_WARP_BODY_H
#define SC_KERNELS_TENSOR_WARP_BODY_H

#include "kernels/primitives/matrix.h"
#include "kernels/tensor_body.h"

#ifdef SC_FP16
#define SC_ADD sc_matrix_add_fp16
#else
#define SC_ADD sc_matrix_add_bf16
#endif

/* Stages that take turns. */
#define SC_STAGES SC_STAGES_OF(SC_RUNS)

/* The left factor of a product. Where SC_KEPT is 0, `kept` is not used and takes no register. */
struct sc_tensor_lines {
    const uint16_t *tile; /* the warp's first line, in shared memory */
    sc_tensor_fragments kept;
};

/* 16 channels of 16 lines, from shared memory. */
SC_DEVICE void sc_tensor_fragment(uint32_t a[4], const uint16_t *tile, int32_t f, int32_t c)
{
    const int32_t lane = sc_grid_thread() % SC_WARP;

    sc_matrix_load(a, tile + (f * 16 + lane % 16) * SC_STRIDE + c + lane / 16 * 8);
}

/* The warp's lines of a tile of lines, which has come. */
SC_DEVICE void sc_tensor_keep(struct sc_tensor_lines *x, const uint16_t *tile)
{
    x->tile = tile + sc_tensor_warp_line() * SC_STRIDE;
    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS && SC_KEPT; f++) {
        SC_UNROLL
        for (int32_t c = 0; c < SC_WIDTH; c += 16) {
            sc_tensor_fragment(x->kept[f][c / 16], x->tile, f, c);
        }
    }
}

/* product = X Y^T, over the channels: of the warp's lines, the rows of X, and the members of a piece, the rows of Y
 * in shared memory. */
SC_DEVICE void sc_tensor_product(sc_tensor_piece product, struct sc_tensor_lines *x,
                                 const uint16_t *y)
{
    const int32_t lane = sc_grid_thread() % SC_WARP;

    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n++) {
            product[f][n][0] = product[f][n][1] = product[f][n][2] = product[f][n][3] = 0.0f;
        }
    }
    SC_UNROLL
    for (int32_t c = 0; c < SC_WIDTH; c += 16) {
        SC_UNROLL
        for (int32_t f = 0; f < SC_FRAGMENTS && !SC_KEPT; f++) {
            sc_tensor_fragment(x->kept[f][c / 16], x->tile, f, c);
        }
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n += 2) {
            uint32_t b[4];
            sc_matrix_load(b, y + (n * 8 + lane / 16 * 8 + lane % 8) * SC_STRIDE + c +
                                  lane / 8 % 2 * 8);
            SC_UNROLL
            for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
                SC_ADD(product[f][n], x->kept[f][c / 16], b);
                SC_ADD(product[f][n + 1], x->kept[f][c / 16], b + 2);
            }
        }
    }
}

/* sum += W Y, over the members of a piece; Y in shared memory. */
SC_DEVICE void sc_tensor_accumulate(sc_tensor_sum sum, sc_tensor_packed w, const uint16_t *y)
{
    const int32_t lane = sc_grid_thread() % SC_WARP;

    SC_UNROLL
    for (int32_t j = 0; j < SC_PIECE / 16; j++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_WIDTH / 8; n += 2) {
            uint32_t b[4];
            sc_matrix_load_transposed(b,
                                      y + (j * 16 + lane % 16) * SC_STRIDE + n * 8 + lane / 16 * 8);
            SC_UNROLL
            for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
                SC_ADD(sum[f][n], w[f][j], b);
                SC_ADD(sum[f][n + 1], w[f][j], b + 2);
            }
        }
    }
}

/* Nothing is written but what mma.sync reads as any load does. */
SC_DEVICE void sc_tensor_publish(void)
{
}

#endif
