/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_DRAW_H
#define SC_FUZZ_DRAW_H

#include "fuzz/generate.h"
#include "reference/random.h"

enum sc_draw_tensor { SC_DRAW_Q, SC_DRAW_K, SC_DRAW_V, SC_DRAW_D_O };

/* One value of a class, before it is rounded to the input format.
 *   channel  of the tensor's row
 *   format   the input format: classes at the ends of the range go by it */
double sc_draw_value(enum sc_generate_values values, enum sc_draw_tensor tensor, int32_t channel,
                     enum sc_format format, struct sc_random *random);

/* Whether a class fixes tau and b itself, and the values then. */
bool sc_draw_constants(enum sc_generate_values values, float *tau, float *bias);

#endif
