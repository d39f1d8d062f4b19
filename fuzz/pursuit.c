/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/pursuit.h"

#include "fuzz/prepared.h"
#include "fuzz/shrink.h"
#include "fuzz/trial.h"

#include <stdlib.h>
#include <string.h>

#define CONFIRM_TRIES  200
#define SHRINK_TRIES   400
#define HANG_TRIES     24  /* each may take the whole time of a call */
#define HISTORY_TRIES  150 /* for each case of a sequence */
#define SEQUENCE_MAX   4   /* cases of a sequence that is shrunk */
#define SHRINK_SECONDS 300.0
#define UNSTEADY_RUNS  3 /* of a candidate, where a failure is not there each time */

struct chase {
    struct sc_worker *worker;
    const struct sc_pursuit_task *task;
    struct sc_examine_options options;
    int32_t runs;                    /* of a candidate */
    bool fresh;                      /* each in a process of its own */
    struct sc_recipe *room;          /* for a sequence */
    const struct sc_recipe *recipes; /* a sequence; case number `position` is being shrunk */
    int32_t count, position;
    struct sc_examination found; /* the last one that failed */
};

static bool fails_so(const struct chase *chase, const struct sc_examination *found)
{
    return (found->failed >> chase->task->check & 1) != 0;
}

/* sc_confirm_try */
static enum sc_status try_sequence(void *context, const int32_t *sequence, int32_t count,
                                   bool *fails, struct sc_error *error)
{
    struct chase *const chase = context;
    struct sc_trial trial;

    for (int32_t n = 0; n < count; n++) {
        chase->room[n] = chase->task->recipes[sequence[n]];
    }
    const enum sc_status status =
        sc_trial_sequence(chase->worker, &chase->options, chase->room, count, &trial, error);
    *fails = status == SC_OK && fails_so(chase, sc_trial_found(&trial));
    if (*fails) {
        chase->found = *sc_trial_found(&trial);
    }
    return status;
}

/* Runs a candidate, among the others of its sequence if it has any. */
static enum sc_status run_candidate(struct chase *chase, const struct sc_recipe *candidate,
                                    struct sc_trial *trial, struct sc_error *error)
{
    if (chase->count > 1) {
        memcpy(chase->room, chase->recipes, (size_t)chase->count * sizeof *chase->room);
        chase->room[chase->position] = *candidate;
        return sc_trial_sequence(chase->worker, &chase->options, chase->room, chase->count, trial,
                                 error);
    }
    if (chase->fresh) {
        sc_worker_restart(chase->worker);
    }
    return sc_trial_run(chase->worker, &chase->options, candidate, trial, error);
}

/* sc_shrink_fails. A process that has failed is not asked again. */
static enum sc_status try_candidate(void *context, const struct sc_recipe *candidate, bool *fails,
                                    struct sc_error *error)
{
    struct chase *const chase = context;
    struct sc_trial trial;
    enum sc_status status = SC_OK;

    *fails = false;
    for (int32_t n = 0; n < chase->runs && status == SC_OK && !*fails; n++) {
        status = run_candidate(chase, candidate, &trial, error);
        *fails = status == SC_OK && fails_so(chase, sc_trial_found(&trial));
        if (status == SC_OK && sc_trial_found(&trial)->failed != 0) {
            sc_worker_restart(chase->worker);
        }
    }
    if (*fails) {
        chase->found = *sc_trial_found(&trial);
    }
    return status;
}

/* The check alone, if it can fail without the variants of others. */
static enum sc_status narrow(struct chase *chase, const struct sc_recipe *failing,
                             struct sc_error *error)
{
    const struct sc_examine_options all = chase->options;
    bool fails = false;

    chase->options.checks = UINT32_C(1) << chase->task->check;
    chase->options.variants = -1; /* a smaller case would be given others */
    const enum sc_status status = try_candidate(chase, failing, &fails, error);
    if (!fails) {
        chase->options = all;
    }
    return status;
}

/* Shrinks, and sees the smallest fail in a fresh process; where it does not, once more with a fresh process each. */
static enum sc_status shrink(struct chase *chase, struct sc_recipe *recipe,
                             struct sc_pursuit *pursuit, struct sc_error *error)
{
    const struct sc_shrink_limits limits = {chase->task->check == SC_CHECK_HANG ? HANG_TRIES
                                            : chase->count > 1                  ? HISTORY_TRIES
                                                                                : SHRINK_TRIES,
                                            SHRINK_SECONDS};
    enum sc_status status = narrow(chase, recipe, error);

    for (int round = 0; round < 2 && status == SC_OK; round++) {
        struct sc_recipe smallest;
        int32_t tries = 0;
        bool fails = false;
        chase->fresh = round > 0;
        status = sc_shrink(recipe, try_candidate, chase, &limits, &smallest, &tries, error);
        pursuit->tries += tries;
        if (status != SC_OK) {
            break;
        }
        chase->fresh = true;
        status = try_candidate(chase, &smallest, &fails, error);
        if (status == SC_OK && fails) {
            *recipe = smallest;
            break;
        }
    }
    return status;
}

/* States the hash of what a recipe rebuilds. */
static enum sc_status add_hash(struct sc_recipe *recipe, struct sc_error *error)
{
    struct sc_prepared prepared;
    const enum sc_status status = sc_prepared_create(recipe, &prepared, error);

    if (status == SC_OK) {
        recipe->hashed = true;
        recipe->hash = prepared.hash;
        sc_prepared_destroy(&prepared);
    }
    return status;
}

enum sc_status sc_pursue(struct sc_worker *worker, const struct sc_examine_options *options,
                         const struct sc_pursuit_task *task, sc_pursuit_confirmed *told,
                         void *context, struct sc_pursuit *pursuit, struct sc_error *error)
{
    struct chase chase = {.worker = worker, .task = task, .options = *options, .runs = 1};
    int32_t *const sequence = malloc((size_t)task->count * sizeof *sequence);
    struct sc_confirmed *const confirmed = &pursuit->confirmed;
    enum sc_status status = SC_OK;

    memset(pursuit, 0, sizeof *pursuit);
    chase.room = malloc((size_t)task->count * sizeof *chase.room);
    pursuit->recipes = malloc((size_t)task->count * sizeof *pursuit->recipes);
    if (sequence == NULL || chase.room == NULL || pursuit->recipes == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "pursuit: no memory");
        goto done;
    }
    status = sc_confirm(task->count - 1, try_sequence, &chase, CONFIRM_TRIES, sequence, confirmed,
                        error);
    if (status == SC_OK) {
        status = told(context, confirmed, error);
    }
    if (status != SC_OK) {
        goto done;
    }
    for (int32_t n = 0; n < confirmed->count; n++) {
        pursuit->recipes[n] = task->recipes[sequence[n]];
    }
    if (confirmed->again > 0) {
        chase.runs = confirmed->class == SC_CLASS_STEADY ? 1 : UNSTEADY_RUNS;
        status = shrink(&chase, &pursuit->recipes[0], pursuit, error);
    } else if (confirmed->class == SC_CLASS_HISTORY && confirmed->count <= SEQUENCE_MAX) {
        chase.recipes = pursuit->recipes;
        chase.count = confirmed->count;
        for (int32_t n = confirmed->count - 1; n >= 0 && status == SC_OK; n--) {
            chase.position = n;
            status = shrink(&chase, &pursuit->recipes[n], pursuit, error);
        }
    }
    for (int32_t n = 0; n < confirmed->count && status == SC_OK; n++) {
        status = add_hash(&pursuit->recipes[n], error);
    }
    (void)strcpy(pursuit->text, chase.found.text);
done:
    free(sequence);
    free(chase.room);
    if (status != SC_OK) {
        sc_pursuit_destroy(pursuit);
    }
    sc_worker_restart(worker);
    return status;
}

void sc_pursuit_destroy(struct sc_pursuit *pursuit)
{
    free(pursuit->recipes);
    pursuit->recipes = NULL;
}
