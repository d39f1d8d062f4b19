/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/campaign_state.h"

#include "fuzz/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum sc_status no_memory(struct sc_error *error)
{
    return sc_fail(error, SC_E_MEMORY, "campaign: no memory");
}

enum sc_status sc_campaign_recall_finding(struct sc_campaign_state *state,
                                          struct sc_campaign_tracked *tracked, bool *complete,
                                          struct sc_error *error)
{
    struct sc_campaign_finding *const finding = &tracked->finding;
    const struct sc_campaign_found *const found = sc_campaign_find(&state->shrunk, finding->unit);
    struct sc_record_finding record;

    *complete = found != NULL;
    if (found == NULL) {
        return SC_OK;
    }
    enum sc_status status = sc_journal_text(state->journal, found->offset, state->text, error);
    if (status != SC_OK) {
        return status;
    }
    status = sc_record_finding_parse(state->text, &record, error);
    if (status == SC_OK) {
        status = sc_campaign_lines(finding, record.lines, record.count, error);
    }
    finding->class = record.class;
    finding->again = record.again;
    finding->tries = record.tries;
    (void)strcpy(finding->mask, record.mask);
    (void)strcpy(finding->text, record.text);
    if (record.file[0] != '\0' && state->options->corpus != NULL) {
        (void)snprintf(finding->file, sizeof finding->file, "%.350s/%s", state->options->corpus,
                       record.file);
    }
    sc_record_finding_clear(&record);
    return status;
}

/* What failed, as its line says: a step of a climb is not drawn. */
static enum sc_status recall_line(const struct sc_record_case *record, struct sc_recipe *recipe,
                                  struct sc_error *error)
{
    return record->line == NULL
               ? sc_fail(error, SC_E_INPUT, "case %s: its record has no case line", record->unit)
               : sc_recipe_parse(record->line, strlen(record->line), recipe, error);
}

enum sc_status sc_campaign_recall_recipes(struct sc_campaign_state *state,
                                          struct sc_campaign_failure *failure,
                                          struct sc_error *error)
{
    struct sc_record_case *const record = &failure->record;
    int64_t number = 0;
    enum sc_status status = SC_OK;

    if (sc_field_int(record->unit, strlen(record->unit), 0, INT64_MAX, &number)) {
        failure->count = record->after_count + 1;
        failure->recipes = malloc((size_t)failure->count * sizeof *failure->recipes);
        if (failure->recipes == NULL) {
            return no_memory(error);
        }
        status =
            sc_campaign_redraw(state, record->after, record->after_count, failure->recipes, error);
        return status == SC_OK ? recall_line(record, &failure->recipes[record->after_count], error)
                               : status;
    }
    /* a kept finding: its file is still there, or else its line alone is known */
    const char *const name = strchr(record->unit, ':');
    char path[1024];
    struct sc_finding finding;
    (void)snprintf(path, sizeof path, "%.800s/%s",
                   state->options->corpus == NULL ? "." : state->options->corpus,
                   name == NULL ? record->unit : name + 1);
    if (sc_finding_read(path, &finding, NULL) == SC_OK) {
        failure->recipes = finding.recipes;
        failure->count = finding.count;
        finding.recipes = NULL;
        finding.count = 0;
        sc_finding_destroy(&finding);
        return SC_OK;
    }
    failure->recipes = malloc(sizeof *failure->recipes);
    if (failure->recipes == NULL) {
        return no_memory(error);
    }
    failure->count = 1;
    return recall_line(record, &failure->recipes[0], error);
}
