/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/worst.h"

#include "reference/oracle/arb_score.h"
#include "reference/oracle/environment.h"
#include "reference/regularity/measure.h"
#include "reference/regularity/spectral.h"
#include "reference/regularity/worst_starts.h"
#include "spec/mask.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXCESS   1e-10 /* of a certified norm over its estimate */
#define GRID     4096  /* of sc_worst_equal, and steps of its refinement */
#define REFINE   60
#define BEST     2            /* known starts that ascent climbs from */
#define ATTAINED (1.0 - 1e-6) /* of the bound: nothing more is there to be found */

struct sc_worst_options sc_worst_defaults(void)
{
    return (struct sc_worst_options){.starts = 8, .seed = 1, .ascent = sc_ascent_defaults()};
}

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

/* sigma(u) and sigma'(u), from above. */
static void sigmoid_above(double u, double *p, double *slope)
{
    arb_t s, weight, complement;

    arb_init(s);
    arb_init(weight);
    arb_init(complement);
    arb_set_d(s, u);
    sc_arb_sigmoid(weight, complement, s, SC_BALLS_PRECISION);
    *p = sc_arb_enclosure(weight).hi;
    arb_mul(weight, weight, complement, SC_BALLS_PRECISION);
    *slope = sc_arb_enclosure(weight).hi;
    arb_clear(s);
    arb_clear(weight);
    arb_clear(complement);
}

/* The bounds of one head. */
static void bound_head(const struct sc_layer *l, int32_t h, double w_v, double t,
                       struct sc_worst_bounds *bounds)
{
    const double n = (double)l->tokens;

    bounds->limit = w_v * exp(t) * (1.0 + 2.0 * t);
    if (l->kind == SC_LAYER_SOFTMAX) {
        const double inside = plus(times(times(t, t), 4.0 * n + 1.0), n);
        bounds->high = times(w_v, plus(sc_upward_root(n), times(plus(1.0, sc_upward_root(n)), t)));
        bounds->quoted = times(times(sc_upward_root(3.0), w_v), sc_upward_root(inside));
        return;
    }
    /* signed sums, so away from what was computed on either side */
    const double slope = l->slopes == NULL ? 0.0 : -l->slopes[h] * (n - 1.0);
    const double high = nextafter(
        t + nextafter(l->bias[h] + fmax(0.0, nextafter(slope, HUGE_VAL)), HUGE_VAL), HUGE_VAL);
    const double low = nextafter(
        nextafter(l->bias[h] + fmin(0.0, nextafter(slope, -HUGE_VAL)), -HUGE_VAL) - t, -HUGE_VAL);
    double p = 1.0, s = 0.25, unused;
    if (isfinite(high)) {
        sigmoid_above(high, &p, &unused);
    }
    if (isfinite(low) && isfinite(high) && (low > 0.0 || high < 0.0)) {
        sigmoid_above(low > 0.0 ? low : high, &unused, &s);
    }
    bounds->high = times(w_v, plus(times(n, fmin(p, 1.0)), times(times(2.0 * n, s), t)));
}

/* ||W_v||, and t. */
static enum sc_status head_norms(const struct sc_layer *l, int32_t h, double radius, double *form,
                                 double *w_v, double *t, struct sc_error *error)
{
    const int64_t at = (int64_t)h * l->d * l->width;
    double norm = 0.0;
    enum sc_status status = sc_spectral_upper(l->w_v + (int64_t)h * l->d_v * l->width, l->d_v,
                                              l->width, 0.0, EXCESS, w_v, error);

    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->width, l->width, l->d, 1.0, l->w_q + at,
                l->width, l->w_k + at, l->width, 0.0, form, l->width);
    if (status == SC_OK) {
        status = sc_spectral_upper(form, l->width, l->width, 0.0, EXCESS, &norm, error);
    }
    /* gamma_d ||W_q||_F ||W_k||_F, and products that underflow */
    const int64_t size = (int64_t)l->d * l->width;
    const double wrong =
        times((l->d + 4.0) * 0x1.01p-53, times(sc_spectral_frobenius(l->w_q + at, size),
                                               sc_spectral_frobenius(l->w_k + at, size)));
    norm = plus(plus(norm, wrong), (double)l->d * l->width * 0x1p-1070);
    *t = times(times(l->scale, norm), times(radius, radius));
    return status;
}

enum sc_status sc_worst_bound(const struct sc_layer *layer, double radius,
                              struct sc_worst_bounds *bounds, struct sc_error *error)
{
    const bool plain = layer->norm == SC_LAYER_NO_NORM && layer->rotation == 0.0 &&
                       layer->beta_q == NULL && layer->beta_k == NULL && layer->beta_v == NULL;
    const bool full = layer->slopes == NULL && sc_layer_sees(layer, 0, layer->tokens - 1) &&
                      sc_layer_sees(layer, layer->tokens - 1, 0);
    double *form = malloc((size_t)layer->width * (size_t)layer->width * sizeof *form);
    struct sc_worst_bounds sums = {0.0, 0.0, 0.0};
    double w_o = 1.0;
    enum sc_status status = sc_environment_check(error);

    *bounds = (struct sc_worst_bounds){HUGE_VAL, HUGE_VAL, HUGE_VAL};
    if (status == SC_OK && (!(radius >= 0.0) || !isfinite(radius))) {
        status = sc_fail(error, SC_E_INPUT, "worst: radius %g, expected a number >= 0", radius);
    } else if (status == SC_OK && form == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "worst: no memory for %d x %d numbers", layer->width,
                         layer->width);
    }
    if (status == SC_OK && layer->w_o != NULL) {
        status = sc_spectral_upper(layer->w_o, layer->out, (int64_t)layer->heads * layer->d_v, 0.0,
                                   EXCESS, &w_o, error);
    }
    for (int32_t h = 0; status == SC_OK && plain && h < layer->heads; h++) {
        struct sc_worst_bounds one = {0.0, 0.0, 0.0};
        double w_v = 0.0, t = 0.0;
        status = head_norms(layer, h, radius, form, &w_v, &t, error);
        if (status == SC_OK) {
            bound_head(layer, h, w_v, t, &one);
            sums.high = plus(sums.high, times(one.high, one.high));
            sums.quoted = plus(sums.quoted, times(one.quoted, one.quoted));
            sums.limit += one.limit * one.limit;
        }
    }
    if (status == SC_OK && plain) {
        bounds->high = times(w_o, sc_upward_root(sums.high));
        bounds->quoted = layer->kind == SC_LAYER_SOFTMAX && full
                             ? times(w_o, sc_upward_root(sums.quoted))
                             : HUGE_VAL;
        bounds->limit = w_o * sqrt(sums.limit);
    }
    free(form);
    return status;
}

/* sigma(s + b) + 2 s sigma'(s + b) */
static double equal_at(double s, double bias)
{
    const double p = 1.0 / (1.0 + exp(-(s + bias)));

    return p + 2.0 * s * p * (1.0 - p);
}

double sc_worst_equal(double t, double bias, double *s)
{
    double best = t, step = t / GRID;

    for (int32_t k = 0; k < GRID; k++) {
        best = equal_at(step * k, bias) > equal_at(best, bias) ? step * k : best;
    }
    for (int32_t k = 0; k < REFINE; k++) {
        const double left = fmax(0.0, best - step), right = fmin(t, best + step);
        const double next = equal_at(left, bias) > equal_at(right, bias) ? left : right;
        if (equal_at(next, bias) > equal_at(best, bias)) {
            best = next;
        } else {
            step *= 0.5;
        }
    }
    *s = best;
    return equal_at(best, bias);
}

/* The best so far. */
struct best {
    double value;
    double *x;
    const char *start;
    bool climbed;
};

static void offer(const struct sc_layer *l, struct best *best, const double *x, double value,
                  const char *start, bool climbed)
{
    if (value > best->value) {
        best->value = value;
        best->start = start;
        best->climbed = climbed;
        memcpy(best->x, x, (size_t)sc_layer_inputs(l) * sizeof *x);
    }
}

/* Evaluates the known starts, until the bound is attained; the numbers of the best of them, the best first, -1 for none. */
static enum sc_status try_known(const struct sc_worst_starts *starts, double high,
                                const struct sc_ascent_set *set,
                                const struct sc_ascent_options *how, double *x, struct best *best,
                                int32_t top[BEST], struct sc_error *error)
{
    double values[BEST];
    enum sc_status status = SC_OK;

    for (int32_t n = 0; n < BEST; n++) {
        values[n] = -1.0;
        top[n] = -1;
    }
    for (int32_t at = 0; at < starts->count && best->value < ATTAINED * high; at++) {
        double value = 0.0;
        const char *name = sc_worst_starts_known(starts, at, x);
        sc_ascent_project(starts->layer, set, x);
        status = sc_ascent_value(starts->layer, x, how, &value, error);
        if (status == SC_E_UNAVAILABLE) {
            continue;
        }
        if (status != SC_OK) {
            return status;
        }
        offer(starts->layer, best, x, value, name, false);
        int32_t place = BEST;
        while (place > 0 && value > values[place - 1]) {
            place--;
        }
        for (int32_t n = BEST - 1; n > place; n--) {
            values[n] = values[n - 1];
            top[n] = top[n - 1];
        }
        if (place < BEST) {
            values[place] = value;
            top[place] = at;
        }
    }
    return SC_OK;
}

static enum sc_status search(const struct sc_worst_starts *starts, double high,
                             const struct sc_worst_options *options, double *x, struct best *best,
                             struct sc_error *error)
{
    const struct sc_layer *l = starts->layer;
    const struct sc_ascent_set set = {SC_MOVES_EACH, NULL, starts->radius};
    struct sc_random random = {options->seed};
    int32_t top[BEST];
    enum sc_status status = try_known(starts, high, &set, &options->ascent, x, best, top, error);

    for (int32_t n = 0; status == SC_OK && n < BEST + options->starts; n++) {
        double value = 0.0;
        const char *name = NULL;
        if (best->value >= ATTAINED * high) {
            break;
        }
        if (n >= BEST) {
            name = sc_worst_starts_random(l, starts->radius, &random, x);
        } else if (top[n] >= 0 && options->ascent.steps > 0) {
            name = sc_worst_starts_known(starts, top[n], x);
        } else {
            continue;
        }
        sc_ascent_project(l, &set, x);
        status = sc_ascent_climb(l, &set, &options->ascent, x, &value, error);
        if (status == SC_OK) {
            offer(l, best, x, value, name, options->ascent.steps > 0);
        } else if (status == SC_E_UNAVAILABLE) {
            status = SC_OK;
        }
    }
    if (status == SC_OK && best->value < 0.0) {
        status =
            sc_fail(error, SC_E_UNAVAILABLE, "worst: the derivative is not finite at any start");
    }
    return status;
}

enum sc_status sc_worst_search(const struct sc_layer *layer, double radius, double high,
                               const struct sc_worst_options *options, struct sc_worst *worst,
                               struct sc_error *error)
{
    const size_t inputs = (size_t)sc_layer_inputs(layer);
    double *x = malloc(inputs * sizeof *x);
    struct sc_worst_starts starts = {.layer = NULL};
    struct sc_measure_options how = sc_measure_defaults();
    struct sc_measurement m = {.direction = NULL};
    struct best best = {.value = -1.0, .x = malloc(inputs * sizeof *x), .start = ""};
    enum sc_status status = SC_OK;

    *worst = (struct sc_worst){.x = best.x};
    if (x == NULL || best.x == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "worst: no memory for %d tokens", layer->tokens);
    } else if (!(radius >= 0.0) || !isfinite(radius)) {
        status = sc_fail(error, SC_E_INPUT, "worst: radius %g, expected a number >= 0", radius);
    }
    if (status == SC_OK) {
        status = sc_worst_starts_create(layer, radius, &starts, error);
    }
    if (status == SC_OK) {
        status = search(&starts, high, options, x, &best, error);
    }
    if (status == SC_OK) {
        how.threads = options->ascent.threads;
        how.exact_max = 0;
        how.bounds = false;
        status = sc_measure(layer, best.x, &how, &m, error);
    }
    worst->low = m.low;
    worst->start = best.start;
    worst->climbed = best.climbed;
    sc_measurement_destroy(&m);
    sc_worst_starts_destroy(&starts);
    free(x);
    return status;
}

void sc_worst_destroy(struct sc_worst *worst)
{
    free(worst->x);
    worst->x = NULL;
}
