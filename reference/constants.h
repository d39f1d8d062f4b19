/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CONSTANTS_H
#define SC_REFERENCE_CONSTANTS_H

#include "reference/status.h"
#include "spec/attention.h"

#include <stdint.h>

/* The default constants of a problem. They are part of its definition, so they are the correctly
 * rounded fp32 values on every machine: MPFR, never libm. */

/* Which n the bias -log n names. */
enum sc_bias_rule {
    SC_BIAS_RULE_PADDED,  /* n_k of the tensor, valid or not */
    SC_BIAS_RULE_VALID,   /* the valid keys of each sequence */
    SC_BIAS_RULE_CONSTANT /* a number that the caller gives */
};

/* 1 / sqrt(d), the default scale, rounded to the nearest fp32.
 *   d  in [1, SC_LENGTH_MAX]  channels; 0 gives +Inf and d < 0 NaN, which no problem accepts */
float sc_constants_scale(int32_t d);

/* -log n, natural logarithm, rounded to the nearest fp32; +0 for n = 1.
 *   n  >= 0  keys; 0 gives +0 by definition: the bias of a sequence without keys, which no score
 *            reads. n < 0 gives NaN, which no problem accepts */
float sc_constants_minus_log(int32_t n);

/* Fills the bias of a problem by a rule, each value as sc_constants_minus_log.
 *   p         the problem; its batch, n_k, key_lengths, starts_k are read, its bias is not
 *   rule      padded, valid or constant
 *   constant  the n of SC_BIAS_RULE_CONSTANT, >= 1; other rules do not read it
 *   bias      room for p->batch values; receives p->batch of them (valid) or one (padded, constant)
 *   scope     SC_BIAS_PER_SEQUENCE (valid) or SC_BIAS_SCALAR
 *   error     filled on failure; may be NULL
 * SC_E_INPUT: padded with packed sequences (they have no padding), a constant below 1, no such
 * rule, or lengths that sc_problem_check refuses too. Then nothing is written. */
enum sc_status sc_constants_bias(const struct sc_problem *p, enum sc_bias_rule rule,
                                 int32_t constant, float *bias, enum sc_bias_scope *scope,
                                 struct sc_error *error);

#endif
