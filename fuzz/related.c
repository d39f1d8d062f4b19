/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/related.h"

#include "fuzz/result.h"
#include "spec/format_value.h"
#include "spec/upward.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void sc_related_name(const struct sc_element *element, char *text, size_t room)
{
    const bool of_keys = element->result == SC_RESULT_D_K || element->result == SC_RESULT_D_V;

    if (element->result == SC_RESULT_D_B) {
        (void)snprintf(text, room, "db[b %d][h %d]", element->b, element->head);
        return;
    }
    (void)snprintf(text, room, "%s[b %d][h %d][%s %d][channel %d]", sc_result_name(element->result),
                   element->b, element->head, of_keys ? "key" : "row", element->index,
                   element->channel);
}

/* Rows of a result that belong to a sequence; of keys those that pad too. */
static int32_t lines_of(const struct sc_problem *p, enum sc_result result, int32_t b)
{
    if (result == SC_RESULT_D_B) {
        return 1;
    }
    return result == SC_RESULT_D_K || result == SC_RESULT_D_V ? sc_problem_key_room(p, b)
                                                              : sc_problem_rows(p, b);
}

/* What counts as the same. */
typedef bool alike(double x, double y);

static bool same_bits(double x, double y)
{
    return (isnan(x) && isnan(y)) || (x == y && signbit(x) == signbit(y));
}

static bool same_nans(double x, double y)
{
    return isnan(x) == isnan(y);
}

struct pair {
    const struct sc_answer *first, *second;
    struct sc_turn turn;
    alike *same;
    struct sc_element at; /* where they differ */
    double then;          /* in the second one */
};

/* One row or key. */
static bool line_differs(struct pair *pair)
{
    const struct sc_problem *p = &pair->first->prepared->c.problem;
    struct sc_element *at = &pair->at;
    const bool of_keys = at->result == SC_RESULT_D_K || at->result == SC_RESULT_D_V;
    const int32_t heads = of_keys ? p->heads_kv : p->heads_q;
    const enum sc_format format = sc_result_format(p, at->result);
    const int64_t one = sc_result_row(p, at->result, at->b, at->head, at->index);
    const int64_t other = sc_result_row(
        &pair->second->prepared->c.problem, at->result, sc_relation_sequence(p, pair->turn, at->b),
        sc_relation_head(heads, p, pair->turn, at->head), at->index);

    for (at->channel = 0; at->channel < sc_result_width(p, at->result); at->channel++) {
        const int32_t c = at->channel;
        at->out =
            sc_format_decode(format, sc_result_bits(pair->first->outcome, at->result, one + c));
        pair->then =
            sc_format_decode(format, sc_result_bits(pair->second->outcome, at->result, other + c));
        if (!pair->same(at->out, pair->then)) {
            return true;
        }
    }
    return false;
}

static bool result_differs(struct pair *pair)
{
    const struct sc_problem *p = &pair->first->prepared->c.problem;
    struct sc_element *at = &pair->at;
    const bool of_keys = at->result == SC_RESULT_D_K || at->result == SC_RESULT_D_V;

    for (at->b = 0; at->b < p->batch; at->b++) {
        for (at->head = 0; at->head < (of_keys ? p->heads_kv : p->heads_q); at->head++) {
            for (at->index = 0; at->index < lines_of(p, at->result, at->b); at->index++) {
                if (line_differs(pair)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static bool differs(struct pair *pair, uint32_t results, struct sc_element *element, char *where,
                    size_t room)
{
    for (int32_t r = 0; r < SC_RESULTS; r++) {
        const enum sc_result result = (enum sc_result)r;
        char name[96];
        pair->at = (struct sc_element){.result = result};
        if ((results >> r & 1) == 0 || !sc_result_given(pair->first->outcome, result) ||
            !sc_result_given(pair->second->outcome, result) || !result_differs(pair)) {
            continue;
        }
        *element = pair->at;
        sc_related_name(element, name, sizeof name);
        (void)snprintf(where, room, "%s is %a, then %a", name, element->out, pair->then);
        return true;
    }
    return false;
}

bool sc_related_bits(const struct sc_answer *first, const struct sc_answer *second,
                     struct sc_turn turn, uint32_t results, struct sc_element *element, char *where,
                     size_t room)
{
    struct pair pair = {.first = first, .second = second, .turn = turn, .same = same_bits};

    return differs(&pair, results, element, where, room);
}

bool sc_related_nans(const struct sc_answer *first, const struct sc_answer *second,
                     struct sc_element *element, char *where, size_t room)
{
    struct pair pair = {.first = first, .second = second, .same = same_nans};

    return differs(&pair, (1u << SC_RESULTS) - 1u, element, where, room);
}

/* The bounds of a row of O under an arithmetic. */
static enum sc_status row_bounds(const struct sc_answer *answer,
                                 const struct sc_kernel_arithmetic *arithmetic,
                                 const struct sc_element *at, int32_t index,
                                 struct sc_kernel_bound *bounds, struct sc_error *error)
{
    const struct sc_case *c = &answer->prepared->c;
    const struct sc_oracle_values values = {c->q, c->k, c->v, NULL};

    return sc_kernel_bound_row(arithmetic, &c->problem, &values, at->b, at->head, index, bounds,
                               NULL, error);
}

static double output(const struct sc_answer *answer, const struct sc_element *at, int32_t index)
{
    const struct sc_problem *p = &answer->prepared->c.problem;
    const int64_t first = sc_result_row(p, SC_RESULT_O, at->b, at->head, index);

    return sc_format_decode(p->format_out,
                            sc_result_bits(answer->outcome, SC_RESULT_O, first + at->channel));
}

/* The sum of the visible rows of V in a channel, and what it may be off by. */
static double sum_of_values(const struct sc_case *c, const struct sc_element *at, double *slack)
{
    const struct sc_problem *p = &c->problem;
    const int32_t g = sc_problem_group_head(p, at->head), n_k = sc_problem_keys(p, at->b);
    double sum = 0.0, size = 0.0;

    for (int32_t j = 0; j < n_k; j++) {
        if (sc_problem_visible(p, at->b, at->head, at->index, j)) {
            const double v = (double)c->v[sc_problem_v_row(p, at->b, g, j) + at->channel];
            sum += v;
            size += fabs(v);
        }
    }
    *slack = sc_upward_multiply((double)(n_k + 4) * 0x1p-52, size);
    return sum;
}

/* Whether the channel that `at` names is off; *bound is what it may be off by. */
static bool channel_is_off(const struct sc_answer *first, enum sc_kinship kinship, double x,
                           double y, const struct sc_kernel_bound *b_x,
                           const struct sc_kernel_bound *b_y, struct sc_element *at)
{
    const enum sc_format format = first->prepared->c.problem.format_out;
    double bound =
        sc_upward_add(sc_kernel_bound_at(b_x, format, x), sc_kernel_bound_at(b_y, format, y));
    double slack = 0.0, expected = y;

    if (kinship == SC_KINSHIP_NEGATED) {
        expected = sum_of_values(&first->prepared->c, at, &slack) - y;
        slack = sc_upward_add(slack, (fabs(expected) + fabs(y)) * 0x1p-51);
        bound = sc_upward_add(bound, slack);
    }
    if (!(bound < HUGE_VAL)) {
        return false;
    }
    at->out = x;
    at->low = expected;
    at->high = expected;
    at->bound = bound;
    at->ratio = fabs(x - expected) / bound;
    /* finite outputs have a difference that is off by a rounding at most; others fail the comparison */
    return x != expected && !(nextafter(fabs(x - expected), 0.0) <= bound);
}

/* Row at->index of the first case. */
static enum sc_status row_is_off(const struct sc_answer *first, const struct sc_answer *second,
                                 enum sc_kinship kinship,
                                 const struct sc_kernel_arithmetic *arithmetic,
                                 struct sc_kernel_bound *bounds, struct sc_element *at,
                                 bool *differs, struct sc_error *error)
{
    const int32_t width = first->prepared->c.problem.d_v;
    const int32_t other = at->index - (kinship == SC_KINSHIP_SHORTENED);
    enum sc_status status = row_bounds(first, arithmetic, at, at->index, bounds, error);

    if (status == SC_OK) {
        status = row_bounds(second, arithmetic, at, other, bounds + width, error);
    }
    for (at->channel = 0; status == SC_OK && at->channel < width; at->channel++) {
        if (channel_is_off(first, kinship, output(first, at, at->index), output(second, at, other),
                           &bounds[at->channel], &bounds[width + at->channel], at)) {
            *differs = true;
            return SC_OK;
        }
    }
    return status;
}

enum sc_status sc_related_bounds(const struct sc_answer *first, const struct sc_answer *second,
                                 enum sc_kinship kinship,
                                 const struct sc_kernel_arithmetic *arithmetic, bool *differs,
                                 struct sc_element *element, char *where, size_t room,
                                 struct sc_error *error)
{
    const struct sc_problem *p = &first->prepared->c.problem;
    const int32_t begin = kinship == SC_KINSHIP_SHORTENED ? 1 : 0;
    struct sc_kernel_bound *bounds = malloc(2 * (size_t)p->d_v * sizeof *bounds);
    struct sc_element at = {.result = SC_RESULT_O};
    enum sc_status status = SC_OK;

    *differs = false;
    if (bounds == NULL) {
        return sc_fail(error, SC_E_MEMORY, "related: no memory for a row");
    }
    for (at.b = 0; at.b < p->batch; at.b++) {
        for (at.head = 0; at.head < p->heads_q; at.head++) {
            for (at.index = begin; at.index < sc_problem_rows(p, at.b); at.index++) {
                status =
                    row_is_off(first, second, kinship, arithmetic, bounds, &at, differs, error);
                if (status != SC_OK || *differs) {
                    goto done;
                }
            }
        }
    }
done:
    if (status == SC_OK && *differs) {
        char name[96];
        sc_related_name(&at, name, sizeof name);
        *element = at;
        (void)snprintf(where, room, "%s is %a, related to %a, off by %g bounds", name, at.out,
                       at.low, at.ratio);
    }
    free(bounds);
    return status;
}
