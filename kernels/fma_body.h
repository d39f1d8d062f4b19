/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that the fp32 kernels share. The file that includes this defines SC_LINES, the lines of a block, a
 * multiple of 32.
 *
 * Every sum of spec/schedule.h (SC_CORE_FMA) is one register of one thread, and takes its terms one by one in
 * ascending order. Two divisions of the work alternate: of the pairs of a tile, each thread having
 * SC_LINES / 16 lines times four members, and of the sums, each having SC_LINES / 8 lines times four channels in
 * 64. The weights go from one to the other through shared memory. */
#ifndef SC_KERNELS_FMA_BODY_H
#define SC_KERNELS_FMA_BODY_H

#include "kernels/activation.h"
#include "kernels/fma_tile.h"
#include "kernels/part.h"
#include "kernels/primitives/number.h"
#include "kernels/store.h"

#ifdef SC_FAST
#define SC_ACTIVATION sc_activation_fast
#else
#define SC_ACTIVATION sc_activation_accurate
#endif

/* Fills of what does not exist in a tile of lines and in one of members: their product is -0, which added to any
 * sum leaves it as it is, a zero of either sign included. */
#define SC_FMA_FILL_LINES   (-0.0f)
#define SC_FMA_FILL_MEMBERS 0.0f

/* The weight of a pair that does not see each other: a NaN that no arithmetic gives. Any number could be one. */
#define SC_FMA_HIDDEN 0xffffffffu

/* Members whose loads a thread starts together. */
#define SC_FMA_AHEAD 4

/* What a thread has of the pairs, and of the sums. */
#define SC_FMA_PAIR_LINES   (SC_LINES / 16)
#define SC_FMA_PAIR_MEMBERS (SC_FMA_MEMBERS / 8)
#define SC_FMA_SUM_LINES    (SC_LINES / 8)
#define SC_FMA_SUM_BLOCK    (16 * SC_FMA_PIECE)
#define SC_FMA_SUM_BLOCKS   (SC_FMA_CHANNELS / SC_FMA_SUM_BLOCK)
typedef float sc_fma_pairs[SC_FMA_PAIR_LINES][SC_FMA_PAIR_MEMBERS];
typedef float sc_fma_sum[SC_FMA_SUM_BLOCKS][SC_FMA_SUM_LINES][SC_FMA_PIECE];

/* Of the block's lines and of the tile's members, those of a thread's pairs. */
SC_DEVICE int32_t sc_fma_pair_line(int32_t l)
{
    return sc_grid_thread() / 8 + 16 * l;
}

SC_DEVICE int32_t sc_fma_pair_member(int32_t m)
{
    return sc_grid_thread() % 8 + 8 * m;
}

/* First of the block's lines, and of the channels, that a thread has sums of. */
SC_DEVICE int32_t sc_fma_sum_line(void)
{
    return sc_grid_thread() / 16 * SC_FMA_SUM_LINES;
}

SC_DEVICE int32_t sc_fma_sum_channel(int32_t block)
{
    return block * SC_FMA_SUM_BLOCK + sc_grid_thread() % 16 * SC_FMA_PIECE;
}

SC_DEVICE void sc_fma_zero(sc_fma_sum sum)
{
    SC_UNROLL
    for (int32_t block = 0; block < SC_FMA_SUM_BLOCKS; block++) {
        SC_UNROLL
        for (int32_t l = 0; l < SC_FMA_SUM_LINES; l++) {
            SC_UNROLL
            for (int32_t e = 0; e < SC_FMA_PIECE; e++) {
                sum[block][l][e] = 0.0f;
            }
        }
    }
}

/* product = X Y^T, over the channels: of the block's lines, the rows of X, and the members of a tile, those of
 * Y. The last piece goes beyond the channels, where the fills are. */
SC_DEVICE void sc_fma_product(sc_fma_pairs product, const float *x, const float *y,
                              int32_t channels)
{
    const int32_t stride = sc_fma_stride(channels);

    SC_UNROLL
    for (int32_t n = 0; n < SC_FMA_PAIR_LINES * SC_FMA_PAIR_MEMBERS; n++) {
        product[n / SC_FMA_PAIR_MEMBERS][n % SC_FMA_PAIR_MEMBERS] = 0.0f;
    }
    for (int32_t c = 0; c < channels; c += SC_FMA_PIECE) {
        struct sc_fma_piece a[SC_FMA_PAIR_LINES], b[SC_FMA_PAIR_MEMBERS];
        SC_UNROLL
        for (int32_t l = 0; l < SC_FMA_PAIR_LINES; l++) {
            a[l] = sc_fma_piece_at(x + sc_fma_pair_line(l) * stride + c);
        }
        SC_UNROLL
        for (int32_t m = 0; m < SC_FMA_PAIR_MEMBERS; m++) {
            b[m] = sc_fma_piece_at(y + sc_fma_pair_member(m) * stride + c);
        }
        SC_UNROLL
        for (int32_t e = 0; e < SC_FMA_PIECE; e++) {
            SC_UNROLL
            for (int32_t n = 0; n < SC_FMA_PAIR_LINES * SC_FMA_PAIR_MEMBERS; n++) {
                const int32_t l = n / SC_FMA_PAIR_MEMBERS, m = n % SC_FMA_PAIR_MEMBERS;
                product[l][m] = sc_special_fma(a[l].x[e], b[m].x[e], product[l][m]);
            }
        }
    }
}

/* P from the products of Q and K, for pairs that see each other. */
SC_DEVICE void sc_fma_weights(sc_fma_pairs s, const struct sc_part *part, int32_t tile)
{
    SC_UNROLL
    for (int32_t l = 0; l < SC_FMA_PAIR_LINES; l++) {
        SC_UNROLL
        for (int32_t m = 0; m < SC_FMA_PAIR_MEMBERS; m++) {
            float score = sc_special_fma(part->tau, s[l][m], part->bias);
            if (part->slope != 0.0f) {
                score = sc_part_alibi(part, score, part->first_line + sc_fma_pair_line(l),
                                      tile * SC_FMA_MEMBERS + sc_fma_pair_member(m));
            }
            s[l][m] = SC_ACTIVATION(score);
        }
    }
}

/* dS from P and dP, two roundings: (p - p p) dP. */
SC_DEVICE void sc_fma_score_gradient(sc_fma_pairs d_p, sc_fma_pairs p)
{
    SC_UNROLL
    for (int32_t l = 0; l < SC_FMA_PAIR_LINES; l++) {
        SC_UNROLL
        for (int32_t m = 0; m < SC_FMA_PAIR_MEMBERS; m++) {
            d_p[l][m] *= sc_special_fma(-p[l][m], p[l][m], p[l][m]);
        }
    }
}

/* Marks the pairs that do not see each other. A NaN of another pair gets the bits that arithmetic of a device
 * gives it: those of a host's come from its operands.
 *   full  sc_part_tile_full of the tile */
SC_DEVICE void sc_fma_hide(sc_fma_pairs w, const struct sc_part *part,
                           const struct sc_problem *problem, int32_t tile, bool full)
{
    SC_UNROLL
    for (int32_t l = 0; l < SC_FMA_PAIR_LINES; l++) {
        SC_UNROLL
        for (int32_t m = 0; m < SC_FMA_PAIR_MEMBERS; m++) {
            const int32_t line = part->first_line + sc_fma_pair_line(l);
            const int32_t member = tile * SC_FMA_MEMBERS + sc_fma_pair_member(m);
            const bool seen =
                full ? line < part->lines : sc_part_visible(part, problem, line, member);
            const float number = w[l][m] == w[l][m] ? w[l][m] : sc_number_from_bits(0x7fffffffu);
            w[l][m] = seen ? number : sc_number_from_bits(SC_FMA_HIDDEN);
        }
    }
}

SC_DEVICE bool sc_fma_hidden(float w)
{
    return sc_number_bits(w) == SC_FMA_HIDDEN;
}

/* Puts a thread's pairs into a tile of weights, where sc_fma_add reads them after a barrier. */
SC_DEVICE void sc_fma_put(float *weights, sc_fma_pairs w)
{
    SC_UNROLL
    for (int32_t l = 0; l < SC_FMA_PAIR_LINES; l++) {
        SC_UNROLL
        for (int32_t m = 0; m < SC_FMA_PAIR_MEMBERS; m++) {
            weights[sc_fma_pair_member(m) * sc_fma_weights_stride(SC_LINES) + sc_fma_pair_line(l)] =
                w[l][m];
        }
    }
}

/* sum += w y of a thread's lines and four channels, for one member; a hidden pair is left out.
 *   weights  of the member, from the thread's first line on
 *   y        the member's four channels
 *   all      whether no pair that counts is hidden: known when it is compiled */
SC_DEVICE void sc_fma_add_member(float sum[SC_FMA_SUM_LINES][SC_FMA_PIECE], const float *weights,
                                 struct sc_fma_piece y, bool all)
{
    SC_UNROLL
    for (int32_t l = 0; l < SC_FMA_SUM_LINES; l += SC_FMA_PIECE) {
        const struct sc_fma_piece w = sc_fma_piece_at(weights + l);
        SC_UNROLL
        for (int32_t n = 0; n < SC_FMA_PIECE; n++) {
            if (!all && sc_fma_hidden(w.x[n])) {
                continue;
            }
            SC_UNROLL
            for (int32_t e = 0; e < SC_FMA_PIECE; e++) {
                sum[l + n][e] = sc_special_fma(w.x[n], y.x[e], sum[l + n][e]);
            }
        }
    }
}

/* The same for all members of a tile, in ascending order; the loads of several are under way at once.
 *   y  at the first of the channels of member 0, `stride` elements from member to member */
SC_DEVICE void sc_fma_add_block(float sum[SC_FMA_SUM_LINES][SC_FMA_PIECE], const float *weights,
                                const float *y, int32_t stride, bool all)
{
    for (int32_t m = 0; m < SC_FMA_MEMBERS; m += SC_FMA_AHEAD) {
        SC_UNROLL
        for (int32_t n = m; n < m + SC_FMA_AHEAD; n++) {
            sc_fma_add_member(sum, weights + n * sc_fma_weights_stride(SC_LINES),
                              sc_fma_piece_at(y + n * stride), all);
        }
    }
}

/* sum += W Y, over the members of a tile, in ascending order.
 *   full  sc_part_tile_full of the tile; lines that do not exist then get sums of no meaning */
SC_DEVICE void sc_fma_add(sc_fma_sum sum, const float *weights, const float *y, int32_t channels,
                          bool full)
{
    const float *first = weights + sc_fma_sum_line();

    SC_UNROLL
    for (int32_t block = 0; block < SC_FMA_SUM_BLOCKS; block++) {
        const int32_t c = sc_fma_sum_channel(block);
        if (c < channels && full) {
            sc_fma_add_block(sum[block], first, y + c, sc_fma_stride(channels), true);
        } else if (c < channels) {
            sc_fma_add_block(sum[block], first, y + c, sc_fma_stride(channels), false);
        }
    }
}

/* Stores a sum times `factor`, rounded to nearest; 0 for keys that are padding. */
SC_DEVICE void sc_fma_store(sc_fma_sum sum, float factor, const struct sc_part *part, void *buffer,
                            enum sc_format format, const struct sc_output *output)
{
    SC_UNROLL
    for (int32_t l = 0; l < SC_FMA_SUM_LINES; l++) {
        const int32_t line = part->first_line + sc_fma_sum_line() + l;
        if (line >= output->count) {
            continue;
        }
        const int64_t row = sc_output_row(output, line);
        SC_UNROLL
        for (int32_t block = 0; block < SC_FMA_SUM_BLOCKS; block++) {
            SC_UNROLL
            for (int32_t e = 0; e < SC_FMA_PIECE; e++) {
                const int32_t c = sc_fma_sum_channel(block) + e;
                if (c < output->channels) {
                    sc_store(buffer, row + c, format,
                             line < part->lines ? factor * sum[block][l][e] : 0.0f);
                }
            }
        }
    }
}

#endif
