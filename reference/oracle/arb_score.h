/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_ARB_SCORE_H
#define SC_REFERENCE_ORACLE_ARB_SCORE_H

#include "reference/oracle/enclosure.h"

#include <arb.h>
#include <stdint.h>

/* Scores and sigmoids in ball arithmetic (Arb). Every ball holds the exact value. */

/* From this precision on, dot products of inputs and the scores made of them are exact: no cancellation
 * costs anything there. */
#define SC_ARB_EXACT_BITS 256

/* The numbers that a score is made of: fp32 values, exact. */
struct sc_arb_constants {
    arb_t tau, bias, slope; /* slope 0: no ALiBi */
};

/* sum x_c y_c of fp32 values as exact balls; exact itself from SC_ARB_EXACT_BITS on. */
void sc_arb_dot(arb_t result, arb_srcptr x, arb_srcptr y, int32_t n, slong precision);

/* s = tau dot - slope distance + b. s and dot may be the same. */
void sc_arb_score(arb_t s, const arb_t dot, int32_t distance,
                  const struct sc_arb_constants *constants, slong precision);

/* sigma(s) and 1 - sigma(s), each relatively accurate in both tails, and inside [0, 1] or so: finite
 * for every finite s. Neither is s. */
void sc_arb_sigmoid(arb_t p, arb_t complement, const arb_t s, slong precision);

/* The ball as an interval of doubles, outward, zeros as +0. */
struct sc_enclosure sc_arb_enclosure(const arb_t x);

#endif
