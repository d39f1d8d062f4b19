/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that the kernels on tensor cores share, of one instance. The compiler is given SC_WIDTH, a width of
 * kernels/instances.h, and SC_FP16 for fp16, else bf16; the file that includes this defines SC_TILE, the
 * members of a tile, a multiple of 16. A warp has 16 lines; its fragments of S, of P and of sums have the
 * layout of kernels/primitives/matrix.h. */
#ifndef SC_KERNELS_TENSOR_BODY_H
#define SC_KERNELS_TENSOR_BODY_H

#include "kernels/activation.h"
#include "kernels/part.h"
#include "kernels/primitives/matrix.h"
#include "kernels/primitives/number.h"
#include "kernels/primitives/shuffle.h"
#include "kernels/store.h"
#include "kernels/tile.h"

#define SC_GLUE_(a, b) a##b
#define SC_GLUE(a, b)  SC_GLUE_(a, b)
#define SC_STRIDE      (SC_WIDTH + SC_TILE_PAD)
#ifdef SC_FP16
#define SC_NAME(kernel) SC_GLUE(kernel##_fp16_, SC_WIDTH)
#define SC_ADD          sc_matrix_add_fp16
#define SC_PACK         sc_number_pack_fp16
#define SC_UNPACK       sc_number_unpack_fp16
#define SC_INFINITY     0x7c00u
#else
#define SC_NAME(kernel) SC_GLUE(kernel##_bf16_, SC_WIDTH)
#define SC_ADD          sc_matrix_add_bf16
#define SC_PACK         sc_number_pack_bf16
#define SC_UNPACK       sc_number_unpack_bf16
#define SC_INFINITY     0x7f80u
#endif
#ifdef SC_FAST
#define SC_ACTIVATION sc_activation_fast
#else
#define SC_ACTIVATION sc_activation_accurate
#endif

/* Fragments of 16 lines: of a tile of members, and of the channels. */
typedef float sc_tensor_tile[SC_TILE / 8][4];
typedef float sc_tensor_sum[SC_WIDTH / 8][4];

SC_DEVICE void sc_tensor_zero(sc_tensor_sum sum)
{
    SC_UNROLL
    for (int32_t n = 0; n < SC_WIDTH / 8; n++) {
        sum[n][0] = sum[n][1] = sum[n][2] = sum[n][3] = 0.0f;
    }
}

/* product = X Y^T, over the channels: of 16 lines, the rows of X, and the members of a tile, the rows of Y. */
SC_DEVICE void sc_tensor_product(sc_tensor_tile product, const uint16_t *x, const uint16_t *y)
{
    const int32_t lane = sc_grid_thread() % SC_WARP;

    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / 8; n++) {
        product[n][0] = product[n][1] = product[n][2] = product[n][3] = 0.0f;
    }
    SC_UNROLL
    for (int32_t c = 0; c < SC_WIDTH; c += 16) {
        uint32_t a[4];
        sc_matrix_load(a, x + lane % 16 * SC_STRIDE + c + lane / 16 * 8);
        SC_UNROLL
        for (int32_t n = 0; n < SC_TILE / 8; n += 2) {
            uint32_t b[4];
            sc_matrix_load(b, y + (n * 8 + lane / 16 * 8 + lane % 8) * SC_STRIDE + c +
                                  lane / 8 % 2 * 8);
            SC_ADD(product[n], a, b);
            SC_ADD(product[n + 1], a, b + 2);
        }
    }
}

/* sum += W Y, over the members of a tile: W in fp32, rounded here to the input format; Y in shared memory. */
SC_DEVICE void sc_tensor_accumulate(sc_tensor_sum sum, sc_tensor_tile w, const uint16_t *y)
{
    const int32_t lane = sc_grid_thread() % SC_WARP;

    SC_UNROLL
    for (int32_t j = 0; j < SC_TILE / 16; j++) {
        const uint32_t a[4] = {SC_PACK(w[2 * j][0], w[2 * j][1]), SC_PACK(w[2 * j][2], w[2 * j][3]),
                               SC_PACK(w[2 * j + 1][0], w[2 * j + 1][1]),
                               SC_PACK(w[2 * j + 1][2], w[2 * j + 1][3])};
        SC_UNROLL
        for (int32_t n = 0; n < SC_WIDTH / 8; n += 2) {
            uint32_t b[4];
            sc_matrix_load_transposed(b,
                                      y + (j * 16 + lane % 16) * SC_STRIDE + n * 8 + lane / 16 * 8);
            SC_ADD(sum[n], a, b);
            SC_ADD(sum[n + 1], a, b + 2);
        }
    }
}

/* S from the products of Q and K. */
SC_DEVICE void sc_tensor_scores(sc_tensor_tile s, const struct sc_part *part, int32_t tile)
{
    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / 8; n++) {
        SC_UNROLL
        for (int32_t e = 0; e < 4; e++) {
            s[n][e] = sc_special_fma(part->tau, s[n][e], part->bias);
        }
    }
    if (part->slope == 0.0f) {
        return;
    }
    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / 8; n++) {
        SC_UNROLL
        for (int32_t e = 0; e < 4; e++) {
            s[n][e] = sc_part_alibi(part, s[n][e],
                                    part->first_line + sc_part_warp_line() + sc_part_lane_row(e),
                                    tile * SC_TILE + n * 8 + sc_part_lane_column(e));
        }
    }
}

/* P from S, for pairs that see each other. */
SC_DEVICE void sc_tensor_weights(sc_tensor_tile s)
{
    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / 8; n++) {
        SC_UNROLL
        for (int32_t e = 0; e < 4; e++) {
            s[n][e] = SC_ACTIVATION(s[n][e]);
        }
    }
}

/* Exactly 0 where a line and a member do not see each other. */
SC_DEVICE void sc_tensor_hide(sc_tensor_tile w, const struct sc_part *part,
                              const struct sc_problem *problem, int32_t tile)
{
    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / 8; n++) {
        SC_UNROLL
        for (int32_t e = 0; e < 4; e++) {
            const int32_t line = part->first_line + sc_part_warp_line() + sc_part_lane_row(e);
            const int32_t member = tile * SC_TILE + n * 8 + sc_part_lane_column(e);
            w[n][e] = sc_part_visible(part, problem, line, member) ? w[n][e] : 0.0f;
        }
    }
}

/* dS from P and dP, two roundings: (p - p p) dP. */
SC_DEVICE void sc_tensor_score_gradient(sc_tensor_tile d_p, sc_tensor_tile p)
{
    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / 8; n++) {
        SC_UNROLL
        for (int32_t e = 0; e < 4; e++) {
            d_p[n][e] *= sc_special_fma(-p[n][e], p[n][e], p[n][e]);
        }
    }
}

/* Stores 16 lines of a sum times `factor`, rounded to nearest; 0 for keys that are padding. */
SC_DEVICE void sc_tensor_store(sc_tensor_sum sum, float factor, const struct sc_part *part,
                               void *buffer, enum sc_format format, const struct sc_output *output)
{
    SC_UNROLL
    for (int32_t half = 0; half < 2; half++) {
        const int32_t line = part->first_line + sc_part_warp_line() + sc_part_lane_row(2 * half);
        if (line >= output->count) {
            continue;
        }
        const int64_t row = sc_output_row(output, line);
        SC_UNROLL
        for (int32_t n = 0; n < SC_WIDTH / 8; n++) {
            SC_UNROLL
            for (int32_t e = 0; e < 2; e++) {
                const int32_t c = n * 8 + sc_part_lane_column(e);
                if (c < output->channels) {
                    sc_store(buffer, row + c, format,
                             line < part->lines ? factor * sum[n][2 * half + e] : 0.0f);
                }
            }
        }
    }
}

/* The sum of what this thread has of a tile. */
SC_DEVICE float sc_tensor_total(sc_tensor_tile w)
{
    float total = 0.0f;

    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / 8; n++) {
        total += (w[n][0] + w[n][1]) + (w[n][2] + w[n][3]);
    }
    return total;
}

/* Stores the sum over each warp as parts[number][warp], where parts are wanted. */
SC_DEVICE void sc_tensor_store_total(float *parts, int64_t number, float total)
{
    for (int32_t mask = SC_WARP / 2; mask > 0; mask /= 2) {
        total += sc_shuffle_xor(total, mask);
    }
    if (parts != NULL && sc_grid_thread() % SC_WARP == 0) {
        parts[number * SC_BLOCK_WARPS + sc_grid_thread() / SC_WARP] = total;
    }
}

/* Puts 0 for each NaN and infinity of a tile, this thread's share of it; whether there was one. A hidden
 * weight of 0 would make a NaN of them. */
SC_DEVICE int32_t sc_tensor_clear_special(uint16_t *y)
{
    int32_t found = 0;

    for (int32_t n = sc_grid_thread(); n < SC_TILE * SC_WIDTH; n += SC_BLOCK_THREADS) {
        uint16_t *element = y + n / SC_WIDTH * SC_STRIDE + n % SC_WIDTH;
        if ((*element & SC_INFINITY) == SC_INFINITY) {
            *element = 0;
            found = 1;
        }
    }
    return found;
}

/* w y for an infinite or NaN y: w as the tensor core has it, where one that is rounded to 0 makes a NaN. */
SC_DEVICE float sc_tensor_special(float w, uint16_t y)
{
    if ((y & 0x7fffu) != SC_INFINITY || (SC_PACK(w, 0.0f) & 0x7fffu) == 0) {
        return sc_number_from_bits(0x7fffffffu);
    }
    return w * sc_number_from_bits(0x7f800000u | (uint32_t)(y & 0x8000u) << 16);
}

/* sum += W Y for the elements that sc_tensor_clear_special took out of the tile of `source`, of pairs that
 * see each other alone. */
SC_DEVICE void sc_tensor_add_special(sc_tensor_sum sum, sc_tensor_tile w,
                                     const struct sc_part *part, const struct sc_problem *problem,
                                     const struct sc_tile_source *source, int32_t tile)
{
    const int32_t first_line = part->first_line + sc_part_warp_line();
    sc_tensor_tile weights; /* indexed at run time: not the registers that hold W */

    SC_UNROLL
    for (int32_t n = 0; n < SC_TILE / 8; n++) {
        SC_UNROLL
        for (int32_t e = 0; e < 4; e++) {
            weights[n][e] = w[n][e];
        }
    }
    for (int32_t k = 0; k < SC_TILE && tile * SC_TILE + k < source->count; k++) {
        const int32_t member = tile * SC_TILE + k;
        const int32_t owner = sc_grid_thread() % SC_WARP / 4 * 4 + k % 8 / 2;
        const float low = sc_shuffle_from(weights[k / 8][k % 2], owner);
        const float high = sc_shuffle_from(weights[k / 8][2 + k % 2], owner);
        const uint16_t *y = sc_tile_row(source, member);
        SC_UNROLL
        for (int32_t n = 0; n < SC_WIDTH / 8; n++) {
            SC_UNROLL
            for (int32_t e = 0; e < 4; e++) {
                const int32_t c = n * 8 + sc_part_lane_column(e);
                if (c < source->channels && (y[c] & SC_INFINITY) == SC_INFINITY &&
                    sc_part_visible(part, problem, first_line + sc_part_lane_row(e), member)) {
                    sum[n][e] += sc_tensor_special(e < 2 ? low : high, y[c]);
                }
            }
        }
    }
}

#endif
