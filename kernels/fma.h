/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_FMA_H
#define SC_KERNELS_FMA_H

#include "spec/share.h"

#include <stdint.h>

/* Sizes of the fp32 kernels, on FMA units. Each is compiled once, for all widths. Threads of a block:
 * SC_BLOCK_THREADS of kernels/instances.h. */

/* Channels of a row, at most: as many as the registers hold sums of. */
#define SC_FMA_CHANNELS 256

/* Rows (or keys) whose results a block computes. Those of dK and dV are two sums to a line, in the registers of
 * one kernel; dQ has four tiles of full width in shared memory. */
#define SC_FMA_FORWARD_LINES  64
#define SC_FMA_BACKWARD_LINES 32

/* Members of a tile. */
#define SC_FMA_MEMBERS 32

/* Elements that one copy, or one load from shared memory, moves: 16 bytes. */
#define SC_FMA_PIECE 4

/* Elements between the rows of a tile in shared memory: an odd number of pieces, so that the eight rows which a
 * quarter of a warp reads at once lie in different banks. */
SC_SHARED int32_t sc_fma_stride(int32_t channels)
{
    return ((channels + SC_FMA_PIECE - 1) / SC_FMA_PIECE | 1) * SC_FMA_PIECE;
}

/* Elements between the members of a tile of weights, the lines of each side by side: threads that write for
 * eight members and four lines come to different banks. */
SC_SHARED int32_t sc_fma_weights_stride(int32_t lines)
{
    return lines + SC_FMA_PIECE;
}

/* Bytes of shared memory of a block. At d = d_v = 256: 141824, 137728 and 142336, of the 166912 that an sm_80
 * has. The parts: forward_fma.cu, backward_fma_rows.cu, backward_fma_keys.cu. */
SC_SHARED int32_t sc_fma_forward_bytes(int32_t d, int32_t d_v)
{
    return 4 * ((SC_FMA_FORWARD_LINES + SC_FMA_MEMBERS) * sc_fma_stride(d) +
                SC_FMA_MEMBERS * sc_fma_stride(d_v) +
                SC_FMA_MEMBERS * sc_fma_weights_stride(SC_FMA_FORWARD_LINES));
}

/* weights: tiles of P or dS, 1 for dQ and 2 for dK and dV. */
SC_SHARED int32_t sc_fma_backward_bytes(int32_t d, int32_t d_v, int32_t weights)
{
    return 4 * ((SC_FMA_BACKWARD_LINES + SC_FMA_MEMBERS) * (sc_fma_stride(d) + sc_fma_stride(d_v)) +
                weights * SC_FMA_MEMBERS * sc_fma_weights_stride(SC_FMA_BACKWARD_LINES));
}

#endif
