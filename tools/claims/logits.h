/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_LOGITS_H
#define SC_TOOLS_CLAIMS_LOGITS_H

#include "reference/regularity/layer.h"

/* The largest |c <q_i, k_j>| of a layer at tokens x, b and slopes left out, and the largest weight and slope of any pair,
 * each not below the exact one; and the first not above it. */
struct sc_logits {
    double low, high; /* of max |c <q_i, k_j>| */
    double p, s;      /* >= max P, >= max P (1 - P) */
};

/* SC_E_MEMORY. */
enum sc_status sc_logits_compute(const struct sc_layer *layer, const double *x,
                                 struct sc_logits *logits, struct sc_error *error);

#endif
