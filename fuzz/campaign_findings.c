/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/campaign_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum sc_status no_memory(struct sc_error *error)
{
    return sc_fail(error, SC_E_MEMORY, "campaign: no memory");
}

void sc_campaign_clear(struct sc_campaign_finding *finding)
{
    for (int32_t n = 0; n < finding->count; n++) {
        free(finding->lines[n]);
    }
    free(finding->lines);
    finding->lines = NULL;
    finding->count = 0;
}

enum sc_status sc_campaign_lines(struct sc_campaign_finding *finding, char **lines, int32_t count,
                                 struct sc_error *error)
{
    sc_campaign_clear(finding);
    finding->lines = calloc((size_t)count, sizeof *finding->lines);
    if (finding->lines == NULL) {
        return no_memory(error);
    }
    for (int32_t n = 0; n < count; n++) {
        finding->lines[n] = strdup(lines[n]);
        if (finding->lines[n] == NULL) {
            return no_memory(error);
        }
        finding->count++;
    }
    return SC_OK;
}

void sc_campaign_merge(struct sc_campaign_state *state, int32_t n)
{
    struct sc_campaign_tracked *const mine = &state->tracked[n];

    for (int32_t m = 0; m < state->tracked_count; m++) {
        struct sc_campaign_tracked *const other = &state->tracked[m];
        if (m == n || other->state != SC_TRACKED_DONE ||
            other->finding.check != mine->finding.check ||
            other->finding.result != mine->finding.result ||
            other->finding.class != mine->finding.class ||
            strcmp(other->finding.mask, mine->finding.mask) != 0) {
            continue;
        }
        const bool stays = mine->order < other->order;
        struct sc_campaign_tracked *const kept = stays ? mine : other;
        struct sc_campaign_tracked *const gone = stays ? other : mine;
        gone->state = SC_TRACKED_MERGED;
        gone->merged_into = stays ? n : m;
        kept->finding.also += gone->finding.also + 1;
        if (!stays) {
            return;
        }
    }
}

enum sc_status sc_campaign_confirmed(struct sc_campaign_state *state, int32_t n,
                                     const struct sc_reply *reply, struct sc_error *error)
{
    struct sc_campaign_finding *const finding = &state->tracked[n].finding;
    struct sc_record_finding record;

    memset(&record, 0, sizeof record);
    finding->class = reply->confirmed.class;
    finding->again = reply->confirmed.again;
    (void)strcpy(record.unit, finding->unit);
    record.class = finding->class;
    record.again = finding->again;
    const enum sc_status status = sc_record_finding_print(&record, state->text, error);
    return status == SC_OK ? sc_campaign_write(state, true, error) : status;
}

/* Keeps a finding for the campaigns to come, unless an earlier one explains it. */
static enum sc_status keep(const struct sc_campaign_state *state,
                           struct sc_campaign_tracked *tracked, const struct sc_recipe *recipes,
                           int32_t count, struct sc_error *error)
{
    struct sc_campaign_finding *const finding = &tracked->finding;
    char remark[1024];

    if (state->options->corpus == NULL || tracked->state == SC_TRACKED_MERGED) {
        return SC_OK;
    }
    (void)snprintf(remark, sizeof remark, "%s, %s, of kernel %s\n%s", sc_check_name(finding->check),
                   sc_class_name(finding->class), state->result->kernel.name, finding->text);
    return sc_corpus_write(state->options->corpus, sc_check_name(finding->check), recipes, count,
                           remark, finding->file, sizeof finding->file, error);
}

enum sc_status sc_campaign_pursued(struct sc_campaign_state *state, int32_t n,
                                   const struct sc_reply *reply, const struct sc_recipe *recipes,
                                   struct sc_error *error)
{
    struct sc_campaign_tracked *const tracked = &state->tracked[n];
    struct sc_campaign_finding *const finding = &tracked->finding;
    struct sc_record_finding record;
    const char *slash = NULL;
    enum sc_status status = SC_OK;

    memset(&record, 0, sizeof record);
    finding->class = reply->confirmed.class;
    finding->again = reply->confirmed.again;
    finding->tries = reply->tries;
    if (reply->text[0] != '\0') {
        (void)strcpy(finding->text, reply->text);
    }
    sc_record_mask(&recipes[reply->count - 1], finding->mask);
    record.lines = calloc((size_t)reply->count, sizeof *record.lines);
    if (record.lines == NULL) {
        return no_memory(error);
    }
    for (int32_t m = 0; m < reply->count && status == SC_OK; m++) {
        record.lines[m] = malloc(SC_RECIPE_TEXT_MAX);
        if (record.lines[m] == NULL) {
            status = no_memory(error);
            break;
        }
        record.count++;
        (void)sc_recipe_print(&recipes[m], record.lines[m]);
    }
    if (status == SC_OK) {
        status = sc_campaign_lines(finding, record.lines, record.count, error);
    }
    tracked->state = SC_TRACKED_DONE;
    sc_campaign_merge(state, n);
    if (status == SC_OK) {
        status = keep(state, tracked, recipes, reply->count, error);
    }
    if (status == SC_OK) {
        record.shrunk = true;
        record.class = finding->class;
        record.again = finding->again;
        record.tries = finding->tries;
        (void)strcpy(record.unit, finding->unit);
        (void)strcpy(record.mask, finding->mask);
        (void)strcpy(record.text, finding->text);
        slash = strrchr(finding->file, '/');
        (void)snprintf(record.file, sizeof record.file, "%.120s",
                       slash == NULL ? finding->file : slash + 1);
        status = sc_record_finding_print(&record, state->text, error);
    }
    if (status == SC_OK) {
        status = sc_campaign_write(state, true, error);
    }
    sc_record_finding_clear(&record);
    free(tracked->recipes);
    tracked->recipes = NULL;
    return status;
}

enum sc_status sc_campaign_report(struct sc_campaign_state *state, struct sc_error *error)
{
    const int32_t count = sc_campaign_findings(state);
    struct sc_campaign_result *const result = state->result;

    result->findings = calloc((size_t)count + 1, sizeof *result->findings);
    if (result->findings == NULL) {
        return no_memory(error);
    }
    for (int32_t n = 0; n < state->tracked_count; n++) {
        if (state->tracked[n].state != SC_TRACKED_MERGED) {
            result->findings[result->count++] = state->tracked[n].finding;
            state->tracked[n].finding.lines = NULL;
            state->tracked[n].finding.count = 0;
        }
    }
    return SC_OK;
}

void sc_campaign_result_destroy(struct sc_campaign_result *result)
{
    for (int32_t n = 0; n < result->count; n++) {
        sc_campaign_clear(&result->findings[n]);
    }
    free(result->findings);
    result->findings = NULL;
    result->count = 0;
}
