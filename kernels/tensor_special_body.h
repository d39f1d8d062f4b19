/* SPDX-License-Identifier: Apache-2.0 */
/* NaN and infinity among the members of a tile that not every line sees: a hidden weight of 0 would make a NaN of
 * them. They are taken out of the tile, and what they add to the lines that see them is added by itself. */
#ifndef SC_KERNELS_TENSOR_SPECIAL_BODY_H
#define SC_KERNELS_TENSOR_SPECIAL_BODY_H

#include "kernels/tensor_body.h"

/* Whether `rows` rows of a tile have a NaN or an infinity, as far as this thread's share of them goes; two elements at a
 * time. */
SC_DEVICE int32_t sc_tensor_find_special(const uint16_t *y, int32_t rows)
{
    int32_t found = 0;

    for (int32_t n = 2 * sc_team_thread(); n < rows * SC_WIDTH; n += 2 * SC_THREADS) {
        const int32_t place = sc_tile_place(rows, SC_WIDTH, n / SC_WIDTH, n % SC_WIDTH);
        const uint32_t pair = *(const uint32_t *)(const void *)(y + place);
        found |= (pair & SC_INFINITY) == SC_INFINITY || (pair >> 16 & SC_INFINITY) == SC_INFINITY;
    }
    return found;
}

/* Puts 0 for each of them. */
SC_DEVICE void sc_tensor_clear_special(uint16_t *y, int32_t rows)
{
    for (int32_t n = sc_team_thread(); n < rows * SC_WIDTH; n += SC_THREADS) {
        uint16_t *element = y + sc_tile_place(rows, SC_WIDTH, n / SC_WIDTH, n % SC_WIDTH);
        if ((*element & SC_INFINITY) == SC_INFINITY) {
            *element = 0;
        }
    }
}

/* w y for an infinite or NaN y: w as the tensor core has it, where one that is rounded to 0 makes a NaN. */
SC_DEVICE float sc_tensor_special(float w, uint16_t y)
{
    if ((y & 0x7fffu) != SC_INFINITY || (SC_PACK(w, 0.0f) & 0x7fffu) == 0) {
        return sc_number_from_bits(0x7fffffffu);
    }
    return w * sc_number_from_bits(0x7f800000u | (uint32_t)(y & 0x8000u) << 16);
}

/* sum += W Y for the elements that sc_tensor_clear_special took out of a piece whose first member is `member`, of
 * pairs that see each other alone. */
SC_DEVICE void sc_tensor_add_special(sc_tensor_sum sum, sc_tensor_piece w,
                                     const struct sc_part *part, const struct sc_problem *problem,
                                     const struct sc_tile_source *source, int32_t member)
{
    sc_tensor_piece weights; /* indexed at run time: not the registers that hold W */

    sc_tensor_move(weights, w);
    SC_ROLLED
    for (int32_t k = 0; k < SC_PIECE && member + k < source->count; k++) {
        const int32_t owner = sc_grid_thread() % SC_WARP / 4 * 4 + k % 8 / 2;
        const uint16_t *y = sc_tile_row(source, member + k);
        SC_UNROLL
        for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
            SC_UNROLL
            for (int32_t half = 0; half < 4; half += 2) {
                const float x = sc_shuffle_from(weights[f][k / 8][half + k % 2], owner);
                const bool seen =
                    sc_part_visible(part, problem, sc_tensor_line(part, f, half), member + k);
                SC_UNROLL
                for (int32_t n = 0; n < SC_WIDTH / 8; n++) {
                    SC_UNROLL
                    for (int32_t e = 0; e < 2; e++) {
                        const int32_t c = n * 8 + sc_part_lane_column(e);
                        if (seen && c < source->channels && (y[c] & SC_INFINITY) == SC_INFINITY) {
                            sum[f][n][half + e] += sc_tensor_special(x, y[c]);
                        }
                    }
                }
            }
        }
    }
}

#endif
