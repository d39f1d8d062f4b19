/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/kernel_bound.h"

#include "reference/judge/kernel_pair.h"
#include "reference/oracle/environment.h"
#include "spec/format_value.h"
#include "spec/upward.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define U SC_KERNEL_U

/* Whether a number has a format, or is not finite. The upper half of an fp32 number is a bf16 number. */
static bool is_of(enum sc_format format, float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return format == SC_FORMAT_FP32 || (format == SC_FORMAT_BF16 && bits % 0x10000u == 0) ||
           !isfinite(x) ||
           sc_format_decode(format, sc_format_encode(format, (double)x)) == (double)x;
}

static bool has_format(enum sc_format format, const float *x, int32_t count)
{
    for (int32_t c = 0; c < count; c++) {
        if (!is_of(format, x[c])) {
            return false;
        }
    }
    return true;
}

/* The sums of a row or key, on their way: what the kernel does with parts, and with the end of a sum. */
struct finish {
    const struct sc_kernel_core *core;
    struct sc_kernel_merge merge;
    int64_t edges;   /* tiles of a part at the ends of its runs of tiles */
    double scalings; /* multiplications by tau, at most, before parts are added or after */
    bool flush, truncate;
};

static double magnitude_of(double size, double x, double floor)
{
    return (size > floor ? size : floor) * (x > floor ? x : floor);
}

/* One element before scale and output: sum over the pairs of P' or dS' (by_score) times channel c. */
static struct sc_kernel_bound sum_of(const struct finish *finish,
                                     const struct sc_kernel_pair *pairs, int64_t count,
                                     bool by_score, int32_t c)
{
    const struct sc_kernel_core *core = finish->core;
    struct sc_kernel_sum sum = sc_kernel_sum_from(0.0, finish->edges);
    double error = 0.0, size = 0.0;
    int64_t terms = 0;

    for (int64_t n = 0; n < count; n++) {
        const struct sc_kernel_coefficient *w = by_score ? &pairs[n].ds : &pairs[n].p;
        const double x = fabs((double)(by_score ? pairs[n].score : pairs[n].value)[c]);
        if (!w->claimed || !isfinite(x)) {
            return (struct sc_kernel_bound){HUGE_VAL, HUGE_VAL, false};
        }
        if (x == 0.0) {
            continue;
        }
        const double reach = w->size + w->error;
        terms++;
        error += w->error * x;
        size += w->size * x;
        if (core->flush_factors && x < SC_KERNEL_FLUSH) {
            error += reach * x;
        }
        if (!w->zero) {
            sc_kernel_sum_add(core, &sum, magnitude_of(reach, x, core->floor), &pairs[n].place);
        }
    }
    if (terms == 0) {
        return (struct sc_kernel_bound){0.0, 0.0, false};
    }
    const double exact = sc_kernel_sum_enlarge(size, terms);
    return (struct sc_kernel_bound){sc_kernel_sum_error(core, &sum, &finish->merge, exact,
                                                        sc_kernel_sum_enlarge(error, 2 * terms)),
                                    exact, finish->truncate};
}

/* Times tau. */
static struct sc_kernel_bound scaled(const struct finish *finish, double tau,
                                     struct sc_kernel_bound x)
{
    const double flush = finish->flush ? finish->scalings * SC_KERNEL_FLUSH : 0.0;
    const double t = finish->flush ? flush : finish->scalings * SC_KERNEL_T;

    x.size = sc_upward_multiply(tau, x.size);
    x.error = sc_upward_multiply(tau, flush > 0.0 ? sc_upward_add(x.error, flush) : x.error);
    x.error = sc_bound_rounded(U, t, x.size, x.error);
    if (!(sc_upward_add(x.size, x.error) < SC_KERNEL_LIMIT)) {
        x.error = HUGE_VAL;
    }
    return x;
}

static void sums_set(const struct sc_kernel_walk *walk, struct finish finish,
                     const struct sc_kernel_pair *pairs, int64_t count,
                     struct sc_kernel_bound *by_value, struct sc_kernel_bound *by_score)
{
    const double tau = (double)walk->problem->tau;

    for (int32_t c = 0; by_value != NULL && c < walk->problem->d_v; c++) {
        by_value[c] = sum_of(&finish, pairs, count, false, c);
        if (finish.flush && by_value[c].error > 0.0) {
            by_value[c].error = sc_upward_add(by_value[c].error, SC_KERNEL_FLUSH);
        }
    }
    finish.merge.tau = tau;
    for (int32_t c = 0; by_score != NULL && c < walk->problem->d; c++) {
        by_score[c] = sum_of(&finish, pairs, count, true, c);
        if (by_score[c].error > 0.0) {
            by_score[c] = scaled(&finish, tau, by_score[c]);
        }
        if (finish.flush && by_score[c].error > 0.0) {
            by_score[c].error = sc_upward_add(by_score[c].error, SC_KERNEL_FLUSH);
        }
    }
}

static struct finish finish_of(const struct sc_kernel_walk *walk, int64_t parts,
                               enum sc_stored format)
{
    const struct sc_kernel_arithmetic *x = walk->arithmetic;

    return (struct finish){&walk->core_p, {parts, format, x->truncate, 1.0}, 2, 1.0, x->flush,
                           x->truncate};
}

static enum sc_status pairs_create(int64_t count, struct sc_kernel_pair **pairs,
                                   struct sc_error *error)
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
    const struct sc_kernel_walk walk =
        sc_kernel_walk_of(arithmetic, problem, values, b, sc_problem_group_head(problem, h));
    const int32_t n_k = sc_problem_keys(problem, b), split = arithmetic->schedule.split_keys;
    const bool gradient = d_q != NULL;
    struct sc_kernel_pair *pairs = NULL;
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
        struct sc_kernel_pair *pair = &pairs[count++];
        sc_kernel_pair_set(pair, &walk, h, i, j, gradient);
        pair->ds.claimed = pair->ds.claimed && given;
        pair->value = values->v + sc_problem_v_row(problem, b, walk.g, j);
        pair->score = values->k + sc_problem_k_row(problem, b, walk.g, j);
        pair->place = (struct sc_kernel_place){j, j / walk.core_p.terms, split > 0 ? j / split : 0};
    }
    struct finish finish = finish_of(&walk, arithmetic->parts, arithmetic->part_format);
    if (arithmetic->parts > 1) {
        finish.edges = 2 * (int64_t)arithmetic->parts;
        finish.scalings = 2.0 * (double)arithmetic->parts;
    }
    sums_set(&walk, finish, pairs, count, o, d_q);
    free(pairs);
    return SC_OK;
}

enum sc_status sc_kernel_bound_key(const struct sc_kernel_arithmetic *arithmetic,
                                   const struct sc_problem *problem,
                                   const struct sc_oracle_values *values, int32_t b, int32_t g,
                                   int32_t j, struct sc_kernel_bound *d_k,
                                   struct sc_kernel_bound *d_v, struct sc_error *error)
{
    const struct sc_kernel_walk walk = sc_kernel_walk_of(arithmetic, problem, values, b, g);
    const int32_t n_q = sc_problem_rows(problem, b);
    const int32_t group = problem->heads_q / problem->heads_kv;
    const int32_t first = sc_problem_group_first(problem, g);
    const int64_t head_steps = (int64_t)n_q / walk.core_p.terms + 1;
    const bool heads = arithmetic->group == SC_GROUP_HEADS;
    struct sc_kernel_pair *pairs = NULL;
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
            struct sc_kernel_pair *pair = &pairs[count++];
            pair->value = values->d_o + sc_problem_o_row(problem, b, h, i);
            pair->score = values->q + sc_problem_q_row(problem, b, h, i);
            sc_kernel_pair_set(pair, &walk, h, i, j, d_k != NULL);
            if (!has_format(problem->format_in, pair->value, problem->d_v)) {
                pair->p.claimed = false;
                pair->ds.claimed = false;
            }
            pair->place = (struct sc_kernel_place){(int64_t)(h - first) * n_q + i,
                                                   (h - first) * head_steps + i / walk.core_p.terms,
                                                   heads ? h : 0};
        }
    }
    struct finish finish = finish_of(&walk, 0, heads ? arithmetic->group_format : SC_STORED_FP32);
    finish.edges = heads ? 2 : 2 * (int64_t)group;
    finish.scalings = heads ? 2.0 * (double)group : 1.0;
    sums_set(&walk, finish, pairs, count, d_v, d_k);
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
static void head_add_row(struct head_sum *sum, const struct sc_kernel_walk *walk, int32_t h,
                         int32_t i)
{
    const struct sc_problem *p = walk->problem;
    const float *d_o = walk->values->d_o + sc_problem_o_row(p, walk->b, h, i);
    const bool given = has_format(p->format_in, d_o, p->d_v);

    for (int32_t j = 0; sum->claimed && j < sc_problem_keys(p, walk->b); j++) {
        struct sc_kernel_pair pair;
        if (!sc_problem_visible(p, walk->b, h, i, j)) {
            continue;
        }
        sc_kernel_pair_compute(&pair, walk, h, i, j, true);
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
    const struct sc_kernel_walk walk =
        sc_kernel_walk_of(arithmetic, problem, values, b, sc_problem_group_head(problem, h));
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
        *d_b = (struct sc_kernel_bound){nothing, nothing, false};
        return SC_OK;
    }
    const double errors = sc_kernel_sum_enlarge(sum.error, sum.count),
                 size = sc_kernel_sum_enlarge(sum.size, sum.count);
    const double magnitude = sc_upward_add(size, errors);
    const double kappa = sc_kernel_sum_growth((double)additions * U);
    /* each dS may be flushed, and each addition of two that are not 0 may flush its result */
    const double flush =
        sc_upward_multiply(sc_upward_add(1.0, kappa),
                           arithmetic->flush ? (double)(2 * sum.count) * SC_KERNEL_FLUSH : 0.0);
    double all = sc_upward_add(errors, sc_upward_multiply(kappa, magnitude));
    all = flush > 0.0 ? sc_upward_add(all, flush) : all;
    const bool in_range = sc_upward_add(size, all) < SC_KERNEL_LIMIT;
    *d_b = (struct sc_kernel_bound){in_range ? all : HUGE_VAL, size, false};
    return SC_OK;
}

double sc_kernel_bound_at(const struct sc_kernel_bound *bound, enum sc_format format, double out)
{
    const double largest = sc_format_max(format);
    const bool reached = !(sc_upward_add(bound->size, bound->error) < largest);
    const bool cut = bound->truncate && format != SC_FORMAT_FP32 && fabs(out) == largest;

    if (reached && (!isfinite(out) || cut)) {
        return HUGE_VAL;
    }
    if (!isfinite(out)) {
        return bound->error;
    }
    if (bound->error == 0.0 || format == SC_FORMAT_FP32) {
        return bound->error;
    }
    const double ulp = sc_format_ulp(format, out);
    return sc_upward_add(bound->error, bound->truncate ? ulp : 0.5 * ulp);
}

double sc_kernel_bound_strength(const struct sc_kernel_bound *bound, enum sc_format format,
                                double out)
{
    const double unit = sc_format_unit_roundoff(format) * bound->size;

    if (bound->error == 0.0) {
        return 0.0;
    }
    return unit > 0.0 ? sc_kernel_bound_at(bound, format, out) / unit : HUGE_VAL;
}
