/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/junit.h"

#include "tools/report/text.h"

#include <stdio.h>
#include <stdlib.h>

/* ` KEY="TEXT"` */
static void attribute(FILE *stream, const char *key, const char *text)
{
    (void)fprintf(stream, " %s=\"", key);
    sc_text_xml(stream, text);
    (void)fputc('"', stream);
}

static void counts(FILE *stream, bool strict, int64_t passed, int64_t failed, int64_t skipped)
{
    (void)fprintf(stream, " tests=\"%lld\" failures=\"%lld\" errors=\"0\" skipped=\"%lld\"",
                  (long long)(passed + failed + skipped),
                  (long long)(strict ? failed + skipped : failed),
                  (long long)(strict ? 0 : skipped));
}

/* One case; `outcome` is the element for anything but a pass, NULL for a pass. */
static void test_case(FILE *stream, const struct sc_report_stage *stage, const char *name,
                      double seconds, const char *outcome, const char *type, const char *message)
{
    (void)fputs("    <testcase", stream);
    attribute(stream, "classname", stage->name);
    attribute(stream, "name", name);
    (void)fprintf(stream, " time=\"%.6f\"", seconds);
    if (outcome == NULL) {
        (void)fputs("/>\n", stream);
        return;
    }
    (void)fprintf(stream, ">\n      <%s type=\"%s\"", outcome, type);
    attribute(stream, "message", message);
    (void)fputs("/>\n    </testcase>\n", stream);
}

static void cases(FILE *stream, const struct sc_report_stage *stage, bool strict)
{
    if (!sc_report_stage_counts(stage)) {
        test_case(stream, stage, "evidence", 0, stage->failed > 0 ? "failure" : "skipped",
                  sc_report_state_word(stage->state), stage->note);
        return;
    }
    for (size_t c = 0; c < stage->evidence->n_checks; c++) {
        const struct sc_read_check *const check = &stage->evidence->checks[c];
        const bool skipped = check->status == SC_EVIDENCE_SKIPPED;
        const char *const outcome = check->status == SC_EVIDENCE_PASS ? NULL
                                    : skipped && !strict              ? "skipped"
                                                                      : "failure";
        test_case(stream, stage, check->name, check->seconds, outcome,
                  sc_evidence_status_word(check->status), check->detail);
    }
}

static void unmet_goals(FILE *stream, const struct sc_report_stage *stage)
{
    char text[SC_ERROR_TEXT_BYTES];
    bool opened = false;
    const size_t figures = stage->state <= SC_REPORT_FAIL ? stage->evidence->n_figures : 0;

    for (size_t f = 0; f < figures; f++) {
        const struct sc_read_figure *const figure = &stage->evidence->figures[f];
        if (!figure->met) {
            (void)fputs(opened ? "" : "    <system-out>", stream);
            opened = true;
            sc_report_goal_text(figure, text);
            (void)fputs("goal unmet: ", stream);
            sc_text_xml(stream, figure->name);
            (void)fputs(": ", stream);
            sc_text_xml(stream, text);
            (void)fputc('\n', stream);
        }
    }
    (void)fputs(opened ? "    </system-out>\n" : "", stream);
}

static void print(FILE *stream, const struct sc_report *report)
{
    (void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sigmacert\"",
                stream);
    counts(stream, report->strict, report->passed, report->failed, report->skipped);
    (void)fputs(">\n", stream);
    for (size_t s = 0; s < report->n_stages; s++) {
        const struct sc_report_stage *const stage = &report->stages[s];
        (void)fputs("  <testsuite", stream);
        attribute(stream, "name", stage->name);
        counts(stream, report->strict, stage->passed, stage->failed, stage->skipped);
        if (stage->evidence != NULL) {
            /* schema 1 times end in 'Z', which the JUnit schema does not allow */
            (void)fprintf(stream, " time=\"%.6f\" timestamp=\"%.19s\"", stage->evidence->seconds,
                          stage->evidence->started);
        }
        (void)fputs(">\n", stream);
        cases(stream, stage, report->strict);
        unmet_goals(stream, stage);
        (void)fputs("  </testsuite>\n", stream);
    }
    (void)fputs("</testsuites>\n", stream);
}

enum sc_status sc_junit_text(const struct sc_report *report, char **text, struct sc_error *error)
{
    char *made = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&made, &size);

    if (stream == NULL) {
        return sc_fail(error, SC_E_MEMORY, "report: no memory for the JUnit report");
    }
    print(stream, report);
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        free(made);
        return sc_fail(error, SC_E_MEMORY, "report: no memory for the JUnit report");
    }
    *text = made;
    return SC_OK;
}
