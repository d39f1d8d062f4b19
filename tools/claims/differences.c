/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/differences.h"

#include "reference/backward.h"
#include "reference/jvp.h"
#include "reference/random.h"

#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#define BITS 300
#define STEP (-80)

struct direction {
    float *q, *k, *v;
    double b;
};

static float *draw(struct sc_random *random, int64_t size)
{
    float *values = malloc((size_t)size * sizeof *values + 1);

    for (int64_t n = 0; values != NULL && n < size; n++) {
        values[n] = (float)sc_random_normal(random);
    }
    return values;
}

static void add(struct sc_differences *x, double *sum, double a, double b)
{
    *sum += a * b;
    x->size += fabs(a * b);
}

static double *room(const struct sc_problem *p)
{
    return malloc((size_t)(p->d > p->d_v ? p->d : p->d_v) * sizeof(double));
}

/* sum dO O' of one sequence and head; what the bias adds is dO . O'_b, and sum of that is db. */
static void add_tangent(const struct sc_case *c, const struct direction *t, int32_t b, int32_t h,
                        double *row, struct sc_differences *x)
{
    const struct sc_problem *p = &c->problem;

    for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
        sc_jvp_row_f64(p, c->q, c->k, c->v, t->q, t->k, t->v, b, h, i, row);
        for (int32_t m = 0; m < p->d_v; m++) {
            add(x, &x->tangent, row[m], (double)c->d_o[sc_problem_o_row(p, b, h, i) + m]);
        }
    }
}

static void add_query_gradient(const struct sc_case *c, const struct direction *t, int32_t b,
                               int32_t h, double *row, struct sc_differences *x)
{
    const struct sc_problem *p = &c->problem;

    for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
        sc_backward_q_row_f64(p, c->q, c->k, c->v, c->d_o, b, h, i, row);
        for (int32_t m = 0; m < p->d; m++) {
            add(x, &x->gradient, row[m], (double)t->q[sc_problem_q_row(p, b, h, i) + m]);
        }
    }
}

static void add_key_gradient(const struct sc_case *c, const struct direction *t, int32_t b,
                             int32_t g, double *row, struct sc_differences *x)
{
    const struct sc_problem *p = &c->problem;

    for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
        sc_backward_k_row_f64(p, c->q, c->k, c->v, c->d_o, b, g, j, row);
        for (int32_t m = 0; m < p->d; m++) {
            add(x, &x->gradient, row[m], (double)t->k[sc_problem_k_row(p, b, g, j) + m]);
        }
        sc_backward_v_row_f64(p, c->q, c->k, c->d_o, b, g, j, row);
        for (int32_t m = 0; m < p->d_v; m++) {
            add(x, &x->gradient, row[m], (double)t->v[sc_problem_v_row(p, b, g, j) + m]);
        }
    }
}

/* value + 2^STEP side tangent */
static void moved(mpfr_t y, float value, float tangent, int32_t side)
{
    mpfr_set_flt(y, tangent, MPFR_RNDN);
    mpfr_mul_si(y, y, side, MPFR_RNDN);
    mpfr_mul_2si(y, y, STEP, MPFR_RNDN);
    mpfr_add_d(y, y, (double)value, MPFR_RNDN);
}

/* Scratch of the definition. */
struct numbers {
    mpfr_t p, one, two, bias;
};

/* P_ij at the moved inputs, by the definition. */
static void weight(const struct sc_case *c, const struct direction *t, const int32_t at[4],
                   int32_t side, struct numbers *x)
{
    const struct sc_problem *p = &c->problem;
    const int32_t b = at[0], h = at[1], i = at[2], j = at[3];
    const int64_t q = sc_problem_q_row(p, b, h, i);
    const int64_t k = sc_problem_k_row(p, b, sc_problem_group_head(p, h), j);

    mpfr_set_zero(x->p, 1);
    for (int32_t m = 0; m < p->d; m++) {
        moved(x->one, c->q[q + m], t->q[q + m], side);
        moved(x->two, c->k[k + m], t->k[k + m], side);
        mpfr_fma(x->p, x->one, x->two, x->p, MPFR_RNDN);
    }
    mpfr_mul_d(x->p, x->p, (double)p->tau, MPFR_RNDN);
    mpfr_add(x->p, x->p, x->bias, MPFR_RNDN);
    if (p->slopes != NULL) {
        const long distance = labs((long)i + sc_problem_keys(p, b) - sc_problem_rows(p, b) - j);
        mpfr_set_flt(x->one, p->slopes[h], MPFR_RNDN);
        mpfr_mul_si(x->one, x->one, distance, MPFR_RNDN);
        mpfr_sub(x->p, x->p, x->one, MPFR_RNDN);
    }
    mpfr_neg(x->p, x->p, MPFR_RNDN);
    mpfr_exp(x->p, x->p, MPFR_RNDN);
    mpfr_add_ui(x->p, x->p, 1, MPFR_RNDN);
    mpfr_ui_div(x->p, 1, x->p, MPFR_RNDN);
}

/* Adds side sum dO O at the moved inputs to `sum`. */
static void add_loss(const struct sc_case *c, const struct direction *t, int32_t b, int32_t h,
                     int32_t side, mpfr_t sum, struct numbers *x)
{
    const struct sc_problem *p = &c->problem;

    mpfr_set_d(x->bias, t->b, MPFR_RNDN);
    mpfr_mul_si(x->bias, x->bias, side, MPFR_RNDN);
    mpfr_mul_2si(x->bias, x->bias, STEP, MPFR_RNDN);
    mpfr_add_d(x->bias, x->bias, (double)sc_problem_bias(p, b, h), MPFR_RNDN);
    for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
        for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
            const int32_t at[4] = {b, h, i, j};
            const int64_t v = sc_problem_v_row(p, b, sc_problem_group_head(p, h), j);
            if (!sc_problem_visible(p, b, h, i, j)) {
                continue;
            }
            weight(c, t, at, side, x);
            for (int32_t m = 0; m < p->d_v; m++) {
                moved(x->one, c->v[v + m], t->v[v + m], side);
                mpfr_mul(x->one, x->one, x->p, MPFR_RNDN);
                mpfr_set_flt(x->two, c->d_o[sc_problem_o_row(p, b, h, i) + m], MPFR_RNDN);
                mpfr_mul(x->one, x->one, x->two, MPFR_RNDN);
                mpfr_mul_si(x->one, x->one, side, MPFR_RNDN);
                mpfr_add(sum, sum, x->one, MPFR_RNDN);
            }
        }
    }
}

static double difference(const struct sc_case *c, const struct direction *t)
{
    const struct sc_problem *p = &c->problem;
    struct numbers x;
    mpfr_t sum;

    mpfr_inits2(BITS, sum, x.p, x.one, x.two, x.bias, (mpfr_ptr)NULL);
    mpfr_set_zero(sum, 1);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            add_loss(c, t, b, h, 1, sum, &x);
            add_loss(c, t, b, h, -1, sum, &x);
        }
    }
    mpfr_mul_2si(sum, sum, -STEP - 1, MPFR_RNDN);
    const double value = mpfr_get_d(sum, MPFR_RNDN);
    mpfr_clears(sum, x.p, x.one, x.two, x.bias, (mpfr_ptr)NULL);
    return value;
}

enum sc_status sc_differences_compute(const struct sc_case *c, uint64_t seed,
                                      struct sc_differences *x, struct sc_error *error)
{
    const struct sc_problem *p = &c->problem;
    struct sc_random random = {seed};
    struct direction t = {draw(&random, p->q.size), draw(&random, p->k.size),
                          draw(&random, p->v.size), sc_random_normal(&random)};
    double *row = room(p);
    enum sc_status status = SC_OK;

    *x = (struct sc_differences){.size = 0.0};
    if (t.q == NULL || t.k == NULL || t.v == NULL || row == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "claims: no memory for a direction");
        goto done;
    }
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            const double d_b = sc_backward_bias_f64(p, c->q, c->k, c->v, c->d_o, b, h);
            add_tangent(c, &t, b, h, row, x);
            add_query_gradient(c, &t, b, h, row, x);
            add(x, &x->tangent, d_b, t.b);
            add(x, &x->gradient, d_b, t.b);
        }
        for (int32_t g = 0; g < p->heads_kv; g++) {
            add_key_gradient(c, &t, b, g, row, x);
        }
    }
    x->difference = difference(c, &t);
done:
    free(t.q);
    free(t.k);
    free(t.v);
    free(row);
    return status;
}
