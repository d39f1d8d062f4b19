/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_PLAIN_H
#define SC_TESTS_PLAIN_H

#include "spec/attention.h"

/* A problem of one head, contiguous, unmasked, in fp32, tau = 1 and b = 0. */
static inline struct sc_problem plain_problem(int32_t n_q, int32_t n_k, int32_t d, int32_t d_v)
{
    static const float zero = 0.0f;
    const struct sc_problem problem = {.batch = 1,
                                       .heads_q = 1,
                                       .heads_kv = 1,
                                       .n_q = n_q,
                                       .n_k = n_k,
                                       .d = d,
                                       .d_v = d_v,
                                       .format_in = SC_FORMAT_FP32,
                                       .format_out = SC_FORMAT_FP32,
                                       .tau = 1.0f,
                                       .bias_scope = SC_BIAS_SCALAR,
                                       .bias = &zero,
                                       .left = SC_MASK_UNBOUNDED,
                                       .right = SC_MASK_UNBOUNDED,
                                       .q = {0, 0, d, (int64_t)n_q * d},
                                       .k = {0, 0, d, (int64_t)n_k * d},
                                       .v = {0, 0, d_v, (int64_t)n_k * d_v},
                                       .o = {0, 0, d_v, (int64_t)n_q * d_v}};

    return problem;
}

#endif
