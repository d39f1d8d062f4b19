/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_NORMS_RANDOM_H
#define SC_TOOLS_NORMS_RANDOM_H

#include "tools/norms/input.h"

/* --random and what belongs to it; draws the weights. SC_E_INPUT, SC_E_MEMORY. */
enum sc_status sc_norms_read_random(const struct sc_lipschitz_text *text,
                                    struct sc_norms_input *input, struct sc_error *error);

#endif
