/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_INSTANCES_H
#define SC_KERNELS_INSTANCES_H

/* The instances of the kernels on tensor cores, and their sizes. Each is compiled by itself
 * (tools/make/kernels.mk), for a format and a width: d and d_v are padded at run time to the next width of
 * their format. A build may have fewer: -D'SC_INSTANCES(X)=X(bf16,64)', widths of a format ascending. */
#ifndef SC_INSTANCES
#define SC_INSTANCES_OF(X, format)                                                                 \
    X(format, 32) X(format, 64) X(format, 96) X(format, 128) X(format, 192) X(format, 256)
#define SC_INSTANCES(X) SC_INSTANCES_OF(X, bf16) SC_INSTANCES_OF(X, fp16)
#endif
#define SC_INSTANCE_FORMAT_bf16 SC_FORMAT_BF16
#define SC_INSTANCE_FORMAT_fp16 SC_FORMAT_FP16

/* Threads of a block, four warps, and the rows (or keys) whose results it computes: 16 for each warp. */
#define SC_BLOCK_WARPS   4
#define SC_BLOCK_THREADS 128
#define SC_BLOCK_LINES   64

/* Elements between the rows of a tile in shared memory, beyond its width. */
#define SC_TILE_PAD 8

/* Keys of a tile of the forward pass: two stages of K and V, and Q, fit the shared memory of an sm_80. */
#define SC_FORWARD_KEYS(width) ((width) <= 128 ? 64 : 32)
#define SC_FORWARD_BYTES(width)                                                                    \
    ((SC_BLOCK_LINES + 4 * SC_FORWARD_KEYS(width)) * ((width) + SC_TILE_PAD) * 2)

/* Members of a tile of the backward pass. Its kernels hold two tiles of lines, and two stages of two of
 * members. */
#define SC_BACKWARD_TILE 32
#define SC_BACKWARD_BYTES(width)                                                                   \
    ((2 * SC_BLOCK_LINES + 4 * SC_BACKWARD_TILE) * ((width) + SC_TILE_PAD) * 2)

/* In the fast mode of dQ a tile of dS is there too. */
#define SC_FAST_ROWS_STRIDE (SC_BLOCK_LINES + SC_TILE_PAD)
#define SC_BACKWARD_KEYS_BYTES(width)                                                              \
    (SC_BACKWARD_BYTES(width) + SC_BACKWARD_TILE * SC_FAST_ROWS_STRIDE * 2)

/* Up to this width an item of dK and dV is both; beyond, the registers hold one sum. */
#define SC_BACKWARD_BOTH_MAX 128

#endif
