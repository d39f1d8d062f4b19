/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_HONEST_JUDGE_H
#define SC_FUZZ_HONEST_JUDGE_H

#include "fuzz/generate.h"
#include "fuzz/honest.h"
#include "reference/judge/kernel_bound.h"

#include <stdbool.h>
#include <stdint.h>

/* Honest kernels held against the bound of their arithmetic, every element of every output. */

enum sc_honest_output {
    SC_HONEST_O,
    SC_HONEST_D_Q,
    SC_HONEST_D_K,
    SC_HONEST_D_V,
    SC_HONEST_D_B,
    SC_HONEST_OUTPUTS
};

const char *sc_honest_output_name(enum sc_honest_output output);

/* Verdicts of one output. Each element is judged twice: as it is stored, and in fp32 before it is rounded to its
 * format, by the bound without that rounding. */
struct sc_honest_tally {
    int64_t judged, unjudged; /* elements; unjudged: nothing is claimed */
    int64_t accused;          /* verdicts beyond the bound, or never decided */
    double worst;             /* largest error over bound, of both kinds of verdicts */
    double worst_before;      /* of those before the output is rounded */
};

struct sc_honest_verdicts {
    struct sc_honest_tally of[SC_HONEST_OUTPUTS];
    char first[SC_ERROR_TEXT_BYTES]; /* the first accusation; empty if there is none */
};

/* Adds the verdicts of one kernel on one case.
 *   declared  what the kernel says of itself: honest->arithmetic, or less than that
 * Statuses of sc_honest_run and of the oracle. */
enum sc_status sc_honest_judge(const struct sc_case *c, const struct sc_honest *honest,
                               const struct sc_kernel_arithmetic *declared,
                               struct sc_honest_verdicts *verdicts, struct sc_error *error);

/* The problem and kernel of a kind, a class and a seed; the input format is drawn, of 16 bits where the kind needs it.
 *   tiny  a problem for climbing (sc_generate_small)
 * SC_E_MEMORY. */
enum sc_status sc_honest_begin(enum sc_honest_kind kind, enum sc_generate_values values,
                               uint64_t seed, bool tiny, struct sc_case *c,
                               struct sc_honest *honest, struct sc_error *error);

/* Over all outputs. */
int64_t sc_honest_accused(const struct sc_honest_verdicts *verdicts);

#endif
