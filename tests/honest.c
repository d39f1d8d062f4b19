/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest.h"

#include "fuzz/honest_campaign.h"
#include "reference/judge/verdict.h"
#include "reference/oracle/oracle.h"
#include "tests/plain.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

static const struct sc_activation_error rounded = {{{HUGE_VAL, 0x1.0001p-24}}, 0x1p-150};

static struct sc_honest plain_kernel(const struct sc_problem *p, uint64_t seed)
{
    struct sc_random random = {seed};
    struct sc_honest honest;

    sc_honest_draw(SC_HONEST_DECLARED, p, &random, &honest);
    return honest;
}

static const struct sc_honest *kernel_at_hand;

static float activation_at_hand(float s)
{
    struct sc_problem p = plain_problem(1, 1, 1, 1);
    const float q = 1.0f, zero = 0.0f, one = 1.0f, bias = s;
    const struct sc_oracle_values values = {&zero, &q, &one, &zero};
    struct sc_honest honest = *kernel_at_hand;
    struct sc_honest_outputs outputs;

    /* P of one pair whose score is s, in fp32 */
    honest.arithmetic.schedule.core = SC_CORE_FMA;
    honest.arithmetic.schedule.score = SC_SCORE_FUSED;
    honest.arithmetic.schedule.format_p = SC_FORMAT_FP32;
    p.bias = &bias;
    cr_assert_eq(sc_honest_run(&honest, &p, &values, &outputs, NULL), SC_OK);
    const float weight = outputs.o[0];
    free(outputs.store);
    free(outputs.additions);
    return weight;
}

/* Two texts of spec/schedule.h: the honest kernel and the tier of the oracle. */
Test(honest, a_kernel_that_leaves_nothing_open_is_the_predicted_one_bit_for_bit)
{
    int64_t compared = 0;

    for (uint64_t seed = 0; seed < 240; seed++) {
        struct sc_case c;
        struct sc_honest_outputs outputs;
        struct sc_error error = {SC_OK, ""};
        struct sc_oracle *oracle = NULL;
        static struct sc_enclosure o[64 * 64], d_q[64 * 64];
        cr_assert_eq(sc_generate_small(seed, (enum sc_generate_values)(seed % SC_GENERATE_CLASSES),
                                       (enum sc_format)(seed % 3), true, &c, &error),
                     SC_OK);
        struct sc_honest honest = plain_kernel(&c.problem, seed);
        const struct sc_problem *p = &c.problem;
        const struct sc_oracle_values values = {c.q, c.k, c.v, c.d_o};
        kernel_at_hand = &honest;
        honest.arithmetic.schedule.activation = activation_at_hand;
        const struct sc_oracle_options options = {SC_ORACLE_SCHEDULE, 256, 1,
                                                  &honest.arithmetic.schedule};
        cr_assert_eq(sc_honest_run(&honest, p, &values, &outputs, &error), SC_OK);
        cr_assert_eq(sc_oracle_create(p, &values, &options, &oracle, &error), SC_OK, "%s",
                     error.text);
        for (int32_t n = 0; n < p->heads_q * sc_problem_rows(p, 0); n++) {
            const int32_t h = n / sc_problem_rows(p, 0), i = n % sc_problem_rows(p, 0);
            const struct sc_row_enclosures wanted = {NULL, o, d_q};
            cr_assert_eq(sc_oracle_rows(oracle, 0, h, &i, 1, &wanted, NULL, &error), SC_OK);
            const float *mine = outputs.o + sc_honest_at(p->heads_q, p->n_q, p->d_v, 0, h, i);
            for (int32_t k = 0; k < p->d_v; k++) {
                const double stored = sc_honest_store(&honest, p->format_out, mine[k], 0);
                cr_assert(stored == o[k].lo || (isnan(stored) && isnan(o[k].lo)),
                          "seed %llu: O %a, predicted %a", (unsigned long long)seed, stored,
                          o[k].lo);
                compared++;
            }
            mine = outputs.d_q + sc_honest_at(p->heads_q, p->n_q, p->d, 0, h, i);
            for (int32_t k = 0; k < p->d; k++) {
                const double stored = sc_honest_store(&honest, p->format_in, mine[k], 0);
                cr_assert(stored == d_q[k].lo || (isnan(stored) && isnan(d_q[k].lo)),
                          "seed %llu: dQ %a, predicted %a", (unsigned long long)seed, stored,
                          d_q[k].lo);
                compared++;
            }
        }
        sc_oracle_destroy(oracle);
        free(outputs.store);
        free(outputs.additions);
        sc_generate_destroy(&c);
    }
    cr_expect_gt(compared, 2000);
}

static struct sc_honest_campaign campaign;

Test(honest, no_kernel_of_any_kind_is_accused_on_any_class)
{
    struct sc_error error = {SC_OK, ""};

    for (int64_t n = 0; n < SC_HONEST_KINDS * SC_GENERATE_CLASSES; n++) {
        cr_assert_eq(sc_honest_campaign_case(&campaign, 0, n, &error), SC_OK, "%s", error.text);
    }
    cr_assert_eq(
        sc_honest_campaign_climb(&campaign, 1, SC_HONEST_MIXED, SC_GENERATE_WIDE, 100, &error),
        SC_OK, "%s", error.text);
    cr_expect_eq(campaign.accused_cases, 0);
    cr_expect_eq(campaign.accused_climbed, 0);
    for (int32_t n = 0; n < SC_HONEST_KINDS * SC_GENERATE_CLASSES; n++) {
        const struct sc_honest_verdicts *x =
            &campaign.verdicts[n / SC_GENERATE_CLASSES][n % SC_GENERATE_CLASSES];
        cr_expect_str_empty(x->first);
        cr_expect_gt(x->of[SC_HONEST_O].judged + x->of[SC_HONEST_O].unjudged, 0);
    }
}

/* In each of these one term of the bound decides: they were found by leaving it out. */
Test(honest, cases_that_one_term_decides_keep_their_bound)
{
    static const struct {
        const char *term;
        int64_t n;
    } rows[] = {
        {"parts of unknown borders", 837},   {"rounding of stored parts", 5},
        {"rounding of stored heads", 6},     {"subnormal stored parts", 31},
        {"each stored part rounds", 1293},   {"parts scaled before they are stored", 213},
        {"stored heads that overflow", 253},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct sc_error error = {SC_OK, ""};
        cr_assert_eq(sc_honest_campaign_case(&campaign, 0, rows[r].n, &error), SC_OK, "%s",
                     error.text);
        cr_expect_eq(campaign.accused_cases, 0, "%s", rows[r].term);
    }
}

#define KEYS     6
#define CHANNELS 16

/* One row, what an honest kernel makes of it, and the output in question: channel 0. */
struct hard {
    struct sc_problem problem;
    struct sc_kernel_arithmetic arithmetic;
    float bias, q[CHANNELS], k[KEYS * CHANNELS], v[KEYS * CHANNELS], d_o[CHANNELS];
    double out;
};

static void plain(struct hard *x, int32_t n_k, int32_t width)
{
    memset(x, 0, sizeof *x);
    x->problem = plain_problem(1, n_k, width, width);
    x->problem.bias = &x->bias;
    x->problem.tau = 1.0f;
    x->problem.format_in = SC_FORMAT_FP32;
    x->problem.format_out = SC_FORMAT_FP32;
    x->arithmetic.schedule.core = SC_CORE_FMA;
    x->arithmetic.schedule.format_p = SC_FORMAT_FP32;
    x->arithmetic.activation = &rounded;
}

static void tensor(struct hard *x)
{
    x->problem.format_in = SC_FORMAT_BF16;
    x->arithmetic.schedule.core = SC_CORE_H100;
    x->arithmetic.schedule.format_p = SC_FORMAT_BF16;
}

/* 2^20 and fifteen products a little below an ulp of it, each cut off in a step of its own: s is 0, not 1.87. */
static void any_order(struct hard *x)
{
    plain(x, 1, 16);
    tensor(x);
    x->arithmetic.order = SC_ORDER_ANY;
    for (int32_t c = 0; c < 16; c++) {
        x->q[c] = c == 0 ? 0x1p10f : 0x1.fep-2f;
        x->k[c] = c == 0 ? 0x1p10f : 0x1p-2f;
    }
    x->v[0] = 1.0f;
    x->bias = -0x1p20f;
    x->out = 0.5;
}

static void one_term_steps(struct hard *x)
{
    any_order(x);
    x->arithmetic.order = SC_ORDER_TILED;
    x->arithmetic.tile = 16;
    x->arithmetic.terms = 1;
}

/* tau s_j = 2^-150 is rounded to 0 for each of six parts. */
static void scaled_parts(struct hard *x)
{
    plain(x, 6, 1);
    x->arithmetic.parts = 6;
    x->problem.tau = 0x1p-100f;
    x->d_o[0] = 1.0f;
    for (int32_t j = 0; j < 6; j++) {
        x->v[j] = 1.0f;
        x->k[j] = 0x1p-48f;
    }
}

/* p is a little above 1/4, dP 2^-148: p dP is rounded up to 2^-149, and 3/4 of that too. */
static void products(struct hard *x)
{
    plain(x, 1, 1);
    x->arithmetic.spread = SC_SPREAD_PRODUCTS;
    x->bias = -1.0986f;
    x->d_o[0] = 0x1p-148f;
    x->v[0] = 1.0f;
    x->k[0] = 0x1p100f;
    x->out = 0x1p-49;
}

static void flushing(struct hard *x, int32_t n_k, int32_t width)
{
    plain(x, n_k, width);
    x->arithmetic.flush = true;
}

static void flushed_factor(struct hard *x)
{
    flushing(x, 1, 1);
    x->q[0] = 0x1p-127f;
    x->k[0] = 0x1p127f;
    x->v[0] = 1.0f;
    x->out = 0.5;
}

static void flushed_key(struct hard *x)
{
    flushing(x, 1, 1);
    x->k[0] = 0x1p-127f;
    x->d_o[0] = 0x1p50f;
    x->v[0] = 0x1p52f;
}

/* Sixteen products a little below 2^-126, each flushed. */
static void flushed_steps(struct hard *x)
{
    flushing(x, 1, 16);
    x->problem.tau = 0x1p124f;
    for (int32_t c = 0; c < 16; c++) {
        x->q[c] = 0x1p-63f;
        x->k[c] = 0x1.ep-64f;
    }
    x->v[0] = 1.0f;
    x->out = 0.5;
}

static void flushed_score(struct hard *x)
{
    flushing(x, 1, 1);
    tensor(x);
    x->problem.tau = 0x1p126f;
    x->q[0] = 0x1p-63f;
    x->k[0] = 0x1.ep-64f;
    x->v[0] = 1.0f;
    x->out = 0.5;
}

/* b / tau is flushed, and so is the product that it was to be added to. */
static void flushed_load(struct hard *x)
{
    flushed_score(x);
    x->arithmetic.schedule.score = SC_SCORE_PRELOADED;
    x->bias = 0x1.ep-1f;
}

/* Six parts of a little less than 2^-126. */
static void flushed_parts(struct hard *x)
{
    flushing(x, 6, 1);
    tensor(x);
    x->arithmetic.parts = 6;
    for (int32_t j = 0; j < 6; j++) {
        x->v[j] = 0x1.ep-126f;
    }
}

static void flushed_scale(struct hard *x)
{
    flushing(x, 1, 1);
    tensor(x);
    x->problem.tau = 0x1p100f;
    x->d_o[0] = 0x1p-58f;
    x->v[0] = 1.0f;
    x->k[0] = 0x1.ep-67f;
}

static void flushed_output(struct hard *x)
{
    flushing(x, 1, 1);
    tensor(x);
    x->v[0] = 0x1.ep-126f;
}

/* p is a little below 1/2 + 2^-8. */
static void truncated_weight(struct hard *x)
{
    plain(x, 1, 1);
    x->arithmetic.truncate = true;
    x->arithmetic.schedule.format_p = SC_FORMAT_BF16;
    x->bias = 0x1.fep-7f;
    x->v[0] = 1.0f;
    x->out = 0.5;
}

static void truncated_output(struct hard *x)
{
    plain(x, 1, 1);
    x->arithmetic.truncate = true;
    x->problem.format_out = SC_FORMAT_BF16;
    x->bias = 30.0f;
    x->v[0] = 0x1.01fffp0f;
    x->out = 1.0;
}

static void judge_hard(const char *name, const struct hard *x, bool d_q, double least)
{
    const struct sc_oracle_values values = {x->q, x->k, x->v, x->d_o};
    const struct sc_oracle_options options = {SC_ORACLE_ARB, 512, 1, NULL};
    struct sc_enclosure exact[2 * CHANNELS];
    const struct sc_row_enclosures wanted = {NULL, exact, exact + CHANNELS};
    struct sc_kernel_bound o[CHANNELS], gradient[CHANNELS];
    struct sc_oracle *oracle = NULL;
    struct sc_error error = {SC_OK, ""};
    const int32_t row = 0;

    cr_assert_eq(sc_oracle_create(&x->problem, &values, &options, &oracle, &error), SC_OK, "%s",
                 error.text);
    cr_assert_eq(sc_oracle_rows(oracle, 0, 0, &row, 1, &wanted, NULL, &error), SC_OK);
    cr_assert_eq(
        sc_kernel_bound_row(&x->arithmetic, &x->problem, &values, 0, 0, 0, o, gradient, &error),
        SC_OK);
    sc_oracle_destroy(oracle);
    const double bound = d_q ? sc_kernel_bound_at(gradient, x->problem.format_in, x->out)
                             : sc_kernel_bound_at(o, x->problem.format_out, x->out);
    const double wrong = sc_verdict_error(x->out, exact[d_q ? CHANNELS : 0]).lo;
    cr_expect_leq(wrong, bound, "%s: %g of the bound", name, wrong / bound);
    cr_expect_geq(wrong, least * bound, "%s: %g of the bound", name, wrong / bound);
}

/* Built by hand: without the term in the name the bound would be less than the error. */
Test(honest, each_open_term_is_needed)
{
    static const struct {
        const char *name;
        void (*create)(struct hard *x);
        bool d_q;
        double least;
    } rows[] = {
        {"steps in any order", any_order, false, 0.3},
        {"steps of one term", one_term_steps, false, 0.3},
        {"parts scaled one by one", scaled_parts, true, 0.4},
        {"two products that underflow", products, true, 0.4},
        {"subnormal factor", flushed_factor, false, 0.4},
        {"subnormal key", flushed_key, true, 0.4},
        {"steps that flush", flushed_steps, false, 0.3},
        {"score that is flushed", flushed_score, false, 0.4},
        {"preloaded bias that is flushed", flushed_load, false, 0.4},
        {"parts that are flushed", flushed_parts, false, 0.3},
        {"gradient that is flushed before it is scaled", flushed_scale, true, 0.3},
        {"output that is flushed", flushed_output, false, 0.3},
        {"weight that is truncated", truncated_weight, false, 0.9},
        {"output that is truncated", truncated_output, false, 0.9},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct hard x;
        rows[r].create(&x);
        judge_hard(rows[r].name, &x, rows[r].d_q, rows[r].least);
    }
}

Test(honest, nothing_is_claimed_where_tau_is_flushed_or_an_output_is_cut)
{
    struct sc_kernel_bound o;
    struct hard x;

    flushing(&x, 1, 1);
    x.v[0] = 1.0f;
    x.problem.tau = 0x1p-127f;
    const struct sc_oracle_values values = {x.q, x.k, x.v, x.d_o};
    cr_assert_eq(sc_kernel_bound_row(&x.arithmetic, &x.problem, &values, 0, 0, 0, &o, NULL, NULL),
                 SC_OK);
    cr_expect(isinf(o.error));
    truncated_output(&x);
    x.problem.format_out = SC_FORMAT_FP16;
    x.v[0] = 100000.0f;
    cr_assert_eq(sc_kernel_bound_row(&x.arithmetic, &x.problem, &values, 0, 0, 0, &o, NULL, NULL),
                 SC_OK);
    cr_expect(isinf(sc_kernel_bound_at(&o, SC_FORMAT_FP16, 65504.0)));
    cr_expect(isfinite(sc_kernel_bound_at(&o, SC_FORMAT_FP16, 65472.0)));
    x.arithmetic.truncate = false;
    cr_assert_eq(sc_kernel_bound_row(&x.arithmetic, &x.problem, &values, 0, 0, 0, &o, NULL, NULL),
                 SC_OK);
    cr_expect(isfinite(sc_kernel_bound_at(&o, SC_FORMAT_FP16, 65504.0)));
}

/* Half a unit of P and half an ulp of O, in units of what P v is. */
Test(honest, the_strength_of_a_bound_is_its_units)
{
    struct sc_kernel_bound o;
    struct hard x;

    plain(&x, 1, 1);
    tensor(&x);
    x.v[0] = 3.0f; /* 2.5 2^-8 over 1.5 2^-8 */
    const struct sc_oracle_values values = {x.q, x.k, x.v, x.d_o};
    cr_assert_eq(sc_kernel_bound_row(&x.arithmetic, &x.problem, &values, 0, 0, 0, &o, NULL, NULL),
                 SC_OK);
    const double strength = sc_kernel_bound_strength(&o, SC_FORMAT_BF16, 1.5);
    cr_expect(strength >= 1.6 && strength <= 1.75, "%g", strength);
    x.v[0] = 0.0f;
    cr_assert_eq(sc_kernel_bound_row(&x.arithmetic, &x.problem, &values, 0, 0, 0, &o, NULL, NULL),
                 SC_OK);
    cr_expect_eq(sc_kernel_bound_strength(&o, SC_FORMAT_BF16, 0.0), 0.0);
}
