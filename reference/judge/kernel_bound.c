/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/kernel_bound.h"

#include "reference/judge/upward.h"
#include "reference/oracle/environment.h"
#include "spec/format_value.h"

#include <float.h>
#include <stdbool.h>
#include <stdlib.h>

#if FLT_EVAL_METHOD != 0
#error "the quotient of bias and scale must round to fp32, once"
#endif

#define U 0x1p-24  /* unit roundoff of fp32 */
#define T 0x1p-150 /* half its least subnormal */

#define LIMIT 0x1p127 /* what is at most this does not overflow fp32, however it is rounded */

const struct sc_activation_error sc_activation_h100 = {{{2.77, 5.1e-7},
                                                        {5.54, 5.9e-7},
                                                        {11.09, 7.6e-7},
                                                        {22.18, 8.9e-7},
                                                        {44.36, 1.5e-6},
                                                        {HUGE_VAL, 2.8e-6}},
                                                       1.2e-38};

/* below: X ln 2, rounded down; relative: X 2^-25 ln 2 (1 + 2^-20) + 1.461e-7 + 2.74e-7, rounded up; X the
 * powers of two from 4 on. */
const struct sc_activation_error sc_activation_limits = {{{2.77, 5.1e-7},
                                                          {5.54, 5.9e-7},
                                                          {11.09, 7.6e-7},
                                                          {22.18, 1.1e-6},
                                                          {44.36, 1.8e-6},
                                                          {HUGE_VAL, 3.1e-6}},
                                                         1.2e-38};

/* The sums of a core, over factors of one format. */
struct core {
    double alpha, omega; /* of a step */
    double floor;        /* a factor that is not zero is charged at least this */
    int32_t terms;       /* of a step */
};

static struct core core_of(enum sc_core core, enum sc_format format)
{
    const double floor = sc_format_pow2(sc_format_exponent_min(format));

    if (core == SC_CORE_FMA) {
        return (struct core){U, T, 0.0, 1};
    }
    return (struct core){5 * 0x1p-23, 5 * 0x1p-149, floor, core == SC_CORE_H100 ? 16 : 8};
}

/* What a sum of n nonnegative products in plain arithmetic may be short of, added: a factor of
 * (1 + 2^-53)^(n + 3) for its roundings, 2^-1074 for each product that underflows. n >= 1. */
static double enlarge(double sum, int64_t n)
{
    const double factor = sc_upward_add(1.0, (double)(n + 4) * 0x1p-52);

    return sc_upward_add(sc_upward_multiply(sum, factor), (double)n * 0x1p-1073);
}

/* The error e of something of at most `size`, after one more rounding. */
static double rounded(double u, double t, double size, double e)
{
    return sc_upward_add(e, sc_upward_add(sc_upward_multiply(u, sc_upward_add(size, e)), t));
}

static double aligned(double size, double floor)
{
    return size > floor ? size : floor;
}

/* (1 + alpha)^m (1 + u)^k - 1 <= exp(x) - 1 <= x + x^2 for x = m alpha + k u <= 1, exact where it is called;
 * +Inf beyond. */
static double growth(double x)
{
    return x <= 1.0 ? sc_upward_add(x, sc_upward_multiply(x, x)) : HUGE_VAL;
}

/* An accumulation, term by term in the order of steps. Steps and parts of zero products alone are
 * exact. */
struct accumulation {
    double magnitude; /* of products and init; plain arithmetic */
    int64_t products; /* that are not zero */
    int64_t steps;
    int64_t part_steps, longest; /* steps of the last and of the longest part */
    int64_t parts;
    int64_t step, part; /* of the last product; -1 before the first */
};

static struct accumulation accumulation_from(double init)
{
    return (struct accumulation){.magnitude = init, .step = -1, .part = -1};
}

static void accumulate(struct accumulation *sum, double magnitude, int64_t step, int64_t part)
{
    sum->magnitude += magnitude;
    sum->products++;
    if (part != sum->part) {
        sum->parts++;
        sum->part_steps = 0;
        sum->part = part;
    }
    if (step != sum->step) {
        sum->steps++;
        sum->part_steps++;
        sum->step = step;
    }
    if (sum->part_steps > sum->longest) {
        sum->longest = sum->part_steps;
    }
}

/* The error of an accumulation, without that of its terms; +Inf if it may overflow. */
static double accumulation_error(const struct core *core, const struct accumulation *sum)
{
    if (sum->products == 0) {
        return 0.0;
    }
    const double kappa = growth((double)sum->longest * core->alpha + (double)(sum->parts - 1) * U);
    const double magnitude = enlarge(sum->magnitude, sum->products + 1);
    const double floor = sc_upward_multiply(sc_upward_add(1.0, kappa),
                                            sc_upward_multiply((double)sum->steps, core->omega));
    const double error = sc_upward_add(sc_upward_multiply(kappa, magnitude), floor);

    return sc_upward_add(magnitude, error) < LIMIT ? error : HUGE_VAL;
}

/* <x, y> */
struct dot {
    double value, slack; /* |value - exact| <= slack */
    double terms;        /* >= sum |x y|; not finite if a factor is not */
    double error;        /* of the kernel's */
};

static struct dot dot_of(const struct core *core, const float *x, const float *y, int32_t width,
                         double init)
{
    struct accumulation sum = accumulation_from(init);
    struct dot dot = {0.0, 0.0, 0.0, 0.0};

    for (int32_t c = 0; c < width; c++) {
        const double a = (double)x[c], b = (double)y[c]; /* a b is exact */
        dot.value += a * b;
        dot.terms += fabs(a * b);
        if (a != 0.0 && b != 0.0) {
            accumulate(&sum, aligned(fabs(a), core->floor) * aligned(fabs(b), core->floor),
                       c / core->terms, 0);
        }
    }
    dot.terms = isfinite(dot.terms) ? enlarge(dot.terms, width) : HUGE_VAL;
    dot.slack = sc_upward_multiply((double)width * 0x1p-52, dot.terms);
    dot.error = accumulation_error(core, &sum);
    return dot;
}

/* A score: `value` is within slack of the exact one, the kernel's within error of it. */
struct score {
    double value, slack, error;
    bool claimed;
};

struct walk {
    const struct sc_kernel_arithmetic *arithmetic;
    const struct sc_problem *problem;
    const struct sc_oracle_values *values;
    struct core core;   /* over Q, K, V and dO */
    struct core core_p; /* with P' and dS' on one side */
    int32_t b, g;
};

static struct walk walk_of(const struct sc_kernel_arithmetic *arithmetic,
                           const struct sc_problem *problem, const struct sc_oracle_values *values,
                           int32_t b, int32_t g)
{
    const struct sc_schedule *schedule = &arithmetic->schedule;

    return (struct walk){arithmetic,
                         problem,
                         values,
                         core_of(schedule->core, problem->format_in),
                         core_of(schedule->core, schedule->format_p),
                         b,
                         g};
}

static struct score score_of(const struct walk *walk, int32_t h, int32_t i, int32_t j,
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
    double e = sc_upward_multiply(tau, dot.error);

    if (order == SC_SCORE_SEPARATE) {
        e = rounded(U, T, size, e);
        e = rounded(U, 0.0, biased, e);
    } else {
        if (order == SC_SCORE_PRELOADED) {
            e = sc_upward_add(e, sc_upward_add(fabs(tau * init - bias), 0.0));
        }
        e = rounded(U, T, biased, e);
    }
    if (p->slopes != NULL) {
        if (distance > 1 << FLT_MANT_DIG) {
            e = sc_upward_add(e, sc_upward_multiply(U, fabs(mask)));
        }
        e = rounded(U, T, masked, e);
    }
    const bool in_range = sc_upward_add(scale, e) < LIMIT && fabs(init) < LIMIT;
    return (struct score){product + bias + mask, slack, e, in_range};
}

/* A number that stands for an exact one of at most `size` with an error of at most `error`. */
struct coefficient {
    double size, error;
    bool zero;    /* it is certainly zero: a product with it is none */
    bool claimed; /* else size and error are not known */
};

/* Rounded to format_p. */
static struct coefficient stored(enum sc_format format, struct coefficient x)
{
    const double u = sc_format_unit_roundoff(format);
    const double least = sc_format_ulp(format, 0.0);

    if (format != SC_FORMAT_FP32) {
        if (sc_upward_add(x.size, x.error) <= 0.5 * least) {
            x.zero = true;
            x.error = x.size;
        } else {
            x.error = rounded(u, 0.5 * least, x.size, x.error);
        }
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

    while (row < SC_ACTIVATION_ROWS - 1 && size >= activation->rows[row].below) {
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

    return rounded(relative_error(activation, reach), activation->absolute, weight->p, moved);
}

/* dS of a pair in fp32. */
static struct coefficient gradient_of(const struct walk *walk, const struct weight *weight,
                                      double e, const float *d_o, const float *v)
{
    const struct dot dot = dot_of(&walk->core, d_o, v, walk->problem->d_v, 0.0);
    const double size_dp = sc_upward_add(fabs(dot.value), dot.slack);
    const double spread =
        sc_upward_add(sc_upward_multiply(e, weight->lean), sc_upward_multiply(e, e));
    const double e_g = rounded(U, T, weight->g, spread);
    struct coefficient ds = {sc_upward_multiply(weight->g, size_dp), 0.0, false,
                             sc_upward_add(dot.terms, dot.error) < LIMIT};

    ds.error = sc_upward_add(sc_upward_multiply(weight->g, dot.error),
                             sc_upward_multiply(e_g, sc_upward_add(size_dp, dot.error)));
    ds.error = rounded(U, T, ds.size, ds.error);
    ds.claimed = ds.claimed && sc_upward_add(ds.size, ds.error) < LIMIT;
    return ds;
}

/* One term of the sums of a row or key. */
struct pair {
    struct coefficient p, ds;
    const float *value, *score; /* what they are multiplied by: v and k, or dO and q */
    int64_t step, part;
};

static bool has_format(enum sc_format format, const float *x, int32_t count)
{
    for (int32_t c = 0; c < count; c++) {
        const double value = (double)x[c];
        if (isfinite(value) && sc_format_decode(format, sc_format_encode(format, value)) != value) {
            return false;
        }
    }
    return true;
}

/* P and dS of a visible pair, in fp32. */
static void pair_compute(struct pair *pair, const struct walk *walk, int32_t h, int32_t i,
                         int32_t j, bool gradient)
{
    const struct sc_problem *p = walk->problem;
    const float *q = walk->values->q + sc_problem_q_row(p, walk->b, h, i);
    const float *k = walk->values->k + sc_problem_k_row(p, walk->b, walk->g, j);
    const struct score score = score_of(walk, h, i, j, q, k);
    const struct weight weight = weight_of(&score);
    const double e = weight_error(walk->arithmetic->activation, &score, &weight);

    pair->p = (struct coefficient){weight.p, e, false, score.claimed};
    if (gradient) {
        pair->ds =
            gradient_of(walk, &weight, e, walk->values->d_o + sc_problem_o_row(p, walk->b, h, i),
                        walk->values->v + sc_problem_v_row(p, walk->b, walk->g, j));
        pair->ds.claimed = pair->ds.claimed && score.claimed;
    }
}

/* P' and dS' of a visible pair. */
static void pair_set(struct pair *pair, const struct walk *walk, int32_t h, int32_t i, int32_t j,
                     bool gradient)
{
    const enum sc_format format = walk->arithmetic->schedule.format_p;

    pair_compute(pair, walk, h, i, j, gradient);
    pair->p = stored(format, pair->p);
    if (gradient) {
        pair->ds = stored(format, pair->ds);
    }
}

/* One element before scale and output: sum over the pairs of P' or dS' (by_score) times channel c. */
static struct sc_kernel_bound sum_of(const struct core *core, const struct pair *pairs,
                                     int64_t count, bool by_score, int32_t c)
{
    struct accumulation sum = accumulation_from(0.0);
    double error = 0.0, size = 0.0;
    int64_t terms = 0;

    for (int64_t n = 0; n < count; n++) {
        const struct coefficient *w = by_score ? &pairs[n].ds : &pairs[n].p;
        const double x = (double)(by_score ? pairs[n].score : pairs[n].value)[c];
        if (!w->claimed || !isfinite(x)) {
            return (struct sc_kernel_bound){HUGE_VAL, HUGE_VAL};
        }
        if (x == 0.0) {
            continue;
        }
        terms++;
        error += w->error * fabs(x);
        size += w->size * fabs(x);
        if (!w->zero) {
            accumulate(&sum,
                       aligned(w->size + w->error, core->floor) * aligned(fabs(x), core->floor),
                       pairs[n].step, pairs[n].part);
        }
    }
    if (terms == 0) {
        return (struct sc_kernel_bound){0.0, 0.0};
    }
    return (struct sc_kernel_bound){
        sc_upward_add(enlarge(error, terms), accumulation_error(core, &sum)), enlarge(size, terms)};
}

static void sums_set(const struct walk *walk, const struct pair *pairs, int64_t count,
                     struct sc_kernel_bound *by_value, struct sc_kernel_bound *by_score)
{
    const double tau = (double)walk->problem->tau;

    for (int32_t c = 0; by_value != NULL && c < walk->problem->d_v; c++) {
        by_value[c] = sum_of(&walk->core_p, pairs, count, false, c);
    }
    for (int32_t c = 0; by_score != NULL && c < walk->problem->d; c++) {
        struct sc_kernel_bound bound = sum_of(&walk->core_p, pairs, count, true, c);
        if (bound.error > 0.0) {
            bound.size = sc_upward_multiply(tau, bound.size);
            bound.error = rounded(U, T, bound.size, sc_upward_multiply(tau, bound.error));
            if (!(sc_upward_add(bound.size, bound.error) < LIMIT)) {
                bound.error = HUGE_VAL;
            }
        }
        by_score[c] = bound;
    }
}

static enum sc_status pairs_create(int64_t count, struct pair **pairs, struct sc_error *error)
{
    const enum sc_status status = sc_environment_check(error);

    if (status != SC_OK) {
        return status;
    }
    *pairs = calloc((size_t)count + 1, sizeof **pairs); /* + 1: calloc(0) may be NULL */
    return *pairs != NULL ? SC_OK
                          : sc_fail(error, SC_E_MEMORY, "kernel bound: no memory for %lld pairs",
                                    (long long)count);
}

enum sc_status sc_kernel_bound_row(const struct sc_kernel_arithmetic *arithmetic,
                                   const struct sc_problem *problem,
                                   const struct sc_oracle_values *values, int32_t b, int32_t h,
                                   int32_t i, struct sc_kernel_bound *o,
                                   struct sc_kernel_bound *d_q, struct sc_error *error)
{
    const struct walk walk =
        walk_of(arithmetic, problem, values, b, sc_problem_group_head(problem, h));
    const int32_t n_k = sc_problem_keys(problem, b), split = arithmetic->schedule.split_keys;
    const bool gradient = d_q != NULL;
    struct pair *pairs = NULL;
    int64_t count = 0;
    const enum sc_status status = pairs_create(n_k, &pairs, error);

    if (status != SC_OK) {
        return status;
    }
    const bool given =
        !gradient || has_format(problem->format_in,
                                values->d_o + sc_problem_o_row(problem, b, h, i), problem->d_v);
    for (int32_t j = 0; j < n_k; j++) {
        if (!sc_problem_visible(problem, b, h, i, j)) {
            continue;
        }
        struct pair *pair = &pairs[count++];
        pair_set(pair, &walk, h, i, j, gradient);
        pair->ds.claimed = pair->ds.claimed && given;
        pair->value = values->v + sc_problem_v_row(problem, b, walk.g, j);
        pair->score = values->k + sc_problem_k_row(problem, b, walk.g, j);
        pair->step = j / walk.core_p.terms;
        pair->part = split > 0 ? j / split : 0;
    }
    sums_set(&walk, pairs, count, o, d_q);
    free(pairs);
    return SC_OK;
}

enum sc_status sc_kernel_bound_key(const struct sc_kernel_arithmetic *arithmetic,
                                   const struct sc_problem *problem,
                                   const struct sc_oracle_values *values, int32_t b, int32_t g,
                                   int32_t j, struct sc_kernel_bound *d_k,
                                   struct sc_kernel_bound *d_v, struct sc_error *error)
{
    const struct walk walk = walk_of(arithmetic, problem, values, b, g);
    const int32_t n_q = sc_problem_rows(problem, b);
    const int32_t group = problem->heads_q / problem->heads_kv;
    const int32_t first = sc_problem_group_first(problem, g);
    const int64_t head_steps = (int64_t)n_q / walk.core_p.terms + 1;
    struct pair *pairs = NULL;
    int64_t count = 0;
    const enum sc_status status = pairs_create((int64_t)group * n_q, &pairs, error);

    if (status != SC_OK) {
        return status;
    }
    for (int32_t h = first; h < first + group; h++) {
        for (int32_t i = 0; i < n_q; i++) {
            if (!sc_problem_visible(problem, b, h, i, j)) {
                continue;
            }
            struct pair *pair = &pairs[count++];
            pair->value = values->d_o + sc_problem_o_row(problem, b, h, i);
            pair->score = values->q + sc_problem_q_row(problem, b, h, i);
            pair_set(pair, &walk, h, i, j, d_k != NULL);
            if (!has_format(problem->format_in, pair->value, problem->d_v)) {
                pair->p.claimed = false;
                pair->ds.claimed = false;
            }
            pair->step = (h - first) * head_steps + i / walk.core_p.terms;
        }
    }
    sums_set(&walk, pairs, count, d_v, d_k);
    free(pairs);
    return SC_OK;
}

/* The dS of a head, as they are in fp32. */
struct head_sum {
    double error, size; /* plain arithmetic */
    int64_t count;
    bool claimed;
};

/* Row i. Stops where nothing is claimed. */
static void head_add_row(struct head_sum *sum, const struct walk *walk, int32_t h, int32_t i)
{
    const struct sc_problem *p = walk->problem;
    const float *d_o = walk->values->d_o + sc_problem_o_row(p, walk->b, h, i);
    const bool given = has_format(p->format_in, d_o, p->d_v);

    for (int32_t j = 0; sum->claimed && j < sc_problem_keys(p, walk->b); j++) {
        struct pair pair;
        if (!sc_problem_visible(p, walk->b, h, i, j)) {
            continue;
        }
        pair_compute(&pair, walk, h, i, j, true);
        sum->claimed = given && pair.ds.claimed;
        sum->error += pair.ds.error;
        sum->size += pair.ds.size;
        sum->count++;
    }
}

enum sc_status sc_kernel_bound_bias(const struct sc_kernel_arithmetic *arithmetic,
                                    const struct sc_problem *problem,
                                    const struct sc_oracle_values *values, int32_t b, int32_t h,
                                    int32_t additions, struct sc_kernel_bound *d_b,
                                    struct sc_error *error)
{
    const struct walk walk =
        walk_of(arithmetic, problem, values, b, sc_problem_group_head(problem, h));
    struct head_sum sum = {0.0, 0.0, 0, true};
    const enum sc_status status = sc_environment_check(error);

    if (status != SC_OK) {
        return status;
    }
    for (int32_t i = 0; sum.claimed && i < sc_problem_rows(problem, b); i++) {
        head_add_row(&sum, &walk, h, i);
    }
    if (sum.count == 0 || !sum.claimed) {
        const double nothing = sum.claimed ? 0.0 : HUGE_VAL;
        *d_b = (struct sc_kernel_bound){nothing, nothing};
        return SC_OK;
    }
    const double errors = enlarge(sum.error, sum.count), size = enlarge(sum.size, sum.count);
    const double magnitude = sc_upward_add(size, errors);
    const double all =
        sc_upward_add(errors, sc_upward_multiply(growth((double)additions * U), magnitude));
    const bool in_range = sc_upward_add(size, all) < LIMIT;
    *d_b = (struct sc_kernel_bound){in_range ? all : HUGE_VAL, size};
    return SC_OK;
}

double sc_kernel_bound_at(const struct sc_kernel_bound *bound, enum sc_format format, double out)
{
    if (!isfinite(out)) {
        const bool reached = !(sc_upward_add(bound->size, bound->error) < sc_format_max(format));
        return reached ? HUGE_VAL : bound->error;
    }
    if (bound->error == 0.0 || format == SC_FORMAT_FP32) {
        return bound->error;
    }
    return sc_upward_add(bound->error, 0.5 * sc_format_ulp(format, out));
}
