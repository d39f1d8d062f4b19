/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_HONEST_CAMPAIGN_H
#define SC_FUZZ_HONEST_CAMPAIGN_H

#include "fuzz/honest_judge.h"

/* Honest kernels of every kind on every class of values: drawn, and driven up the ratio of error to bound. None of
 * them may be accused. */

struct sc_honest_campaign {
    struct sc_honest_verdicts verdicts[SC_HONEST_KINDS][SC_GENERATE_CLASSES];
    int64_t cases;         /* kernels on problems that were drawn */
    int64_t accused_cases; /* of these */
    int64_t climbed;       /* kernels on problems that climbing tried */
    int64_t accused_climbed;
};

/* Case number n: kind n % SC_HONEST_KINDS, then the class; `seed` is the first one's. */
enum sc_status sc_honest_campaign_case(struct sc_honest_campaign *campaign, uint64_t seed,
                                       int64_t n, struct sc_error *error);

/* Hill climbing for one kind and class: `steps` changes of single input values, of tau, b, slopes, or of what the
 * kernel is free to choose. A fifth of the steps for each output; a change stays if the largest ratio of that output,
 * before it is rounded to its format, does not fall. Starts from a tiny case, and from another one where a quarter
 * of the steps brought nothing. */
enum sc_status sc_honest_campaign_climb(struct sc_honest_campaign *campaign, uint64_t seed,
                                        enum sc_honest_kind kind, enum sc_generate_values values,
                                        int32_t steps, struct sc_error *error);

/* The largest ratio so far. */
double sc_honest_campaign_worst(const struct sc_honest_campaign *campaign);

#endif
