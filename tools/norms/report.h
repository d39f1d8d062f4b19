/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_NORMS_REPORT_H
#define SC_TOOLS_NORMS_REPORT_H

#include "tools/norms/measure.h"

#include <jansson.h>
#include <stdio.h>

/* Norms of the weights, the same at every sample: certified from above. */
struct sc_norms_weights {
    double score_form, values; /* ||A||, A = c W_q^T W_k, and ||W_v|| */
};

/* One sample without a sweep. */
struct sc_norms_sample {
    const struct sc_norms_place *place;
    const struct sc_norms_weights *weights; /* [heads] */
    struct sc_statistics_tokens tokens;
    const struct sc_norms_result *sigmoid, *softmax; /* NULL: not asked for */
};

/* It as a table, head by head. */
void sc_norms_print(const struct sc_norms_input *input, const struct sc_norms_sample *sample,
                    FILE *out);

/* The attention norms of all samples: min, mean, max. */
void sc_norms_print_all(const char *kind, const double *norms, int32_t count, FILE *out);

/* What the numbers mean, in words. */
void sc_norms_print_meaning(FILE *out);

/* It as an object; NULL: no memory. The caller releases it. */
json_t *sc_norms_json(const struct sc_norms_input *input, const struct sc_norms_sample *sample);

#endif
