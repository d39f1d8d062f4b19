/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/bound.h"

#include "reference/forward.h"
#include "reference/judge/verdict.h"
#include "tests/definition.h"
#include "tests/judge.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define SEEDS           96 /* each pair of mask kind and value class twice */

static const struct {
    const char *name;
    const struct sc_bound_arithmetic *arithmetic;
} models[] = {{"f64", &sc_bound_f64}, {"f32", &sc_bound_f32}};

/* What is wrong in a copy of the forward pass. */
enum fault {
    FAULT_NONE,
    FAULT_LAST_KEY,      /* the last visible key is dropped */
    FAULT_BIAS_OMITTED,  /* b = 0 */
    FAULT_BIAS_SCALED,   /* b times 1.001 */
    FAULT_CAUSAL_STRICT, /* right is one less: a causal row does not see its own key */
    FAULT_CAUSAL_LOOSE,  /* right is one more */
    FAULT_TAU_TWICE,     /* tau^2 <q, k> */
    FAULT_TANH,          /* (1 + tanh(s / 2)) / 2 with a tanh of 11 bits */
    FAULT_ALIBI_OMITTED, /* m = 0 */
    FAULT_GROUP          /* head h reads key head h mod heads_kv */
};

/* x to 11 bits, as a tanh of half precision would be. */
static double coarse(double x)
{
    int exponent;
    const double significand = frexp(x, &exponent);

    return ldexp(nearbyint(ldexp(significand, 11)), exponent - 11);
}

/* Whether row i sees key j, with a right side that `extra` keys are added to. */
static bool sees(const struct sc_problem *p, int32_t b, int32_t h, int32_t i, int32_t j,
                 int32_t extra)
{
    struct sc_problem changed = *p;

    if (p->right != SC_MASK_UNBOUNDED) {
        changed.right += extra;
    }
    return sc_problem_visible(&changed, b, h, i, j);
}

static double weight(const struct sc_case *c, enum fault fault, int32_t b, int32_t h, int32_t i,
                     int32_t j)
{
    const struct sc_problem *p = &c->problem;
    const int32_t g = fault == FAULT_GROUP ? h % p->heads_kv : sc_problem_group_head(p, h);
    const float *q = c->q + sc_problem_q_row(p, b, h, i);
    const float *k = c->k + sc_problem_k_row(p, b, g, j);
    const double tau = (double)p->tau * (fault == FAULT_TAU_TWICE ? (double)p->tau : 1.0);
    double bias = (double)sc_problem_bias(p, b, h);
    double s = 0.0;

    for (int32_t x = 0; x < p->d; x++) {
        s += (double)q[x] * (double)k[x];
    }
    bias *= fault == FAULT_BIAS_OMITTED ? 0.0 : 1.0;
    bias *= fault == FAULT_BIAS_SCALED ? 1.001 : 1.0;
    s = tau * s + bias;
    if (p->slopes != NULL && fault != FAULT_ALIBI_OMITTED) {
        const int32_t distance =
            sc_mask_distance(i, j, sc_problem_rows(p, b), sc_problem_keys(p, b));
        s -= (double)p->slopes[h] * distance;
    }
    if (fault == FAULT_TANH) {
        return 0.5 + 0.5 * coarse(tanh(0.5 * s));
    }
    const double e = exp(-fabs(s));
    return (s < 0.0 ? e : 1.0) / (1.0 + e);
}

static void add_row(const struct sc_case *c, enum fault fault, int32_t b, int32_t h, int32_t i,
                    double *o)
{
    const struct sc_problem *p = &c->problem;
    const int32_t g = fault == FAULT_GROUP ? h % p->heads_kv : sc_problem_group_head(p, h);
    const int32_t extra =
        (fault == FAULT_CAUSAL_LOOSE ? 1 : 0) - (fault == FAULT_CAUSAL_STRICT ? 1 : 0);
    int32_t end = 0;

    for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
        end = sees(p, b, h, i, j, extra) ? j + 1 : end;
    }
    end -= fault == FAULT_LAST_KEY && end > 0 ? 1 : 0;
    for (int32_t j = 0; j < end; j++) {
        if (sees(p, b, h, i, j, extra)) {
            const float *v = c->v + sc_problem_v_row(p, b, g, j);
            const double w = weight(c, fault, b, h, i, j);
            for (int32_t x = 0; x < p->d_v; x++) {
                o[x] += w * (double)v[x];
            }
        }
    }
}

/* The forward pass in binary64, written once more, with a fault. */
static double *faulty_forward(const struct sc_case *c, enum fault fault)
{
    const struct sc_problem *p = &c->problem;
    double *o = calloc((size_t)p->o.size + 1, sizeof *o);

    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                add_row(c, fault, b, h, i, o + sc_problem_o_row(p, b, h, i));
            }
        }
    }
    return o;
}

/* Failed elements of the cases of one mask kind and class of values. */
static int64_t failures(enum fault fault, const struct sc_bound_arithmetic *arithmetic,
                        enum sc_generate_mask mask, enum sc_generate_values values)
{
    const uint64_t kinds = SC_GENERATE_MASKS * SC_GENERATE_VALUES;
    struct judge_tally tally = {.empty = 0};

    for (uint64_t round = 0; round < 3; round++) {
        struct sc_case c;
        judge_case_create((uint64_t)mask + SC_GENERATE_MASKS * (uint64_t)values + kinds * round,
                          &c);
        double *o = faulty_forward(&c, fault);
        judge_output(&c, arithmetic, o, &tally);
        free(o);
        sc_generate_destroy(&c);
    }
    return tally.count[SC_VERDICT_FAIL];
}

/* Against the bound of binary32 too, 2^29 times wider, though computed in binary64. */
Test(bound, planted_faults_fail)
{
    static const struct {
        const char *name;
        enum fault fault;
        enum sc_generate_mask mask;
        enum sc_generate_values values;
    } rows[] = {
        {"last key dropped, full", FAULT_LAST_KEY, SC_GENERATE_FULL, SC_GENERATE_NORMAL},
        {"last key dropped, causal", FAULT_LAST_KEY, SC_GENERATE_CAUSAL, SC_GENERATE_NORMAL},
        {"last key dropped, packed", FAULT_LAST_KEY, SC_GENERATE_PACKED, SC_GENERATE_NORMAL},
        {"last key dropped, key lengths", FAULT_LAST_KEY, SC_GENERATE_KEY_LENGTHS,
         SC_GENERATE_NORMAL},
        {"last key dropped, blocks", FAULT_LAST_KEY, SC_GENERATE_BLOCK, SC_GENERATE_NORMAL},
        {"last key dropped, wide values", FAULT_LAST_KEY, SC_GENERATE_FULL, SC_GENERATE_WIDE},
        {"last key dropped, saturated", FAULT_LAST_KEY, SC_GENERATE_FULL, SC_GENERATE_SATURATED},
        {"last key dropped, cancelling", FAULT_LAST_KEY, SC_GENERATE_FULL, SC_GENERATE_CANCELLING},
        {"last key dropped, subnormal", FAULT_LAST_KEY, SC_GENERATE_FULL, SC_GENERATE_SUBNORMAL},
        {"bias omitted, full", FAULT_BIAS_OMITTED, SC_GENERATE_FULL, SC_GENERATE_NORMAL},
        {"bias omitted, subnormal", FAULT_BIAS_OMITTED, SC_GENERATE_FULL, SC_GENERATE_SUBNORMAL},
        {"bias omitted, dense", FAULT_BIAS_OMITTED, SC_GENERATE_DENSE, SC_GENERATE_NORMAL},
        {"bias times 1.001, full", FAULT_BIAS_SCALED, SC_GENERATE_FULL, SC_GENERATE_NORMAL},
        {"bias times 1.001, window", FAULT_BIAS_SCALED, SC_GENERATE_WINDOW, SC_GENERATE_NORMAL},
        {"bias times 1.001, sparse", FAULT_BIAS_SCALED, SC_GENERATE_FULL, SC_GENERATE_SPARSE},
        {"own key not seen, causal", FAULT_CAUSAL_STRICT, SC_GENERATE_CAUSAL, SC_GENERATE_NORMAL},
        {"own key not seen, saturated", FAULT_CAUSAL_STRICT, SC_GENERATE_CAUSAL,
         SC_GENERATE_SATURATED},
        {"next key seen, causal", FAULT_CAUSAL_LOOSE, SC_GENERATE_CAUSAL, SC_GENERATE_NORMAL},
        {"next key seen, window", FAULT_CAUSAL_LOOSE, SC_GENERATE_WINDOW, SC_GENERATE_NORMAL},
        {"tau twice, full", FAULT_TAU_TWICE, SC_GENERATE_FULL, SC_GENERATE_NORMAL},
        {"tau twice, cancelling", FAULT_TAU_TWICE, SC_GENERATE_FULL, SC_GENERATE_CANCELLING},
        {"tau twice, wide values", FAULT_TAU_TWICE, SC_GENERATE_FULL, SC_GENERATE_WIDE},
        {"tanh of 11 bits, full", FAULT_TANH, SC_GENERATE_FULL, SC_GENERATE_NORMAL},
        {"tanh of 11 bits, subnormal", FAULT_TANH, SC_GENERATE_FULL, SC_GENERATE_SUBNORMAL},
        {"tanh of 11 bits, sparse", FAULT_TANH, SC_GENERATE_FULL, SC_GENERATE_SPARSE},
        {"ALiBi omitted", FAULT_ALIBI_OMITTED, SC_GENERATE_ALIBI, SC_GENERATE_NORMAL},
        {"ALiBi omitted, subnormal", FAULT_ALIBI_OMITTED, SC_GENERATE_ALIBI, SC_GENERATE_SUBNORMAL},
        {"heads grouped by remainder", FAULT_GROUP, SC_GENERATE_FULL, SC_GENERATE_NORMAL},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        for (int32_t m = 0; m < LIST_SIZE(models); m++) {
            const int64_t failed =
                failures(rows[r].fault, models[m].arithmetic, rows[r].mask, rows[r].values);
            const int64_t right =
                failures(FAULT_NONE, models[m].arithmetic, rows[r].mask, rows[r].values);
            cr_expect_gt(failed, 0, "%s passes by the bound of %s", rows[r].name, models[m].name);
            cr_expect_eq(right, 0, "%s: %lld elements fail by the bound of %s without the fault",
                         rows[r].name, (long long)right, models[m].name);
        }
    }
}

/* The exact result, rounded once to the format of the arithmetic. */
Test(bound, the_exact_result_rounded_once_passes)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_case c;
        struct judge_row row;
        judge_case_create(seed, &c);
        judge_row_create(&row, &c);
        for (int32_t m = 0; m < LIST_SIZE(models); m++) {
            for (int32_t b = 0; b < c.problem.batch; b++) {
                const int32_t i = sc_problem_rows(&c.problem, b) - 1;
                if (i < 0) {
                    continue;
                }
                judge_row_set(&row, models[m].arithmetic, b, 0, i);
                for (int32_t x = 0; x < c.problem.d_v; x++) {
                    const double exact = row.exact[x].lo;
                    const double out = m == 0 ? exact : (double)(float)exact;
                    cr_expect_eq(sc_verdict_judge(out, row.exact[x], row.classes[x], row.bound[x]),
                                 SC_VERDICT_PASS, "%s seed %llu: %a in [%a, %a], bound %a",
                                 models[m].name, (unsigned long long)seed, out, row.exact[x].lo,
                                 row.exact[x].hi, row.bound[x]);
                }
            }
        }
        judge_row_destroy(&row);
        sc_generate_destroy(&c);
    }
}

#define BITS 256

/* gamma_n = n u / (1 - n u) */
static void set_gamma(mpfr_t gamma, int32_t n, double u)
{
    mpfr_t rest;

    mpfr_init2(rest, BITS);
    mpfr_set_d(gamma, u, MPFR_RNDN);
    mpfr_mul_si(gamma, gamma, n, MPFR_RNDN);
    mpfr_ui_sub(rest, 1, gamma, MPFR_RNDN);
    mpfr_div(gamma, gamma, rest, MPFR_RNDN);
    mpfr_clear(rest);
}

/* delta of key j by the formula of reference/judge/bound.h. */
static void set_delta(mpfr_t delta, const struct sc_problem *p, const struct definition_row *row,
                      const struct sc_bound_arithmetic *x, int32_t j, double bias)
{
    mpfr_t part, size;

    mpfr_inits2(BITS, part, size, (mpfr_ptr)0);
    set_gamma(delta, p->d + 1, x->u);
    mpfr_mul(delta, delta, row->terms[j], MPFR_RNDN);
    mpfr_set_d(part, x->eta, MPFR_RNDN);
    mpfr_mul_si(part, part, 2 * p->d, MPFR_RNDN);
    mpfr_add(delta, delta, part, MPFR_RNDN);
    mpfr_mul_d(delta, delta, (double)p->tau, MPFR_RNDN);

    mpfr_add(part, row->product[j], delta, MPFR_RNDN); /* u (|a| + delta) + eta */
    mpfr_mul_d(part, part, x->u, MPFR_RNDN);
    mpfr_add_d(part, part, x->eta, MPFR_RNDN);
    mpfr_add(delta, delta, part, MPFR_RNDN);

    mpfr_mul_d(part, row->mask_bias[j], 3 * x->u, MPFR_RNDN); /* 3u |m| + eta */
    mpfr_add_d(part, part, x->eta, MPFR_RNDN);
    mpfr_add(delta, delta, part, MPFR_RNDN);

    mpfr_add_d(size, row->product[j], fabs(bias), MPFR_RNDN); /* 2u (...) (1 + u) */
    mpfr_add(size, size, row->mask_bias[j], MPFR_RNDN);
    mpfr_add(size, size, delta, MPFR_RNDN);
    mpfr_mul_d(size, size, 2 * x->u * (1 + x->u), MPFR_RNDN);
    mpfr_add(delta, delta, size, MPFR_RNDN);
    mpfr_clears(part, size, (mpfr_ptr)0);
}

/* The error of the sigmoid of key j by the formula: replaces delta in `error`. */
static void set_weight_error(mpfr_t error, const struct definition_row *row,
                             const struct sc_bound_arithmetic *x, int32_t j)
{
    mpfr_t part;

    mpfr_init2(part, BITS);
    mpfr_expm1(error, error, MPFR_RNDN);
    mpfr_ui_sub(part, 1, row->p[j], MPFR_RNDN);
    mpfr_mul(part, part, row->p[j], MPFR_RNDN);
    mpfr_mul(error, error, part, MPFR_RNDN);
    if (mpfr_cmp_ui(error, 1) > 0) {
        mpfr_set_ui(error, 1, MPFR_RNDN);
    }
    mpfr_add(part, row->p[j], error, MPFR_RNDN); /* 5u (p + e) + 4 eta */
    mpfr_mul_d(part, part, 5 * x->u, MPFR_RNDN);
    mpfr_add_d(part, part, 4 * x->eta, MPFR_RNDN);
    mpfr_add(error, error, part, MPFR_RNDN);
    mpfr_clear(part);
}

/* The bound of channel c by the formula. */
static void set_bound(mpfr_t bound, const struct sc_case *c, const struct definition_row *row,
                      const struct sc_bound_arithmetic *x, int32_t b, int32_t h, int32_t channel)
{
    const struct sc_problem *p = &c->problem;
    const double bias = (double)sc_problem_bias(p, b, h);
    int32_t seen = 0;
    mpfr_t error, sum, gamma;

    mpfr_inits2(BITS, error, sum, gamma, (mpfr_ptr)0);
    for (int32_t j = 0; j < row->n_k; j++) {
        seen += row->visible[j] ? 1 : 0;
    }
    set_gamma(gamma, seen + 1, x->u);
    mpfr_set_d(bound, x->eta, MPFR_RNDN);
    mpfr_mul_si(bound, bound, 2 * seen, MPFR_RNDN);
    for (int32_t j = 0; j < row->n_k; j++) {
        if (row->visible[j]) {
            const int64_t at = sc_problem_v_row(p, b, sc_problem_group_head(p, h), j) + channel;
            set_delta(error, p, row, x, j, bias);
            set_weight_error(error, row, x, j);
            mpfr_add(sum, row->p[j], error, MPFR_RNDN);
            mpfr_mul(sum, sum, gamma, MPFR_RNDN);
            mpfr_add(sum, sum, error, MPFR_RNDN);
            mpfr_mul_d(sum, sum, fabs((double)c->v[at]), MPFR_RNDN);
            mpfr_add(bound, bound, sum, MPFR_RNDN);
        }
    }
    mpfr_clears(error, sum, gamma, (mpfr_ptr)0);
}

/* What the bound may have more than the formula: delta + delta^2 for exp(delta) - 1, and roundings
 * upward, which near the least double are a few of these. */
#define SLACK       0x1p-10
#define SLACK_LEAST 0x1p-1060

static void expect_formula(const struct sc_case *c, int32_t m, const struct judge_row *found,
                           const struct definition_row *row, int32_t b, int32_t h, double *worst)
{
    mpfr_t expected;

    mpfr_init2(expected, BITS);
    for (int32_t x = 0; x < c->problem.d_v; x++) {
        set_bound(expected, c, row, models[m].arithmetic, b, h, x);
        const double least = mpfr_get_d(expected, MPFR_RNDD);
        cr_expect(mpfr_cmp_d(expected, found->bound[x]) <= 0,
                  "%s seed %llu (%s): bound %a below %a", models[m].name,
                  (unsigned long long)c->seed, sc_generate_values_name(c->values), found->bound[x],
                  least);
        if (least > 0) {
            *worst = fmax(*worst, (found->bound[x] - SLACK_LEAST) / least - 1);
        }
    }
    mpfr_clear(expected);
}

/* Not below the formula with exact p, T and a, and not far above it. */
Test(bound, the_bound_is_the_formula_of_its_header)
{
    double worst[LIST_SIZE(models)] = {0, 0};

    for (uint64_t seed = 0; seed < SEEDS; seed += 2) {
        struct sc_case c;
        struct judge_row found;
        struct definition definition;
        judge_case_create(seed + seed / 48, &c);
        const int32_t b = c.problem.batch - 1;
        const int32_t h = c.problem.heads_q - 1;
        const int32_t i = sc_problem_rows(&c.problem, b) - 1;
        if (i >= 0) {
            struct definition_row row;
            judge_row_create(&found, &c);
            definition_create(&definition, &c.problem, c.q, c.k, c.v);
            definition_row_create(&row, &definition, b, h, i);
            for (int32_t m = 0; m < LIST_SIZE(models); m++) {
                judge_row_set(&found, models[m].arithmetic, b, h, i);
                expect_formula(&c, m, &found, &row, b, h, &worst[m]);
            }
            definition_row_destroy(&row);
            definition_destroy(&definition);
            judge_row_destroy(&found);
        }
        sc_generate_destroy(&c);
    }
    for (int32_t m = 0; m < LIST_SIZE(models); m++) {
        cr_expect_leq(worst[m], SLACK, "%s: %g above the formula", models[m].name, worst[m]);
    }
}

/* Each arithmetic has a unit roundoff and an underflow at least those of the one before. */
Test(bound, a_coarser_arithmetic_has_no_smaller_bound)
{
    const struct sc_bound_arithmetic ascending[] = {
        sc_bound_f64,          {0x1p-52, 0x1p-1074, 0x1p1022}, {0x1p-52, 0x1p-900, 0x1p1022},
        sc_bound_f32,          {0x1p-23, 0x1p-150, 0x1p126},   {0x1p-11, 0x1p-25, 0x1p126},
        {0x1p-8, 0x1p-25, 100}};

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_case c;
        struct judge_row row;
        judge_case_create(seed, &c);
        judge_row_create(&row, &c);
        for (int32_t b = 0; b < c.problem.batch; b++) {
            for (int32_t i = 0; i < sc_problem_rows(&c.problem, b); i += 5) {
                double last[16] = {0};
                cr_assert_leq(c.problem.d_v, LIST_SIZE(last));
                for (int32_t a = 0; a < LIST_SIZE(ascending); a++) {
                    judge_row_set(&row, &ascending[a], b, 0, i);
                    for (int32_t x = 0; x < c.problem.d_v; x++) {
                        if (!(row.bound[x] >= last[x])) {
                            cr_expect_fail("seed %llu row %d, arithmetic %d: %a below %a",
                                           (unsigned long long)seed, i, a, row.bound[x], last[x]);
                        }
                        last[x] = row.bound[x];
                    }
                }
            }
        }
        judge_row_destroy(&row);
        sc_generate_destroy(&c);
    }
}

/* One row over one key, so that a single number is out of range. */
Test(bound, nothing_is_claimed_where_an_intermediate_value_may_overflow)
{
    static const struct {
        const char *name;
        const struct sc_bound_arithmetic *arithmetic;
        float q, k, v, tau, bias, slope;
        bool claimed;
    } rows[] = {
        {"ordinary", &sc_bound_f32, 1, 1, 1, 1, 1, 1, true},
        {"product beyond binary32", &sc_bound_f32, 0x1p100f, 0x1p100f, 1, 1, 0, 0, false},
        {"the same in binary64", &sc_bound_f64, 0x1p100f, 0x1p100f, 1, 1, 0, 0, true},
        {"scaled beyond binary32", &sc_bound_f32, 0x1p60f, 0x1p60f, 1, 0x1p60f, 0, 0, false},
        {"scaled back after overflow", &sc_bound_f32, 0x1p100f, 0x1p100f, 1, 0x1p-120f, 0, 0,
         false},
        {"bias near the largest value", &sc_bound_f32, 1, 1, 1, 1, 0x1p127f, 0, false},
        {"value near the largest value", &sc_bound_f32, 1, 1, 0x1p127f, 1, 0, 0, false},
        {"undefined: infinite value", &sc_bound_f64, 1, 1, INFINITY, 1, 0, 0, false},
        {"undefined: NaN in the key", &sc_bound_f64, 1, NAN, 1, 1, 0, 0, false},
        {"undefined: infinite query", &sc_bound_f64, -INFINITY, 1, 1, 1, 0, 0, false},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        float q = rows[r].q;
        float k = rows[r].k;
        float v = rows[r].v;
        float bias = rows[r].bias;
        float slope = rows[r].slope;
        const struct sc_layout one = {1, 1, 1, 1};
        struct judge_row row;
        const struct sc_case c = {.problem = {.batch = 1,
                                              .heads_q = 1,
                                              .heads_kv = 1,
                                              .n_q = 1,
                                              .n_k = 1,
                                              .d = 1,
                                              .d_v = 1,
                                              .tau = rows[r].tau,
                                              .bias = &bias,
                                              .slopes = &slope,
                                              .left = SC_MASK_UNBOUNDED,
                                              .right = SC_MASK_UNBOUNDED,
                                              .q = one,
                                              .k = one,
                                              .v = one,
                                              .o = one},
                                  .q = &q,
                                  .k = &k,
                                  .v = &v};
        judge_row_create(&row, &c);
        judge_row_set(&row, rows[r].arithmetic, 0, 0, 0);
        cr_expect_eq(isfinite(row.bound[0]) != 0, rows[r].claimed, "%s: bound %a", rows[r].name,
                     row.bound[0]);
        cr_expect(!isnan(row.bound[0]) && row.bound[0] > 0.0, "%s: bound %a", rows[r].name,
                  row.bound[0]);
        judge_row_destroy(&row);
    }
}

Test(bound, verdicts)
{
    static const struct {
        const char *name;
        double out;
        struct sc_enclosure exact;
        enum sc_oracle_class class;
        double bound;
        enum sc_verdict expected;
    } rows[] = {
        {"the exact value", 1, {1, 1}, SC_ORACLE_FINITE, 0, SC_VERDICT_PASS},
        {"half the bound off", 1.5, {1, 1}, SC_ORACLE_FINITE, 1, SC_VERDICT_PASS},
        {"twice the bound off, above", 3, {1, 1}, SC_ORACLE_FINITE, 1, SC_VERDICT_FAIL},
        {"twice the bound off, below", -1, {1, 1}, SC_ORACLE_FINITE, 1, SC_VERDICT_FAIL},
        {"off without a bound to spare", 1.5, {1, 1}, SC_ORACLE_FINITE, 0, SC_VERDICT_FAIL},
        {"every exact value near", 1, {0.5, 1.5}, SC_ORACLE_FINITE, 1, SC_VERDICT_PASS},
        {"some exact values far, above", 2, {0.5, 1.5}, SC_ORACLE_FINITE, 1, SC_VERDICT_UNDECIDED},
        {"some exact values far, below", 0, {0.5, 1.5}, SC_ORACLE_FINITE, 1, SC_VERDICT_UNDECIDED},
        {"inside an enclosure wider than the bound",
         1,
         {0, 2},
         SC_ORACLE_FINITE,
         0.5,
         SC_VERDICT_UNDECIDED},
        {"every exact value far", 4, {0.5, 1.5}, SC_ORACLE_FINITE, 1, SC_VERDICT_FAIL},
        {"off by the bound, an ulp in doubt", 2, {1, 1}, SC_ORACLE_FINITE, 1, SC_VERDICT_UNDECIDED},
        {"NaN", NAN, {1, 1}, SC_ORACLE_FINITE, 1e300, SC_VERDICT_FAIL},
        {"infinity", INFINITY, {1, 1}, SC_ORACLE_FINITE, DBL_MAX, SC_VERDICT_FAIL},
        {"minus infinity", -INFINITY, {-DBL_MAX, 0}, SC_ORACLE_FINITE, DBL_MAX, SC_VERDICT_FAIL},
        {"-0 for the real number 0", -0.0, {0, 0}, SC_ORACLE_FINITE, 0, SC_VERDICT_PASS},
        {"least double off", 0x1p-1074, {0, 0}, SC_ORACLE_FINITE, 0x1p-1073, SC_VERDICT_PASS},
        {"least doubles off, bound 0", 0x1p-1073, {0, 0}, SC_ORACLE_FINITE, 0, SC_VERDICT_FAIL},
        {"distance beyond the largest double",
         DBL_MAX,
         {-DBL_MAX, -DBL_MAX},
         SC_ORACLE_FINITE,
         1,
         SC_VERDICT_FAIL},
        {"empty row, +0", 0.0, {0, 0}, SC_ORACLE_EMPTY, 0, SC_VERDICT_PASS},
        {"empty row, -0", -0.0, {0, 0}, SC_ORACLE_EMPTY, 0, SC_VERDICT_FAIL},
        {"empty row, within a bound", 0x1p-1074, {0, 0}, SC_ORACLE_EMPTY, 1, SC_VERDICT_FAIL},
        {"empty row, -0 without a bound", -0.0, {0, 0}, SC_ORACLE_EMPTY, INFINITY, SC_VERDICT_FAIL},
        {"empty row, NaN", NAN, {0, 0}, SC_ORACLE_EMPTY, INFINITY, SC_VERDICT_FAIL},
        {"undefined", 1, {-INFINITY, INFINITY}, SC_ORACLE_UNDEFINED, 1, SC_VERDICT_UNJUDGED},
        {"undefined, NaN",
         NAN,
         {-INFINITY, INFINITY},
         SC_ORACLE_UNDEFINED,
         INFINITY,
         SC_VERDICT_UNJUDGED},
        {"no bound", 1, {1, 1}, SC_ORACLE_FINITE, INFINITY, SC_VERDICT_UNJUDGED},
        {"no bound, NaN", NAN, {1, 1}, SC_ORACLE_FINITE, INFINITY, SC_VERDICT_UNJUDGED},
        {"bound NaN", 1, {1, 1}, SC_ORACLE_FINITE, NAN, SC_VERDICT_UNJUDGED},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const enum sc_verdict found =
            sc_verdict_judge(rows[r].out, rows[r].exact, rows[r].class, rows[r].bound);
        cr_expect_eq(found, rows[r].expected, "%s: verdict %d, expected %d", rows[r].name,
                     (int)found, (int)rows[r].expected);
    }
}

/* Both ends of the error, against differences of the 53-bit numbers at 2200 bits: exact. */
Test(bound, possible_errors_enclose_the_exact_ones)
{
    static const double points[] = {
        -DBL_MAX, -1.0, -0x1.0000000000001p-1, -0x1p-1074, -0.0,   0x1p-1074, 0x1p-1022,
        0.1,      1.0,  0x1.0000000000001p0,   3.0,        0x1p60, DBL_MAX};
    mpfr_t to_lo, to_hi;

    mpfr_inits2(2200, to_lo, to_hi, (mpfr_ptr)0);
    for (int32_t place = 0; place < 13 * 13 * 13; place++) {
        const double out = points[place % 13];
        const struct sc_enclosure exact = {points[place / 13 % 13], points[place / 169]};
        if (exact.lo > exact.hi) {
            continue;
        }
        const struct sc_enclosure error = sc_verdict_error(out, exact);
        mpfr_set_d(to_lo, out, MPFR_RNDN);
        mpfr_sub_d(to_hi, to_lo, exact.hi, MPFR_RNDN);
        mpfr_sub_d(to_lo, to_lo, exact.lo, MPFR_RNDN);
        mpfr_abs(to_lo, to_lo, MPFR_RNDN);
        mpfr_abs(to_hi, to_hi, MPFR_RNDN);
        const bool inside = exact.lo <= out && out <= exact.hi;
        cr_expect(
            mpfr_cmp_d(to_lo, error.hi) <= 0 && mpfr_cmp_d(to_hi, error.hi) <= 0 &&
                (inside ? error.lo == 0.0
                        : mpfr_cmp_d(to_lo, error.lo) >= 0 && mpfr_cmp_d(to_hi, error.lo) >= 0),
            "%a and [%a, %a]: error in [%a, %a]", out, exact.lo, exact.hi, error.lo, error.hi);
    }
    mpfr_clears(to_lo, to_hi, (mpfr_ptr)0);
}
