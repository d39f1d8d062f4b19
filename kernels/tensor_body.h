/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that the kernels on tensor cores share, of one instance. The compiler is given SC_WIDTH, a width of
 * kernels/instances.h, and SC_FP16 for fp16, else bf16; the file that includes this defines SC_WARPS, SC_FRAGMENTS,
 * SC_TILE, SC_PIECE and SC_KEPT, as instances.h has them. A warp has SC_FRAGMENTS times 16 lines; its fragments of
 * S, of P and of sums have the layout of kernels/primitives/matrix.h. What multiplies is tensor_warp_body.h or
 * tensor_group_body.h. Lines, warps and threads are those of a team (kernels/team.h).
 *
 * A tile is worked through in pieces: scores, weights and what they are multiplied with, before the next piece's
 * scores. The order of an element's operations is that of its members, whatever the piece. */
#ifndef SC_KERNELS_TENSOR_BODY_H
#define SC_KERNELS_TENSOR_BODY_H

#include "kernels/activation.h"
#include "kernels/part.h"
#include "kernels/primitives/number.h"
#include "kernels/primitives/shuffle.h"
#include "kernels/store.h"
#include "kernels/tile.h"

#define SC_GLUE_(a, b) a##b
#define SC_GLUE(a, b)  SC_GLUE_(a, b)
#define SC_THREADS     (SC_WARPS * SC_WARP)
#define SC_LINES       (16 * SC_FRAGMENTS * SC_WARPS)
#define SC_STRIDE      SC_TILE_STRIDE(SC_WIDTH)
#if SC_PIECE % 16 != 0 || SC_TILE % SC_PIECE != 0 || SC_WARPS < 4
#error "instances.h: a piece is a multiple of 16 that divides its tile; four warps or more"
#endif
#ifdef SC_FP16
#define SC_NAME(kernel) SC_GLUE(kernel##_fp16_, SC_WIDTH)
#define SC_PACK         sc_number_pack_fp16
#define SC_UNPACK       sc_number_unpack_fp16
#define SC_INFINITY     0x7c00u
#else
#define SC_NAME(kernel) SC_GLUE(kernel##_bf16_, SC_WIDTH)
#define SC_PACK         sc_number_pack_bf16
#define SC_UNPACK       sc_number_unpack_bf16
#define SC_INFINITY     0x7f80u
#endif
#ifdef SC_FAST
#define SC_ACTIVATION sc_activation_fast
#else
#define SC_ACTIVATION sc_activation_accurate
#endif

/* A warp's fragments: of its lines, of a piece of members, of one as a product takes it, and
 * of sums. */
typedef uint32_t sc_tensor_fragments[SC_FRAGMENTS][SC_WIDTH / 16][4];
typedef float sc_tensor_piece[SC_FRAGMENTS][SC_PIECE / 8][4];
typedef uint32_t sc_tensor_packed[SC_FRAGMENTS][SC_PIECE / 16][4];
typedef float sc_tensor_sum[SC_FRAGMENTS][SC_WIDTH / 8][4];

/* First of the warp's lines among those of the team. */
SC_DEVICE int32_t sc_tensor_warp_line(void)
{
    return sc_team_thread() / SC_WARP * (16 * SC_FRAGMENTS);
}

/* First of the team's lines, of a block that is number `number` of a sequence's. */
SC_DEVICE int32_t sc_tensor_team_line(int32_t number)
{
    return (number * SC_TEAMS + sc_team()) * SC_LINES;
}

/* The line of the sequence that element e of fragment f belongs to, and the member, of a piece whose first is
 * `member`, that element e of its columns n is of. */
SC_DEVICE int32_t sc_tensor_line(const struct sc_part *part, int32_t f, int32_t e)
{
    return part->first_line + sc_tensor_warp_line() + f * 16 + sc_part_lane_row(e);
}

SC_DEVICE int32_t sc_tensor_member(int32_t member, int32_t n, int32_t e)
{
    return member + n * 8 + sc_part_lane_column(e);
}

/* The team starts to load rows of a tensor, from row `first` on. */
SC_DEVICE void sc_tensor_load(uint16_t *tile, int32_t rows, const struct sc_tile_source *source,
                              int32_t first)
{
    sc_tile_load(tile, rows, SC_WIDTH, SC_THREADS, source, first);
}

SC_DEVICE void sc_tensor_zero(sc_tensor_sum sum)
{
    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_WIDTH / 8; n++) {
            sum[f][n][0] = sum[f][n][1] = sum[f][n][2] = sum[f][n][3] = 0.0f;
        }
    }
}

SC_DEVICE void sc_tensor_move(sc_tensor_piece to, sc_tensor_piece from)
{
    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n++) {
            SC_UNROLL
            for (int32_t e = 0; e < 4; e++) {
                to[f][n][e] = from[f][n][e];
            }
        }
    }
}

/* A piece rounded to the input format. */
SC_DEVICE void sc_tensor_pack(sc_tensor_packed packed, sc_tensor_piece w)
{
    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n++) {
            packed[f][n / 2][n % 2 * 2] = SC_PACK(w[f][n][0], w[f][n][1]);
            packed[f][n / 2][n % 2 * 2 + 1] = SC_PACK(w[f][n][2], w[f][n][3]);
        }
    }
}

/* sum += W Y, over the members of a piece; Y in shared memory. By what multiplies. */
SC_DEVICE void sc_tensor_accumulate(sc_tensor_sum sum, sc_tensor_packed w, const uint16_t *y);

/* The same, W in fp32, rounded here. */
SC_DEVICE void sc_tensor_accumulate_rounded(sc_tensor_sum sum, sc_tensor_piece w, const uint16_t *y)
{
    sc_tensor_packed packed;

    sc_tensor_pack(packed, w);
    sc_tensor_accumulate(sum, packed, y);
}

/* P from the products of Q and K, for pairs that see each other. `member` is the piece's first. */
SC_DEVICE void sc_tensor_weights(sc_tensor_piece s, const struct sc_part *part, int32_t member,
                                 bool with_slope)
{
    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n++) {
            SC_UNROLL
            for (int32_t e = 0; e < 4; e++) {
                s[f][n][e] = sc_special_fma(part->tau, s[f][n][e], part->bias);
                if (with_slope) {
                    s[f][n][e] = sc_part_alibi(part, s[f][n][e], sc_tensor_line(part, f, e),
                                               sc_tensor_member(member, n, e));
                }
                s[f][n][e] = SC_ACTIVATION(s[f][n][e]);
            }
        }
    }
}

/* Exactly 0 where a line and a member do not see each other. */
SC_DEVICE void sc_tensor_hide(sc_tensor_piece w, const struct sc_part *part,
                              const struct sc_problem *problem, int32_t member)
{
    const bool band = problem->plane.visible == NULL;

    SC_UNROLL
    for (int32_t half = 0; half < 2 * SC_FRAGMENTS; half++) {
        const int32_t line = sc_tensor_line(part, half / 2, half % 2 * 2);
        const struct sc_part_seen seen = sc_part_seen_by(part, problem, line);
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n++) {
            SC_UNROLL
            for (int32_t e = 0; e < 2; e++) {
                const int32_t m = sc_tensor_member(member, n, e);
                float *x = &w[half / 2][n][half % 2 * 2 + e];
                *x = (band ? seen.begin <= m && m < seen.end
                           : sc_part_visible(part, problem, line, m))
                         ? *x
                         : 0.0f;
            }
        }
    }
}

/* dS from P and dP, two roundings: (p - p p) dP. */
SC_DEVICE void sc_tensor_score_gradient(sc_tensor_piece d_p, sc_tensor_piece p)
{
    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n++) {
            SC_UNROLL
            for (int32_t e = 0; e < 4; e++) {
                d_p[f][n][e] *= sc_special_fma(-p[f][n][e], p[f][n][e], p[f][n][e]);
            }
        }
    }
}

/* Stores the warp's lines of a sum times `factor`, rounded to nearest; 0 for keys that are padding. */
SC_DEVICE void sc_tensor_store(sc_tensor_sum sum, float factor, const struct sc_part *part,
                               void *buffer, enum sc_format format, const struct sc_output *output)
{
    SC_UNROLL
    for (int32_t half = 0; half < 2 * SC_FRAGMENTS; half++) {
        const int32_t line = sc_tensor_line(part, half / 2, half % 2 * 2);
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
                             line < part->lines ? factor * sum[half / 2][n][half % 2 * 2 + e]
                                                : 0.0f);
                }
            }
        }
    }
}

/* The sum of what this thread has of a piece. */
SC_DEVICE float sc_tensor_total(sc_tensor_piece w)
{
    float total = 0.0f;

    SC_UNROLL
    for (int32_t f = 0; f < SC_FRAGMENTS; f++) {
        SC_UNROLL
        for (int32_t n = 0; n < SC_PIECE / 8; n++) {
            total += (w[f][n][0] + w[f][n][1]) + (w[f][n][2] + w[f][n][3]);
        }
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
        parts[number * SC_TEAMS * SC_WARPS + sc_grid_thread() / SC_WARP] = total;
    }
}

#endif
