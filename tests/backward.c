/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/backward.h"

#include "reference/jvp.h"
#include "reference/sigmoid.h"
#include "spec/problem.h"
#include "tests/exact.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* A row of sentinels. */
static double *row_create(int32_t width)
{
    double *row = malloc(((size_t)width + 1) * sizeof *row);

    for (int32_t c = 0; c <= width; c++) {
        row[c] = EXACT_SENTINEL;
    }
    return row;
}

/* dQ_ic = tau sum_j 1/4 dP_ij k_jc. */
static void expect_q_row(const struct exact *e, int32_t b, int32_t h, int32_t i)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    double *found = row_create(p->d);

    sc_backward_q_row_f64(p, t->q, t->k, t->v, t->d_o, b, h, i, found);
    for (int32_t c = 0; c < p->d; c++) {
        int64_t sum = 0;
        for (int32_t j = 0; j < definition_keys(p, b); j++) {
            if (definition_sees(&e->x, b, h, i, j)) {
                sum += exact_d_p(e, b, h, i, j) *
                       (int64_t)e->x.k[exact_head_key(p, b, h, j) * p->d + c];
            }
        }
        exact_expect(e, "dQ", b, h, i, c, found[c], (double)p->tau * 0.25 * (double)sum);
    }
    cr_expect_eq(found[p->d], EXACT_SENTINEL, "seed %llu: dQ has one value too many",
                 (unsigned long long)t->seed);
    free(found);
}

/* dK_jc = tau sum_i 1/4 dP_ij q_ic and dV_jc = sum_i 1/2 dO_ic, over all query heads of the group.
 * Returns how many pairs it sees. */
static int64_t expect_key(const struct exact *e, int32_t b, int32_t g, int32_t j)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    double *d_k = row_create(p->d);
    double *d_v = row_create(p->d_v);
    int64_t *k_sum = calloc((size_t)p->d, sizeof *k_sum);
    int64_t *v_sum = calloc((size_t)p->d_v, sizeof *v_sum);
    int64_t pairs = 0;

    for (int32_t h = 0; h < p->heads_q; h++) {
        for (int32_t i = 0; i < definition_rows(p, b); i++) {
            if (h / (p->heads_q / p->heads_kv) != g || !definition_sees(&e->x, b, h, i, j)) {
                continue;
            }
            const int64_t row = exact_row(p, b, h, i);
            const int64_t d_p = exact_d_p(e, b, h, i, j);
            for (int32_t c = 0; c < p->d; c++) {
                k_sum[c] += d_p * (int64_t)e->x.q[row * p->d + c];
            }
            for (int32_t c = 0; c < p->d_v; c++) {
                v_sum[c] += (int64_t)e->d_o[row * p->d_v + c];
            }
            pairs++;
        }
    }
    sc_backward_k_row_f64(p, t->q, t->k, t->v, t->d_o, b, g, j, d_k);
    sc_backward_v_row_f64(p, t->q, t->k, t->d_o, b, g, j, d_v);
    for (int32_t c = 0; c < p->d; c++) {
        exact_expect(e, "dK", b, g, j, c, d_k[c], (double)p->tau * 0.25 * (double)k_sum[c]);
    }
    for (int32_t c = 0; c < p->d_v; c++) {
        exact_expect(e, "dV", b, g, j, c, d_v[c], 0.5 * (double)v_sum[c]);
    }
    cr_expect(d_k[p->d] == EXACT_SENTINEL && d_v[p->d_v] == EXACT_SENTINEL,
              "seed %llu: dK or dV has one value too many", (unsigned long long)t->seed);
    free(v_sum);
    free(k_sum);
    free(d_v);
    free(d_k);
    return pairs;
}

/* db = sum_ij 1/4 dP_ij. */
static void expect_bias(const struct exact *e, int32_t b, int32_t h)
{
    const struct sc_case *t = &e->built;
    int64_t sum = 0;

    for (int32_t i = 0; i < definition_rows(&t->problem, b); i++) {
        for (int32_t j = 0; j < definition_keys(&t->problem, b); j++) {
            sum += definition_sees(&e->x, b, h, i, j) ? exact_d_p(e, b, h, i, j) : 0;
        }
    }
    exact_expect(e, "db", b, h, 0, 0,
                 sc_backward_bias_f64(&t->problem, t->q, t->k, t->v, t->d_o, b, h),
                 0.25 * (double)sum);
}

Test(backward, gradients_by_rows_and_bias_equal_the_definition_bit_for_bit)
{
    int64_t empty = 0, rows = 0;

    for (uint64_t seed = 0; seed < EXACT_SEEDS; seed++) {
        struct exact e;
        exact_create(&e, seed, 0.0f);
        const struct sc_problem *p = &e.built.problem;
        cr_assert_eq(sc_problem_check(p), SC_PROBLEM_OK, "seed %llu", (unsigned long long)seed);
        for (int32_t b = 0; b < p->batch; b++) {
            for (int32_t h = 0; h < p->heads_q; h++) {
                for (int32_t i = 0; i < definition_rows(p, b); i++) {
                    expect_q_row(&e, b, h, i);
                    empty += exact_row_count(&e, b, h, i) == 0 ? 1 : 0;
                    rows++;
                }
                expect_bias(&e, b, h);
            }
        }
        exact_destroy(&e);
    }
    cr_expect(empty > 300 && rows > 3000, "%lld rows, %lld see nothing", (long long)rows,
              (long long)empty);
}

Test(backward, gradients_by_keys_equal_the_definition_bit_for_bit)
{
    int64_t empty = 0, keys = 0, grouped = 0;

    for (uint64_t seed = 0; seed < EXACT_SEEDS; seed++) {
        struct exact e;
        exact_create(&e, seed, 0.0f);
        const struct sc_problem *p = &e.built.problem;
        for (int32_t b = 0; b < p->batch; b++) {
            for (int32_t g = 0; g < p->heads_kv; g++) {
                for (int32_t j = 0; j < definition_keys(p, b); j++) {
                    empty += expect_key(&e, b, g, j) == 0 ? 1 : 0;
                    grouped += p->heads_q > p->heads_kv && p->heads_kv > 1 ? 1 : 0;
                    keys++;
                }
            }
        }
        exact_destroy(&e);
    }
    cr_expect(empty > 100 && keys > 2000 && grouped > 500,
              "%lld keys, %lld seen by nothing, %lld in groups", (long long)keys, (long long)empty,
              (long long)grouped);
}

/* Copies a row of a tensor into a buffer that is NaN elsewhere. */
static void copy_row(float *to, const float *from, int64_t row, int32_t width)
{
    memcpy(to + row, from + row, (size_t)width * sizeof *to);
}

/* Tensors of NaN, but for what the wanted pairs read. */
struct masked {
    float *q, *k, *v, *d_o;
};

static void masked_create(struct masked *m, const struct sc_problem *p)
{
    *m = (struct masked){exact_nan(p->q.size), exact_nan(p->k.size), exact_nan(p->v.size),
                         exact_nan(p->o.size)};
}

static void masked_pair(struct masked *m, const struct exact *e, int32_t b, int32_t h, int32_t i,
                        int32_t j)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    const int32_t g = h / (p->heads_q / p->heads_kv);

    copy_row(m->q, t->q, sc_problem_q_row(p, b, h, i), p->d);
    copy_row(m->d_o, t->d_o, sc_problem_o_row(p, b, h, i), p->d_v);
    copy_row(m->k, t->k, sc_problem_k_row(p, b, g, j), p->d);
    copy_row(m->v, t->v, sc_problem_v_row(p, b, g, j), p->d_v);
}

static void masked_destroy(struct masked *m)
{
    free(m->q);
    free(m->k);
    free(m->v);
    free(m->d_o);
}

static void expect_same_q_row(const struct exact *e, int32_t b, int32_t h, int32_t i)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    double *whole = row_create(p->d);
    double *found = row_create(p->d);
    struct masked m;

    masked_create(&m, p);
    for (int32_t j = 0; j < definition_keys(p, b); j++) {
        if (definition_sees(&e->x, b, h, i, j)) {
            masked_pair(&m, e, b, h, i, j);
        }
    }
    sc_backward_q_row_f64(p, t->q, t->k, t->v, t->d_o, b, h, i, whole);
    sc_backward_q_row_f64(p, m.q, m.k, m.v, m.d_o, b, h, i, found);
    cr_expect_arr_eq(found, whole, (size_t)p->d * sizeof *found,
                     "seed %llu: dQ of row %d reads what it does not see",
                     (unsigned long long)t->seed, i);
    masked_destroy(&m);
    free(found);
    free(whole);
}

static void expect_same_key(const struct exact *e, int32_t b, int32_t g, int32_t j)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    double *whole[2] = {row_create(p->d), row_create(p->d_v)};
    double *found[2] = {row_create(p->d), row_create(p->d_v)};
    struct masked m;

    masked_create(&m, p);
    for (int32_t h = 0; h < p->heads_q; h++) {
        for (int32_t i = 0; i < definition_rows(p, b); i++) {
            if (h / (p->heads_q / p->heads_kv) == g && definition_sees(&e->x, b, h, i, j)) {
                masked_pair(&m, e, b, h, i, j);
            }
        }
    }
    sc_backward_k_row_f64(p, t->q, t->k, t->v, t->d_o, b, g, j, whole[0]);
    sc_backward_v_row_f64(p, t->q, t->k, t->d_o, b, g, j, whole[1]);
    sc_backward_k_row_f64(p, m.q, m.k, m.v, m.d_o, b, g, j, found[0]);
    sc_backward_v_row_f64(p, m.q, m.k, m.d_o, b, g, j, found[1]);
    cr_expect(memcmp(found[0], whole[0], (size_t)p->d * sizeof(double)) == 0 &&
                  memcmp(found[1], whole[1], (size_t)p->d_v * sizeof(double)) == 0,
              "seed %llu: dK or dV of key %d reads what does not see it",
              (unsigned long long)t->seed, j);
    masked_destroy(&m);
    for (int32_t n = 0; n < 2; n++) {
        free(found[n]);
        free(whole[n]);
    }
}

Test(backward, nan_in_masked_places_changes_no_bit)
{
    for (uint64_t seed = 0; seed < EXACT_SEEDS; seed++) {
        struct exact e;
        exact_create(&e, seed, 0.0f);
        const struct sc_problem *p = &e.built.problem;
        const int32_t turn = (int32_t)seed;
        for (int32_t b = 0; b < p->batch; b++) {
            for (int32_t i = 0; i < definition_rows(p, b); i++) {
                expect_same_q_row(&e, b, turn % p->heads_q, i);
            }
            for (int32_t j = 0; j < definition_keys(p, b); j++) {
                expect_same_key(&e, b, turn % p->heads_kv, j);
            }
        }
        exact_destroy(&e);
    }
}

/* <x, y>; what nothing sees is 0 in x and NaN in y. */
static double seen_dot(const double *x, const float *y, int32_t n)
{
    double sum = 0.0;

    for (int32_t c = 0; c < n; c++) {
        sum += x[c] == 0.0 ? 0.0 : x[c] * (double)y[c];
    }
    return sum;
}

/* <dO, J H>: the tangents of all rows. */
static double forward_side(const struct exact *e)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    double *row = row_create(p->d_v);
    double sum = 0.0;

    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < definition_rows(p, b); i++) {
                sc_jvp_row_f64(p, t->q, t->k, t->v, e->q_t, e->k_t, e->v_t, b, h, i, row);
                sum += seen_dot(row, t->d_o + sc_problem_o_row(p, b, h, i), p->d_v);
            }
        }
    }
    free(row);
    return sum;
}

/* <J^T dO, H>: the gradients of all rows and keys. */
static double backward_side(const struct exact *e)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    double *row = row_create(p->d > p->d_v ? p->d : p->d_v);
    double sum = 0.0;

    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < definition_rows(p, b); i++) {
                sc_backward_q_row_f64(p, t->q, t->k, t->v, t->d_o, b, h, i, row);
                sum += seen_dot(row, e->q_t + sc_problem_q_row(p, b, h, i), p->d);
            }
        }
        for (int32_t g = 0; g < p->heads_kv; g++) {
            for (int32_t j = 0; j < definition_keys(p, b); j++) {
                sc_backward_k_row_f64(p, t->q, t->k, t->v, t->d_o, b, g, j, row);
                sum += seen_dot(row, e->k_t + sc_problem_k_row(p, b, g, j), p->d);
                sc_backward_v_row_f64(p, t->q, t->k, t->d_o, b, g, j, row);
                sum += seen_dot(row, e->v_t + sc_problem_v_row(p, b, g, j), p->d_v);
            }
        }
    }
    free(row);
    return sum;
}

/* Every term is a multiple of 2^-4 below 2^30, so both sides are exact. */
Test(backward, the_gradient_is_the_adjoint_of_the_tangent)
{
    int32_t nonzero = 0;

    for (uint64_t seed = 0; seed < EXACT_SEEDS; seed++) {
        struct exact e;
        exact_create(&e, seed, 0.0f);
        const double forward = forward_side(&e);
        const double backward = backward_side(&e);
        cr_expect_eq(forward, backward, "seed %llu (%s): <U, J H> is %a, <J^T U, H> is %a",
                     (unsigned long long)seed, sc_generate_mask_name(e.built.mask), forward,
                     backward);
        nonzero += forward != 0.0 ? 1 : 0;
        exact_destroy(&e);
    }
    cr_expect_gt(nonzero, 150, "%d products are not 0", nonzero);
}

/* sigma(40) rounds to 1, so the derivative there is sigma(-40): 1 - sigma(40) would be 0. */
Test(backward, the_slope_of_a_saturated_weight_is_its_complement)
{
    cr_expect_eq(sc_sigmoid_f64(40.0), 1.0);
    cr_expect_eq(sc_sigmoid_slope_f64(40.0), sc_sigmoid_f64(-40.0));
    cr_expect_eq(sc_sigmoid_slope_f64(-40.0), sc_sigmoid_f64(-40.0));
    cr_expect_gt(sc_sigmoid_slope_f64(40.0), 0.0);
}
