/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_EVIDENCE_H
#define SC_TOOLS_REPORT_EVIDENCE_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The evidence of one stage: collected while the stage runs, written once at its end as
 * DIRECTORY/STAGE.json, schema 1. One thread at a time. */
struct sc_evidence;

#define SC_EVIDENCE_SCHEMA      1
#define SC_EVIDENCE_STAGE_BYTES 64 /* longest stage name, with its terminator */

enum sc_evidence_status { SC_EVIDENCE_PASS, SC_EVIDENCE_FAIL, SC_EVIDENCE_SKIPPED };

/* What a figure is held against: no goal, value >= goal, value <= goal, value == goal. */
enum sc_evidence_goal {
    SC_EVIDENCE_NONE,
    SC_EVIDENCE_AT_LEAST,
    SC_EVIDENCE_AT_MOST,
    SC_EVIDENCE_EQUAL
};

/* Begins the evidence of a stage now: notes the time and the source in the working directory.
 *   stage     lower-case letters, digits, '-' and '_', a letter or digit first; the file's name
 *   command   the command line that makes this evidence again
 *   evidence  set on success; sc_evidence_destroy releases it
 * SC_E_INPUT bad stage name or empty command. SC_E_MEMORY. */
enum sc_status sc_evidence_create(const char *stage, const char *command,
                                  struct sc_evidence **evidence, struct sc_error *error);

/* A name of a check or figure that begins with '.' has the stage's before it, with '.' for '-': ".cases" is "fuzz.cases"
 * in the stage fuzz and "gpu.fuzz.cases" in gpu-fuzz. This puts other words in its place, up to
 * SC_EVIDENCE_STAGE_BYTES - 1 of them. */
void sc_evidence_prefix(struct sc_evidence *evidence, const char *prefix);

/* Adds one check. A failure to store it is remembered and returned by sc_evidence_write.
 *   name     not empty; what was checked
 *   seconds  its duration; one that is negative or not finite is recorded as 0
 *   detail   one line: what was seen, or the reason of a skip; may be NULL */
void sc_evidence_check(struct sc_evidence *evidence, const char *name,
                       enum sc_evidence_status status, double seconds, const char *detail);

/* Adds one measured figure, and whether it meets its goal. A goal that is not met does not fail the
 * stage: a count that must not pass is a check as well. A value or goal that is not finite is no
 * measurement: it becomes a failed check of that name instead.
 *   unit  "1" for a ratio or a count
 *   goal  ignored for SC_EVIDENCE_NONE */
void sc_evidence_figure(struct sc_evidence *evidence, const char *name, double value,
                        const char *unit, enum sc_evidence_goal kind, double goal);

/* The least and the largest value seen while the last figure was measured. Without effect before
 * the first figure; a spread that is not finite or has low > high is not recorded. */
void sc_evidence_spread(struct sc_evidence *evidence, double low, double high);

/* Notes the version of a tool that the stage used; the last call for a name wins. */
void sc_evidence_tool(struct sc_evidence *evidence, const char *name, const char *version);

/* Number of failed checks so far. */
int64_t sc_evidence_failed(const struct sc_evidence *evidence);

/* The status of the stage so far, as sc_evidence_verdict. */
enum sc_evidence_status sc_evidence_found(const struct sc_evidence *evidence);

/* Prints one line "NAME: DETAIL" for each failed check. */
void sc_evidence_print_failed(const struct sc_evidence *evidence, FILE *out);

/* Writes DIRECTORY/STAGE.json: the whole file, or no change to it. The directory is made when it is
 * not there. The source is asked for again: when it moved while the stage ran, the evidence belongs
 * to neither and is marked dirty.
 * SC_E_MEMORY now or in an earlier call: nothing is written. SC_E_IO not written. */
enum sc_status sc_evidence_write(struct sc_evidence *evidence, const char *directory,
                                 struct sc_error *error);

/* NULL is allowed. */
void sc_evidence_destroy(struct sc_evidence *evidence);

/* The status of a stage with these numbers of checks: fail if one failed or there is none, skipped
 * if all were skipped, else pass. */
enum sc_evidence_status sc_evidence_verdict(int64_t passed, int64_t failed, int64_t skipped);

/* Whether `value` meets the goal; true for SC_EVIDENCE_NONE, false for a NaN and any other kind. */
bool sc_evidence_goal_met(enum sc_evidence_goal kind, double value, double goal);

/* Whether `stage` is a stage name, as for sc_evidence_create. */
bool sc_evidence_stage_valid(const char *stage);

/* The words of the file format: "pass", "at_least" and so on. */
const char *sc_evidence_status_word(enum sc_evidence_status status);
const char *sc_evidence_goal_word(enum sc_evidence_goal kind);

#endif
