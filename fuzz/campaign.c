/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/campaign.h"

#include "fuzz/campaign_state.h"
#include "fuzz/clock.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_MS          200
#define PROGRESS_SECONDS 0.2

static bool told_to_stop(const struct sc_campaign_state *state)
{
    return state->options->stop != NULL && *state->options->stop != 0;
}

/* Whether another case may begin. */
static bool may_begin(struct sc_campaign_state *state)
{
    const double limit = state->options->seconds;

    if (limit > 0 && sc_clock_now() - state->begun >= limit) {
        state->exhausted = true;
    }
    if (state->options->stop_first && sc_campaign_findings(state) + state->result->more > 0) {
        state->exhausted = true;
        state->result->end = SC_CAMPAIGN_FIRST;
    }
    return !state->exhausted;
}

/* A kept finding that the kernel says it does not do is not run. */
static const char *refusal(const struct sc_campaign_state *state,
                           const struct sc_campaign_unit *unit)
{
    const char *why = NULL;

    for (int32_t n = 0; n < unit->count && why == NULL && unit->number < 0; n++) {
        why = sc_select_refusal(&state->result->kernel.traits, &unit->recipes[n]);
    }
    return why;
}

static enum sc_status refuse(struct sc_campaign_state *state, const struct sc_campaign_unit *unit,
                             const char *why, struct sc_error *error)
{
    struct sc_record_case record;

    memset(&record, 0, sizeof record);
    (void)strcpy(record.unit, unit->name);
    (void)snprintf(record.text, sizeof record.text, "%s", why);
    record.verdict = SC_CASE_REFUSED;
    record.check = SC_CHECKS;
    record.result = SC_RESULTS;
    for (int n = 0; n < SC_RESULTS; n++) {
        record.conforms[n] = record.accurate[n] = record.climb[n] = NAN;
    }
    sc_tally_add(&state->result->tally, &record);
    const enum sc_status status = sc_record_case_print(&record, state->text, error);
    return status == SC_OK ? sc_campaign_write(state, false, error) : status;
}

/* The order before which everything is done. */
static int64_t floor_order(const struct sc_campaign_state *state)
{
    int64_t floor = state->next_order;

    for (int32_t n = 0; n < state->options->workers; n++) {
        const struct sc_campaign_slot *const slot = &state->slots[n];
        if (slot->doing == SC_SLOT_EXAMINES && slot->unit.order < floor) {
            floor = slot->unit.order;
        }
    }
    return floor;
}

/* Gives an idle slot something to do, if there is anything. Findings go first. */
static enum sc_status employ(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                             struct sc_error *error)
{
    enum sc_status status = SC_OK;

    while (status == SC_OK && slot->doing == SC_SLOT_IDLE && !told_to_stop(state)) {
        struct sc_campaign_unit unit;
        status = sc_campaign_settle(state, floor_order(state), error);
        const int32_t waiting = sc_campaign_waiting(state);
        if (status != SC_OK) {
            break;
        }
        if (waiting >= 0) {
            return sc_campaign_pursue(state, slot, waiting, error);
        }
        if (!may_begin(state)) {
            break;
        }
        status = sc_campaign_next(state, &unit, error);
        if (status == SC_OK && unit.count == 0) {
            continue; /* failures that the journal had may wait now */
        }
        const char *const why = status == SC_OK ? refusal(state, &unit) : NULL;
        if (why != NULL) {
            status = refuse(state, &unit, why, error);
            free(unit.recipes);
        } else if (status == SC_OK) {
            status = sc_campaign_examine(state, slot, &unit, error);
        }
    }
    return status;
}

static void show(struct sc_campaign_state *state, double *shown)
{
    const struct sc_campaign_options *const options = state->options;
    const struct sc_campaign_result *const result = state->result;
    const double now = sc_clock_now();
    struct sc_campaign_progress progress = {.worst = NAN};

    if (options->progress == NULL || now - *shown < PROGRESS_SECONDS) {
        return;
    }
    *shown = now;
    progress.cases = result->tally.cases;
    progress.wanted = options->cases > 0 ? (options->cases - options->shard + options->shards - 1) /
                                               options->shards
                                         : 0;
    progress.seconds = now - state->begun;
    progress.cases_per_second = (double)result->cases / fmax(progress.seconds, 1e-3);
    progress.pairs = sc_coverage_pairs(state->coverage, &result->kernel.traits);
    progress.possible = result->possible;
    for (int n = 0; n < SC_RESULTS; n++) {
        progress.worst = fmax(progress.worst, result->tally.conforms[n]);
        progress.worst = fmax(progress.worst, result->tally.climb[n]);
    }
    progress.failed = result->tally.of[SC_CASE_FAIL];
    progress.findings = sc_campaign_findings(state);
    for (int32_t n = 0; n < options->workers; n++) {
        progress.pursuing = progress.pursuing || state->slots[n].doing == SC_SLOT_PURSUES;
    }
    options->progress(options->context, &progress);
}

/* Waits a moment for replies, and takes in those that are there. */
static enum sc_status turn(struct sc_campaign_state *state, struct pollfd *files,
                           struct sc_error *error)
{
    const int32_t workers = state->options->workers;
    enum sc_status status = SC_OK;

    for (int32_t n = 0; n < workers; n++) {
        const struct sc_campaign_slot *const slot = &state->slots[n];
        files[n].fd = slot->doing == SC_SLOT_IDLE ? -1 : sc_judging_file(slot->judging);
        files[n].events = POLLIN;
        files[n].revents = 0;
    }
    const int ready = poll(files, (nfds_t)workers, TURN_MS);
    if (ready < 0 && errno != EINTR) {
        return sc_fail(error, SC_E_UNAVAILABLE, "campaign: cannot wait: %s", strerror(errno));
    }
    for (int32_t n = 0; n < workers && ready > 0 && status == SC_OK; n++) {
        if (files[n].revents != 0) {
            status = sc_campaign_reply(state, &state->slots[n], error);
        }
    }
    return status == SC_OK && state->journal != NULL ? sc_journal_settle(state->journal, error)
                                                     : status;
}

static bool busy(const struct sc_campaign_state *state)
{
    for (int32_t n = 0; n < state->options->workers; n++) {
        if (state->slots[n].doing != SC_SLOT_IDLE) {
            return true;
        }
    }
    return false;
}

static enum sc_status work(struct sc_campaign_state *state, struct sc_error *error)
{
    const int32_t workers = state->options->workers;
    struct pollfd *const files = calloc((size_t)workers, sizeof *files);
    double shown = 0;
    enum sc_status status =
        files == NULL ? sc_fail(error, SC_E_MEMORY, "campaign: no memory") : SC_OK;

    while (status == SC_OK && !told_to_stop(state)) {
        for (int32_t n = 0; n < workers && status == SC_OK; n++) {
            status = employ(state, &state->slots[n], error);
        }
        if (status != SC_OK || !busy(state)) {
            break;
        }
        status = turn(state, files, error);
        show(state, &shown);
    }
    free(files);
    return status;
}

static enum sc_status prepare(struct sc_campaign_state *state, struct sc_error *error)
{
    state->text = malloc(SC_JOURNAL_TEXT_MAX);
    state->coverage = sc_coverage_create();
    /* see TRACKED_MAX */
    state->tracked = calloc(4 * (size_t)state->options->findings_max + 1, sizeof *state->tracked);
    if (state->text == NULL || state->coverage == NULL || state->tracked == NULL) {
        return sc_fail(error, SC_E_MEMORY, "campaign: no memory");
    }
    enum sc_status status = sc_campaign_start(state, error);
    if (status == SC_OK) {
        state->result->possible = sc_coverage_possible(&state->result->kernel.traits);
        status = sc_campaign_open(state, error);
    }
    return status;
}

static void release(struct sc_campaign_state *state)
{
    struct sc_campaign_list *const lists[] = {&state->failed, &state->shrunk, &state->kept};

    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
        for (int32_t n = 0; n < lists[l]->count; n++) {
            free(lists[l]->found[n].name);
        }
        free(lists[l]->found);
    }
    sc_campaign_forget(state);
    sc_corpus_destroy(&state->corpus);
    sc_coverage_destroy(state->coverage);
    free(state->done.bytes);
    free(state->done_failed.bytes);
    free(state->text);
}

enum sc_status sc_campaign_run(const struct sc_campaign_options *options,
                               struct sc_campaign_result *result, struct sc_error *error)
{
    struct sc_campaign_state state;
    struct sc_error ignored = {SC_OK, ""};

    memset(&state, 0, sizeof state);
    memset(result, 0, sizeof *result);
    result->tally = sc_tally_empty();
    state.options = options;
    state.result = result;
    state.begun = sc_clock_now();
    enum sc_status status = prepare(&state, error);
    if (status == SC_OK) {
        state.begun = sc_clock_now();
        status = work(&state, error);
        result->seconds = sc_clock_now() - state.begun;
        result->pairs = sc_coverage_pairs(state.coverage, &result->kernel.traits);
    }
    const bool stopped = told_to_stop(&state);
    sc_campaign_stop(&state, stopped || status != SC_OK);
    if (state.tracked != NULL) {
        /* what is known counts, however it ended */
        const enum sc_status settled = sc_campaign_settle(&state, INT64_MAX, &ignored);
        const enum sc_status reported = sc_campaign_report(&state, &ignored);
        if (status == SC_OK && (settled != SC_OK || reported != SC_OK)) {
            status = sc_fail(error, settled != SC_OK ? settled : reported, "%s", ignored.text);
        }
    }
    ignored.status = SC_OK;
    if (sc_journal_close(state.journal, &ignored) != SC_OK && status == SC_OK) {
        status = sc_fail(error, SC_E_IO, "%s", ignored.text);
    }
    result->end = status != SC_OK ? SC_CAMPAIGN_BROKEN
                  : stopped       ? SC_CAMPAIGN_STOPPED
                                  : result->end;
    release(&state);
    return status;
}
