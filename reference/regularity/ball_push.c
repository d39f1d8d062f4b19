/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/arb_score.h"
#include "reference/parallel.h"
#include "reference/regularity/ball_norm.h"
#include "reference/regularity/balls.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct push {
    const struct sc_balls *balls;
    const double *p;
    struct sc_nearness near;
    const double *t;
    arb_ptr t_q, t_k, t_v; /* tangents of queries, keys, values: [heads][tokens][channels] */
    arb_t square;          /* of the result so far; under the lock */
    pthread_mutex_t lock;
};

/* The tangents of a head; jobs are heads. */
static enum sc_status project_heads(struct sc_parallel *queue, void *context,
                                    struct sc_error *error)
{
    const struct push *my = context;
    const struct sc_balls *balls = my->balls;
    const struct sc_layer *l = balls->layer;
    const int64_t inputs = sc_layer_inputs(l);
    arb_ptr t = sc_balls_vector(my->t, inputs);
    int64_t h;

    while ((h = sc_parallel_next(queue)) >= 0) {
        const int64_t at = h * l->d * l->width, at_v = h * l->d_v * l->width;
        arb_ptr w_q = sc_balls_vector(l->w_q + at, (int64_t)l->d * l->width);
        arb_ptr w_k = sc_balls_vector(l->w_k + at, (int64_t)l->d * l->width);
        arb_ptr w_v = sc_balls_vector(l->w_v + at_v, (int64_t)l->d_v * l->width);
        for (int32_t i = 0; i < l->tokens; i++) {
            const int64_t row = h * l->tokens + i;
            arb_srcptr x = t + (int64_t)i * l->width;
            sc_balls_project(x, l, w_q, NULL, l->d, balls->precision, my->t_q + row * l->d);
            sc_balls_project(x, l, w_k, NULL, l->d, balls->precision, my->t_k + row * l->d);
            sc_balls_project(x, l, w_v, NULL, l->d_v, balls->precision, my->t_v + row * l->d_v);
            sc_ball_norm_push(l, l->gain_q, i,
                              balls->raw_q == NULL ? NULL : balls->raw_q + row * l->d,
                              balls->precision, my->t_q + row * l->d);
            sc_ball_norm_push(l, l->gain_k, i,
                              balls->raw_k == NULL ? NULL : balls->raw_k + row * l->d,
                              balls->precision, my->t_k + row * l->d);
        }
        _arb_vec_clear(w_q, (int64_t)l->d * l->width);
        _arb_vec_clear(w_k, (int64_t)l->d * l->width);
        _arb_vec_clear(w_v, (int64_t)l->d_v * l->width);
    }
    _arb_vec_clear(t, inputs);
    flint_cleanup();
    (void)error;
    return SC_OK;
}

/* Scratch of one thread. */
struct row {
    arb_ptr p, z; /* a ball a key */
    arb_ptr side; /* [heads][d_v] */
    arb_ptr w_o;  /* NULL: none */
    arb_t scale, term, square;
};

/* z, c (<t_q_i, k_j> + <q_i, t_k_j>), of a key that has a weight. */
static void score_tangent(const struct push *my, int64_t row, int64_t key, struct row *x, arb_t z)
{
    const struct sc_balls *balls = my->balls;
    const int32_t d = balls->layer->d;

    arb_dot(z, NULL, 0, my->t_q + row * d, 1, balls->k + key * d, 1, d, balls->precision);
    arb_dot(z, z, 0, balls->q + row * d, 1, my->t_k + key * d, 1, d, balls->precision);
    arb_mul(z, z, x->scale, balls->precision);
}

/* From z to the tangent of the weights. */
static void through_weights(const struct sc_layer *l, slong precision, struct row *x)
{
    if (l->kind == SC_LAYER_SOFTMAX) {
        arb_dot(x->term, NULL, 0, x->p, 1, x->z, 1, l->tokens, precision);
    }
    for (int32_t j = 0; j < l->tokens; j++) {
        if (l->kind == SC_LAYER_SOFTMAX) {
            arb_sub(x->z + j, x->z + j, x->term, precision);
        } else {
            arb_sub_ui(x->term, x->p + j, 1, precision);
            arb_neg(x->term, x->term);
            arb_mul(x->z + j, x->z + j, x->term, precision);
        }
        arb_mul(x->z + j, x->z + j, x->p + j, precision);
    }
}

/* The tangent of row i of head h, d_v balls. */
static void push_row(const struct push *my, int64_t h, int32_t i, struct row *x, arb_ptr result)
{
    const struct sc_balls *balls = my->balls;
    const struct sc_layer *l = balls->layer;
    const int64_t row = h * l->tokens + i;
    const double *weights = my->p + row * l->tokens;

    for (int32_t j = 0; j < l->tokens; j++) {
        arb_zero(x->z + j);
        arb_set_d(x->p + j, weights[j]);
        if (weights[j] != 0.0) {
            const double radius =
                nextafter(my->near.relative * weights[j] + my->near.absolute, HUGE_VAL);
            mag_set_d(arb_radref(x->p + j), radius);
            score_tangent(my, row, h * l->tokens + j, x, x->z + j);
        } else if (sc_layer_sees(l, i, j)) {
            mag_set_d(arb_radref(x->p + j), my->near.absolute);
            score_tangent(my, row, h * l->tokens + j, x, x->z + j);
        }
    }
    through_weights(l, balls->precision, x);
    for (int32_t c = 0; c < l->d_v; c++) {
        const int64_t first = h * l->tokens * l->d_v + c;
        arb_dot(result + c, NULL, 0, x->p, 1, my->t_v + first, l->d_v, l->tokens, balls->precision);
        arb_dot(result + c, result + c, 0, x->z, 1, balls->v + first, l->d_v, l->tokens,
                balls->precision);
    }
}

/* Jobs are rows, with all heads. */
static enum sc_status push_rows(struct sc_parallel *queue, void *context, struct sc_error *error)
{
    struct push *my = context;
    const struct sc_layer *l = my->balls->layer;
    const int32_t all = l->heads * l->d_v;
    struct row x = {.p = _arb_vec_init(l->tokens),
                    .z = _arb_vec_init(l->tokens),
                    .side = _arb_vec_init(all),
                    .w_o = l->w_o == NULL ? NULL : sc_balls_vector(l->w_o, (int64_t)l->out * all)};
    int64_t i;

    arb_init(x.scale);
    arb_init(x.term);
    arb_init(x.square);
    arb_set_d(x.scale, l->scale);
    while ((i = sc_parallel_next(queue)) >= 0) {
        for (int64_t h = 0; h < l->heads; h++) {
            push_row(my, h, (int32_t)i, &x, x.side + h * l->d_v);
        }
        for (int32_t c = 0; c < sc_layer_out_width(l); c++) {
            if (x.w_o == NULL) {
                arb_set(x.term, x.side + c);
            } else {
                arb_dot(x.term, NULL, 0, x.w_o + (int64_t)c * all, 1, x.side, 1, all,
                        my->balls->precision);
            }
            arb_addmul(x.square, x.term, x.term, my->balls->precision);
        }
    }
    (void)pthread_mutex_lock(&my->lock);
    arb_add(my->square, my->square, x.square, my->balls->precision);
    (void)pthread_mutex_unlock(&my->lock);
    arb_clear(x.scale);
    arb_clear(x.term);
    arb_clear(x.square);
    _arb_vec_clear(x.p, l->tokens);
    _arb_vec_clear(x.z, l->tokens);
    _arb_vec_clear(x.side, all);
    if (x.w_o != NULL) {
        _arb_vec_clear(x.w_o, (int64_t)l->out * all);
    }
    flint_cleanup();
    (void)error;
    return SC_OK;
}

enum sc_status sc_balls_push(const struct sc_balls *balls, const double *p,
                             const struct sc_nearness *near, const double *t, double *low,
                             double *high, struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    const int64_t rows = (int64_t)l->heads * l->tokens;
    struct push push = {.balls = balls,
                        .p = p,
                        .near = *near,
                        .t = t,
                        .t_q = _arb_vec_init(rows * l->d),
                        .t_k = _arb_vec_init(rows * l->d),
                        .t_v = _arb_vec_init(rows * l->d_v),
                        .lock = PTHREAD_MUTEX_INITIALIZER};

    arb_init(push.square);
    enum sc_status status = sc_parallel_run(balls->threads, l->heads, project_heads, &push, error);
    if (status == SC_OK) {
        status = sc_parallel_run(balls->threads, l->tokens, push_rows, &push, error);
    }
    if (status == SC_OK) {
        arb_sqrtpos(push.square, push.square, balls->precision);
        const struct sc_enclosure norm = sc_arb_enclosure(push.square);
        *low = norm.lo > 0.0 ? norm.lo : 0.0;
        *high = norm.hi;
    }
    arb_clear(push.square);
    _arb_vec_clear(push.t_q, rows * l->d);
    _arb_vec_clear(push.t_k, rows * l->d);
    _arb_vec_clear(push.t_v, rows * l->d_v);
    return status;
}
