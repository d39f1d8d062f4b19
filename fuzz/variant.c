/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/examine_state.h"
#include "reference/random.h"

#include <stdio.h>
#include <string.h>

/* Runs whose results are related to those of the case. */

#define GRADIENTS                                                                                  \
    (1u << SC_RESULT_D_Q | 1u << SC_RESULT_D_K | 1u << SC_RESULT_D_V | 1u << SC_RESULT_D_B)

/* Growth over calls: three stretches after a first one, in which a process may still fill its caches. */
#define LEAK_CALLS 8
#define LEAK_BYTES (3 * 4096)
/* The CUDA driver touches a page or two more of its own memory in each call, for thousands of calls (seen on an H200:
 * 12 to 40 KiB in 24 calls). */
#define LEAK_BYTES_DEVICE (1024 * 1024)
#define LEAK_ONE_IN       16
#define LEAK_SECONDS      2.0

typedef enum sc_status variant_function(struct sc_examine_state *my, struct sc_error *error);

/* The results of which two runs agree bit for bit. */
static uint32_t deterministic(const struct sc_examine_state *my)
{
    const uint32_t features = my->runner->kernel->traits.features;

    return ((features & SC_KERNEL_DETERMINISTIC) != 0 ? 1u << SC_RESULT_O : 0u) |
           ((features & SC_KERNEL_BACKWARD_DETERMINISTIC) != 0 ? GRADIENTS : 0u);
}

static void compare_bits(struct sc_examine_state *my, enum sc_check check,
                         const struct sc_answer *other, struct sc_turn turn)
{
    const struct sc_answer first = {my->prepared, &my->outcome};
    struct sc_element element;
    char where[256];

    if (sc_related_bits(&first, other, turn, deterministic(my), &element, where, sizeof where)) {
        sc_examine_fail(my, check, &element, "%s", where);
    }
}

/* Where nothing else can be said: no NaN comes or goes. */
static void compare_nans(struct sc_examine_state *my, enum sc_check check,
                         const struct sc_answer *other)
{
    const struct sc_answer first = {my->prepared, &my->outcome};
    struct sc_element element;
    char where[256];

    if (my->prepared->recipe.values != SC_VALUES_HUGE &&
        my->prepared->recipe.values != SC_VALUES_SPOILED &&
        sc_related_nans(&first, other, &element, where, sizeof where)) {
        sc_examine_fail(my, check, &element, "%s", where);
    }
}

enum sc_status sc_examine_judge(struct sc_examine_state *my, enum sc_check check,
                                const struct sc_answer *other, struct sc_error *error)
{
    struct sc_assessment x;
    char text[320];

    if (!my->models.claimed && my->prepared->recipe.values != SC_VALUES_EXACT) {
        return SC_OK;
    }
    const enum sc_status status = sc_assess(other->prepared, my->runner->kernel, other->outcome,
                                            &my->options->assess, &x, error);
    if (status != SC_OK) {
        return status;
    }
    if (x.wrong_bits > 0) {
        sc_examine_describe(&x.first_wrong, text, sizeof text);
        sc_examine_fail(my, check, &x.first_wrong, "%s", text);
    } else if (x.claimed && x.conforms.beyond > 0) {
        sc_examine_describe(&x.conforms.worst, text, sizeof text);
        sc_examine_fail(my, check, &x.conforms.worst, "%s", text);
    }
    return SC_OK;
}

/* The rows of O of two cases against each other. */
static enum sc_status relate(struct sc_examine_state *my, enum sc_check check,
                             const struct sc_answer *other, enum sc_kinship kinship,
                             struct sc_error *error)
{
    const struct sc_answer first = {my->prepared, &my->outcome};
    struct sc_element element;
    bool differs = false;
    char where[256];

    if (!my->models.claimed) {
        return SC_OK;
    }
    const enum sc_status status =
        sc_related_bounds(&first, other, kinship, &my->models.list[1].arithmetic, &differs,
                          &element, where, sizeof where, error);
    if (status == SC_OK && differs) {
        sc_examine_fail(my, check, &element, "%s", where);
    }
    return status;
}

/* How two outcomes are held against each other. */
struct comparison {
    enum sc_check check;
    bool bits;    /* what is deterministic, bit for bit */
    bool judged;  /* against exact results, unless bits say all */
    bool related; /* O within bounds */
    enum sc_kinship kinship;
    struct sc_turn turn;
};

static enum sc_status compare(struct sc_examine_state *my, const struct comparison *how,
                              const struct sc_answer *other, struct sc_error *error)
{
    const uint32_t given = my->backward ? GRADIENTS | 1u << SC_RESULT_O : 1u << SC_RESULT_O;
    const bool all_bits = how->bits && (given & ~deterministic(my)) == 0;
    enum sc_status status = SC_OK;

    my->found->checked |= 1u << how->check;
    if (how->bits) {
        compare_bits(my, how->check, other, how->turn);
    }
    if (how->judged && !all_bits) {
        status = sc_examine_judge(my, how->check, other, error);
    }
    if (status == SC_OK && how->related) {
        status = relate(my, how->check, other, how->kinship, error);
    }
    return status;
}

/* Runs a case that is related to the first one, and compares. */
static enum sc_status run_related(struct sc_examine_state *my, const struct comparison *how,
                                  const struct sc_prepared *prepared,
                                  const struct sc_worker_call *call, struct sc_error *error)
{
    struct sc_outcome outcome;
    char what[64];
    bool done = false;

    memset(&outcome, 0, sizeof outcome);
    (void)snprintf(what, sizeof what, "the variant of check %s", sc_check_name(how->check));
    enum sc_status status = sc_examine_run(my, prepared, call, what, &outcome, &done, error);
    if (status == SC_OK && done) {
        const struct sc_answer other = {prepared, &outcome};
        status = compare(my, how, &other, error);
        if (status == SC_OK && how->check == SC_CHECK_HIDDEN) {
            compare_nans(my, how->check, &other);
        }
    }
    sc_outcome_destroy(&outcome);
    return status;
}

static struct sc_worker_call plain_call(const struct sc_examine_state *my)
{
    return (struct sc_worker_call){my->backward, sc_examine_seed(my), true};
}

static enum sc_status repeat(struct sc_examine_state *my, struct sc_error *error)
{
    const struct comparison how = {.check = SC_CHECK_REPEAT, .bits = true};
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && my->found->failed == 0 && n < my->options->repeats;
         n++) {
        struct sc_worker_call call = plain_call(my);
        call.seed += (uint64_t)n + 1;
        status = run_related(my, &how, my->prepared, &call, error);
    }
    return status;
}

static enum sc_status workspace(struct sc_examine_state *my, struct sc_error *error)
{
    const struct comparison how = {.check = SC_CHECK_WORKSPACE, .bits = true, .judged = true};
    struct sc_worker_call call = plain_call(my);

    call.fresh_workspace = false;
    return run_related(my, &how, my->prepared, &call, error);
}

/* A variant that is a recipe of its own. */
static enum sc_status run_recipe(struct sc_examine_state *my, const struct comparison *how,
                                 const struct sc_recipe *recipe, struct sc_error *error)
{
    const struct sc_worker_call call = plain_call(my);
    struct sc_prepared prepared;
    enum sc_status status = sc_prepared_create(recipe, &prepared, error);

    if (status != SC_OK) {
        return status;
    }
    status = run_related(my, how, &prepared, &call, error);
    sc_prepared_destroy(&prepared);
    return status;
}

static enum sc_status hidden(struct sc_examine_state *my, struct sc_error *error)
{
    const struct comparison how = {.check = SC_CHECK_HIDDEN, .bits = true, .judged = true};
    struct sc_recipe recipe;

    sc_relation_hidden(&my->prepared->recipe, &recipe);
    return run_recipe(my, &how, &recipe, error);
}

static enum sc_status layout(struct sc_examine_state *my, struct sc_error *error)
{
    const struct comparison how = {.check = SC_CHECK_LAYOUT, .judged = true, .related = true};
    struct sc_recipe recipe;

    if (!sc_relation_layout(&my->prepared->recipe, &my->runner->kernel->traits, &recipe)) {
        return SC_OK;
    }
    return run_recipe(my, &how, &recipe, error);
}

/* A variant that was made out of the case. */
static enum sc_status run_made(struct sc_examine_state *my, const struct comparison *how,
                               struct sc_prepared *made, struct sc_error *error)
{
    const struct sc_worker_call call = plain_call(my);
    const enum sc_status status = run_related(my, how, made, &call, error);

    sc_prepared_destroy(made);
    return status;
}

static enum sc_status place(struct sc_examine_state *my, struct sc_error *error)
{
    const struct sc_turn turn = sc_relation_turn(my->prepared);
    const struct comparison how = {.check = SC_CHECK_PLACE, .bits = true, .turn = turn};
    struct sc_prepared made;
    const enum sc_status status = sc_relation_turned(my->prepared, turn, &made, error);

    return status == SC_OK ? run_made(my, &how, &made, error) : status;
}

static enum sc_status group(struct sc_examine_state *my, struct sc_error *error)
{
    const struct comparison how = {.check = SC_CHECK_GROUP, .judged = true, .related = true};
    struct sc_prepared made;
    const enum sc_status status = sc_relation_repeated(my->prepared, &made, error);

    return status == SC_OK ? run_made(my, &how, &made, error) : status;
}

static enum sc_status negated(struct sc_examine_state *my, struct sc_error *error)
{
    const struct comparison how = {
        .check = SC_CHECK_NEGATED, .judged = true, .related = true, .kinship = SC_KINSHIP_NEGATED};
    struct sc_prepared made;
    const enum sc_status status = sc_relation_negated(my->prepared, &made, error);

    return status == SC_OK ? run_made(my, &how, &made, error) : status;
}

static enum sc_status tiling(struct sc_examine_state *my, struct sc_error *error)
{
    const struct comparison how = {
        .check = SC_CHECK_TILING, .judged = true, .related = true, .kinship = SC_KINSHIP_SHORTENED};
    struct sc_prepared made;
    const enum sc_status status = sc_relation_shortened(my->prepared, &made, error);

    return status == SC_OK ? run_made(my, &how, &made, error) : status;
}

static enum sc_status leak(struct sc_examine_state *my, struct sc_error *error)
{
    const struct sc_worker_call call = plain_call(my);
    int64_t ends[4] = {0, 0, 0, 0};
    enum sc_status status = SC_OK;
    bool done = true;

    for (int32_t n = 0; status == SC_OK && done && n < 4 * LEAK_CALLS; n++) {
        struct sc_outcome outcome;
        memset(&outcome, 0, sizeof outcome);
        status = sc_examine_run(my, my->prepared, &call, "a run again", &outcome, &done, error);
        ends[n / LEAK_CALLS] = outcome.resident_bytes;
        sc_outcome_destroy(&outcome);
    }
    if (status != SC_OK || !done || ends[0] == 0) {
        return status;
    }
    my->found->checked |= 1u << SC_CHECK_LEAK;
    const int64_t least = my->runner->kernel->device ? LEAK_BYTES_DEVICE : LEAK_BYTES;
    if (ends[0] < ends[1] && ends[1] < ends[2] && ends[2] < ends[3] && ends[3] - ends[0] >= least) {
        sc_examine_fail(my, SC_CHECK_LEAK, NULL,
                        "the process grew by %lld, %lld and %lld bytes in three times %d calls",
                        (long long)(ends[1] - ends[0]), (long long)(ends[2] - ends[1]),
                        (long long)(ends[3] - ends[2]), LEAK_CALLS);
    }
    return SC_OK;
}

static bool applies(const struct sc_examine_state *my, enum sc_check check)
{
    const struct sc_problem *p = &my->prepared->c.problem;
    const struct sc_turn turn = sc_relation_turn(my->prepared);
    const bool bounded = my->models.claimed || my->prepared->recipe.values == SC_VALUES_EXACT;

    if (!sc_examine_wants(my, check)) {
        return false;
    }
    switch (check) {
    case SC_CHECK_REPEAT:
        return deterministic(my) != 0 && my->options->repeats > 0;
    case SC_CHECK_PLACE:
        return (my->runner->kernel->traits.features & SC_KERNEL_INVARIANT) != 0 &&
               deterministic(my) != 0 && turn.sequences + turn.groups > 0;
    case SC_CHECK_GROUP:
        return bounded && p->heads_kv < p->heads_q;
    case SC_CHECK_TILING:
        return bounded && sc_relation_can_shorten(p);
    case SC_CHECK_SCALED:
        return bounded || sc_examine_scales(my);
    case SC_CHECK_NEGATED:
    case SC_CHECK_SPLIT:
    case SC_CHECK_LAYOUT:
        return bounded;
    case SC_CHECK_LEAK:
        return my->outcome.resident_bytes > 0 &&
               my->outcome.seconds * 4 * LEAK_CALLS < LEAK_SECONDS &&
               (my->options->variants < 0 || my->prepared->hash % LEAK_ONE_IN == 0);
    default:
        return true;
    }
}

enum sc_status sc_examine_variants(struct sc_examine_state *my, struct sc_error *error)
{
    static const struct {
        enum sc_check check;
        variant_function *run;
    } kinds[] = {{SC_CHECK_REPEAT, repeat},
                 {SC_CHECK_HIDDEN, hidden},
                 {SC_CHECK_WORKSPACE, workspace},
                 {SC_CHECK_PLACE, place},
                 {SC_CHECK_GROUP, group},
                 {SC_CHECK_NEGATED, negated},
                 {SC_CHECK_SCALED, sc_examine_scaled},
                 {SC_CHECK_SPLIT, sc_examine_split},
                 {SC_CHECK_LAYOUT, layout},
                 {SC_CHECK_TILING, tiling},
                 {SC_CHECK_LEAK, leak}};
    const int32_t all = (int32_t)(sizeof kinds / sizeof kinds[0]);
    struct sc_random random = {my->prepared->hash};
    int32_t possible = 0;
    enum sc_status status = SC_OK;

    for (int32_t n = 0; n < all; n++) {
        possible += applies(my, kinds[n].check);
    }
    int32_t left = my->options->variants < 0 ? possible : my->options->variants;
    /* each of those that remain is as likely to be among those that are still wanted */
    for (int32_t n = 0; status == SC_OK && my->found->failed == 0 && n < all; n++) {
        if (!applies(my, kinds[n].check)) {
            continue;
        }
        const bool chosen = sc_random_int(&random, 0, possible - 1) < left;
        possible--;
        if (chosen) {
            left--;
            status = kinds[n].run(my, error);
        }
    }
    return status;
}
