/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CAMPAIGN_REPORT_H
#define SC_TOOLS_CAMPAIGN_REPORT_H

#include "fuzz/campaign.h"
#include "tools/campaign/options.h"
#include "tools/report/evidence.h"

#include <stdio.h>

/* What a campaign found, for people and for machines. */

enum sc_fuzz_verdict {
    SC_FUZZ_PASS,
    SC_FUZZ_FAIL,    /* a case failed, whatever else there is */
    SC_FUZZ_NOTHING, /* no case was judged */
    SC_FUZZ_STOPPED, /* before its end, and nothing failed so far */
    SC_FUZZ_BROKEN   /* it could not go on, and nothing failed so far */
};
enum sc_fuzz_verdict sc_fuzz_verdict(const struct sc_campaign_result *result);
const char *sc_fuzz_verdict_word(enum sc_fuzz_verdict verdict);

/* What a check stands at: failed where a case failed it first. */
enum sc_fuzz_standing {
    SC_FUZZ_HELD,
    SC_FUZZ_FAILED,
    SC_FUZZ_IDLE, /* no case had anything for it to look at */
    SC_FUZZ_OFF   /* not asked for */
};
enum sc_fuzz_standing sc_fuzz_standing(const struct sc_fuzz_options *options,
                                       const struct sc_campaign_result *result,
                                       enum sc_check check);

/* Prints a report of some lines.
 *   words  the kernel's part of a command line (sc_fuzz_kernel) */
void sc_fuzz_print(FILE *stream, const struct sc_fuzz_options *options, const char *words,
                   const struct sc_campaign_result *result);

/* The same as JSON, schema 1, and as JUnit XML: a case for each check, and one for each finding. The caller frees it.
 * NULL: no memory. */
char *sc_fuzz_json(const struct sc_fuzz_options *options, const struct sc_campaign_result *result);
char *sc_fuzz_junit(const struct sc_fuzz_options *options, const struct sc_campaign_result *result);

/* Adds check and figures to the evidence of the stage.
 *   seconds  how long the campaign was to last; 0: no matter */
void sc_fuzz_record(const struct sc_campaign_result *result, double seconds,
                    struct sc_evidence *evidence);

#endif
