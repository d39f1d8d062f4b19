/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_LIPSCHITZ_INPUT_H
#define SC_TOOLS_LIPSCHITZ_INPUT_H

#include "reference/regularity/measure.h"
#include "tools/lipschitz/text.h"

#include <stdbool.h>
#include <stdint.h>

/* What the command line of `lipschitz` or `norms` says: a layer, and samples of tokens to measure it at. */

/* One sample: tokens in the memory of the input. */
struct sc_lipschitz_sample {
    const char *file; /* its name, or "random" */
    int32_t index;    /* in the file's batch axis; -1: it has none */
    int32_t tokens;
    double *x; /* [tokens][width] */
};

struct sc_lipschitz_input {
    struct sc_lipschitz_text text; /* the command line */
    struct sc_layer
        layer; /* of sc_lipschitz_sample n: with its tokens and bias (sc_lipschitz_layer) */
    double *w_q, *w_k, *w_v, *w_o, *beta_q, *beta_k, *beta_v, *bias, *slopes, *gain_q, *gain_k;
    bool minus_log; /* b = -log of the sample's tokens */
    struct sc_lipschitz_sample *samples;
    int32_t samples_count;
    bool sigmoid, softmax; /* which are asked for */
    struct sc_measure_options options;
    const char *plot; /* the picture's name; NULL: none */
    double *radii;    /* of --radius */
    int32_t radii_count;
    bool json;
};

/* Reads the files that a command line names, and checks the layer.
 *   text   of sc_lipschitz_split; borrowed and kept
 *   input  receives everything; sc_lipschitz_input_destroy frees it, after a failure too
 * SC_E_INPUT, SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_lipschitz_input_read(const struct sc_lipschitz_text *text,
                                       struct sc_lipschitz_input *input, struct sc_error *error);
void sc_lipschitz_input_destroy(struct sc_lipschitz_input *input);

/* Parts of it, for a layer that is not in files. How to measure: threads, kinds, limits. */
enum sc_status sc_lipschitz_read_how(const struct sc_lipschitz_text *text,
                                     struct sc_lipschitz_input *input, struct sc_error *error);
/* Adds a sample; x, [tokens][width], is the input's then, and freed on a failure. */
enum sc_status sc_lipschitz_add_sample(struct sc_lipschitz_input *input, const char *file,
                                       int32_t index, int32_t tokens, double *x,
                                       struct sc_error *error);
/* Points the layer to the input's arrays, and checks it at every sample. */
enum sc_status sc_lipschitz_connect(struct sc_lipschitz_input *input, struct sc_error *error);

/* The layer of a sample. */
struct sc_layer sc_lipschitz_layer(struct sc_lipschitz_input *input, int32_t sample,
                                   enum sc_layer_kind kind);

#endif
