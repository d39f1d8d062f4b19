/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/bounds.h"

#include "reference/regularity/derivatives.h"
#include "reference/regularity/row_bounds.h"
#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#define EXCESS 1e-10 /* of a certified norm over its estimate */
#define STEPS  30    /* power steps for ||P|| */

const char *sc_bound_name(enum sc_bound_kind kind, enum sc_layer_kind layer)
{
    static const char *const names[SC_BOUNDS] = {"theorem 3.2", "B1", "B2", "B3"};

    return kind == SC_BOUND_T && layer == SC_LAYER_SOFTMAX ? "Castin et al. 3.3" : names[kind];
}

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

/* >= ||W||_2 of a matrix whose elements each err by at most `relative` of themselves and `absolute`. */
static enum sc_status norm_near(const double *w, int64_t rows, int64_t columns, double relative,
                                double absolute, double *norm, struct sc_error *error)
{
    const enum sc_status status = sc_spectral_upper(w, rows, columns, 0.0, EXCESS, norm, error);
    const double elements = sc_upward_root((double)rows * (double)columns);

    *norm = plus(*norm, plus(times(relative, sc_spectral_frobenius(w, rows * columns)),
                             times(absolute, elements)));
    return status;
}

/* fl(X Y^T) or fl(X Y) and an error matrix's norm: gamma ||X||_F ||Y||_F. */
static enum sc_status product_norm(const double *x, int32_t rows, const double *y, int32_t columns,
                                   int32_t inner, bool x_turned, double relative, double absolute,
                                   double *norm, double *frobenius, struct sc_error *error)
{
    double *product = malloc((size_t)rows * (size_t)columns * sizeof *product);

    if (product == NULL) {
        return sc_fail(error, SC_E_MEMORY, "bounds: no memory for %d x %d numbers", rows, columns);
    }
    cblas_dgemm(CblasRowMajor, x_turned ? CblasTrans : CblasNoTrans, CblasNoTrans, rows, columns,
                inner, 1.0, x, x_turned ? rows : inner, y, columns, 0.0, product, columns);
    enum sc_status status = sc_spectral_upper(product, rows, columns, 0.0, EXCESS, norm, error);
    const double inflate = times(absolute, sc_upward_root((double)inner * fmax(rows, columns)));
    const double size_x = plus(sc_spectral_frobenius(x, (int64_t)rows * inner), inflate);
    const double size_y = plus(sc_spectral_frobenius(y, (int64_t)inner * columns), inflate);
    const double factor = plus((double)(inner + 4) * 0x1.01p-53, 2.0 * relative);
    const double wrong = plus(times(factor, times(size_x, size_y)),
                              times(times(2.0, inflate), plus(size_x, size_y)));
    *norm = plus(*norm, wrong);
    *frobenius = plus(sc_spectral_frobenius(product, (int64_t)rows * columns), wrong);
    free(product);
    return status;
}

/* max over the tokens of ||M A(i)||, and the Frobenius norm of all rows m_j A(j) at most. */
static enum sc_status moved_norm(const struct sc_layer *l, const double *m,
                                 const struct sc_derivatives *a, const double *matrices,
                                 const struct sc_nearness *near, double *norm, double *frobenius,
                                 struct sc_error *error)
{
    const int32_t count = a->moving ? l->tokens : 1;
    const double absolute = fmax(near->absolute, a->absolute);
    enum sc_status status = SC_OK;

    *norm = 0.0;
    *frobenius = 0.0;
    for (int32_t i = 0; status == SC_OK && i < count; i++) {
        double one = 0.0, square = 0.0;
        status = product_norm(m, l->tokens, matrices + i * a->step, l->width, l->d, false,
                              near->relative, absolute, &one, &square, error);
        *norm = fmax(*norm, one);
        *frobenius = fmax(*frobenius, square);
    }
    return status;
}

static void set_maxima(const struct sc_layer *l, const double *p, const struct sc_nearness *near,
                       struct sc_bounds_parts *x)
{
    const int64_t count = (int64_t)l->tokens * l->tokens;

    for (int64_t n = 0; n < count; n++) {
        x->p_max = fmax(x->p_max, p[n]);
        x->s_max = fmax(x->s_max, l->kind == SC_LAYER_SIGMOID ? p[n] * (1.0 - p[n]) : p[n]);
    }
    x->p_max = plus(times(x->p_max, 1.0 + 0x1p-50), near->absolute);
    x->s_max = plus(plus(x->s_max, times(x->p_max, 0x1p-50)), times(2.0, near->absolute));
    if (l->kind == SC_LAYER_SOFTMAX) {
        x->s_max = sc_row_bounds_covariance(l, p, near);
    }
}

/* What Theorem 3.2, B1 and Castin's bound need of the tokens. */
static enum sc_status set_tokens(const struct sc_layer *l, const double *x, int32_t h,
                                 struct sc_bounds_parts *parts, struct sc_error *error)
{
    const int64_t at = (int64_t)h * l->d * l->width;
    double unused;
    enum sc_status status =
        sc_spectral_upper(x, l->tokens, l->width, 0.0, EXCESS, &parts->x_norm, error);

    parts->x_frobenius = sc_spectral_frobenius(x, sc_layer_inputs(l));
    for (int32_t i = 0; i < l->tokens; i++) {
        parts->x_max =
            fmax(parts->x_max, sc_spectral_frobenius(x + (int64_t)i * l->width, l->width));
    }
    if (status == SC_OK) {
        status = product_norm(l->w_q + at, l->width, l->w_k + at, l->width, l->d, true, 0.0, 0.0,
                              &parts->score_form, &unused, error);
    }
    parts->score_form = times(l->scale, parts->score_form);
    return status;
}

static bool plain(const struct sc_layer *l)
{
    return l->norm == SC_LAYER_NO_NORM && l->rotation == 0.0 && l->beta_q == NULL &&
           l->beta_k == NULL && l->beta_v == NULL;
}

static bool full(const struct sc_layer *l)
{
    return sc_layer_sees(l, 0, l->tokens - 1) && sc_layer_sees(l, l->tokens - 1, 0);
}

static double theorem(const struct sc_layer *l, const struct sc_bounds_parts *x)
{
    const double n = (double)l->tokens;

    if (l->kind == SC_LAYER_SIGMOID && plain(l)) {
        const double square = times(x->x_frobenius, x->x_frobenius);
        return times(x->w_v, plus(times(n, x->p_max),
                                  times(times(2.0, x->s_max), times(x->score_form, square))));
    }
    if (l->kind == SC_LAYER_SIGMOID) {
        const double reach = plus(x->keys_frobenius, x->queries_frobenius);
        return plus(times(x->w_v, times(n, x->p_max)),
                    times(times(l->scale, x->s_max), times(x->v_frobenius, reach)));
    }
    if (!plain(l) || !full(l) || l->slopes != NULL) {
        return HUGE_VAL;
    }
    const double r2 = times(x->x_max, x->x_max), a2 = times(x->score_form, x->score_form);
    const double inside = plus(times(times(a2, times(r2, r2)), 4.0 * n + 1.0), n);
    return times(times(sc_upward_root(3.0), x->w_v), sc_upward_root(inside));
}

static void combine(const struct sc_layer *l, const struct sc_bounds_parts *x,
                    double bound[SC_BOUNDS])
{
    const double weights = times(x->p, x->w_v);

    bound[SC_BOUND_T] = theorem(l, x);
    bound[SC_BOUND_B1] =
        l->kind == SC_LAYER_SIGMOID && plain(l)
            ? times(x->w_v, plus(x->p, times(times(2.0, x->s_max),
                                             times(x->score_form, times(x->x_norm, x->x_norm)))))
            : HUGE_VAL;
    bound[SC_BOUND_B2] =
        plus(weights, times(times(l->scale, x->s_max), times(x->v, plus(x->keys, x->queries))));
    bound[SC_BOUND_B3] =
        plus(weights, times(l->scale, plus(x->rows.queries,
                                           sc_upward_root(times(x->rows.values, x->rows.keys)))));
}

enum sc_status sc_bounds_head(const struct sc_balls *balls, const double *x, const double *p,
                              const struct sc_nearness *near, int32_t h, const double *q,
                              const double *k, const double *v, const struct sc_nearness *rounded,
                              struct sc_bounds_parts *parts, struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    struct sc_derivatives a;
    enum sc_status status = SC_OK;

    if (!sc_derivatives_create(balls, h, &a)) {
        status = sc_fail(error, SC_E_MEMORY, "bounds: no memory for the derivatives of a head");
        goto done;
    }
    set_maxima(l, p, near, parts);
    status = sc_spectral_upper(l->w_v + (int64_t)h * l->d_v * l->width, l->d_v, l->width, 0.0,
                               EXCESS, &parts->w_v, error);
    if (status == SC_OK) {
        status = sc_spectral_upper_nonnegative(p, l->tokens, l->tokens, STEPS, &parts->p, error);
        parts->p = plus(times(parts->p, 1.0 + 0x1p-50), times(near->absolute, l->tokens));
    }
    if (status == SC_OK) {
        status =
            norm_near(v, l->tokens, l->d_v, rounded->relative, rounded->absolute, &parts->v, error);
        parts->v_frobenius = plus(sc_spectral_frobenius(v, (int64_t)l->tokens * l->d_v),
                                  times(rounded->absolute, (double)l->tokens * l->d_v));
        parts->v_frobenius = times(parts->v_frobenius, 1.0 + 0x1p-50);
    }
    if (status == SC_OK) {
        status = moved_norm(l, k, &a, a.q, rounded, &parts->keys, &parts->keys_frobenius, error);
    }
    if (status == SC_OK) {
        status =
            moved_norm(l, q, &a, a.k, rounded, &parts->queries, &parts->queries_frobenius, error);
    }
    if (a.moving) { /* each token has a matrix of its own: all of them, from the largest */
        parts->keys_frobenius = times(parts->keys_frobenius, sc_upward_root(l->tokens));
        parts->queries_frobenius = times(parts->queries_frobenius, sc_upward_root(l->tokens));
    }
    if (status == SC_OK && l->norm == SC_LAYER_NO_NORM && l->rotation == 0.0) {
        status = set_tokens(l, x, h, parts, error);
    }
    if (status == SC_OK) {
        status = sc_row_bounds_compute(l, q, k, v, p, &a, near, rounded, &parts->rows, error);
    }
done:
    sc_derivatives_destroy(&a);
    return status;
}

/* Several heads, and W_o. */
static enum sc_status finish(const struct sc_layer *l, const double squares[SC_BOUNDS],
                             struct sc_bounds *bounds, struct sc_error *error)
{
    double w_o = 1.0;
    enum sc_status status = SC_OK;

    if (l->w_o != NULL) {
        status =
            sc_spectral_upper(l->w_o, l->out, (int64_t)l->heads * l->d_v, 0.0, EXCESS, &w_o, error);
    }
    bounds->best = SC_BOUND_B2;
    for (int32_t n = 0; n < SC_BOUNDS; n++) {
        bounds->layer[n] = times(w_o, sc_upward_root(squares[n]));
    }
    for (int32_t n = 0; n < SC_BOUNDS; n++) {
        const bool proved = n != SC_BOUND_T || l->kind == SC_LAYER_SIGMOID;
        if (proved && bounds->layer[n] < bounds->layer[bounds->best]) {
            bounds->best = (enum sc_bound_kind)n;
        }
    }
    bounds->affine = l->kind == SC_LAYER_SIGMOID && !plain(l);
    return status;
}

enum sc_status sc_bounds_compute(const struct sc_balls *balls, const double *x, const double *p,
                                 const struct sc_nearness *near, struct sc_bounds *bounds,
                                 struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    const size_t rows = (size_t)l->heads * (size_t)l->tokens;
    double *q = malloc(rows * (size_t)l->d * sizeof *q),
           *k = malloc(rows * (size_t)l->d * sizeof *k);
    double *v = malloc(rows * (size_t)l->d_v * sizeof *v);
    double squares[SC_BOUNDS] = {0.0}, largest = -1.0;
    struct sc_nearness rounded;
    enum sc_status status = SC_OK;

    *bounds = (struct sc_bounds){.best = SC_BOUND_B2};
    if (q == NULL || k == NULL || v == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "bounds: no memory for %zu rows", rows);
        goto done;
    }
    sc_balls_round(balls, q, k, v, &rounded);
    for (int32_t h = 0; status == SC_OK && h < l->heads; h++) {
        const int64_t at = (int64_t)h * l->tokens;
        struct sc_bounds_parts parts = {.w_v = 0.0};
        double bound[SC_BOUNDS];
        status = sc_bounds_head(balls, x, p + at * l->tokens, near, h, q + at * l->d, k + at * l->d,
                                v + at * l->d_v, &rounded, &parts, error);
        combine(l, &parts, bound);
        for (int32_t n = 0; n < SC_BOUNDS; n++) {
            squares[n] = plus(squares[n], times(bound[n], bound[n]));
        }
        bounds->p_max = fmax(bounds->p_max, parts.p_max);
        bounds->s_max = fmax(bounds->s_max, parts.s_max);
        bounds->weights_norm = fmax(bounds->weights_norm, parts.p);
        if (bound[SC_BOUND_B3] > largest) {
            largest = bound[SC_BOUND_B3];
            bounds->weight_share =
                largest > 0.0 && isfinite(largest) ? parts.p * parts.w_v / largest : 0.0;
        }
    }
    if (status == SC_OK) {
        status = finish(l, squares, bounds, error);
    }
done:
    free(q);
    free(k);
    free(v);
    return status;
}
