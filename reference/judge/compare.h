/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_COMPARE_H
#define SC_REFERENCE_JUDGE_COMPARE_H

#include "reference/judge/verdict.h"
#include "reference/status.h"
#include "spec/attention.h"

#include <stdint.h>

/* The reference's forward pass against the oracle, every element of a problem. */

/* Verdicts of many elements. */
struct sc_compare_tally {
    int64_t elements, passed, failed, undecided, unjudged;
    double
        worst_ratio; /* largest possible error over bound, among judged elements with a bound > 0 */
    int32_t b, h, i,
        c; /* where the first failed or undecided element is, else where the worst is */
};

/* Runs sc_forward_f64 and sc_forward_f32 and judges every element of both, adding to the tallies.
 *   p          a problem that sc_problem_check accepts
 *   q, k, v    decoded, in the problem's strides; every visible value is finite
 *   precision  bits of the oracle
 *   f64, f32   tallies, added to
 * SC_E_MEMORY, SC_E_UNAVAILABLE (floating-point environment). */
enum sc_status sc_compare_forward(const struct sc_problem *p, const float *q, const float *k,
                                  const float *v, int32_t precision, struct sc_compare_tally *f64,
                                  struct sc_compare_tally *f32, struct sc_error *error);

#endif
