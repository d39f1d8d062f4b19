/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_KERNEL_PAIR_H
#define SC_REFERENCE_JUDGE_KERNEL_PAIR_H

#include "reference/judge/kernel_sum.h"
#include "reference/oracle/tier.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* The errors of P and dS of one visible pair. Formulas and the theorems they are instances of: kernel_bound.h. */

struct sc_kernel_walk {
    const struct sc_kernel_arithmetic *arithmetic;
    const struct sc_problem *problem;
    const struct sc_oracle_values *values;
    struct sc_kernel_core core;   /* over Q, K, V and dO */
    struct sc_kernel_core core_p; /* with P' and dS' on one side */
    int32_t b, g;
};

struct sc_kernel_walk sc_kernel_walk_of(const struct sc_kernel_arithmetic *arithmetic,
                                        const struct sc_problem *problem,
                                        const struct sc_oracle_values *values, int32_t b,
                                        int32_t g);

/* A number that stands for an exact one of at most `size` with an error of at most `error`. */
struct sc_kernel_coefficient {
    double size, error;
    bool zero;    /* it is certainly zero: a product with it is none */
    bool claimed; /* else size and error are not known */
};

/* One term of the sums of a row or key. */
struct sc_kernel_pair {
    struct sc_kernel_coefficient p, ds;
    const float *value, *score; /* what they are multiplied by: v and k, or dO and q */
    struct sc_kernel_place place;
};

/* P and dS of a visible pair, in fp32. dS: where gradient. */
void sc_kernel_pair_compute(struct sc_kernel_pair *pair, const struct sc_kernel_walk *walk,
                            int32_t h, int32_t i, int32_t j, bool gradient);

/* P' and dS'. */
void sc_kernel_pair_set(struct sc_kernel_pair *pair, const struct sc_kernel_walk *walk, int32_t h,
                        int32_t i, int32_t j, bool gradient);

#endif
