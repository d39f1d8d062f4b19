/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/local.h"

#include "reference/regularity/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The bounds from above of every set. */
static enum sc_status bound(const struct sc_layer *layer, const double *x, const double *radii,
                            int32_t count, int32_t threads, struct sc_local *locals,
                            struct sc_error *error)
{
    const size_t sets = (size_t)count * SC_MOVES_SETS;
    struct sc_around *around = calloc(sets, sizeof *around);
    struct sc_balls balls;
    struct sc_nearness near;
    double *p = NULL;
    enum sc_status status = sc_balls_weigh(layer, x, threads, &balls, &p, &near, error);

    if (status == SC_OK && around == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "around: no memory for %zu sets", sets);
    }
    if (status == SC_OK) {
        for (size_t s = 0; s < sets; s++) {
            around[s].radius = radii[s / SC_MOVES_SETS];
            around[s].set = (enum sc_moves_set)(s % SC_MOVES_SETS);
        }
        status = sc_around_compute(&balls, x, p, &near, around, (int32_t)sets, error);
    }
    for (size_t s = 0; status == SC_OK && s < sets; s++) {
        locals[s].upper = around[s];
        locals[s].high = around[s].layer[around[s].best];
    }
    sc_balls_destroy(&balls);
    free(around);
    free(p);
    return status;
}

/* A point of the set, certified. `start` is a point of the set and receives what was found. */
static enum sc_status search(const struct sc_layer *layer, const double *x,
                             const struct sc_ascent_options *options, double *start,
                             struct sc_local *local, struct sc_error *error)
{
    const struct sc_ascent_set set = {local->upper.set, x, local->upper.radius};
    struct sc_measure_options how = sc_measure_defaults();
    struct sc_measurement m = {.direction = NULL};
    double value = 0.0;
    enum sc_status status = sc_ascent_climb(layer, &set, options, start, &value, error);

    if (status == SC_OK && !sc_ascent_inside(layer, &set, start)) {
        memcpy(start, x, (size_t)sc_layer_inputs(layer) * sizeof *x);
    }
    if (status == SC_OK) {
        how.threads = options->threads;
        how.exact_max = 0;
        how.bounds = false;
        status = sc_measure(layer, start, &how, &m, error);
        local->low = m.low;
    }
    sc_measurement_destroy(&m);
    return status;
}

/* Whether every point of a is one of b. */
static bool contains(const struct sc_around *b, const struct sc_around *a)
{
    return a->radius <= b->radius && (a->set == SC_MOVES_WHOLE || b->set == SC_MOVES_EACH);
}

static void share(struct sc_local *locals, int32_t sets)
{
    for (int32_t a = 0; a < sets; a++) {
        for (int32_t b = 0; b < sets; b++) {
            if (contains(&locals[b].upper, &locals[a].upper)) {
                locals[b].low = fmax(locals[b].low, locals[a].low);
                locals[a].high = fmin(locals[a].high, locals[b].high);
            }
        }
    }
}

enum sc_status sc_local_measure(const struct sc_layer *layer, const double *x, const double *radii,
                                int32_t count, const struct sc_ascent_options *options,
                                struct sc_local *locals, struct sc_error *error)
{
    const size_t bytes = (size_t)sc_layer_inputs(layer) * sizeof *x;
    double *start = malloc(bytes);
    enum sc_status status = start == NULL
                                ? sc_fail(error, SC_E_MEMORY, "around: no memory for the tokens")
                                : bound(layer, x, radii, count, options->threads, locals, error);

    for (int32_t s = 0; status == SC_OK && s < count * SC_MOVES_SETS; s++) {
        memcpy(start, x, bytes);
        status = search(layer, x, options, start, &locals[s], error);
    }
    if (status == SC_OK) {
        share(locals, count * SC_MOVES_SETS);
    }
    free(start);
    return status;
}
