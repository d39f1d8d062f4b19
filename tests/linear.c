/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/linear.h"

#include "spec/format_value.h"
#include "tests/fake_kernel.h"
#include "tests/honest_runner.h"
#include "tests/recipes.h"

#include <criterion/criterion.h>
#include <math.h>

static const struct sc_worker_call call = {false, 1, true};

/* A case, and what a kernel makes of it. */
struct answered {
    struct sc_prepared prepared;
    struct sc_outcome outcome;
};

static struct sc_answer of(const struct answered *x)
{
    return (struct sc_answer){&x->prepared, &x->outcome};
}

static void answered_destroy(struct answered *x)
{
    sc_outcome_destroy(&x->outcome);
    sc_prepared_destroy(&x->prepared);
}

static void run(struct honest_runner *kernel, struct answered *x)
{
    cr_assert_eq(honest_runner_run(kernel, &x->prepared, &call, &x->outcome, NULL), SC_OK);
}

struct counts {
    int64_t cases, exact, held;
};

/* One honest kernel of a kind on a recipe, held to both relations. */
static void hold(enum sc_honest_kind kind, const struct sc_recipe *recipe, uint64_t seed,
                 struct counts *counts)
{
    struct answered x = {.prepared = recipes_prepare(recipe)}, scaled, parts[2];
    struct honest_runner kernel = honest_runner(kind, &x.prepared.c.problem, seed, "unknown");
    const struct sc_kernel_arithmetic *arithmetic = &kernel.honest.arithmetic;
    const int32_t exponent = sc_linear_exponent(&x.prepared);
    const double scales[] = {1.0, -ldexp(1.0, -exponent)}, sums[] = {1.0, -1.0, -1.0};
    struct sc_element element;
    bool differs = true;
    char where[256] = "";
    int64_t held = 0;

    cr_assert_eq(sc_linear_scaled(&x.prepared, exponent, &scaled.prepared, NULL), SC_OK);
    cr_assert_eq(sc_linear_part(&x.prepared, true, &parts[0].prepared, NULL), SC_OK);
    cr_assert_eq(sc_linear_part(&x.prepared, false, &parts[1].prepared, NULL), SC_OK);
    run(&kernel, &x);
    run(&kernel, &scaled);
    run(&kernel, &parts[0]);
    run(&kernel, &parts[1]);
    const struct sc_answer both[] = {of(&x), of(&scaled)};
    const struct sc_answer three[] = {of(&x), of(&parts[0]), of(&parts[1])};
    if (sc_linear_exact(arithmetic, &x.prepared.c.problem)) {
        counts->exact++;
        cr_expect(!sc_linear_bits(&both[0], &both[1], exponent, &held, &element, where, 256),
                  "%s, seed %d: %s", sc_honest_kind_name(kind), (int)seed, where);
        counts->held += held;
    }
    cr_assert_eq(
        sc_linear_bounds(both, scales, 2, arithmetic, &differs, &element, where, 256, NULL), SC_OK);
    cr_expect(!differs, "%s, seed %d, scaled: %s", sc_honest_kind_name(kind), (int)seed, where);
    cr_assert_eq(sc_linear_bounds(three, sums, 3, arithmetic, &differs, &element, where, 256, NULL),
                 SC_OK);
    cr_expect(!differs, "%s, seed %d, split: %s", sc_honest_kind_name(kind), (int)seed, where);
    counts->cases++;
    answered_destroy(&parts[1]);
    answered_destroy(&parts[0]);
    answered_destroy(&scaled);
    answered_destroy(&x);
}

Test(linear, no_honest_kernel_of_any_kind_is_accused_on_any_class, .timeout = 600)
{
    struct counts counts = {0, 0, 0};

    for (uint64_t n = 0; n < SC_HONEST_KINDS * SC_VALUES_CLASSES * 2; n++) {
        const enum sc_honest_kind kind = (enum sc_honest_kind)(n % SC_HONEST_KINDS);
        const struct sc_recipe recipe =
            fake_recipe(n, (enum sc_recipe_values)(n / SC_HONEST_KINDS % SC_VALUES_CLASSES));
        if (honest_runner_suits(kind, recipe.format_in)) {
            hold(kind, &recipe, n, &counts);
        }
    }
    cr_expect(counts.cases > 200 && counts.exact > 100 && counts.held > 10000,
              "%lld cases, %lld scale exactly, %lld elements", (long long)counts.cases,
              (long long)counts.exact, (long long)counts.held);
}

/* V1 + V2 = V, and V1 has four bits. */
Test(linear, the_parts_of_v_are_exact)
{
    for (uint64_t seed = 0; seed < 24; seed++) {
        const struct sc_recipe recipe =
            fake_recipe(seed, seed % 2 == 0 ? SC_VALUES_SUBNORMAL : SC_VALUES_NORMAL);
        struct sc_prepared x = recipes_prepare(&recipe), high, low;
        const enum sc_format format = recipe.format_in;
        cr_assert_eq(sc_linear_part(&x, true, &high, NULL), SC_OK);
        cr_assert_eq(sc_linear_part(&x, false, &low, NULL), SC_OK);
        for (int64_t n = 0; n < x.c.problem.v.size; n++) {
            const double v = (double)x.c.v[n];
            const double one = (double)high.c.v[n], two = (double)low.c.v[n];
            if (!isfinite(v)) {
                continue;
            }
            cr_assert_eq(one + two, v);
            cr_assert_eq(sc_format_decode(format, sc_format_encode(format, one)), one);
            cr_assert_eq(sc_format_decode(format, sc_format_encode(format, two)), two);
            int exponent = 0;
            const double bits = 16.0 * frexp(one, &exponent);
            cr_assert_eq(bits, trunc(bits));
            cr_assert(fabs(one) <= fabs(v) && fabs(two) < fabs(v) * 0x1p-3 + 1e-300);
        }
        sc_prepared_destroy(&low);
        sc_prepared_destroy(&high);
        sc_prepared_destroy(&x);
    }
}

/* An element is held to the bit within its limits, and not beyond: 1 row, 1 key, P = 1/2 but where a score is given, so
 * that O is v / 2. bf16: 0x3f80 is 1, 0x41a0 20, 0x41a8 21, 0x3480 2^-22, 0x3400 2^-23, 0x7a00 2^117. fp16: 0x0400 is the
 * least normal 2^-14, 0x0800 2^-13, 0x0c00 2^-12, 0x6800 2^11, 0x6c00 2^12. */
Test(linear, elements_are_held_to_the_bit_within_limits)
{
    static const struct {
        const char *name, *line;
        int32_t exponent;
        int64_t held;
    } rows[] = {
        {"ordinary", "set=v@0:3f80,q@0:0", 1, 1},
        {"score 20", "set=v@0:3f80,q@0:41a0,k@0:3f80", 1, 1},
        {"score 21", "set=v@0:3f80,q@0:41a8,k@0:3f80", 1, 0},
        {"score -21", "set=v@0:3f80,q@0:c1a8,k@0:3f80", 1, 0},
        {"score of large terms", "bias=scalar:-600 set=v@0:3f80,q@0:4416,k@0:3f80", 1, 0},
        {"a small value", "set=v@0:3480,q@0:0", 1, 1},
        {"a smaller value", "set=v@0:3400,q@0:0", 1, 0},
        {"a value that becomes small", "set=v@0:3480,q@0:0", -1, 0},
        {"a value of 0", "set=v@0:0,q@0:0", 1, 0},
        {"a NaN", "set=v@0:7fc0,q@0:0", 1, 0},
        {"a large value", "set=v@0:7a00,q@0:0", 3, 1},
        {"an overflow", "set=v@0:7d00,q@0:0", 3, 0},
        {"fp16", "in=fp16 out=fp16 set=v@0:0c00,q@0:0", 1, 1},
        {"fp16, O is the least normal number", "in=fp16 out=fp16 set=v@0:0800,q@0:0", 1, 0},
        {"fp16, O is subnormal", "in=fp16 out=fp16 set=v@0:0400,q@0:0", 1, 0},
        {"fp16, V becomes subnormal", "in=fp16 out=fp32 set=v@0:0800,q@0:0", -3, 0},
        {"fp16, a large value", "in=fp16 out=fp16 set=v@0:6800,q@0:0", 0, 1},
        {"fp16, a larger value", "in=fp16 out=fp16 set=v@0:6800,q@0:0", 1, 0},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char line[256], where[256];
        (void)snprintf(line, sizeof line, "case/1 %s", rows[r].line);
        const struct sc_recipe recipe = parsed(line);
        struct answered x = {.prepared = recipes_prepare(&recipe)}, y;
        struct fake_kernel kernel = fake_kernel("unknown", FAKE_HONEST);
        struct sc_element element;
        int64_t held = -1;
        cr_assert_eq(sc_linear_scaled(&x.prepared, rows[r].exponent, &y.prepared, NULL), SC_OK);
        cr_assert_eq(fake_run(&kernel, &x.prepared, &call, &x.outcome, NULL), SC_OK);
        cr_assert_eq(fake_run(&kernel, &y.prepared, &call, &y.outcome, NULL), SC_OK);
        const struct sc_answer one = of(&x), two = of(&y);
        cr_expect(!sc_linear_bits(&one, &two, rows[r].exponent, &held, &element, where, 256),
                  "%s: %s", rows[r].name, where);
        cr_expect_eq(held, rows[r].held, "%s: %d", rows[r].name, (int)held);
        answered_destroy(&y);
        answered_destroy(&x);
    }
}

Test(linear, what_may_round_differently_is_not_held_to_the_bit)
{
    struct sc_problem p = {.format_in = SC_FORMAT_BF16, .format_out = SC_FORMAT_BF16};
    struct sc_kernel_arithmetic x = {.parts = 2};

    cr_expect(sc_linear_exact(&x, &p) && sc_linear_exact(NULL, &p));
    x.part_format = SC_STORED_BF16;
    cr_expect(sc_linear_exact(&x, &p));
    x.part_format = SC_STORED_FP16;
    cr_expect(!sc_linear_exact(&x, &p));
    x.part_format = SC_STORED_FP32;
    x.truncate = true;
    cr_expect(!sc_linear_exact(&x, &p));
    p.format_out = SC_FORMAT_FP16;
    cr_expect(!sc_linear_exact(NULL, &p));
}
