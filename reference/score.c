/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/score.h"

#include "reference/sigmoid.h"

/* One text for both arithmetics: REAL is the type of every rounded operation. */
#define REAL    double
#define SIGMOID sc_sigmoid_f64
#define DOT     sc_score_dot_f64
#define SCORE   sc_score_f64
#define WEIGHT  sc_score_weight_f64
#include "reference/score_body.h"
#undef REAL
#undef SIGMOID
#undef DOT
#undef SCORE
#undef WEIGHT

#define REAL    float
#define SIGMOID sc_sigmoid_f32
#define DOT     sc_score_dot_f32
#define SCORE   sc_score_f32
#define WEIGHT  sc_score_weight_f32
#include "reference/score_body.h"

double sc_score_slope_f64(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                          int32_t h, int32_t i, int32_t j)
{
    if (!sc_problem_visible(p, b, h, i, j)) {
        /*@ assert hidden: sc_weight(p, q, k, b, h, i, j) == 0.0; */
        /*@ assert flat: sc_spread(0.0) == 0.0; */
        return 0.0;
    }
    /*@ assert weight: sc_weight(p, q, k, b, h, i, j) == sc_sigma(sc_score(p, q, k, b, h, i, j)); */
    return sc_sigmoid_slope_f64(sc_score_f64(p, q, k, b, h, i, j));
}

double sc_score_tangent_f64(const struct sc_problem *p, const float *q, const float *k,
                            const float *q_t, const float *k_t, int32_t b, int32_t h, int32_t i,
                            int32_t j)
{
    const int64_t q_row = sc_problem_q_row(p, b, h, i);
    const int64_t k_row = sc_problem_k_row(p, b, sc_problem_group_head(p, h), j);

    return (double)p->tau * (sc_score_dot_f64(q_t + q_row, k + k_row, p->d) +
                             sc_score_dot_f64(q + q_row, k_t + k_row, p->d));
}

double sc_score_gradient_f64(const struct sc_problem *p, const float *v, const float *d_o,
                             int32_t b, int32_t h, int32_t i, int32_t j)
{
    const int64_t o_row = sc_problem_o_row(p, b, h, i);
    const int64_t v_row = sc_problem_v_row(p, b, sc_problem_group_head(p, h), j);

    return sc_score_dot_f64(d_o + o_row, v + v_row, p->d_v);
}

void sc_score_clear_f64(double *row, int32_t n)
{
    /*@ loop invariant index: 0 <= c <= n;
        loop invariant clear: sc_score_cleared(row, c);
        loop assigns c, row[0 .. n - 1];
        loop variant n - c; */
    for (int32_t c = 0; c < n; c++) {
        row[c] = 0.0;
    }
}

void sc_score_scale_f64(double *row, double factor, int32_t n)
{
    /*@ loop invariant index: 0 <= c <= n;
        loop invariant scaled: \forall integer z; 0 <= z < c ==>
          row[z] == sc_times(factor, \at(row[z], Pre));
        loop invariant rest: \forall integer z; c <= z < n ==> row[z] == \at(row[z], Pre);
        loop assigns c, row[0 .. n - 1];
        loop variant n - c; */
    for (int32_t c = 0; c < n; c++) {
        row[c] = factor * row[c];
    }
}

void sc_score_add_f64(double *sum, double weight, const float *x, int32_t n)
{
    if (weight == 0.0) {
        return;
    }
    /*@ loop invariant index: 0 <= c <= n;
        loop invariant added: \forall integer z; 0 <= z < c ==>
          sum[z] == \at(sum[z], Pre) + sc_times(weight, x[z]);
        loop invariant rest: \forall integer z; c <= z < n ==> sum[z] == \at(sum[z], Pre);
        loop assigns c, sum[0 .. n - 1];
        loop variant n - c; */
    for (int32_t c = 0; c < n; c++) {
        sum[c] = sum[c] + weight * (double)x[c];
    }
}
