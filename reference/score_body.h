/* SPDX-License-Identifier: Apache-2.0 */
/* The text of the functions that both arithmetics have, included by reference/score.c once for each: no
 * guard. */

REAL DOT(const float *x, const float *y, int32_t d)
{
    REAL sum = 0;

    /*@ loop invariant index: 0 <= c <= d;
        loop invariant prefix: sum == sc_dot(x, y, c);
        loop assigns c, sum;
        loop variant d - c; */
    for (int32_t c = 0; c < d; c++) {
        sum = sum + (REAL)x[c] * (REAL)y[c];
    }
    return sum;
}

REAL SCORE(const struct sc_problem *p, const float *q, const float *k, int32_t b, int32_t h,
           int32_t i, int32_t j)
{
    const int64_t q_row = sc_problem_q_row(p, b, h, i);
    const int64_t k_row = sc_problem_k_row(p, b, sc_problem_group_head(p, h), j);
    const REAL biased =
        (REAL)p->tau * DOT(q + q_row, k + k_row, p->d) + (REAL)sc_problem_bias(p, b, h);

    if (p->slopes == NULL) {
        return biased;
    }
    const int32_t distance = sc_mask_distance(i, j, sc_problem_rows(p, b), sc_problem_keys(p, b));
    return biased - (REAL)p->slopes[h] * (REAL)distance;
}

REAL WEIGHT(const struct sc_problem *p, const float *q, const float *k, int32_t b, int32_t h,
            int32_t i, int32_t j)
{
    if (!sc_problem_visible(p, b, h, i, j)) {
        return 0;
    }
    return SIGMOID(SCORE(p, q, k, b, h, i, j));
}
