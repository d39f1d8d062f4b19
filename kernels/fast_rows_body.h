/* SPDX-License-Identifier: Apache-2.0 */
/* The fast mode of dQ, in the kernel of dK and dV: the block adds dS K of its keys to sums of fp32 that all blocks
 * share, in whatever order they come. Saves the second computation of S and dP; costs repeatability, and dQ has the
 * rounding of one fp32 addition for each block.
 *
 * dS goes through shared memory, rows by keys: the fragments have it keys by rows. */
#ifndef SC_KERNELS_FAST_ROWS_BODY_H
#define SC_KERNELS_FAST_ROWS_BODY_H

#include "kernels/arguments.h"
#include "kernels/primitives/atomic.h"
#include "kernels/tensor_warp_body.h"

/* Elements from row to row of the tile of dS. */
#define SC_FAST_STRIDE SC_FAST_ROWS_STRIDE(SC_WIDTH)

/* How the warps share a tile of rows: so many have 16 rows each, the next ones the same rows and other channels. */
#define SC_FAST_GROUPS   (SC_TILE / 16 < SC_WARPS ? SC_TILE / 16 : SC_WARPS)
#define SC_FAST_CHANNELS (SC_WIDTH / (SC_WARPS / SC_FAST_GROUPS))
#if SC_FAST_CHANNELS % 16 != 0
#error "instances.h: a warp's share of the channels of dQ is a multiple of 16"
#endif

/* dS of a piece of rows, to its place in a tile of rows by keys, in the input format. Complete after a barrier. */
SC_DEVICE void sc_fast_rows_put(uint16_t *place, sc_tensor_piece d_s)
{
    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n++) {
            SC_UNROLL
            for (int32_t e = 0; e < 4; e++) {
                const int32_t row = sc_tensor_member(0, n, e);
                const int32_t key = sc_tensor_warp_line() + f * 16 + sc_part_lane_row(e);
                place[row * SC_FAST_STRIDE + key] = (uint16_t)SC_PACK(d_s[f][n][e], 0.0f);
            }
        }
    }
}

/* Where the sums of a row start. */
SC_DEVICE float *sc_fast_rows_sum(const struct sc_backward_arguments *arguments,
                                  const struct sc_part *part, int32_t i)
{
    const struct sc_problem *p = &arguments->problem;

    return arguments->d_q_sums +
           sc_layout_row(&arguments->d_q_sums_layout, sc_problem_entry(p, part->b), part->h,
                         sc_problem_first_row(p, part->b) + i, sc_problem_tensor_batch(p),
                         p->heads_q, p->n_q, p->d);
}

/* Adds dS K to the sums of 16 rows of the tile, of a warp's share of the channels. */
SC_DEVICE void sc_fast_rows_add_group(const struct sc_backward_arguments *arguments,
                                      const struct sc_part *part, int32_t tile, int32_t first_row,
                                      const uint16_t *d_s_tile, const uint16_t *k_tile)
{
    const int32_t lane = sc_grid_thread() % SC_WARP, warp = sc_grid_thread() / SC_WARP;
    const int32_t first_channel = warp / SC_FAST_GROUPS * SC_FAST_CHANNELS;
    float sum[SC_FAST_CHANNELS / 8][4];

    SC_UNROLL
    for (int32_t n = 0; n < SC_FAST_CHANNELS / 8; n++) {
        sum[n][0] = sum[n][1] = sum[n][2] = sum[n][3] = 0.0f;
    }
    SC_UNROLL
    for (int32_t j = 0; j < SC_LINES; j += 16) {
        uint32_t a[4];
        sc_matrix_load(a, d_s_tile + (first_row + lane % 16) * SC_FAST_STRIDE + j + lane / 16 * 8);
        SC_UNROLL
        for (int32_t n = 0; n < SC_FAST_CHANNELS / 8; n += 2) {
            uint32_t b[4];
            sc_matrix_load_transposed(b, k_tile + (j + lane % 16) * SC_STRIDE + first_channel +
                                             n * 8 + lane / 16 * 8);
            SC_ADD(sum[n], a, b);
            SC_ADD(sum[n + 1], a, b + 2);
        }
    }
    SC_UNROLL
    for (int32_t e = 0; e < 4; e++) {
        const int32_t i = tile * SC_TILE + first_row + sc_part_lane_row(e);
        if (i >= part->n_q) {
            continue;
        }
        float *row = sc_fast_rows_sum(arguments, part, i);
        SC_UNROLL
        for (int32_t n = 0; n < SC_FAST_CHANNELS / 8; n++) {
            const int32_t c = first_channel + n * 8 + sc_part_lane_column(e);
            if (c < arguments->problem.d) {
                sc_atomic_add(row + c, sum[n][e]);
            }
        }
    }
}

/* The same of all rows of the tile. */
SC_DEVICE void sc_fast_rows_add(const struct sc_backward_arguments *arguments,
                                const struct sc_part *part, int32_t tile, const uint16_t *d_s_tile,
                                const uint16_t *k_tile)
{
    const int32_t warp = sc_grid_thread() / SC_WARP;

    SC_ROLLED
    for (int32_t row = warp % SC_FAST_GROUPS * 16; row < SC_TILE; row += SC_FAST_GROUPS * 16) {
        sc_fast_rows_add_group(arguments, part, tile, row, d_s_tile, k_tile);
    }
}

/* The same where a key of the block has a NaN or an infinity: of the pairs that see each other alone, one after
 * another, in binary64: nearer to the exact sum than a tensor core comes. A product with a hidden 0 would be NaN. */
SC_DEVICE void sc_fast_rows_add_special(const struct sc_backward_arguments *arguments,
                                        const struct sc_part *part, int32_t tile,
                                        const uint16_t *d_s_tile, const uint16_t *k_tile)
{
    const struct sc_problem *p = &arguments->problem;

    for (int32_t n = sc_grid_thread(); n < SC_TILE * p->d; n += SC_THREADS) {
        const int32_t row = n / p->d, c = n % p->d, i = tile * SC_TILE + row;
        double sum = 0.0;
        for (int32_t key = 0; key < SC_LINES; key++) {
            if (sc_part_visible(part, p, part->first_line + key, i)) {
                sum += (double)SC_UNPACK(d_s_tile[row * SC_FAST_STRIDE + key]) *
                       (double)SC_UNPACK(k_tile[key * SC_STRIDE + c]);
            }
        }
        if (i < part->n_q) {
            sc_atomic_add(sc_fast_rows_sum(arguments, part, i) + c, (float)sum);
        }
    }
}

#endif
