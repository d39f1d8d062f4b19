/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/softmax.h"

#include "reference/exp.h"
#include "reference/score.h"

/* The largest score that row i sees; 0 if it sees none. */
/*@ requires tensors: sc_score_tensors(p, q, k);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures above: \forall integer j; 0 <= j < sc_keys(p, b) ==> sc_sight(p, b, h, i, j) ==>
      sc_score(p, q, k, b, h, i, j) <= \result;
    ensures attained: \forall integer j; 0 <= j < sc_keys(p, b) ==> sc_sight(p, b, h, i, j) ==>
      \exists integer l; 0 <= l < sc_keys(p, b) && sc_sight(p, b, h, i, l) &&
        \result == sc_score(p, q, k, b, h, i, l); */
static double largest(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                      int32_t h, int32_t i)
{
    const int32_t keys = sc_problem_keys(p, b);
    double most = 0.0;
    bool seen = false;

    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant none: seen == false ==>
          \forall integer l; 0 <= l < j ==> !sc_sight(p, b, h, i, l);
        loop invariant above: \forall integer l; 0 <= l < j ==> sc_sight(p, b, h, i, l) ==>
          sc_score(p, q, k, b, h, i, l) <= most;
        loop invariant attained: seen == true ==> \exists integer l; 0 <= l < j &&
          sc_sight(p, b, h, i, l) && most == sc_score(p, q, k, b, h, i, l);
        loop assigns j, most, seen;
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        if (!sc_problem_visible(p, b, h, i, j)) {
            continue;
        }
        const double score = sc_score_f64(p, q, k, b, h, i, j);
        if (!seen || score > most) {
            most = score;
        }
        seen = true;
    }
    return most;
}

/* e^(S_ij - shift) where row i sees key j, else 0. */
/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures term: \result == sc_times(sc_exp(-shift), sc_soft_term(p, q, k, b, h, i, j)); */
static double term(const struct sc_problem *p, const float *q, const float *k, int32_t b, int32_t h,
                   int32_t i, int32_t j, double shift)
{
    if (!sc_problem_visible(p, b, h, i, j)) {
        /*@ assert hidden: sc_soft_term(p, q, k, b, h, i, j) == 0.0; */
        return 0.0;
    }
    const double score = sc_score_f64(p, q, k, b, h, i, j);

    /*@ assert seen: sc_soft_term(p, q, k, b, h, i, j) == sc_exp(score); */
    /*@ assert shifted: sc_exp(score - shift) == sc_exp(-shift) * sc_exp(score); */
    /*@ assert scaled: sc_times(sc_exp(-shift), sc_exp(score)) == sc_exp(score - shift); */
    return sc_exp_f64(score - shift);
}

/* All of them, and their sum. */
/*@ requires tensors: sc_score_tensors(p, q, k);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires scratch: \valid(weights + (0 .. p->n_k - 1));
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1];
    ensures terms: sc_softmax_terms(p, q, k, b, h, i, sc_exp(-shift), weights, 0, sc_keys(p, b));
    ensures mass: \result == sc_times(sc_exp(-shift), sc_soft_mass(p, q, k, b, h, i, sc_keys(p, b))); */
static double terms(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                    int32_t h, int32_t i, double shift, double *weights)
{
    const int32_t keys = sc_problem_keys(p, b);
    double sum = 0.0;

    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant terms: sc_softmax_terms(p, q, k, b, h, i, sc_exp(-shift), weights, 0, j);
        loop invariant mass: sum == sc_times(sc_exp(-shift), sc_soft_mass(p, q, k, b, h, i, j));
        loop assigns j, sum, weights[0 .. p->n_k - 1];
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        const double e = term(p, q, k, b, h, i, j, shift);

        /*@ assert next: sc_soft_mass(p, q, k, b, h, i, j + 1) ==
              sc_soft_mass(p, q, k, b, h, i, j) + sc_soft_term(p, q, k, b, h, i, j); */
        weights[j] = e;
        sum = sum + e;
    }
    return sum;
}

/* a / b, and 0 where nothing is seen. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures share: \result == sc_over(a, b); */
static double share(double a, double b)
{
    return b > 0.0 ? a / b : 0.0;
}

void sc_softmax_weights_f64(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                            int32_t h, int32_t i, double *weights)
{
    const int32_t keys = sc_problem_keys(p, b);
    const double shift = largest(p, q, k, b, h, i);
    const double sum = terms(p, q, k, b, h, i, shift, weights);

    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant weights: sc_softmax_weights(p, q, k, b, h, i, weights, j);
        loop invariant rest: sc_softmax_terms(p, q, k, b, h, i, sc_exp(-shift), weights, j, keys);
        loop assigns j, weights[0 .. p->n_k - 1];
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        weights[j] = share(weights[j], sum);
    }
}

/* P_ij from the weights. The arguments that name the place are read by the contract alone. */
/*@ requires place: 0 <= j < sc_keys(p, b) && \valid_read(p);
    requires scratch: \valid_read(weights + j);
    requires weights: sc_softmax_weights(p, q, k, b, h, i, weights, sc_keys(p, b));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures weight: \result == sc_soft_weight(p, q, k, b, h, i, j); */
static double weight_at(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                        int32_t h, int32_t i, const double *weights, int32_t j)
{
    (void)p;
    (void)q;
    (void)k;
    (void)b;
    (void)h;
    (void)i;
    return weights[j];
}

void sc_softmax_row_f64(const struct sc_problem *p, const float *q, const float *k, const float *v,
                        int32_t b, int32_t h, int32_t i, double *weights, double *o)
{
    const int32_t keys = sc_problem_keys(p, b);
    const int32_t g = sc_problem_group_head(p, h);

    sc_softmax_weights_f64(p, q, k, b, h, i, weights);
    sc_score_clear_f64(o, p->d_v);
    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant weights: sc_softmax_weights(p, q, k, b, h, i, weights, keys);
        loop invariant prefix: \forall integer c; 0 <= c < p->d_v ==>
          o[c] == sc_soft_sum(p, q, k, v, b, h, i, c, j);
        loop assigns j, o[0 .. p->d_v - 1];
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        const double weight = weight_at(p, q, k, b, h, i, weights, j);
        const int64_t v_row = sc_problem_v_row(p, b, g, j);

        /*@ assert next: \forall integer c; 0 <= c < p->d_v ==>
              sc_soft_sum(p, q, k, v, b, h, i, c, j + 1) ==
              sc_soft_sum(p, q, k, v, b, h, i, c, j) + sc_times(weight, v[v_row + c]); */
        sc_score_add_f64(o, weight, v + v_row, p->d_v);
    }
}

/* sum_j P_ij Z_ij. */
/*@ requires tensors: sc_score_tensors(p, q, k) && sc_score_direction(p, q_t, k_t);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires scratch: \valid_read(weights + (0 .. p->n_k - 1));
    requires weights: sc_softmax_weights(p, q, k, b, h, i, weights, sc_keys(p, b));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures mean: \result == sc_soft_s_t_mean(p, q, k, q_t, k_t, b, h, i, sc_keys(p, b)); */
static double tangent_mean(const struct sc_problem *p, const float *q, const float *k,
                           const float *q_t, const float *k_t, int32_t b, int32_t h, int32_t i,
                           const double *weights)
{
    const int32_t keys = sc_problem_keys(p, b);
    double mean = 0.0;

    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant prefix: mean == sc_soft_s_t_mean(p, q, k, q_t, k_t, b, h, i, j);
        loop assigns j, mean;
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        const double weight = weight_at(p, q, k, b, h, i, weights, j);

        /*@ assert next: sc_soft_s_t_mean(p, q, k, q_t, k_t, b, h, i, j + 1) ==
              sc_soft_s_t_mean(p, q, k, q_t, k_t, b, h, i, j) +
                sc_times(weight, sc_s_t(p, q, k, q_t, k_t, b, h, i, j)); */
        if (weight != 0.0) {
            mean = mean + weight * sc_score_tangent_f64(p, q, k, q_t, k_t, b, h, i, j);
        }
    }
    return mean;
}

/* The tangent of P_ij. */
/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    requires direction: sc_score_direction(p, q_t, k_t);
    requires weight: weight == sc_soft_weight(p, q, k, b, h, i, j);
    requires mean: mean == sc_soft_s_t_mean(p, q, k, q_t, k_t, b, h, i, sc_keys(p, b));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures tangent: \result == sc_soft_p_t(p, q, k, q_t, k_t, b, h, i, j); */
static double weight_tangent(const struct sc_problem *p, const float *q, const float *k,
                             const float *q_t, const float *k_t, int32_t b, int32_t h, int32_t i,
                             int32_t j, double weight, double mean)
{
    if (weight == 0.0) {
        return 0.0;
    }
    return weight * (sc_score_tangent_f64(p, q, k, q_t, k_t, b, h, i, j) - mean);
}

void sc_softmax_jvp_row_f64(const struct sc_problem *p, const float *q, const float *k,
                            const float *v, const float *q_t, const float *k_t, const float *v_t,
                            int32_t b, int32_t h, int32_t i, double *weights, double *o_t)
{
    const int32_t keys = sc_problem_keys(p, b);
    const int32_t g = sc_problem_group_head(p, h);

    sc_softmax_weights_f64(p, q, k, b, h, i, weights);
    const double mean = tangent_mean(p, q, k, q_t, k_t, b, h, i, weights);

    sc_score_clear_f64(o_t, p->d_v);
    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant weights: sc_softmax_weights(p, q, k, b, h, i, weights, keys);
        loop invariant prefix: \forall integer c; 0 <= c < p->d_v ==>
          o_t[c] == sc_soft_o_t_sum(p, q, k, v, q_t, k_t, v_t, b, h, i, c, j);
        loop assigns j, o_t[0 .. p->d_v - 1];
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        const double weight = weight_at(p, q, k, b, h, i, weights, j);
        const double tangent = weight_tangent(p, q, k, q_t, k_t, b, h, i, j, weight, mean);
        const int64_t v_row = sc_problem_v_row(p, b, g, j);

        /*@ assert next: \forall integer c; 0 <= c < p->d_v ==>
              sc_soft_o_t_sum(p, q, k, v, q_t, k_t, v_t, b, h, i, c, j + 1) ==
              sc_soft_o_t_sum(p, q, k, v, q_t, k_t, v_t, b, h, i, c, j) +
                sc_times(weight, v_t[v_row + c]) + sc_times(tangent, v[v_row + c]); */
        sc_score_add_f64(o_t, weight, v_t + v_row, p->d_v);
        /*@ assert first: \forall integer c; 0 <= c < p->d_v ==>
              o_t[c] == sc_soft_o_t_sum(p, q, k, v, q_t, k_t, v_t, b, h, i, c, j) +
                sc_times(weight, v_t[v_row + c]); */
        sc_score_add_f64(o_t, tangent, v + v_row, p->d_v);
    }
}

double sc_softmax_mean_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *v, const float *d_o, int32_t b, int32_t h, int32_t i,
                           const double *weights)
{
    const int32_t keys = sc_problem_keys(p, b);
    double mean = 0.0;

    (void)q;
    (void)k;
    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant prefix: mean == sc_soft_d_p_mean(p, q, k, v, d_o, b, h, i, j);
        loop assigns j, mean;
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        const double weight = weight_at(p, q, k, b, h, i, weights, j);

        /*@ assert next: sc_soft_d_p_mean(p, q, k, v, d_o, b, h, i, j + 1) ==
              sc_soft_d_p_mean(p, q, k, v, d_o, b, h, i, j) +
                sc_times(weight, sc_d_p(p, v, d_o, b, h, i, j)); */
        if (weight != 0.0) {
            mean = mean + weight * sc_score_gradient_f64(p, v, d_o, b, h, i, j);
        }
    }
    return mean;
}

/* dS_ij. */
/*@ requires pair: sc_score_pair(p, q, k, b, h, i, j);
    requires tensors: \valid_read(v + (0 .. p->v.size - 1)) && \valid_read(d_o + (0 .. p->o.size - 1));
    requires weight: weight == sc_soft_weight(p, q, k, b, h, i, j);
    requires mean: mean == sc_soft_d_p_mean(p, q, k, v, d_o, b, h, i, sc_keys(p, b));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures gradient: \result == sc_soft_d_s(p, q, k, v, d_o, b, h, i, j); */
static double d_score(const struct sc_problem *p, const float *q, const float *k, const float *v,
                      const float *d_o, int32_t b, int32_t h, int32_t i, int32_t j, double weight,
                      double mean)
{
    (void)q;
    (void)k;
    if (weight == 0.0) {
        return 0.0;
    }
    return weight * (sc_score_gradient_f64(p, v, d_o, b, h, i, j) - mean);
}

void sc_softmax_q_row_f64(const struct sc_problem *p, const float *q, const float *k,
                          const float *v, const float *d_o, int32_t b, int32_t h, int32_t i,
                          double *weights, double *d_q)
{
    const int32_t keys = sc_problem_keys(p, b);
    const int32_t g = sc_problem_group_head(p, h);

    sc_softmax_weights_f64(p, q, k, b, h, i, weights);
    const double mean = sc_softmax_mean_f64(p, q, k, v, d_o, b, h, i, weights);

    sc_score_clear_f64(d_q, p->d);
    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant weights: sc_softmax_weights(p, q, k, b, h, i, weights, keys);
        loop invariant prefix: \forall integer c; 0 <= c < p->d ==>
          d_q[c] == sc_soft_d_q_sum(p, q, k, v, d_o, b, h, i, c, j);
        loop assigns j, d_q[0 .. p->d - 1];
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        const double weight =
            d_score(p, q, k, v, d_o, b, h, i, j, weight_at(p, q, k, b, h, i, weights, j), mean);
        const int64_t k_row = sc_problem_k_row(p, b, g, j);

        /*@ assert next: \forall integer c; 0 <= c < p->d ==>
              sc_soft_d_q_sum(p, q, k, v, d_o, b, h, i, c, j + 1) ==
              sc_soft_d_q_sum(p, q, k, v, d_o, b, h, i, c, j) + sc_times(weight, k[k_row + c]); */
        sc_score_add_f64(d_q, weight, k + k_row, p->d);
    }
    sc_score_scale_f64(d_q, (double)p->tau, p->d);
}

/* tau dS_ij; 0 where that is 0, whatever tau. */
/*@ requires problem: \valid_read(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures scaled: \result == sc_times(p->tau, d_s); */
static double scaled_by(const struct sc_problem *p, double d_s)
{
    return (double)p->tau * d_s;
}

void sc_softmax_k_head_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *v, const float *d_o, int32_t b, int32_t h, int32_t j,
                           const double *column, const double *means, double *d_k)
{
    const int32_t rows = sc_problem_rows(p, b);

    /*@ loop invariant index: 0 <= i <= rows;
        loop invariant prefix: \forall integer c; 0 <= c < p->d ==>
          d_k[c] == \at(d_k[c], Pre) + sc_soft_d_k_rows(p, q, k, v, d_o, b, h, j, c, i);
        loop assigns i, d_k[0 .. p->d - 1];
        loop variant rows - i; */
    for (int32_t i = 0; i < rows; i++) {
        const double d_s = d_score(p, q, k, v, d_o, b, h, i, j, column[i], means[i]);
        const double scaled = scaled_by(p, d_s);
        const int64_t q_row = sc_problem_q_row(p, b, h, i);

        /*@ assert next: \forall integer c; 0 <= c < p->d ==>
              sc_soft_d_k_rows(p, q, k, v, d_o, b, h, j, c, i + 1) ==
              sc_soft_d_k_rows(p, q, k, v, d_o, b, h, j, c, i) + sc_times(scaled, q[q_row + c]); */
        sc_score_add_f64(d_k, scaled, q + q_row, p->d);
        /*@ assert added: \forall integer c; 0 <= c < p->d ==>
              d_k[c] == \at(d_k[c], LoopCurrent) + sc_times(scaled, q[q_row + c]); */
    }
}

void sc_softmax_v_head_f64(const struct sc_problem *p, const float *q, const float *k,
                           const float *d_o, int32_t b, int32_t h, int32_t j, const double *column,
                           double *d_v)
{
    const int32_t rows = sc_problem_rows(p, b);

    (void)q;
    (void)k;
    (void)j;
    /*@ loop invariant index: 0 <= i <= rows;
        loop invariant prefix: \forall integer c; 0 <= c < p->d_v ==>
          d_v[c] == \at(d_v[c], Pre) + sc_soft_d_v_rows(p, q, k, d_o, b, h, j, c, i);
        loop assigns i, d_v[0 .. p->d_v - 1];
        loop variant rows - i; */
    for (int32_t i = 0; i < rows; i++) {
        const double weight = column[i];
        const int64_t o_row = sc_problem_o_row(p, b, h, i);

        /*@ assert next: \forall integer c; 0 <= c < p->d_v ==>
              sc_soft_d_v_rows(p, q, k, d_o, b, h, j, c, i + 1) ==
              sc_soft_d_v_rows(p, q, k, d_o, b, h, j, c, i) + sc_times(weight, d_o[o_row + c]); */
        sc_score_add_f64(d_v, weight, d_o + o_row, p->d_v);
    }
}
