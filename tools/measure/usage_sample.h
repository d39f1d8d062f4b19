/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_USAGE_SAMPLE_H
#define SC_TOOLS_MEASURE_USAGE_SAMPLE_H

#include "reference/status.h"
#include "tools/measure/pass.h"

#include <stdint.h>

/* One head of a problem without a mask on this side, [n][d] in bf16. */
struct sc_usage_head {
    int32_t n, d;
    const uint16_t *q, *k, *v, *d_o;
    const uint16_t *o; /* of a forward pass; NULL: of a backward one, then: */
    const uint16_t *d_q, *d_k, *d_v;
};

/* How far the first, a middle and the last row of each result are from the reference, in the norm of these rows
 * together (tools/measure/agree.h): the largest of the results.
 *   distance  receives it; a NaN if a result has one
 * SC_E_MEMORY. */
enum sc_status sc_usage_sample(const struct sc_usage_head *head, double *distance,
                               struct sc_error *error);

#endif
