/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_TALLY_H
#define SC_FUZZ_TALLY_H

#include "fuzz/record.h"

#include <stdint.h>

/* Sums over the cases of a campaign, from their records alone, so that one that was interrupted has the same. */
struct sc_tally {
    int64_t cases, kept; /* drawn ones; findings that were kept earlier and ran first */
    int64_t of[SC_CASE_VERDICTS];
    int64_t runs;
    uint32_t checked; /* bits 1 << enum sc_check that had something to look at in some case */
    int64_t elements, weak;
    double conforms[SC_RESULTS]; /* largest error over bound of what was drawn; NaN: none judged */
    double accurate[SC_RESULTS];
    int64_t climbed, steps;    /* cases that were climbed from, and steps in all */
    double climb[SC_RESULTS];  /* largest error over bound in these */
    char refusal[512];         /* why a case was refused; "": none was */
    int64_t failed[SC_CHECKS]; /* cases, by the first check that failed */
};

struct sc_tally sc_tally_empty(void);
void sc_tally_add(struct sc_tally *tally, const struct sc_record_case *record);

/* Cases of which something is known: passed or failed. */
int64_t sc_tally_judged(const struct sc_tally *tally);

#endif
