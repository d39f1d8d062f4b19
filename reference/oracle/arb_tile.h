/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_ARB_TILE_H
#define SC_REFERENCE_ORACLE_ARB_TILE_H

#include "reference/oracle/arb_score.h"
#include "reference/oracle/tier.h"

#include <stdbool.h>
#include <stdint.h>

/* The weights of a tile of (row, key) pairs in ball arithmetic. */

/* Extents: what is asked for, and the other side of the pairs. */
#define SC_ARB_LIST  16
#define SC_ARB_BLOCK 64

/* Balls of one thread, and what the last sc_arb_tile_compute left: row r of a matrix has its elements
 * from r * keys on. */
struct sc_arb_tile {
    const struct sc_problem *problem;
    const struct sc_oracle_values *values;
    slong precision;
    int32_t b, h, g;
    int32_t row_room, key_room;
    int32_t rows, keys;
    const int32_t *row_index, *key_index;
    arb_ptr q, k, v, d_o; /* packed rows, exact */
    arb_ptr p, d_s;       /* 0 where the row does not see the key */
    bool *seen;           /* of each pair */
    struct sc_arb_constants constants;
};

/* Balls for tiles of at most `rows` x `keys` pairs. problem and values are borrowed and kept.
 * SC_E_MEMORY: then nothing is held. (FLINT ends the process when memory runs out inside of it.) */
enum sc_status sc_arb_tile_create(struct sc_arb_tile *tile, const struct sc_problem *problem,
                                  const struct sc_oracle_values *values, slong precision,
                                  int32_t rows, int32_t keys, struct sc_error *error);

/* Frees what it holds. */
void sc_arb_tile_destroy(struct sc_arb_tile *tile);

/* Takes rows of (sequence b, query head h), or keys of (sequence b, key head g). `index` is borrowed. */
void sc_arb_tile_rows(struct sc_arb_tile *tile, int32_t b, int32_t h, const int32_t *index,
                      int32_t count);
void sc_arb_tile_keys(struct sc_arb_tile *tile, int32_t b, int32_t g, const int32_t *index,
                      int32_t count);

/* Computes p, and with `gradients` d_s. */
void sc_arb_tile_compute(struct sc_arb_tile *tile, bool gradients);

#endif
