/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/campaign_state.h"

#include "fuzz/field.h"
#include "reference/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT "corpus:"

uint64_t sc_campaign_case_seed(uint64_t seed, int64_t g)
{
    struct sc_random random = sc_random_stream(seed, (uint64_t)g);

    return sc_random_bits(&random);
}

static enum sc_status no_memory(struct sc_error *error)
{
    return sc_fail(error, SC_E_MEMORY, "campaign: no memory");
}

static enum sc_status list_add(struct sc_campaign_list *list, const char *unit, int64_t offset,
                               struct sc_error *error)
{
    struct sc_campaign_found found = {.number = -1, .offset = offset};

    if (list->count == list->room) {
        const int32_t room = list->room == 0 ? 64 : 2 * list->room;
        struct sc_campaign_found *const larger =
            realloc(list->found, (size_t)room * sizeof *larger);
        if (larger == NULL) {
            return no_memory(error);
        }
        list->found = larger;
        list->room = room;
    }
    if (!sc_field_int(unit, strlen(unit), 0, INT64_MAX, &found.number)) {
        found.number = -1;
        found.name = strdup(unit);
        if (found.name == NULL) {
            return no_memory(error);
        }
    }
    list->found[list->count++] = found;
    return SC_OK;
}

const struct sc_campaign_found *sc_campaign_find(const struct sc_campaign_list *list,
                                                 const char *unit)
{
    int64_t number = -1;
    const bool numbered = sc_field_int(unit, strlen(unit), 0, INT64_MAX, &number);

    for (int32_t n = list->count - 1; n >= 0; n--) {
        const struct sc_campaign_found *const found = &list->found[n];
        if (numbered ? found->number == number
                     : found->name != NULL && strcmp(found->name, unit) == 0) {
            return found;
        }
    }
    return NULL;
}

/* Takes in the record of a case. */
static enum sc_status take_case(struct sc_campaign_state *state, int64_t offset, const char *text,
                                struct sc_error *error)
{
    struct sc_record_case record;
    int64_t number = -1;
    enum sc_status status = sc_record_case_parse(text, &record, error);

    if (status == SC_OK &&
        sc_field_int(record.unit, strlen(record.unit), 0, INT64_C(1) << 48, &number)) {
        if (number % state->options->shards != state->options->shard) {
            status = sc_fail(error, SC_E_INPUT, "case %lld is not of shard %d of %d",
                             (long long)number, state->options->shard, state->options->shards);
            goto done;
        }
        const int64_t k = number / state->options->shards;
        if (sc_bits_has(&state->done, k)) {
            goto done; /* said twice */
        }
        if (!sc_bits_add(&state->done, k) ||
            (record.verdict == SC_CASE_FAIL && !sc_bits_add(&state->done_failed, k))) {
            status = no_memory(error);
        }
    } else if (status == SC_OK) {
        if (sc_campaign_find(&state->kept, record.unit) != NULL) {
            goto done;
        }
        status = list_add(&state->kept, record.unit, offset, error);
    }
    if (status == SC_OK && record.verdict == SC_CASE_FAIL) {
        status = list_add(&state->failed, record.unit, offset, error);
    }
    if (status == SC_OK) {
        sc_tally_add(&state->result->tally, &record);
        state->result->resumed++;
    }
done:
    sc_record_case_clear(&record);
    return status;
}

/* sc_journal_visit */
static enum sc_status take_record(void *context, int64_t offset, const char *text,
                                  struct sc_error *error)
{
    struct sc_campaign_state *const state = context;
    struct sc_record_finding record;
    struct sc_error inner = {SC_OK, ""};
    enum sc_status status = SC_OK;

    switch (sc_record_kind(text)) {
    case SC_RECORD_CASE:
        status = take_case(state, offset, text, &inner);
        break;
    case SC_RECORD_FINDING:
        status = sc_record_finding_parse(text, &record, &inner);
        if (status == SC_OK && record.shrunk) {
            status = list_add(&state->shrunk, record.unit, offset, &inner);
            if (status == SC_OK && record.file[0] != '\0') {
                /* what this campaign has kept itself is no finding of an earlier one */
                char name[SC_UNIT_MAX];
                (void)snprintf(name, sizeof name, KEPT "%s", record.file);
                status = list_add(&state->kept, name, offset, &inner);
            }
        }
        sc_record_finding_clear(&record);
        break;
    case SC_RECORD_OTHER:
        status =
            sc_fail(&inner, SC_E_INPUT, "\"%.32s\" is no record that this version knows", text);
        break;
    }
    return status == SC_OK ? SC_OK
                           : sc_fail(error, status, "%.128s: at byte %lld: %.256s",
                                     state->options->journal, (long long)offset, inner.text);
}

/* What has to agree for a campaign to go on. */
static void print_header(const struct sc_campaign_state *state, char *text)
{
    const struct sc_campaign_options *const options = state->options;
    const struct sc_worker_kernel *const kernel = &state->result->kernel;
    const struct sc_examine_options *const examine = &options->examine;
    struct sc_field_writer writer = {text, SC_JOURNAL_TEXT_MAX, 0, false};

    sc_field_add(&writer, "sigmacert journal 2");
    sc_field_add(&writer, "program=%s", options->program);
    sc_field_add(&writer, "kernel=%s", kernel->name);
    sc_field_add(&writer, "code=%s", options->code);
    sc_field_add(&writer, "features=%x", kernel->traits.features);
    sc_field_add(&writer, "in=%x", kernel->traits.formats_in);
    sc_field_add(&writer, "out=%x", kernel->traits.formats_out);
    sc_field_add(&writer, "d_max=%d", kernel->traits.d_max);
    sc_field_add(&writer, "d_v_max=%d", kernel->traits.d_v_max);
    sc_field_add(&writer, "d_multiple=%d", kernel->traits.d_multiple);
    sc_field_add(&writer, "elements_max=%lld", (long long)kernel->traits.elements_max);
    sc_field_add(&writer, "tiles_max=%lld", (long long)kernel->traits.tiles_max);
    sc_field_add(&writer, "memory=%s", kernel->device ? "device" : "host");
    sc_field_add(&writer, "arithmetic=%s", kernel->arithmetic);
    sc_field_add(&writer, "seed=%llu", (unsigned long long)options->seed);
    sc_field_add(&writer, "shard=%d/%d", options->shard, options->shards);
    sc_field_add(&writer, "elements=%lld", (long long)options->limits.elements_max);
    sc_field_add(&writer, "pairs=%lld", (long long)options->limits.pairs_max);
    sc_field_add(&writer, "span=%lld", (long long)options->limits.span_max);
    sc_field_add(&writer, "checks=%x", examine->checks);
    sc_field_add(&writer, "repeats=%d", examine->repeats);
    sc_field_add(&writer, "variants=%d", examine->variants);
    sc_field_add(&writer, "strict=%d", examine->strict);
    sc_field_add(&writer, "require-accuracy=%d", examine->require_accuracy);
    sc_field_add(&writer, "accuracy=%.17g", examine->assess.accuracy);
    sc_field_add(&writer, "weak=%.17g", examine->assess.weak);
    sc_field_add(&writer, "lines=%d", examine->assess.lines_max);
    sc_field_add(&writer, "call-seconds=%.17g", options->worker.seconds);
}

enum sc_status sc_campaign_open(struct sc_campaign_state *state, struct sc_error *error)
{
    struct sc_journal_end end = {0, 0, 0};
    enum sc_status status = SC_OK;

    if (state->options->corpus != NULL) {
        status = sc_corpus_list(state->options->corpus, &state->corpus, error);
    }
    if (status == SC_OK && state->options->journal != NULL) {
        print_header(state, state->text);
        status = sc_journal_open(state->options->journal, state->text, state->options->resume,
                                 take_record, state, &state->journal, &end, error);
        state->result->torn = end.torn;
    }
    return status;
}

enum sc_status sc_campaign_write(struct sc_campaign_state *state, bool durable,
                                 struct sc_error *error)
{
    return state->journal == NULL ? SC_OK
                                  : sc_journal_append(state->journal, state->text, durable, error);
}

/* A failure that the journal had is put to the others. */
static enum sc_status recall(struct sc_campaign_state *state, const char *unit, int64_t order,
                             struct sc_error *error)
{
    const struct sc_campaign_found *const found = sc_campaign_find(&state->failed, unit);
    const struct sc_campaign_failure failure = {.order = order,
                                                .offset = found == NULL ? -1 : found->offset};

    return found == NULL ? SC_OK : sc_campaign_fail(state, &failure, error);
}

/* The name of a file of the corpus as a unit. */
static void kept_name(const char *path, char *name)
{
    const char *const slash = strrchr(path, '/');

    (void)snprintf(name, SC_UNIT_MAX, KEPT "%s", slash == NULL ? path : slash + 1);
}

/* The next kept finding; unit->count stays 0 where none is left. */
static enum sc_status next_kept(struct sc_campaign_state *state, struct sc_campaign_unit *unit,
                                struct sc_error *error)
{
    enum sc_status status = SC_OK;

    while (state->next_kept < state->corpus.count && unit->count == 0 && status == SC_OK) {
        const int32_t n = state->next_kept++;
        if (n % state->options->shards != state->options->shard) {
            continue;
        }
        unit->number = -1;
        unit->order = state->next_order++;
        kept_name(state->corpus.paths[n], unit->name);
        if (sc_campaign_find(&state->kept, unit->name) != NULL) {
            status = recall(state, unit->name, unit->order, error);
            continue;
        }
        struct sc_finding finding;
        status = sc_finding_read(state->corpus.paths[n], &finding, error);
        if (status == SC_OK) {
            unit->recipes = finding.recipes;
            unit->count = finding.count;
            finding.recipes = NULL;
            finding.count = 0;
            sc_finding_destroy(&finding);
        }
    }
    return status;
}

static void draw(const struct sc_campaign_state *state, int64_t g, struct sc_coverage *coverage,
                 struct sc_recipe *recipe)
{
    sc_select_recipe(sc_campaign_case_seed(state->options->seed, g), &state->result->kernel.traits,
                     &state->options->limits, coverage, recipe);
    sc_coverage_add(coverage, recipe);
}

enum sc_status sc_campaign_next(struct sc_campaign_state *state, struct sc_campaign_unit *unit,
                                struct sc_error *error)
{
    const struct sc_campaign_options *const options = state->options;

    memset(unit, 0, sizeof *unit);
    enum sc_status status = next_kept(state, unit, error);
    while (status == SC_OK && unit->count == 0) {
        struct sc_recipe recipe;
        const int64_t g = state->next_case;
        if ((options->cases > 0 && g >= options->cases) ||
            (options->stop != NULL && *options->stop != 0)) {
            state->exhausted = true;
            break;
        }
        state->next_case++;
        draw(state, g, state->coverage, &recipe);
        if (g % options->shards != options->shard) {
            continue;
        }
        unit->number = g;
        unit->order = state->next_order++;
        (void)snprintf(unit->name, sizeof unit->name, "%lld", (long long)g);
        if (sc_bits_has(&state->done, g / options->shards)) {
            if (sc_bits_has(&state->done_failed, g / options->shards)) {
                status = recall(state, unit->name, unit->order, error);
            }
            continue;
        }
        unit->recipes = malloc(sizeof recipe);
        if (unit->recipes == NULL) {
            return no_memory(error);
        }
        unit->recipes[0] = recipe;
        unit->count = 1;
    }
    return status;
}

enum sc_status sc_campaign_redraw(const struct sc_campaign_state *state, const int64_t *numbers,
                                  int32_t count, struct sc_recipe *recipes, struct sc_error *error)
{
    struct sc_coverage *const coverage = sc_coverage_create();
    struct sc_recipe recipe;
    int32_t n = 0;

    if (coverage == NULL) {
        return no_memory(error);
    }
    for (int64_t g = 0; n < count && g <= numbers[count - 1]; g++) {
        draw(state, g, coverage, &recipe);
        if (g == numbers[n]) {
            recipes[n++] = recipe;
        }
    }
    sc_coverage_destroy(coverage);
    return n == count ? SC_OK
                      : sc_fail(error, SC_E_INPUT, "campaign: cases out of order in a record");
}
