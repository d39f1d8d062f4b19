/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/finite.h"

#include "spec/format_value.h"

#include <math.h>

#define LOOKED_AT 256 /* of the elements that are not finite, and of those of O for `any` */

/* The largest size on the way to an element, its last sum, and the pairs in that. */
struct way {
    double size, sum;
    int64_t pairs;
};

static void reach(struct way *way, double size)
{
    if (!isnan(way->size) && !(size <= way->size)) {
        way->size = size;
    }
}

static double dot(const float *x, const float *y, int32_t width)
{
    double sum = 0.0;

    for (int32_t c = 0; c < width; c++) {
        sum += fabs((double)x[c] * (double)y[c]);
    }
    return sum;
}

/* What leads to a score, tau at least 1 in products with it. */
static void reach_score(struct way *way, const struct sc_case *c, int32_t b, int32_t h,
                        const float *q, const float *k)
{
    const struct sc_problem *p = &c->problem;
    const double tau = fabs((double)p->tau), factor = fmax(1.0, tau);
    const double slope = p->slopes != NULL ? fabs((double)p->slopes[h]) : 0.0;
    const double bias =
        fabs((double)sc_problem_bias(p, b, h)) + slope * ((double)p->n_q + (double)p->n_k);

    for (int32_t n = 0; n < p->d; n++) {
        reach(way, factor * fabs((double)q[n]));
        reach(way, factor * fabs((double)k[n]));
    }
    reach(way, factor * dot(q, k, p->d) + (bias == 0.0 ? 0.0 : fmax(1.0, 1.0 / tau) * bias));
}

/* Adds the pair of row i and key j, if they see each other, to the way of an element of (b, h). */
static void add_pair(const struct sc_case *c, const struct sc_element *at, int32_t h, int32_t i,
                     int32_t j, struct way *way)
{
    const struct sc_problem *p = &c->problem;
    const int32_t b = at->b, g = sc_problem_group_head(p, h);
    const double tau = fmax(1.0, fabs((double)p->tau));
    const bool of_score =
        at->result == SC_RESULT_D_Q || at->result == SC_RESULT_D_K || at->result == SC_RESULT_D_B;

    if (!sc_problem_visible(p, b, h, i, j)) {
        return;
    }
    const float *const q = c->q + sc_problem_q_row(p, b, h, i);
    const float *const k = c->k + sc_problem_k_row(p, b, g, j);
    const float *const v = c->v + sc_problem_v_row(p, b, g, j);
    const float *const d_o = c->d_o != NULL ? c->d_o + sc_problem_o_row(p, b, h, i) : NULL;
    const double d_p = of_score ? dot(d_o, v, p->d_v) : 0.0;
    const double term = at->result == SC_RESULT_O     ? fabs((double)v[at->channel])
                        : at->result == SC_RESULT_D_Q ? tau * d_p * fabs((double)k[at->channel])
                        : at->result == SC_RESULT_D_K ? tau * d_p * fabs((double)q[at->channel])
                        : at->result == SC_RESULT_D_V ? fabs((double)d_o[at->channel])
                                                      : d_p;
    reach_score(way, c, b, h, q, k);
    reach(way, tau * d_p);
    way->sum += term;
    way->pairs++;
}

static bool ordinary(enum sc_recipe_values values)
{
    return values == SC_VALUES_NORMAL || values == SC_VALUES_ONE_HOT ||
           values == SC_VALUES_SPARSE || values == SC_VALUES_ZERO_Q ||
           values == SC_VALUES_SUBNORMAL;
}

/* All pairs that an element sees. */
static struct way way_to(const struct sc_case *c, const struct sc_element *at)
{
    const struct sc_problem *p = &c->problem;
    const bool of_keys = at->result == SC_RESULT_D_K || at->result == SC_RESULT_D_V;
    const bool of_head = at->result == SC_RESULT_D_B;
    const int32_t n_q = sc_problem_rows(p, at->b), n_k = sc_problem_keys(p, at->b);
    struct way way = {0.0, 0.0, 0};

    for (int32_t h = 0; h < p->heads_q; h++) {
        if ((of_keys ? sc_problem_group_head(p, h) : h) != at->head) {
            continue;
        }
        const int32_t i_begin = of_keys || of_head ? 0 : at->index;
        const int32_t i_end = of_keys || of_head ? n_q : at->index + 1;
        const int32_t j_begin = of_keys ? at->index : 0;
        const int32_t j_end = !of_keys ? n_k : at->index < n_k ? at->index + 1 : at->index;
        for (int32_t i = i_begin; i < i_end; i++) {
            for (int32_t j = j_begin; j < j_end; j++) {
                add_pair(c, at, h, i, j, &way);
            }
        }
    }
    reach(&way, way.sum);
    return way;
}

bool sc_finite_claimed(const struct sc_prepared *prepared, const struct sc_element *element)
{
    const struct sc_problem *p = &prepared->c.problem;
    const double u =
        fmax(sc_format_unit_roundoff(p->format_in), sc_format_unit_roundoff(p->format_out));
    const double most = fmin(sc_format_max(p->format_in), sc_format_max(p->format_out));

    if (!ordinary(prepared->recipe.values)) {
        return false;
    }
    const struct way way = way_to(&prepared->c, element);
    const double growth = exp(2.0 * u * ((double)p->d + (double)p->d_v + (double)way.pairs));
    return way.pairs > 0 && SC_FINITE_MARGIN * growth * way.size <= most;
}

/* One result. True: an element of it is broken, *at. */
static bool look(const struct sc_prepared *prepared, const struct sc_outcome *outcome,
                 struct sc_element *at, bool *any)
{
    const struct sc_problem *p = &prepared->c.problem;
    const bool of_keys = at->result == SC_RESULT_D_K || at->result == SC_RESULT_D_V;
    const enum sc_format format = sc_result_format(p, at->result);
    const int32_t heads = of_keys ? p->heads_kv : p->heads_q;
    int32_t looked_at = 0, tried = 0;

    for (at->b = 0; at->b < p->batch; at->b++) {
        const int32_t lines = at->result == SC_RESULT_D_B ? 1
                              : of_keys                   ? sc_problem_keys(p, at->b)
                                                          : sc_problem_rows(p, at->b);
        for (int64_t n = 0; n < (int64_t)heads * lines; n++) {
            at->head = (int32_t)(n / lines);
            at->index = (int32_t)(n % lines);
            const int64_t first = sc_result_row(p, at->result, at->b, at->head, at->index);
            for (at->channel = 0; at->channel < sc_result_width(p, at->result); at->channel++) {
                at->out = sc_format_decode(
                    format, sc_result_bits(outcome, at->result, first + at->channel));
                const bool broken = !isfinite(at->out);
                if ((broken && looked_at++ < LOOKED_AT) ||
                    (!*any && at->result == SC_RESULT_O && tried++ < LOOKED_AT)) {
                    const bool claimed = sc_finite_claimed(prepared, at);
                    *any = *any || claimed;
                    if (broken && claimed) {
                        return true;
                    }
                }
            }
        }
    }
    return false;
}

bool sc_finite_broken(const struct sc_prepared *prepared, const struct sc_outcome *outcome,
                      struct sc_element *element, bool *any)
{
    *any = false;
    for (int32_t r = 0; r < SC_RESULTS && ordinary(prepared->recipe.values); r++) {
        struct sc_element at = {.result = (enum sc_result)r};
        if (sc_result_given(outcome, at.result) && look(prepared, outcome, &at, any)) {
            at.ratio = HUGE_VAL;
            *element = at;
            return true;
        }
    }
    return false;
}
