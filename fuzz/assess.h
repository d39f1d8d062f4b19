/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_ASSESS_H
#define SC_FUZZ_ASSESS_H

#include "fuzz/outcome.h"
#include "fuzz/prepared.h"
#include "fuzz/standing.h"
#include "fuzz/worker.h"

#include <stdbool.h>
#include <stdint.h>

/* The outputs of a call held against the exact results.
 *
 * Every element has two verdicts, each from an enclosure of the exact result and a bound (fuzz/standing.h). The
 * enclosure is that of fp64; ball arithmetic narrows it until both verdicts are clear, and confirms each accusation:
 * none rests on fp64 alone, but for elements beyond SC_ASSESS_CONFIRMED others that ball arithmetic has condemned in
 * the same assessment. What pads is +0, bit for bit. */
#define SC_ASSESS_CONFIRMED 256

/* Strength: the bound of an element of O in units of sum p |v|. A unit is the largest of the unit roundoffs of input
 * and output format, neither of which a kernel can escape, and of this: an fp32 result is worth much before all of its
 * bits count. Where that is less than the least number of the output format, or than what a flush takes, it is that:
 * such a bound says all. A bound is weak if it is more than `weak` units. */
#define SC_ASSESS_UNIT_MIN 0x1p-18
#define SC_ASSESS_LEAST    0x1p-126
double sc_assess_unit(const struct sc_problem *problem);

/* Of so many rows and keys of each head, 64 at a time, candidates of an unknown arithmetic get a verdict. */
#define SC_ASSESS_CANDIDATE_LINES 4

struct sc_assessment {
    bool claimed;    /* the kernel declares an arithmetic; else `conforms` is of the candidate
                                      that fits best, and cannot fail */
    char model[160]; /* that arithmetic */
    struct sc_standing conforms; /* to the declared arithmetic */
    struct sc_standing
        accurate; /* to the best arithmetic of the formats, times the ratio asked for */
    bool exact;   /* the recipe is of a class whose result is exact in any arithmetic */
    int64_t
        exact_judged; /* elements whose bits are known: of such a case where fuzz/exact_result.h has them, and of what
                         sees nothing or pads, which is +0 in every case */
    int64_t
        wrong_bits; /* of these, with other bits; a zero may have either sign where something is seen */
    struct sc_element first_wrong; /* bound 0 */
    double strength; /* median over the elements of O that passed; 0: none has a bound */
};

/* Shown each element that is judged, with the bound of the declared arithmetic, or of the best one of the formats where
 * none is declared. One that has other bits than the exact result, though it is within the bound, fails with bound 0. */
typedef void sc_assess_see(void *context, const struct sc_element *element,
                           enum sc_verdict verdict);

struct sc_assess_options {
    double accuracy; /* ratio for `accurate`: 1 for the best arithmetic itself */
    double weak;     /* a bound above this many units is weak */
    int32_t
        lines_max; /* rows and keys that are judged of a long case, edges of masks and tiles first; 0: all */
    sc_assess_see *see; /* NULL: none */
    void *context;
};

/* All lines; accuracy 1; weak above 16: a bound of bf16 inputs is then at most 2^-4 of sum p |v|, and
 * honest kernels of ordinary values are below 4. */
struct sc_assess_options sc_assess_defaults(void);

/* Assesses the outputs of a call that ended DONE.
 * Of an unknown arithmetic the candidate fits best that claims least and still holds: the one with the largest of the
 * ratios up to 1, or else the one with the smallest.
 * Statuses of the oracle; SC_E_UNAVAILABLE also where two of its levels do not meet. SC_E_INPUT: the text of the
 * kernel's arithmetic is none. */
enum sc_status sc_assess(const struct sc_prepared *prepared, const struct sc_worker_kernel *kernel,
                         const struct sc_outcome *outcome, const struct sc_assess_options *options,
                         struct sc_assessment *assessment, struct sc_error *error);

#endif
