/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/balls.h"

#include "reference/oracle/arb_score.h"
#include "reference/parallel.h"
#include "reference/regularity/ball_matrix.h"
#include "reference/regularity/ball_norm.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

/* x W^T + beta of rows of one head, and what follows the projection. */
struct projection {
    struct sc_balls *balls;
    const double *x;
};

arb_ptr sc_balls_vector(const double *x, int64_t count)
{
    arb_ptr result = _arb_vec_init(count);

    for (int64_t n = 0; n < count; n++) {
        arb_set_d(result + n, x[n]);
    }
    return result;
}

void sc_balls_project(arb_srcptr x, const struct sc_layer *layer, arb_srcptr w, const double *beta,
                      int32_t channels, slong precision, arb_ptr row)
{
    for (int32_t c = 0; c < channels; c++) {
        arb_dot(row + c, NULL, 0, x, 1, w + (int64_t)c * layer->width, 1, layer->width, precision);
        if (beta != NULL) {
            arf_t shift;
            arf_init(shift);
            arf_set_d(shift, beta[c]);
            arb_add_arf(row + c, row + c, shift, precision);
            arf_clear(shift);
        }
    }
}

/* The rows of a head; jobs are heads. */
static enum sc_status project_heads(struct sc_parallel *queue, void *context,
                                    struct sc_error *error)
{
    const struct projection *my = context;
    const struct sc_balls *balls = my->balls;
    const struct sc_layer *l = balls->layer;
    const int64_t inputs = sc_layer_inputs(l);
    arb_ptr x = sc_balls_vector(my->x, inputs);
    enum sc_status status = SC_OK;
    int64_t h;

    while (status == SC_OK && (h = sc_parallel_next(queue)) >= 0) {
        const int64_t at = h * l->d, at_v = h * l->d_v;
        arb_ptr w_q = sc_balls_vector(l->w_q + at * l->width, (int64_t)l->d * l->width);
        arb_ptr w_k = sc_balls_vector(l->w_k + at * l->width, (int64_t)l->d * l->width);
        arb_ptr w_v = sc_balls_vector(l->w_v + at_v * l->width, (int64_t)l->d_v * l->width);
        for (int32_t i = 0; i < l->tokens; i++) {
            arb_srcptr row = x + (int64_t)i * l->width;
            arb_ptr q = balls->q + (h * l->tokens + i) * l->d;
            arb_ptr k = balls->k + (h * l->tokens + i) * l->d;
            sc_balls_project(row, l, w_q, l->beta_q == NULL ? NULL : l->beta_q + at, l->d,
                             balls->precision, q);
            sc_balls_project(row, l, w_k, l->beta_k == NULL ? NULL : l->beta_k + at, l->d,
                             balls->precision, k);
            sc_balls_project(row, l, w_v, l->beta_v == NULL ? NULL : l->beta_v + at_v, l->d_v,
                             balls->precision, balls->v + (h * l->tokens + i) * l->d_v);
            if (balls->raw_q != NULL) {
                _arb_vec_set(balls->raw_q + (q - balls->q), q, l->d);
                _arb_vec_set(balls->raw_k + (k - balls->k), k, l->d);
            }
            sc_ball_norm_apply(l, l->gain_q, i, balls->precision, q);
            sc_ball_norm_apply(l, l->gain_k, i, balls->precision, k);
        }
        _arb_vec_clear(w_q, (int64_t)l->d * l->width);
        _arb_vec_clear(w_k, (int64_t)l->d * l->width);
        _arb_vec_clear(w_v, (int64_t)l->d_v * l->width);
    }
    _arb_vec_clear(x, inputs);
    flint_cleanup();
    (void)error;
    return status;
}

enum sc_status sc_balls_create(const struct sc_layer *layer, const double *x, int32_t threads,
                               struct sc_balls *balls, struct sc_error *error)
{
    const int64_t rows = (int64_t)layer->heads * layer->tokens;
    struct projection projection = {balls, x};

    *balls = (struct sc_balls){.layer = layer,
                               .precision = SC_BALLS_PRECISION,
                               .threads = threads,
                               .q = _arb_vec_init(rows * layer->d),
                               .k = _arb_vec_init(rows * layer->d),
                               .v = _arb_vec_init(rows * layer->d_v)};
    if (layer->norm != SC_LAYER_NO_NORM) {
        balls->raw_q = _arb_vec_init(rows * layer->d);
        balls->raw_k = _arb_vec_init(rows * layer->d);
    }
    const enum sc_status status =
        sc_parallel_run(threads, layer->heads, project_heads, &projection, error);
    if (status != SC_OK) {
        sc_balls_destroy(balls);
    }
    return status;
}

void sc_balls_destroy(struct sc_balls *balls)
{
    const struct sc_layer *l = balls->layer;

    if (l == NULL) {
        return;
    }
    const int64_t rows = (int64_t)l->heads * l->tokens;
    _arb_vec_clear(balls->q, rows * l->d);
    _arb_vec_clear(balls->k, rows * l->d);
    _arb_vec_clear(balls->v, rows * l->d_v);
    if (balls->raw_q != NULL) {
        _arb_vec_clear(balls->raw_q, rows * l->d);
        _arb_vec_clear(balls->raw_k, rows * l->d);
    }
    *balls = (struct sc_balls){.layer = NULL};
}

double sc_balls_round_one(const arb_t x, double *absolute)
{
    const double value = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    const double radius = mag_get_d(arb_radref(x));

    if (!isfinite(value) || !isfinite(radius)) {
        *absolute = HUGE_VAL;
    }
    *absolute = fmax(*absolute, nextafter(radius, HUGE_VAL));
    return value;
}

void sc_balls_round(const struct sc_balls *balls, double *q, double *k, double *v,
                    struct sc_nearness *near)
{
    const struct sc_layer *l = balls->layer;
    const int64_t rows = (int64_t)l->heads * l->tokens;

    *near = (struct sc_nearness){0x1p-53, 0x1p-1074};
    for (int64_t n = 0; n < rows * l->d; n++) {
        const double value_q = sc_balls_round_one(balls->q + n, &near->absolute);
        const double value_k = sc_balls_round_one(balls->k + n, &near->absolute);
        if (q != NULL) {
            q[n] = value_q;
        }
        if (k != NULL) {
            k[n] = value_k;
        }
    }
    for (int64_t n = 0; v != NULL && n < rows * l->d_v; n++) {
        v[n] = sc_balls_round_one(balls->v + n, &near->absolute);
    }
}

int64_t sc_balls_blocks(const struct sc_layer *layer)
{
    return (layer->tokens + SC_BALLS_BLOCK - 1) / SC_BALLS_BLOCK;
}

int64_t sc_balls_block_rows(const struct sc_layer *layer, int64_t first)
{
    return layer->tokens - first < SC_BALLS_BLOCK ? layer->tokens - first : SC_BALLS_BLOCK;
}

arb_mat_struct *sc_balls_turned(const struct sc_layer *layer, arb_srcptr rows, int32_t channels)
{
    arb_mat_struct *turned = flint_malloc((size_t)layer->heads * sizeof *turned);

    for (int64_t h = 0; h < layer->heads; h++) {
        sc_ball_matrix_turned(turned + h, rows + h * layer->tokens * channels, layer->tokens,
                              channels);
    }
    return turned;
}

void sc_balls_turned_clear(const struct sc_layer *layer, arb_mat_struct *turned)
{
    for (int32_t h = 0; h < layer->heads; h++) {
        arb_mat_clear(turned + h);
    }
    flint_free(turned);
}

struct weights {
    const struct sc_balls *balls;
    arb_mat_struct *k_turned; /* of each head, [d][tokens] */
    double *p;
    double absolute; /* the largest radius; under the lock */
    pthread_mutex_t lock;
};

/* From <q_i, k_j> to the score of the pair. */
static void score(const struct sc_layer *l, int64_t h, int32_t i, int32_t j, slong precision,
                  const arb_t scale, arb_t s)
{
    arf_t shift;

    arb_mul(s, s, scale, precision);
    arf_init(shift);
    arf_set_d(shift, l->bias[h]);
    arb_add_arf(s, s, shift, precision);
    if (l->slopes != NULL) {
        arf_set_d(shift, l->slopes[h]);
        arf_mul_si(shift, shift, -labs((long)i - j), ARF_PREC_EXACT, ARF_RND_DOWN);
        arb_add_arf(s, s, shift, precision);
    }
    arf_clear(shift);
}

/* One row of weights, in the place of its products <q_i, k_j>. */
static void row_weights(const struct sc_balls *balls, int64_t h, int32_t i, const arb_t scale,
                        arb_ptr row)
{
    const struct sc_layer *l = balls->layer;
    const int32_t n = l->tokens;
    arb_t sum, complement;
    arf_t largest;

    arb_init(sum);
    arb_init(complement);
    arf_init(largest);
    arf_neg_inf(largest);
    for (int32_t j = 0; j < n; j++) {
        if (!sc_layer_sees(l, i, j)) {
            arb_zero(row + j);
            continue;
        }
        score(l, h, i, j, balls->precision, scale, row + j);
        if (l->kind == SC_LAYER_SIGMOID) {
            sc_arb_sigmoid(row + j, complement, row + j, balls->precision);
        } else if (arf_cmp(arb_midref(row + j), largest) > 0) {
            arf_set(largest, arb_midref(row + j));
        }
    }
    for (int32_t j = 0; l->kind == SC_LAYER_SOFTMAX && j < n; j++) {
        if (sc_layer_sees(l, i, j)) {
            arb_sub_arf(row + j, row + j, largest, balls->precision);
            arb_exp(row + j, row + j, balls->precision);
            arb_add(sum, sum, row + j, balls->precision);
        }
    }
    for (int32_t j = 0; l->kind == SC_LAYER_SOFTMAX && j < n; j++) {
        if (sc_layer_sees(l, i, j)) {
            arb_div(row + j, row + j, sum, balls->precision);
        }
    }
    arb_clear(sum);
    arb_clear(complement);
    arf_clear(largest);
}

/* Jobs are blocks of rows of all heads. */
static enum sc_status weigh_rows(struct sc_parallel *queue, void *context, struct sc_error *error)
{
    struct weights *my = context;
    const struct sc_layer *l = my->balls->layer;
    const int64_t blocks = sc_balls_blocks(l);
    double absolute = 0x1p-1074;
    int64_t job;
    arb_t scale;

    arb_init(scale);
    arb_set_d(scale, l->scale);
    while ((job = sc_parallel_next(queue)) >= 0) {
        const int64_t h = job / blocks, first = job % blocks * SC_BALLS_BLOCK;
        const int64_t rows = sc_balls_block_rows(l, first), at = h * l->tokens + first;
        arb_mat_t q, products;
        sc_ball_matrix_view(q, my->balls->q + at * l->d, rows, l->d);
        arb_mat_init(products, rows, l->tokens);
        arb_mat_mul(products, q, my->k_turned + h, my->balls->precision);
        for (int64_t r = 0; r < rows; r++) {
            row_weights(my->balls, h, (int32_t)(first + r), scale, products->rows[r]);
            for (int32_t j = 0; j < l->tokens; j++) {
                my->p[(at + r) * l->tokens + j] =
                    sc_balls_round_one(products->rows[r] + j, &absolute);
            }
        }
        sc_ball_matrix_forget(q);
        arb_mat_clear(products);
    }
    arb_clear(scale);
    flint_cleanup();
    (void)pthread_mutex_lock(&my->lock);
    my->absolute = fmax(my->absolute, absolute);
    (void)pthread_mutex_unlock(&my->lock);
    (void)error;
    return SC_OK;
}

enum sc_status sc_balls_weights(const struct sc_balls *balls, double *p, struct sc_nearness *near,
                                struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    struct weights weights = {.balls = balls,
                              .k_turned = sc_balls_turned(l, balls->k, l->d),
                              .p = p,
                              .lock = PTHREAD_MUTEX_INITIALIZER};
    const enum sc_status status =
        sc_parallel_run(balls->threads, l->heads * sc_balls_blocks(l), weigh_rows, &weights, error);

    sc_balls_turned_clear(l, weights.k_turned);
    *near = (struct sc_nearness){0x1p-53, weights.absolute};
    return status;
}

enum sc_status sc_balls_weigh(const struct sc_layer *layer, const double *x, int32_t threads,
                              struct sc_balls *balls, double **p, struct sc_nearness *near,
                              struct sc_error *error)
{
    const size_t tokens = (size_t)layer->tokens;

    *balls = (struct sc_balls){.layer = NULL};
    *p = malloc((size_t)layer->heads * tokens * tokens * sizeof **p);
    const enum sc_status status =
        *p == NULL ? sc_fail(error, SC_E_MEMORY, "no memory for the weights of %zu tokens", tokens)
                   : sc_balls_create(layer, x, threads, balls, error);
    return status == SC_OK ? sc_balls_weights(balls, *p, near, error) : status;
}
