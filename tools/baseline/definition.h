/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_BASELINE_DEFINITION_H
#define SC_TOOLS_BASELINE_DEFINITION_H

#include "fuzz/generate.h"
#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* The results of one query head, computed plainly, as tests of attention kernels do. */
struct sc_definition {
    double *o, *d_q;   /* [n_q][d_v], [n_q][d] */
    double *d_k, *d_v; /* [n_k][d], [n_k][d_v]: what this head adds to them */
};

/* Computes (sequence b, query head h) of a case.
 *   low      whether every operation of PyTorch rounds its result to the input format, as in FlashAttention's
 *            attention_ref with upcast=False and reorder_ops=True, the softmax being a sigmoid of the biased
 *            scores: K tau, Q K^T, + b, P, P V, and what automatic differentiation makes of them; ALiBi is added
 *            in fp32, sums are not rounded on the way. Else everything in binary64.
 *   results  arrays of at least those sizes
 * SC_E_MEMORY. */
enum sc_status sc_definition_head(const struct sc_case *c, int32_t b, int32_t h, bool low,
                                  const struct sc_definition *results, struct sc_error *error);

#endif
