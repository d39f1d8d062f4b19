/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/finite.h"

#include "fuzz/examine.h"
#include "spec/format_value.h"
#include "tests/fake_kernel.h"
#include "tests/honest_runner.h"
#include "tests/recipes.h"

#include <criterion/criterion.h>
#include <math.h>

/* In fp16 an element of few terms is claimed up to 65504 / 16 = 4094, less a rounding for each of them: 4064 is below,
 * 4096 is not. One row, one key, one channel each, fp16: 0x6bf0 is 4064, 0x6c00 4096, 0x67f0 2032, 0x6800 2048, 0x5400 64, 0x53f0 63.5,
 * 0x5000 32,
 * 0x3c00 1, 0x7c00 infinity, 0x7e00 a NaN. */
Test(finite, an_element_is_claimed_up_to_the_size_of_what_leads_to_it)
{
    static const struct {
        const char *name, *line;
        enum sc_result result;
        bool claimed;
    } rows[] = {
        {"V", "set=v@0:6bf0,q@0:0", SC_RESULT_O, true},
        {"V too large", "set=v@0:6c00,q@0:0", SC_RESULT_O, false},
        {"V infinite", "set=v@0:7c00,q@0:0", SC_RESULT_O, false},
        {"V a NaN", "set=v@0:7e00,q@0:0", SC_RESULT_O, false},
        {"product", "set=v@0:3c00,q@0:53f0,k@0:5400", SC_RESULT_O, true},
        {"product too large", "set=v@0:3c00,q@0:5400,k@0:5400", SC_RESULT_O, false},
        {"product a NaN", "set=v@0:3c00,q@0:7e00,k@0:5400", SC_RESULT_O, false},
        {"product times tau", "tau=2 set=v@0:3c00,q@0:53f0,k@0:5400", SC_RESULT_O, false},
        {"product before tau", "tau=0x1p-9 set=v@0:3c00,q@0:5400,k@0:5400", SC_RESULT_O, false},
        {"tau times Q", "tau=2 set=v@0:3c00,q@0:67f0,k@0:0", SC_RESULT_O, true},
        {"tau times Q too large", "tau=2 set=v@0:3c00,q@0:6800,k@0:0", SC_RESULT_O, false},
        {"tau times K too large", "tau=2 set=v@0:3c00,q@0:0,k@0:6800", SC_RESULT_O, false},
        {"bias", "bias=scalar:-4064 set=v@0:3c00,q@0:0", SC_RESULT_O, true},
        {"bias too large", "bias=scalar:-4096 set=v@0:3c00,q@0:0", SC_RESULT_O, false},
        {"bias over tau", "tau=0x1p-6 bias=scalar:64 set=v@0:3c00,q@0:0", SC_RESULT_O, false},
        {"slope", "alibi=2032 set=v@0:3c00,q@0:0", SC_RESULT_O, true},
        {"slope too large", "alibi=2048 set=v@0:3c00,q@0:0", SC_RESULT_O, false},
        {"dP", "set=v@0:53f0,do@0:5400,k@0:3c00,q@0:0 backward=1", SC_RESULT_D_Q, true},
        {"dP too large", "set=v@0:5400,do@0:5400,k@0:0,q@0:0 backward=1", SC_RESULT_D_Q, false},
        {"tau dS too large", "tau=2 set=v@0:5000,do@0:5400,k@0:0,q@0:0 backward=1", SC_RESULT_D_Q,
         false},
        {"dS K", "set=v@0:3c00,do@0:53f0,k@0:5400,q@0:0 backward=1", SC_RESULT_D_Q, true},
        {"dS K too large", "set=v@0:3c00,do@0:5400,k@0:5400,q@0:0 backward=1", SC_RESULT_D_Q,
         false},
        {"dS K tau", "tau=2 set=v@0:3c00,do@0:53f0,k@0:5400,q@0:0 backward=1", SC_RESULT_D_Q,
         false},
        {"dS Q", "set=v@0:3c00,do@0:53f0,k@0:0,q@0:5400 backward=1", SC_RESULT_D_K, true},
        {"dS Q too large", "set=v@0:3c00,do@0:5400,k@0:0,q@0:5400 backward=1", SC_RESULT_D_K,
         false},
        {"two heads of a group",
         "heads=2/1 set=v@0:3c00,do@0:53f0,do@1:53f0,k@0:0,q@0:5400,q@1:5400 backward=1",
         SC_RESULT_D_K, false},
        {"P dO", "set=v@0:0,do@0:6bf0,k@0:0,q@0:0 backward=1", SC_RESULT_D_V, true},
        {"P dO too large", "set=v@0:0,do@0:6c00,k@0:0,q@0:0 backward=1", SC_RESULT_D_V, false},
        {"db", "set=v@0:53f0,do@0:5400,k@0:0,q@0:0 backward=1", SC_RESULT_D_B, true},
        {"db too large", "set=v@0:5400,do@0:5400,k@0:0,q@0:0 backward=1", SC_RESULT_D_B, false},
        {"another class", "values=huge set=v@0:3c00,q@0:0,k@0:0", SC_RESULT_O, false},
        {"a row that sees nothing", "lengths=0", SC_RESULT_O, false},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char line[512];
        (void)snprintf(line, sizeof line, "case/1 in=fp16 out=fp16 %s", rows[r].line);
        const struct sc_recipe recipe = parsed(line);
        struct sc_prepared prepared = recipes_prepare(&recipe);
        const struct sc_element element = {.result = rows[r].result};
        cr_expect_eq(sc_finite_claimed(&prepared, &element), rows[r].claimed, "%s", rows[r].name);
        sc_prepared_destroy(&prepared);
    }
}

/* Nothing of it is declared. Scores and sums that come near the largest numbers of the formats, and go beyond. */
static struct sc_recipe large_recipe(uint64_t seed)
{
    static const enum sc_recipe_values classes[] = {SC_VALUES_NORMAL, SC_VALUES_ONE_HOT,
                                                    SC_VALUES_SPARSE, SC_VALUES_ZERO_Q,
                                                    SC_VALUES_SUBNORMAL};
    struct sc_recipe recipe = fake_recipe(seed, classes[seed % 5]);
    struct sc_random random = {seed};

    recipe.tau = (float)ldexp(1.0, sc_random_int(&random, -8, 18));
    recipe.bias[0] = (float)ldexp(-1.5, sc_random_int(&random, -4, 12));
    return recipe;
}

static double narrow(const struct sc_problem *p, double x)
{
    const double in = sc_format_decode(p->format_in, sc_format_encode(p->format_in, x));

    return sc_format_decode(p->format_out, sc_format_encode(p->format_out, in));
}

/* Every number on the way in the narrower of the formats: scores from b / tau, tau before or after, each sum one by one,
 * P = 1/2 + tanh(s / 2) / 2 as a sum of V and a complement, tau after the sums. The worst that anyone could mean. */
static void worst_row(const struct sc_case *c, int32_t h, int32_t i, bool early, double *o,
                      double *d_q)
{
    const struct sc_problem *p = &c->problem;
    const int32_t g = sc_problem_group_head(p, h);
    const float *q = c->q + sc_problem_q_row(p, 0, h, i);
    const double tau = (double)p->tau;

    memset(o, 0, (size_t)p->d_v * sizeof *o);
    memset(d_q, 0, (size_t)p->d * sizeof *d_q);
    for (int32_t j = 0; j < sc_problem_keys(p, 0); j++) {
        const float *k = c->k + sc_problem_k_row(p, 0, g, j);
        const float *v = c->v + sc_problem_v_row(p, 0, g, j);
        double s = early ? 0.0 : narrow(p, (double)sc_problem_bias(p, 0, h) / tau), d_p = 0.0;
        if (!sc_problem_visible(p, 0, h, i, j)) {
            continue;
        }
        for (int32_t n = 0; n < p->d; n++) {
            const double one = early ? narrow(p, tau * (double)q[n]) : (double)q[n];
            s = narrow(p, s + narrow(p, one * (double)k[n]));
        }
        s = early ? narrow(p, s + (double)sc_problem_bias(p, 0, h)) : narrow(p, tau * s);
        const double slope = p->slopes != NULL ? (double)p->slopes[h] : 0.0;
        s = narrow(p, s + narrow(p, slope * i) - narrow(p, slope * j));
        const double weight = narrow(p, 0.5 + 0.5 * tanh(0.5 * s));
        for (int32_t n = 0; n < p->d_v; n++) {
            o[n] = narrow(p, narrow(p, o[n] + (double)v[n]) -
                                 narrow(p, narrow(p, 1.0 - weight) * (double)v[n]));
            d_p = c->d_o == NULL
                      ? 0.0
                      : narrow(p, d_p + narrow(p, (double)c->d_o[sc_problem_o_row(p, 0, h, i) + n] *
                                                      (double)v[n]));
        }
        for (int32_t n = 0; n < p->d; n++) {
            const double d_s = narrow(p, narrow(p, weight * d_p) * narrow(p, 1.0 - weight));
            d_q[n] = narrow(p, d_q[n] + narrow(p, d_s * (double)k[n]));
        }
    }
    for (int32_t n = 0; n < p->d; n++) {
        d_q[n] = narrow(p, tau * d_q[n]);
    }
}

static void count_row(const struct sc_prepared *prepared, struct sc_element at, const double *out,
                      int64_t *claimed, int64_t *broken)
{
    for (at.channel = 0; at.channel < sc_result_width(&prepared->c.problem, at.result);
         at.channel++) {
        const bool yes = sc_finite_claimed(prepared, &at);
        const bool finite = isfinite(out[at.channel]) != 0;
        cr_expect(!yes || finite, "%s, row %d, channel %d is %g", sc_result_name(at.result),
                  at.index, at.channel, out[at.channel]);
        *claimed += yes;
        *broken += !finite;
    }
}

Test(finite, what_is_claimed_does_not_overflow_in_the_worst_arithmetic_of_the_formats)
{
    int64_t claimed = 0, broken = 0;

    for (uint64_t seed = 0; seed < 400; seed++) {
        const struct sc_recipe recipe = large_recipe(seed);
        struct sc_prepared prepared = recipes_prepare(&recipe);
        const struct sc_problem *p = &prepared.c.problem;
        static double o[64], d_q[64];
        for (int32_t n = 0; n < p->heads_q * sc_problem_rows(p, 0); n++) {
            const int32_t h = n / sc_problem_rows(p, 0), i = n % sc_problem_rows(p, 0);
            worst_row(&prepared.c, h, i, seed % 2 == 0, o, d_q);
            const struct sc_element at = {.result = SC_RESULT_O, .head = h, .index = i};
            count_row(&prepared, at, o, &claimed, &broken);
            const struct sc_element of_q = {.result = SC_RESULT_D_Q, .head = h, .index = i};
            if (recipe.backward) {
                count_row(&prepared, of_q, d_q, &claimed, &broken);
            }
        }
        sc_prepared_destroy(&prepared);
    }
    cr_expect(claimed > 100000 && broken > 500, "%lld claimed, %lld broken", (long long)claimed,
              (long long)broken);
}

Test(finite, no_honest_kernel_of_any_kind_breaks_what_is_claimed, .timeout = 600)
{
    int64_t held = 0;

    for (uint64_t n = 0; n < SC_HONEST_KINDS * SC_VALUES_CLASSES * 2; n++) {
        const enum sc_honest_kind kind = (enum sc_honest_kind)(n % SC_HONEST_KINDS);
        const enum sc_recipe_values values =
            (enum sc_recipe_values)(n / SC_HONEST_KINDS % SC_VALUES_CLASSES);
        const struct sc_recipe recipe = fake_recipe(n, values);
        struct sc_prepared prepared = recipes_prepare(&recipe);
        if (honest_runner_suits(kind, recipe.format_in)) {
            struct honest_runner x = honest_runner(kind, &prepared.c.problem, n, "unknown");
            const struct sc_runner runner = {&x.kernel, honest_runner_run, &x};
            struct sc_examine_options options = sc_examine_defaults();
            struct sc_examination found;
            struct sc_error error = {SC_OK, ""};
            options.checks = 1u << SC_CHECK_SPECIAL;
            cr_assert_eq(sc_examine(&runner, &prepared, &options, &found, &error), SC_OK, "%s",
                         error.text);
            cr_expect_eq(found.failed, 0, "%s, %s, seed %d: %s", sc_honest_kind_name(kind),
                         sc_recipe_values_name(values), (int)n, found.text);
            held += found.checked >> SC_CHECK_SPECIAL & 1;
        }
        sc_prepared_destroy(&prepared);
    }
    cr_expect(held > 50, "%lld cases had something to look at", (long long)held);
}

Test(finite, the_first_element_that_is_broken_is_found)
{
    const struct sc_recipe recipe =
        parsed("case/1 heads=2 rows=3 keys=4 d=5 d_v=6 backward=1 seed=4");
    struct sc_prepared prepared = recipes_prepare(&recipe);
    const struct sc_worker_call call = {true, 1, true};
    struct fake_kernel kernel = fake_kernel("unknown", FAKE_HONEST);
    struct sc_outcome outcome;
    struct sc_element element;
    bool any = false;

    cr_assert_eq(fake_run(&kernel, &prepared, &call, &outcome, NULL), SC_OK);
    cr_expect(!sc_finite_broken(&prepared, &outcome, &element, &any) && any);
    outcome.bits[SC_TENSOR_D_K][sc_result_row(&prepared.c.problem, SC_RESULT_D_K, 0, 1, 2) + 3] =
        sc_format_encode(SC_FORMAT_BF16, HUGE_VAL);
    cr_assert(sc_finite_broken(&prepared, &outcome, &element, &any));
    cr_expect(element.result == SC_RESULT_D_K && element.head == 1 && element.index == 2 &&
              element.channel == 3 && isinf(element.out));
    outcome.bits[SC_TENSOR_O][7] = sc_format_encode(SC_FORMAT_BF16, (double)NAN);
    cr_assert(sc_finite_broken(&prepared, &outcome, &element, &any));
    cr_expect(element.result == SC_RESULT_O && element.head == 0 && element.index == 1 &&
              element.channel == 1 && isnan(element.out));
    sc_outcome_destroy(&outcome);
    sc_prepared_destroy(&prepared);
}
