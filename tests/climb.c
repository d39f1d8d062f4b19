/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/climb.h"

#include "tests/fake_kernel.h"
#include "tests/recipes.h"

#include <criterion/criterion.h>

static const char declared[] = "core=fma order=any";

/* Every kind of variants. */
static struct sc_examine_options thorough(void)
{
    struct sc_examine_options options = sc_examine_defaults();

    options.variants = -1;
    return options;
}

static struct sc_examination examine(const struct sc_recipe *recipe, struct fake_kernel *kernel)
{
    const struct sc_examine_options options = thorough();
    const struct sc_runner runner = fake_runner(kernel);
    struct sc_prepared prepared = recipes_prepare(recipe);
    struct sc_examination found;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_examine(&runner, &prepared, &options, &found, &error), SC_OK, "%s", error.text);
    sc_prepared_destroy(&prepared);
    return found;
}

static struct sc_climb climb_from(const struct sc_recipe *recipe, struct fake_kernel *kernel,
                                  const struct sc_examination *found)
{
    const struct sc_examine_options options = thorough();
    const struct sc_runner runner = fake_runner(kernel);
    struct sc_climb climb;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_climb(&runner, recipe, &options, found, &climb, &error), SC_OK, "%s",
                 error.text);
    return climb;
}

static double highest(const double *ratios)
{
    double most = 0.0;

    for (int n = 0; n < SC_RESULTS; n++) {
        most = fmax(most, ratios[n]);
    }
    return most;
}

/* Results in fp32, so that the last rounding does not drown the others. */
static struct sc_recipe start(uint64_t seed, int32_t steps)
{
    struct sc_recipe recipe = parsed("case/1 rows=3 keys=4 d=4 d_v=3 in=fp32 out=fp32 tau=0x1p-1");

    recipe.backward = seed % 2 == 1;
    recipe.right = seed % 3 == 0 ? 0 : SC_MASK_UNBOUNDED;
    recipe.seed = seed;
    recipe.climb = steps;
    return recipe;
}

Test(climb, errors_of_an_honest_kernel_grow_and_stay_within_their_bounds, .timeout = 600)
{
    double gain = 0.0;
    int rose = 0;

    for (uint64_t seed = 0; seed < 40; seed++) {
        const struct sc_recipe recipe = start(seed, 32);
        struct fake_kernel kernel = fake_kernel(declared, FAKE_HONEST);
        const struct sc_examination found = examine(&recipe, &kernel);
        const int64_t calls = kernel.calls;
        const struct sc_climb climb = climb_from(&recipe, &kernel, &found);
        const double before = highest(found.assessment.conforms.ratio);
        const struct sc_examination end = examine(&climb.recipe, &kernel);
        const double after = highest(end.assessment.conforms.ratio);
        cr_assert(!climb.failed, "%s", climb.found.text);
        cr_expect(climb.steps > 16 && climb.steps <= 32, "%d", climb.steps);
        cr_expect_eq(climb.runs, (int32_t)(kernel.calls - calls) - end.runs);
        cr_expect(after >= before && after <= 1.0, "%g from %g", after, before);
        cr_expect(after == before || after == highest(climb.conforms), "%g, not %g", after,
                  highest(climb.conforms));
        rose += after > before ? 1 : 0;
        gain += after / before / 40.0;
    }
    cr_expect(rose >= 36 && gain > 1.3, "%d of 40 rose, to %g times their start", rose, gain);
}

/* Where a step alone from the start hardly ever does. */
Test(climb, leads_to_a_fault_that_is_far_from_what_is_drawn, .timeout = 600)
{
    int climbed = 0, drawn = 0, alone = 0;

    for (uint64_t seed = 0; seed < 24; seed++) {
        const struct sc_recipe recipe = start(seed, 48);
        struct fake_kernel kernel = fake_kernel(declared, FAKE_STEEP);
        const struct sc_examination found = examine(&recipe, &kernel);
        const struct sc_climb climb = climb_from(&recipe, &kernel, &found);
        drawn += found.failed != 0;
        climbed += climb.failed && climb.found.first == SC_CHECK_CONFORMS;
        if (climb.failed) {
            char line[SC_RECIPE_TEXT_MAX];
            (void)sc_recipe_print(&climb.recipe, line);
            cr_expect_null(strstr(line, "climb="), "%s", line);
            cr_expect_not_null(strstr(line, "set="), "%s", line);
            const struct sc_recipe again = parsed(line);
            const struct sc_examination same = examine(&again, &kernel);
            cr_expect_eq(same.first, climb.found.first);
            cr_expect_str_eq(same.text, climb.found.text);
            struct sc_prepared prepared = recipes_prepare(&again);
            cr_expect_eq(prepared.hash, climb.hash);
            sc_prepared_destroy(&prepared);
            alone += again.patches_count <= 1;
        }
    }
    cr_expect(drawn == 0 && climbed >= 12 && alone <= 4, "%d drawn, %d climbed to, %d in a step",
              drawn, climbed, alone);
}

Test(climb, is_the_same_each_time, .timeout = 300)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        const struct sc_recipe recipe = start(seed, 24);
        char line[SC_RECIPE_TEXT_MAX], again[SC_RECIPE_TEXT_MAX];
        for (int n = 0; n < 2; n++) {
            struct fake_kernel kernel =
                fake_kernel(declared, seed % 2 == 0 ? FAKE_HONEST : FAKE_STEEP);
            const struct sc_examination found = examine(&recipe, &kernel);
            const struct sc_climb climb = climb_from(&recipe, &kernel, &found);
            (void)sc_recipe_print(&climb.recipe, n == 0 ? line : again);
        }
        cr_expect_str_eq(line, again);
    }
}

/* A longer climb begins as a shorter one does. */
Test(climb, a_step_depends_on_those_before_it_alone, .timeout = 300)
{
    struct fake_kernel kernel = fake_kernel(declared, FAKE_HONEST);
    struct sc_recipe recipe = start(5, 12);
    const struct sc_examination found = examine(&recipe, &kernel);
    const struct sc_climb shorter = climb_from(&recipe, &kernel, &found);

    recipe.climb = 13;
    const struct sc_climb longer = climb_from(&recipe, &kernel, &found);
    cr_expect(longer.steps == shorter.steps || longer.steps == shorter.steps + 1);
    for (int n = 0; n < SC_RESULTS; n++) {
        cr_expect(!(shorter.conforms[n] > longer.conforms[n]));
    }
}

/* A kernel that looks at what it is given. */
struct watch {
    struct fake_kernel kernel;
    const struct sc_prepared *start;
    int32_t
        kept; /* enum sc_tensor that stays as it was at the start; -1: keys 2 and above of K and V */
    int64_t lost; /* elements that did not, in any call */
};

static int64_t differing(const float *a, const float *b, int64_t count, int32_t from, int32_t keys,
                         int32_t width)
{
    int64_t differ = 0;

    for (int64_t n = 0; n < count; n++) {
        differ += n / width % keys >= from && memcmp(&a[n], &b[n], sizeof *a) != 0;
    }
    return differ;
}

static enum sc_status watch_run(void *self, const struct sc_prepared *prepared,
                                const struct sc_worker_call *call, struct sc_outcome *outcome,
                                struct sc_error *error)
{
    struct watch *const my = self;
    const struct sc_case *const now = &prepared->c, *const then = &my->start->c;
    const struct sc_problem *const p = &now->problem;

    if (my->kept == SC_TENSOR_Q) {
        my->lost += differing(now->q, then->q, p->q.size, 0, 1, 1);
    }
    if (my->kept == SC_TENSOR_V) {
        my->lost += differing(now->v, then->v, p->v.size, 0, 1, 1);
    }
    if (my->kept < 0) {
        my->lost += differing(now->k, then->k, p->k.size, 2, p->n_k, p->d);
        my->lost += differing(now->v, then->v, p->v.size, 2, p->n_k, p->d_v);
    }
    return fake_run(&my->kernel, prepared, call, outcome, error);
}

Test(climb, what_a_class_promises_stays, .timeout = 300)
{
    static const struct {
        const char *line;
        int32_t kept;
    } rows[] = {
        {"case/1 rows=3 keys=4 d=4 values=zero-q climb=200 backward=1 tau=0x1p-1", SC_TENSOR_Q},
        {"case/1 rows=3 keys=4 d=4 d_v=4 values=one-hot climb=200 backward=1", SC_TENSOR_V},
        {"case/1 rows=3 keys=4 d=2 lengths=2 hidden=large climb=200 backward=1 out=fp32", -1},
        {"case/1 rows=3 keys=4 d=2 lengths=2 hidden=zero climb=200 in=fp32 out=fp32", -1},
        {"case/1 batch=2 rows=3 keys=4 d=2 k=0,0,2 lengths=1,2 hidden=drawn climb=200", -1},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_recipe recipe = parsed(rows[r].line);
        struct sc_prepared prepared = recipes_prepare(&recipe);
        struct watch watch = {fake_kernel(declared, FAKE_HONEST), &prepared, rows[r].kept, 0};
        const struct sc_runner runner = {&watch.kernel.kernel, watch_run, &watch};
        struct sc_examine_options options = sc_examine_defaults();
        const struct sc_examination found = examine(&recipe, &watch.kernel);
        struct sc_climb climb;
        struct sc_error error = {SC_OK, ""};
        options.variants = 0; /* they change other things */
        cr_assert_eq(sc_climb(&runner, &recipe, &options, &found, &climb, &error), SC_OK, "%s",
                     error.text);
        cr_assert(!climb.failed, "%s: %s", rows[r].line, climb.found.text);
        cr_expect(climb.steps > 100 && climb.recipe.patches_count > 0, "%s", rows[r].line);
        cr_expect_eq(watch.lost, 0, "%s: %ld", rows[r].line, (long)watch.lost);
        sc_prepared_destroy(&prepared);
    }
}

Test(climb, begins_only_from_a_case_that_passed_within_bounds)
{
    static const struct {
        const char *name, *arithmetic, *line;
        enum fake_fault fault;
    } rows[] = {
        {"no bound", "unknown", "case/1 rows=3 keys=4 d=4 climb=8", FAKE_HONEST},
        {"not asked for", declared, "case/1 rows=3 keys=4 d=4", FAKE_HONEST},
        {"fails", declared, "case/1 rows=3 keys=4 d=4 climb=8", FAKE_BIAS},
        {"refused", declared, "case/1 rows=3 keys=4 d=4 climb=8", FAKE_REFUSED},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_recipe recipe = parsed(rows[r].line);
        struct fake_kernel kernel = fake_kernel(rows[r].arithmetic, rows[r].fault);
        const struct sc_examination found = examine(&recipe, &kernel);
        const int64_t calls = kernel.calls;
        const struct sc_climb climb = climb_from(&recipe, &kernel, &found);
        cr_expect(climb.steps == 0 && climb.runs == 0 && !climb.failed, "%s: %d steps",
                  rows[r].name, climb.steps);
        cr_expect_eq(kernel.calls, calls, "%s", rows[r].name);
    }
}

/* Its variants see what no step looks at: another seed gives other bits. */
Test(climb, the_end_is_examined_with_its_variants)
{
    for (uint64_t seed = 0; seed < 8; seed++) {
        const struct sc_recipe recipe = start(seed, 64);
        struct fake_kernel honest = fake_kernel(declared, FAKE_HONEST);
        struct fake_kernel seeded = fake_kernel(declared, FAKE_SEED);
        const struct sc_examination found = examine(&recipe, &honest);
        const struct sc_climb climb = climb_from(&recipe, &seeded, &found);
        cr_assert(climb.failed, "seed %d", (int)seed);
        cr_expect_eq(climb.found.first, SC_CHECK_REPEAT, "%s", climb.found.text);
    }
}
