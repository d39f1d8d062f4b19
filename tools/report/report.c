/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/report.h"

#include "tools/report/text.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sc_report_state_word(enum sc_report_state state)
{
    static const char *const words[] = {"pass",    "skipped", "fail",
                                        "missing", "stale",   "unreadable"};
    return words[state];
}

bool sc_report_stage_counts(const struct sc_report_stage *stage)
{
    return stage->state <= SC_REPORT_FAIL && stage->evidence->n_checks > 0;
}

enum sc_report_verdict sc_report_verdict(const struct sc_report *report)
{
    if (report->unreadable > 0) {
        return SC_REPORT_BAD_EVIDENCE;
    }
    if (report->failed > 0 || report->n_stages == 0 || (report->strict && report->skipped > 0)) {
        return SC_REPORT_FALSIFIED;
    }
    return report->passed == 0 ? SC_REPORT_NOTHING_RAN : SC_REPORT_VERIFIED;
}

void sc_report_goal_text(const struct sc_read_figure *figure, char text[SC_ERROR_TEXT_BYTES])
{
    const char *const words = figure->kind == SC_EVIDENCE_AT_LEAST  ? "at least"
                              : figure->kind == SC_EVIDENCE_AT_MOST ? "at most"
                                                                    : "exactly";
    char value[32];
    char goal[32];

    (void)snprintf(value, sizeof value, "%.10g", figure->value);
    (void)snprintf(goal, sizeof goal, "%.10g", figure->goal);
    if (strcmp(value, goal) == 0 && figure->value != figure->goal) {
        (void)snprintf(value, sizeof value, "%.17g", figure->value);
        (void)snprintf(goal, sizeof goal, "%.17g", figure->goal);
    }
    (void)snprintf(text, SC_ERROR_TEXT_BYTES, "%s %.100s, expected %s %s", value, figure->unit,
                   words, goal);
}

void sc_report_destroy(struct sc_report *report)
{
    if (report == NULL) {
        return;
    }
    for (size_t s = 0; s < report->n_stages; s++) {
        free(report->stages[s].name);
        sc_read_destroy(report->stages[s].evidence);
    }
    free(report->stages);
    free(report);
}

static struct sc_report_stage *find(const struct sc_report *report, const char *name)
{
    for (size_t s = 0; s < report->n_stages; s++) {
        if (strcmp(report->stages[s].name, name) == 0) {
            return &report->stages[s];
        }
    }
    return NULL;
}

/* Adds a stage that is missing until its evidence is read; NULL without memory. */
static struct sc_report_stage *add(struct sc_report *report, const char *name, size_t length)
{
    struct sc_report_stage *const stages =
        realloc(report->stages, (report->n_stages + 1) * sizeof *stages);

    if (stages == NULL) {
        return NULL;
    }
    report->stages = stages;
    char *const copy = malloc(length + 1);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
    struct sc_report_stage *const stage = &stages[report->n_stages++];
    memset(stage, 0, sizeof *stage);
    stage->name = copy;
    stage->state = SC_REPORT_MISSING;
    stage->failed = 1;
    (void)snprintf(stage->note, sizeof stage->note, "no evidence of this stage");
    return stage;
}

static const char *dirty_word(const struct sc_source *source)
{
    return source->dirty ? " with changes" : "";
}

/* Decides a stage whose evidence was read. */
static void decide(const struct sc_source *now, struct sc_report_stage *stage)
{
    const struct sc_read_evidence *const evidence = stage->evidence;
    size_t goals = 0;
    size_t unmet = 0;

    if (!sc_source_same(&evidence->source, now)) {
        stage->state = SC_REPORT_STALE;
        stage->failed = stage->kept ? 0 : 1;
        (void)snprintf(stage->note, sizeof stage->note, "of %.12s%s, now %.12s%s",
                       evidence->source.commit, dirty_word(&evidence->source), now->commit,
                       dirty_word(now));
        return;
    }
    stage->state = evidence->status == SC_EVIDENCE_PASS      ? SC_REPORT_PASS
                   : evidence->status == SC_EVIDENCE_SKIPPED ? SC_REPORT_SKIPPED
                                                             : SC_REPORT_FAIL;
    for (size_t f = 0; f < evidence->n_figures; f++) {
        goals += evidence->figures[f].kind != SC_EVIDENCE_NONE;
        unmet += !evidence->figures[f].met;
    }
    stage->note[0] = '\0';
    if (evidence->why != NULL) {
        (void)snprintf(stage->note, sizeof stage->note, "%s", evidence->why);
    } else if (unmet > 0) {
        (void)snprintf(stage->note, sizeof stage->note, "%zu of %zu goals not met", unmet, goals);
    } else if (goals > 0) {
        (void)snprintf(stage->note, sizeof stage->note, "%zu goals met", goals);
    }
    if (evidence->n_checks > 0) {
        stage->passed = evidence->passed;
        stage->failed = evidence->failed;
        stage->skipped = evidence->skipped;
    }
}

/* Reads FILE of a directory into its stage, which is added when it was not expected. */
static enum sc_status read_file(const struct sc_report_options *options, const char *directory,
                                const char *file, struct sc_report *report, struct sc_error *error)
{
    const size_t length = strlen(file) - strlen(".json");
    const size_t room = strlen(directory) + strlen(file) + 2;
    struct sc_error problem;
    char *path = malloc(room);

    if (path == NULL) {
        return sc_fail(error, SC_E_MEMORY, "report: no memory");
    }
    (void)snprintf(path, room, "%s/%.*s", directory, (int)length, file);
    struct sc_report_stage *stage = find(report, path + strlen(directory) + 1);
    const bool kept = directory == options->kept;
    if (kept && stage != NULL && stage->state != SC_REPORT_MISSING) {
        free(path);
        return SC_OK; /* this run made its own */
    }
    if (stage == NULL) {
        stage = add(report, file, length);
    }
    if (stage != NULL) {
        stage->kept = kept;
    }
    (void)snprintf(path, room, "%s/%s", directory, file);
    const enum sc_status status =
        stage == NULL ? SC_E_MEMORY : sc_read_create(path, &stage->evidence, &problem);
    free(path);
    if (status == SC_E_MEMORY) {
        return sc_fail(error, SC_E_MEMORY, "report: no memory to read %.200s", file);
    }
    if (status != SC_OK) {
        stage->state = SC_REPORT_UNREADABLE;
        (void)snprintf(stage->note, sizeof stage->note, "%s", problem.text);
    } else {
        decide(&options->source, stage);
    }
    return SC_OK;
}

static int is_evidence(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".json") == 0;
}

static enum sc_status read_directory(const struct sc_report_options *options, const char *directory,
                                     struct sc_report *report, struct sc_error *error)
{
    struct dirent **entries = NULL;
    enum sc_status status = SC_OK;
    const int count = scandir(directory, &entries, is_evidence, alphasort);

    if (count < 0 && errno == ENOENT && (options->n_expected > 0 || directory == options->kept)) {
        return SC_OK; /* no stage got as far as to make it: each expected one is missing */
    }
    if (count < 0) {
        return sc_fail(error, SC_E_IO, "%s: cannot read the directory of evidence: %s", directory,
                       strerror(errno));
    }
    for (int e = 0; e < count; e++) {
        if (status == SC_OK) {
            status = read_file(options, directory, entries[e]->d_name, report, error);
        }
        free(entries[e]);
    }
    free(entries);
    return status;
}

static void sum(struct sc_report *report)
{
    for (size_t s = 0; s < report->n_stages; s++) {
        const struct sc_report_stage *const stage = &report->stages[s];
        report->passed += stage->passed;
        report->failed += stage->failed;
        report->skipped += stage->skipped;
        report->unreadable += stage->state == SC_REPORT_UNREADABLE;
        const size_t figures = stage->state <= SC_REPORT_FAIL ? stage->evidence->n_figures : 0;
        for (size_t f = 0; f < figures; f++) {
            report->goals += stage->evidence->figures[f].kind != SC_EVIDENCE_NONE;
            report->goals_unmet += !stage->evidence->figures[f].met;
        }
    }
}

enum sc_status sc_report_create(const struct sc_report_options *options, struct sc_report **report,
                                struct sc_error *error)
{
    enum sc_status status = SC_OK;
    struct sc_report *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return sc_fail(error, SC_E_MEMORY, "report: no memory");
    }
    made->source = options->source;
    made->strict = options->strict;
    for (size_t e = 0; e < options->n_expected; e++) {
        const char *const name = options->expected[e];
        if (!sc_evidence_stage_valid(name)) {
            status = sc_fail(error, SC_E_INPUT,
                             "report: expected stage \"%.64s\", expected lower-case letters, "
                             "digits, '-' and '_'",
                             name);
            goto done;
        }
        if (find(made, name) == NULL && add(made, name, strlen(name)) == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "report: no memory");
            goto done;
        }
    }
    status = read_directory(options, options->directory, made, error);
    if (status == SC_OK && options->kept != NULL) {
        status = read_directory(options, options->kept, made, error);
    }
done:
    if (status != SC_OK) {
        sc_report_destroy(made);
        return status;
    }
    sum(made);
    *report = made;
    return SC_OK;
}

static json_t *stage_json(const struct sc_report_stage *stage)
{
    json_t *const name = sc_text_json(stage->name);
    json_t *const note = sc_text_json(stage->note);

    return json_pack("{s:o, s:s, s:b, s:o, s:I, s:I, s:I, s:O?}", "stage", name, "status",
                     sc_report_state_word(stage->state), "kept", (int)stage->kept, "note", note,
                     "passed", (json_int_t)stage->passed, "failed", (json_int_t)stage->failed,
                     "skipped", (json_int_t)stage->skipped, "evidence",
                     stage->evidence == NULL ? NULL : stage->evidence->root);
}

static const char *verdict_word(enum sc_report_verdict verdict)
{
    static const char *const words[] = {"unreadable", "fail", "nothing ran", "pass"};
    return words[verdict];
}

enum sc_status sc_report_json(const struct sc_report *report, char **text, struct sc_error *error)
{
    json_t *const stages = json_array();
    bool stored = stages != NULL;

    for (size_t s = 0; s < report->n_stages; s++) {
        stored = json_array_append_new(stages, stage_json(&report->stages[s])) == 0 && stored;
    }
    json_t *const root = json_pack(
        "{s:i, s:s, s:b, s:{s:s, s:b}, s:I, s:I, s:I, s:I, s:I, s:o}", "schema", SC_EVIDENCE_SCHEMA,
        "verdict", verdict_word(sc_report_verdict(report)), "strict", (int)report->strict, "source",
        "commit", report->source.commit, "dirty", (int)report->source.dirty, "passed",
        (json_int_t)report->passed, "failed", (json_int_t)report->failed, "skipped",
        (json_int_t)report->skipped, "goals", (json_int_t)report->goals, "goals_not_met",
        (json_int_t)report->goals_unmet, "stages", stages);
    char *const made = stored && root != NULL ? sc_text_dump(root) : NULL;

    json_decref(root);
    if (made == NULL) {
        return sc_fail(error, SC_E_MEMORY, "report: no memory for the JSON report");
    }
    *text = made;
    return SC_OK;
}
