/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/softmax.h"

#include "tests/exact.h"

#include <criterion/criterion.h>
#include <string.h>

/* All visible scores are 3, so P_ij = 1 / n for the n keys that row i sees. Sums are exact where n is a
 * power of two, and rows with another n are left out. */
#define SCORE 3.0f

struct row {
    const struct exact *e;
    int32_t b, h, i, seen; /* keys that the row sees */
};

static void expect_weights(const struct row *r, double *weights)
{
    const struct sc_case *t = &r->e->built;

    sc_softmax_weights_f64(&t->problem, t->q, t->k, r->b, r->h, r->i, weights);
    for (int32_t j = 0; j < definition_keys(&t->problem, r->b); j++) {
        exact_expect(r->e, "P", r->b, r->h, r->i, j, weights[j],
                     definition_sees(&r->e->x, r->b, r->h, r->i, j) ? 1.0 / r->seen : 0.0);
    }
}

/* O_ic = 1/n sum_j v_jc. */
static void expect_output(const struct row *r, double *weights, double *found)
{
    const struct exact *e = r->e;
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;

    sc_softmax_row_f64(p, t->q, t->k, t->v, r->b, r->h, r->i, weights, found);
    for (int32_t c = 0; c < p->d_v; c++) {
        int64_t sum = 0;
        for (int32_t j = 0; j < definition_keys(p, r->b); j++) {
            if (definition_sees(&e->x, r->b, r->h, r->i, j)) {
                sum += (int64_t)e->x.v[exact_head_key(p, r->b, r->h, j) * p->d_v + c];
            }
        }
        exact_expect(e, "O", r->b, r->h, r->i, c, found[c],
                     r->seen == 0 ? 0.0 : (double)sum / r->seen);
    }
}

/* O_t_ic = 1/n sum_j v_t_jc + 1/n^2 sum_j (n Z_ij - sum_l Z_il) v_jc. */
static void expect_tangent(const struct row *r, double *weights, double *found)
{
    const struct exact *e = r->e;
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    const int64_t over_tau = (int64_t)(1.0f / p->tau);
    const int64_t n = r->seen;
    int64_t mean = 0;

    for (int32_t j = 0; j < definition_keys(p, r->b); j++) {
        mean +=
            definition_sees(&e->x, r->b, r->h, r->i, j) ? exact_tangent(e, r->b, r->h, r->i, j) : 0;
    }
    sc_softmax_jvp_row_f64(p, t->q, t->k, t->v, e->q_t, e->k_t, e->v_t, r->b, r->h, r->i, weights,
                           found);
    for (int32_t c = 0; c < p->d_v; c++) {
        int64_t sum = 0; /* in units of tau / n^2 */
        for (int32_t j = 0; j < definition_keys(p, r->b); j++) {
            if (definition_sees(&e->x, r->b, r->h, r->i, j)) {
                const int64_t place = exact_head_key(p, r->b, r->h, j) * p->d_v + c;
                sum += n * over_tau * (int64_t)e->v_p[place] +
                       (n * exact_tangent(e, r->b, r->h, r->i, j) - mean) * (int64_t)e->x.v[place];
            }
        }
        exact_expect(e, "the tangent of O", r->b, r->h, r->i, c, found[c],
                     n == 0 ? 0.0 : (double)p->tau * (double)sum / (double)(n * n));
    }
}

/* dQ_ic = tau/n^2 sum_j (n dP_ij - sum_l dP_il) k_jc. */
static void expect_gradient(const struct row *r, double *weights, double *found)
{
    const struct exact *e = r->e;
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    const int64_t n = r->seen;
    int64_t mean = 0;

    for (int32_t j = 0; j < definition_keys(p, r->b); j++) {
        mean += definition_sees(&e->x, r->b, r->h, r->i, j) ? exact_d_p(e, r->b, r->h, r->i, j) : 0;
    }
    sc_softmax_q_row_f64(p, t->q, t->k, t->v, t->d_o, r->b, r->h, r->i, weights, found);
    for (int32_t c = 0; c < p->d; c++) {
        int64_t sum = 0;
        for (int32_t j = 0; j < definition_keys(p, r->b); j++) {
            if (definition_sees(&e->x, r->b, r->h, r->i, j)) {
                sum += (n * exact_d_p(e, r->b, r->h, r->i, j) - mean) *
                       (int64_t)e->x.k[exact_head_key(p, r->b, r->h, j) * p->d + c];
            }
        }
        exact_expect(e, "dQ", r->b, r->h, r->i, c, found[c],
                     n == 0 ? 0.0 : (double)p->tau * (double)sum / (double)(n * n));
    }
}

/* Runs a check over the rows whose sums are exact. */
static void for_rows(void (*check)(const struct row *r, double *weights, double *found))
{
    int32_t rows = 0, empty = 0, wide = 0;

    for (uint64_t seed = 0; seed < EXACT_SEEDS; seed++) {
        struct exact e;
        exact_create(&e, seed, SCORE);
        const struct sc_problem *p = &e.built.problem;
        double *weights = malloc(((size_t)p->n_k + 1) * sizeof *weights);
        double *found = malloc(((size_t)p->d + (size_t)p->d_v) * sizeof *found);
        for (int32_t place = 0; place < p->batch * p->heads_q * p->n_q; place++) {
            struct row r = {&e, place / (p->heads_q * p->n_q), place / p->n_q % p->heads_q,
                            place % p->n_q, 0};
            if (r.i >= definition_rows(p, r.b)) {
                continue;
            }
            r.seen = exact_row_count(&e, r.b, r.h, r.i);
            if ((r.seen & (r.seen - 1)) == 0) {
                check(&r, weights, found);
                rows++;
                empty += r.seen == 0 ? 1 : 0;
                wide += r.seen >= 4 ? 1 : 0;
            }
        }
        free(found);
        free(weights);
        exact_destroy(&e);
    }
    cr_expect(rows > 1000 && empty > 300 && wide > 300, "%d rows, %d see nothing, %d four keys",
              rows, empty, wide);
}

static void weights_alone(const struct row *r, double *weights, double *found)
{
    (void)found;
    expect_weights(r, weights);
}

Test(softmax, weights_of_equal_scores_are_one_over_their_number)
{
    for_rows(weights_alone);
}

Test(softmax, outputs_equal_the_definition_bit_for_bit)
{
    for_rows(expect_output);
}

Test(softmax, tangents_equal_the_definition_bit_for_bit)
{
    for_rows(expect_tangent);
}

Test(softmax, query_gradients_equal_the_definition_bit_for_bit)
{
    for_rows(expect_gradient);
}

/* Column j of the weights of head h and the means of its rows, found; the definition of what the head adds to
 * dK_j and dV_j, added to `d_k` and `d_v`. False if a row's sums are not exact. */
static bool add_head(const struct exact *e, int32_t b, int32_t h, int32_t j, double *column,
                     double *means, double *d_k, double *d_v)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    double *weights = malloc(((size_t)p->n_k + 1) * sizeof *weights);
    bool exact = true;

    for (int32_t i = 0; i < definition_rows(p, b); i++) {
        const int64_t n = exact_row_count(e, b, h, i);
        sc_softmax_weights_f64(p, t->q, t->k, b, h, i, weights);
        column[i] = weights[j];
        means[i] = sc_softmax_mean_f64(p, t->q, t->k, t->v, t->d_o, b, h, i, weights);
        if (!definition_sees(&e->x, b, h, i, j)) {
            continue;
        }
        exact = exact && (n & (n - 1)) == 0;
        int64_t mean = 0;
        for (int32_t l = 0; l < definition_keys(p, b); l++) {
            mean += definition_sees(&e->x, b, h, i, l) ? exact_d_p(e, b, h, i, l) : 0;
        }
        const double d_s = (double)(n * exact_d_p(e, b, h, i, j) - mean) / (double)(n * n);
        const int64_t row = exact_row(p, b, h, i);
        for (int32_t c = 0; c < p->d; c++) {
            d_k[c] += (double)p->tau * d_s * (double)e->x.q[row * p->d + c];
        }
        for (int32_t c = 0; c < p->d_v; c++) {
            d_v[c] += (double)e->d_o[row * p->d_v + c] / (double)n;
        }
    }
    free(weights);
    return exact;
}

/* Whether key j was compared, which takes that every row that sees it has exact sums. */
static bool expect_key(const struct exact *e, int32_t b, int32_t g, int32_t j)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    const int32_t group = p->heads_q / p->heads_kv;
    const size_t width = (size_t)p->d + (size_t)p->d_v;
    double *found = calloc(width, sizeof *found), *defined = calloc(width, sizeof *defined);
    double *column = malloc(((size_t)p->n_q + 1) * sizeof *column);
    double *means = malloc(((size_t)p->n_q + 1) * sizeof *means);
    bool exact = true;

    for (int32_t h = g * group; h < (g + 1) * group; h++) {
        exact = add_head(e, b, h, j, column, means, defined, defined + p->d) && exact;
        sc_softmax_k_head_f64(p, t->q, t->k, t->v, t->d_o, b, h, j, column, means, found);
        sc_softmax_v_head_f64(p, t->q, t->k, t->d_o, b, h, j, column, found + p->d);
    }
    for (size_t c = 0; exact && c < width; c++) {
        exact_expect(e, c < (size_t)p->d ? "dK" : "dV", b, g, j, (int32_t)c, found[c], defined[c]);
    }
    free(means);
    free(column);
    free(defined);
    free(found);
    return exact;
}

Test(softmax, key_and_value_gradients_equal_the_definition_bit_for_bit)
{
    int32_t keys = 0, grouped = 0;

    for (uint64_t seed = 0; seed < EXACT_SEEDS; seed++) {
        struct exact e;
        exact_create(&e, seed, SCORE);
        const struct sc_problem *p = &e.built.problem;
        for (int32_t place = 0; place < p->batch * p->heads_kv * p->n_k; place++) {
            const int32_t b = place / (p->heads_kv * p->n_k), g = place / p->n_k % p->heads_kv;
            if (place % p->n_k < definition_keys(p, b) && expect_key(&e, b, g, place % p->n_k)) {
                keys++;
                grouped += p->heads_q > p->heads_kv ? 1 : 0;
            }
        }
        exact_destroy(&e);
    }
    cr_expect(keys > 500 && grouped > 100, "%d keys, %d in groups", keys, grouped);
}

/* Scores of 2000 and 1000: without the shift their exponentials overflow, with another sign they vanish. */
Test(softmax, large_scores_do_not_overflow)
{
    static const float bias = 0.0f;
    const float q[1] = {1.0f};
    const float k[3] = {1000.0f, 2000.0f, 2000.0f};
    const float v[3] = {64.0f, 2.0f, 4.0f};
    const struct sc_problem p = {.batch = 1,
                                 .heads_q = 1,
                                 .heads_kv = 1,
                                 .n_q = 1,
                                 .n_k = 3,
                                 .d = 1,
                                 .d_v = 1,
                                 .tau = 1.0f,
                                 .bias = &bias,
                                 .left = SC_MASK_UNBOUNDED,
                                 .right = SC_MASK_UNBOUNDED,
                                 .q = {1, 1, 1, 1},
                                 .k = {3, 3, 1, 3},
                                 .v = {3, 3, 1, 3},
                                 .o = {1, 1, 1, 1}};
    double weights[3];
    double o;

    sc_softmax_row_f64(&p, q, k, v, 0, 0, 0, weights, &o);
    cr_expect_eq(o, 3.0, "%a", o);
}
