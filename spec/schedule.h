/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_SCHEDULE_H
#define SC_SPEC_SCHEDULE_H

#include "spec/format.h"

#include <stdint.h>

/* How a kernel orders and rounds its operations, completely: two kernels of one schedule agree bit
 * for bit, on any machine. A kernel declares one so that its output can be predicted
 * (reference/oracle/schedule.c); what it leaves undeclared cannot be.
 *
 * Numbers. An operation of fp32 rounds once, to nearest, ties to even; it keeps subnormals and
 * overflows to infinity. A value is rounded to a format likewise (sc_format_encode). Every NaN is
 * the same result; the sign of a zero is part of a result. Q, K, V and dO have the input format; dO
 * is rounded to it as it is read, which changes nothing where it has it.
 *
 * A product sum. Terms x y are taken in the ascending order of their index (channel, key or row
 * within the sequence), in steps of consecutive indices from index 0 on. One fp32 accumulator goes
 * from step to step; it starts from +0 unless said otherwise.
 *   SC_CORE_H100  steps of 16: products and accumulator each truncated toward zero to a multiple
 *                 of 2^(E - 25), E the largest exponent, added, rounded toward zero to fp32; to
 *                 the last bit: reference/oracle/tensorcore.h
 *   SC_CORE_A100  the same with steps of 8 and 2^(E - 24)
 *   SC_CORE_FMA   steps of 1: acc = fma(x, y, acc) in fp32
 * Terms beyond the end, and terms of a row and key that do not see each other, do not exist:
 * SC_CORE_FMA leaves them out, a tensor core takes 0 * 0 in their place, which changes nothing
 * (reference/oracle/SCHEDULE.md). A term that exists and is zero is taken.
 *
 * Forward, in fp32:
 *   a_ij  product sum of q_i k_j over the d channels, from +0 or from the preloaded value
 *   s_ij  by `score`; with ALiBi then fma(-slope, distance, s), the distance |i + n_k - n_q - j|
 *         being rounded to fp32
 *   p_ij  activation(s_ij), where row i sees key j
 *   P'    p rounded to format_p; +0 where row i does not see key j
 *   O_i   product sum of P' v over the keys, rounded to the output format
 * With split_keys > 0 the keys are cut at its multiples. Each part is a product sum of its own from
 * +0, which stays +0 where nothing is visible. The parts are added in fp32, ascending, the first
 * one as it is.
 *
 * Backward, with the p_ij of fp32 from above:
 *   dP_ij  product sum of dO_i v_j over the d_v channels
 *   dS'    fma(-p, p, p) times dP, two roundings to fp32, then rounded to format_p
 *   dV_j   product sum of P' dO over the rows, rounded to the input format
 *   dQ_i   product sum of dS' k over the keys, split as O is; times tau in fp32, then rounded to
 *          the input format
 *   dK_j   product sum of dS' q over the rows; times tau in fp32, then rounded to the input format
 * The rows of dV and dK are those of all query heads that read the key's head, heads ascending, in
 * one accumulator; row 0 of each head begins a step. The sum db has no declared order. */

enum sc_core {
    SC_CORE_H100, /* measured on an H100 */
    SC_CORE_A100, /* A100 and Ada, as published */
    SC_CORE_FMA
};

enum sc_score {
    SC_SCORE_FUSED,    /* s = fma(tau, a, b) */
    SC_SCORE_SEPARATE, /* s = tau a + b, two roundings */
    SC_SCORE_PRELOADED /* a starts from b / tau, one rounding; s = tau a */
};

struct sc_schedule {
    enum sc_core core;            /* the tensor cores take bf16 and fp16 inputs only */
    enum sc_score score;          /* how scale and bias enter */
    enum sc_format format_p;      /* of P' and dS'; the tensor cores take the input format only */
    int32_t split_keys;           /* keys of a part, a multiple of 16; 0: one part */
    float (*activation)(float s); /* p at an fp32 score: a function of s alone */
};

#endif
