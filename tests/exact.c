/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/exact.h"

#include "reference/oracle/tier.h"
#include "spec/format_value.h"
#include "tests/recipes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define RECIPES  300
#define ENCLOSED 1e-12  /* a few ulps of the largest result */
#define EXACT    0x1p23 /* units that fp32 sums of any order hold exactly, with a bit to spare */

/* A sum of multiples of `unit`, and of their magnitudes. */
struct sum {
    double value, magnitude;
};

static void add(struct sum *sum, double term)
{
    sum->value += term;
    sum->magnitude += fabs(term);
}

/* Whether fp32 holds every partial sum in any order, and a format the result, whatever the signs. */
static void check(const struct sum *sum, double unit, enum sc_format format, const char *name,
                  const char *line)
{
    const double units = sum->value / unit;

    cr_assert_eq(units, floor(units), "%s: %a is no multiple of %a: %s", name, sum->value, unit,
                 line);
    cr_assert_leq(sum->magnitude / unit, EXACT, "%s: %s", name, line);
    cr_assert_leq(sum->magnitude / unit, sc_format_pow2(sc_format_precision(format)), "%s: %s",
                  name, line);
    cr_assert_eq(sc_format_decode(format, sc_format_encode(format, sum->value)), sum->value,
                 "%s: %a: %s", name, sum->value, line);
}

/* What the results are made of, by the definition. */
struct results {
    const struct sc_prepared *x;
    const struct sc_problem *p;
    const char *line;
    struct sum *o, *d_q, *d_k, *d_v, *d_b; /* whole tensors; d_b [batch][heads_q] */
    double d_q_unit, d_k_unit;
};

static float score(const struct results *r, int32_t b, int32_t h, const float *q, const float *k)
{
    const struct sc_problem *const p = r->p;
    const int32_t which = p->bias_scope == SC_BIAS_SCALAR     ? 0
                          : p->bias_scope == SC_BIAS_PER_HEAD ? h
                                                              : b;
    int terms = 0;
    float s = 0.0f;

    for (int32_t c = 0; c < p->d; c++) {
        terms += q[c] * k[c] != 0.0f;
        s += q[c] * k[c];
    }
    cr_assert_leq(terms, 1, "%s", r->line);
    s = p->tau * s + p->bias[which];
    cr_assert(s == 0.0f || fabsf(s) >= 256.0f, "score %a: %s", (double)s, r->line);
    return s;
}

static void pair(const struct results *r, int32_t b, int32_t h, int32_t i, int32_t j)
{
    const struct sc_problem *const p = r->p;
    const int32_t g = sc_problem_group_head(p, h);
    const int64_t q_at = sc_problem_q_row(p, b, h, i), k_at = sc_problem_k_row(p, b, g, j);
    const int64_t v_at = sc_problem_v_row(p, b, g, j), o_at = sc_problem_o_row(p, b, h, i);
    const float *const q = r->x->c.q + q_at, *const k = r->x->c.k + k_at;
    const float *const v = r->x->c.v + v_at;
    const float s = score(r, b, h, q, k);
    const double weight = s == 0.0f ? 0.5 : s > 0.0f ? 1.0 : 0.0;
    struct sum d_p = {0.0, 0.0};

    for (int32_t c = 0; c < p->d_v; c++) {
        add(&r->o[o_at + c], weight * (double)v[c]);
    }
    if (r->x->c.d_o == NULL) {
        return;
    }
    const float *const d_o = r->x->c.d_o + o_at;
    for (int32_t c = 0; c < p->d_v; c++) {
        add(&r->d_v[v_at + c], weight * (double)d_o[c]);
        add(&d_p, (double)d_o[c] * (double)v[c]);
    }
    check(&d_p, 1.0, p->format_in, "dP", r->line);
    const double d_s = s == 0.0f ? d_p.value / 4.0 : 0.0;
    for (int32_t c = 0; c < p->d; c++) {
        add(&r->d_q[q_at + c], (double)p->tau * d_s * (double)k[c]);
        add(&r->d_k[k_at + c], (double)p->tau * d_s * (double)q[c]);
    }
    add(&r->d_b[b * p->heads_q + h], d_s);
}

static void check_all(const struct results *r)
{
    const struct sc_problem *const p = r->p;

    for (int64_t n = 0; n < p->o.size; n++) {
        check(&r->o[n], 0.5, p->format_out, "O", r->line);
    }
    for (int64_t n = 0; n < p->q.size; n++) {
        check(&r->d_q[n], r->d_q_unit, p->format_in, "dQ", r->line);
    }
    for (int64_t n = 0; n < p->k.size; n++) {
        check(&r->d_k[n], r->d_k_unit, p->format_in, "dK", r->line);
    }
    for (int64_t n = 0; n < p->v.size; n++) {
        check(&r->d_v[n], 0.5, p->format_in, "dV", r->line);
    }
    for (int64_t n = 0; n < (int64_t)p->batch * p->heads_q; n++) {
        check(&r->d_b[n], 0.25, SC_FORMAT_FP32, "db", r->line);
    }
}

static struct sum *sums(int64_t count)
{
    struct sum *const all = calloc((size_t)count + 1, sizeof *all);

    cr_assert_not_null(all);
    return all;
}

/* The results of a case of exact values, and that they are exact. */
static struct results compute(const struct sc_prepared *x, const char *line)
{
    const struct sc_problem *const p = &x->c.problem;
    struct results r = {.x = x, .p = p, .line = line};

    r.o = sums(p->o.size);
    r.d_q = sums(p->q.size);
    r.d_k = sums(p->k.size);
    r.d_v = sums(p->v.size);
    r.d_b = sums((int64_t)p->batch * p->heads_q);
    r.d_q_unit = 16.0 / 4.0;                  /* tau K / 4 */
    r.d_k_unit = (double)p->tau * 16.0 / 4.0; /* tau Q / 4 */
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
                    if (sc_problem_visible(p, b, h, i, j)) {
                        pair(&r, b, h, i, j);
                    }
                }
            }
        }
    }
    check_all(&r);
    return r;
}

static void release(struct results *r)
{
    free(r->o);
    free(r->d_q);
    free(r->d_k);
    free(r->d_v);
    free(r->d_b);
}

static void check_line(const struct sc_recipe *recipe)
{
    char line[SC_RECIPE_TEXT_MAX];
    struct sc_prepared x;
    struct sc_error error;

    (void)sc_recipe_print(recipe, line);
    cr_assert_eq(sc_recipe_check(recipe, &error), SC_OK, "%s: %s", error.text, line);
    cr_assert_eq(sc_prepared_create(recipe, &x, &error), SC_OK, "%s", error.text);
    struct results r = compute(&x, line);
    release(&r);
    sc_prepared_destroy(&x);
}

Test(exact, every_sum_of_a_drawn_case_is_exact_in_its_format, .timeout = 300)
{
    int exact = 0;

    for (uint64_t seed = 0; exact < RECIPES; seed++) {
        const struct sc_recipe recipe = drawn_recipe(seed);
        if (recipe.values == SC_VALUES_EXACT) {
            check_line(&recipe);
            exact++;
        }
    }
}

Test(exact, every_sum_of_a_long_or_wide_case_is_exact_in_its_format, .timeout = 300)
{
    static const char *const shapes[] = {"rows=3 keys=1100 d=2 d_v=2",
                                         "rows=1100 keys=3 d=2 d_v=3",
                                         "heads=8/1 rows=300 keys=5 d=1 d_v=1",
                                         "heads=6/2 rows=257 keys=129 d=5 d_v=9",
                                         "rows=2 keys=3 d=2 d_v=1500",
                                         "rows=130 keys=300 d=3 d_v=300",
                                         "rows=4 keys=4 d=300 d_v=1",
                                         "rows=4 keys=4 d=1 d_v=1",
                                         "batch=2 heads=4/2 rows=33 keys=65 d=16 d_v=16"};
    static const char *const formats[] = {"bf16", "fp16", "fp32"};
    static const char *const scales[] = {"0x1p-8", "0x1p-3", "0x1p+2"};

    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        for (int n = 0; n < 18; n++) {
            char line[256];
            (void)snprintf(line, sizeof line,
                           "case/1 %s in=%s out=%s tau=%s values=exact backward=%d seed=%d%s",
                           shapes[s], formats[n % 3], formats[n / 3 % 3], scales[(n + n / 9) % 3],
                           n / 9, n, n % 4 == 0 ? " bias=head:0x1p8,-0x1p8" : "");
            const struct sc_recipe recipe = parsed(line);
            check_line(&recipe);
        }
    }
}

Test(exact, the_integer_oracle_has_the_same_results)
{
    static const struct sc_tier_options options = {.precision = 0, .threads = 1, .schedule = NULL};
    const struct sc_oracle_tier *const tier = &sc_tier_integer;
    const char *const line = "case/1 batch=2 heads=2 rows=5 keys=9 d=4 d_v=6 right=2 lengths=9,7 "
                             "tau=0x1p-2 values=exact hidden=zero backward=1 seed=9";
    const struct sc_recipe recipe = parsed(line);
    struct sc_prepared x;
    struct sc_error error;
    void *state = NULL;

    cr_assert_eq(sc_prepared_create(&recipe, &x, &error), SC_OK);
    struct results r = compute(&x, line);
    const struct sc_problem *const p = &x.c.problem;
    const struct sc_oracle_values values = {x.c.q, x.c.k, x.c.v, x.c.d_o};
    cr_assert_eq(tier->create(p, &values, &options, &state, &error), SC_OK, "%s", error.text);
    for (int32_t b = 0; b < 2; b++) {
        for (int32_t h = 0; h < 2; h++) {
            static const int32_t rows[] = {0, 1, 2, 3, 4};
            struct sc_enclosure o[5 * 6], d_q[5 * 4];
            const struct sc_row_enclosures wanted = {.o = o, .d_q = d_q};
            cr_assert_eq(tier->rows(state, b, h, rows, 5, &wanted, &error), SC_OK);
            for (int32_t i = 0; i < 5; i++) {
                for (int32_t c = 0; c < 6; c++) {
                    const double exact = r.o[sc_problem_o_row(p, b, h, i) + c].value;
                    cr_expect(fabs(o[i * 6 + c].lo - exact) < ENCLOSED &&
                              fabs(o[i * 6 + c].hi - exact) < ENCLOSED);
                }
                for (int32_t c = 0; c < 4; c++) {
                    const double exact = r.d_q[sc_problem_q_row(p, b, h, i) + c].value;
                    cr_expect(fabs(d_q[i * 4 + c].lo - exact) < ENCLOSED &&
                              fabs(d_q[i * 4 + c].hi - exact) < ENCLOSED);
                }
            }
        }
    }
    tier->destroy(state);
    release(&r);
    sc_prepared_destroy(&x);
}

/* How often one key, and how often the sum of two in a channel, would not show. */
static void check_miss(const char *line, int seeds)
{
    struct sc_recipe recipe = parsed(line);
    const struct sc_exact_miss miss = sc_exact_miss(&recipe);
    int64_t keys = 0, unseen = 0, elements = 0, equal = 0;

    for (int n = 0; n < seeds; n++) {
        struct sc_prepared x;
        struct sc_error error;
        recipe.seed = (uint64_t)n;
        cr_assert_eq(sc_prepared_create(&recipe, &x, &error), SC_OK);
        const struct sc_problem *const p = &x.c.problem;
        const struct results r = {.x = &x, .p = p, .line = line};
        for (int32_t i = 0; i < p->n_q; i++) {
            double *const change = calloc((size_t)(p->n_k * p->d_v), sizeof *change);
            for (int32_t j = 0; j < p->n_k; j++) {
                const float s = score(&r, 0, 0, x.c.q + sc_problem_q_row(p, 0, 0, i),
                                      x.c.k + sc_problem_k_row(p, 0, 0, j));
                bool shows = false;
                for (int32_t c = 0; c < p->d_v; c++) {
                    const double v = (double)x.c.v[sc_problem_v_row(p, 0, 0, j) + c];
                    const double now = (s == 0.0f ? 0.5 : s > 0.0f ? 1.0 : 0.0) * v;
                    shows = shows || now != 0.0;
                    change[j * p->d_v + c] = now;
                    if (j > 0 && now != 0.0 && change[(j - 1) * p->d_v + c] != 0.0) {
                        elements++;
                        equal += now + change[(j - 1) * p->d_v + c] == 0.0;
                    }
                }
                keys++;
                unseen += !shows;
            }
            free(change);
        }
        sc_prepared_destroy(&x);
    }
    /* Rows and keys of a case depend on each other: a margin of a tenth. */
    cr_expect_leq((double)unseen, (miss.one_key + 0.1) * (double)keys, "%s: %g of %g", line,
                  (double)unseen, (double)keys);
    cr_expect_geq((double)unseen, (miss.one_key - 0.1) * (double)keys, "%s: %g of %g", line,
                  (double)unseen, (double)keys);
    cr_expect_leq((double)equal, (miss.element + 0.05) * (double)elements, "%s: %g of %g", line,
                  (double)equal, (double)elements);
}

Test(exact, a_wrong_visible_set_goes_unseen_as_often_as_is_said)
{
    check_miss("case/1 rows=9 keys=8 d=4 d_v=2 values=exact", 60);
    check_miss("case/1 rows=9 keys=8 d=4 d_v=2 values=exact bias=scalar:0x1p8", 60);
    check_miss("case/1 rows=9 keys=8 d=4 d_v=2 values=exact bias=scalar:-0x1p8", 60);
    check_miss("case/1 rows=9 keys=8 d=4 d_v=3 values=exact backward=1", 60);
    check_miss("case/1 rows=2 keys=600 d=4 d_v=2 values=exact", 6);
}
