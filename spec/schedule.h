/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_SCHEDULE_H
#define SC_SPEC_SCHEDULE_H

#include "spec/format.h"

#include <stdint.h>

/* How a kernel orders and rounds its operations, completely: two kernels of one schedule agree bit for
 * bit, on any machine. A kernel declares one so that its output can be predicted
 * (reference/oracle/schedule.c); what it leaves undeclared cannot be.
 *
 * A product sum. The terms are taken in the ascending order of their index (channel, key or row within
 * the sequence, a key's query heads ascending one after the other), in steps of consecutive indices: 16
 * from index 0 on for SC_CORE_H100, 8 for SC_CORE_A100, 1 for SC_CORE_FMA. One fp32 accumulator goes from
 * step to step. Terms beyond the end, and what is masked, are products of zero and change nothing.
 *   SC_CORE_H100  the products and the accumulator truncated toward zero to a multiple of
 *                 2^(E - 25), E the largest exponent, added, then rounded toward zero to fp32
 *   SC_CORE_A100  the same with 8 products and 2^(E - 24)
 *   SC_CORE_FMA   acc = fma(x, y, acc), rounded to nearest
 *
 * Forward, one row i, in fp32 rounded to nearest unless said otherwise:
 *   a_ij  product sum of q_i k_j over the channels, from 0, or from the preloaded value
 *   s_ij  by `score`, then with ALiBi fma(-slope, distance, s)
 *   p_ij  activation(s_ij); exactly 0 where the row does not see the key
 *   O_i   product sum of P' v over the keys, P' = p rounded to format_p; rounded to the output format
 * With split_keys > 0 the keys are cut at its multiples; each part is summed from 0 and the parts are
 * added in fp32, ascending, the first one as it is.
 *
 * Backward, with p_ij of fp32 as above, dO in the input format, results rounded to the output format:
 *   dP_ij  product sum of dO_i v_j over the channels, from 0
 *   dS_ij  fma(-p, p, p) dP, then rounded to format_p
 *   dV_j   product sum of P' dO over the rows
 *   dQ_i   tau times the product sum of dS k over the keys, split as O is
 *   dK_j   tau times the product sum of dS q over the rows */

enum sc_core { SC_CORE_H100, SC_CORE_A100, SC_CORE_FMA };

enum sc_score {
    SC_SCORE_FUSED,    /* s = fma(tau, a, b) */
    SC_SCORE_SEPARATE, /* s = tau a + b, two roundings */
    SC_SCORE_PRELOADED /* a starts from b / tau, one rounding; s = tau a */
};

struct sc_schedule {
    enum sc_core core;            /* the tensor cores take bf16 and fp16 inputs only */
    enum sc_score score;          /* how scale and bias enter */
    enum sc_format format_p;      /* of P and dS in the second products; the tensor cores take the
                                input format only */
    int32_t split_keys;           /* keys a part, a multiple of 16, or 0: one part */
    float (*activation)(float s); /* p at an fp32 score */
};

#endif
