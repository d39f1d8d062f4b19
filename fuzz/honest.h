/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_HONEST_H
#define SC_FUZZ_HONEST_H

#include "reference/oracle/tier.h"
#include "reference/random.h"
#include "reference/status.h"
#include "spec/arithmetic.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* Honest kernels: plain code that keeps a declared arithmetic (spec/arithmetic.h) to the last bit, in an order, a
 * tiling, parts and an activation that are drawn within what the declaration leaves open. Flushing and truncation are
 * computed, never a mode of the processor. */

/* What a kernel is like; the rest of it is drawn too. */
enum sc_honest_kind {
    SC_HONEST_DECLARED,  /* the order of spec/schedule.h, every core */
    SC_HONEST_FMA,       /* fp32 fma in any order: chains, lanes, trees, products rounded */
    SC_HONEST_TILED,     /* a tensor core, tiles that begin anywhere, steps that are not full */
    SC_HONEST_STEPS,     /* a tensor core, steps of any terms, sums of steps added in fp32 */
    SC_HONEST_PRELOADED, /* scores that start from b / tau */
    SC_HONEST_PARTS,     /* keys cut anywhere, parts stored in fp32 or 16 bit */
    SC_HONEST_HEADS,     /* dK and dV by head, stored in fp32 or 16 bit */
    SC_HONEST_FLUSH,     /* subnormal fp32 numbers are 0, always or now and then */
    SC_HONEST_TRUNCATE,  /* 16-bit roundings toward zero, always or now and then */
    SC_HONEST_PRODUCTS,  /* p (1 - p) dP as products */
    SC_HONEST_ONE_TERM,  /* rcp(1 + ex2(-s log2 e)), one product */
    SC_HONEST_TWO_TERMS, /* the same with two terms of log2 e */
    SC_HONEST_MIXED,     /* everything drawn */
    SC_HONEST_KINDS
};

/* The name of a kind, for a message. */
const char *sc_honest_kind_name(enum sc_honest_kind kind);

/* Where the activation lies within its limits; or which one it is. */
enum sc_honest_activation {
    SC_HONEST_LOWEST,
    SC_HONEST_HIGHEST,
    SC_HONEST_EITHER, /* by a hash of the score */
    SC_HONEST_EX2_ONE,
    SC_HONEST_EX2_TWO
};

struct sc_honest {
    struct sc_kernel_arithmetic arithmetic;
    enum sc_honest_activation activation;
    bool now_and_then; /* flushes and truncates by coin, where it may */
    bool
        scale_first; /* parts are multiplied by tau before they are stored and added, where they may be */
    uint64_t seed; /* of orders, tilings, borders and coins: the same for the same element */
};

/* A kernel of a kind that suits a problem: tensor cores for 16-bit inputs only. */
void sc_honest_draw(enum sc_honest_kind kind, const struct sc_problem *problem,
                    struct sc_random *random, struct sc_honest *honest);

/* Draws one trait again: the activation, the seed, or another that any kind may have. */
void sc_honest_redraw(struct sc_random *random, struct sc_honest *honest);

/* What a kernel computed, in fp32, before it is rounded to the format of the output: dense, in the order
 * [sequence][head][row or key][channel] over the problem's largest extents. */
struct sc_honest_outputs {
    float *o, *d_q, *d_k, *d_v, *d_b;
    int32_t *additions; /* of d_b: on the longest path, those of an exact 0 left out */
    float *store;       /* what the above point into; freed by the caller */
};

/* Where row or key `index` of a head stands in an output of `extent` rows or keys. */
int64_t sc_honest_at(int32_t heads, int32_t extent, int32_t width, int32_t b, int32_t head,
                     int32_t index);

/* Runs a kernel on a problem, forward and backward.
 *   values   decoded, with d_o
 *   outputs  receives what it allocates
 * SC_E_INPUT a sum of more than SC_HONEST_TERMS_MAX terms. SC_E_MEMORY. */
#define SC_HONEST_TERMS_MAX 1024
enum sc_status sc_honest_run(const struct sc_honest *honest, const struct sc_problem *problem,
                             const struct sc_oracle_values *values,
                             struct sc_honest_outputs *outputs, struct sc_error *error);

/* The output of a format that the kernel makes of an fp32 result. `place` names the element, for the coins. */
double sc_honest_store(const struct sc_honest *honest, enum sc_format format, float result,
                       uint64_t place);

#endif
