/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_ASSESS_H
#define SC_FUZZ_ASSESS_H

#include "fuzz/outcome.h"
#include "fuzz/prepared.h"
#include "fuzz/worker.h"

#include <stdbool.h>
#include <stdint.h>

/* The outputs of a call held against the exact results. */

enum sc_result {
    SC_RESULT_O,
    SC_RESULT_D_Q,
    SC_RESULT_D_K,
    SC_RESULT_D_V,
    SC_RESULT_D_B,
    SC_RESULTS
};

/* One element, with what is known of it. */
struct sc_element {
    enum sc_result result;
    int32_t b, head, index, channel; /* row or key within the sequence */
    double out;
    double low, high; /* encloses the exact result */
    double bound;     /* of the model in question */
    double ratio;     /* largest possible |out - exact| / bound; +Inf where the bound is 0 */
};

/* A verdict over all elements. */
struct sc_standing {
    int64_t judged, beyond; /* elements; beyond the bound for certain */
    int64_t unjudged;  /* nothing is claimed of them: not finite inputs, or an overflow by rule */
    int64_t undecided; /* the oracle's last level leaves it open */
    int64_t weak;      /* passed, with a bound that is weak (below) */
    struct sc_element worst; /* of the largest ratio; the first one beyond, if any is */
};

struct sc_assessment {
    bool claimed;    /* the kernel declares an arithmetic; else `conforms` is of the candidate
                                      that fits best, and cannot fail */
    char model[160]; /* that arithmetic */
    struct sc_standing conforms; /* to the declared arithmetic */
    struct sc_standing
        accurate;       /* to the best arithmetic of the formats, times the ratio asked for */
    bool exact;         /* the recipe is of a class whose result is exact in any arithmetic */
    int64_t wrong_bits; /* elements of such a case with other bits */
    struct sc_element first_wrong; /* bound 0 */
    double strength; /* median over the elements of O of bound / (unit roundoff of the format times
                                      sum p |v|) */
};

struct sc_assess_options {
    double accuracy; /* ratio for `accurate`: 1 for the best arithmetic itself */
    double weak; /* a bound above this many units of the output format times sum p |v| is weak */
    int32_t
        lines_max; /* rows and keys that are judged of a long case, edges of masks and tiles first; 0: all */
};

/* Assesses the outputs of a call that ended DONE.
 * Statuses of the oracle. */
enum sc_status sc_assess(const struct sc_prepared *prepared, const struct sc_worker_kernel *kernel,
                         const struct sc_outcome *outcome, const struct sc_assess_options *options,
                         struct sc_assessment *assessment, struct sc_error *error);

#endif
