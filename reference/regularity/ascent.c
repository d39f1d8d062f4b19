/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/ascent.h"

#include "reference/random.h"
#include "reference/regularity/lanczos.h"
#include "reference/regularity/point.h"
#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHANGE   1e-4    /* of Lanczos: a point is only compared with others */
#define QUOTIENT 0x1p-17 /* of a difference quotient: a third of 52 bits, of tokens of about 1 */
#define GROW     2.0     /* of a step that improved, and of one that did not: */
#define SHRINK   0.25
#define SHORTEST 0x1p-12         /* of the radius: the search ends there */
#define TOWARDS  (1.0 - 0x1p-46) /* the centre, of a point that rounding left outside */

struct sc_ascent_options sc_ascent_defaults(void)
{
    return (struct sc_ascent_options){.steps = 20, .lanczos = 40, .threads = 1};
}

static double centre_of(const struct sc_ascent_set *set, int64_t n)
{
    return set->centre == NULL ? 0.0 : set->centre[n];
}

/* >= the distance of `count` numbers from those of the centre: a difference is rounded by 2^-53 of itself. */
static double distance(const struct sc_ascent_set *set, const double *x, int64_t first,
                       int64_t count)
{
    double sum = 0.0;

    for (int64_t n = first; n < first + count; n++) {
        const double one = sc_upward_next(fabs(x[n] - centre_of(set, n)));
        sum = sc_upward_add(sum, sc_upward_multiply(one, one));
    }
    return isfinite(sum) ? sc_upward_next(sqrt(sum)) : HUGE_VAL;
}

static bool same(const struct sc_ascent_set *set, const double *x, int64_t first, int64_t count)
{
    for (int64_t n = first; n < first + count; n++) {
        if (x[n] != centre_of(set, n)) {
            return false;
        }
    }
    return true;
}

static bool within(const struct sc_ascent_set *set, const double *x, int64_t first, int64_t count)
{
    return same(set, x, first, count) || distance(set, x, first, count) <= set->radius;
}

bool sc_ascent_inside(const struct sc_layer *layer, const struct sc_ascent_set *set,
                      const double *x)
{
    const int64_t all = sc_layer_inputs(layer);
    const int64_t part = set->kind == SC_MOVES_WHOLE ? all : layer->width;

    for (int64_t first = 0; first < all; first += part) {
        if (!within(set, x, first, part)) {
            return false;
        }
    }
    return true;
}

void sc_ascent_project(const struct sc_layer *layer, const struct sc_ascent_set *set, double *x)
{
    const int64_t all = sc_layer_inputs(layer);
    const int64_t part = set->kind == SC_MOVES_WHOLE ? all : layer->width;

    for (int64_t first = 0; first < all; first += part) {
        double shrink = TOWARDS;
        while (!within(set, x, first, part)) {
            const double far = distance(set, x, first, part);
            const double by = isfinite(far) ? fmin(shrink, shrink * set->radius / far) : 0.0;
            for (int64_t n = first; n < first + part; n++) {
                const double c = centre_of(set, n);
                x[n] = by > 0.0 ? c + by * (x[n] - c) : c;
            }
            shrink = by > 0.0 ? shrink * shrink : 0.0; /* where rounding is all that there is */
        }
    }
}

static void push(void *point, const double *t, double *result)
{
    sc_point_push(point, t, result);
}

static void pull(void *point, const double *u, double *result)
{
    sc_point_pull(point, u, result);
}

/* The value at x, and where `t` and `u` are given the directions: u of norm 1 up to rounding. */
static enum sc_status evaluate(const struct sc_layer *layer, const double *x,
                               const struct sc_ascent_options *options, double *value, double *t,
                               double *u, struct sc_error *error)
{
    const struct sc_lanczos_options how = {options->lanczos, CHANGE, 1};
    const int64_t inputs = sc_layer_inputs(layer), outputs = sc_layer_outputs(layer);
    struct sc_lanczos lanczos = {.right = NULL};
    struct sc_point *point = NULL;
    enum sc_status status = sc_point_create(layer, x, options->threads, &point, error);

    if (status == SC_OK) {
        const struct sc_operator j = {inputs, outputs, push, pull, point};
        status = sc_lanczos_run(&j, &how, &lanczos, error);
    }
    if (status == SC_OK) {
        *value = lanczos.value;
    }
    if (status == SC_OK && t != NULL) {
        memcpy(t, lanczos.right, (size_t)inputs * sizeof *t);
        sc_point_push(point, t, u);
        cblas_dscal((int32_t)outputs, lanczos.value > 0.0 ? 1.0 / lanczos.value : 0.0, u, 1);
    }
    sc_lanczos_destroy(&lanczos);
    sc_point_destroy(point);
    return status;
}

enum sc_status sc_ascent_value(const struct sc_layer *layer, const double *x,
                               const struct sc_ascent_options *options, double *value,
                               struct sc_error *error)
{
    return evaluate(layer, x, options, value, NULL, NULL, error);
}

/* Scratch of a climb. */
struct climb {
    double *t, *u; /* directions at the best point */
    double *next;  /* the point that is tried */
    double *next_t, *next_u;
    double *gradient, *back;
};

static bool climb_create(struct climb *x, const struct sc_layer *layer)
{
    const size_t inputs = (size_t)sc_layer_inputs(layer), outputs = (size_t)sc_layer_outputs(layer);

    x->t = malloc(inputs * sizeof(double));
    x->u = malloc(outputs * sizeof(double));
    x->next = malloc(inputs * sizeof(double));
    x->next_t = malloc(inputs * sizeof(double));
    x->next_u = malloc(outputs * sizeof(double));
    x->gradient = malloc(inputs * sizeof(double));
    x->back = malloc(inputs * sizeof(double));
    return x->t != NULL && x->u != NULL && x->next != NULL && x->next_t != NULL &&
           x->next_u != NULL && x->gradient != NULL && x->back != NULL;
}

static void climb_destroy(struct climb *x)
{
    free(x->t);
    free(x->u);
    free(x->next);
    free(x->next_t);
    free(x->next_u);
    free(x->gradient);
    free(x->back);
}

/* J(x + by t)^T u */
static enum sc_status pull_at(const struct sc_layer *layer, const double *x, double by,
                              const struct sc_ascent_options *options, struct climb *my,
                              double *result, struct sc_error *error)
{
    struct sc_point *point = NULL;

    memcpy(my->next, x, (size_t)sc_layer_inputs(layer) * sizeof *x);
    cblas_daxpy((int32_t)sc_layer_inputs(layer), by, my->t, 1, my->next, 1);
    const enum sc_status status = sc_point_create(layer, my->next, options->threads, &point, error);
    if (status == SC_OK) {
        sc_point_pull(point, my->u, result);
    }
    sc_point_destroy(point);
    return status;
}

/* A direction out of a point where the gradient is 0, as at tokens that are all 0. */
static void set_random(double *x, int32_t count)
{
    struct sc_random random = {1};

    for (int32_t n = 0; n < count; n++) {
        x[n] = sc_random_normal(&random);
    }
    cblas_dscal(count, 1.0 / cblas_dnrm2(count, x, 1), x, 1);
}

/* The gradient at x, of norm 1; its norm before, which need not be finite. */
static enum sc_status find_gradient(const struct sc_layer *layer, const double *x,
                                    const struct sc_ascent_options *options, struct climb *my,
                                    double *length, struct sc_error *error)
{
    const int32_t inputs = (int32_t)sc_layer_inputs(layer);
    const double by = QUOTIENT * fmax(1.0, cblas_dnrm2(inputs, x, 1));
    enum sc_status status = pull_at(layer, x, by, options, my, my->gradient, error);

    if (status == SC_OK) {
        status = pull_at(layer, x, -by, options, my, my->back, error);
    }
    if (status == SC_OK) {
        cblas_daxpy(inputs, -1.0, my->back, 1, my->gradient, 1);
        *length = cblas_dnrm2(inputs, my->gradient, 1);
        if (*length > 0.0) {
            cblas_dscal(inputs, 1.0 / *length, my->gradient, 1);
        } else {
            set_random(my->gradient, inputs);
        }
    }
    return status;
}

/* Steps of a climb whose first point is evaluated. */
static enum sc_status climb(const struct sc_layer *layer, const struct sc_ascent_set *set,
                            const struct sc_ascent_options *options, struct climb *my, double *x,
                            double *value, struct sc_error *error)
{
    const size_t bytes = (size_t)sc_layer_inputs(layer) * sizeof *x;
    const double whole =
        set->radius * (set->kind == SC_MOVES_WHOLE ? 1.0 : sqrt((double)layer->tokens));
    double step = whole, length = 0.0;
    enum sc_status status = find_gradient(layer, x, options, my, &length, error);

    for (int32_t n = 0;
         status == SC_OK && n < options->steps && isfinite(length) && step > SHORTEST * whole;
         n++) {
        double found = 0.0;
        memcpy(my->next, x, bytes);
        cblas_daxpy((int32_t)sc_layer_inputs(layer), step, my->gradient, 1, my->next, 1);
        sc_ascent_project(layer, set, my->next);
        status = evaluate(layer, my->next, options, &found, my->next_t, my->next_u, error);
        if (status == SC_E_UNAVAILABLE) {
            status = SC_OK;
            found = 0.0;
        }
        if (status != SC_OK || !(found > *value)) {
            step *= SHRINK;
            continue;
        }
        memcpy(x, my->next, bytes);
        memcpy(my->t, my->next_t, bytes);
        memcpy(my->u, my->next_u, (size_t)sc_layer_outputs(layer) * sizeof *my->u);
        *value = found;
        step = fmin(whole, GROW * step);
        status = find_gradient(layer, x, options, my, &length, error);
    }
    return status;
}

enum sc_status sc_ascent_climb(const struct sc_layer *layer, const struct sc_ascent_set *set,
                               const struct sc_ascent_options *options, double *x, double *value,
                               struct sc_error *error)
{
    struct climb my = {.t = NULL};
    enum sc_status status =
        climb_create(&my, layer)
            ? evaluate(layer, x, options, value, my.t, my.u, error)
            : sc_fail(error, SC_E_MEMORY, "ascent: no memory for %d tokens", layer->tokens);

    if (status == SC_OK && options->steps > 0 && set->radius > 0.0) {
        status = climb(layer, set, options, &my, x, value, error);
    }
    climb_destroy(&my);
    return status;
}
