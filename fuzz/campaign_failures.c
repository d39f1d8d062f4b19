/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/campaign_state.h"

#include "fuzz/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACKED_MAX 4 /* failures that are pursued, as a multiple of the findings that are kept */

static enum sc_status no_memory(struct sc_error *error)
{
    return sc_fail(error, SC_E_MEMORY, "campaign: no memory");
}

static void clear_failure(struct sc_campaign_failure *failure)
{
    sc_record_case_clear(&failure->record);
    free(failure->recipes);
    failure->recipes = NULL;
}

enum sc_status sc_campaign_fail(struct sc_campaign_state *state,
                                const struct sc_campaign_failure *failure, struct sc_error *error)
{
    struct sc_campaign_failure copy = *failure;

    if (state->failures_count == state->failures_room) {
        const int32_t room = state->failures_room == 0 ? 16 : 2 * state->failures_room;
        struct sc_campaign_failure *const larger =
            realloc(state->failures, (size_t)room * sizeof *larger);
        if (larger == NULL) {
            clear_failure(&copy);
            return no_memory(error);
        }
        state->failures = larger;
        state->failures_room = room;
    }
    state->failures[state->failures_count++] = copy;
    return SC_OK;
}

int32_t sc_campaign_findings(const struct sc_campaign_state *state)
{
    int32_t count = 0;

    for (int32_t n = 0; n < state->tracked_count; n++) {
        count += state->tracked[n].state != SC_TRACKED_MERGED;
    }
    return count;
}

/* A failure becomes a finding. */
static enum sc_status track(struct sc_campaign_state *state, struct sc_campaign_failure *failure,
                            struct sc_error *error)
{
    struct sc_record_case *const record = &failure->record;
    struct sc_campaign_tracked *const tracked = &state->tracked[state->tracked_count];
    struct sc_campaign_finding *const finding = &tracked->finding;
    bool complete = false;
    enum sc_status status = SC_OK;

    memset(tracked, 0, sizeof *tracked);
    tracked->order = failure->order;
    tracked->merged_into = -1;
    (void)strcpy(tracked->mask, record->mask);
    (void)strcpy(finding->unit, record->unit);
    (void)strcpy(finding->mask, record->mask);
    (void)strcpy(finding->text, record->text);
    finding->check = record->check;
    finding->result = record->result;
    finding->class = SC_CLASS_UNKNOWN;
    if (record->line != NULL) {
        status = sc_campaign_lines(finding, &record->line, 1, error);
    }
    state->tracked_count++;
    if (status == SC_OK && failure->offset >= 0) {
        status = sc_campaign_recall_finding(state, tracked, &complete, error);
    }
    if (status == SC_OK && complete) {
        tracked->state = SC_TRACKED_DONE;
        sc_campaign_merge(state, state->tracked_count - 1);
    } else if (status == SC_OK && failure->recipes == NULL) {
        status = sc_campaign_recall_recipes(state, failure, error);
    }
    if (!complete) {
        tracked->recipes = failure->recipes;
        tracked->count = failure->count;
        failure->recipes = NULL;
    }
    return status;
}

static enum sc_status settle(struct sc_campaign_state *state, struct sc_campaign_failure *failure,
                             struct sc_error *error)
{
    struct sc_record_case *const record = &failure->record;
    enum sc_status status = SC_OK;

    if (failure->offset >= 0) {
        status = sc_journal_text(state->journal, failure->offset, state->text, error);
        if (status == SC_OK) {
            status = sc_record_case_parse(state->text, record, error);
        }
    }
    if (status != SC_OK) {
        return status;
    }
    for (int32_t n = 0; n < state->tracked_count; n++) {
        const struct sc_campaign_tracked *tracked = &state->tracked[n];
        if (tracked->finding.check == record->check && tracked->finding.result == record->result &&
            strcmp(tracked->mask, record->mask) == 0) {
            while (tracked->state == SC_TRACKED_MERGED) {
                tracked = &state->tracked[tracked->merged_into];
            }
            state->tracked[tracked - state->tracked].finding.also++;
            return SC_OK;
        }
    }
    const int32_t most = state->options->findings_max;
    if (sc_campaign_findings(state) < most && state->tracked_count < TRACKED_MAX * most) {
        return track(state, failure, error);
    }
    state->result->more++;
    return SC_OK;
}

enum sc_status sc_campaign_settle(struct sc_campaign_state *state, int64_t floor,
                                  struct sc_error *error)
{
    enum sc_status status = SC_OK;

    while (status == SC_OK) {
        int32_t first = -1;
        for (int32_t n = 0; n < state->failures_count; n++) {
            if (state->failures[n].order < floor &&
                (first < 0 || state->failures[n].order < state->failures[first].order)) {
                first = n;
            }
        }
        if (first < 0) {
            break;
        }
        struct sc_campaign_failure failure = state->failures[first];
        state->failures[first] = state->failures[--state->failures_count];
        status = settle(state, &failure, error);
        clear_failure(&failure);
    }
    return status;
}

int32_t sc_campaign_waiting(const struct sc_campaign_state *state)
{
    for (int32_t n = 0; n < state->tracked_count; n++) {
        if (state->tracked[n].state == SC_TRACKED_WAITS) {
            return n;
        }
    }
    return -1;
}

void sc_campaign_forget(struct sc_campaign_state *state)
{
    for (int32_t n = 0; n < state->failures_count; n++) {
        clear_failure(&state->failures[n]);
    }
    for (int32_t n = 0; n < state->tracked_count; n++) {
        free(state->tracked[n].recipes);
        sc_campaign_clear(&state->tracked[n].finding);
    }
    free(state->failures);
    free(state->tracked);
}
