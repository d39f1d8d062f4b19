/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/linear.h"

#include "spec/format_value.h"
#include "spec/upward.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LEADING 4 /* bits */

int32_t sc_linear_exponent(const struct sc_prepared *prepared)
{
    static const int32_t exponents[] = {1, 2, 3, 6, -1, -3};

    return exponents[prepared->hash / 64 % (sizeof exponents / sizeof exponents[0])];
}

enum sc_status sc_linear_scaled(const struct sc_prepared *prepared, int32_t exponent,
                                struct sc_prepared *related, struct sc_error *error)
{
    const struct sc_problem *p = &prepared->c.problem;
    const enum sc_status status = sc_relation_copied(prepared, related, error);

    for (int64_t n = 0; status == SC_OK && n < p->v.size; n++) {
        const double scaled = ldexp((double)related->c.v[n], exponent);
        related->c.v[n] =
            (float)sc_format_decode(p->format_in, sc_format_encode(p->format_in, scaled));
    }
    return status;
}

static float leading_bits(float x)
{
    int exponent = 0;
    const double fraction = frexp((double)x, &exponent);

    return (float)ldexp(trunc(ldexp(fraction, LEADING)), exponent - LEADING);
}

enum sc_status sc_linear_part(const struct sc_prepared *prepared, bool leading,
                              struct sc_prepared *related, struct sc_error *error)
{
    const enum sc_status status = sc_relation_copied(prepared, related, error);

    for (int64_t n = 0; status == SC_OK && n < prepared->c.problem.v.size; n++) {
        float *const v = &related->c.v[n];
        if (isfinite(*v)) {
            *v = leading ? leading_bits(*v) : *v - leading_bits(*v);
        }
    }
    return status;
}

bool sc_linear_exact(const struct sc_kernel_arithmetic *arithmetic,
                     const struct sc_problem *problem)
{
    if (arithmetic != NULL) {
        return !arithmetic->truncate && arithmetic->part_format != SC_STORED_FP16;
    }
    return problem->format_in != SC_FORMAT_FP16 && problem->format_out != SC_FORMAT_FP16;
}

static double least_normal(enum sc_format format)
{
    return sc_format_pow2(sc_format_exponent_min(format));
}

static double output(const struct sc_answer *answer, const struct sc_element *at)
{
    const struct sc_problem *p = &answer->prepared->c.problem;
    const int64_t first = sc_result_row(p, SC_RESULT_O, at->b, at->head, at->index);

    return sc_format_decode(p->format_out,
                            sc_result_bits(answer->outcome, SC_RESULT_O, first + at->channel));
}

/* Whether the score of a pair that sees each other is within the limits. */
static bool score_is_moderate(const struct sc_case *c, const struct sc_element *at, int32_t j)
{
    const struct sc_problem *p = &c->problem;
    const int32_t g = sc_problem_group_head(p, at->head);
    const float *q = c->q + sc_problem_q_row(p, at->b, at->head, at->index);
    const float *k = c->k + sc_problem_k_row(p, at->b, g, j);
    const double bias = (double)sc_problem_bias(p, at->b, at->head);
    const double distance = (double)sc_mask_distance(at->index, j, sc_problem_rows(p, at->b),
                                                     sc_problem_keys(p, at->b));
    const double slope = p->slopes != NULL ? (double)p->slopes[at->head] * distance : 0.0;
    double sum = bias - slope, size = fabs(bias) + fabs(slope);

    for (int32_t n = 0; n < p->d; n++) {
        const double term = (double)p->tau * (double)q[n] * (double)k[n];
        sum += term;
        size += fabs(term);
    }
    return fabs(sum) <= SC_LINEAR_SCORE && size <= SC_LINEAR_SIZE;
}

static bool scores_are_moderate(const struct sc_case *c, const struct sc_element *at)
{
    const struct sc_problem *p = &c->problem;

    for (int32_t j = 0; j < sc_problem_keys(p, at->b); j++) {
        if (sc_problem_visible(p, at->b, at->head, at->index, j) && !score_is_moderate(c, at, j)) {
            return false;
        }
    }
    return true;
}

/* Whether the values that an element sees are within the limits. */
static bool values_are_moderate(const struct sc_case *c, const struct sc_element *at,
                                int32_t exponent)
{
    const struct sc_problem *p = &c->problem;
    const int32_t g = sc_problem_group_head(p, at->head), n_k = sc_problem_keys(p, at->b);
    const double least = fmax(SC_LINEAR_LEAST, least_normal(p->format_in));
    const double most = fmin(sc_format_max(p->format_in), sc_format_max(p->format_out));
    double size = 0.0;

    for (int32_t j = 0; j < n_k; j++) {
        if (!sc_problem_visible(p, at->b, at->head, at->index, j)) {
            continue;
        }
        const double v = fabs((double)c->v[sc_problem_v_row(p, at->b, g, j) + at->channel]);
        const double low = exponent < 0 ? ldexp(v, exponent) : v;
        if (!(v == 0.0 || low >= least)) {
            return false;
        }
        size += exponent > 0 ? ldexp(v, exponent) : v;
    }
    return SC_LINEAR_MARGIN * exp(0x1p-7 * n_k) * size <= most;
}

/* Whether the element at `at`, which is x, is held to 2^exponent, and has other bits in `y`. */
static bool is_off(const struct sc_answer *first, int32_t exponent, double x, double y,
                   const struct sc_element *at, int64_t *held)
{
    const struct sc_problem *p = &first->prepared->c.problem;
    const double expected = ldexp(x, exponent), least = least_normal(p->format_out);

    if (!(fabs(x) > least && fabs(expected) > least) ||
        !values_are_moderate(&first->prepared->c, at, exponent)) {
        return false;
    }
    ++*held;
    return y != expected;
}

/* Calls for each row of O; true: it has ended the walk. */
typedef bool row_function(void *context, struct sc_element *at);

static bool each_row(const struct sc_problem *p, struct sc_element *at, row_function *function,
                     void *context)
{
    for (at->b = 0; at->b < p->batch; at->b++) {
        for (at->head = 0; at->head < p->heads_q; at->head++) {
            for (at->index = 0; at->index < sc_problem_rows(p, at->b); at->index++) {
                if (function(context, at)) {
                    return true;
                }
            }
        }
    }
    return false;
}

struct scaling {
    const struct sc_answer *first, *scaled;
    int32_t exponent;
    int64_t held;
};

static bool row_is_off(void *context, struct sc_element *at)
{
    struct scaling *const my = context;
    const struct sc_case *c = &my->first->prepared->c;

    if (!scores_are_moderate(c, at)) {
        return false;
    }
    for (at->channel = 0; at->channel < c->problem.d_v; at->channel++) {
        at->out = output(my->scaled, at);
        const double x = output(my->first, at);
        if (is_off(my->first, my->exponent, x, at->out, at, &my->held)) {
            at->low = at->high = ldexp(x, my->exponent);
            at->ratio = HUGE_VAL;
            return true;
        }
    }
    return false;
}

bool sc_linear_bits(const struct sc_answer *first, const struct sc_answer *scaled, int32_t exponent,
                    int64_t *held, struct sc_element *element, char *where, size_t room)
{
    struct scaling my = {first, scaled, exponent, 0};
    struct sc_element at = {.result = SC_RESULT_O};
    const bool off = each_row(&first->prepared->c.problem, &at, row_is_off, &my);

    *held = my.held;
    if (off) {
        char name[96];
        sc_related_name(&at, name, sizeof name);
        (void)snprintf(where, room, "%s is %a of 2^%d V, and %a of V", name, at.out, exponent,
                       ldexp(at.low, -exponent));
        *element = at;
    }
    return off;
}

struct balance {
    const struct sc_answer *answers;
    const double *factors;
    int32_t count;
    const struct sc_kernel_arithmetic *arithmetic;
    struct sc_kernel_bound *bounds; /* a row for each answer */
    enum sc_status status;
    struct sc_error *error;
};

static enum sc_status bound_rows(struct balance *my, const struct sc_element *at)
{
    const int32_t width = my->answers[0].prepared->c.problem.d_v;
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n < my->count; n++) {
        const struct sc_case *c = &my->answers[n].prepared->c;
        const struct sc_oracle_values values = {c->q, c->k, c->v, NULL};
        status = sc_kernel_bound_row(my->arithmetic, &c->problem, &values, at->b, at->head,
                                     at->index, my->bounds + (int64_t)n * width, NULL, my->error);
    }
    return status;
}

/* What rounding of V leaves of the sum of factors times V, over the keys that an element sees: P is at most 1. */
static double remainder_of(const struct balance *my, const struct sc_element *at)
{
    const struct sc_problem *p = &my->answers[0].prepared->c.problem;
    const int32_t g = sc_problem_group_head(p, at->head);
    double sum = 0.0;

    for (int32_t j = 0; j < sc_problem_keys(p, at->b); j++) {
        const int64_t n_v = sc_problem_v_row(p, at->b, g, j) + at->channel;
        double left = 0.0;
        if (!sc_problem_visible(p, at->b, at->head, at->index, j)) {
            continue;
        }
        for (int32_t n = 0; n < my->count; n++) {
            left += my->factors[n] * (double)my->answers[n].prepared->c.v[n_v];
        }
        sum = sc_upward_add(sum, fabs(left));
    }
    return sum;
}

/* The channel that `at` names: the factors are powers of two, and the sum of outputs is rounded twice at most. */
static bool channel_is_off(const struct balance *my, struct sc_element *at)
{
    const struct sc_problem *p = &my->answers[0].prepared->c.problem;
    double bound = remainder_of(my, at), sum = 0.0, size = 0.0;

    for (int32_t n = 0; n < my->count; n++) {
        const double out = output(&my->answers[n], at), factor = my->factors[n];
        const double own =
            sc_kernel_bound_at(&my->bounds[(int64_t)n * p->d_v + at->channel], p->format_out, out);
        bound = sc_upward_add(bound, sc_upward_multiply(fabs(factor), own));
        sum += factor * out;
        size += fabs(factor * out);
        if (n == 0) {
            at->out = out;
        }
    }
    bound = sc_upward_add(bound, sc_upward_multiply(0x1p-50, size));
    if (!(bound < HUGE_VAL)) {
        return false;
    }
    at->low = at->high = at->out - sum;
    at->bound = bound;
    at->ratio = fabs(sum) / bound;
    return !(fabs(sum) <= bound);
}

static bool row_is_unbalanced(void *context, struct sc_element *at)
{
    struct balance *const my = context;

    my->status = bound_rows(my, at);
    if (my->status != SC_OK) {
        return true;
    }
    for (at->channel = 0; at->channel < my->answers[0].prepared->c.problem.d_v; at->channel++) {
        if (channel_is_off(my, at)) {
            return true;
        }
    }
    return false;
}

enum sc_status sc_linear_bounds(const struct sc_answer *answers, const double *factors,
                                int32_t count, const struct sc_kernel_arithmetic *arithmetic,
                                bool *differs, struct sc_element *element, char *where, size_t room,
                                struct sc_error *error)
{
    const struct sc_problem *p = &answers[0].prepared->c.problem;
    struct balance my = {answers, factors, count, arithmetic, NULL, SC_OK, error};
    struct sc_element at = {.result = SC_RESULT_O};

    *differs = false;
    my.bounds = malloc((size_t)count * (size_t)p->d_v * sizeof *my.bounds);
    if (my.bounds == NULL) {
        return sc_fail(error, SC_E_MEMORY, "linear: no memory for a row");
    }
    if (each_row(p, &at, row_is_unbalanced, &my) && my.status == SC_OK) {
        char name[96];
        sc_related_name(&at, name, sizeof name);
        (void)snprintf(where, room, "%s is %a, by linearity in V %a, off by %g bounds", name,
                       at.out, at.low, at.ratio);
        *element = at;
        *differs = true;
    }
    free(my.bounds);
    return my.status;
}
