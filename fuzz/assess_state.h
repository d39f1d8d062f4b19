/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_ASSESS_STATE_H
#define SC_FUZZ_ASSESS_STATE_H

#include "fuzz/assess.h"
#include "fuzz/exact_result.h"
#include "fuzz/model.h"

/* What the files of an assessment share. */

struct sc_assess_state {
    const struct sc_prepared *prepared;
    const struct sc_problem *p;
    struct sc_oracle_values values;
    const struct sc_outcome *outcome;
    const struct sc_assess_options *options;
    struct sc_assessment *found;
    struct sc_models models;
    struct sc_standing standings[SC_MODELS_MAX];
    int32_t looked_at; /* of the models, for this line */
    struct sc_oracle *oracle;
    struct sc_exact_result exact;
    int64_t confirmed;               /* accusations, by ball arithmetic */
    struct sc_enclosure *enclosures; /* CHUNK lines of two results */
    struct sc_kernel_bound *bounds;  /* a line of two results, for each model */
    double *strengths;               /* of elements of O */
    int64_t strengths_count;
    double unit; /* of strengths */
};

/* Channels of the two results of a row or key. */
static inline int32_t sc_assess_width(const struct sc_problem *p)
{
    return p->d + p->d_v;
}

/* Judges one row or key of a result, and counts.
 *   exact  an enclosure for each channel, of the oracle's first tier
 *   from   where the line starts in the bounds
 * Statuses of sc_assess. */
enum sc_status sc_assess_line(struct sc_assess_state *my, enum sc_result result,
                              struct sc_oracle_element at, const struct sc_enclosure *exact,
                              int32_t from, bool empty, struct sc_error *error);

/* An element that pads: +0, bit for bit. */
void sc_assess_padding(struct sc_assess_state *my, const struct sc_element *at, uint32_t bits);

#endif
