/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_LIPSCHITZ_INPUT_H
#define SC_TOOLS_LIPSCHITZ_INPUT_H

#include "reference/regularity/measure.h"
#include "tools/lipschitz/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The command line of `lipschitz`: a layer, and samples of tokens to measure it at. */

/* One sample: tokens in the memory of the input. */
struct sc_lipschitz_sample {
    const char *file;
    int32_t index; /* in the file's batch axis; -1: it has none */
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
    bool json, help;
};

/* Reads the command line and the files it names, and checks the layer. With --check the options alone: no layer is read.
 *   input  receives everything; sc_lipschitz_input_destroy frees it, after a failure too
 * SC_E_INPUT, SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_lipschitz_input_read(int argc, char **argv, struct sc_lipschitz_input *input,
                                       struct sc_error *error);
void sc_lipschitz_input_destroy(struct sc_lipschitz_input *input);

/* The layer of a sample. */
struct sc_layer sc_lipschitz_layer(struct sc_lipschitz_input *input, int32_t sample,
                                   enum sc_layer_kind kind);

#endif
