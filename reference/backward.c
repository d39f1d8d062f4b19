/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/backward.h"

#include "reference/score.h"

/* dS_ij; V is not read where it is multiplied by 0. */
/*@ requires tensors: sc_backward_tensors(p, q, k, v, d_o);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b) &&
      0 <= j < sc_keys(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures gradient: \result == sc_d_s(p, q, k, v, d_o, b, h, i, j); */
static double d_score(const struct sc_problem *p, const float *q, const float *k, const float *v,
                      const float *d_o, int32_t b, int32_t h, int32_t i, int32_t j)
{
    const double slope = sc_score_slope_f64(p, q, k, b, h, i, j);

    if (slope == 0.0) {
        return 0.0;
    }
    return slope * sc_score_gradient_f64(p, v, d_o, b, h, i, j);
}

void sc_backward_q_row_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *v, const float *d_o, int32_t b, int32_t h, int32_t i,
                           double *d_q)
{
    const int32_t keys = sc_problem_keys(p, b);
    const int32_t g = sc_problem_group_head(p, h);

    sc_score_clear_f64(d_q, p->d);
    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant prefix: \forall integer c; 0 <= c < p->d ==>
          d_q[c] == sc_d_q_sum(p, q, k, v, d_o, b, h, i, c, j);
        loop assigns j, d_q[0 .. p->d - 1];
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        const double weight = d_score(p, q, k, v, d_o, b, h, i, j);
        const int64_t k_row = sc_problem_k_row(p, b, g, j);

        /*@ assert next: \forall integer c; 0 <= c < p->d ==>
              sc_d_q_sum(p, q, k, v, d_o, b, h, i, c, j + 1) ==
              sc_d_q_sum(p, q, k, v, d_o, b, h, i, c, j) + sc_times(weight, k[k_row + c]); */
        sc_score_add_f64(d_q, weight, k + k_row, p->d);
    }
    sc_score_scale_f64(d_q, (double)p->tau, p->d);
}

/* Adds what the rows of query head h see of key j to the row of dK, without tau. */
/*@ requires tensors: sc_backward_tensors(p, q, k, v, d_o);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= j < sc_keys(p, b);
    requires row: \valid(d_k + (0 .. p->d - 1));
    terminates \true;
    exits \false;
    assigns d_k[0 .. p->d - 1];
    ensures added: \forall integer c; 0 <= c < p->d ==>
      d_k[c] == \old(d_k[c]) + sc_d_k_rows(p, q, k, v, d_o, b, h, j, c, sc_rows(p, b)); */
static void k_head(const struct sc_problem *p, const float *q, const float *k, const float *v,
                   const float *d_o, int32_t b, int32_t h, int32_t j, double *d_k)
{
    const int32_t rows = sc_problem_rows(p, b);

    /*@ loop invariant index: 0 <= i <= rows;
        loop invariant prefix: \forall integer c; 0 <= c < p->d ==>
          d_k[c] == \at(d_k[c], Pre) + sc_d_k_rows(p, q, k, v, d_o, b, h, j, c, i);
        loop assigns i, d_k[0 .. p->d - 1];
        loop variant rows - i; */
    for (int32_t i = 0; i < rows; i++) {
        const double weight = d_score(p, q, k, v, d_o, b, h, i, j);
        const int64_t q_row = sc_problem_q_row(p, b, h, i);

        /*@ assert next: \forall integer c; 0 <= c < p->d ==>
              sc_d_k_rows(p, q, k, v, d_o, b, h, j, c, i + 1) ==
              sc_d_k_rows(p, q, k, v, d_o, b, h, j, c, i) + sc_times(weight, q[q_row + c]); */
        sc_score_add_f64(d_k, weight, q + q_row, p->d);
    }
}

void sc_backward_k_row_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *v, const float *d_o, int32_t b, int32_t g, int32_t j,
                           double *d_k)
{
    const int32_t first = sc_problem_group_first(p, g);
    const int32_t group = p->heads_q / p->heads_kv;

    sc_score_clear_f64(d_k, p->d);
    /*@ loop invariant index: 0 <= m <= group;
        loop invariant prefix: \forall integer c; 0 <= c < p->d ==>
          d_k[c] == sc_d_k_heads(p, q, k, v, d_o, b, first, j, c, m);
        loop assigns m, d_k[0 .. p->d - 1];
        loop variant group - m; */
    for (int32_t m = 0; m < group; m++) {
        /*@ assert next: \forall integer c; 0 <= c < p->d ==>
              sc_d_k_heads(p, q, k, v, d_o, b, first, j, c, m + 1) ==
              sc_d_k_heads(p, q, k, v, d_o, b, first, j, c, m) +
                sc_d_k_rows(p, q, k, v, d_o, b, first + m, j, c, sc_rows(p, b)); */
        k_head(p, q, k, v, d_o, b, first + m, j, d_k);
    }
    sc_score_scale_f64(d_k, (double)p->tau, p->d);
}

/* Adds what the rows of query head h see of key j to the row of dV. */
/*@ requires tensors: sc_score_tensors(p, q, k) && \valid_read(d_o + (0 .. p->o.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= j < sc_keys(p, b);
    requires row: \valid(d_v + (0 .. p->d_v - 1));
    terminates \true;
    exits \false;
    assigns d_v[0 .. p->d_v - 1];
    ensures added: \forall integer c; 0 <= c < p->d_v ==>
      d_v[c] == \old(d_v[c]) + sc_d_v_rows(p, q, k, d_o, b, h, j, c, sc_rows(p, b)); */
static void v_head(const struct sc_problem *p, const float *q, const float *k, const float *d_o,
                   int32_t b, int32_t h, int32_t j, double *d_v)
{
    const int32_t rows = sc_problem_rows(p, b);

    /*@ loop invariant index: 0 <= i <= rows;
        loop invariant prefix: \forall integer c; 0 <= c < p->d_v ==>
          d_v[c] == \at(d_v[c], Pre) + sc_d_v_rows(p, q, k, d_o, b, h, j, c, i);
        loop assigns i, d_v[0 .. p->d_v - 1];
        loop variant rows - i; */
    for (int32_t i = 0; i < rows; i++) {
        const double weight = sc_score_weight_f64(p, q, k, b, h, i, j);
        const int64_t o_row = sc_problem_o_row(p, b, h, i);

        /*@ assert next: \forall integer c; 0 <= c < p->d_v ==>
              sc_d_v_rows(p, q, k, d_o, b, h, j, c, i + 1) ==
              sc_d_v_rows(p, q, k, d_o, b, h, j, c, i) + sc_times(weight, d_o[o_row + c]); */
        sc_score_add_f64(d_v, weight, d_o + o_row, p->d_v);
    }
}

void sc_backward_v_row_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *d_o, int32_t b, int32_t g, int32_t j, double *d_v)
{
    const int32_t first = sc_problem_group_first(p, g);
    const int32_t group = p->heads_q / p->heads_kv;

    sc_score_clear_f64(d_v, p->d_v);
    /*@ loop invariant index: 0 <= m <= group;
        loop invariant prefix: \forall integer c; 0 <= c < p->d_v ==>
          d_v[c] == sc_d_v_heads(p, q, k, d_o, b, first, j, c, m);
        loop assigns m, d_v[0 .. p->d_v - 1];
        loop variant group - m; */
    for (int32_t m = 0; m < group; m++) {
        /*@ assert next: \forall integer c; 0 <= c < p->d_v ==>
              sc_d_v_heads(p, q, k, d_o, b, first, j, c, m + 1) ==
              sc_d_v_heads(p, q, k, d_o, b, first, j, c, m) +
                sc_d_v_rows(p, q, k, d_o, b, first + m, j, c, sc_rows(p, b)); */
        v_head(p, q, k, d_o, b, first + m, j, d_v);
    }
}

/* What row i adds to db. */
/*@ requires tensors: sc_backward_tensors(p, q, k, v, d_o);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures sum: \result == sc_d_b_row(p, q, k, v, d_o, b, h, i, sc_keys(p, b)); */
static double bias_row(const struct sc_problem *p, const float *q, const float *k, const float *v,
                       const float *d_o, int32_t b, int32_t h, int32_t i)
{
    const int32_t keys = sc_problem_keys(p, b);
    double sum = 0.0;

    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant prefix: sum == sc_d_b_row(p, q, k, v, d_o, b, h, i, j);
        loop assigns j, sum;
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        sum = sum + d_score(p, q, k, v, d_o, b, h, i, j);
    }
    return sum;
}

double sc_backward_bias_f64(const struct sc_problem *p, const float *q, const float *k,
                            const float *v, const float *d_o, int32_t b, int32_t h)
{
    const int32_t rows = sc_problem_rows(p, b);
    double sum = 0.0;

    /*@ loop invariant index: 0 <= i <= rows;
        loop invariant prefix: sum == sc_d_b_rows(p, q, k, v, d_o, b, h, i);
        loop assigns i, sum;
        loop variant rows - i; */
    for (int32_t i = 0; i < rows; i++) {
        sum = sum + bias_row(p, q, k, v, d_o, b, h, i);
    }
    return sum;
}
