/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/campaign/report.h"

#include "tools/report/text.h"

#include <stdlib.h>

static void attribute(FILE *stream, const char *key, const char *text)
{
    (void)fprintf(stream, " %s=\"", key);
    sc_text_xml(stream, text);
    (void)fputc('"', stream);
}

static void open_case(FILE *stream, const char *kernel, const char *name)
{
    (void)fputs("    <testcase", stream);
    attribute(stream, "classname", kernel);
    attribute(stream, "name", name);
    (void)fputs(" time=\"0\"", stream);
}

static void close_case(FILE *stream, const char *outcome, const char *type, const char *message)
{
    (void)fprintf(stream, ">\n      <%s", outcome);
    attribute(stream, "type", type);
    attribute(stream, "message", message);
    (void)fputs("/>\n    </testcase>\n", stream);
}

/* The campaign as a whole: whether anything was tried, to its end. */
static void whole(FILE *stream, const struct sc_campaign_result *result)
{
    const enum sc_fuzz_verdict verdict = sc_fuzz_verdict(result);

    open_case(stream, result->kernel.name, "campaign");
    if (verdict == SC_FUZZ_PASS) {
        (void)fputs("/>\n", stream);
    } else {
        close_case(stream, "failure", "campaign", sc_fuzz_verdict_word(verdict));
    }
}

static void check_case(FILE *stream, const struct sc_fuzz_options *options,
                       const struct sc_campaign_result *result, enum sc_check check)
{
    char message[128];

    open_case(stream, result->kernel.name, sc_check_name(check));
    switch (sc_fuzz_standing(options, result, check)) {
    case SC_FUZZ_HELD:
        (void)fputs("/>\n", stream);
        break;
    case SC_FUZZ_FAILED:
        (void)snprintf(message, sizeof message, "%lld cases failed",
                       (long long)result->tally.failed[check]);
        close_case(stream, "failure", sc_check_name(check), message);
        break;
    case SC_FUZZ_IDLE:
        close_case(stream, "skipped", sc_check_name(check), "no case had anything to look at");
        break;
    case SC_FUZZ_OFF:
        close_case(stream, "skipped", sc_check_name(check), "not asked for");
        break;
    }
}

static void finding_case(FILE *stream, const struct sc_campaign_result *result, int32_t n)
{
    const struct sc_campaign_finding *const finding = &result->findings[n];
    char name[64];

    (void)snprintf(name, sizeof name, "finding %d", n + 1);
    open_case(stream, result->kernel.name, name);
    (void)fputs(">\n      <failure", stream);
    attribute(stream, "type", sc_check_name(finding->check));
    attribute(stream, "message", finding->text);
    (void)fputc('>', stream);
    for (int32_t m = 0; m < finding->count; m++) {
        sc_text_xml(stream, finding->lines[m]);
        (void)fputc('\n', stream);
    }
    (void)fputs("</failure>\n    </testcase>\n", stream);
}

char *sc_fuzz_junit(const struct sc_fuzz_options *options, const struct sc_campaign_result *result)
{
    char *text = NULL;
    size_t size = 0;
    int count[4] = {0, 0, 0, 0}; /* of checks, by standing */
    FILE *const stream = open_memstream(&text, &size);

    if (stream == NULL) {
        return NULL;
    }
    for (int check = 0; check < SC_CHECKS; check++) {
        count[sc_fuzz_standing(options, result, (enum sc_check)check)]++;
    }
    const int failures =
        count[SC_FUZZ_FAILED] + result->count + (sc_fuzz_verdict(result) != SC_FUZZ_PASS);
    (void)fputs(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"fuzz\"",
        stream);
    (void)fprintf(stream,
                  " tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\" time=\"%.3f\">\n",
                  1 + SC_CHECKS + result->count, failures, count[SC_FUZZ_IDLE] + count[SC_FUZZ_OFF],
                  result->seconds);
    whole(stream, result);
    for (int check = 0; check < SC_CHECKS; check++) {
        check_case(stream, options, result, (enum sc_check)check);
    }
    for (int32_t n = 0; n < result->count; n++) {
        finding_case(stream, result, n);
    }
    (void)fputs("  </testsuite>\n</testsuites>\n", stream);
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
