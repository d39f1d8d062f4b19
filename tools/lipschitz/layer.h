/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_LIPSCHITZ_LAYER_H
#define SC_TOOLS_LIPSCHITZ_LAYER_H

#include "tools/lipschitz/input.h"
#include "tools/lipschitz/text.h"

/* The layer of a command line. SC_E_INPUT, SC_E_IO, SC_E_MEMORY. */

/* Weights, biases of Q, K and V, and gains from their files; the sizes. */
enum sc_status sc_lipschitz_read_weights(const struct sc_lipschitz_text *text,
                                         struct sc_lipschitz_input *input, struct sc_error *error);

/* Scale, b, positions, band and norm, of a layer whose sizes are known. */
enum sc_status sc_lipschitz_read_scores(const struct sc_lipschitz_text *text,
                                        struct sc_lipschitz_input *input, struct sc_error *error);

#endif
