/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_STANDING_H
#define SC_FUZZ_STANDING_H

#include "fuzz/result.h"
#include "reference/judge/kernel_bound.h"
#include "reference/judge/verdict.h"

#include <stdbool.h>
#include <stdint.h>

/* Verdicts over many elements. */

/* One element, with what is known of it. */
struct sc_element {
    enum sc_result result;
    int32_t b, head, index, channel; /* row or key within the sequence */
    double out;
    double low, high; /* encloses the exact result */
    double bound;     /* of the model in question */
    double
        ratio; /* largest possible |out - exact| / bound; +Inf where the bound is 0 and the error is not */
};

/* A verdict over all elements. */
struct sc_standing {
    int64_t judged, beyond; /* elements; beyond the bound for certain */
    int64_t unjudged;  /* nothing is claimed of them: not finite inputs, or an overflow by rule */
    int64_t undecided; /* the oracle's last level leaves it open; not among those judged */
    int64_t weak;      /* passed, with a bound that is weak (fuzz/assess.h) */
    struct sc_element worst;       /* of the largest ratio; the first one beyond, if any is */
    int64_t judged_of[SC_RESULTS]; /* by result */
    double ratio[SC_RESULTS];      /* largest */
};

/* What is asked of one element under one model. */
struct sc_claim {
    struct sc_kernel_bound bound;
    enum sc_format format;
    double times; /* the bound that counts is so many times that of the model; >= 1 */
};

/* The bound at an output, finite or not; +Inf where nothing is claimed. */
double sc_claim_at(const struct sc_claim *claim, double out);

/* Judges an output against an enclosure: sc_verdict_judge with the rules of special values.
 *   EMPTY      +0, bit for bit
 *   UNDEFINED  or no bound: not judged
 *   NaN        fails: where a bound is claimed nothing overflows before the output is rounded
 *   infinity   not judged where the largest value that the model allows on that side reaches the largest finite one
 *              of the format; fails elsewhere */
enum sc_verdict sc_claim_judge(const struct sc_claim *claim, double out, struct sc_enclosure exact,
                               enum sc_oracle_class class);

/* Largest possible |out - exact| / bound. */
double sc_claim_ratio(double bound, double out, struct sc_enclosure exact);

/* Counts an element. `at` has everything but bound and ratio of other models. */
void sc_standing_add(struct sc_standing *standing, enum sc_verdict verdict,
                     const struct sc_element *at);

#endif
