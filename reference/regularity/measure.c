/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/measure.h"

#include "reference/regularity/balls.h"
#include "reference/regularity/jacobian.h"
#include "reference/regularity/lanczos.h"
#include "reference/regularity/point.h"
#include "reference/regularity/spectral.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct sc_measure_options sc_measure_defaults(void)
{
    return (struct sc_measure_options){.threads = 1,
                                       .steps_max = 200,
                                       .exact_max = 4096,
                                       .bytes_max = 0x1p33,
                                       .excess = 1e-7,
                                       .bounds = true};
}

double sc_measurement_upper(const struct sc_measurement *measurement)
{
    return measurement->bounded
               ? fmin(measurement->high, measurement->bounds.layer[measurement->bounds.best])
               : measurement->high;
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void push(void *point, const double *t, double *result)
{
    sc_point_push(point, t, result);
}

static void pull(void *point, const double *u, double *result)
{
    sc_point_pull(point, u, result);
}

/* The direction that is amplified most, as far as Lanczos finds it. */
static enum sc_status find_direction(const struct sc_layer *layer, const double *x,
                                     const struct sc_measure_options *options,
                                     struct sc_lanczos *lanczos, struct sc_error *error)
{
    const struct sc_lanczos_options how = {options->steps_max, options->spectrum ? 0.0 : 1e-13, 1};
    struct sc_point *point = NULL;
    enum sc_status status = sc_point_create(layer, x, options->threads, &point, error);

    if (status == SC_OK) {
        const struct sc_operator j = {sc_layer_inputs(layer), sc_layer_outputs(layer), push, pull,
                                      point};
        status = sc_lanczos_run(&j, &how, lanczos, error);
    }
    sc_point_destroy(point);
    return status;
}

/* ||J t|| / ||t|| from below. */
static enum sc_status certify_low(const struct sc_balls *balls, const double *p,
                                  const struct sc_nearness *near, const double *t, double *low,
                                  struct sc_error *error)
{
    double high = 0.0;
    const enum sc_status status = sc_balls_push(balls, p, near, t, low, &high, error);
    const double length = sc_spectral_frobenius(t, sc_layer_inputs(balls->layer));

    if (status == SC_OK && !isfinite(high)) {
        return sc_fail(error, SC_E_UNAVAILABLE, "measure: the derivative is not finite");
    }
    *low = length > 0.0 ? nextafter(*low / length, 0.0) : 0.0;
    return status;
}

static enum sc_status certify_high(const struct sc_balls *balls, const double *p,
                                   const struct sc_nearness *near, double estimate,
                                   const struct sc_measure_options *options, double *high,
                                   struct sc_error *error)
{
    const int64_t inputs = sc_layer_inputs(balls->layer), outputs = sc_layer_outputs(balls->layer);
    const double side = (double)(inputs < outputs ? inputs : outputs);
    struct sc_jacobian j;

    *high = HUGE_VAL;
    if (side > (double)options->exact_max ||
        sc_jacobian_bytes(balls->layer) + 16.0 * side * side > options->bytes_max) {
        return SC_OK;
    }
    enum sc_status status = sc_jacobian_create(balls, p, near, &j, error);
    if (status == SC_OK) {
        status = sc_spectral_upper(j.elements, j.outputs, j.inputs, estimate, options->excess, high,
                                   error);
        *high = nextafter(*high + j.error, HUGE_VAL);
        sc_jacobian_destroy(&j);
    }
    return status;
}

static bool zero(const double *values, int64_t count)
{
    for (int64_t n = 0; values != NULL && n < count; n++) {
        if (values[n] != 0.0) {
            return false;
        }
    }
    return true;
}

/* Whether the layer is 0 for all tokens: what bounds it is 0 then, not the roundings of 0. */
static bool vanishes(const struct sc_layer *l)
{
    const int64_t all = (int64_t)l->heads * l->d_v;

    return (zero(l->w_v, all * l->width) && zero(l->beta_v, all)) ||
           (l->w_o != NULL && zero(l->w_o, l->out * all));
}

static void set_zero(struct sc_measurement *measurement)
{
    measurement->high = 0.0;
    for (int32_t n = 0; measurement->bounded && n < SC_BOUNDS; n++) {
        if (isfinite(measurement->bounds.layer[n])) {
            measurement->bounds.layer[n] = 0.0;
        }
    }
}

static enum sc_status certify(const struct sc_layer *layer, const double *x,
                              const struct sc_measure_options *options, double estimate,
                              struct sc_measurement *measurement, struct sc_error *error)
{
    struct sc_balls balls;
    struct sc_nearness near;
    double *p = NULL, begin = now();
    enum sc_status status = sc_balls_weigh(layer, x, options->threads, &balls, &p, &near, error);

    if (status == SC_OK) {
        status = certify_low(&balls, p, &near, measurement->direction, &measurement->low, error);
    }
    measurement->low_seconds = now() - begin;
    begin = now();
    if (status == SC_OK) {
        status = certify_high(&balls, p, &near, estimate, options, &measurement->high, error);
    }
    measurement->high_seconds = now() - begin;
    begin = now();
    if (status == SC_OK && options->bounds) {
        status = sc_bounds_compute(&balls, x, p, &near, &measurement->bounds, error);
        measurement->bounded = status == SC_OK;
    }
    measurement->bounds_seconds = now() - begin;
    if (status == SC_OK && vanishes(layer)) {
        set_zero(measurement);
    }
    sc_balls_destroy(&balls);
    free(p);
    return status;
}

static void set_shares(const struct sc_layer *layer, struct sc_measurement *measurement)
{
    for (int32_t i = 0; i < layer->tokens; i++) {
        double sum = 0.0;
        for (int32_t c = 0; c < layer->width; c++) {
            const double t = measurement->direction[(int64_t)i * layer->width + c];
            sum += t * t;
        }
        measurement->share[i] = sum;
    }
}

enum sc_status sc_measure(const struct sc_layer *layer, const double *x,
                          const struct sc_measure_options *options,
                          struct sc_measurement *measurement, struct sc_error *error)
{
    struct sc_lanczos lanczos = {.right = NULL};
    const double begin = now();
    enum sc_status status = sc_layer_check_tokens(layer, x, error);

    memset(measurement, 0, sizeof *measurement);
    measurement->high = HUGE_VAL;
    if (status == SC_OK) {
        status = find_direction(layer, x, options, &lanczos, error);
    }
    if (status == SC_OK) {
        measurement->steps = lanczos.steps;
        measurement->lanczos_seconds = now() - begin;
        measurement->direction = lanczos.right;
        measurement->values = lanczos.values;
        measurement->spectrum = lanczos.spectrum;
        lanczos.right = lanczos.spectrum = NULL;
        measurement->share = calloc((size_t)layer->tokens, sizeof *measurement->share);
        status =
            measurement->share == NULL
                ? sc_fail(error, SC_E_MEMORY, "measure: no memory for %d tokens", layer->tokens)
                : SC_OK;
    }
    if (status == SC_OK) {
        set_shares(layer, measurement);
        status = certify(layer, x, options, lanczos.value, measurement, error);
    }
    sc_lanczos_destroy(&lanczos);
    return status;
}

void sc_measurement_destroy(struct sc_measurement *measurement)
{
    free(measurement->direction);
    free(measurement->share);
    free(measurement->spectrum);
    measurement->direction = NULL;
    measurement->share = NULL;
    measurement->spectrum = NULL;
}
