/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/jacobian.h"

#include "reference/regularity/derivatives.h"
#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number that is next to a ball, |exact - value| <= 2^-52 |value| + a, counts as one of size |value| + 2^52 a with a
 * relative error of 2^-52. */
#define SIZE_OF_ABSOLUTE 0x1p52

/* What a head's rows are made of. */
struct head {
    const struct sc_layer *layer;
    const double *q, *k, *v, *p; /* of the head */
    const double *w_v;           /* [d_v][width] */
    struct sc_derivatives a;
    double floor; /* what a is counted as */
    double reach; /* >= 1 and the size of every factor so far, in plain arithmetic */
    /* scratch of a row */
    double *s, *mean, *g, *w;
};

double sc_jacobian_bytes(const struct sc_layer *layer)
{
    return 8.0 * (double)sc_layer_outputs(layer) * (double)sc_layer_inputs(layer);
}

static const double *a_q(const struct head *x, int32_t i)
{
    return x->a.q + i * x->a.step;
}

static const double *a_k(const struct head *x, int32_t j)
{
    return x->a.k + j * x->a.step;
}

static double norm(const double *x, int64_t count)
{
    return cblas_dnrm2((int32_t)count, x, 1);
}

/* s_il, and the mean of the values by the weights. */
static void set_row(struct head *x, int32_t i)
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

/* ||M||_F^2 of row i at most, in plain arithmetic. */
static double measure(struct head *x, int32_t i)
{
    const struct sc_layer *l = x->layer;
    const double *p = x->p + (int64_t)i * l->tokens;
    const double q = norm(x->q + (int64_t)i * l->d, l->d) + x->floor;
    const double size_q = norm(a_q(x, i), (int64_t)l->d * l->width) + x->floor;
    const double w_v = norm(x->w_v, (int64_t)l->d_v * l->width);
    double weights = 0.0, keys = 0.0, queries = 0.0, mean = 0.0;

    for (int32_t j = 0; l->kind == SC_LAYER_SOFTMAX && j < l->tokens; j++) {
        mean += (p[j] + x->floor) * (norm(x->v + (int64_t)j * l->d_v, l->d_v) + x->floor);
    }
    x->reach = fmax(fmax(x->reach, l->scale), fmax(fmax(q, size_q), w_v));
    for (int32_t j = 0; j < l->tokens; j++) {
        const double weight = sc_layer_sees(l, i, j) ? p[j] + x->floor : 0.0;
        const double v = norm(x->v + (int64_t)j * l->d_v, l->d_v) + x->floor + mean;
        const double k = norm(x->k + (int64_t)j * l->d, l->d) + x->floor;
        const double size_k = norm(a_k(x, j), (int64_t)l->d * l->width) + x->floor;
        x->reach = fmax(x->reach, fmax(v, fmax(k, size_k)));
        weights += weight * weight;
        keys += weight * v * l->scale * q * size_k * (weight * v * l->scale * q * size_k);
        queries += l->scale * weight * v * k * size_q;
    }
    const double all = sqrt(weights) * w_v + sqrt(keys) + queries;
    return all * all;
}

/* Row i of a head: d_v rows of `width` doubles a token, `stride` apart. */
static void set_blocks(struct head *x, int32_t i, double *rows, int64_t stride)
{
    const struct sc_layer *l = x->layer;
    const double *p = x->p + (int64_t)i * l->tokens, *q = x->q + (int64_t)i * l->d;

    memset(x->g, 0, (size_t)l->d_v * (size_t)l->d * sizeof *x->g);
    for (int32_t j = 0; j < l->tokens; j++) {
        const double *v = x->v + (int64_t)j * l->d_v, *k = x->k + (int64_t)j * l->d;
        if (j == 0 || x->a.moving) {
            cblas_dgemv(CblasRowMajor, CblasTrans, l->d, l->width, l->scale, a_k(x, j), l->width, q,
                        1, 0.0, x->w, 1);
        }
        for (int32_t c = 0; c < l->d_v; c++) {
            double *row = rows + c * stride + (int64_t)j * l->width;
            const double *w_v = x->w_v + (int64_t)c * l->width;
            const double factor =
                x->s[j] * (l->kind == SC_LAYER_SIGMOID ? v[c] : v[c] - x->mean[c]);
            for (int32_t b = 0; b < l->width; b++) {
                row[b] = p[j] * w_v[b] + factor * x->w[b];
            }
            cblas_daxpy(l->d, factor, k, 1, x->g + (int64_t)c * l->d, 1);
        }
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->d_v, l->width, l->d, l->scale, x->g,
                l->d, a_q(x, i), l->width, 1.0, rows + (int64_t)i * l->width, (int32_t)stride);
}

static bool head_create(struct head *x, const struct sc_layer *l)
{
    const size_t tokens = (size_t)l->tokens, d = (size_t)l->d, d_v = (size_t)l->d_v;

    x->layer = l;
    x->s = calloc(tokens, sizeof(double));
    x->mean = calloc(d_v, sizeof(double));
    x->g = calloc(d_v * d, sizeof(double));
    x->w = calloc((size_t)l->width, sizeof(double));
    return x->s != NULL && x->mean != NULL && x->g != NULL && x->w != NULL;
}

static void head_destroy(struct head *x)
{
    sc_derivatives_destroy(&x->a);
    free(x->s);
    free(x->mean);
    free(x->g);
    free(x->w);
}

/* All heads' rows, [tokens][heads d_v][tokens width], through W_o where there is one. */
struct assembly {
    const struct sc_balls *balls;
    const double *p;
    double *q, *k, *v;
    double *side; /* of one token, [heads d_v][inputs]; NULL without W_o */
    double floor;
};

static bool assembly_create(struct assembly *x, const struct sc_balls *balls, const double *p,
                            const struct sc_nearness *near)
{
    const struct sc_layer *l = balls->layer;
    const size_t rows = (size_t)l->heads * (size_t)l->tokens;
    const size_t all = (size_t)l->heads * (size_t)l->d_v;
    struct sc_nearness rounded;

    *x = (struct assembly){.balls = balls, .p = p};
    x->q = malloc(rows * (size_t)l->d * sizeof(double));
    x->k = malloc(rows * (size_t)l->d * sizeof(double));
    x->v = malloc(rows * (size_t)l->d_v * sizeof(double));
    if (l->w_o != NULL) {
        x->side = malloc(all * (size_t)sc_layer_inputs(l) * sizeof(double));
    }
    if (x->q == NULL || x->k == NULL || x->v == NULL || (l->w_o != NULL && x->side == NULL)) {
        return false;
    }
    sc_balls_round(balls, x->q, x->k, x->v, &rounded);
    x->floor = SIZE_OF_ABSOLUTE * fmax(near->absolute, rounded.absolute);
    return true;
}

static void assembly_destroy(struct assembly *x)
{
    free(x->q);
    free(x->k);
    free(x->v);
    free(x->side);
}

/* Points a head at what it is made of; whether there was memory. */
static bool assemble_head(const struct assembly *my, struct head *x, int32_t h)
{
    const struct sc_layer *l = x->layer;
    const int64_t rows = (int64_t)h * l->tokens;

    x->q = my->q + rows * l->d;
    x->k = my->k + rows * l->d;
    x->v = my->v + rows * l->d_v;
    x->p = my->p + rows * l->tokens;
    x->w_v = l->w_v + (int64_t)h * l->d_v * l->width;
    if (!sc_derivatives_create(my->balls, h, &x->a)) {
        return false;
    }
    x->floor = fmax(my->floor, SIZE_OF_ABSOLUTE * x->a.absolute);
    return true;
}

/* gamma_n as in spectral.h, for n u < 1/2. */
static double gamma_of(double n)
{
    return n * 0x1p-53 * (1.0 + 4.0 * n * 0x1p-53);
}

/* What products that underflow may cost an element. Each is 2^-1074 off; of the sums of an element, over tokens and
 * channels, it goes through four more factors at most, and W_o. */
static double underflow(const struct sc_layer *l, double reach, double w_o)
{
    const double terms =
        ((double)l->tokens + 1.0) * ((double)l->d + 1.0) + (double)l->heads * l->d_v;
    double result = sc_upward_multiply(terms * 0x1p-1070, sc_upward_add(1.0, w_o));

    for (int n = 0; n < 4; n++) {
        result = sc_upward_multiply(result, 2.0 * reach);
    }
    return result;
}

static enum sc_status finish(const struct sc_layer *l, double magnitude, double reach,
                             struct sc_jacobian *jacobian, struct sc_error *error)
{
    const double roundings = 2.0 * l->tokens + 2.0 * l->d + (double)l->heads * l->d_v + 64.0;
    const double w_o =
        l->w_o == NULL ? 1.0 : sc_spectral_frobenius(l->w_o, (int64_t)l->out * l->heads * l->d_v);

    /* twice: its own evaluation rounds too */
    jacobian->error = sc_upward_add(
        2.0 * gamma_of(roundings) * w_o * sqrt(magnitude),
        sc_upward_multiply(underflow(l, reach, w_o),
                           2.0 * sqrt((double)jacobian->outputs * (double)jacobian->inputs)));
    return isfinite(jacobian->error)
               ? SC_OK
               : sc_fail(error, SC_E_UNAVAILABLE, "jacobian: an element is not finite");
}

enum sc_status sc_jacobian_create(const struct sc_balls *balls, const double *p,
                                  const struct sc_nearness *near, struct sc_jacobian *jacobian,
                                  struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    const int64_t inputs = sc_layer_inputs(l);
    const int32_t all = l->heads * l->d_v;
    struct head *heads = calloc((size_t)l->heads, sizeof *heads);
    bool made = heads != NULL;
    struct assembly my;
    double magnitude = 0.0, reach = 1.0;
    enum sc_status status = SC_OK;

    *jacobian = (struct sc_jacobian){.outputs = sc_layer_outputs(l), .inputs = inputs};
    jacobian->elements = malloc((size_t)jacobian->outputs * (size_t)inputs * sizeof(double));
    const bool assembled = assembly_create(&my, balls, p, near);
    for (int32_t h = 0; made && h < l->heads; h++) {
        made = head_create(&heads[h], l) && assembled && assemble_head(&my, &heads[h], h);
    }
    if (!made || !assembled || jacobian->elements == NULL) {
        status =
            sc_fail(error, SC_E_MEMORY, "jacobian: no memory for %.0f bytes", sc_jacobian_bytes(l));
        goto done;
    }
    for (int32_t i = 0; i < l->tokens; i++) {
        double *rows = my.side != NULL ? my.side : jacobian->elements + (int64_t)i * all * inputs;
        for (int32_t h = 0; h < l->heads; h++) {
            set_row(&heads[h], i);
            magnitude += measure(&heads[h], i);
            reach = fmax(reach, heads[h].reach);
            set_blocks(&heads[h], i, rows + (int64_t)h * l->d_v * inputs, inputs);
        }
        if (my.side != NULL) {
            cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->out, (int32_t)inputs, all,
                        1.0, l->w_o, all, my.side, (int32_t)inputs, 0.0,
                        jacobian->elements + (int64_t)i * l->out * inputs, (int32_t)inputs);
        }
    }
    status = finish(l, magnitude, reach, jacobian, error);
done:
    for (int32_t h = 0; heads != NULL && h < l->heads; h++) {
        head_destroy(&heads[h]);
    }
    free(heads);
    assembly_destroy(&my);
    if (status != SC_OK) {
        sc_jacobian_destroy(jacobian);
    }
    return status;
}

void sc_jacobian_destroy(struct sc_jacobian *jacobian)
{
    free(jacobian->elements);
    jacobian->elements = NULL;
}
