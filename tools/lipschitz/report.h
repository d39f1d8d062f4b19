/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_LIPSCHITZ_REPORT_H
#define SC_TOOLS_LIPSCHITZ_REPORT_H

#include "reference/regularity/local.h"
#include "tools/lipschitz/input.h"

#include <jansson.h>
#include <stdio.h>

/* What was measured of one sample; NULL: not asked for. */
struct sc_lipschitz_pair {
    const struct sc_measurement *sigmoid, *softmax;
    const struct sc_local *sigmoid_local, *softmax_local; /* two a radius (local.h) */
};

/* The layer, in a line.
 *   with_bias  whether its b is the one that is used */
void sc_lipschitz_print_layer(const struct sc_lipschitz_input *input, bool with_bias, FILE *out);

/* One sample as a table, each bound beside its ratio to the certified lower bound. */
void sc_lipschitz_print(const struct sc_lipschitz_input *input, int32_t sample,
                        const struct sc_lipschitz_pair *pair, FILE *out);

/* What the numbers mean, in words. */
void sc_lipschitz_print_meaning(const struct sc_lipschitz_input *input, FILE *out);

/* One sample as an object; NULL: no memory. The caller releases it. */
json_t *sc_lipschitz_json(const struct sc_lipschitz_input *input, int32_t sample,
                          const struct sc_lipschitz_pair *pair);

#endif
