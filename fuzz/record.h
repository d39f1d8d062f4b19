/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_RECORD_H
#define SC_FUZZ_RECORD_H

#include "fuzz/confirm.h"
#include "fuzz/examine.h"
#include "fuzz/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the records of a campaign say (fuzz/journal.h): fields with tabs between, NAME=VALUE but the first ones.
 *
 *     case UNIT VERDICT ...      a case was examined
 *     confirmed UNIT ...         a failing one was examined again
 *     shrunk UNIT ...            and its smallest case is this
 *
 * UNIT is the number of a case of the campaign, or "corpus:NAME" for a finding that was kept earlier. */
#define SC_UNIT_MAX 160

enum sc_case_verdict {
    SC_CASE_PASS,
    SC_CASE_WEAK,     /* passed, with bounds that say little */
    SC_CASE_REFUSED,  /* the kernel did not do it */
    SC_CASE_UNJUDGED, /* nothing failed, and no element has an exact result to be held against */
    SC_CASE_FAIL,
    SC_CASE_VERDICTS
};

struct sc_record_case {
    char unit[SC_UNIT_MAX];
    enum sc_case_verdict verdict;
    uint64_t hash; /* of problem and inputs; of a step of a climb, where that failed */
    int32_t runs;
    uint32_t checked;            /* bits 1 << enum sc_check that had something to look at */
    int64_t elements, weak;      /* judged; passed with weak bounds */
    double conforms[SC_RESULTS]; /* largest error over bound, by result; NaN: not judged */
    double accurate[SC_RESULTS];
    int32_t climbed;          /* steps of a climb from it; 0: none */
    double climb[SC_RESULTS]; /* largest error over bound in these, likewise */
    char text[512];           /* what was seen, of a failure; why, of a refusal */
    /* of a failure */
    enum sc_check check;
    enum sc_result result; /* SC_RESULTS: of no result */
    char mask[64];         /* kinds of masks (sc_record_mask) */
    char *line;            /* the line of what failed, which does not climb; NULL: none */
    int64_t *
        after; /* cases that the worker's process had run since its start, with the one that was climbed from */
    int32_t after_count;
};

struct sc_record_finding {
    char unit[SC_UNIT_MAX];
    bool shrunk; /* else confirmed */
    enum sc_class class;
    int32_t again; /* of two fresh runs, how many failed */
    /* of a shrunk one */
    int32_t tries;
    char mask[64], text[512];
    char file[128]; /* of the corpus; "": not kept */
    char **lines;   /* case lines, in the order they are run in */
    int32_t count;
};

/* A record of neither kind is for a later version. */
enum sc_record_kind { SC_RECORD_CASE, SC_RECORD_FINDING, SC_RECORD_OTHER };
enum sc_record_kind sc_record_kind(const char *text);

/* Writes a record.
 *   text  room for SC_JOURNAL_TEXT_MAX
 * SC_E_INPUT: it does not fit. */
enum sc_status sc_record_case_print(const struct sc_record_case *record, char *text,
                                    struct sc_error *error);
enum sc_status sc_record_finding_print(const struct sc_record_finding *record, char *text,
                                       struct sc_error *error);

/* Reads one, whatever the text is.
 *   record  receives it; ..._clear frees what it holds, also after a failure
 * SC_E_INPUT. SC_E_MEMORY. */
enum sc_status sc_record_case_parse(const char *text, struct sc_record_case *record,
                                    struct sc_error *error);
enum sc_status sc_record_finding_parse(const char *text, struct sc_record_finding *record,
                                       struct sc_error *error);
void sc_record_case_clear(struct sc_record_case *record);
void sc_record_finding_clear(struct sc_record_finding *record);

/* "causal+packed": what a recipe has of masks and of the like, "full" if nothing.
 *   mask  room for 64 */
void sc_record_mask(const struct sc_recipe *recipe, char *mask);

const char *sc_case_verdict_name(enum sc_case_verdict verdict);
/* "dQ"; "-" for SC_RESULTS */
const char *sc_record_result_name(enum sc_result result);

#endif
