/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_WORST_INPUT_H
#define SC_TOOLS_WORST_INPUT_H

#include "reference/regularity/worst.h"

#include <stdbool.h>
#include <stdint.h>

/* Tokens of one search: all pairs of them are scores in memory. */
#define SC_WORST_TOKENS_MAX 16384

/* The command line of `worst`: a layer without tokens, and the sweep. */
struct sc_worst_input {
    struct sc_layer layer; /* of n tokens: sc_worst_input_layer */
    double *w_q, *w_k, *w_v, *bias;
    bool identity;  /* W_q, W_k and W_v are the identity (--d) */
    bool minus_log; /* b = -log n */
    int32_t *tokens;
    double *radii;
    int32_t tokens_count, radii_count;
    bool sigmoid, softmax; /* which are asked for */
    struct sc_worst_options options;
    const char *data; /* file for the table; NULL: none; of argv */
    const char *plot; /* name of the picture, likewise */
    bool json, help;
};

extern const char sc_worst_help[];

/* Reads the command line and the files it names, and checks the layer.
 *   input  receives everything; sc_worst_input_destroy frees it, after a failure too
 * SC_E_INPUT, SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_worst_input_read(int argc, char **argv, struct sc_worst_input *input,
                                   struct sc_error *error);
void sc_worst_input_destroy(struct sc_worst_input *input);

/* The layer at n tokens; its bias is the input's, until the next call. */
struct sc_layer sc_worst_input_layer(struct sc_worst_input *input, int32_t n,
                                     enum sc_layer_kind kind);

#endif
