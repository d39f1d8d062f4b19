/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_RECIPE_H
#define SC_FUZZ_RECIPE_H

#include "reference/status.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a case line says: everything that it takes to rebuild a problem and its inputs, bit for bit, on any machine.
 * Values come from a counter-based generator (fuzz/philox.h), each from the seed and its own place in its tensor, so
 * that a smaller recipe keeps the values of what is left. */

#define SC_RECIPE_VERSION   1
#define SC_RECIPE_LIST      64   /* entries of a list */
#define SC_RECIPE_TEXT_MAX  8192 /* bytes of a line, its end included */
#define SC_RECIPE_CLIMB_MAX 4096 /* steps of a climb */

/* What a valid recipe may take, so that to make one real is no surprise. */
#define SC_RECIPE_ELEMENTS_MAX ((int64_t)1 << 26) /* of a tensor without gaps; cells of a mask */
#define SC_RECIPE_HEADS_MAX    ((int64_t)1 << 22) /* sequences times heads */

/* Classes of values. */
enum sc_recipe_values {
    SC_VALUES_NORMAL,
    SC_VALUES_EXACT, /* results that are exact in any arithmetic: scores 0 or saturated, V and dO small integers, a
                              fingerprint of the visible set */
    SC_VALUES_ONE_HOT,    /* V one-hot: O is P, column by column */
    SC_VALUES_CANCELLING, /* large terms of a score that cancel in part */
    SC_VALUES_BIAS,       /* a score that the bias cancels */
    SC_VALUES_SUBNORMAL,  /* tensors at the bottom of the format, which ones by the seed */
    SC_VALUES_SATURATED,  /* scores far beyond +-100 */
    SC_VALUES_HUGE,       /* tensors at the top of the format, which ones by the seed */
    SC_VALUES_WIDE,       /* exponents spread over 2^+-20 */
    SC_VALUES_SPARSE,     /* most elements 0 */
    SC_VALUES_ZERO_Q,     /* Q = 0: O = sigma(b) sum V */
    SC_VALUES_SPOILED,    /* normal, with a NaN or an infinity in an element that exists */
    SC_VALUES_CLASSES
};

/* What hidden places hold: masked and padded keys, rows of no sequence, gaps, surroundings of buffers. */
enum sc_recipe_hidden {
    SC_HIDDEN_NAN,
    SC_HIDDEN_INFINITE,
    SC_HIDDEN_LARGE, /* the largest finite number */
    SC_HIDDEN_DRAWN, /* like the others of the class */
    SC_HIDDEN_ZERO,
    SC_HIDDEN_KINDS
};

/* A mask of bytes that sequences or heads have in common. */
enum sc_recipe_shared { SC_SHARED_SEQUENCES = 1, SC_SHARED_HEADS = 2 };

/* Strides of a tensor, in elements. */
struct sc_recipe_place {
    bool strided;             /* else [batch][head][row][channel] without gaps */
    int64_t batch, head, row; /* strides; 0 for a broadcast input */
    int32_t base;             /* elements past a boundary of 256 bytes, in [0, 256) */
};

/* One element that is not as drawn. */
struct sc_recipe_patch {
    int32_t tensor;  /* enum sc_tensor, an input (fuzz/prepared.h) */
    int64_t element; /* of the tensor without gaps */
    uint32_t bits;   /* in the input format */
};

struct sc_recipe {
    int32_t batch, heads_q, heads_kv, n_q, n_k, d, d_v; /* as in struct sc_problem */
    enum sc_format format_in, format_out;
    float tau;
    enum sc_bias_scope bias_scope;
    int32_t biases;               /* entries of bias; 0: b = -log of the keys of the tensor */
    float bias[SC_RECIPE_LIST];   /* of head or sequence x: entry x % biases */
    int32_t slopes_count;         /* 0: no ALiBi */
    float slopes[SC_RECIPE_LIST]; /* likewise */
    int32_t left, right;
    int32_t lengths_count;           /* 0: none */
    int32_t lengths[SC_RECIPE_LIST]; /* key lengths, likewise; at most the keys there are */
    int32_t packed_count;            /* 0: not packed */
    /* rows and keys of sequence b: entry b % packed_count, at most what is left; the last one has the rest */
    int32_t packed_q[SC_RECIPE_LIST], packed_k[SC_RECIPE_LIST];
    int32_t block_rows, block_keys; /* of a mask of bytes; 0: none */
    int32_t density;                /* of visible cells, in 16ths: 0 to 16 */
    int32_t plane_shared; /* bits of enum sc_recipe_shared: strides of the mask that are 0 */
    enum sc_recipe_values values;
    enum sc_recipe_hidden hidden;
    uint64_t seed;
    bool backward;
    int32_t climb; /* steps from here towards larger errors (fuzz/climb.h); 0: none */
    struct sc_recipe_place places[8]; /* by enum sc_tensor */
    /* The row and key numbers that values are drawn for; 0 entries: 0, 1, 2, ... */
    int32_t rows_count, keys_count;
    int32_t rows[SC_RECIPE_LIST], keys[SC_RECIPE_LIST];
    int32_t patches_count;
    struct sc_recipe_patch patches[SC_RECIPE_LIST];
    bool hashed;
    uint64_t hash; /* of what it rebuilds (fuzz/prepared.h) */
};

/* Full attention of one row, one key and one channel, normal values of seed 0. */
struct sc_recipe sc_recipe_plain(void);

/* Reads a case line, `bytes` long, with or without a newline at its end. Whatever the bytes are.
 *   recipe  receives it, valid: what it says is a problem that sc_problem_check accepts
 * SC_E_INPUT: the text says what is wrong, and where. */
enum sc_status sc_recipe_parse(const char *line, size_t bytes, struct sc_recipe *recipe,
                               struct sc_error *error);

/* Writes the line of a valid recipe, without a newline but with a NUL; its length. What is as in sc_recipe_plain is
 * left out, and two recipes that say the same have the same line.
 *   line  room for SC_RECIPE_TEXT_MAX */
size_t sc_recipe_print(const struct sc_recipe *recipe, char *line);

/* Whether a recipe is valid, as above. What a recipe does not use, such as strides of a tensor that is not strided,
 * may be anything. */
enum sc_status sc_recipe_check(const struct sc_recipe *recipe, struct sc_error *error);

/* Whether cases of a class may climb: not where every result is exact in any arithmetic, which a change would end, nor
 * where numbers are not finite. */
bool sc_recipe_climbs(enum sc_recipe_values values);

const char *sc_recipe_values_name(enum sc_recipe_values values);
const char *sc_recipe_hidden_name(enum sc_recipe_hidden hidden);

#endif
