/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_HYBRID_H
#define SC_TOOLS_CLAIMS_HYBRID_H

#include "tools/claims/found.h"

#include <stdint.h>

/* Hybrid-norm: the RMS norm N(o) = sqrt(d) o / ||o|| of attention's output, d = 2, without an epsilon. Attention with
 * W_q = 0, b = 0 and W_v = 1: every weight is 1/2, o = 1/2 sum_j x_j. */

/* The norm of one row's output at the tokens (1, j / n), j = 1 to n, after N (`normed`) or before. */
struct sc_found_range sc_hybrid_output(int32_t n, bool normed);

/* At the tokens (1, 2^-e) and (-1, 0), o = (0, 2^-e / 2): the size of the change of both rows of N(o) along the direction
 * (1, 0) of the first token, which moves o by w = (1/2, 0); DN(o) w = sqrt(d) (w - o <o, w> / ||o||^2) / ||o||. */
struct sc_found_range sc_hybrid_slope(int32_t e);

#endif
