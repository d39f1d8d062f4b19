/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/moves.h"

#include "reference/oracle/arb_score.h"
#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXCESS          1e-10              /* of a certified norm over its estimate */
#define TWO_OVER_ROOT_3 1.1547005383792519 /* 2 / sqrt(3), from above */

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

static double below(double x)
{
    return nextafter(x, 0.0);
}

/* <= |y| of a row before its norm, less its mean with LayerNorm. */
static double raw_size(const struct sc_layer *l, arb_srcptr raw, slong precision)
{
    arb_t mean, one, sum;

    arb_init(mean);
    arb_init(one);
    arb_init(sum);
    for (int32_t c = 0; l->norm == SC_LAYER_MEAN0 && c < l->d; c++) {
        arb_add(mean, mean, raw + c, precision);
    }
    arb_div_si(mean, mean, l->d, precision);
    for (int32_t c = 0; c < l->d; c++) {
        arb_sub(one, raw + c, mean, precision);
        arb_addmul(sum, one, one, precision);
    }
    arb_sqrtpos(sum, sum, precision);
    const double size = sc_arb_enclosure(sum).lo;
    arb_clear(mean);
    arb_clear(one);
    arb_clear(sum);
    return size > 0.0 ? size : 0.0;
}

static double largest(const double *gain, int32_t d)
{
    double result = gain == NULL ? 1.0 : 0.0;

    for (int32_t c = 0; gain != NULL && c < d; c++) {
        result = fmax(result, fabs(gain[c]));
    }
    return result;
}

/* ||A(i)|| and how much it turns, of all rows of queries or keys of a head.
 *   norm  >= ||W|| */
static void set_sizes(const struct sc_balls *balls, double norm, const double *gain, arb_srcptr raw,
                      double radius, double *size, double *turn)
{
    const struct sc_layer *l = balls->layer;
    const double g = largest(gain, l->d), move = times(norm, radius);

    for (int32_t i = 0; i < l->tokens; i++) {
        if (l->norm == SC_LAYER_NO_NORM) {
            size[i] = norm;
            turn[i] = 0.0;
            continue;
        }
        const double y = raw_size(l, raw + (int64_t)i * l->d, balls->precision);
        const double least = y > move ? below(y - move) : 0.0;
        const double s2 = below(below(below(least * least) / l->d) + l->epsilon);
        const double s = below(sqrt(s2));
        size[i] = s > 0.0 ? times(times(g, norm), sc_upward_next(1.0 / s)) : HUGE_VAL;
        turn[i] = times(2.0, size[i]);
        if (s > 0.0) {
            const double curve =
                sc_upward_next(TWO_OVER_ROOT_3 / below(below(sqrt((double)l->d)) * s2));
            turn[i] = fmin(turn[i], times(times(times(g, norm), move), curve));
        }
    }
}

/* Takes their mean out of the rows, and the mean's norm. Any vector serves: what is rounded is m itself. */
static double centre(double *rows, int32_t count, int32_t d)
{
    double *mean = rows + (int64_t)count * d;

    memset(mean, 0, (size_t)d * sizeof *mean);
    for (int32_t j = 0; j < count; j++) {
        cblas_daxpy(d, 1.0 / count, rows + (int64_t)j * d, 1, mean, 1);
    }
    for (int32_t j = 0; j < count; j++) {
        cblas_daxpy(d, -1.0, mean, 1, rows + (int64_t)j * d, 1);
    }
    return sc_spectral_frobenius(mean, d);
}

/* |W^T r_i| of each row, or |r_i|.
 *   rows  near the exact ones: of rows r up to 2^-53 (|r| + |m|) and an absolute error, and rounded once more when m was
 *         taken out */
static bool set_reach(const struct sc_layer *l, const double *rows, double mean, const double *w,
                      double norm, double absolute, bool linear, double *reach)
{
    double *product = malloc((size_t)l->tokens * (size_t)l->width * sizeof *product);
    const double all = sc_spectral_frobenius(w, (int64_t)l->d * l->width);

    if (product == NULL) {
        return false;
    }
    if (linear) {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->tokens, l->width, l->d, 1.0, rows,
                    l->d, w, l->width, 0.0, product, l->width);
    }
    for (int32_t i = 0; i < l->tokens; i++) {
        const double size = sc_spectral_frobenius(rows + (int64_t)i * l->d, l->d);
        const double wrong = plus(times(0x1p-51, plus(size, mean)), times(absolute, l->d));
        reach[i] = plus(size, wrong);
        if (linear) { /* the product of what is stored: gamma_d |W|_F |r| */
            const double rounding = times((l->d + 2.0) * 0x1.01p-53, times(all, size));
            const double tiny = (double)l->d * l->width * 0x1p-1070;
            reach[i] = fmin(times(norm, reach[i]),
                            plus(sc_spectral_frobenius(product + (int64_t)i * l->width, l->width),
                                 plus(plus(rounding, tiny), times(norm, wrong))));
        }
    }
    free(product);
    return true;
}

static double maximum(const double *values, int32_t count)
{
    double result = 0.0;

    for (int32_t n = 0; n < count; n++) {
        result = fmax(result, values[n]);
    }
    return result;
}

static enum sc_status fill(const struct sc_balls *balls, int32_t h, const double *q,
                           const double *k, const struct sc_nearness *rounded,
                           struct sc_moves *moves, struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    const int64_t rows = (int64_t)l->tokens * l->d, at = (int64_t)h * l->d * l->width;
    const double root_d = sc_upward_next(sqrt((double)l->d));
    double *keys = malloc((size_t)(rows + l->d) * sizeof *keys), w_q = 0.0, w_k = 0.0;
    enum sc_status status =
        keys == NULL ? sc_fail(error, SC_E_MEMORY, "moves: no memory for the keys") : SC_OK;

    if (status == SC_OK) {
        status = sc_spectral_upper(l->w_q + at, l->d, l->width, 0.0, EXCESS, &w_q, error);
    }
    if (status == SC_OK) {
        status = sc_spectral_upper(l->w_k + at, l->d, l->width, 0.0, EXCESS, &w_k, error);
    }
    if (status == SC_OK) {
        const bool normed = l->norm != SC_LAYER_NO_NORM;
        memcpy(keys, k, (size_t)rows * sizeof *keys);
        moves->mean = l->kind == SC_LAYER_SOFTMAX ? centre(keys, l->tokens, l->d) : 0.0;
        set_sizes(balls, w_q, l->gain_q, normed ? balls->raw_q + h * rows : NULL, moves->radius,
                  moves->size_q, moves->turn_q);
        set_sizes(balls, w_k, l->gain_k, normed ? balls->raw_k + h * rows : NULL, moves->radius,
                  moves->size_k, moves->turn_k);
        moves->long_q = normed ? times(root_d, largest(l->gain_q, l->d)) : HUGE_VAL;
        moves->long_k = normed ? times(root_d, largest(l->gain_k, l->d)) : HUGE_VAL;
        if (!set_reach(l, q, 0.0, l->w_k + at, w_k, rounded->absolute, moves->linear,
                       moves->reach_q) ||
            !set_reach(l, keys, moves->mean, l->w_q + at, w_q, rounded->absolute, moves->linear,
                       moves->reach_k)) {
            status = sc_fail(error, SC_E_MEMORY, "moves: no memory for %d tokens", l->tokens);
        }
    }
    moves->size_q_max = maximum(moves->size_q, l->tokens);
    moves->size_k_max = maximum(moves->size_k, l->tokens);
    moves->turn_q_max = maximum(moves->turn_q, l->tokens);
    moves->turn_k_max = maximum(moves->turn_k, l->tokens);
    free(keys);
    return status;
}

enum sc_status sc_moves_create(const struct sc_balls *balls, int32_t h, const double *q,
                               const double *k, const struct sc_nearness *rounded,
                               const struct sc_bounds_parts *parts, double radius,
                               struct sc_moves *moves, struct sc_error *error)
{
    const struct sc_layer *l = balls->layer;
    double *const all = calloc((size_t)l->tokens * 6, sizeof *all);

    *moves = (struct sc_moves){.layer = l,
                               .radius = radius,
                               .linear = l->norm == SC_LAYER_NO_NORM && l->rotation == 0.0,
                               .form = parts->score_form};
    if (all == NULL) {
        return sc_fail(error, SC_E_MEMORY, "moves: no memory for %d tokens", l->tokens);
    }
    moves->reach_q = all;
    moves->reach_k = all + l->tokens;
    moves->size_q = all + 2 * (int64_t)l->tokens;
    moves->size_k = all + 3 * (int64_t)l->tokens;
    moves->turn_q = all + 4 * (int64_t)l->tokens;
    moves->turn_k = all + 5 * (int64_t)l->tokens;
    return fill(balls, h, q, k, rounded, moves, error);
}

void sc_moves_destroy(struct sc_moves *moves)
{
    free(moves->reach_q);
    *moves = (struct sc_moves){.layer = NULL};
}

double sc_moves_score(const struct sc_moves *moves, enum sc_moves_set set, int32_t i, int32_t j)
{
    const double c = moves->layer->scale, r = moves->radius;
    const double by_key =
        times(c, times(moves->reach_q[i], moves->linear ? 1.0 : moves->size_k[j]));
    const double by_query =
        times(c, times(moves->reach_k[j], moves->linear ? 1.0 : moves->size_q[i]));
    const double by_both =
        moves->linear ? moves->form : times(c, times(moves->size_q[i], moves->size_k[j]));
    double first = plus(by_key, by_query), second = times(r, r);

    if (r == 0.0) {
        return 0.0;
    }
    if (set == SC_MOVES_WHOLE && i != j) {
        first = sc_upward_next(sqrt(plus(times(by_key, by_key), times(by_query, by_query))));
        second = times(0.5, second);
    }
    const double cap = times(times(2.0, c), times(moves->long_q, plus(moves->long_k, moves->mean)));
    return fmin(cap, plus(times(first, r), times(by_both, second)));
}
