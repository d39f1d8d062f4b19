/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_BALLS_H
#define SC_REFERENCE_REGULARITY_BALLS_H

#include "reference/regularity/layer.h"

#include <arb_mat.h>
#include <flint/flint.h>

/* A layer at given tokens in ball arithmetic (Arb): what certificates rest on. Every ball holds the exact value. */
struct sc_balls {
    const struct sc_layer *layer;
    slong precision;
    int32_t threads;
    arb_ptr q, k;         /* [heads][tokens][d], after norm and rotation */
    arb_ptr v;            /* [heads][tokens][d_v] */
    arb_ptr raw_q, raw_k; /* q and k before norm and rotation; NULL without a norm */
};

#define SC_BALLS_PRECISION 128

/* Computes queries, keys and values at tokens x, [tokens][width].
 *   layer  one that sc_layer_check accepts; borrowed and kept
 *   balls  receives them; sc_balls_destroy frees what it holds
 * SC_E_MEMORY. (FLINT ends the process when memory runs out inside of it.) */
enum sc_status sc_balls_create(const struct sc_layer *layer, const double *x, int32_t threads,
                               struct sc_balls *balls, struct sc_error *error);
void sc_balls_destroy(struct sc_balls *balls);

/* Rows of doubles as balls, and x W^T + beta of one row: `channels` balls. */
arb_ptr sc_balls_vector(const double *x, int64_t count);
void sc_balls_project(arb_srcptr x, const struct sc_layer *layer, arb_srcptr w, const double *beta,
                      int32_t channels, slong precision, arb_ptr row);

/* Rows of tokens are taken in blocks: their number, how many rows there are from row `first` on in its block. And for
 * products with all tokens the rows of each head turned, [heads], each [channels][tokens]. */
#define SC_BALLS_BLOCK 64
int64_t sc_balls_blocks(const struct sc_layer *layer);
int64_t sc_balls_block_rows(const struct sc_layer *layer, int64_t first);
arb_mat_struct *sc_balls_turned(const struct sc_layer *layer, arb_srcptr rows, int32_t channels);
void sc_balls_turned_clear(const struct sc_layer *layer, arb_mat_struct *turned);

/* The middle of a ball in binary64; *absolute grows to its radius. */
double sc_balls_round_one(const arb_t x, double *absolute);

/* Numbers next to what a set of balls holds: |exact - value| <= relative |value| + absolute for each. */
struct sc_nearness {
    double relative, absolute;
};

/* The weights of every head, [heads][tokens][tokens], rounded to binary64; exactly 0 where row i does not see key j.
 *   near  receives how near. SC_E_MEMORY. */
enum sc_status sc_balls_weights(const struct sc_balls *balls, double *p, struct sc_nearness *near,
                                struct sc_error *error);

/* The balls of a layer at tokens and its weights, in one: as sc_balls_create and sc_balls_weights.
 *   p  receives [heads][tokens][tokens], the caller's to free, after a failure too
 * SC_E_MEMORY. */
enum sc_status sc_balls_weigh(const struct sc_layer *layer, const double *x, int32_t threads,
                              struct sc_balls *balls, double **p, struct sc_nearness *near,
                              struct sc_error *error);

/* Queries, keys and values rounded likewise; NULL: not wanted. */
void sc_balls_round(const struct sc_balls *balls, double *q, double *k, double *v,
                    struct sc_nearness *near);

/* <= ||J t|| and >= ||J t||, at those tokens, of a direction t, [tokens][width].
 *   p, near  of sc_balls_weights
 * SC_E_MEMORY. */
enum sc_status sc_balls_push(const struct sc_balls *balls, const double *p,
                             const struct sc_nearness *near, const double *t, double *low,
                             double *high, struct sc_error *error);

#endif
