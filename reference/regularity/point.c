/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/point.h"

#include "reference/regularity/head_norm.h"
#include "reference/regularity/weights.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

struct sc_point {
    const struct sc_layer *layer;
    const double *x;
    struct sc_head_norm norm_q, norm_k; /* of every head */
    double *q, *k, *v;                  /* [heads][tokens][d or d_v] */
    double *p;                          /* [heads][tokens][tokens] */
    double *t_q, *t_k, *t_v;            /* scratch: a head's tangents or cotangents */
    double *t_p;                        /* scratch: [tokens][tokens] */
    double *side;                       /* scratch: [tokens][heads d_v] */
};

/* c = alpha op(a) op(b) + beta c, all row-major; lda and so on are the stored rows' widths. */
static void multiply(bool a_turned, bool b_turned, int32_t rows, int32_t columns, int32_t inner,
                     double alpha, const double *a, int32_t a_width, const double *b,
                     int32_t b_width, double beta, double *c, int32_t c_width)
{
    cblas_dgemm(CblasRowMajor, a_turned ? CblasTrans : CblasNoTrans,
                b_turned ? CblasTrans : CblasNoTrans, rows, columns, inner, alpha, a, a_width, b,
                b_width, beta, c, c_width);
}

static int64_t square(const struct sc_layer *layer)
{
    return (int64_t)layer->tokens * layer->tokens;
}

const struct sc_layer *sc_point_layer(const struct sc_point *point)
{
    return point->layer;
}

const double *sc_point_q(const struct sc_point *point, int32_t h)
{
    return point->q + (int64_t)h * point->layer->tokens * point->layer->d;
}

const double *sc_point_k(const struct sc_point *point, int32_t h)
{
    return point->k + (int64_t)h * point->layer->tokens * point->layer->d;
}

const double *sc_point_v(const struct sc_point *point, int32_t h)
{
    return point->v + (int64_t)h * point->layer->tokens * point->layer->d_v;
}

const double *sc_point_p(const struct sc_point *point, int32_t h)
{
    return point->p + h * square(point->layer);
}

/* x W^T + beta of one head. */
static void project(const struct sc_point *point, const double *x, const double *w,
                    const double *beta, int32_t d, double *result)
{
    const struct sc_layer *layer = point->layer;

    multiply(false, true, layer->tokens, d, layer->width, 1.0, x, layer->width, w, layer->width,
             0.0, result, d);
    for (int64_t n = 0; beta != NULL && n < (int64_t)layer->tokens * d; n++) {
        result[n] += beta[n % d];
    }
}

static void evaluate(struct sc_point *point)
{
    const struct sc_layer *l = point->layer;
    const int64_t step = (int64_t)l->tokens * l->d, step_v = (int64_t)l->tokens * l->d_v;

    for (int32_t h = 0; h < l->heads; h++) {
        double *q = point->q + h * step, *k = point->k + h * step, *v = point->v + h * step_v;
        const int64_t row = (int64_t)h * l->d, row_v = (int64_t)h * l->d_v;
        project(point, point->x, l->w_q + row * l->width,
                l->beta_q == NULL ? NULL : l->beta_q + row, l->d, q);
        project(point, point->x, l->w_k + row * l->width,
                l->beta_k == NULL ? NULL : l->beta_k + row, l->d, k);
        project(point, point->x, l->w_v + row_v * l->width,
                l->beta_v == NULL ? NULL : l->beta_v + row_v, l->d_v, v);
        sc_head_norm_apply(&point->norm_q, h, q);
        sc_head_norm_apply(&point->norm_k, h, k);
        double *p = point->p + h * square(l);
        multiply(false, true, l->tokens, l->tokens, l->d, l->scale, q, l->d, k, l->d, 0.0, p,
                 l->tokens);
        sc_weights_shift(l, h, p);
        sc_weights_apply(l, p);
    }
}

enum sc_status sc_point_create(const struct sc_layer *layer, const double *x, int32_t threads,
                               struct sc_point **created, struct sc_error *error)
{
    const size_t n = (size_t)layer->tokens, heads = (size_t)layer->heads;
    const size_t d = (size_t)layer->d, d_v = (size_t)layer->d_v;
    struct sc_point *point = calloc(1, sizeof *point);
    enum sc_status status = SC_OK;

    if (point != NULL) {
        point->layer = layer;
        point->x = x;
        point->q = calloc(heads * n * d, sizeof(double));
        point->k = calloc(heads * n * d, sizeof(double));
        point->v = calloc(heads * n * d_v, sizeof(double));
        point->p = calloc(heads * n * n, sizeof(double));
        point->t_q = calloc(n * d, sizeof(double));
        point->t_k = calloc(n * d, sizeof(double));
        point->t_v = calloc(n * d_v, sizeof(double));
        point->t_p = calloc(n * n, sizeof(double));
        point->side = calloc(n * heads * d_v, sizeof(double));
    }
    if (point == NULL || point->q == NULL || point->k == NULL || point->v == NULL ||
        point->p == NULL || point->t_q == NULL || point->t_k == NULL || point->t_v == NULL ||
        point->t_p == NULL || point->side == NULL ||
        !sc_head_norm_create(layer, layer->gain_q, &point->norm_q) ||
        !sc_head_norm_create(layer, layer->gain_k, &point->norm_k)) {
        sc_point_destroy(point);
        status =
            sc_fail(error, SC_E_MEMORY, "layer: no memory for %zu tokens and %zu heads", n, heads);
    } else {
        openblas_set_num_threads(threads);
        evaluate(point);
        *created = point;
    }
    return status;
}

void sc_point_destroy(struct sc_point *point)
{
    if (point == NULL) {
        return;
    }
    sc_head_norm_destroy(&point->norm_q);
    sc_head_norm_destroy(&point->norm_k);
    free(point->q);
    free(point->k);
    free(point->v);
    free(point->p);
    free(point->t_q);
    free(point->t_k);
    free(point->t_v);
    free(point->t_p);
    free(point->side);
    free(point);
}

/* z to the tangent of the weights, row by row: sigmoid p (1 - p) z, softmax p (z - sum p z). */
static void through_weights(const struct sc_layer *layer, const double *p, double *z)
{
    const int64_t n = layer->tokens;

    for (int64_t i = 0; i < n; i++) {
        const double *weights = p + i * n;
        double *row = z + i * n, mean = 0.0;
        if (layer->kind == SC_LAYER_SIGMOID) {
            for (int64_t j = 0; j < n; j++) {
                row[j] *= weights[j] * (1.0 - weights[j]);
            }
            continue;
        }
        for (int64_t j = 0; j < n; j++) {
            mean += weights[j] * row[j];
        }
        for (int64_t j = 0; j < n; j++) {
            row[j] = weights[j] * (row[j] - mean);
        }
    }
}

void sc_point_push(struct sc_point *point, const double *t, double *result)
{
    const struct sc_layer *l = point->layer;
    const int32_t n = l->tokens, all = l->heads * l->d_v;
    double *side = l->w_o != NULL ? point->side : result;

    for (int32_t h = 0; h < l->heads; h++) {
        const double *q = sc_point_q(point, h), *k = sc_point_k(point, h);
        project(point, t, l->w_q + (int64_t)h * l->d * l->width, NULL, l->d, point->t_q);
        project(point, t, l->w_k + (int64_t)h * l->d * l->width, NULL, l->d, point->t_k);
        project(point, t, l->w_v + (int64_t)h * l->d_v * l->width, NULL, l->d_v, point->t_v);
        sc_head_norm_push(&point->norm_q, h, point->t_q);
        sc_head_norm_push(&point->norm_k, h, point->t_k);
        multiply(false, true, n, n, l->d, l->scale, point->t_q, l->d, k, l->d, 0.0, point->t_p, n);
        multiply(false, true, n, n, l->d, l->scale, q, l->d, point->t_k, l->d, 1.0, point->t_p, n);
        through_weights(l, sc_point_p(point, h), point->t_p);
        multiply(false, false, n, l->d_v, n, 1.0, point->t_p, n, sc_point_v(point, h), l->d_v, 0.0,
                 side + (int64_t)h * l->d_v, all);
        multiply(false, false, n, l->d_v, n, 1.0, sc_point_p(point, h), n, point->t_v, l->d_v, 1.0,
                 side + (int64_t)h * l->d_v, all);
    }
    if (l->w_o != NULL) {
        multiply(false, true, n, l->out, all, 1.0, side, all, l->w_o, all, 0.0, result, l->out);
    }
}

void sc_point_pull(struct sc_point *point, const double *u, double *result)
{
    const struct sc_layer *l = point->layer;
    const int32_t n = l->tokens, all = l->heads * l->d_v;
    const double *side = u;

    if (l->w_o != NULL) {
        multiply(false, false, n, all, l->out, 1.0, u, l->out, l->w_o, all, 0.0, point->side, all);
        side = point->side;
    }
    memset(result, 0, (size_t)sc_layer_inputs(l) * sizeof *result);
    for (int32_t h = 0; h < l->heads; h++) {
        const double *u_h = side + (int64_t)h * l->d_v;
        const int64_t row = (int64_t)h * l->d * l->width, row_v = (int64_t)h * l->d_v * l->width;
        multiply(false, true, n, n, l->d_v, l->scale, u_h, all, sc_point_v(point, h), l->d_v, 0.0,
                 point->t_p, n);
        through_weights(l, sc_point_p(point, h), point->t_p);
        multiply(true, false, n, l->d_v, n, 1.0, sc_point_p(point, h), n, u_h, all, 0.0, point->t_v,
                 l->d_v);
        multiply(false, false, n, l->d, n, 1.0, point->t_p, n, sc_point_k(point, h), l->d, 0.0,
                 point->t_q, l->d);
        multiply(true, false, n, l->d, n, 1.0, point->t_p, n, sc_point_q(point, h), l->d, 0.0,
                 point->t_k, l->d);
        sc_head_norm_pull(&point->norm_q, h, point->t_q);
        sc_head_norm_pull(&point->norm_k, h, point->t_k);
        multiply(false, false, n, l->width, l->d_v, 1.0, point->t_v, l->d_v, l->w_v + row_v,
                 l->width, 1.0, result, l->width);
        multiply(false, false, n, l->width, l->d, 1.0, point->t_q, l->d, l->w_q + row, l->width,
                 1.0, result, l->width);
        multiply(false, false, n, l->width, l->d, 1.0, point->t_k, l->d, l->w_k + row, l->width,
                 1.0, result, l->width);
    }
}
