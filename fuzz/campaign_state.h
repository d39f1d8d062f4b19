/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CAMPAIGN_STATE_H
#define SC_FUZZ_CAMPAIGN_STATE_H

#include "fuzz/bits.h"
#include "fuzz/campaign.h"
#include "fuzz/corpus.h"
#include "fuzz/judging.h"
#include "fuzz/record.h"
#include "fuzz/select.h"

/* What a campaign knows while it runs, for the files campaign*.c alone. */

/* Something to be run, in the order of a campaign: a kept finding or a case. */
struct sc_campaign_unit {
    int64_t order;
    char name[SC_UNIT_MAX];
    int64_t number; /* of a case; -1: a kept finding */
    struct sc_recipe *recipes;
    int32_t count; /* those of a kept finding are run one after another in a fresh process */
};

enum sc_slot_doing { SC_SLOT_IDLE, SC_SLOT_EXAMINES, SC_SLOT_PURSUES };

/* A judging process and what it does. */
struct sc_campaign_slot {
    struct sc_judging *judging;
    enum sc_slot_doing doing;
    struct sc_job job;
    struct sc_campaign_unit unit;         /* in hand; its recipes are the job's */
    int32_t tracked;                      /* finding that it pursues */
    int32_t deaths;                       /* of processes over this job */
    int64_t resident_bytes, worker_bytes; /* as in its last reply */
    int64_t *past; /* numbers of the cases that the worker's process had run, and their recipes */
    struct sc_recipe *past_recipes;
    int32_t past_count;
};

/* A failure that is not settled. */
struct sc_campaign_failure {
    int64_t order;
    int64_t offset; /* of its record, if the journal had it; else -1 and what follows */
    struct sc_record_case record;
    struct sc_recipe *recipes; /* what the process had run, the failing case last */
    int32_t count;
};

enum sc_tracked_state {
    SC_TRACKED_WAITS, /* to be pursued */
    SC_TRACKED_PURSUED,
    SC_TRACKED_DONE,
    SC_TRACKED_MERGED /* an earlier finding explains it */
};

struct sc_campaign_tracked {
    struct sc_campaign_finding finding;
    enum sc_tracked_state state;
    int64_t order;
    char mask[64]; /* of the case as it failed first */
    struct sc_recipe *recipes;
    int32_t count;
    int32_t merged_into;
};

/* A record that the journal had. */
struct sc_campaign_found {
    int64_t number; /* of a case; -1: `name` says whose */
    char *name;     /* NULL for a case */
    int64_t offset;
};

struct sc_campaign_list {
    struct sc_campaign_found *found;
    int32_t count, room;
};

struct sc_campaign_state {
    const struct sc_campaign_options *options;
    struct sc_campaign_result *result;
    struct sc_journal *journal; /* NULL: none */
    char *text;                 /* room for a record */
    struct sc_coverage *coverage;
    int64_t next_case, next_order;
    struct sc_corpus corpus;
    int32_t next_kept;
    /* what the journal had */
    struct sc_bits done, done_failed; /* k: case k * shards + shard */
    struct sc_campaign_list failed, shrunk,
        kept; /* cases that failed; findings that are complete; kept ones that ran */
    struct sc_campaign_slot *slots;
    struct sc_campaign_failure *failures;
    int32_t failures_count, failures_room;
    struct sc_campaign_tracked *tracked;
    int32_t tracked_count;
    double begun;   /* seconds, monotonic */
    bool exhausted; /* no unit is left */
};

/* campaign_units.c */

/* Opens the journal and takes in what it has; lists the corpus. */
enum sc_status sc_campaign_open(struct sc_campaign_state *state, struct sc_error *error);

/* The next unit that is not done; `exhausted` is set when there is none. Failures that the journal had are put to the
 * others on the way. The caller frees its recipes. */
enum sc_status sc_campaign_next(struct sc_campaign_state *state, struct sc_campaign_unit *unit,
                                struct sc_error *error);

/* Draws cases again: recipes[n] is that of numbers[n], in rising order; count may be 0. */
enum sc_status sc_campaign_redraw(const struct sc_campaign_state *state, const int64_t *numbers,
                                  int32_t count, struct sc_recipe *recipes, struct sc_error *error);

/* Appends a record where there is a journal. */
enum sc_status sc_campaign_write(struct sc_campaign_state *state, bool durable,
                                 struct sc_error *error);

/* The record of a unit in a list; NULL: none. */
const struct sc_campaign_found *sc_campaign_find(const struct sc_campaign_list *list,
                                                 const char *unit);

/* campaign_slots.c */

enum sc_status sc_campaign_start(struct sc_campaign_state *state, struct sc_error *error);
void sc_campaign_stop(struct sc_campaign_state *state, bool at_once);

/* Gives a slot a unit, which is its own from then on, or a finding to pursue. */
enum sc_status sc_campaign_examine(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                                   const struct sc_campaign_unit *unit, struct sc_error *error);
enum sc_status sc_campaign_pursue(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                                  int32_t tracked, struct sc_error *error);

/* Waits for a reply of a slot and takes it in. */
enum sc_status sc_campaign_reply(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                                 struct sc_error *error);

/* campaign_failures.c */

/* Puts a failure to those that are not settled; takes what it holds. */
enum sc_status sc_campaign_fail(struct sc_campaign_state *state,
                                const struct sc_campaign_failure *failure, struct sc_error *error);

/* Settles failures before which everything is done: all those of an order below `floor`. */
enum sc_status sc_campaign_settle(struct sc_campaign_state *state, int64_t floor,
                                  struct sc_error *error);

/* Takes in what a pursuit found. */
enum sc_status sc_campaign_confirmed(struct sc_campaign_state *state, int32_t tracked,
                                     const struct sc_reply *reply, struct sc_error *error);
enum sc_status sc_campaign_pursued(struct sc_campaign_state *state, int32_t tracked,
                                   const struct sc_reply *reply, const struct sc_recipe *recipes,
                                   struct sc_error *error);

/* A finding that waits to be pursued; -1: none. */
int32_t sc_campaign_waiting(const struct sc_campaign_state *state);

/* Findings that no earlier one explains. */
int32_t sc_campaign_findings(const struct sc_campaign_state *state);
void sc_campaign_forget(struct sc_campaign_state *state);

/* campaign_findings.c */

/* Moves the findings into the result. */
enum sc_status sc_campaign_report(struct sc_campaign_state *state, struct sc_error *error);

/* Replaces the case lines of a finding by copies; takes them away. */
enum sc_status sc_campaign_lines(struct sc_campaign_finding *finding, char **lines, int32_t count,
                                 struct sc_error *error);
void sc_campaign_clear(struct sc_campaign_finding *finding);

/* Of findings that agree with a complete one in check, result, masks and class, the first one stays. */
void sc_campaign_merge(struct sc_campaign_state *state, int32_t tracked);

/* campaign_recall.c */

/* What the journal says of a finding, if it is complete. */
enum sc_status sc_campaign_recall_finding(struct sc_campaign_state *state,
                                          struct sc_campaign_tracked *tracked, bool *complete,
                                          struct sc_error *error);

/* The recipes of a failure that the journal had: those of the cases before it are drawn again. */
enum sc_status sc_campaign_recall_recipes(struct sc_campaign_state *state,
                                          struct sc_campaign_failure *failure,
                                          struct sc_error *error);

#endif
