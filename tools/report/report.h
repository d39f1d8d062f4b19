/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_REPORT_H
#define SC_TOOLS_REPORT_REPORT_H

#include "reference/status.h"
#include "tools/report/read.h"
#include "tools/report/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a stage counts as. Only the first can make a report pass; the last four are failures, but for kept evidence that
 * is stale, which is shown and counts as nothing. */
enum sc_report_state {
    SC_REPORT_PASS,
    SC_REPORT_SKIPPED,
    SC_REPORT_FAIL,
    SC_REPORT_MISSING,   /* expected, and there is no evidence */
    SC_REPORT_STALE,     /* evidence of another source, whatever it says */
    SC_REPORT_UNREADABLE /* not evidence of schema 1 */
};

struct sc_report_stage {
    char *name;
    enum sc_report_state state;
    char note[SC_ERROR_TEXT_BYTES];    /* why it is not a pass, or what is left to do; one line */
    struct sc_read_evidence *evidence; /* NULL when missing or unreadable */
    bool kept;                         /* made earlier, perhaps on another machine */
    int64_t passed, failed, skipped;   /* checks; 0, 1, 0 for a failure of the stage itself */
};

struct sc_report {
    struct sc_source source; /* that the evidence is held against */
    bool strict;
    struct sc_report_stage *stages; /* the expected ones first, in their order, then by name */
    size_t n_stages;
    int64_t passed, failed, skipped; /* sums over the stages */
    int64_t unreadable;              /* stages */
    int64_t goals, goals_unmet;      /* figures with a goal, of stages that are not stale */
};

struct sc_report_options {
    const char *directory;       /* of the evidence; each DIRECTORY/NAME.json is read */
    const char *kept;            /* of evidence that the repository keeps, of stages that are not in
                                  * the other directory; NULL: none, and none if it is not there */
    const char *const *expected; /* stage names; a second mention is ignored */
    size_t n_expected;
    bool strict;             /* a skipped check fails */
    struct sc_source source; /* the present one: sc_source_find */
};

/* The outcome of a report, the worst first. */
enum sc_report_verdict {
    SC_REPORT_BAD_EVIDENCE, /* some evidence is unreadable */
    SC_REPORT_FALSIFIED,    /* a check failed, or a stage did, or there is no stage at all */
    SC_REPORT_NOTHING_RAN,  /* nothing failed, and nothing but skips is left */
    SC_REPORT_VERIFIED
};

/* Reads the evidence of a directory and decides each stage. Unreadable evidence is a stage of the
 * report, so that one bad file hides no other.
 *   report  set on success; sc_report_destroy releases it
 * A directory that is not there holds no evidence, which is an error only if no stage is expected.
 * SC_E_INPUT bad name of an expected stage. SC_E_IO the directory cannot be read. SC_E_MEMORY. */
enum sc_status sc_report_create(const struct sc_report_options *options, struct sc_report **report,
                                struct sc_error *error);

/* NULL is allowed. */
void sc_report_destroy(struct sc_report *report);

enum sc_report_verdict sc_report_verdict(const struct sc_report *report);

/* "pass", "skipped", "fail", "missing", "stale", "unreadable". */
const char *sc_report_state_word(enum sc_report_state state);

/* Whether a stage counts its checks one by one: it is neither missing, stale nor unreadable, and has
 * a check. Else it counts as one failure, explained by `note`. */
bool sc_report_stage_counts(const struct sc_report_stage *stage);

/* "VALUE UNIT, expected at least GOAL" of a figure with a goal; both numbers in full when the short
 * forms are the same. */
void sc_report_goal_text(const struct sc_read_figure *figure, char text[SC_ERROR_TEXT_BYTES]);

/* The report as JSON, the evidence of each stage included. `text` is set on success: the caller
 * frees it. SC_E_MEMORY. */
enum sc_status sc_report_json(const struct sc_report *report, char **text, struct sc_error *error);

#endif
