/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/jvp.h"

#include "reference/score.h"

/* The tangent of P_ij; the tangents of Q and K are not read where it is 0 by its first factor. */
/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    requires direction: sc_score_direction(p, q_t, k_t);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures tangent: \result == sc_p_t(p, q, k, q_t, k_t, b, h, i, j); */
static double weight_tangent(const struct sc_problem *p, const float *q, const float *k,
                             const float *q_t, const float *k_t, int32_t b, int32_t h, int32_t i,
                             int32_t j)
{
    const double slope = sc_score_slope_f64(p, q, k, b, h, i, j);

    if (slope == 0.0) {
        return 0.0;
    }
    return slope * sc_score_tangent_f64(p, q, k, q_t, k_t, b, h, i, j);
}

void sc_jvp_row_f64(const struct sc_problem *p, const float *q, const float *k, const float *v,
                    const float *q_t, const float *k_t, const float *v_t, int32_t b, int32_t h,
                    int32_t i, double *o_t)
{
    const int32_t keys = sc_problem_keys(p, b);
    const int32_t g = sc_problem_group_head(p, h);

    sc_score_clear_f64(o_t, p->d_v);
    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant prefix: \forall integer c; 0 <= c < p->d_v ==>
          o_t[c] == sc_o_t_sum(p, q, k, v, q_t, k_t, v_t, b, h, i, c, j);
        loop assigns j, o_t[0 .. p->d_v - 1];
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        const double weight = sc_score_weight_f64(p, q, k, b, h, i, j);
        const double tangent = weight_tangent(p, q, k, q_t, k_t, b, h, i, j);
        const int64_t v_row = sc_problem_v_row(p, b, g, j);

        /*@ assert next: \forall integer c; 0 <= c < p->d_v ==>
              sc_o_t_sum(p, q, k, v, q_t, k_t, v_t, b, h, i, c, j + 1) ==
              sc_o_t_sum(p, q, k, v, q_t, k_t, v_t, b, h, i, c, j) +
                sc_times(weight, v_t[v_row + c]) + sc_times(tangent, v[v_row + c]); */
        sc_score_add_f64(o_t, weight, v_t + v_row, p->d_v);
        /*@ assert first: \forall integer c; 0 <= c < p->d_v ==>
              o_t[c] == sc_o_t_sum(p, q, k, v, q_t, k_t, v_t, b, h, i, c, j) +
                sc_times(weight, v_t[v_row + c]); */
        sc_score_add_f64(o_t, tangent, v + v_row, p->d_v);
    }
}
