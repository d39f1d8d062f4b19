/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/replay/replay.h"

#include "fuzz/relation.h"
#include "tools/replay/probe.h"

#include <stdio.h>
#include <string.h>

static enum sc_replay_survey survey_of(const struct sc_examination *found)
{
    if (found->ending != SC_ENDING_DONE) {
        return SC_REPLAY_NONE;
    }
    switch (found->first) {
    case SC_CHECK_UNWRITTEN:
    case SC_CHECK_OVERWRITE:
    case SC_CHECK_INPUT:
    case SC_CHECK_EXACT:
    case SC_CHECK_SPECIAL:
    case SC_CHECK_CONFORMS:
    case SC_CHECK_ACCURATE:
        return SC_REPLAY_EXACT;
    case SC_CHECK_REPEAT:
        return SC_REPLAY_REPEATED;
    case SC_CHECK_HIDDEN:
        return SC_REPLAY_HIDDEN;
    case SC_CHECK_WORKSPACE:
        return SC_REPLAY_WORKSPACE;
    default:
        return SC_REPLAY_NONE;
    }
}

/* Of the best arithmetic of the formats, where that is what fails. */
static struct sc_worker_kernel judged_as(const struct sc_replay *replay)
{
    struct sc_worker_kernel kernel = replay->kernel;

    if (replay->found.first == SC_CHECK_ACCURATE) {
        (void)snprintf(kernel.arithmetic, sizeof kernel.arithmetic, "unknown");
    }
    return kernel;
}

/* The second run of a survey of differences. */
static enum sc_status run_second(const struct sc_runner *runner, const struct sc_prepared *prepared,
                                 const struct sc_replay *replay, struct sc_worker_call call,
                                 struct sc_outcome *second, struct sc_error *error)
{
    struct sc_recipe recipe;
    struct sc_prepared other;

    call.seed += replay->of == SC_REPLAY_REPEATED ? 1 : 0;
    call.fresh_workspace = replay->of != SC_REPLAY_WORKSPACE;
    if (replay->of != SC_REPLAY_HIDDEN) {
        return runner->run(runner->self, prepared, &call, second, error);
    }
    sc_relation_hidden(&prepared->recipe, &recipe);
    enum sc_status status = sc_prepared_create(&recipe, &other, error);
    if (status == SC_OK) {
        status = runner->run(runner->self, &other, &call, second, error);
        sc_prepared_destroy(&other);
    }
    return status;
}

static enum sc_status survey(const struct sc_runner *runner, const struct sc_prepared *prepared,
                             const struct sc_examine_options *options, struct sc_replay *replay,
                             struct sc_error *error)
{
    const struct sc_worker_kernel kernel = judged_as(replay);
    const struct sc_worker_call call = {prepared->recipe.backward, prepared->hash, true};
    struct sc_outcome first, second;

    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    enum sc_status status = runner->run(runner->self, prepared, &call, &first, error);
    if (status == SC_OK && replay->of != SC_REPLAY_EXACT) {
        status = run_second(runner, prepared, replay, call, &second, error);
    }
    if (status != SC_OK) {
        goto done;
    }
    if (first.ending != SC_ENDING_DONE ||
        (replay->of != SC_REPLAY_EXACT && second.ending != SC_ENDING_DONE)) {
        replay->of = SC_REPLAY_NONE; /* it does not end like that every time */
        goto done;
    }
    status =
        replay->of == SC_REPLAY_EXACT
            ? sc_survey_create(prepared, &kernel, &first, &options->assess, &replay->survey, error)
            : sc_survey_differences(prepared, &first, &second, &replay->survey, error);
done:
    sc_outcome_destroy(&second);
    sc_outcome_destroy(&first);
    return status;
}

/* P of the plane of O with the most wrong elements. */
static enum sc_status weigh(const struct sc_runner *runner, const struct sc_prepared *prepared,
                            struct sc_replay *replay, struct sc_error *error)
{
    const struct sc_worker_kernel kernel = judged_as(replay);
    const struct sc_runner same = {&kernel, runner->run, runner->self};
    const struct sc_survey_result *o = &replay->survey.results[SC_RESULT_O];

    return sc_probe(&same, prepared, o->plane[0].b, o->plane[0].head, &replay->weights,
                    replay->no_weights, sizeof replay->no_weights, error);
}

/* Climbs from a case that passed; a step that fails takes its place. */
static enum sc_status climb(const struct sc_runner *runner, struct sc_prepared *prepared,
                            const struct sc_examine_options *options, struct sc_replay *replay,
                            struct sc_error *error)
{
    enum sc_status status =
        sc_climb(runner, &prepared->recipe, options, &replay->found, &replay->climb, error);

    if (status == SC_OK && replay->climb.failed) {
        sc_prepared_destroy(prepared);
        replay->found = replay->climb.found;
        replay->recipe = replay->climb.recipe;
        replay->recipe.hashed = true;
        replay->recipe.hash = replay->climb.hash;
        status = sc_prepared_create(&replay->recipe, prepared, error);
    }
    return status;
}

enum sc_status sc_replay_create(const struct sc_runner *runner, const struct sc_recipe *recipe,
                                const struct sc_examine_options *options, struct sc_replay *replay,
                                struct sc_error *error)
{
    struct sc_prepared prepared;

    memset(replay, 0, sizeof *replay);
    replay->recipe = *recipe;
    replay->kernel = *runner->kernel;
    enum sc_status status = sc_prepared_create(recipe, &prepared, error);
    if (status != SC_OK) {
        return status;
    }
    replay->recipe.hashed = true;
    replay->recipe.hash = prepared.hash;
    status = sc_examine(runner, &prepared, options, &replay->found, error);
    if (status == SC_OK) {
        status = climb(runner, &prepared, options, replay, error);
    }
    if (status == SC_OK && replay->found.failed != 0) {
        replay->of = survey_of(&replay->found);
    }
    if (status == SC_OK && replay->of != SC_REPLAY_NONE) {
        status = survey(runner, &prepared, options, replay, error);
    }
    if (status == SC_OK && replay->of == SC_REPLAY_EXACT &&
        replay->survey.results[SC_RESULT_O].planes > 0) {
        status = weigh(runner, &prepared, replay, error);
    }
    sc_prepared_destroy(&prepared);
    if (status != SC_OK) {
        sc_replay_destroy(replay);
    }
    return status;
}

void sc_replay_destroy(struct sc_replay *replay)
{
    sc_picture_destroy(&replay->weights);
    sc_survey_destroy(&replay->survey);
}

char *sc_replay_svg(const struct sc_replay *replay, int32_t *count)
{
    struct sc_picture pictures[SC_RESULTS * SC_SURVEY_PLANES + 1];
    char caption[256];

    *count = 0;
    if (replay->weights.flags != NULL) {
        pictures[(*count)++] = replay->weights;
    }
    for (int32_t r = 0; r < SC_RESULTS; r++) {
        for (int32_t n = 0; n < replay->survey.results[r].planes; n++) {
            if (replay->survey.results[r].plane[n].picture.flags != NULL) {
                pictures[(*count)++] = replay->survey.results[r].plane[n].picture;
            }
        }
    }
    (void)snprintf(caption, sizeof caption, "%s: %s", replay->kernel.name,
                   sc_check_claim(replay->found.first));
    return *count > 0 ? sc_picture_svg(caption, pictures, *count) : NULL;
}
