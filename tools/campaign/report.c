/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/campaign/report.h"

#include "tools/report/text.h"

#include <math.h>
#include <string.h>

enum sc_fuzz_verdict sc_fuzz_verdict(const struct sc_campaign_result *result)
{
    if (result->tally.of[SC_CASE_FAIL] > 0 || result->count > 0 || result->more > 0) {
        return SC_FUZZ_FAIL;
    }
    if (result->end == SC_CAMPAIGN_BROKEN) {
        return SC_FUZZ_BROKEN;
    }
    if (result->end == SC_CAMPAIGN_STOPPED) {
        return SC_FUZZ_STOPPED;
    }
    return sc_tally_judged(&result->tally) > 0 ? SC_FUZZ_PASS : SC_FUZZ_NOTHING;
}

const char *sc_fuzz_verdict_word(enum sc_fuzz_verdict verdict)
{
    static const char *const words[] = {"pass", "fail", "nothing was tried", "stopped", "broken"};

    return words[verdict];
}

enum sc_fuzz_standing sc_fuzz_standing(const struct sc_fuzz_options *options,
                                       const struct sc_campaign_result *result, enum sc_check check)
{
    const struct sc_examine_options *const examine = &options->campaign.examine;

    if (result->tally.failed[check] > 0) {
        return SC_FUZZ_FAILED;
    }
    if ((examine->checks >> check & 1) == 0 ||
        (check == SC_CHECK_ACCURATE && !examine->require_accuracy)) {
        return SC_FUZZ_OFF;
    }
    return (result->tally.checked >> check & 1) != 0 ? SC_FUZZ_HELD : SC_FUZZ_IDLE;
}

static void print_text(FILE *stream, const char *text)
{
    (void)sc_text_terminal(stream, text, SIZE_MAX);
}

static void print_cases(FILE *stream, const struct sc_campaign_result *result)
{
    const struct sc_tally *const tally = &result->tally;
    const int64_t all = tally->cases + tally->kept;

    (void)fprintf(stream, "  cases     %lld", (long long)tally->cases);
    if (tally->kept > 0) {
        (void)fprintf(stream, " and %lld kept findings", (long long)tally->kept);
    }
    if (result->resumed > 0) {
        (void)fprintf(stream, " (%lld of the journal)", (long long)result->resumed);
    }
    (void)fprintf(stream, ", %lld runs, %.1f cases/s: %lld passed, %lld weak (%.1f %%), ",
                  (long long)tally->runs, (double)result->cases / fmax(result->seconds, 1e-3),
                  (long long)tally->of[SC_CASE_PASS], (long long)tally->of[SC_CASE_WEAK],
                  all > 0 ? 100.0 * (double)tally->of[SC_CASE_WEAK] / (double)all : 0.0);
    (void)fprintf(stream, "%lld refused, %lld unjudged, %lld failed\n",
                  (long long)tally->of[SC_CASE_REFUSED], (long long)tally->of[SC_CASE_UNJUDGED],
                  (long long)tally->of[SC_CASE_FAIL]);
    if (tally->refusal[0] != '\0') {
        (void)fputs("  refused   such as: ", stream);
        print_text(stream, tally->refusal);
        (void)fputc('\n', stream);
    }
    (void)fprintf(stream, "  coverage  %lld of %lld pairs of features\n", (long long)result->pairs,
                  (long long)result->possible);
}

/* "O 0.51  dQ 0.60", of results that were judged. */
static void print_ratios(FILE *stream, const char *what, const double *ratios, const char *of)
{
    bool any = false;

    for (int n = 0; n < SC_RESULTS; n++) {
        if (!isnan(ratios[n])) {
            (void)fprintf(stream, "%s%s %.4g", any ? "  " : what,
                          sc_record_result_name((enum sc_result)n), ratios[n]);
            any = true;
        }
    }
    if (any) {
        (void)fprintf(stream, "%s\n", of);
    }
}

static void print_climbs(FILE *stream, const struct sc_tally *tally)
{
    char of[128];

    (void)snprintf(of, sizeof of, ", climbed to from %lld cases in %lld steps",
                   (long long)tally->climbed, (long long)tally->steps);
    print_ratios(stream, "            ", tally->climb, of);
}

static void print_checks(FILE *stream, const struct sc_fuzz_options *options,
                         const struct sc_campaign_result *result)
{
    static const char *const words[] = {"held", "failed", "idle", "off"};

    for (int standing = SC_FUZZ_HELD; standing <= SC_FUZZ_OFF; standing++) {
        bool any = false;
        for (int check = 0; check < SC_CHECKS; check++) {
            if ((int)sc_fuzz_standing(options, result, (enum sc_check)check) == standing) {
                if (any) {
                    (void)fputs(", ", stream);
                } else {
                    (void)fprintf(stream, "  %-8s  ", words[standing]);
                }
                (void)fputs(sc_check_name((enum sc_check)check), stream);
                any = true;
            }
        }
        if (any) {
            (void)fputc('\n', stream);
        }
    }
}

static void print_finding(FILE *stream, int32_t number, const char *words,
                          const struct sc_campaign_finding *finding)
{
    (void)fprintf(stream, "\nfinding %d: %s", number, sc_check_name(finding->check));
    if (finding->result < SC_RESULTS) {
        (void)fprintf(stream, " in %s", sc_record_result_name(finding->result));
    }
    (void)fprintf(stream, ", %s masks, ", finding->mask);
    switch (finding->class) {
    case SC_CLASS_STEADY:
        (void)fputs("steady", stream);
        break;
    case SC_CLASS_UNSTEADY:
        (void)fprintf(stream, "unsteady: not determined, seen again %d times of 2", finding->again);
        break;
    case SC_CLASS_HISTORY:
        (void)fprintf(stream, "after other cases in the same process: %d cases in this order",
                      finding->count);
        break;
    case SC_CLASS_UNKNOWN:
        (void)fputs("not run again yet", stream);
        break;
    }
    (void)fprintf(stream, "; first of case %s, %lld others like it\n  claim     %s\n  seen      ",
                  finding->unit, (long long)finding->also, sc_check_claim(finding->check));
    print_text(stream, finding->text);
    for (int32_t n = 0; n < finding->count; n++) {
        (void)fputs("\n  case      ", stream);
        print_text(stream, finding->lines[n]);
    }
    if (finding->file[0] != '\0') {
        (void)fputs("\n  kept      ", stream);
        print_text(stream, finding->file);
        (void)fprintf(stream, "\n  again     sigmacert replay %s --file ", words);
        print_text(stream, finding->file);
    } else if (finding->count == 1) {
        (void)fprintf(stream, "\n  again     sigmacert replay %s '%s'", words, finding->lines[0]);
    }
    (void)fputc('\n', stream);
}

void sc_fuzz_print(FILE *stream, const struct sc_fuzz_options *options, const char *words,
                   const struct sc_campaign_result *result)
{
    (void)fprintf(stream, "fuzz: %s: kernel %s, memory of the %s, seed %llu, shard %d of %d\n",
                  sc_fuzz_verdict_word(sc_fuzz_verdict(result)), result->kernel.name,
                  result->kernel.device ? "device" : "host",
                  (unsigned long long)options->campaign.seed, options->campaign.shard,
                  options->campaign.shards);
    (void)fputs("  model     ", stream);
    print_text(stream, result->kernel.arithmetic);
    if (strcmp(result->kernel.arithmetic, "unknown") == 0) {
        (void)fputs(": no bound is claimed, so none can fail but with --require-accuracy", stream);
    }
    (void)fputc('\n', stream);
    print_cases(stream, result);
    print_ratios(stream, "  error     ", result->tally.conforms, ", of the bound of the model");
    print_climbs(stream, &result->tally);
    print_ratios(stream, "            ", result->tally.accurate,
                 ", of the bound of the best arithmetic times the accuracy asked for");
    print_checks(stream, options, result);
    (void)fprintf(stream, "  memory    at most %lld MiB\n",
                  (long long)((result->resident_bytes + 1048575) >> 20));
    if (result->torn > 0) {
        (void)fprintf(stream, "  journal   %lld bytes of a torn record were cut off\n",
                      (long long)result->torn);
    }
    for (int32_t n = 0; n < result->count; n++) {
        print_finding(stream, n + 1, words, &result->findings[n]);
    }
    if (result->more > 0) {
        (void)fprintf(stream, "\n%lld other failures are not explained by these (--max-findings)\n",
                      (long long)result->more);
    }
}

void sc_fuzz_record(const struct sc_campaign_result *result, double seconds,
                    struct sc_evidence *evidence)
{
    const enum sc_fuzz_verdict verdict = sc_fuzz_verdict(result);
    const struct sc_tally *const tally = &result->tally;
    char detail[SC_ERROR_TEXT_BYTES];

    (void)snprintf(detail, sizeof detail,
                   "%s, kernel %s, %lld cases, %lld weak, %lld refused, %lld unjudged, %lld "
                   "failed%s%.200s",
                   sc_fuzz_verdict_word(verdict), result->kernel.name, (long long)tally->cases,
                   (long long)tally->of[SC_CASE_WEAK], (long long)tally->of[SC_CASE_REFUSED],
                   (long long)tally->of[SC_CASE_UNJUDGED], (long long)tally->of[SC_CASE_FAIL],
                   result->count > 0 ? ": " : "",
                   result->count > 0 ? result->findings[0].text : "");
    sc_evidence_check(evidence, ".no-finding",
                      verdict == SC_FUZZ_PASS ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL,
                      result->seconds, detail);
    sc_evidence_figure(evidence, ".cases", (double)tally->cases, "1", SC_EVIDENCE_NONE, 0);
    sc_evidence_figure(evidence, ".seconds", result->seconds, "s",
                       seconds > 0.0 ? SC_EVIDENCE_AT_LEAST : SC_EVIDENCE_NONE, seconds);
    sc_evidence_figure(evidence, ".failures", (double)tally->of[SC_CASE_FAIL], "1",
                       SC_EVIDENCE_EQUAL, 0);
    sc_evidence_figure(evidence, ".cases_per_s",
                       (double)result->cases / fmax(result->seconds, 1e-3), "1/s", SC_EVIDENCE_NONE,
                       0);
    sc_evidence_figure(evidence, ".climbed", (double)tally->climbed, "1", SC_EVIDENCE_NONE, 0);
    sc_evidence_figure(evidence, ".pairs", (double)result->pairs, "1", SC_EVIDENCE_NONE, 0);
    sc_evidence_figure(evidence, ".memory", (double)result->resident_bytes / 1048576.0, "MiB",
                       SC_EVIDENCE_NONE, 0);
    sc_evidence_figure(evidence, ".findings", (double)result->count, "1", SC_EVIDENCE_EQUAL, 0);
}
