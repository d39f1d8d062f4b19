/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FP64_TILE_H
#define SC_REFERENCE_ORACLE_FP64_TILE_H

#include "reference/oracle/tier.h"

#include <stdbool.h>
#include <stdint.h>

/* The weights of a tile of (row, key) pairs in fp64, with error bounds, through OpenBLAS. */

/* Most rows and keys of a tile: the terms of one product sum. Its relative error grows with it and its
 * speed too. */
#define SC_FP64_TILE 256

/* Scratch of one thread, and what the last sc_fp64_tile_compute left: row r of a matrix has its elements
 * from r * keys on. */
struct sc_fp64_tile {
    const struct sc_problem *problem;
    const struct sc_oracle_values *values;
    int32_t b, h, g;    /* sequence, query head, key head */
    int32_t rows, keys; /* extents now, at most SC_FP64_TILE */
    const int32_t *row_index, *key_index;
    int64_t *row_seen, *key_seen; /* pairs that a row or key was seen in since it was taken */
    double *q, *k, *v, *d_o;      /* packed rows */
    double *q_size, *k_size, *v_size, *d_o_size; /* their absolute values */
    double *p, *p_radius;     /* weights; (p_radius |v|) bounds the error of a product sum of p v */
    double *d_s, *d_s_radius; /* gradients by the score, likewise */
    double *x, *delta, *derivative, *derivative_error; /* one row */
    uint8_t *seen;                                     /* one row */
    double *memory;
};

/* Scratch for tiles of at most `rows` x `keys` pairs, each at most SC_FP64_TILE. problem and values are
 * borrowed and kept. SC_E_MEMORY: then nothing is held. */
enum sc_status sc_fp64_tile_create(struct sc_fp64_tile *tile, const struct sc_problem *problem,
                                   const struct sc_oracle_values *values, int32_t rows,
                                   int32_t keys, struct sc_error *error);

/* Frees what it holds. */
void sc_fp64_tile_destroy(struct sc_fp64_tile *tile);

/* Takes `count` rows of (sequence b, query head h), or keys of (sequence b, key head g): Q and dO, or K
 * and V, as doubles. `index` is borrowed until the tile has others. */
void sc_fp64_tile_rows(struct sc_fp64_tile *tile, int32_t b, int32_t h, const int32_t *index,
                       int32_t count);
void sc_fp64_tile_keys(struct sc_fp64_tile *tile, int32_t b, int32_t g, const int32_t *index,
                       int32_t count);

/* Computes p and bounds of its error in p_radius; with `gradients` d_s and d_s_radius too, for product
 * sums whose relative error is at most sum_unit. */
void sc_fp64_tile_compute(struct sc_fp64_tile *tile, bool gradients, double sum_unit);

/* Makes p_radius a radius for product sums whose relative error is at most sum_unit. Once per
 * computed tile. */
void sc_fp64_tile_forward(struct sc_fp64_tile *tile, double sum_unit);

/* result = a b, or a' b with `transposed`, all row by row: a product sum over `terms` <= SC_FP64_TILE
 * terms. */
void sc_fp64_tile_product(bool transposed, int32_t rows, int32_t columns, int32_t terms,
                          const double *a, const double *b, double *result);

#endif
