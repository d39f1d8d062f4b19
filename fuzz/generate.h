/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_GENERATE_H
#define SC_FUZZ_GENERATE_H

#include "reference/status.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* Small random problems with their inputs, weighted to edges: every mask kind of the spec, alone and
 * together, grouped heads, strides with gaps and broadcasts, empty sequences, and value classes from
 * subnormal to saturated. Everything masked out or between rows is NaN, so that a reader of it shows. */

enum sc_generate_mask {
    SC_GENERATE_FULL,
    SC_GENERATE_CAUSAL,
    SC_GENERATE_WINDOW,
    SC_GENERATE_KEY_LENGTHS,
    SC_GENERATE_PACKED,
    SC_GENERATE_ALIBI,
    SC_GENERATE_BLOCK,
    SC_GENERATE_DENSE,
    SC_GENERATE_MASKS /* their number */
};

enum sc_generate_values {
    SC_GENERATE_NORMAL,     /* about normal(0, 1) */
    SC_GENERATE_CANCELLING, /* scores whose large terms cancel in part */
    SC_GENERATE_SATURATED,  /* scores far beyond +-100 */
    SC_GENERATE_SUBNORMAL,  /* at the bottom of the format */
    SC_GENERATE_WIDE,       /* exponents spread over 2^+-20 */
    SC_GENERATE_SPARSE,     /* one-hot V, many zeros in Q and K */
    SC_GENERATE_VALUES,     /* their number; the rest comes from sc_generate_hostile alone */
    SC_GENERATE_BIAS = SC_GENERATE_VALUES, /* products of up to 2^24 that the bias cancels */
    SC_GENERATE_SCALES,                    /* 2^100 and 2^-100 side by side */
    SC_GENERATE_EXTREME, /* terms of up to 2^254 that cancel exactly, others of order 1 beside them */
    SC_GENERATE_UNDERFLOW, /* every p v a little below half of the least double */
    SC_GENERATE_EDGE,      /* scores around -700 and 700 */
    SC_GENERATE_INTEGERS,  /* -1, 0 and 1: scores that are 0, sums that are exact */
    SC_GENERATE_CLASSES
};

/* A problem with the arrays that it points to. */
struct sc_case {
    uint64_t seed;
    enum sc_generate_mask mask;
    enum sc_generate_values values;
    struct sc_problem problem;
    float *q, *k, *v; /* decoded, in the problem's strides */
    float *d_o;       /* a gradient by O, in the strides of O */
    float *bias, *slopes;
    int32_t *key_lengths, *starts_q, *starts_k;
    uint8_t *plane;
};

/* The name of a mask kind or a value class, for a message. */
const char *sc_generate_mask_name(enum sc_generate_mask mask);
const char *sc_generate_values_name(enum sc_generate_values values);

/* Builds the case of a seed: the same on every machine. The mask kind is seed % SC_GENERATE_MASKS, and
 * the class runs over all pairs in SC_GENERATE_MASKS * SC_GENERATE_VALUES successive seeds; the
 * problem passes sc_problem_check.
 *   built  receives the case; sc_generate_destroy frees what it holds
 * SC_E_MEMORY; then *built holds nothing. */
enum sc_status sc_generate_case(uint64_t seed, struct sc_case *built, struct sc_error *error);

/* The same with every class of values, SC_GENERATE_MASKS * SC_GENERATE_CLASSES pairs in successive
 * seeds, for code that must stand numbers out of any ordinary range; one case in 32,
 * and one in 4 of SC_GENERATE_UNDERFLOW, has 250 to 340 rows and keys, beyond the tiles of the oracle. */
enum sc_status sc_generate_hostile(uint64_t seed, struct sc_case *built, struct sc_error *error);

/* The same for our kernels: lengths and channels (1 to 256) around the edges of their tiles, one case in four with
 * fp32 inputs, and one in three with a NaN or an infinity in an element that exists. The classes are those of
 * sc_generate_hostile. */
enum sc_status sc_generate_tiled(uint64_t seed, struct sc_case *built, struct sc_error *error);

/* A small case of a class and an input format, for what is tried very often: up to 12 rows, keys and channels,
 * now and then 40; tiny: up to 3 rows and keys, one sequence and one key head. */
enum sc_status sc_generate_small(uint64_t seed, enum sc_generate_values values,
                                 enum sc_format format, bool tiny, struct sc_case *built,
                                 struct sc_error *error);

/* Frees what a case holds. */
void sc_generate_destroy(struct sc_case *built);

#endif
