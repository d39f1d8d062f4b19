/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/table.h"

#include "tools/report/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGE_COLUMNS   22
#define SUMMARY_COLUMNS 31  /* what is left of 100 */
#define DETAIL_COLUMNS  400 /* enough for a diagnosis, too little to bury the others */

static void row(FILE *stream, const struct sc_report_stage *stage)
{
    char seconds[32] = "-";

    const size_t written = sc_text_terminal(stream, stage->name, STAGE_COLUMNS);
    if (stage->evidence != NULL) {
        (void)snprintf(seconds, sizeof seconds, "%.1f", stage->evidence->seconds);
    }
    (void)fprintf(stream, "%*s  %-10s %6lld %6lld %7lld %12s", (int)(STAGE_COLUMNS - written), "",
                  sc_report_state_word(stage->state), (long long)stage->passed,
                  (long long)stage->failed, (long long)stage->skipped, seconds);
    if (stage->note[0] != '\0') {
        (void)fputs("  ", stream);
        (void)sc_text_terminal(stream, stage->note, SUMMARY_COLUMNS - 2);
    }
    (void)fputc('\n', stream);
}

/* "KIND STAGE: NAME: DETAIL"; name may be NULL. */
static void line(FILE *stream, const char *kind, const char *stage, const char *name,
                 const char *detail)
{
    (void)fprintf(stream, "%-10s ", kind);
    (void)sc_text_terminal(stream, stage, DETAIL_COLUMNS);
    if (name != NULL) {
        (void)fputs(": ", stream);
        (void)sc_text_terminal(stream, name, DETAIL_COLUMNS);
    }
    if (detail[0] != '\0') {
        (void)fputs(": ", stream);
        (void)sc_text_terminal(stream, detail, DETAIL_COLUMNS);
    }
    (void)fputc('\n', stream);
}

static void check_lines(FILE *stream, const struct sc_report_stage *stage,
                        enum sc_evidence_status status, const char *kind)
{
    if (!sc_report_stage_counts(stage)) {
        return;
    }
    for (size_t c = 0; c < stage->evidence->n_checks; c++) {
        const struct sc_read_check *const check = &stage->evidence->checks[c];
        if (check->status == status) {
            line(stream, kind, stage->name, check->name, check->detail);
        }
    }
}

static void goal_lines(FILE *stream, const struct sc_report_stage *stage)
{
    char text[SC_ERROR_TEXT_BYTES];
    const size_t figures = stage->state <= SC_REPORT_FAIL ? stage->evidence->n_figures : 0;

    for (size_t f = 0; f < figures; f++) {
        const struct sc_read_figure *const figure = &stage->evidence->figures[f];
        if (!figure->met) {
            sc_report_goal_text(figure, text);
            line(stream, "goal unmet", stage->name, figure->name, text);
        }
    }
}

/* What limits the meaning of the counts. */
static void remarks(FILE *stream, const struct sc_report *report)
{
    if (strcmp(report->source.commit, "unknown") == 0) {
        (void)fputs("note: the commit is unknown, so stale evidence cannot be told\n", stream);
    } else if (report->source.dirty) {
        (void)fputs("note: uncommitted changes, so the commit does not identify the source\n",
                    stream);
    }
    if (report->n_stages == 0) {
        (void)fputs("note: no evidence and no expected stage: nothing is verified\n", stream);
    }
    if (report->strict && report->skipped > 0) {
        (void)fputs("note: strict: a skip fails\n", stream);
    }
}

static void stages_line(FILE *stream, const struct sc_report *report)
{
    size_t passed = 0;
    size_t skipped = 0;
    size_t old = 0;

    for (size_t s = 0; s < report->n_stages; s++) {
        const struct sc_report_stage *const stage = &report->stages[s];
        passed += stage->state == SC_REPORT_PASS;
        skipped += stage->state == SC_REPORT_SKIPPED;
        old += stage->kept && stage->state == SC_REPORT_STALE;
    }
    (void)fprintf(stream, "stages: %zu passed, %zu failed, %zu skipped", passed,
                  report->n_stages - passed - skipped - old, skipped);
    if (old > 0) {
        (void)fprintf(stream, ", %zu kept of another source", old);
    }
    (void)fprintf(stream, "; goals: %lld of %lld met\n",
                  (long long)(report->goals - report->goals_unmet), (long long)report->goals);
}

static void print(FILE *stream, const struct sc_report *report)
{
    (void)fprintf(stream, "%-*s  %-10s %6s %6s %7s %12s  %s\n", STAGE_COLUMNS, "stage", "status",
                  "passed", "failed", "skipped", "seconds", "summary");
    for (size_t s = 0; s < report->n_stages; s++) {
        row(stream, &report->stages[s]);
    }
    (void)fputc('\n', stream);
    for (size_t s = 0; s < report->n_stages; s++) {
        const struct sc_report_stage *const stage = &report->stages[s];
        if (stage->failed > 0 && !sc_report_stage_counts(stage)) {
            line(stream, sc_report_state_word(stage->state), stage->name, NULL, stage->note);
        }
        check_lines(stream, stage, SC_EVIDENCE_FAIL, "fail");
    }
    for (size_t s = 0; s < report->n_stages; s++) {
        goal_lines(stream, &report->stages[s]);
    }
    for (size_t s = 0; s < report->n_stages; s++) {
        check_lines(stream, &report->stages[s], SC_EVIDENCE_SKIPPED, "skipped");
    }
    remarks(stream, report);
    stages_line(stream, report);
    (void)fprintf(stream, "verify: %lld passed, %lld failed, %lld skipped\n",
                  (long long)report->passed, (long long)report->failed, (long long)report->skipped);
}

enum sc_status sc_table_text(const struct sc_report *report, char **text, struct sc_error *error)
{
    char *made = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&made, &size);

    if (stream == NULL) {
        return sc_fail(error, SC_E_MEMORY, "report: no memory for the table");
    }
    print(stream, report);
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        free(made);
        return sc_fail(error, SC_E_MEMORY, "report: no memory for the table");
    }
    *text = made;
    return SC_OK;
}
