/* SPDX-License-Identifier: Apache-2.0 */
/* The text of the forward pass, included by reference/forward.c once for each arithmetic: no guard. */

/* P_ij for every key of the sequence. */
/*@ requires readable: sc_problem_readable(p);
    requires valid: sc_problem_valid(p);
    requires tensors: \valid_read(q + (0 .. p->q.size - 1)) && \valid_read(k + (0 .. p->k.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires scratch: \valid(weights + (0 .. p->n_k - 1));
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1];
    ensures weights: \forall integer j; 0 <= j < sc_keys(p, b) ==>
      weights[j] == sc_weight(p, q, k, b, h, i, j); */
static void WEIGHTS(const struct sc_problem *p, const float *q, const float *k, int32_t b,
                    int32_t h, int32_t i, double *weights)
{
    const int32_t keys = sc_problem_keys(p, b);

    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant weights: \forall integer x; 0 <= x < j ==>
          weights[x] == sc_weight(p, q, k, b, h, i, x);
        loop assigns j, weights[0 .. p->n_k - 1];
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        weights[j] = (double)WEIGHT(p, q, k, b, h, i, j);
    }
}

/* The sum over n keys from that over n - 1. A weight of 0 adds nothing, whatever V holds there. The arguments that
 * name the place are read by the contract alone. */
/*@ requires problem: \valid_read(p);
    requires keys: 0 < n;
    requires row: row == sc_v_row(p, b, sc_group_head(p, h), n - 1);
    requires value: \valid_read(v + (row + c));
    requires index: INT64_MIN <= row + c <= INT64_MAX;
    requires weight: weight == sc_weight(p, q, k, b, h, i, n - 1);
    requires prefix: sum == sc_sum(p, q, k, v, b, h, i, c, n - 1);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures next: \result == sc_sum(p, q, k, v, b, h, i, c, n); */
static REAL STEP(const struct sc_problem *p, const float *q, const float *k, const float *v,
                 int32_t b, int32_t h, int32_t i, int32_t c, int32_t n, int64_t row, double weight,
                 REAL sum)
{
    (void)p;
    (void)q;
    (void)k;
    (void)b;
    (void)h;
    (void)i;
    (void)n;
    /*@ assert term: sc_term(p, q, k, v, b, h, i, c, n - 1) == weight * v[row + c]; */
    return weight != 0.0 ? sum + (REAL)weight * (REAL)v[row + c] : sum;
}

/* O_ic from the weights. */
/*@ requires readable: sc_problem_readable(p);
    requires valid: sc_problem_valid(p);
    requires tensors: \valid_read(v + (0 .. p->v.size - 1));
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b) &&
      0 <= c < p->d_v;
    requires scratch: \valid_read(weights + (0 .. p->n_k - 1));
    requires weights: \forall integer j; 0 <= j < sc_keys(p, b) ==>
      weights[j] == sc_weight(p, q, k, b, h, i, j);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures sum: \result == sc_output(p, q, k, v, b, h, i, c); */
static REAL SUM(const struct sc_problem *p, const float *q, const float *k, const float *v,
                int32_t b, int32_t h, int32_t i, int32_t c, const double *weights)
{
    const int32_t keys = sc_problem_keys(p, b);
    const int32_t group_head = sc_problem_group_head(p, h);
    REAL sum = 0;

    /*@ loop invariant index: 0 <= j <= keys;
        loop invariant prefix: sum == sc_sum(p, q, k, v, b, h, i, c, j);
        loop assigns j, sum;
        loop variant keys - j; */
    for (int32_t j = 0; j < keys; j++) {
        sum = STEP(p, q, k, v, b, h, i, c, j + 1, sc_problem_v_row(p, b, group_head, j), weights[j],
                   sum);
    }
    return sum;
}

/* One row of O. */
/*@ requires arrays: sc_forward_arrays(p, q, k, v, weights, o);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    requires row: row == sc_o_row(p, b, h, i);
    requires inside: 0 <= row && row + p->d_v <= p->o.size;
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1], o[row .. row + p->d_v - 1];
    ensures done: sc_row_done(p, q, k, v, o, b, h, i); */
static void ROW(const struct sc_problem *p, const float *q, const float *k, const float *v,
                int32_t b, int32_t h, int32_t i, double *weights, double *o, int64_t row)
{
    /*@ assert keys: sc_keys(p, b) <= p->n_k; */
    /*@ assert scratch: \separated(weights + (0 .. p->n_k - 1), o + (row .. row + p->d_v - 1)); */
    WEIGHTS(p, q, k, b, h, i, weights);
    /*@ loop invariant index: 0 <= c <= p->d_v;
        loop invariant weights: \forall integer j; 0 <= j < sc_keys(p, b) ==>
          weights[j] == sc_weight(p, q, k, b, h, i, j);
        loop invariant done: \forall integer x; 0 <= x < c ==>
          o[row + x] == sc_output(p, q, k, v, b, h, i, x);
        loop assigns c, o[row .. row + p->d_v - 1];
        loop variant p->d_v - c; */
    for (int32_t c = 0; c < p->d_v; c++) {
        o[row + c] = (double)SUM(p, q, k, v, b, h, i, c, weights);
    }
}

/* All rows of one head of a sequence. Rows of other heads and sequences keep their values. */
/*@ requires arrays: sc_forward_arrays(p, q, k, v, weights, o);
    requires apart: sc_problem_rows_apart(p) && sc_problem_rows_inside(p);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q;
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1], o[0 .. p->o.size - 1];
    ensures done: \forall integer i; 0 <= i < sc_rows(p, b) ==> sc_row_done(p, q, k, v, o, b, h, i);
    ensures kept: \forall integer b2, h2, i2;
      0 <= b2 < p->batch ==> 0 <= h2 < p->heads_q ==> 0 <= i2 < sc_rows(p, b2) ==>
      (b2 != b || h2 != h) ==>
      sc_row_done{Pre}(p, q, k, v, o, b2, h2, i2) ==> sc_row_done(p, q, k, v, o, b2, h2, i2); */
static void HEAD(const struct sc_problem *p, const float *q, const float *k, const float *v,
                 int32_t b, int32_t h, double *weights, double *o)
{
    const int32_t rows = sc_problem_rows(p, b);

    /*@ loop invariant index: 0 <= i <= rows;
        loop invariant done: \forall integer x; 0 <= x < i ==>
          sc_row_done(p, q, k, v, o, b, h, x);
        loop invariant kept: \forall integer b2, h2, i2;
          0 <= b2 < p->batch ==> 0 <= h2 < p->heads_q ==> 0 <= i2 < sc_rows(p, b2) ==>
          (b2 != b || h2 != h) ==>
          sc_row_done{Pre}(p, q, k, v, o, b2, h2, i2) ==> sc_row_done(p, q, k, v, o, b2, h2, i2);
        loop assigns i, weights[0 .. p->n_k - 1], o[0 .. p->o.size - 1];
        loop variant rows - i; */
    for (int32_t i = 0; i < rows; i++) {
        const int64_t row = sc_problem_o_row(p, b, h, i);

        /*@ assert elsewhere: \forall integer b2, h2, i2;
              0 <= b2 < p->batch ==> 0 <= h2 < p->heads_q ==> 0 <= i2 < sc_rows(p, b2) ==>
              (b2 != b || h2 != h || i2 != i) ==>
              sc_apart(row, sc_o_row(p, b2, h2, i2), p->d_v); */
        ROW(p, q, k, v, b, h, i, weights, o, row);
        /*@ assert others: \forall integer b2, h2, i2, c;
              0 <= b2 < p->batch ==> 0 <= h2 < p->heads_q ==> 0 <= i2 < sc_rows(p, b2) ==>
              (b2 != b || h2 != h || i2 != i) ==> 0 <= c < p->d_v ==>
              o[sc_o_row(p, b2, h2, i2) + c] == \at(o[sc_o_row(p, b2, h2, i2) + c], LoopCurrent); */
    }
}

void FORWARD(const struct sc_problem *p, const float *q, const float *k, const float *v,
             double *weights, double *o)
{
    /*@ assert apart: sc_problem_rows_apart(p); */
    /*@ assert inside: sc_problem_rows_inside(p); */
    /*@ loop invariant index: 0 <= b <= p->batch;
        loop invariant done: \forall integer b2, h2, i2;
          0 <= b2 < b ==> 0 <= h2 < p->heads_q ==> 0 <= i2 < sc_rows(p, b2) ==>
          sc_row_done(p, q, k, v, o, b2, h2, i2);
        loop assigns b, weights[0 .. p->n_k - 1], o[0 .. p->o.size - 1];
        loop variant p->batch - b; */
    for (int32_t b = 0; b < p->batch; b++) {
        /*@ loop invariant index: 0 <= h <= p->heads_q;
            loop invariant before: \forall integer b2, h2, i2;
              0 <= b2 < b ==> 0 <= h2 < p->heads_q ==> 0 <= i2 < sc_rows(p, b2) ==>
              sc_row_done(p, q, k, v, o, b2, h2, i2);
            loop invariant done: \forall integer h2, i2;
              0 <= h2 < h ==> 0 <= i2 < sc_rows(p, b) ==> sc_row_done(p, q, k, v, o, b, h2, i2);
            loop assigns h, weights[0 .. p->n_k - 1], o[0 .. p->o.size - 1];
            loop variant p->heads_q - h; */
        for (int32_t h = 0; h < p->heads_q; h++) {
            HEAD(p, q, k, v, b, h, weights, o);
        }
    }
}
