/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/climb.h"

#include "fuzz/change.h"
#include "fuzz/hidden.h"
#include "fuzz/place.h"
#include "spec/format_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 16 /* for a change that may be made */

_Static_assert((int)SC_CHANGE_Q == (int)SC_TENSOR_Q && (int)SC_CHANGE_D_O == (int)SC_TENSOR_D_O,
               "an element that is changed is one of a tensor");

struct climbing {
    const struct sc_runner *runner;
    const struct sc_examine_options *options;
    struct sc_climb *climb;
    struct sc_prepared at; /* where the climb stands */
    double height;         /* largest error over bound there */
    bool rose;
    uint8_t *seen[2]; /* lines of K and of V that some row sees */
};

static double height_of(const struct sc_standing *standing)
{
    double height = 0.0;

    for (int n = 0; n < SC_RESULTS; n++) {
        height = standing->judged_of[n] > 0 ? fmax(height, standing->ratio[n]) : height;
    }
    return height;
}

static enum sc_status look_for_hidden(struct climbing *my, struct sc_error *error)
{
    const struct sc_problem *const p = &my->at.c.problem;

    for (int n = 0; n < 2; n++) {
        const enum sc_tensor tensor = n == 0 ? SC_TENSOR_K : SC_TENSOR_V;
        const struct sc_extent e = sc_prepared_extent(p, tensor);
        const struct sc_place_sharing sharing = sc_place_share(&my->at.places[tensor].layout, &e);
        my->seen[n] = calloc((size_t)e.entries * (size_t)e.heads * (size_t)e.rows + 1, 1);
        if (my->seen[n] == NULL) {
            return sc_fail(error, SC_E_MEMORY, "climb: no memory");
        }
        sc_hidden_keys(p, my->seen[n]);
        sc_hidden_share(&e, &sharing, my->seen[n]);
    }
    return SC_OK;
}

/* Whether a change leaves the case one of its class. */
static bool may_change(const struct climbing *my, const struct sc_change *change)
{
    const struct sc_problem *const p = &my->at.c.problem;

    switch (change->subject) {
    case SC_CHANGE_Q:
        return my->at.recipe.values != SC_VALUES_ZERO_Q;
    case SC_CHANGE_K:
        return my->seen[0][change->element / p->d] != 0;
    case SC_CHANGE_V:
        return my->at.recipe.values != SC_VALUES_ONE_HOT &&
               my->seen[1][change->element / p->d_v] != 0;
    case SC_CHANGE_BIAS:
        return my->at.recipe.biases > 0; /* else it is -log n */
    default:
        return change->number != NULL;
    }
}

/* Sets an element; false: the list is full. */
static bool set_element(const struct sc_change *change, enum sc_format format, struct sc_recipe *r)
{
    const struct sc_recipe_patch patch = {(int32_t)change->subject, change->element,
                                          sc_format_encode(format, (double)change->after)};

    for (int32_t n = 0; n < r->patches_count; n++) {
        if (r->patches[n].tensor == patch.tensor && r->patches[n].element == patch.element) {
            r->patches[n] = patch;
            return true;
        }
    }
    if (r->patches_count == SC_RECIPE_LIST) {
        return false;
    }
    r->patches[r->patches_count++] = patch;
    return true;
}

static bool make_change(const struct sc_change *change, struct sc_recipe *r)
{
    switch (change->subject) {
    case SC_CHANGE_TAU:
        r->tau = change->after;
        return true;
    case SC_CHANGE_BIAS:
        r->bias[0] = change->after;
        return true;
    case SC_CHANGE_SLOPE:
        r->slopes[0] = change->after;
        return true;
    default:
        return set_element(change, r->format_in, r);
    }
}

/* The recipe of a step; false: nothing that may be changed was met. */
static bool draw_step(struct climbing *my, int32_t step, struct sc_recipe *recipe)
{
    struct sc_random random = sc_random_stream(my->at.recipe.seed, (uint64_t)step);

    for (int32_t tries = 0; tries < TRIES; tries++) {
        const struct sc_change change = sc_change_draw(&my->at.c, &random);
        *recipe = my->at.recipe;
        if (may_change(my, &change) && change.after != *change.number &&
            make_change(&change, recipe)) {
            return true;
        }
    }
    return false;
}

static void fail(struct sc_climb *climb, const struct sc_prepared *prepared,
                 const struct sc_examination *found)
{
    climb->failed = true;
    climb->recipe = prepared->recipe;
    climb->hash = prepared->hash;
    climb->found = *found;
}

static void keep_largest(const struct sc_standing *standing, double *largest)
{
    for (int n = 0; n < SC_RESULTS; n++) {
        if (standing->judged_of[n] > 0 && !(largest[n] >= standing->ratio[n])) {
            largest[n] = standing->ratio[n];
        }
    }
}

static enum sc_status take_step(struct climbing *my, const struct sc_recipe *recipe,
                                struct sc_error *error)
{
    struct sc_climb *const climb = my->climb;
    struct sc_examine_options options = *my->options;
    struct sc_examination found;
    struct sc_prepared prepared;
    enum sc_status status = sc_prepared_create(recipe, &prepared, error);

    if (status != SC_OK) {
        return status;
    }
    options.variants = 0;
    options.repeats = 0;
    status = sc_examine(my->runner, &prepared, &options, &found, error);
    if (status == SC_OK) {
        climb->steps++;
        climb->runs += found.runs;
    }
    if (status == SC_OK && found.ending == SC_ENDING_DONE) {
        keep_largest(&found.assessment.conforms, climb->conforms);
    }
    if (status == SC_OK && found.failed != 0) {
        fail(climb, &prepared, &found);
    } else if (status == SC_OK && found.ending == SC_ENDING_DONE &&
               height_of(&found.assessment.conforms) > my->height) {
        sc_prepared_destroy(&my->at);
        my->at = prepared;
        my->height = height_of(&found.assessment.conforms);
        my->rose = true;
        return SC_OK;
    }
    sc_prepared_destroy(&prepared);
    return status;
}

/* Where the climb ends, with its variants. */
static enum sc_status examine_end(struct climbing *my, struct sc_error *error)
{
    struct sc_climb *const climb = my->climb;
    struct sc_examination found;
    const enum sc_status status = sc_examine(my->runner, &my->at, my->options, &found, error);

    if (status == SC_OK) {
        climb->runs += found.runs;
    }
    if (status == SC_OK && found.failed != 0) {
        fail(climb, &my->at, &found);
    }
    return status;
}

enum sc_status sc_climb(const struct sc_runner *runner, const struct sc_recipe *recipe,
                        const struct sc_examine_options *options,
                        const struct sc_examination *found, struct sc_climb *climb,
                        struct sc_error *error)
{
    struct climbing my = {.runner = runner, .options = options, .climb = climb};
    struct sc_recipe start = *recipe;

    memset(climb, 0, sizeof *climb);
    for (int n = 0; n < SC_RESULTS; n++) {
        climb->conforms[n] = NAN;
    }
    start.climb = 0;
    start.hashed = false;
    start.hash = 0;
    climb->recipe = start;
    if (recipe->climb == 0 || found->failed != 0 || found->ending != SC_ENDING_DONE ||
        !found->assessment.claimed || found->assessment.conforms.judged == 0) {
        return SC_OK;
    }
    enum sc_status status = sc_prepared_create(&start, &my.at, error);
    if (status != SC_OK) {
        return status;
    }
    my.height = height_of(&found->assessment.conforms);
    status = look_for_hidden(&my, error);
    for (int32_t step = 0; status == SC_OK && !climb->failed && step < recipe->climb; step++) {
        struct sc_recipe next;
        if (draw_step(&my, step, &next)) {
            status = take_step(&my, &next, error);
        }
    }
    if (status == SC_OK && !climb->failed) {
        climb->recipe = my.at.recipe;
        climb->hash = my.at.hash;
        status = my.rose ? examine_end(&my, error) : SC_OK;
    }
    free(my.seen[0]);
    free(my.seen[1]);
    sc_prepared_destroy(&my.at);
    return status;
}
