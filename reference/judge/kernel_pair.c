/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/kernel_pair.h"

#include "spec/format_value.h"

#include <float.h>

#if FLT_EVAL_METHOD != 0
#error "the quotient of bias and scale must round to fp32, once"
#endif

#define U     SC_KERNEL_U
#define TWICE 0x1.000001p-23 /* two roundings, (1 + u)^2 - 1 */
#define FLUSH SC_KERNEL_FLUSH

/* What one operation of fp32 may be off by beside its relative error. */
static double operation_floor(const struct sc_kernel_walk *walk)
{
    return walk->arithmetic->flush ? FLUSH : SC_KERNEL_T;
}

struct sc_kernel_walk sc_kernel_walk_of(const struct sc_kernel_arithmetic *arithmetic,
                                        const struct sc_problem *problem,
                                        const struct sc_oracle_values *values, int32_t b, int32_t g)
{
    return (struct sc_kernel_walk){arithmetic,
                                   problem,
                                   values,
                                   sc_kernel_core_of(arithmetic, problem->format_in),
                                   sc_kernel_core_of(arithmetic, arithmetic->schedule.format_p),
                                   b,
                                   g};
}

static double aligned(double size, double floor)
{
    return size > floor ? size : floor;
}

/* <x, y> */
struct dot {
    double value, slack; /* |value - exact| <= slack */
    double terms;        /* >= sum |x y|; not finite if a factor is not */
    double error;        /* of the kernel's */
};

static bool subnormal(double x)
{
    return x != 0.0 && fabs(x) < FLUSH;
}

/* Channels are one tile, whatever the tiles of keys and rows are; it need not lie within the span of the products
 * that are not zero. */
static struct sc_kernel_core channel_core(const struct sc_kernel_core *core, int32_t width)
{
    struct sc_kernel_core channels = *core;

    channels.tile_steps = (width - 1) / core->terms + 1;
    channels.tile = INT32_MAX;
    return channels;
}

static struct dot dot_of(const struct sc_kernel_core *along, const float *x, const float *y,
                         int32_t width, double init)
{
    const struct sc_kernel_core core = channel_core(along, width);
    struct sc_kernel_sum sum = sc_kernel_sum_from(init, 1);
    struct dot dot = {0.0, 0.0, 0.0, 0.0};
    double lost = 0.0; /* products of factors that may be flushed */

    for (int32_t c = 0; c < width; c++) {
        const double a = (double)x[c], b = (double)y[c]; /* a b is exact */
        dot.value += a * b;
        dot.terms += fabs(a * b);
        if (a != 0.0 && b != 0.0) {
            lost += core.flush_factors && (subnormal(a) || subnormal(b)) ? fabs(a * b) : 0.0;
            const struct sc_kernel_place place = {c, c / core.terms, 0};
            sc_kernel_sum_add(&core, &sum,
                              aligned(fabs(a), core.floor) * aligned(fabs(b), core.floor), &place);
        }
    }
    dot.terms = isfinite(dot.terms) ? sc_kernel_sum_enlarge(dot.terms, width) : HUGE_VAL;
    dot.slack = sc_upward_multiply((double)width * 0x1p-52, dot.terms);
    dot.error = sc_kernel_sum_error(&core, &sum, NULL, 0.0, 0.0);
    if (lost > 0.0) {
        dot.error = sc_upward_add(dot.error, sc_kernel_sum_enlarge(lost, width));
    }
    return dot;
}

/* A score: `value` is within slack of the exact one, the kernel's within error of it. */
struct score {
    double value, slack, error;
    bool claimed;
};

static struct score score_of(const struct sc_kernel_walk *walk, int32_t h, int32_t i, int32_t j,
                             const float *q, const float *k)
{
    const struct sc_problem *p = walk->problem;
    const enum sc_score order = walk->arithmetic->schedule.score;
    const double tau = (double)p->tau, bias = (double)sc_problem_bias(p, walk->b, h);
    const int32_t distance =
        sc_mask_distance(i, j, sc_problem_rows(p, walk->b), sc_problem_keys(p, walk->b));
    const double mask = p->slopes == NULL ? 0.0 : -(double)p->slopes[h] * (double)distance;
    const double init =
        order == SC_SCORE_PRELOADED ? (double)(sc_problem_bias(p, walk->b, h) / p->tau) : 0.0;
    const struct dot dot = dot_of(&walk->core, q, k, p->d, fabs(init));
    const double product = tau * dot.value;
    const double scale =
        sc_upward_add(sc_upward_multiply(tau, dot.terms), sc_upward_add(fabs(bias), fabs(mask)));
    /* of the sum that is `product`, and four more roundings in binary64 */
    const double slack = sc_upward_multiply((double)(p->d + 4) * 0x1p-52, scale);
    const double size = sc_upward_add(fabs(product), slack);
    const double biased = sc_upward_add(fabs(product + bias), slack);
    const double masked = sc_upward_add(fabs(product + bias + mask), slack);
    const bool flush = walk->arithmetic->flush, preloaded = order == SC_SCORE_PRELOADED;
    const double t = operation_floor(walk);
    double e = sc_upward_multiply(tau, dot.error);

    if (flush) { /* a, b, and b / tau before it is loaded */
        e = sc_upward_add(e, sc_upward_multiply(tau, (preloaded ? 2.0 : 1.0) * FLUSH));
        e = sc_upward_add(e, subnormal(bias) ? FLUSH : 0.0);
    }
    if (order == SC_SCORE_SEPARATE) {
        e = sc_bound_rounded(U, t, size, e);
        e = sc_bound_rounded(U, flush ? t : 0.0, biased, e);
    } else {
        if (preloaded) {
            e = sc_upward_add(e, sc_upward_add(fabs(tau * init - bias), 0.0));
        }
        e = sc_bound_rounded(U, t, biased, e);
    }
    if (p->slopes != NULL) {
        if (distance > 1 << FLT_MANT_DIG) {
            e = sc_upward_add(e, sc_upward_multiply(U, fabs(mask)));
        }
        if (flush && subnormal((double)p->slopes[h])) {
            e = sc_upward_add(e, fabs(mask));
        }
        e = sc_bound_rounded(U, t, masked, e);
    }
    const bool in_range = sc_upward_add(scale, e) < SC_KERNEL_LIMIT &&
                          fabs(init) < SC_KERNEL_LIMIT && !(flush && subnormal(tau));
    return (struct score){product + bias + mask, slack, e, in_range};
}

/* Rounded to format_p. */
static struct sc_kernel_coefficient stored(const struct sc_kernel_arithmetic *arithmetic,
                                           struct sc_kernel_coefficient x)
{
    const enum sc_format format = arithmetic->schedule.format_p;
    const struct sc_kernel_conversion conversion =
        sc_kernel_conversion_of(format, arithmetic->truncate, arithmetic->flush);
    const double least = sc_format_ulp(format, 0.0);

    if (format != SC_FORMAT_FP32 && sc_upward_add(x.size, x.error) <= 0.5 * least) {
        x.zero = true;
        x.error = x.size;
    } else if (conversion.eta > 0.0) {
        x.error = sc_bound_rounded(conversion.u, conversion.eta, x.size, x.error);
    }
    x.claimed = x.claimed && sc_upward_add(x.size, x.error) < sc_format_max(format);
    return x;
}

/* Upper bounds of p, p (1 - p) and |1 - 2p| at a score. exp and expm1 of the C library are trusted to
 * 1 ulp (reference/exp.h). */
struct weight {
    double p, g, lean;
};

static struct weight weight_of(const struct score *score)
{
    const double enough = 1.0 + 0x1p-48, least = 0x1p-1070;
    const double e = exp(-fabs(score->value)), small = e / (1.0 + e), large = 1.0 / (1.0 + e);
    /* each of p and g changes by a factor of exp(slack) at most */
    const double shift = sc_upward_multiply(expm1(score->slack), enough);
    const double factor = sc_upward_multiply(sc_upward_add(1.0, shift), enough);
    const double p = sc_upward_multiply(score->value < 0.0 ? small : large, factor);
    const double g = sc_upward_multiply(small * large, factor);
    struct weight weight = {fmin(1.0, sc_upward_add(p, least)), fmin(0.25, sc_upward_add(g, least)),
                            1.0};

    weight.lean = fmin(
        1.0, sc_upward_add((1.0 - e) * large + 0x1p-50, sc_upward_multiply(2.0 * weight.g, shift)));
    return weight;
}

static double relative_error(const struct sc_activation_error *activation, double size)
{
    int32_t row = 0;

    while (row < SC_ACTIVATION_ROWS - 1 && size >= activation->rows[row].below &&
           activation->rows[row + 1].below > 0.0) {
        row++;
    }
    return activation->rows[row].relative;
}

/* The error of p in fp32. */
static double weight_error(const struct sc_activation_error *activation, const struct score *score,
                           const struct weight *weight)
{
    const double reach =
        sc_upward_add(fabs(score->value), sc_upward_add(score->slack, score->error));
    const double growth = sc_upward_multiply(expm1(score->error), 1.0 + 0x1p-50);
    const double moved = fmin(1.0, sc_upward_multiply(weight->g, growth));

    return sc_bound_rounded(relative_error(activation, reach), activation->absolute, weight->p,
                            moved);
}

/* dS of a pair in fp32. */
static struct sc_kernel_coefficient gradient_of(const struct sc_kernel_walk *walk,
                                                const struct weight *weight, double e,
                                                const float *d_o, const float *v)
{
    const struct dot dot = dot_of(&walk->core, d_o, v, walk->problem->d_v, 0.0);
    const bool products = walk->arithmetic->spread == SC_SPREAD_PRODUCTS;
    const double t = operation_floor(walk);
    const double size_dp = sc_upward_add(fabs(dot.value), dot.slack);
    const double d = walk->arithmetic->flush ? sc_upward_add(dot.error, FLUSH) : dot.error;
    const double spread =
        sc_upward_add(sc_upward_multiply(e, weight->lean), sc_upward_multiply(e, e));
    const double e_g = sc_bound_rounded(products ? TWICE : U, t, weight->g, spread);
    struct sc_kernel_coefficient ds = {sc_upward_multiply(weight->g, size_dp), 0.0, false,
                                       sc_upward_add(dot.terms, dot.error) < SC_KERNEL_LIMIT};

    ds.error = sc_upward_add(sc_upward_multiply(weight->g, d),
                             sc_upward_multiply(e_g, sc_upward_add(size_dp, d)));
    ds.error = sc_bound_rounded(U, products ? 2.0 * t : t, ds.size, ds.error);
    ds.claimed = ds.claimed && sc_upward_add(ds.size, ds.error) < SC_KERNEL_LIMIT;
    return ds;
}

void sc_kernel_pair_compute(struct sc_kernel_pair *pair, const struct sc_kernel_walk *walk,
                            int32_t h, int32_t i, int32_t j, bool gradient)
{
    const struct sc_problem *p = walk->problem;
    const float *q = walk->values->q + sc_problem_q_row(p, walk->b, h, i);
    const float *k = walk->values->k + sc_problem_k_row(p, walk->b, walk->g, j);
    const struct score score = score_of(walk, h, i, j, q, k);
    const struct weight weight = weight_of(&score);
    const double e = weight_error(walk->arithmetic->activation, &score, &weight);

    pair->p = (struct sc_kernel_coefficient){weight.p, e, false, score.claimed};
    if (gradient) {
        pair->ds =
            gradient_of(walk, &weight, e, walk->values->d_o + sc_problem_o_row(p, walk->b, h, i),
                        walk->values->v + sc_problem_v_row(p, walk->b, walk->g, j));
        pair->ds.claimed = pair->ds.claimed && score.claimed;
    }
}

void sc_kernel_pair_set(struct sc_kernel_pair *pair, const struct sc_kernel_walk *walk, int32_t h,
                        int32_t i, int32_t j, bool gradient)
{
    sc_kernel_pair_compute(pair, walk, h, i, j, gradient);
    pair->p = stored(walk->arithmetic, pair->p);
    if (gradient) {
        pair->ds = stored(walk->arithmetic, pair->ds);
    }
}
