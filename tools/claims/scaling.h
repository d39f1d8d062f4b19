/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_SCALING_H
#define SC_TOOLS_CLAIMS_SCALING_H

#include "tools/claims/found.h"

#include <arb.h>
#include <flint/flint.h>
#include <stdint.h>

/* One row of attention over a fixed stream of keys: logits u_j in [-1, 1) and values v_j in [0, 2), functions of j
 * alone, so that a longer sequence goes on where a shorter one ends. */

struct sc_scaling_row {
    int32_t keys;   /* distinct keys */
    int32_t repeat; /* times that each is there */
    double alpha;   /* b = -alpha log (rule n) */
    int32_t rule;   /* the n of the bias */
};

/* sum_j sigma(u_j + b) v_j. */
void sc_scaling_sum(arb_t sum, const struct sc_scaling_row *row);

/* (1/n) sum_j e^(u_j) v_j, and n^-2 sum_j e^(2 u_j) v_j: where the former goes and how far it may be from it. From
 * e^u / n - sigma(u - log n) = e^(2 u) / (n (n + e^u)), between 0 and e^(2 u) / n^2. */
void sc_scaling_limit(arb_t limit, arb_t radius, int32_t n);

/* log(y(to) / y(from)) / log(to / from) of two positive balls: the exponent by which y grows. */
double sc_scaling_exponent(const arb_t from, const arb_t to, double ratio);

#endif
