/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/campaign_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define DEATHS_MAX 2 /* of judging processes over one job */

static bool same_kernel(const struct sc_worker_kernel *a, const struct sc_worker_kernel *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->arithmetic, b->arithmetic) == 0 &&
           a->device == b->device && a->traits.features == b->traits.features &&
           a->traits.formats_in == b->traits.formats_in &&
           a->traits.formats_out == b->traits.formats_out && a->traits.d_max == b->traits.d_max &&
           a->traits.d_v_max == b->traits.d_v_max && a->traits.d_multiple == b->traits.d_multiple &&
           a->traits.elements_max == b->traits.elements_max &&
           a->traits.tiles_max == b->traits.tiles_max;
}

/* Most that all processes had. */
static enum sc_status count_memory(struct sc_campaign_state *state, struct sc_error *error)
{
    struct rusage self;
    const int64_t limit = state->options->memory_bytes;
    int64_t sum = getrusage(RUSAGE_SELF, &self) == 0 ? 1024 * (int64_t)self.ru_maxrss : 0;
    int64_t kernels = 0;

    for (int32_t n = 0; n < state->options->workers; n++) {
        sum += state->slots[n].resident_bytes;
        kernels += state->slots[n].worker_bytes;
    }
    if (sum > state->result->resident_bytes) {
        state->result->resident_bytes = sum;
    }
    if (limit > 0 && sum > limit) {
        return sc_fail(
            error, SC_E_MEMORY,
            "campaign: %lld MiB of memory in use, %lld of them by the kernel's processes, "
            "more than the %lld MiB allowed (--memory)",
            (long long)(sum >> 20), (long long)(kernels >> 20), (long long)(limit >> 20));
    }
    return SC_OK;
}

static enum sc_status start(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                            struct sc_error *error)
{
    slot->past_count = 0;
    return sc_judging_create(&state->options->worker, &state->options->examine, &slot->judging,
                             error);
}

/* Waits until it is ready; its kernel is that of the others. */
static enum sc_status greet(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                            struct sc_error *error)
{
    struct sc_campaign_result *const result = state->result;
    struct sc_recipe *recipes = NULL;
    struct sc_reply reply;
    enum sc_status status = sc_judging_receive(slot->judging, &reply, &recipes, error);

    free(recipes);
    if (status == SC_OK) {
        slot->resident_bytes = reply.resident_bytes;
        slot->worker_bytes = reply.worker_bytes;
    }
    if (status == SC_OK && reply.error.status != SC_OK) {
        status = sc_fail(error, reply.error.status, "%s", reply.error.text);
    } else if (status == SC_OK && !result->started) {
        result->kernel = reply.kernel;
        result->started = true;
    } else if (status == SC_OK && !same_kernel(&reply.kernel, &result->kernel)) {
        status = sc_fail(error, SC_E_UNAVAILABLE,
                         "kernel: it says of itself now this and now that, expected the same in "
                         "each process");
    }
    return status;
}

enum sc_status sc_campaign_start(struct sc_campaign_state *state, struct sc_error *error)
{
    const int32_t workers = state->options->workers;
    enum sc_status status = SC_OK;

    state->slots = calloc((size_t)workers, sizeof *state->slots);
    if (state->slots == NULL) {
        return sc_fail(error, SC_E_MEMORY, "campaign: no memory");
    }
    for (int32_t n = 0; n < workers && status == SC_OK; n++) {
        struct sc_campaign_slot *const slot = &state->slots[n];
        slot->past = malloc(SC_CAMPAIGN_HISTORY * sizeof *slot->past);
        slot->past_recipes = malloc(SC_CAMPAIGN_HISTORY * sizeof *slot->past_recipes);
        status = slot->past == NULL || slot->past_recipes == NULL
                     ? sc_fail(error, SC_E_MEMORY, "campaign: no memory")
                     : start(state, slot, error);
    }
    for (int32_t n = 0; n < workers && status == SC_OK; n++) {
        status = greet(state, &state->slots[n], error);
    }
    return status == SC_OK ? count_memory(state, error) : status;
}

void sc_campaign_stop(struct sc_campaign_state *state, bool at_once)
{
    for (int32_t n = 0; state->slots != NULL && n < state->options->workers; n++) {
        struct sc_campaign_slot *const slot = &state->slots[n];
        sc_judging_destroy(slot->judging, at_once);
        free(slot->unit.recipes);
        free(slot->past);
        free(slot->past_recipes);
    }
    free(state->slots);
    state->slots = NULL;
}

/* The name of what a slot does. */
static const char *job_name(const struct sc_campaign_state *state,
                            const struct sc_campaign_slot *slot)
{
    return slot->doing == SC_SLOT_PURSUES ? state->tracked[slot->tracked].finding.unit
                                          : slot->unit.name;
}

/* Puts a fresh process in the place of one that died over its job, for `why`; an error where that did not help. */
static enum sc_status replace(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                              const struct sc_error *why, struct sc_error *error)
{
    slot->deaths++;
    if (slot->deaths == DEATHS_MAX) {
        return sc_fail(error, SC_E_UNAVAILABLE, "case %s: %.300s, twice", job_name(state, slot),
                       why->text);
    }
    sc_judging_destroy(slot->judging, true);
    slot->judging = NULL;
    const enum sc_status status = start(state, slot, error);
    return status == SC_OK ? greet(state, slot, error) : status;
}

static enum sc_status send_job(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                               struct sc_error *error)
{
    const struct sc_recipe *const recipes =
        slot->doing == SC_SLOT_PURSUES ? state->tracked[slot->tracked].recipes : slot->unit.recipes;
    struct sc_error why = {SC_OK, ""};
    enum sc_status status = SC_OK;

    while (status == SC_OK && sc_judging_send(slot->judging, &slot->job, recipes, &why) != SC_OK) {
        status = replace(state, slot, &why, error);
    }
    return status;
}

enum sc_status sc_campaign_examine(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                                   const struct sc_campaign_unit *unit, struct sc_error *error)
{
    const bool kept = unit->number < 0;

    slot->doing = SC_SLOT_EXAMINES;
    slot->unit = *unit;
    slot->deaths = 0;
    slot->job = (struct sc_job){.kind = SC_JOB_EXAMINE,
                                .fresh = kept,
                                .retire = kept || slot->past_count == SC_CAMPAIGN_HISTORY - 1,
                                .check = SC_CHECKS,
                                .count = unit->count};
    return send_job(state, slot, error);
}

enum sc_status sc_campaign_pursue(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                                  int32_t tracked, struct sc_error *error)
{
    struct sc_campaign_tracked *const finding = &state->tracked[tracked];

    finding->state = SC_TRACKED_PURSUED;
    slot->doing = SC_SLOT_PURSUES;
    slot->tracked = tracked;
    slot->deaths = 0;
    slot->job = (struct sc_job){
        .kind = SC_JOB_PURSUE, .check = finding->finding.check, .count = finding->count};
    return send_job(state, slot, error);
}

/* What an examination says, as a record. */
static void judge(const struct sc_reply *reply, const struct sc_campaign_unit *unit,
                  struct sc_record_case *record)
{
    const struct sc_examination *const found = &reply->trial.found;
    const struct sc_examination *const shown = sc_trial_found(&reply->trial);
    const struct sc_climb *const climb = &reply->trial.climb;
    const struct sc_assessment *const assessment = &found->assessment;
    const struct sc_standing *const conforms = &assessment->conforms;
    const struct sc_standing *const accurate = &assessment->accurate;
    const int64_t elements =
        conforms->judged > accurate->judged ? conforms->judged : accurate->judged;

    memset(record, 0, sizeof *record);
    (void)strcpy(record->unit, unit->name);
    record->hash = climb->failed ? climb->hash : reply->trial.hash;
    record->runs = found->runs + climb->runs;
    record->checked = found->checked | shown->checked;
    record->climbed = climb->steps;
    record->check = SC_CHECKS;
    record->result = SC_RESULTS;
    for (int n = 0; n < SC_RESULTS; n++) {
        record->conforms[n] = record->accurate[n] = NAN;
        record->climb[n] = climb->steps > 0 ? climb->conforms[n] : NAN;
    }
    if (found->ending == SC_ENDING_DONE) {
        record->elements =
            elements > assessment->exact_judged ? elements : assessment->exact_judged;
        record->weak = conforms->weak;
        for (int n = 0; n < SC_RESULTS; n++) {
            record->conforms[n] = conforms->judged_of[n] > 0 ? conforms->ratio[n] : NAN;
            record->accurate[n] = accurate->judged_of[n] > 0 ? accurate->ratio[n] : NAN;
        }
    }
    record->verdict = shown->failed != 0     ? SC_CASE_FAIL
                      : found->refused       ? SC_CASE_REFUSED
                      : record->elements < 1 ? SC_CASE_UNJUDGED
                      : found->weak          ? SC_CASE_WEAK
                                             : SC_CASE_PASS;
    (void)snprintf(record->text, sizeof record->text, "%s", shown->text);
    if (record->verdict == SC_CASE_FAIL) {
        record->check = shown->first;
        record->result = shown->element.result;
        sc_record_mask(&unit->recipes[unit->count - 1], record->mask);
    }
}

/* What the process had run, and what failed: the unit, or after it a step of the climb from it. NULL without memory. */
static struct sc_recipe *whole_past(const struct sc_campaign_slot *slot,
                                    const struct sc_climb *climb, int32_t *count)
{
    const int32_t begun = slot->past_count + slot->unit.count;
    struct sc_recipe *const recipes = malloc((size_t)(begun + 1) * sizeof *recipes);

    if (recipes != NULL) {
        memcpy(recipes, slot->past_recipes, (size_t)slot->past_count * sizeof *recipes);
        memcpy(recipes + slot->past_count, slot->unit.recipes,
               (size_t)slot->unit.count * sizeof *recipes);
        if (climb->failed) {
            recipes[begun] = climb->recipe;
        } else {
            recipes[begun - 1].climb = 0;
        }
    }
    *count = begun + (climb->failed ? 1 : 0);
    return recipes;
}

/* Completes the record of a failing case, and puts it to the failures. */
static enum sc_status keep_failure(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                                   const struct sc_climb *climb, struct sc_record_case *record,
                                   struct sc_error *error)
{
    struct sc_campaign_failure failure = {.order = slot->unit.order, .offset = -1};

    record->line = malloc(SC_RECIPE_TEXT_MAX);
    record->after = malloc((size_t)(slot->past_count + 1) * sizeof *record->after);
    failure.recipes = whole_past(slot, climb, &failure.count);
    if (record->line == NULL || record->after == NULL || failure.recipes == NULL) {
        free(failure.recipes);
        return sc_fail(error, SC_E_MEMORY, "campaign: no memory");
    }
    struct sc_recipe last = failure.recipes[failure.count - 1];
    last.hashed = true;
    last.hash = record->hash;
    record->line[sc_recipe_print(&last, record->line)] = '\0';
    memcpy(record->after, slot->past, (size_t)slot->past_count * sizeof *record->after);
    record->after_count = slot->past_count;
    if (climb->failed && slot->unit.number >= 0) {
        record->after[record->after_count++] = slot->unit.number;
    }
    failure.record = *record;
    record->line = NULL;
    record->after = NULL;
    return sc_campaign_fail(state, &failure, error);
}

static enum sc_status examined(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                               const struct sc_reply *reply, struct sc_error *error)
{
    struct sc_record_case record;
    enum sc_status status = SC_OK;

    if (reply->error.status != SC_OK) {
        return sc_fail(error, reply->error.status, "case %s: %.400s", slot->unit.name,
                       reply->error.text);
    }
    judge(reply, &slot->unit, &record);
    sc_tally_add(&state->result->tally, &record);
    state->result->cases++;
    if (record.verdict == SC_CASE_FAIL) {
        status = keep_failure(state, slot, &reply->trial.climb, &record, error);
        if (status == SC_OK) {
            status = sc_record_case_print(&state->failures[state->failures_count - 1].record,
                                          state->text, error);
        }
    } else {
        status = sc_record_case_print(&record, state->text, error);
    }
    if (status == SC_OK) {
        status = sc_campaign_write(state, record.verdict == SC_CASE_FAIL, error);
    }
    sc_record_case_clear(&record);
    if (reply->fresh) {
        slot->past_count = 0;
    } else {
        slot->past[slot->past_count] = slot->unit.number;
        slot->past_recipes[slot->past_count++] = slot->unit.recipes[0];
    }
    free(slot->unit.recipes);
    slot->unit.recipes = NULL;
    slot->doing = SC_SLOT_IDLE;
    return status;
}

enum sc_status sc_campaign_reply(struct sc_campaign_state *state, struct sc_campaign_slot *slot,
                                 struct sc_error *error)
{
    struct sc_recipe *recipes = NULL;
    struct sc_reply reply;
    struct sc_error inner = {SC_OK, ""};
    enum sc_status status = sc_judging_receive(slot->judging, &reply, &recipes, &inner);

    if (status == SC_E_UNAVAILABLE) {
        status = replace(state, slot, &inner, error);
        return status == SC_OK ? send_job(state, slot, error) : status;
    }
    if (status != SC_OK) {
        return sc_fail(error, status, "%s", inner.text);
    }
    slot->resident_bytes = reply.resident_bytes;
    slot->worker_bytes = reply.worker_bytes;
    status = count_memory(state, error);
    if (status == SC_OK && reply.kind == SC_REPLY_EXAMINED) {
        status = examined(state, slot, &reply, error);
    } else if (status == SC_OK && reply.error.status != SC_OK) {
        status = sc_fail(error, reply.error.status, "case %s: %.400s", job_name(state, slot),
                         reply.error.text);
    } else if (status == SC_OK && reply.kind == SC_REPLY_CONFIRMED) {
        status = sc_campaign_confirmed(state, slot->tracked, &reply, error);
    } else if (status == SC_OK) {
        status = sc_campaign_pursued(state, slot->tracked, &reply, recipes, error);
        slot->doing = SC_SLOT_IDLE;
        slot->past_count = 0;
    }
    free(recipes);
    return status;
}
