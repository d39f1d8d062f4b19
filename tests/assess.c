/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/assess.h"

#include "fuzz/exact_result.h"
#include "reference/oracle/rounded_sigmoid.h"
#include "tests/fake_kernel.h"

#include <criterion/criterion.h>

#define SEEDS 12

static const char *const texts[] = {"unknown", "core=fma order=any flush=1",
                                    "bf16,fp16: core=h100; fp32: core=fma order=any"};
#define TEXTS ((int32_t)(sizeof texts / sizeof texts[0]))

/* What a kernel makes of a recipe. */
static struct sc_assessment assess(const struct sc_recipe *recipe, struct fake_kernel *kernel,
                                   const struct sc_assess_options *options)
{
    const struct sc_worker_call call = {recipe->backward, 1, true};
    struct sc_prepared prepared;
    struct sc_outcome outcome;
    struct sc_assessment found;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_prepared_create(recipe, &prepared, &error), SC_OK, "%s", error.text);
    cr_assert_eq(fake_run(kernel, &prepared, &call, &outcome, &error), SC_OK);
    cr_assert_eq(sc_assess(&prepared, &kernel->kernel, &outcome, options, &found, &error), SC_OK,
                 "%s", error.text);
    sc_outcome_destroy(&outcome);
    sc_prepared_destroy(&prepared);
    return found;
}

static struct sc_assessment assess_plain(const struct sc_recipe *recipe, const char *text,
                                         enum fake_fault fault)
{
    const struct sc_assess_options options = sc_assess_defaults();
    struct fake_kernel kernel = fake_kernel(text, fault);

    return assess(recipe, &kernel, &options);
}

Test(assess, results_that_are_rounded_once_pass_under_every_arithmetic, .timeout = 600)
{
    for (int32_t values = 0; values < SC_VALUES_CLASSES; values++) {
        int64_t judged = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            const struct sc_recipe recipe = fake_recipe(seed, (enum sc_recipe_values)values);
            const struct sc_assessment x = assess_plain(&recipe, texts[seed % TEXTS], FAKE_HONEST);
            cr_expect_eq(x.claimed, seed % TEXTS != 0);
            cr_expect(!x.claimed || x.conforms.beyond == 0, "%s, seed %llu: conforms, ratio %g",
                      sc_recipe_values_name(recipe.values), (unsigned long long)seed,
                      x.conforms.worst.ratio);
            cr_expect_eq(x.accurate.beyond, 0, "%s, seed %llu: accurate, ratio %g",
                         sc_recipe_values_name(recipe.values), (unsigned long long)seed,
                         x.accurate.worst.ratio);
            cr_expect_eq(x.wrong_bits, 0, "%s, seed %llu: %lld wrong",
                         sc_recipe_values_name(recipe.values), (unsigned long long)seed,
                         (long long)x.wrong_bits);
            cr_expect_eq(x.accurate.undecided, 0);
            judged += x.accurate.judged;
        }
        cr_expect_gt(judged, 1000, "%s: %lld", sc_recipe_values_name((enum sc_recipe_values)values),
                     (long long)judged);
    }
}

/* Bits of a tensor core, and of fp32 code. */
Test(assess, what_a_schedule_predicts_conforms_and_is_accurate, .timeout = 600)
{
    for (uint64_t seed = 0; seed < 4 * SEEDS; seed++) {
        const struct sc_recipe recipe =
            fake_recipe(seed, (enum sc_recipe_values)(seed % SC_VALUES_CLASSES));
        const bool wide = recipe.format_in == SC_FORMAT_FP32;
        const struct sc_schedule schedule = {wide ? SC_CORE_FMA : SC_CORE_H100, SC_SCORE_FUSED,
                                             recipe.format_in, 0, sc_rounded_sigmoid};
        const struct sc_assess_options options = sc_assess_defaults();
        struct fake_kernel kernel = fake_kernel(texts[2], FAKE_HONEST);
        kernel.schedule = &schedule;
        const struct sc_assessment x = assess(&recipe, &kernel, &options);
        cr_expect(x.claimed && x.conforms.beyond == 0 && x.accurate.beyond == 0,
                  "%s, seed %llu: ratio %g", sc_recipe_values_name(recipe.values),
                  (unsigned long long)seed, x.conforms.worst.ratio);
        cr_expect_eq(x.wrong_bits, 0, "seed %llu", (unsigned long long)seed);
    }
}

/* Cases of ordinary values in which a fault must show, of a few hundred drawn. */
static int32_t found_in(enum sc_recipe_values values, const char *text, enum fake_fault fault)
{
    int32_t found = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct sc_recipe recipe = fake_recipe(seed, values);
        const struct sc_assessment x = assess_plain(&recipe, text, fault);
        found += (x.claimed && x.conforms.beyond > 0) || x.wrong_bits > 0;
    }
    return found;
}

Test(assess, faults_are_beyond_the_bound, .timeout = 600)
{
    static const struct {
        const char *name;
        enum fake_fault fault;
        enum sc_recipe_values values;
        int32_t least; /* of SEEDS cases: a mask is not always there */
    } rows[] = {{"mask off by one", FAKE_MASK, SC_VALUES_ONE_HOT, 3},
                {"last key not read", FAKE_LAST_KEY, SC_VALUES_ONE_HOT, 10},
                {"bias", FAKE_BIAS, SC_VALUES_NORMAL, 12},
                {"P truncated", FAKE_TRUNCATED, SC_VALUES_ONE_HOT, 3},
                {"padding", FAKE_PADDING, SC_VALUES_NORMAL, 1},
                {"all NaN", FAKE_NAN, SC_VALUES_NORMAL, 12},
                {"all infinite", FAKE_INFINITE, SC_VALUES_NORMAL, 12},
                {"all 0", FAKE_ZERO, SC_VALUES_NORMAL, 12},
                {"rows permuted", FAKE_PERMUTED, SC_VALUES_NORMAL, 12}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const int32_t found = found_in(rows[r].values, texts[2], rows[r].fault);
        cr_expect_geq(found, rows[r].least, "%s: %d of %d", rows[r].name, found, SEEDS);
    }
}

Test(assess, faults_of_an_unknown_kernel_have_other_bits_where_results_are_exact, .timeout = 600)
{
    static const struct {
        const char *name;
        enum fake_fault fault;
        int32_t least;
    } rows[] = {{"mask off by one", FAKE_MASK, 2},
                {"last key not read", FAKE_LAST_KEY, 9},
                {"bias", FAKE_BIAS, 12},
                {"all NaN", FAKE_NAN, 12},
                {"all infinite", FAKE_INFINITE, 12},
                {"all 0", FAKE_ZERO, 12},
                {"rows permuted", FAKE_PERMUTED, 11}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const int32_t found = found_in(SC_VALUES_EXACT, "unknown", rows[r].fault);
        cr_expect_geq(found, rows[r].least, "%s: %d of %d", rows[r].name, found, SEEDS);
    }
}

Test(assess, an_unknown_arithmetic_has_a_best_candidate_and_makes_no_claim)
{
    const struct sc_recipe recipe = fake_recipe(2, SC_VALUES_NORMAL);
    const struct sc_assessment good = assess_plain(&recipe, "unknown", FAKE_HONEST);
    const struct sc_assessment bad = assess_plain(&recipe, "unknown", FAKE_BIAS);

    cr_expect(!good.claimed && !bad.claimed);
    cr_expect(good.conforms.judged > 0 && good.conforms.beyond == 0);
    cr_expect_eq(strncmp(good.model, "core=", 5), 0, "%s", good.model);
    cr_expect(good.conforms.worst.ratio <= 1.0 && good.conforms.worst.ratio > 0.0);
    cr_expect_gt(bad.accurate.beyond, 0);
}

Test(assess, a_declaration_that_cannot_be_on_the_formats_is_unknown)
{
    struct sc_recipe recipe = fake_recipe(2, SC_VALUES_NORMAL);

    recipe.format_in = SC_FORMAT_FP32;
    recipe.format_out = SC_FORMAT_FP32;
    cr_expect(!assess_plain(&recipe, "core=h100", FAKE_HONEST).claimed);
    cr_expect(!assess_plain(&recipe, "bf16: core=h100", FAKE_HONEST).claimed);
    cr_expect(assess_plain(&recipe, texts[2], FAKE_HONEST).claimed);
}

/* Two rows, and no key that the first one sees. */
Test(assess, what_sees_nothing_is_plus_zero_bit_for_bit)
{
    struct sc_recipe recipe = sc_recipe_plain();

    recipe.n_q = 2;
    recipe.right = 0;
    recipe.d_v = 3;
    const struct sc_assessment good = assess_plain(&recipe, "unknown", FAKE_HONEST);
    const struct sc_assessment bad = assess_plain(&recipe, "unknown", FAKE_MINUS_ZERO);
    cr_expect_eq(good.exact_judged, 3);
    cr_expect_eq(good.wrong_bits, 0);
    cr_expect_eq(bad.wrong_bits, 3);
    cr_expect_eq(bad.first_wrong.index, 0);
    cr_expect_eq(assess_plain(&recipe, texts[1], FAKE_MINUS_ZERO).conforms.beyond, 3);
}

Test(assess, most_elements_of_the_exact_class_have_known_bits, .timeout = 300)
{
    int64_t known = 0, all = 0;

    for (uint64_t seed = 0; seed < 2 * SEEDS; seed++) {
        const struct sc_recipe recipe = fake_recipe(seed, SC_VALUES_EXACT);
        const struct sc_assessment x = assess_plain(&recipe, texts[2], FAKE_HONEST);
        cr_expect(x.exact);
        known += x.exact_judged;
        all += x.conforms.judged;
    }
    cr_expect_geq((double)known, 0.99 * (double)all, "%lld of %lld", (long long)known,
                  (long long)all);
}

Test(assess, a_long_case_is_judged_at_some_lines)
{
    struct sc_recipe recipe = sc_recipe_plain();
    struct sc_assess_options options = sc_assess_defaults();
    struct fake_kernel good = fake_kernel(texts[2], FAKE_HONEST);
    struct fake_kernel bad = fake_kernel(texts[2], FAKE_MASK);

    recipe.n_q = 400;
    recipe.n_k = 400;
    recipe.right = 0;
    options.lines_max = 20;
    const struct sc_assessment x = assess(&recipe, &good, &options);
    cr_expect(x.accurate.judged >= 20 && x.accurate.judged < 100, "%lld",
              (long long)x.accurate.judged);
    cr_expect_eq(x.accurate.beyond, 0);
    cr_expect_gt(assess(&recipe, &bad, &options).accurate.beyond, 0);
}

Test(assess, a_bound_above_the_limit_is_weak)
{
    const struct sc_recipe recipe = fake_recipe(2, SC_VALUES_NORMAL);
    struct sc_assess_options options = sc_assess_defaults();
    struct fake_kernel kernel = fake_kernel(texts[2], FAKE_HONEST);
    const struct sc_assessment x = assess(&recipe, &kernel, &options);

    cr_expect(x.strength > 0.1 && x.strength < 4.0, "%g", x.strength);
    cr_expect_eq(x.conforms.weak, 0);
    options.weak = x.strength;
    const struct sc_assessment weak = assess(&recipe, &kernel, &options);
    cr_expect_gt(weak.conforms.weak, 0);
}

/* One key, one channel, fp16 inputs: V is the largest number, P is 1, so that O may overflow in bf16's stead. */
Test(assess, an_infinity_passes_where_the_model_reaches_it_and_a_nan_never)
{
    const struct sc_kernel_bound none = {HUGE_VAL, HUGE_VAL, false}, some = {40.0, 65500.0, false};
    const struct sc_claim claim = {some, SC_FORMAT_FP16, 1.0}, free = {none, SC_FORMAT_FP16, 1.0};
    const struct sc_enclosure near = {65480.0, 65480.0}, far = {65400.0, 65400.0};
    static const struct {
        const char *name;
        double out;
        bool far, free;
        enum sc_verdict expected;
    } rows[] = {{"infinity within reach", HUGE_VAL, false, false, SC_VERDICT_UNJUDGED},
                {"infinity out of reach", HUGE_VAL, true, false, SC_VERDICT_FAIL},
                {"the other infinity", -HUGE_VAL, false, false, SC_VERDICT_FAIL},
                {"NaN", (double)NAN, false, false, SC_VERDICT_FAIL},
                {"NaN without a bound", (double)NAN, false, true, SC_VERDICT_UNJUDGED},
                {"a number without a bound", 0.0, false, true, SC_VERDICT_UNJUDGED},
                {"the largest number", 65504.0, false, false, SC_VERDICT_PASS},
                {"0", 0.0, false, false, SC_VERDICT_FAIL}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const enum sc_verdict found = sc_claim_judge(rows[r].free ? &free : &claim, rows[r].out,
                                                     rows[r].far ? far : near, SC_ORACLE_FINITE);
        cr_expect_eq(found, rows[r].expected, "%s: %d", rows[r].name, (int)found);
    }
}

Test(assess, accuracy_is_a_factor_of_the_bound)
{
    const struct sc_recipe recipe = fake_recipe(2, SC_VALUES_ONE_HOT);
    struct sc_assess_options options = sc_assess_defaults();
    struct fake_kernel kernel = fake_kernel(texts[2], FAKE_BIAS);
    const struct sc_assessment once = assess(&recipe, &kernel, &options);

    options.accuracy = 0x1p40;
    const struct sc_assessment often = assess(&recipe, &kernel, &options);
    cr_expect_gt(once.accurate.beyond, 0);
    cr_expect_eq(often.accurate.beyond, 0);
    cr_expect_geq(often.accurate.worst.ratio * 0x1p40, 0.999 * once.accurate.worst.ratio);
    cr_expect_eq(often.conforms.beyond, once.conforms.beyond);
}
