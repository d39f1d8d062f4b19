/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_KERNEL_JUDGE_H
#define SC_TESTS_KERNEL_JUDGE_H

#include "fuzz/generate.h"
#include "reference/judge/kernel_bound.h"
#include "reference/judge/verdict.h"
#include "reference/oracle/oracle.h"
#include "reference/random.h"
#include "spec/format_value.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* The outputs of a schedule, predicted bit for bit, and its db in any order, judged by their bound against the
 * oracle. */

enum kernel_output { KERNEL_O, KERNEL_D_Q, KERNEL_D_K, KERNEL_D_V, KERNEL_OUTPUTS };

static const char *const kernel_output_names[KERNEL_OUTPUTS] = {"O", "dQ", "dK", "dV"};

/* Where an activation lies within its limits. */
enum kernel_displacement { KERNEL_LOWEST, KERNEL_HIGHEST, KERNEL_EITHER, KERNEL_DISPLACEMENTS };

/* Verdicts of the elements of one output. */
struct kernel_tally {
    int64_t passed, failed, unjudged;
    double worst; /* error over bound */
};

/* A schedule's activation has no argument but s: what it depends on is here. */
static const struct sc_activation_error *kernel_activation_limits;
static enum kernel_displacement kernel_activation_displacement;

static inline double kernel_relative_limit(const struct sc_activation_error *limits, double size)
{
    int32_t row = 0;

    while (row < SC_ACTIVATION_ROWS - 1 && size >= limits->rows[row].below) {
        row++;
    }
    return limits->rows[row].relative;
}

/* The sigmoid, displaced as far as its limits (less 2^-40, for exp) and fp32 allow, but not out of
 * [0, 1]. */
static inline float kernel_displaced(float s)
{
    const double e = exp(-fabs((double)s)), p = (s < 0.0f ? e : 1.0) / (1.0 + e);
    const double limit =
        (1.0 - 0x1p-40) * (kernel_relative_limit(kernel_activation_limits, fabs((double)s)) * p +
                           kernel_activation_limits->absolute);
    struct sc_random random = {sc_format_to_bits((double)s)};
    bool up = kernel_activation_displacement == KERNEL_HIGHEST;

    if (isnan(s)) {
        return s;
    }
    if (kernel_activation_displacement == KERNEL_EITHER) {
        up = sc_random_int(&random, 0, 1) == 1;
    }
    const double end = up ? fmin(1.0, p + limit) : fmax(0.0, p - limit);
    const float nearest = (float)end;
    if (up) {
        return (double)nearest > end ? nextafterf(nearest, 0.0f) : nearest;
    }
    return (double)nearest < end ? nextafterf(nearest, 1.0f) : nearest;
}

/* An arithmetic that suits a problem, drawn. The activation is kernel_displaced. */
static inline struct sc_kernel_arithmetic kernel_arithmetic(const struct sc_problem *p,
                                                            struct sc_random *random)
{
    struct sc_kernel_arithmetic x = {
        .schedule = {SC_CORE_FMA, SC_SCORE_FUSED, SC_FORMAT_FP32, 0, NULL}};
    const bool tensor_core = p->format_in != SC_FORMAT_FP32 && sc_random_int(random, 0, 2) > 0;

    x.schedule.score = (enum sc_score)sc_random_int(random, 0, 2);
    x.schedule.format_p = (enum sc_format)sc_random_int(random, 0, 2);
    x.schedule.split_keys = 16 * sc_random_int(random, 0, 2);
    x.schedule.activation = kernel_displaced;
    if (tensor_core) {
        x.schedule.core = sc_random_int(random, 0, 3) == 0 ? SC_CORE_A100 : SC_CORE_H100;
        x.schedule.format_p = p->format_in;
    }
    x.activation = sc_random_int(random, 0, 1) == 0 ? &sc_activation_h100 : &sc_activation_limits;
    kernel_activation_limits = x.activation;
    kernel_activation_displacement =
        (enum kernel_displacement)sc_random_int(random, 0, KERNEL_DISPLACEMENTS - 1);
    return x;
}

struct kernel_judge {
    const struct sc_problem *problem;
    struct sc_oracle_values values;
    struct sc_kernel_arithmetic arithmetic;
    struct sc_oracle *oracle, *schedule;
    struct sc_enclosure *exact, *found;
    struct sc_kernel_bound *bound;
    struct kernel_tally *tally; /* by output */
};

/* `predicted` and `computed` are the problem and the schedule as the kernel has them: those of `problem`
 * and `arithmetic`, unless it is faulty. */
static inline bool kernel_judge_create(struct kernel_judge *x, const struct sc_problem *problem,
                                       const struct sc_oracle_values *values,
                                       const struct sc_kernel_arithmetic *arithmetic,
                                       const struct sc_problem *predicted,
                                       const struct sc_schedule *computed,
                                       struct kernel_tally *tally, struct sc_error *error)
{
    const size_t room = (size_t)problem->d + (size_t)problem->d_v;
    const struct sc_oracle_options exact = {SC_ORACLE_AUTO, 256, 1, NULL};
    const struct sc_oracle_options kernel = {SC_ORACLE_SCHEDULE, 256, 1, computed};

    *x = (struct kernel_judge){
        .problem = problem, .values = *values, .arithmetic = *arithmetic, .tally = tally};
    x->exact = calloc(room, sizeof *x->exact);
    x->found = calloc(room, sizeof *x->found);
    x->bound = calloc(room, sizeof *x->bound);
    return sc_oracle_create(problem, values, &exact, &x->oracle, error) == SC_OK &&
           sc_oracle_create(predicted, values, &kernel, &x->schedule, error) == SC_OK;
}

static inline void kernel_judge_destroy(struct kernel_judge *x)
{
    sc_oracle_destroy(x->oracle);
    sc_oracle_destroy(x->schedule);
    free(x->exact);
    free(x->found);
    free(x->bound);
}

struct kernel_question {
    double out, bound;
    bool empty;
};

static inline bool kernel_decided(const void *context, struct sc_enclosure exact)
{
    const struct kernel_question *x = context;

    return sc_verdict_judge(x->out, exact, sc_oracle_classify(exact, x->empty), x->bound) !=
           SC_VERDICT_UNDECIDED;
}

/* One element. False on failure. */
static inline bool kernel_judge_element(struct kernel_judge *x, struct kernel_tally *tally,
                                        const struct sc_oracle_element *at, double out,
                                        double bound, struct sc_enclosure exact, bool empty,
                                        struct sc_error *error)
{
    const struct kernel_question question = {out, bound, empty};
    struct sc_oracle_source source = sc_oracle_first_source(x->oracle);
    bool decided;

    if (sc_oracle_decide(x->oracle, at, kernel_decided, &question, &exact, &source, &decided,
                         error) != SC_OK) {
        return false;
    }
    const enum sc_verdict verdict =
        sc_verdict_judge(out, exact, sc_oracle_classify(exact, empty), bound);
    tally->passed += verdict == SC_VERDICT_PASS ? 1 : 0;
    tally->unjudged += verdict == SC_VERDICT_UNJUDGED ? 1 : 0;
    tally->failed += verdict == SC_VERDICT_FAIL || verdict == SC_VERDICT_UNDECIDED ? 1 : 0;
    if (verdict != SC_VERDICT_UNJUDGED && bound > 0.0) {
        tally->worst = fmax(tally->worst, sc_verdict_error(out, exact).hi / bound);
    }
    return true;
}

/* Elements of one row or key in one output; they start at `from` in the arrays. False on failure. */
static inline bool kernel_judge_elements(struct kernel_judge *x, enum kernel_output output,
                                         struct sc_oracle_element at, int32_t from, int32_t width,
                                         bool empty, struct sc_error *error)
{
    const struct sc_problem *p = x->problem;

    for (at.channel = 0; at.channel < width; at.channel++) {
        const double out = x->found[from + at.channel].lo;
        const double bound = sc_kernel_bound_at(
            &x->bound[from + at.channel], output == KERNEL_O ? p->format_out : p->format_in, out);
        if (!kernel_judge_element(x, &x->tally[output], &at, out, bound,
                                  x->exact[from + at.channel], empty, error)) {
            return false;
        }
    }
    return true;
}

static inline bool kernel_judge_row(struct kernel_judge *x, int32_t b, int32_t h, int32_t i,
                                    struct sc_error *error)
{
    const struct sc_problem *p = x->problem;
    const struct sc_row_enclosures exact = {NULL, x->exact, x->exact + p->d_v};
    const struct sc_row_enclosures found = {NULL, x->found, x->found + p->d_v};
    const struct sc_oracle_element o = {SC_ORACLE_O, b, h, i, 0}, d_q = {SC_ORACLE_D_Q, b, h, i, 0};
    bool empty;

    return sc_oracle_rows(x->oracle, b, h, &i, 1, &exact, &empty, error) == SC_OK &&
           sc_oracle_rows(x->schedule, b, h, &i, 1, &found, NULL, error) == SC_OK &&
           sc_kernel_bound_row(&x->arithmetic, p, &x->values, b, h, i, x->bound, x->bound + p->d_v,
                               error) == SC_OK &&
           kernel_judge_elements(x, KERNEL_O, o, 0, p->d_v, empty, error) &&
           kernel_judge_elements(x, KERNEL_D_Q, d_q, p->d_v, p->d, empty, error);
}

static inline bool kernel_judge_key(struct kernel_judge *x, int32_t b, int32_t g, int32_t j,
                                    struct sc_error *error)
{
    const struct sc_problem *p = x->problem;
    const struct sc_key_enclosures exact = {x->exact, x->exact + p->d};
    const struct sc_key_enclosures found = {x->found, x->found + p->d};
    const struct sc_oracle_element d_k = {SC_ORACLE_D_K, b, g, j, 0},
                                   d_v = {SC_ORACLE_D_V, b, g, j, 0};
    bool empty;

    return sc_oracle_keys(x->oracle, b, g, &j, 1, &exact, &empty, error) == SC_OK &&
           sc_oracle_keys(x->schedule, b, g, &j, 1, &found, NULL, error) == SC_OK &&
           sc_kernel_bound_key(&x->arithmetic, p, &x->values, b, g, j, x->bound, x->bound + p->d,
                               error) == SC_OK &&
           kernel_judge_elements(x, KERNEL_D_K, d_k, 0, p->d, empty, error) &&
           kernel_judge_elements(x, KERNEL_D_V, d_v, p->d, p->d_v, empty, error);
}

/* Every `stride`-th row and key, added to a tally of each output. False, with *error filled, where
 * something could not be computed. */
static inline bool kernel_judge_all(struct kernel_judge *x, int32_t stride, struct sc_error *error)
{
    const struct sc_problem *p = x->problem;
    bool ok = true;

    for (int32_t b = 0; b < p->batch; b++) {
        const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
        for (int32_t n = 0; ok && n < p->heads_q * n_q; n += stride) {
            ok = kernel_judge_row(x, b, n / n_q, n % n_q, error);
        }
        for (int32_t n = 0; ok && n < p->heads_kv * n_k; n += stride) {
            ok = kernel_judge_key(x, b, n / n_k, n % n_k, error);
        }
    }
    return ok;
}

static inline bool kernel_judge_case(const struct sc_case *built,
                                     const struct sc_kernel_arithmetic *arithmetic, int32_t stride,
                                     struct kernel_tally *tally, struct sc_error *error)
{
    const struct sc_oracle_values values = {built->q, built->k, built->v, built->d_o};
    struct kernel_judge x;
    const bool ok = kernel_judge_create(&x, &built->problem, &values, arithmetic, &built->problem,
                                        &arithmetic->schedule, tally, error) &&
                    kernel_judge_all(&x, stride, error);

    kernel_judge_destroy(&x);
    return ok;
}

/* ---- db, whose order no schedule declares: of SC_CORE_FMA, added up in fp32 in a given order ---- */

/* dS in fp32 of a pair, as spec/schedule.h has it. */
static inline float kernel_score_gradient(const struct sc_problem *p,
                                          const struct sc_oracle_values *values,
                                          const struct sc_schedule *schedule, int32_t b, int32_t h,
                                          int32_t i, int32_t j)
{
    const int32_t g = sc_problem_group_head(p, h);
    const float *q = values->q + sc_problem_q_row(p, b, h, i);
    const float *k = values->k + sc_problem_k_row(p, b, g, j);
    const float *v = values->v + sc_problem_v_row(p, b, g, j);
    const float *d_o = values->d_o + sc_problem_o_row(p, b, h, i);
    const float bias = sc_problem_bias(p, b, h);
    const int32_t distance = sc_mask_distance(i, j, sc_problem_rows(p, b), sc_problem_keys(p, b));
    float a = schedule->score == SC_SCORE_PRELOADED ? bias / p->tau : 0.0f, d_p = 0.0f;

    for (int32_t c = 0; c < p->d; c++) {
        a = fmaf(q[c], k[c], a);
    }
    float s = p->tau * a;
    if (schedule->score == SC_SCORE_FUSED) {
        s = fmaf(p->tau, a, bias);
    } else if (schedule->score == SC_SCORE_SEPARATE) {
        s += bias;
    }
    if (p->slopes != NULL) {
        s = fmaf(-p->slopes[h], (float)distance, s);
    }
    const float weight = schedule->activation(s);
    for (int32_t c = 0; c < p->d_v; c++) {
        d_p = fmaf(d_o[c], v[c], d_p);
    }
    return fmaf(-weight, weight, weight) * d_p;
}

/* The dS of all pairs of (sequence b, query head h), row by row, 0 where they do not see each other; NULL: no
 * memory. Freed by the caller. */
static inline float *kernel_score_gradients(const struct sc_problem *p,
                                            const struct sc_oracle_values *values,
                                            const struct sc_schedule *schedule, int32_t b,
                                            int32_t h)
{
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    float *terms = calloc((size_t)n_q * (size_t)n_k + 1, sizeof *terms);

    for (int32_t n = 0; terms != NULL && n < n_q * n_k; n++) {
        if (sc_problem_visible(p, b, h, n / n_k, n % n_k)) {
            terms[n] = kernel_score_gradient(p, values, schedule, b, h, n / n_k, n % n_k);
        }
    }
    return terms;
}

/* One after another; a tree of halves; a tree whose splits are drawn. */
enum kernel_order { KERNEL_ASCENDING, KERNEL_HALVES, KERNEL_DRAWN, KERNEL_ORDERS };

/* A sum, and the additions on the longest path to it, without those of an exact 0. */
struct kernel_sum {
    float value;
    int32_t additions;
};

static inline struct kernel_sum kernel_add(struct kernel_sum x, struct kernel_sum y)
{
    const int32_t longest = x.additions > y.additions ? x.additions : y.additions;

    return (struct kernel_sum){x.value + y.value,
                               longest + (x.value != 0.0f && y.value != 0.0f ? 1 : 0)};
}

static inline struct kernel_sum kernel_sum_of(const float *terms, int32_t count,
                                              enum kernel_order order, struct sc_random *random)
{
    struct kernel_sum sum = {0.0f, 0};

    if (order == KERNEL_ASCENDING || count <= 1) {
        for (int32_t n = 0; n < count; n++) {
            sum = kernel_add(sum, (struct kernel_sum){terms[n], 0});
        }
        return sum;
    }
    const int32_t first = order == KERNEL_HALVES ? count / 2 : sc_random_int(random, 1, count - 1);
    const struct kernel_sum left = kernel_sum_of(terms, first, order, random);
    return kernel_add(left, kernel_sum_of(terms + first, count - first, order, random));
}

/* Adds the db of (sequence b, query head h) to a tally. False, with *error filled, where something could not be
 * computed. */
static inline bool kernel_judge_bias(struct kernel_judge *x, int32_t b, int32_t h,
                                     struct kernel_sum found, struct kernel_tally *tally,
                                     struct sc_error *error)
{
    const struct sc_oracle_element d_b = {SC_ORACLE_D_B, b, h, 0, 0};
    const double out = (double)found.value;
    struct sc_enclosure exact;
    struct sc_kernel_bound bound;
    bool empty;

    return sc_oracle_bias(x->oracle, b, h, &exact, &empty, error) == SC_OK &&
           sc_kernel_bound_bias(&x->arithmetic, x->problem, &x->values, b, h, found.additions,
                                &bound, error) == SC_OK &&
           kernel_judge_element(x, tally, &d_b, out,
                                sc_kernel_bound_at(&bound, SC_FORMAT_FP32, out), exact, empty,
                                error);
}

#endif
