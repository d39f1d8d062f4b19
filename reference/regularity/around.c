/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/around.h"

#include "reference/oracle/environment.h"
#include "reference/regularity/around_rows.h"
#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <math.h>
#include <stdlib.h>

#define EXCESS 1e-10 /* of a certified norm over its estimate */
#define STEPS  30    /* power steps for ||P|| */

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

/* What the set makes of the parts of a head. */
struct reach {
    double p, p_max, s, move; /* ||P||, max P, s of B2, E */
    double v, keys, queries;  /* ||V||; with the scale: c max ||K A_q(i)||, c max ||Q A_k(j)|| */
    struct sc_around_rows rows;
};

/* s of B2 for softmax. */
static double covariance(const struct sc_layer *l, const struct sc_bounds_parts *parts,
                         const struct sc_weight_range *range, double p_max)
{
    double further = 0.0;

    for (int64_t i = 0; i < l->tokens; i++) {
        const double *row = range->change + i * l->tokens;
        double largest = 0.0;
        for (int32_t j = 0; j < l->tokens; j++) {
            largest = fmax(largest, row[j]);
        }
        further = fmax(further, plus(largest, times(2.0, sc_spectral_frobenius(row, l->tokens))));
    }
    return fmin(0.5, fmin(p_max, plus(parts->s_max, further)));
}

static enum sc_status weights_reach(const struct sc_layer *l, const struct sc_bounds_parts *parts,
                                    const struct sc_weight_range *range, struct reach *reach,
                                    struct sc_error *error)
{
    const int64_t n = l->tokens;
    double column_max = 0.0;
    const enum sc_status status =
        sc_spectral_upper_nonnegative(range->high, l->tokens, l->tokens, STEPS, &reach->p, error);

    for (int64_t j = 0; j < n; j++) {
        double column = 0.0;
        for (int64_t i = 0; i < n; i++) {
            column = plus(column, range->high[i * n + j]);
            reach->p_max = fmax(reach->p_max, range->high[i * n + j]);
            reach->s = fmax(reach->s, range->slope[i * n + j]);
        }
        column_max = fmax(column_max, column);
    }
    if (l->kind == SC_LAYER_SOFTMAX) {
        reach->p = fmin(reach->p, sc_upward_root(column_max));
        reach->s = covariance(l, parts, range, reach->p_max);
    }
    return status;
}

/* c ||M A(i)|| in the set, M the keys or the queries and A(i) the derivative of the others.
 *   at_centre  max ||M_0 A(i)_0||; frobenius >= ||M_0||_F
 *   own, other, turn  ||derivative|| of M's rows, of the others', and how much the others' turns, at most */
static double product_reach(const struct sc_layer *l, const struct sc_moves *moves, double move,
                            double at_centre, double frobenius, double own, double other,
                            double turn)
{
    if (moves->linear) {
        return plus(times(l->scale, at_centre), times(moves->form, move));
    }
    return times(l->scale,
                 plus(at_centre, plus(times(own, times(move, other)), times(frobenius, turn))));
}

/* The bounds of one head. */
static void combine(const struct sc_layer *l, const struct sc_bounds_parts *parts,
                    const struct sc_moves *moves, enum sc_moves_set set, const double *x,
                    const struct reach *reach, double bound[SC_BOUNDS])
{
    const bool plain = moves->linear && l->beta_q == NULL && l->beta_k == NULL && l->beta_v == NULL;
    const double n = (double)l->tokens, r = moves->radius, weights = times(reach->p, parts->w_v);
    const double form = moves->form, all = plus(parts->x_frobenius, r);
    const double one = plus(parts->x_max, r), norm = plus(parts->x_norm, reach->move);
    double squares = set == SC_MOVES_WHOLE ? times(all, all) : 0.0;

    for (int64_t i = 0; set == SC_MOVES_EACH && i < l->tokens; i++) {
        const double length = plus(sc_spectral_frobenius(x + i * l->width, l->width), r);
        squares = plus(squares, times(length, length));
    }
    bound[SC_BOUND_T] = bound[SC_BOUND_B1] = HUGE_VAL;
    if (plain && l->kind == SC_LAYER_SIGMOID) {
        const double slope = times(times(2.0, reach->s), form);
        bound[SC_BOUND_T] = times(parts->w_v, plus(times(n, reach->p_max), times(slope, squares)));
        bound[SC_BOUND_B1] = times(parts->w_v, plus(reach->p, times(slope, times(norm, norm))));
    } else if (plain) {
        bound[SC_BOUND_T] =
            times(parts->w_v, plus(sc_upward_root(n), times(plus(1.0, sc_upward_root(n)),
                                                            times(form, times(one, one)))));
    }
    bound[SC_BOUND_B2] =
        plus(weights, times(reach->s, times(reach->v, plus(reach->keys, reach->queries))));
    bound[SC_BOUND_B3] =
        plus(weights,
             times(l->scale, plus(reach->rows.queries,
                                  sc_upward_root(times(reach->rows.values, reach->rows.keys)))));
}

/* The bounds of one head in one set. */
static enum sc_status bound_head(const struct sc_balls *balls, const struct sc_around_head *head,
                                 int32_t h, const double *x, const struct sc_around *around,
                                 double bound[SC_BOUNDS], struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    const struct sc_bounds_parts *parts = head->parts;
    const int64_t size = (int64_t)l->tokens * l->d;
    struct sc_moves moves;
    struct sc_weight_range range = {.high = NULL};
    struct reach reach = {.p = 0.0};
    enum sc_status status = sc_moves_create(balls, h, head->q, head->k, head->rounded, parts,
                                            around->radius, &moves, error);

    if (status == SC_OK) {
        status = sc_weight_range_create(&moves, around->set, head->p, head->near, &range, error);
    }
    if (status == SC_OK) {
        status = weights_reach(l, parts, &range, &reach, error);
    }
    if (status == SC_OK) {
        status = sc_around_rows_compute(head, &moves, around->set, &range, &reach.rows, error);
    }
    if (status == SC_OK) {
        const double charge = times(head->rounded->absolute, (double)size);
        const double k = times(1.0 + 0x1p-50, plus(sc_spectral_frobenius(head->k, size), charge));
        const double q = times(1.0 + 0x1p-50, plus(sc_spectral_frobenius(head->q, size), charge));
        reach.move = around->set == SC_MOVES_WHOLE
                         ? around->radius
                         : times(sc_upward_root(l->tokens), around->radius);
        reach.v = plus(parts->v, times(parts->w_v, reach.move));
        reach.keys = product_reach(l, &moves, reach.move, parts->keys, k, moves.size_k_max,
                                   moves.size_q_max, moves.turn_q_max);
        reach.queries = product_reach(l, &moves, reach.move, parts->queries, q, moves.size_q_max,
                                      moves.size_k_max, moves.turn_k_max);
        combine(l, parts, &moves, around->set, x, &reach, bound);
    }
    sc_weight_range_destroy(&range);
    sc_moves_destroy(&moves);
    return status;
}

/* Adds the squares of the bounds of head h to those of each set. */
static enum sc_status add_head(const struct sc_balls *balls, const double *x, const double *p,
                               const struct sc_nearness *near, int32_t h, const double *q,
                               const double *k, const double *v, const struct sc_nearness *rounded,
                               struct sc_around *around, int32_t count, struct sc_error *error)
{
    struct sc_bounds_parts parts = {.w_v = 0.0};
    struct sc_derivatives a;
    enum sc_status status = SC_OK;

    if (!sc_derivatives_create(balls, h, &a)) {
        status = sc_fail(error, SC_E_MEMORY, "around: no memory for the derivatives of a head");
    }
    if (status == SC_OK) {
        status = sc_bounds_head(balls, x, p, near, h, q, k, v, rounded, &parts, error);
    }
    for (int32_t s = 0; status == SC_OK && s < count; s++) {
        const struct sc_around_head head = {balls->layer, q, k, v, p, near, rounded, &a, &parts};
        double bound[SC_BOUNDS];
        status = bound_head(balls, &head, h, x, &around[s], bound, error);
        for (int32_t n = 0; status == SC_OK && n < SC_BOUNDS; n++) {
            around[s].layer[n] = plus(around[s].layer[n], times(bound[n], bound[n]));
        }
    }
    sc_derivatives_destroy(&a);
    return status;
}

/* From the sums of squares to the bounds of the layer. */
static enum sc_status finish(const struct sc_layer *l, struct sc_around *around, int32_t count,
                             struct sc_error *error)
{
    double w_o = 1.0;
    enum sc_status status = SC_OK;

    if (l->w_o != NULL) {
        status =
            sc_spectral_upper(l->w_o, l->out, (int64_t)l->heads * l->d_v, 0.0, EXCESS, &w_o, error);
    }
    for (int32_t s = 0; s < count; s++) {
        around[s].best = SC_BOUND_B2;
        for (int32_t n = 0; n < SC_BOUNDS; n++) {
            around[s].layer[n] = times(w_o, sc_upward_root(around[s].layer[n]));
        }
        for (int32_t n = 0; n < SC_BOUNDS; n++) {
            if (around[s].layer[n] < around[s].layer[around[s].best]) {
                around[s].best = (enum sc_bound_kind)n;
            }
        }
    }
    return status;
}

enum sc_status sc_around_compute(const struct sc_balls *balls, const double *x, const double *p,
                                 const struct sc_nearness *near, struct sc_around *around,
                                 int32_t count, struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    const size_t rows = (size_t)l->heads * (size_t)l->tokens;
    double *q = malloc(rows * (size_t)l->d * sizeof *q);
    double *k = malloc(rows * (size_t)l->d * sizeof *k);
    double *v = malloc(rows * (size_t)l->d_v * sizeof *v);
    struct sc_nearness rounded;
    enum sc_status status = sc_environment_check(error);

    if (status != SC_OK) {
        goto done;
    }
    if (q == NULL || k == NULL || v == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "around: no memory for %zu rows", rows);
        goto done;
    }
    for (int32_t s = 0; s < count; s++) {
        if (!(around[s].radius >= 0.0) || !isfinite(around[s].radius)) {
            status = sc_fail(error, SC_E_INPUT, "around: radius %g, expected a number >= 0",
                             around[s].radius);
            goto done;
        }
        for (int32_t n = 0; n < SC_BOUNDS; n++) {
            around[s].layer[n] = 0.0;
        }
    }
    sc_balls_round(balls, q, k, v, &rounded);
    for (int32_t h = 0; status == SC_OK && h < l->heads; h++) {
        const int64_t at = (int64_t)h * l->tokens;
        status = add_head(balls, x, p + at * l->tokens, near, h, q + at * l->d, k + at * l->d,
                          v + at * l->d_v, &rounded, around, count, error);
    }
    if (status == SC_OK) {
        status = finish(l, around, count, error);
    }
done:
    free(q);
    free(k);
    free(v);
    return status;
}
