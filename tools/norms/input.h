/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_NORMS_INPUT_H
#define SC_TOOLS_NORMS_INPUT_H

#include "tools/lipschitz/input.h"

/* The command line of `norms`. */

#define SC_NORMS_TOKENS_MAX 65536 /* of a random sample or of a sweep; its channels too */

enum sc_norms_position {
    SC_NORMS_GIVEN, /* what the layer's own options say */
    SC_NORMS_NONE,
    SC_NORMS_SINCOS, /* added to the tokens */
    SC_NORMS_ROPE,
    SC_NORMS_ALIBI,
    SC_NORMS_POSITIONS
};

/* One b of a sweep. */
struct sc_norms_bias {
    bool minus_log; /* -log n */
    double value;
};

struct sc_norms_input {
    struct sc_lipschitz_input base; /* of --random: without samples */
    bool random;
    int32_t random_tokens, random_samples;
    double common;
    uint64_t seed;
    struct sc_norms_bias *biases; /* NULL: no sweep */
    int32_t biases_count;
    int32_t *lengths; /* NULL: no sweep */
    int32_t lengths_count;
    enum sc_norms_position positions[SC_NORMS_POSITIONS];
    int32_t positions_count; /* at least 1 */
    bool scaled;
    double layer_scale;
    enum sc_layer_norm hybrid;
    double hybrid_epsilon;
    double bounds_max; /* certified bounds where heads n^2 is at most that */
};

extern const char sc_norms_help[];
const char *sc_norms_position_name(enum sc_norms_position position);

/* Reads the files that a command line names, or draws the weights.
 *   text   of sc_lipschitz_split; borrowed and kept
 *   input  all zero at first; sc_norms_input_destroy frees it, after a failure too
 * SC_E_INPUT, SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_norms_input_read(const struct sc_lipschitz_text *text,
                                   struct sc_norms_input *input, struct sc_error *error);
void sc_norms_input_destroy(struct sc_norms_input *input);

#endif
