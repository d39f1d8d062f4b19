/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/examine.h"

#include "tests/fake_kernel.h"

#include <criterion/criterion.h>

static const char declared[] = "bf16,fp16: core=h100; fp32: core=fma order=any";

static struct sc_examination examine(const struct sc_recipe *recipe, struct fake_kernel *kernel,
                                     const struct sc_examine_options *options)
{
    const struct sc_runner runner = fake_runner(kernel);
    struct sc_prepared prepared;
    struct sc_examination found;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_prepared_create(recipe, &prepared, &error), SC_OK, "%s", error.text);
    cr_assert_eq(sc_examine(&runner, &prepared, options, &found, &error), SC_OK, "%s", error.text);
    sc_prepared_destroy(&prepared);
    return found;
}

/* Every variant of a case. */
static struct sc_examine_options thorough(void)
{
    struct sc_examine_options options = sc_examine_defaults();

    options.variants = -1;
    return options;
}

/* Two sequences with a padded key each, grouped heads, an even number of rows, a bias above 0. */
static struct sc_recipe rich(void)
{
    struct sc_recipe recipe = sc_recipe_plain();

    recipe.batch = 2;
    recipe.heads_q = 4;
    recipe.heads_kv = 2;
    recipe.n_q = 6;
    recipe.n_k = 5;
    recipe.d = 4;
    recipe.d_v = 3;
    recipe.tau = 0.5f;
    recipe.bias[0] = 0.5f;
    recipe.lengths_count = 1;
    recipe.lengths[0] = 4;
    recipe.values = SC_VALUES_ONE_HOT;
    recipe.backward = true;
    recipe.seed = 5;
    return recipe;
}

Test(examine, an_honest_kernel_passes_every_check, .timeout = 600)
{
    static const char *const texts[] = {declared, "unknown"};

    for (uint64_t seed = 0; seed < 36; seed++) {
        const struct sc_recipe recipe =
            fake_recipe(seed, (enum sc_recipe_values)(seed % SC_VALUES_CLASSES));
        const struct sc_examine_options options = thorough();
        struct fake_kernel kernel = fake_kernel(texts[seed / SC_VALUES_CLASSES % 2], FAKE_HONEST);
        const struct sc_examination x = examine(&recipe, &kernel, &options);
        cr_expect_eq(x.first, SC_CHECKS, "seed %llu: %s: %s", (unsigned long long)seed,
                     sc_check_name(x.first), x.text);
        cr_expect(x.runs > 3 && x.runs == (int32_t)kernel.calls, "%d runs", x.runs);
    }
}

Test(examine, every_check_looks_at_a_rich_case)
{
    const struct sc_recipe recipe = rich();
    struct sc_examine_options options = thorough();
    struct fake_kernel kernel = fake_kernel(declared, FAKE_HONEST);

    options.require_accuracy = true;
    const struct sc_examination x = examine(&recipe, &kernel, &options);
    cr_expect_eq(x.first, SC_CHECKS, "%s: %s", sc_check_name(x.first), x.text);
    for (int32_t check = 0; check < SC_CHECKS; check++) {
        cr_expect(check == SC_CHECK_SPECIAL || (x.checked >> check & 1) != 0, "%s",
                  sc_check_name((enum sc_check)check));
    }
}

/* Of a declared arithmetic the bound says more. */
Test(examine, only_an_unknown_kernel_is_looked_at_for_what_no_arithmetic_gives)
{
    static const struct {
        const char *text;
        enum fake_fault fault;
        bool checked;
        enum sc_check first;
    } rows[] = {{"unknown", FAKE_HONEST, true, SC_CHECKS},
                {"unknown", FAKE_NAN, true, SC_CHECK_SPECIAL},
                {"unknown", FAKE_INFINITE, true, SC_CHECK_SPECIAL},
                {declared, FAKE_HONEST, false, SC_CHECKS},
                {declared, FAKE_NAN, false, SC_CHECK_CONFORMS}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_recipe recipe = rich();
        const struct sc_examine_options options = sc_examine_defaults();
        struct fake_kernel kernel = fake_kernel(rows[r].text, rows[r].fault);
        recipe.lengths_count = 0; /* nothing pads */
        const struct sc_examination x = examine(&recipe, &kernel, &options);
        cr_expect_eq((x.checked >> SC_CHECK_SPECIAL & 1) != 0, rows[r].checked, "%s", rows[r].text);
        cr_expect_eq(x.first, rows[r].first, "%s, expected %s: %s", sc_check_name(x.first),
                     sc_check_name(rows[r].first), x.text);
    }
}

Test(examine, each_fault_is_found_by_its_check, .timeout = 600)
{
    static const struct {
        enum fake_fault fault;
        enum sc_check check;
    } rows[] = {{FAKE_LAST_KEY, SC_CHECK_CONFORMS},   {FAKE_BIAS, SC_CHECK_CONFORMS},
                {FAKE_NAN, SC_CHECK_EXACT}, /* padding is not 0 */
                {FAKE_PADDING, SC_CHECK_EXACT},       {FAKE_SEED, SC_CHECK_REPEAT},
                {FAKE_HIDDEN, SC_CHECK_HIDDEN},       {FAKE_WORKSPACE, SC_CHECK_WORKSPACE},
                {FAKE_SEQUENCE, SC_CHECK_PLACE},      {FAKE_REPEATED, SC_CHECK_GROUP},
                {FAKE_NEGATIVE, SC_CHECK_NEGATED},    {FAKE_STRIDED, SC_CHECK_LAYOUT},
                {FAKE_ODD, SC_CHECK_TILING},          {FAKE_UNWRITTEN, SC_CHECK_UNWRITTEN},
                {FAKE_OVERWRITE, SC_CHECK_OVERWRITE}, {FAKE_INPUT, SC_CHECK_INPUT},
                {FAKE_CRASH, SC_CHECK_CRASH},         {FAKE_HANG, SC_CHECK_HANG},
                {FAKE_GARBLED, SC_CHECK_PROTOCOL},    {FAKE_FAULT, SC_CHECK_FAULT},
                {FAKE_FAILED, SC_CHECK_FAILED},       {FAKE_LEAK, SC_CHECK_LEAK}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_recipe recipe = rich();
        const struct sc_examine_options options = thorough();
        struct fake_kernel kernel = fake_kernel(declared, rows[r].fault);
        const struct sc_examination x = examine(&recipe, &kernel, &options);
        cr_expect_eq(x.first, rows[r].check, "%s, expected %s: %s", sc_check_name(x.first),
                     sc_check_name(rows[r].check), x.text);
        cr_expect((x.failed >> rows[r].check & 1) != 0 && x.text[0] != '\0');
    }
}

/* Nothing is claimed: what is left are relations and exact bits. */
Test(examine, faults_of_an_unknown_kernel_are_found_without_bounds, .timeout = 600)
{
    static const struct {
        enum fake_fault fault;
        enum sc_recipe_values values;
        enum sc_check check;
    } rows[] = {{FAKE_CONSTANT, SC_VALUES_NORMAL, SC_CHECK_SCALED},
                {FAKE_CLAMPED, SC_VALUES_NORMAL, SC_CHECK_SCALED},
                {FAKE_SEED, SC_VALUES_NORMAL, SC_CHECK_REPEAT},
                {FAKE_HIDDEN, SC_VALUES_NORMAL, SC_CHECK_HIDDEN},
                {FAKE_LAST_KEY, SC_VALUES_EXACT, SC_CHECK_EXACT},
                {FAKE_REPEATED, SC_VALUES_EXACT, SC_CHECK_GROUP},
                {FAKE_STRIDED, SC_VALUES_EXACT, SC_CHECK_LAYOUT},
                {FAKE_ODD, SC_VALUES_EXACT, SC_CHECK_TILING}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_recipe recipe = rich();
        const struct sc_examine_options options = thorough();
        struct fake_kernel kernel = fake_kernel("unknown", rows[r].fault);
        recipe.values = rows[r].values;
        recipe.bias[0] = 0.0f;
        recipe.backward = rows[r].check != SC_CHECK_SCALED; /* what pads is 0 */
        const struct sc_examination x = examine(&recipe, &kernel, &options);
        cr_expect_eq(x.first, rows[r].check, "%s, expected %s: %s", sc_check_name(x.first),
                     sc_check_name(rows[r].check), x.text);
    }
}

/* Of a kernel that is not deterministic, and of sums, bits say nothing; the bounds of what it declares do. */
Test(examine, linearity_in_v_is_looked_at_within_bounds)
{
    static const struct {
        enum fake_fault fault;
        enum sc_check only, first;
    } rows[] = {{FAKE_HONEST, SC_CHECK_SCALED, SC_CHECKS},
                {FAKE_HONEST, SC_CHECK_SPLIT, SC_CHECKS},
                {FAKE_CONSTANT, SC_CHECK_SCALED, SC_CHECK_SCALED},
                {FAKE_CONSTANT, SC_CHECK_SPLIT, SC_CHECK_SPLIT},
                {FAKE_CLAMPED, SC_CHECK_SCALED, SC_CHECK_SCALED},
                {FAKE_CLAMPED, SC_CHECK_SPLIT, SC_CHECK_SPLIT}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_recipe recipe = rich();
        struct sc_examine_options options = thorough();
        struct fake_kernel kernel = fake_kernel(declared, rows[r].fault);
        kernel.kernel.traits.features &= ~(uint32_t)SC_KERNEL_DETERMINISTIC;
        recipe.values = SC_VALUES_NORMAL;
        options.checks = 1u << rows[r].only;
        const struct sc_examination x = examine(&recipe, &kernel, &options);
        cr_expect_eq(x.first, rows[r].first, "%s: %s", sc_check_name(x.first), x.text);
        cr_expect_eq(x.checked, 1u << rows[r].only);
    }
}

/* It declares no determinism, so its bits say nothing; a NaN that comes from a hidden place does. */
Test(examine, a_nan_out_of_a_hidden_place_is_found_in_any_kernel)
{
    struct sc_recipe recipe = rich();
    struct sc_examine_options options = thorough();
    struct fake_kernel kernel = fake_kernel("unknown", FAKE_HIDDEN_NAN);

    recipe.hidden = SC_HIDDEN_LARGE;
    options.checks &= ~(1u << SC_CHECK_SPECIAL); /* which sees it in the case itself */
    kernel.kernel.traits.features &=
        ~(uint32_t)(SC_KERNEL_DETERMINISTIC | SC_KERNEL_BACKWARD_DETERMINISTIC);
    const struct sc_examination x = examine(&recipe, &kernel, &options);
    cr_expect_eq(x.first, SC_CHECK_HIDDEN, "%s: %s", sc_check_name(x.first), x.text);
}

Test(examine, a_kernel_that_does_not_declare_determinism_may_change_its_bits)
{
    struct sc_recipe recipe = rich();
    const struct sc_examine_options options = thorough();
    struct fake_kernel kernel = fake_kernel(declared, FAKE_SEED);

    recipe.values = SC_VALUES_NORMAL; /* a last bit is within its bound */
    kernel.kernel.traits.features &=
        ~(uint32_t)(SC_KERNEL_DETERMINISTIC | SC_KERNEL_BACKWARD_DETERMINISTIC);
    const struct sc_examination x = examine(&recipe, &kernel, &options);
    cr_expect_eq(x.first, SC_CHECKS, "%s: %s", sc_check_name(x.first), x.text);
    cr_expect_eq(x.checked >> SC_CHECK_REPEAT & 1, 0);
    cr_expect_eq(x.checked >> SC_CHECK_PLACE & 1, 0);
}

Test(examine, a_refused_case_is_no_finding)
{
    const struct sc_recipe recipe = rich();
    const struct sc_examine_options options = thorough();
    struct fake_kernel kernel = fake_kernel(declared, FAKE_REFUSED);
    const struct sc_examination x = examine(&recipe, &kernel, &options);

    cr_expect(x.refused && x.first == SC_CHECKS && x.checked == 0 && x.runs == 1);
}

Test(examine, a_check_that_is_not_asked_for_is_not_made)
{
    struct sc_recipe recipe = rich();
    struct sc_examine_options options = thorough();
    struct fake_kernel kernel = fake_kernel(declared, FAKE_SEED);

    recipe.values = SC_VALUES_NORMAL;
    options.checks &= ~(1u << SC_CHECK_REPEAT | 1u << SC_CHECK_PLACE);
    const struct sc_examination x = examine(&recipe, &kernel, &options);
    cr_expect_eq(x.checked >> SC_CHECK_REPEAT & 1, 0);
    cr_expect_eq(x.first, SC_CHECKS, "%s: %s", sc_check_name(x.first), x.text);
}

/* Which kinds a case is given is its own, and over cases every kind has its turn. */
Test(examine, two_kinds_of_variants_are_chosen_by_the_case, .timeout = 300)
{
    const struct sc_examine_options options = sc_examine_defaults();
    uint32_t seen = 0;

    for (uint64_t seed = 0; seed < 64; seed++) {
        struct sc_recipe recipe = rich();
        recipe.seed = seed;
        recipe.backward = false;
        struct fake_kernel kernel = fake_kernel(declared, FAKE_HONEST);
        const struct sc_examination x = examine(&recipe, &kernel, &options);
        struct fake_kernel again = fake_kernel(declared, FAKE_HONEST);
        const struct sc_examination y = examine(&recipe, &again, &options);
        cr_expect_eq(x.checked, y.checked);
        cr_expect_eq(__builtin_popcount(x.checked >> SC_CHECK_REPEAT), 2);
        seen |= x.checked;
    }
    for (int32_t check = SC_CHECK_REPEAT; check < SC_CHECK_LEAK; check++) {
        cr_expect((seen >> check & 1) != 0, "%s", sc_check_name((enum sc_check)check));
    }
}

/* A driver's own memory grows by a page or two a call. */
Test(examine, a_device_may_grow_by_pages)
{
    static const struct {
        int64_t bytes; /* a call */
        enum sc_check check;
    } rows[] = {{8192, SC_CHECKS}, {65536, SC_CHECK_LEAK}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_recipe recipe = rich();
        const struct sc_examine_options options = thorough();
        struct fake_kernel kernel = fake_kernel(declared, FAKE_LEAK);
        kernel.kernel.device = true;
        kernel.leak_bytes = rows[r].bytes;
        const struct sc_examination x = examine(&recipe, &kernel, &options);
        cr_expect_eq(x.first, rows[r].check, "%lld bytes a call: %s", (long long)rows[r].bytes,
                     x.text);
        cr_expect((x.checked >> SC_CHECK_LEAK & 1) != 0);
    }
}

Test(examine, accuracy_and_strength_are_conditions_only_where_asked_for)
{
    struct sc_recipe recipe = rich();
    struct sc_examine_options options = sc_examine_defaults();
    struct fake_kernel kernel = fake_kernel("unknown", FAKE_BIAS);

    cr_expect_eq(examine(&recipe, &kernel, &options).first, SC_CHECKS);
    options.require_accuracy = true;
    cr_expect_eq(examine(&recipe, &kernel, &options).first, SC_CHECK_ACCURATE);
    kernel = fake_kernel(declared, FAKE_HONEST);
    options.assess.weak = 1e-3;
    const struct sc_examination weak = examine(&recipe, &kernel, &options);
    cr_expect(weak.weak && weak.first == SC_CHECKS);
    options.strict = true;
    cr_expect_eq(examine(&recipe, &kernel, &options).first, SC_CHECK_CONFORMS);
}
