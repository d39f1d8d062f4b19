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
/* SC_GROUP_INSTANCE(width, x)  x, where instances of a width multiply by warpgroups too: whole panels, in registers */
#define SC_GROUP_INSTANCE(width, ...) SC_GROUP_INSTANCE_##width(__VA_ARGS__)
#define SC_GROUP_INSTANCE_32(...)
#define SC_GROUP_INSTANCE_64(...) __VA_ARGS__
#define SC_GROUP_INSTANCE_96(...)
#define SC_GROUP_INSTANCE_128(...) __VA_ARGS__
#define SC_GROUP_INSTANCE_192(...)
#define SC_GROUP_INSTANCE_256(...)
#define SC_INSTANCE_FORMAT_bf16 SC_FORMAT_BF16
#define SC_INSTANCE_FORMAT_fp16 SC_FORMAT_FP16

/* Warps and threads of a block of the kernels that are not on tensor cores. */
#define SC_BLOCK_WARPS   4
#define SC_BLOCK_THREADS 128

/* Elements between the rows of a tile in shared memory, beyond its width. */
#define SC_TILE_PAD 8

/* How the kernels on tensor cores are cut, by width; what each choice is to gain: kernels/NOTES.md. A compiler
 * may be given others: -D'SC_FORWARD_WARPS(width)=8'.
 *   WARPS      of a block, a power of two, at least 4
 *   FRAGMENTS  of 16 lines that a warp has: each fragment of members it loads is multiplied with so many
 *   TILE       members that are copied at a time, a power of two, at least 16
 *   PIECE      of those, whose scores a warp has in registers at a time: a multiple of 16 that divides TILE
 *   KEPT       1: the lines stay in registers; 0: they are read again for each piece
 *   RUNS       1: plain tiles in runs (kernels/tensor_run_body.h), tiles in four stages; 0: each by itself, in two
 *   BLOCKS     on a multiprocessor, at least: bounds the registers */
#ifndef SC_FORWARD_WARPS
#define SC_FORWARD_WARPS(width) 4
#endif
#ifndef SC_FORWARD_FRAGMENTS
#define SC_FORWARD_FRAGMENTS(width) ((width) <= 192 ? 2 : 1)
#endif
#ifndef SC_FORWARD_TILE
#define SC_FORWARD_TILE(width) 32
#endif
#ifndef SC_FORWARD_PIECE
#define SC_FORWARD_PIECE(width) ((width) >= 192 ? 32 : 16)
#endif
#ifndef SC_FORWARD_KEPT
#define SC_FORWARD_KEPT(width) ((width) <= 96 ? 1 : 0)
#endif
#ifndef SC_FORWARD_RUNS
#define SC_FORWARD_RUNS(width) ((width) <= 128 ? 1 : 0)
#endif
#ifndef SC_FORWARD_BLOCKS
#define SC_FORWARD_BLOCKS(width) 2
#endif

#ifndef SC_ROWS_WARPS
#define SC_ROWS_WARPS(width) ((width) == 128 ? 8 : 4)
#endif
#ifndef SC_ROWS_FRAGMENTS
#define SC_ROWS_FRAGMENTS(width) ((width) <= 128 ? 2 : 1)
#endif
#ifndef SC_ROWS_TILE
#define SC_ROWS_TILE(width) 32
#endif
#ifndef SC_ROWS_PIECE
#define SC_ROWS_PIECE(width) ((width) <= 128 ? 16 : 32)
#endif
#ifndef SC_ROWS_KEPT
#define SC_ROWS_KEPT(width) ((width) <= 64 ? 1 : 0)
#endif
#ifndef SC_ROWS_RUNS
#define SC_ROWS_RUNS(width) ((width) <= 128 ? 1 : 0)
#endif
#ifndef SC_ROWS_BLOCKS
#define SC_ROWS_BLOCKS(width) ((width) == 128 || (width) > 192 ? 1 : 2)
#endif

#ifndef SC_KEYS_WARPS
#define SC_KEYS_WARPS(width) ((width) == 128 ? 8 : 4)
#endif
#ifndef SC_KEYS_FRAGMENTS
#define SC_KEYS_FRAGMENTS(width) ((width) <= 64 ? 2 : 1)
#endif
#ifndef SC_KEYS_TILE
#define SC_KEYS_TILE(width) ((width) == 128 ? 64 : 32)
#endif
#ifndef SC_KEYS_PIECE
#define SC_KEYS_PIECE(width) ((width) <= 128 ? 16 : 32)
#endif
#ifndef SC_KEYS_KEPT
#define SC_KEYS_KEPT(width) 0
#endif
#ifndef SC_KEYS_RUNS
#define SC_KEYS_RUNS(width) ((width) <= 128 ? 1 : 0)
#endif
#ifndef SC_KEYS_BLOCKS
#define SC_KEYS_BLOCKS(width) ((width) == 128 || (width) > 192 ? 1 : 2)
#endif

/* Lines of a block: query rows, or keys in the kernel of dK and dV. */
#define SC_FORWARD_LINES(width) (16 * SC_FORWARD_FRAGMENTS(width) * SC_FORWARD_WARPS(width))
#define SC_ROWS_LINES(width)    (16 * SC_ROWS_FRAGMENTS(width) * SC_ROWS_WARPS(width))
#define SC_KEYS_LINES(width)    (16 * SC_KEYS_FRAGMENTS(width) * SC_KEYS_WARPS(width))

/* The same by products of warpgroups, for the widths of SC_GROUP_INSTANCE. A tile is a piece, and 64 lines are a team's
 * (kernels/team.h).
 *   TEAMS   of a block, which share the tiles; a multiprocessor has one block
 *   PACKED  2: a piece is rounded beside products; 1: after them
 *   LAST    1: a tile's last products are started before another's first ones; 0: after them */
#define SC_GROUP_LINES 64
#define SC_GROUP_WARPS 4
#define SC_GROUP_RING  6 /* tiles of each of two tensors (kernels/tensor_group_run_body.h) */
#ifndef SC_FORWARD_GROUP_TEAMS
#define SC_FORWARD_GROUP_TEAMS(width) 3
#endif
#ifndef SC_FORWARD_GROUP_TILE
#define SC_FORWARD_GROUP_TILE(width) ((width) <= 64 ? 64 : 32)
#endif
#ifndef SC_FORWARD_GROUP_KEPT
#define SC_FORWARD_GROUP_KEPT(width) ((width) <= 64 ? 1 : 0)
#endif
#ifndef SC_FORWARD_GROUP_PACKED
#define SC_FORWARD_GROUP_PACKED(width) ((width) <= 64 ? 2 : 1)
#endif
#ifndef SC_FORWARD_GROUP_LAST
#define SC_FORWARD_GROUP_LAST(width) ((width) <= 64 ? 0 : 1)
#endif

#ifndef SC_ROWS_GROUP_TEAMS
#define SC_ROWS_GROUP_TEAMS(width) ((width) <= 64 ? 3 : 2)
#endif
#ifndef SC_ROWS_GROUP_TILE
#define SC_ROWS_GROUP_TILE(width) 32
#endif
#ifndef SC_ROWS_GROUP_KEPT
#define SC_ROWS_GROUP_KEPT(width) 0
#endif
#ifndef SC_ROWS_GROUP_PACKED
#define SC_ROWS_GROUP_PACKED(width) 1
#endif
#ifndef SC_ROWS_GROUP_LAST
#define SC_ROWS_GROUP_LAST(width) ((width) <= 64 ? 1 : 0)
#endif

#ifndef SC_KEYS_GROUP_TEAMS
#define SC_KEYS_GROUP_TEAMS(width) 2
#endif
#ifndef SC_KEYS_GROUP_TILE
#define SC_KEYS_GROUP_TILE(width) 32
#endif
#ifndef SC_KEYS_GROUP_KEPT
#define SC_KEYS_GROUP_KEPT(width) ((width) <= 64 ? 1 : 0)
#endif
#ifndef SC_KEYS_GROUP_PACKED
#define SC_KEYS_GROUP_PACKED(width) ((width) <= 64 ? 1 : 2)
#endif
#ifndef SC_KEYS_GROUP_LAST
#define SC_KEYS_GROUP_LAST(width) ((width) <= 64 ? 1 : 0)
#endif

/* Shared memory of a block: so many tensors' lines of its teams, the ring and a stage of each team, of two tensors, and
 * two gates of 8 bytes for each place of the ring. */
#define SC_GROUP_BYTES(teams, tensors, tile, width)                                                \
    (((teams) * (tensors)*SC_GROUP_LINES + 2 * (SC_GROUP_RING + (teams)) * (tile)) * (width)*2 +   \
     2 * SC_GROUP_RING * 8)
#define SC_FORWARD_GROUP_BYTES(width)                                                              \
    SC_GROUP_BYTES(SC_FORWARD_GROUP_TEAMS(width), 1, SC_FORWARD_GROUP_TILE(width), width)
#define SC_ROWS_GROUP_BYTES(width)                                                                 \
    SC_GROUP_BYTES(SC_ROWS_GROUP_TEAMS(width), 2, SC_ROWS_GROUP_TILE(width), width)
#define SC_KEYS_GROUP_BYTES(width)                                                                 \
    SC_GROUP_BYTES(SC_KEYS_GROUP_TEAMS(width), 2, SC_KEYS_GROUP_TILE(width), width)

/* Elements from row to row of the tile of dS that the fast mode of dQ has. */
#define SC_FAST_ROWS_STRIDE(width) (SC_KEYS_LINES(width) + SC_TILE_PAD)

/* Shared memory: the lines of Q, or of two tensors, and the stages of two tiles of members. */
#define SC_STAGES_OF(runs) ((runs) ? 4 : 2)
#define SC_LINES_BYTES(lines, tile, runs, width)                                                   \
    (((lines) + 2 * SC_STAGES_OF(runs) * (tile)) * ((width) + SC_TILE_PAD) * 2)
#define SC_FORWARD_BYTES(width)                                                                    \
    SC_LINES_BYTES(SC_FORWARD_LINES(width), SC_FORWARD_TILE(width), SC_FORWARD_RUNS(width), width)
#define SC_ROWS_BYTES(width)                                                                       \
    SC_LINES_BYTES(2 * SC_ROWS_LINES(width), SC_ROWS_TILE(width), SC_ROWS_RUNS(width), width)
#define SC_KEYS_BYTES(width)                                                                       \
    (SC_LINES_BYTES(2 * SC_KEYS_LINES(width), SC_KEYS_TILE(width), SC_KEYS_RUNS(width), width) +   \
     SC_KEYS_TILE(width) * SC_FAST_ROWS_STRIDE(width) * 2)

/* Up to this width an item of dK and dV is both; beyond, the registers hold one sum. */
#define SC_BACKWARD_BOTH_MAX 128

#endif
