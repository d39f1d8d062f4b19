/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/power.h"

#include "reference/random.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

/* Everything in binary32, as a user of a GPU has it. n tokens, `width` channels, d and d_v of the head. */
struct head {
    int32_t n, width, d, d_v;
    float scale;
    float *x, *w_q, *w_k, *w_v;
    float *q, *k, *v, *p;
    float *t_q, *t_k, *t_v, *t_p;
    float *t, *u; /* a direction and its image */
};

static float *floats(size_t count)
{
    return calloc(count > 0 ? count : 1, sizeof(float));
}

static float *rounded(const double *values, size_t count)
{
    float *result = floats(count);

    for (size_t n = 0; result != NULL && n < count; n++) {
        result[n] = (float)values[n];
    }
    return result;
}

static void destroy(struct head *x)
{
    float *const all[] = {x->x, x->w_q, x->w_k, x->w_v, x->q,   x->k, x->v,
                          x->p, x->t_q, x->t_k, x->t_v, x->t_p, x->t, x->u};

    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++) {
        free(all[n]);
    }
}

static bool create(struct head *x, const struct sc_layer *l, const double *tokens)
{
    const size_t n = (size_t)l->tokens, width = (size_t)l->width;
    const size_t d = (size_t)l->d, d_v = (size_t)l->d_v;

    *x = (struct head){.n = l->tokens,
                       .width = l->width,
                       .d = l->d,
                       .d_v = l->d_v,
                       .scale = (float)l->scale,
                       .x = rounded(tokens, n * width),
                       .w_q = rounded(l->w_q, d * width),
                       .w_k = rounded(l->w_k, d * width),
                       .w_v = rounded(l->w_v, d_v * width),
                       .q = floats(n * d),
                       .k = floats(n * d),
                       .v = floats(n * d_v),
                       .p = floats(n * n),
                       .t_q = floats(n * d),
                       .t_k = floats(n * d),
                       .t_v = floats(n * d_v),
                       .t_p = floats(n * n),
                       .t = floats(n * width),
                       .u = floats(n * d_v)};
    return x->x != NULL && x->w_q != NULL && x->w_k != NULL && x->w_v != NULL && x->q != NULL &&
           x->k != NULL && x->v != NULL && x->p != NULL && x->t_q != NULL && x->t_k != NULL &&
           x->t_v != NULL && x->t_p != NULL && x->t != NULL && x->u != NULL;
}

/* c = alpha op(a) op(b) + beta c, row-major. */
static void multiply(CBLAS_TRANSPOSE a_turned, CBLAS_TRANSPOSE b_turned, int32_t rows,
                     int32_t columns, int32_t inner, float alpha, const float *a, const float *b,
                     float beta, float *c)
{
    cblas_sgemm(CblasRowMajor, a_turned, b_turned, rows, columns, inner, alpha, a,
                a_turned == CblasNoTrans ? inner : rows, b,
                b_turned == CblasNoTrans ? columns : inner, beta, c, columns);
}

static void project(const struct head *x, const float *rows, float *q, float *k, float *v)
{
    multiply(CblasNoTrans, CblasTrans, x->n, x->d, x->width, 1.0f, rows, x->w_q, 0.0f, q);
    multiply(CblasNoTrans, CblasTrans, x->n, x->d, x->width, 1.0f, rows, x->w_k, 0.0f, k);
    multiply(CblasNoTrans, CblasTrans, x->n, x->d_v, x->width, 1.0f, rows, x->w_v, 0.0f, v);
}

static void evaluate(struct head *x, float bias)
{
    project(x, x->x, x->q, x->k, x->v);
    multiply(CblasNoTrans, CblasTrans, x->n, x->n, x->d, x->scale, x->q, x->k, 0.0f, x->p);
    for (int64_t n = 0; n < (int64_t)x->n * x->n; n++) {
        x->p[n] = 1.0f / (1.0f + expf(-(x->p[n] + bias)));
    }
}

static void through_weights(struct head *x)
{
    for (int64_t n = 0; n < (int64_t)x->n * x->n; n++) {
        x->t_p[n] *= x->p[n] * (1.0f - x->p[n]);
    }
}

/* u = J t */
static void push(struct head *x)
{
    project(x, x->t, x->t_q, x->t_k, x->t_v);
    multiply(CblasNoTrans, CblasTrans, x->n, x->n, x->d, x->scale, x->t_q, x->k, 0.0f, x->t_p);
    multiply(CblasNoTrans, CblasTrans, x->n, x->n, x->d, x->scale, x->q, x->t_k, 1.0f, x->t_p);
    through_weights(x);
    multiply(CblasNoTrans, CblasNoTrans, x->n, x->d_v, x->n, 1.0f, x->t_p, x->v, 0.0f, x->u);
    multiply(CblasNoTrans, CblasNoTrans, x->n, x->d_v, x->n, 1.0f, x->p, x->t_v, 1.0f, x->u);
}

/* t = J^T u */
static void pull(struct head *x)
{
    multiply(CblasNoTrans, CblasTrans, x->n, x->n, x->d_v, x->scale, x->u, x->v, 0.0f, x->t_p);
    through_weights(x);
    multiply(CblasTrans, CblasNoTrans, x->n, x->d_v, x->n, 1.0f, x->p, x->u, 0.0f, x->t_v);
    multiply(CblasNoTrans, CblasNoTrans, x->n, x->d, x->n, 1.0f, x->t_p, x->k, 0.0f, x->t_q);
    multiply(CblasTrans, CblasNoTrans, x->n, x->d, x->n, 1.0f, x->t_p, x->q, 0.0f, x->t_k);
    multiply(CblasNoTrans, CblasNoTrans, x->n, x->width, x->d_v, 1.0f, x->t_v, x->w_v, 0.0f, x->t);
    multiply(CblasNoTrans, CblasNoTrans, x->n, x->width, x->d, 1.0f, x->t_q, x->w_q, 1.0f, x->t);
    multiply(CblasNoTrans, CblasNoTrans, x->n, x->width, x->d, 1.0f, x->t_k, x->w_k, 1.0f, x->t);
}

static void scale_to_one(float *t, int32_t count)
{
    const float length = cblas_snrm2(count, t, 1);

    cblas_sscal(count, length > 0.0f ? 1.0f / length : 0.0f, t, 1);
}

enum sc_status sc_bench_power(const struct sc_layer *layer, const double *x, uint64_t seed,
                              const int32_t *steps, int32_t marks, double *values,
                              struct sc_error *error)
{
    struct sc_random random = {seed};
    struct head head;
    enum sc_status status =
        create(&head, layer, x)
            ? SC_OK
            : sc_fail(error, SC_E_MEMORY, "bench: no memory for %d tokens", layer->tokens);
    const int32_t inputs = layer->tokens * layer->width, outputs = layer->tokens * layer->d_v;

    if (status == SC_OK) {
        evaluate(&head, (float)layer->bias[0]);
        for (int32_t n = 0; n < inputs; n++) {
            head.t[n] = (float)sc_random_normal(&random);
        }
        scale_to_one(head.t, inputs);
        for (int32_t step = 0, mark = 0; mark < marks; step++) {
            push(&head);
            if (step == steps[mark]) {
                values[mark++] = (double)cblas_snrm2(outputs, head.u, 1);
            }
            pull(&head);
            scale_to_one(head.t, inputs);
        }
    }
    destroy(&head);
    return status;
}
