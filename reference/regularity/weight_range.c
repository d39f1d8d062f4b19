/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/weight_range.h"

#include "reference/exp.h"
#include "spec/upward.h"

#include <math.h>
#include <stdlib.h>

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

static double below(double x)
{
    return nextafter(x, 0.0);
}

/* e^x from above and from below, x >= 0 or <= 0: two neighbours, for 1 ulp of the result may be two below a power of 2. */
static double exp_above(double x)
{
    return sc_upward_next(sc_upward_next(sc_exp_f64(x)));
}

static double exp_below(double x)
{
    return below(below(sc_exp_f64(x)));
}

/* The exact p of a double next to it. */
struct interval {
    double low, high;
};

static struct interval exact(double p, const struct sc_nearness *near)
{
    const double wrong = plus(times(near->relative, p), near->absolute);
    const struct interval x = {p > wrong ? below(p - wrong) : 0.0, fmin(1.0, plus(p, wrong))};

    return x;
}

/* 1 - x of x in [0, 1], below and above. */
static double complement_below(double x)
{
    return below(1.0 - x);
}

static double complement_above(double x)
{
    return fmin(1.0, sc_upward_next(1.0 - x));
}

/* Where p goes when the score moves by up to m. */
static struct interval sigmoid(struct interval p, double m)
{
    const double least = below(p.high + below(complement_below(p.high) * exp_below(-m)));
    const double most = plus(p.low, times(complement_above(p.low), exp_above(m)));
    const struct interval x = {isinf(most) ? 0.0 : below(p.low / most),
                               least > 0.0 ? fmin(1.0, sc_upward_next(p.high / least)) : 1.0};

    return x;
}

/* P (1 - P) over an interval. */
static struct interval slope(struct interval p)
{
    const double at_low = times(p.low, complement_above(p.low));
    const double at_high = times(p.high, complement_above(p.high));
    const double low_low = below(p.low * complement_below(p.low));
    const double low_high = below(p.high * complement_below(p.high));
    const bool middle = p.low <= 0.5 && p.high >= 0.5;
    const struct interval x = {fmin(low_low, low_high),
                               middle ? 0.25 : fmin(0.25, fmax(at_low, at_high))};

    return x;
}

/* The larger distance of an interval's points from those of another. */
static double distance(struct interval x, struct interval from)
{
    return fmax(0.0, sc_upward_next(fmax(x.high - from.low, from.high - x.low)));
}

static void set_sigmoid(const struct sc_moves *moves, enum sc_moves_set set, int32_t i,
                        const double *p, const struct sc_nearness *near, double *high, double *s,
                        double *change)
{
    for (int32_t j = 0; j < moves->layer->tokens; j++) {
        if (sc_layer_sees(moves->layer, i, j)) {
            const struct interval from = exact(p[j], near);
            const struct interval to = sigmoid(from, sc_moves_score(moves, set, i, j));
            high[j] = to.high;
            s[j] = slope(to).high;
            change[j] = distance(slope(to), slope(from));
        }
    }
}

/* Of one key of a row: p, and p e^-m from below and p e^m from above; 0 where it is not seen. */
struct key {
    struct interval p;
    double least, most;
    double after_least, after_most; /* the sums of these over the keys behind it */
};

static void set_keys(const struct sc_moves *moves, enum sc_moves_set set, int32_t i,
                     const double *p, const struct sc_nearness *near, struct key *keys)
{
    double least = 0.0, most = 0.0;

    for (int32_t j = moves->layer->tokens - 1; j >= 0; j--) {
        keys[j] = (struct key){.after_least = least, .after_most = most};
        if (sc_layer_sees(moves->layer, i, j)) {
            const double m = sc_moves_score(moves, set, i, j);
            keys[j].p = exact(p[j], near);
            keys[j].least = below(keys[j].p.low * exp_below(-m));
            keys[j].most = times(keys[j].p.high, exp_above(m));
            least = below(least + keys[j].least);
            most = plus(most, keys[j].most);
        }
    }
}

/* The other keys are summed without the key itself: a difference of sums would lose them where it has most of the weight. */
static void set_softmax(const struct sc_moves *moves, enum sc_moves_set set, int32_t i,
                        const double *p, const struct sc_nearness *near, struct key *keys,
                        double *high, double *change)
{
    double before_least = 0.0, before_most = 0.0;

    set_keys(moves, set, i, p, near, keys);
    for (int32_t j = 0; j < moves->layer->tokens; j++) {
        if (sc_layer_sees(moves->layer, i, j)) {
            const double others_least = below(before_least + keys[j].after_least);
            const double others_most = before_most + keys[j].after_most;
            struct interval to = {0.0, 1.0};
            if (isfinite(keys[j].most) && keys[j].most > 0.0) {
                const double all = below(keys[j].most + others_least);
                to.high = fmin(1.0, sc_upward_next(keys[j].most / all));
            }
            if (others_most == 0.0) {
                to.low = 1.0;
            } else if (isfinite(others_most)) {
                to.low = below(keys[j].least / plus(keys[j].least, sc_upward_next(others_most)));
            }
            high[j] = to.high;
            change[j] = distance(to, keys[j].p);
            before_least = below(before_least + keys[j].least);
            before_most = plus(before_most, keys[j].most);
        }
    }
}

enum sc_status sc_weight_range_create(const struct sc_moves *moves, enum sc_moves_set set,
                                      const double *p, const struct sc_nearness *near,
                                      struct sc_weight_range *range, struct sc_error *error)
{
    const struct sc_layer *l = moves->layer;
    const size_t n = (size_t)l->tokens;
    struct key *keys = calloc(n, sizeof *keys);
    enum sc_status status = SC_OK;

    *range = (struct sc_weight_range){.high = calloc(n * n, sizeof(double)),
                                      .change = calloc(n * n, sizeof(double))};
    range->slope = l->kind == SC_LAYER_SOFTMAX ? range->high : calloc(n * n, sizeof(double));
    if (keys == NULL || range->high == NULL || range->slope == NULL || range->change == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "weights: no memory for %zu x %zu numbers", n, n);
    }
    for (int32_t i = 0; status == SC_OK && i < l->tokens; i++) {
        const int64_t row = (int64_t)i * l->tokens;
        if (l->kind == SC_LAYER_SIGMOID) {
            set_sigmoid(moves, set, i, p + row, near, range->high + row, range->slope + row,
                        range->change + row);
        } else {
            set_softmax(moves, set, i, p + row, near, keys, range->high + row, range->change + row);
        }
    }
    free(keys);
    return status;
}

void sc_weight_range_destroy(struct sc_weight_range *range)
{
    if (range->slope != range->high) {
        free(range->slope);
    }
    free(range->high);
    free(range->change);
    *range = (struct sc_weight_range){.high = NULL};
}
