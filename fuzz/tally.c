/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/tally.h"

#include <math.h>
#include <string.h>

struct sc_tally sc_tally_empty(void)
{
    struct sc_tally tally;

    memset(&tally, 0, sizeof tally);
    for (int n = 0; n < SC_RESULTS; n++) {
        tally.conforms[n] = tally.accurate[n] = tally.climb[n] = NAN;
    }
    return tally;
}

/* The larger one, where there are any. */
static void keep_larger(double *largest, double value)
{
    if (!isnan(value) && !(*largest >= value)) {
        *largest = value;
    }
}

void sc_tally_add(struct sc_tally *tally, const struct sc_record_case *record)
{
    if (record->unit[0] >= '0' && record->unit[0] <= '9') {
        tally->cases++;
    } else {
        tally->kept++;
    }
    tally->of[record->verdict]++;
    tally->runs += record->runs;
    tally->checked |= record->checked;
    tally->elements += record->elements;
    tally->weak += record->weak;
    tally->climbed += record->climbed > 0 ? 1 : 0;
    tally->steps += record->climbed;
    for (int n = 0; n < SC_RESULTS; n++) {
        keep_larger(&tally->conforms[n], record->conforms[n]);
        keep_larger(&tally->accurate[n], record->accurate[n]);
        keep_larger(&tally->climb[n], record->climb[n]);
    }
    if (record->verdict == SC_CASE_REFUSED && tally->refusal[0] == '\0') {
        (void)strcpy(tally->refusal, record->text);
    }
    if (record->verdict == SC_CASE_FAIL && record->check < SC_CHECKS) {
        tally->failed[record->check]++;
    }
}

int64_t sc_tally_judged(const struct sc_tally *tally)
{
    return tally->of[SC_CASE_PASS] + tally->of[SC_CASE_WEAK] + tally->of[SC_CASE_FAIL];
}
