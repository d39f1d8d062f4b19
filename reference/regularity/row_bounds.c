/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/row_bounds.h"

#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EXCESS    1e-6 /* of a certified norm over its estimate: B3 is no sharper than some per cent */
#define BISECTION 40

/* Counted as a size, with a relative error of some 2^-46, it covers products that underflow. */
#define UNDERFLOW 0x1p-1021

/* A number that is next to a ball counts as larger by this many times its absolute error (jacobian.c). */
#define SIZE_OF_ABSOLUTE 0x1p52

struct scratch {
    const struct sc_layer *layer;
    const double *q, *k, *v, *p;
    const struct sc_derivatives *a;
    double absolute; /* error of p, q, k, v and a at most */
    double floor;
    double *s, *mean; /* a token each; d_v */
    double *g;        /* [d_v][d] */
    double *b;        /* [d_v][width] */
    double *rows;     /* [tokens][d_v or width] */
    double *reach;    /* [tokens][width]: Q A_k(j) */
};

static double norm(const double *x, int64_t count)
{
    return cblas_dnrm2((int32_t)count, x, 1);
}

/* s of a row, and the mean of the values. */
static void set_row(struct scratch *x, int32_t i)
{
    const struct sc_layer *l = x->layer;
    const double *p = x->p + (int64_t)i * l->tokens;

    memset(x->mean, 0, (size_t)l->d_v * sizeof *x->mean);
    for (int32_t j = 0; j < l->tokens; j++) {
        x->s[j] = l->kind == SC_LAYER_SIGMOID ? p[j] * (1.0 - p[j]) : p[j];
        if (l->kind == SC_LAYER_SOFTMAX) {
            cblas_daxpy(l->d_v, p[j], x->v + (int64_t)j * l->d_v, 1, x->mean, 1);
        }
    }
}

/* Sizes for the errors of row i: of p, and of the values, with the floor of absolute errors. Plain arithmetic. */
static double value_size(const struct scratch *x, int32_t j)
{
    const struct sc_layer *l = x->layer;

    return norm(x->v + (int64_t)j * l->d_v, l->d_v) + x->floor +
           (l->kind == SC_LAYER_SOFTMAX ? norm(x->mean, l->d_v) : 0.0);
}

/* More than the roundings of an element, a sum over tokens among them, in units of 2^-53; twice, for the sizes are
 * themselves computed. */
static double roundings(const struct sc_layer *l)
{
    return 2.0 * (2.0 * l->tokens + 2.0 * l->d + 64.0) * 0x1.01p-53;
}

/* ||V_i^T D(S_i) K A_q(i)|| */
static enum sc_status query_norm(struct scratch *x, int32_t i, double floor_norm, double *result,
                                 struct sc_error *error)
{
    const struct sc_layer *l = x->layer;
    const double *p = x->p + (int64_t)i * l->tokens, *a = x->a->q + i * x->a->step;
    double size = 0.0;
    enum sc_status status = SC_OK;

    for (int32_t j = 0; j < l->tokens; j++) {
        const double *v = x->v + (int64_t)j * l->d_v, *k = x->k + (int64_t)j * l->d;
        const bool seen = sc_layer_sees(l, i, j);
        for (int32_t c = 0; c < l->d_v; c++) {
            x->rows[(int64_t)j * l->d_v + c] = seen ? x->s[j] * (v[c] - x->mean[c]) : 0.0;
        }
        const double size_k = norm(k, l->d) + x->floor;
        size +=
            seen ? (p[j] + x->floor) * value_size(x, j) * size_k + UNDERFLOW * (1.0 + size_k) : 0.0;
    }
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->d_v, l->d, l->tokens, 1.0, x->rows,
                l->d_v, x->k, l->d, 0.0, x->g, l->d);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->d_v, l->width, l->d, 1.0, x->g, l->d,
                a, l->width, 0.0, x->b, l->width);
    const double wrong = roundings(l) * (size * (norm(a, (int64_t)l->d * l->width) + x->floor) +
                                         UNDERFLOW * l->d_v * l->width);
    const double loose = sc_spectral_frobenius(x->b, (int64_t)l->d_v * l->width);
    *result = loose;
    if (sc_upward_add(loose, wrong) > floor_norm) {
        status = sc_spectral_upper(x->b, l->d_v, l->width, 0.0, EXCESS, result, error);
    }
    *result = sc_upward_add(*result, wrong);
    return status;
}

/* ||diag(s)^(1/2) M||^2, M the rows given. `size` bounds ||M||_F with p for s. */
static enum sc_status weighted_norm(const struct sc_layer *l, const double *rows, int32_t width,
                                    double size, double floor_norm, double *result,
                                    struct sc_error *error)
{
    const double wrong = roundings(l) * size;
    double norm_of = sc_spectral_frobenius(rows, (int64_t)l->tokens * width);
    enum sc_status status = SC_OK;

    if (sc_upward_multiply(norm_of, norm_of) > floor_norm) {
        status = sc_spectral_upper(rows, l->tokens, width, 0.0, EXCESS, &norm_of, error);
    }
    norm_of = sc_upward_add(norm_of, wrong);
    *result = sc_upward_multiply(norm_of, norm_of);
    return status;
}

/* >= the square root of the exact s, for a weight of p: s errs by up to 2^-51 p and the absolute error of p, which a root
 * would turn into far more. The norm rises with the weights, so that larger ones are still a bound. */
static double root_of(const struct scratch *x, double s, double p)
{
    return sqrt(s + 0x1p-50 * p + 2.0 * x->absolute);
}

/* ||V_i^T D(S_i) V_i|| */
static enum sc_status value_norm(struct scratch *x, int32_t i, double floor_norm, double *result,
                                 struct sc_error *error)
{
    const struct sc_layer *l = x->layer;
    const double *p = x->p + (int64_t)i * l->tokens;
    double size = 0.0;

    for (int32_t j = 0; j < l->tokens; j++) {
        const bool seen = sc_layer_sees(l, i, j);
        const double weight = seen ? root_of(x, x->s[j], p[j]) : 0.0;
        for (int32_t c = 0; c < l->d_v; c++) {
            x->rows[(int64_t)j * l->d_v + c] =
                weight * (x->v[(int64_t)j * l->d_v + c] - x->mean[c]);
        }
        const double one = seen ? sqrt(p[j] + x->floor) * value_size(x, j) : 0.0;
        size += one * one;
    }
    return weighted_norm(l, x->rows, l->d_v, sqrt(size), floor_norm, result, error);
}

/* ||A_k(j)^T Q^T D(S^j) Q A_k(j)|| */
static enum sc_status key_norm(struct scratch *x, int32_t j, double floor_norm, double *result,
                               struct sc_error *error)
{
    const struct sc_layer *l = x->layer;
    const double *a = x->a->k + j * x->a->step;
    const double size_a = norm(a, (int64_t)l->d * l->width) + x->floor;
    double size = 0.0;

    if (j == 0 || x->a->moving) {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->tokens, l->width, l->d, 1.0, x->q,
                    l->d, a, l->width, 0.0, x->reach, l->width);
    }
    for (int32_t i = 0; i < l->tokens; i++) {
        const bool seen = sc_layer_sees(l, i, j);
        const double p = x->p[(int64_t)i * l->tokens + j];
        const double s = l->kind == SC_LAYER_SIGMOID ? p * (1.0 - p) : p;
        const double weight = seen ? root_of(x, s, p) : 0.0;
        for (int32_t b = 0; b < l->width; b++) {
            x->rows[(int64_t)i * l->width + b] = weight * x->reach[(int64_t)i * l->width + b];
        }
        const double one =
            seen ? sqrt(p + x->floor) * (norm(x->q + (int64_t)i * l->d, l->d) + x->floor) * size_a
                 : 0.0;
        size += one * one;
    }
    return weighted_norm(l, x->rows, l->width, sqrt(size), floor_norm, result, error);
}

static bool scratch_create(struct scratch *x)
{
    const size_t n = (size_t)x->layer->tokens, d = (size_t)x->layer->d;
    const size_t d_v = (size_t)x->layer->d_v, width = (size_t)x->layer->width;

    x->s = calloc(n, sizeof(double));
    x->mean = calloc(d_v, sizeof(double));
    x->g = calloc(d_v * d, sizeof(double));
    x->b = calloc(d_v * width, sizeof(double));
    x->rows = calloc(n * (d_v > width ? d_v : width), sizeof(double));
    x->reach = calloc(n * width, sizeof(double));
    return x->s != NULL && x->mean != NULL && x->g != NULL && x->b != NULL && x->rows != NULL &&
           x->reach != NULL;
}

static void scratch_destroy(struct scratch *x)
{
    free(x->s);
    free(x->mean);
    free(x->g);
    free(x->b);
    free(x->rows);
    free(x->reach);
}

enum sc_status sc_row_bounds_compute(const struct sc_layer *layer, const double *q, const double *k,
                                     const double *v, const double *p,
                                     const struct sc_derivatives *a, const struct sc_nearness *near,
                                     const struct sc_nearness *rounded,
                                     struct sc_row_bounds *bounds, struct sc_error *error)
{
    const double absolute = fmax(a->absolute, fmax(near->absolute, rounded->absolute));
    struct scratch x = {.layer = layer,
                        .q = q,
                        .k = k,
                        .v = v,
                        .p = p,
                        .a = a,
                        .absolute = absolute,
                        .floor = SIZE_OF_ABSOLUTE * absolute};
    enum sc_status status = SC_OK;

    *bounds = (struct sc_row_bounds){0.0, 0.0, 0.0};
    if (!scratch_create(&x)) {
        status = sc_fail(error, SC_E_MEMORY, "bounds: no memory for %d tokens", layer->tokens);
    }
    for (int32_t i = 0; status == SC_OK && i < layer->tokens; i++) {
        double one = 0.0;
        set_row(&x, i);
        status = query_norm(&x, i, bounds->queries, &one, error);
        bounds->queries = fmax(bounds->queries, one);
        if (status == SC_OK) {
            status = value_norm(&x, i, bounds->values, &one, error);
            bounds->values = fmax(bounds->values, one);
        }
        if (status == SC_OK) {
            status = key_norm(&x, i, bounds->keys, &one, error);
            bounds->keys = fmax(bounds->keys, one);
        }
    }
    scratch_destroy(&x);
    return status;
}

/* sum_j p_j^2 / (p_j - l), from below, with errors of p relative to it. */
static double secular(const double *p, int32_t count, double l)
{
    double positive = 0.0, negative = 0.0;

    for (int32_t j = 0; j < count; j++) {
        const double term = p[j] * p[j] / (p[j] - l);
        positive += term > 0.0 ? term : 0.0;
        negative += term > 0.0 ? 0.0 : -term;
    }
    return positive * (1.0 - 1e-10) - negative * (1.0 + 1e-10);
}

double sc_row_bounds_covariance(const struct sc_layer *layer, const double *p,
                                const struct sc_nearness *near)
{
    double result = 0.0;

    for (int64_t i = 0; i < layer->tokens; i++) {
        const double *row = p + i * layer->tokens;
        double first = 0.0, second = 0.0;
        for (int32_t j = 0; j < layer->tokens; j++) {
            second = row[j] > first ? first : fmax(second, row[j]);
            first = fmax(first, row[j]);
        }
        double low = second, high = first;
        for (int32_t step = 0; step < BISECTION && high > result && high - low > 1e-6 * high;
             step++) {
            const double middle = 0.5 * (low + high);
            /* away from the poles, where errors of p of 2^-53 do not matter */
            const bool enough = first - middle > 1e-5 * first && middle - second > 1e-5 * middle &&
                                secular(row, layer->tokens, middle) >= 1.0;
            low = enough ? low : middle;
            high = enough ? middle : high;
        }
        result = fmax(result, high);
    }
    /* of a matrix of errors e: |diag e| + 2 |p| |e| + |e|^2, |p| <= 1 and |e| <= sqrt(n) absolute */
    const double wrong = (1.0 + 2.0 * sqrt(layer->tokens)) * near->absolute +
                         layer->tokens * near->absolute * near->absolute;
    return fmin(0.5, sc_upward_add(result * (1.0 + 1e-9), 1.01 * wrong));
}
