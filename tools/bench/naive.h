/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_BENCH_NAIVE_H
#define SC_TOOLS_BENCH_NAIVE_H

#include "reference/status.h"

#include <stdint.h>

/* What the oracle's speed is measured against: one row of O = sigma(tau q K^T + b) V in arbitrary
 * precision, written straight down. No mask; K and V are [n][d]. Results to nearest, d values. */

/* mpfr_fma at 113 bits, inputs converted where they are used. */
void sc_naive_mpfr_row(int32_t n, int32_t d, float tau, float bias, const float *q, const float *k,
                       const float *v, double *o);

/* arb_dot at 128 bits, with K and V converted once. */
struct sc_naive_arb;
enum sc_status sc_naive_arb_create(int32_t n, int32_t d, const float *k, const float *v,
                                   struct sc_naive_arb **created, struct sc_error *error);
void sc_naive_arb_row(struct sc_naive_arb *arb, float tau, float bias, const float *q, double *o);
void sc_naive_arb_destroy(struct sc_naive_arb *arb);

#endif
