/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/around_rows.h"

#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXCESS 1e-6 /* of a certified norm over its estimate, as in row_bounds.c */

/* An absolute error e of a number counts as a size of 2^52 e, of which 2^-52 is charged. */
#define SIZE_OF_ABSOLUTE 0x1p52

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

struct scratch {
    const struct sc_around_head *head;
    double *u, *y;        /* [tokens][d_v], [tokens][d]: of the row */
    double *mean;         /* of the larger of d and d_v */
    double *reach;        /* [tokens][width]: Q A_k(j) */
    double *size;         /* [tokens]: what errors of a row of U, Y or Q A_k(j) are relative to */
    double *scaled;       /* [tokens][the widest] */
    double off_u, off_y;  /* >= |U^T p_0|, |Y^T p_0|; sigmoid: not used */
    double floor, size_a; /* of absolute errors; >= ||A_k(j)_0||_F */
};

/* Errors of an element of U, Y or Q A_k(j), of the size given, and of its scaling: twice those of a sum of d terms. */
static double roundings(const struct sc_layer *l)
{
    return (2.0 * l->d + 64.0) * 0x1p-52;
}

/* >= ||D(s)^(1/2) M||, s a number from above of each row, `step` apart; M is next to `rows`, off by roundings of x->size. */
static enum sc_status weighted(struct scratch *x, const double *s, int64_t step, const double *rows,
                               int32_t width, double *norm, struct sc_error *error)
{
    const struct sc_layer *l = x->head->layer;
    double square = 0.0;

    for (int32_t j = 0; j < l->tokens; j++) {
        const double weight = sc_upward_root(s[j * step]);
        for (int32_t c = 0; c < width; c++) {
            x->scaled[(int64_t)j * width + c] =
                s[j * step] > 0.0 ? weight * rows[(int64_t)j * width + c] : 0.0;
        }
        if (s[j * step] > 0.0) {
            square = plus(square, times(s[j * step], times(x->size[j], x->size[j])));
        }
    }
    const enum sc_status status =
        sc_spectral_upper(x->scaled, l->tokens, width, 0.0, EXCESS, norm, error);
    *norm = plus(*norm, times(roundings(l), sc_upward_root(square)));
    return status;
}

static double norm(const double *x, int64_t count)
{
    return cblas_dnrm2((int32_t)count, x, 1) * (1.0 + 0x1p-30);
}

/* Rows less their mean by p of row i; how far from 0 the mean is then. */
static double centre(struct scratch *x, const double *p, const double *rows, int32_t width,
                     double *centred)
{
    const struct sc_layer *l = x->head->layer;
    double off = 0.0;

    memset(x->mean, 0, (size_t)width * sizeof *x->mean);
    for (int32_t j = 0; l->kind == SC_LAYER_SOFTMAX && j < l->tokens; j++) {
        cblas_daxpy(width, p[j], rows + (int64_t)j * width, 1, x->mean, 1);
    }
    for (int32_t j = 0; j < l->tokens; j++) {
        for (int32_t c = 0; c < width; c++) {
            centred[(int64_t)j * width + c] = rows[(int64_t)j * width + c] - x->mean[c];
        }
        x->size[j] =
            norm(rows + (int64_t)j * width, width) + norm(x->mean, width) + x->floor * width;
        /* p errs by 2^-53 p and `absolute`, the mean by tokens roundings of what is summed */
        off += (p[j] + x->floor) * x->size[j];
    }
    return 2.0 * (l->tokens + 8.0) * 0x1p-52 * off;
}

/* What a row or a column of weights s has in its sum and its largest element. */
struct extent {
    double sum, largest;
};

static struct extent measure(const double *s, int64_t step, int32_t count)
{
    struct extent x = {0.0, 0.0};

    for (int32_t j = 0; j < count; j++) {
        x.sum = plus(x.sum, s[j * step]);
        x.largest = fmax(x.largest, s[j * step]);
    }
    return x;
}

/* >= ||D(S)^(1/2) dX|| of a row or column. */
static double moved(const struct sc_moves *moves, enum sc_moves_set set, struct extent s, bool row)
{
    double square = set == SC_MOVES_WHOLE ? s.largest : s.sum;

    if (row && moves->layer->kind == SC_LAYER_SOFTMAX) {
        square = fmin(square, 1.0);
    }
    return times(sc_upward_root(square), moves->radius);
}

/* The terms of row i. */
static enum sc_status row_terms(struct scratch *x, const struct sc_moves *moves,
                                enum sc_moves_set set, const struct sc_weight_range *range,
                                int32_t i, struct sc_around_rows *rows, struct sc_error *error)
{
    const struct sc_around_head *head = x->head;
    const struct sc_layer *l = head->layer;
    const int64_t at = (int64_t)i * l->tokens;
    const double *s = range->slope + at, *d = range->change + at;
    const struct extent extent = measure(s, 1, l->tokens), change = measure(d, 1, l->tokens);
    const double r = moved(moves, set, extent, true), size = moves->size_q[i];
    double u = 0.0, w = 0.0, alpha = 0.0, beta = 0.0;

    x->off_u = centre(x, head->p + at, head->v, l->d_v, x->u);
    enum sc_status status = weighted(x, s, 1, x->u, l->d_v, &u, error);
    if (status == SC_OK) {
        status = weighted(x, d, 1, x->u, l->d_v, &alpha, error);
    }
    x->off_y = centre(x, head->p + at, head->k, l->d, x->y);
    if (status == SC_OK) {
        status = weighted(x, s, 1, x->y, l->d, &w, error);
    }
    if (status == SC_OK) {
        status = weighted(x, d, 1, x->y, l->d, &beta, error);
    }
    const double moved_v = times(head->parts->w_v, r), all_v = plus(u, moved_v);
    const double y =
        moves->linear ? times(r, sc_upward_next(moves->form / l->scale))
                      : plus(times(w, moves->turn_q[i]), times(r, times(moves->size_k_max, size)));
    double cross = times(alpha, beta);
    if (l->kind == SC_LAYER_SOFTMAX) {
        cross = plus(
            times(cross, plus(1.0, change.sum)),
            times(sc_upward_root(change.sum), plus(times(alpha, x->off_y), times(beta, x->off_u))));
    }
    const double near_centre = plus(plus(head->parts->rows.queries, times(cross, size)),
                                    plus(times(moved_v, times(w, size)), times(all_v, y)));
    const double anywhere = times(all_v, plus(times(w, size), y));
    rows->queries = fmax(rows->queries, fmin(near_centre, anywhere));
    rows->values = fmax(rows->values, times(all_v, all_v));
    return status;
}

/* The term of column j. */
static enum sc_status column_term(struct scratch *x, const struct sc_moves *moves,
                                  enum sc_moves_set set, const struct sc_weight_range *range,
                                  int32_t j, struct sc_around_rows *rows, struct sc_error *error)
{
    const struct sc_around_head *head = x->head;
    const struct sc_layer *l = head->layer;
    const double *s = range->slope + j, *a = head->a->k + j * head->a->step;
    const double r = moved(moves, set, measure(s, l->tokens, l->tokens), false);
    double all = 0.0, square = 0.0;

    if (j == 0 || head->a->moving) {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->tokens, l->width, l->d, 1.0,
                    head->q, l->d, a, l->width, 0.0, x->reach, l->width);
        x->size_a = norm(a, (int64_t)l->d * l->width) + x->floor * l->width;
    }
    for (int32_t i = 0; i < l->tokens; i++) {
        const double q = norm(head->q + (int64_t)i * l->d, l->d) + x->floor * l->d;
        x->size[i] = times(q, x->size_a);
        square = plus(square, times(s[(int64_t)i * l->tokens], times(q, q)));
    }
    const enum sc_status status = weighted(x, s, l->tokens, x->reach, l->width, &all, error);
    all = plus(all, moves->linear ? times(r, sc_upward_next(moves->form / l->scale))
                                  : plus(times(sc_upward_root(square), moves->turn_k[j]),
                                         times(r, times(moves->size_q_max, moves->size_k[j]))));
    rows->keys = fmax(rows->keys, times(all, all));
    return status;
}

static bool scratch_create(struct scratch *x)
{
    const struct sc_layer *l = x->head->layer;
    const size_t n = (size_t)l->tokens, d = (size_t)l->d, d_v = (size_t)l->d_v;
    const size_t width = (size_t)l->width, wide = d > d_v ? d : d_v;

    x->u = calloc(n * d_v, sizeof(double));
    x->y = calloc(n * d, sizeof(double));
    x->mean = calloc(wide, sizeof(double));
    x->reach = calloc(n * width, sizeof(double));
    x->size = calloc(n, sizeof(double));
    x->scaled = calloc(n * (wide > width ? wide : width), sizeof(double));
    return x->u != NULL && x->y != NULL && x->mean != NULL && x->reach != NULL && x->size != NULL &&
           x->scaled != NULL;
}

static void scratch_destroy(struct scratch *x)
{
    free(x->u);
    free(x->y);
    free(x->mean);
    free(x->reach);
    free(x->size);
    free(x->scaled);
}

enum sc_status sc_around_rows_compute(const struct sc_around_head *head,
                                      const struct sc_moves *moves, enum sc_moves_set set,
                                      const struct sc_weight_range *range,
                                      struct sc_around_rows *rows, struct sc_error *error)
{
    const double absolute =
        fmax(head->a->absolute, fmax(head->near->absolute, head->rounded->absolute));
    struct scratch x = {.head = head, .floor = SIZE_OF_ABSOLUTE * absolute};
    enum sc_status status = SC_OK;

    *rows = (struct sc_around_rows){0.0, 0.0, 0.0};
    if (!scratch_create(&x)) {
        status =
            sc_fail(error, SC_E_MEMORY, "around: no memory for %d tokens", head->layer->tokens);
    }
    for (int32_t i = 0; status == SC_OK && i < head->layer->tokens; i++) {
        status = row_terms(&x, moves, set, range, i, rows, error);
        if (status == SC_OK) {
            status = column_term(&x, moves, set, range, i, rows, error);
        }
    }
    scratch_destroy(&x);
    return status;
}
