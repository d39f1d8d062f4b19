/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_GENERATE_H
#define SC_FUZZ_GENERATE_H

#include "reference/status.h"
#include "spec/attention.h"

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
    SC_GENERATE_VALUES
};

/* A problem with the arrays that it points to. */
struct sc_case {
    uint64_t seed;
    enum sc_generate_mask mask;
    enum sc_generate_values values;
    struct sc_problem problem;
    float *q, *k, *v; /* decoded, in the problem's strides */
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

/* Frees what a case holds. */
void sc_generate_destroy(struct sc_case *built);

#endif
