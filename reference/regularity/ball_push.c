/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/arb_score.h"
#include "reference/parallel.h"
#include "reference/regularity/ball_matrix.h"
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
    arb_mat_struct *k_turned, *t_k_turned; /* of each head, [d][tokens] */
    arb_t square;                          /* of the result so far; under the lock */
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

/* The weights of a row as balls. */
static void set_weights(const struct push *my, int64_t row, int32_t i, arb_ptr p)
{
    const struct sc_layer *l = my->balls->layer;
    const double *weights = my->p + row * l->tokens;

    for (int32_t j = 0; j < l->tokens; j++) {
        arb_set_d(p + j, weights[j]);
        if (weights[j] != 0.0) {
            const double radius =
                nextafter(my->near.relative * weights[j] + my->near.absolute, HUGE_VAL);
            mag_set_d(arb_radref(p + j), radius);
        } else if (sc_layer_sees(l, i, j)) {
            mag_set_d(arb_radref(p + j), my->near.absolute);
        }
    }
}

/* From the tangents of the scores of a row to those of its weights, in place. */
static void through_weights(const struct sc_layer *l, slong precision, arb_srcptr p, arb_ptr z)
{
    arb_t term;

    arb_init(term);
    if (l->kind == SC_LAYER_SOFTMAX) {
        arb_dot(term, NULL, 0, p, 1, z, 1, l->tokens, precision);
    }
    for (int32_t j = 0; j < l->tokens; j++) {
        if (l->kind == SC_LAYER_SOFTMAX) {
            arb_sub(z + j, z + j, term, precision);
        } else {
            arb_sub_ui(term, p + j, 1, precision);
            arb_neg(term, term);
            arb_mul(z + j, z + j, term, precision);
        }
        arb_mul(z + j, z + j, p + j, precision);
    }
    arb_clear(term);
}

/* Blocks of rows x tokens, and of rows x channels. */
struct scratch {
    arb_mat_t p, z, part, side, more; /* side: [rows][heads d_v]; more: what is added to it */
    arb_t scale;
};

/* The tangents of a block of rows of head h, into its columns of x->side. */
static void push_block(const struct push *my, int64_t h, int64_t first, int64_t rows,
                       struct scratch *x)
{
    const struct sc_balls *balls = my->balls;
    const struct sc_layer *l = balls->layer;
    const int64_t head = h * l->tokens, at = head + first;
    arb_mat_t q, t_q, v, t_v, columns;

    sc_ball_matrix_view(q, balls->q + at * l->d, rows, l->d);
    sc_ball_matrix_view(t_q, my->t_q + at * l->d, rows, l->d);
    sc_ball_matrix_view(v, balls->v + head * l->d_v, l->tokens, l->d_v);
    sc_ball_matrix_view(t_v, my->t_v + head * l->d_v, l->tokens, l->d_v);
    arb_mat_window_init(columns, x->side, 0, h * l->d_v, rows, (h + 1) * l->d_v);
    arb_mat_mul(x->z, t_q, my->k_turned + h, balls->precision);
    arb_mat_mul(x->part, q, my->t_k_turned + h, balls->precision);
    arb_mat_add(x->z, x->z, x->part, balls->precision);
    arb_mat_scalar_mul_arb(x->z, x->z, x->scale, balls->precision);
    for (int64_t r = 0; r < rows; r++) {
        set_weights(my, at + r, (int32_t)(first + r), x->p->rows[r]);
        through_weights(l, balls->precision, x->p->rows[r], x->z->rows[r]);
    }
    arb_mat_mul(columns, x->p, t_v, balls->precision);
    arb_mat_mul(x->more, x->z, v, balls->precision);
    arb_mat_add(columns, columns, x->more, balls->precision);
    arb_mat_window_clear(columns);
    sc_ball_matrix_forget(q);
    sc_ball_matrix_forget(t_q);
    sc_ball_matrix_forget(v);
    sc_ball_matrix_forget(t_v);
}

static void scratch_init(const struct sc_layer *l, int64_t rows, struct scratch *x)
{
    arb_mat_init(x->p, rows, l->tokens);
    arb_mat_init(x->z, rows, l->tokens);
    arb_mat_init(x->part, rows, l->tokens);
    arb_mat_init(x->side, rows, (slong)l->heads * l->d_v);
    arb_mat_init(x->more, rows, l->d_v);
    arb_init(x->scale);
    arb_set_d(x->scale, l->scale);
}

static void scratch_clear(struct scratch *x)
{
    arb_mat_clear(x->p);
    arb_mat_clear(x->z);
    arb_mat_clear(x->part);
    arb_mat_clear(x->side);
    arb_mat_clear(x->more);
    arb_clear(x->scale);
}

/* The sum of the squares of the outputs of a block. */
static void add_squares(const struct sc_layer *l, const arb_mat_t w_o_turned, slong precision,
                        const struct scratch *x, arb_t square)
{
    arb_mat_t out;

    arb_mat_init(out, arb_mat_nrows(x->side), sc_layer_out_width(l));
    if (l->w_o == NULL) {
        arb_mat_set(out, x->side);
    } else {
        arb_mat_mul(out, x->side, w_o_turned, precision);
    }
    for (slong r = 0; r < arb_mat_nrows(out); r++) {
        arb_dot(square, square, 0, out->rows[r], 1, out->rows[r], 1, arb_mat_ncols(out), precision);
    }
    arb_mat_clear(out);
}

/* Jobs are blocks of rows, with all heads. */
static enum sc_status push_rows(struct sc_parallel *queue, void *context, struct sc_error *error)
{
    struct push *my = context;
    const struct sc_layer *l = my->balls->layer;
    const slong all = (slong)l->heads * l->d_v;
    arb_mat_t w_o_turned;
    arb_t square;
    int64_t job;

    arb_init(square);
    arb_mat_init(w_o_turned, l->w_o == NULL ? 0 : all, l->w_o == NULL ? 0 : l->out);
    for (slong n = 0; l->w_o != NULL && n < l->out * all; n++) {
        arb_set_d(arb_mat_entry(w_o_turned, n % all, n / all), l->w_o[n]);
    }
    while ((job = sc_parallel_next(queue)) >= 0) {
        const int64_t first = job * SC_BALLS_BLOCK, rows = sc_balls_block_rows(l, first);
        struct scratch x;
        scratch_init(l, rows, &x);
        for (int64_t h = 0; h < l->heads; h++) {
            push_block(my, h, first, rows, &x);
        }
        add_squares(l, w_o_turned, my->balls->precision, &x, square);
        scratch_clear(&x);
    }
    (void)pthread_mutex_lock(&my->lock);
    arb_add(my->square, my->square, square, my->balls->precision);
    (void)pthread_mutex_unlock(&my->lock);
    arb_mat_clear(w_o_turned);
    arb_clear(square);
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
        push.k_turned = sc_balls_turned(l, balls->k, l->d);
        push.t_k_turned = sc_balls_turned(l, push.t_k, l->d);
        status = sc_parallel_run(balls->threads, sc_balls_blocks(l), push_rows, &push, error);
        sc_balls_turned_clear(l, push.k_turned);
        sc_balls_turned_clear(l, push.t_k_turned);
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
