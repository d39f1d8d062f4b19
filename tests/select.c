/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/select.h"

#include "fuzz/coverage.h"
#include "fuzz/feature.h"
#include "fuzz/place.h"
#include "tests/recipes.h"

#include <criterion/criterion.h>

#define RECIPES 3000

/* Kernels that do little. */
static const struct sc_kernel_traits kernels[] = {
    {.features = 0,
     .formats_in = 1,
     .formats_out = 4,
     .d_max = 64,
     .d_v_max = 64,
     .d_multiple = 64},
    {.features = SC_KERNEL_CAUSAL | SC_KERNEL_GROUPED | SC_KERNEL_BACKWARD,
     .formats_in = 3,
     .formats_out = 3,
     .d_max = 256,
     .d_v_max = 128,
     .d_multiple = 8},
    {.features = SC_KERNEL_STRIDES | SC_KERNEL_EMPTY | SC_KERNEL_PACKED | SC_KERNEL_VALUE_WIDTH,
     .formats_in = 4,
     .formats_out = 4,
     .d_max = 9,
     .d_v_max = 100,
     .d_multiple = 1},
    {.features = SC_KERNEL_WINDOW | SC_KERNEL_MISALIGNED | SC_KERNEL_KEY_LENGTHS,
     .formats_in = 2,
     .formats_out = 7,
     .d_max = 1000,
     .d_v_max = 1000,
     .d_multiple = 1},
    {.features =
         SC_KERNEL_ALIBI | SC_KERNEL_PLANE | SC_KERNEL_BIAS_PER_HEAD | SC_KERNEL_BIAS_PER_SEQUENCE,
     .formats_in = 2,
     .formats_out = 2,
     .d_max = 128,
     .d_v_max = 128,
     .d_multiple = 16},
};
#define KERNELS (sizeof kernels / sizeof kernels[0])

Test(select, a_kernel_is_tried_on_what_it_does_alone)
{
    const struct sc_select_limits limits = sc_select_defaults();
    struct sc_coverage *const coverage = sc_coverage_create();

    for (size_t k = 0; k < KERNELS; k++) {
        for (uint64_t seed = 0; seed < RECIPES / 3; seed++) {
            char line[SC_RECIPE_TEXT_MAX];
            struct sc_recipe recipe;
            struct sc_error error = {SC_OK, ""};
            sc_select_recipe(seed, &kernels[k], &limits, seed % 2 == 0 ? coverage : NULL, &recipe);
            (void)sc_recipe_print(&recipe, line);
            cr_assert_eq(sc_recipe_check(&recipe, &error), SC_OK, "%s: %s", error.text, line);
            const char *const refusal = sc_select_refusal(&kernels[k], &recipe);
            cr_assert_null(refusal, "%s: %s", refusal, line);
            const struct sc_feature_vector f = sc_feature_vector(&recipe);
            for (int s = 0; s < SC_FEATURE_SUBJECTS; s++) {
                cr_assert(sc_feature_admitted(&kernels[k], (enum sc_feature_subject)s, f.value[s]),
                          "%s %s: %s", sc_feature_subject_name((enum sc_feature_subject)s),
                          sc_feature_value_name((enum sc_feature_subject)s, f.value[s]), line);
            }
            sc_coverage_add(coverage, &recipe);
        }
    }
    sc_coverage_destroy(coverage);
}

Test(select, recipes_keep_their_limits)
{
    static const struct sc_select_limits limits[] = {
        {1 << 21, 1 << 22, ((int64_t)1 << 31) + (1 << 24)}, {20000, 1000, 1 << 20}};
    const struct sc_kernel_traits traits = every_trait();

    for (int x = 0; x < 2; x++) {
        int far = 0, many = 0, small = 0;
        for (uint64_t seed = 0; seed < RECIPES; seed++) {
            struct sc_recipe r;
            sc_select_recipe(seed, &traits, &limits[x], NULL, &r);
            int64_t elements = 0;
            for (int t = 0; t < SC_TENSORS; t++) {
                const struct sc_extent e = sc_place_extent(&r, (enum sc_tensor)t);
                const int64_t span = sc_place_of(&r, (enum sc_tensor)t).layout.size;
                const bool used = r.backward || t <= SC_TENSOR_V || t == SC_TENSOR_O;
                elements += used ? sc_extent_elements(&e) : 0;
                cr_assert(!r.places[t].strided || span <= limits[x].span_max);
                far += span > INT32_MAX;
            }
            cr_assert_leq(elements, limits[x].elements_max);
            cr_assert_leq((int64_t)r.n_q * r.n_k * r.batch * r.heads_q, limits[x].pairs_max);
            many += r.batch >= 65535 || r.heads_q >= 65535;
            small += r.n_q <= 70 && r.n_k <= 70 && r.d <= 40;
        }
        if (x == 0) {
            cr_expect(far > 10 && many > 1 && many < 30 && small > RECIPES / 2, "%d %d %d", far,
                      many, small);
        }
    }
}

Test(select, some_small_recipes_climb_and_no_others)
{
    const struct sc_kernel_traits traits = every_trait();
    const struct sc_select_limits limits = sc_select_defaults();
    int climbing = 0;

    for (uint64_t seed = 0; seed < RECIPES; seed++) {
        struct sc_recipe r;
        sc_select_recipe(seed, &traits, &limits, NULL, &r);
        const int64_t products =
            (int64_t)r.n_q * r.n_k * r.batch * r.heads_q * ((int64_t)r.d + r.d_v);
        climbing += r.climb > 0;
        cr_assert(r.climb == 0 || (products > 0 && products <= 1 << 17 && r.climb <= 16));
        cr_assert(r.climb == 0 || sc_recipe_climbs(r.values));
    }
    cr_expect(climbing > RECIPES / 50 && climbing < RECIPES / 6, "%d of %d", climbing, RECIPES);
}

Test(select, a_seed_has_one_recipe_and_neighbours_have_others)
{
    const struct sc_kernel_traits traits = every_trait();
    const struct sc_select_limits limits = sc_select_defaults();
    int same_width = 0;

    for (uint64_t seed = 0; seed < 300; seed++) {
        char line[SC_RECIPE_TEXT_MAX], again[SC_RECIPE_TEXT_MAX];
        struct sc_recipe a, b, next;
        sc_select_recipe(seed, &traits, &limits, NULL, &a);
        sc_select_recipe(seed + 1, &traits, &limits, NULL, &next);
        sc_select_recipe(seed, &traits, &limits, NULL, &b);
        (void)sc_recipe_print(&a, line);
        (void)sc_recipe_print(&b, again);
        cr_assert_str_eq(line, again);
        same_width += a.d == next.d && a.tau == next.tau;
    }
    cr_expect_lt(same_width, 30);
}

Test(select, coverage_steers_to_what_was_not_tried)
{
    const struct sc_kernel_traits traits = every_trait();
    const struct sc_select_limits limits = sc_select_defaults();
    struct sc_coverage *const steered = sc_coverage_create(), *const plain = sc_coverage_create();

    for (uint64_t seed = 0; seed < 300; seed++) {
        struct sc_recipe recipe;
        sc_select_recipe(seed, &traits, &limits, steered, &recipe);
        sc_coverage_add(steered, &recipe);
        sc_select_recipe(seed, &traits, &limits, NULL, &recipe);
        sc_coverage_add(plain, &recipe);
    }
    const int64_t with = sc_coverage_pairs(steered, &traits),
                  without = sc_coverage_pairs(plain, &traits);
    cr_expect(with * 20 > without * 21, "%ld with, %ld without", (long)with, (long)without);
    sc_coverage_destroy(steered);
    sc_coverage_destroy(plain);
}

Test(select, nearly_all_pairs_are_reached_and_no_excluded_one)
{
    const struct sc_kernel_traits traits = every_trait();
    const struct sc_select_limits limits = sc_select_defaults();
    struct sc_coverage *const coverage = sc_coverage_create();

    for (uint64_t seed = 0; seed < RECIPES; seed++) {
        struct sc_recipe recipe;
        sc_select_recipe(seed, &traits, &limits, coverage, &recipe);
        sc_coverage_add(coverage, &recipe);
    }
    for (int x = 0; x < SC_FEATURE_SUBJECTS; x++) {
        const enum sc_feature_subject a = (enum sc_feature_subject)x;
        for (int y = 0; y < SC_FEATURE_SUBJECTS; y++) {
            const enum sc_feature_subject b = (enum sc_feature_subject)y;
            for (int32_t i = 0; x != y && i < sc_feature_values(a); i++) {
                for (int32_t j = 0; j < sc_feature_values(b); j++) {
                    cr_assert(
                        !sc_feature_exclude(a, i, b, j) || !sc_coverage_tried(coverage, a, i, b, j),
                        "%s %s with %s %s", sc_feature_subject_name(a), sc_feature_value_name(a, i),
                        sc_feature_subject_name(b), sc_feature_value_name(b, j));
                }
            }
        }
    }
    const int64_t pairs = sc_coverage_pairs(coverage, &traits);
    const int64_t possible = sc_coverage_possible(&traits);
    cr_expect(pairs <= possible && pairs * 100 > possible * 98, "%ld of %ld", (long)pairs,
              (long)possible);
    sc_coverage_destroy(coverage);
}

Test(select, a_pair_is_counted_once)
{
    const struct sc_kernel_traits traits = every_trait();
    const struct sc_recipe first = parsed("case/1 rows=5 keys=5"), other = parsed("case/1 rows=5 "
                                                                                  "keys=5 in=fp16");
    const int64_t pairs = SC_FEATURE_SUBJECTS * (SC_FEATURE_SUBJECTS - 1) / 2;
    struct sc_coverage *const coverage = sc_coverage_create();

    cr_expect_eq(sc_coverage_new(coverage, &first), pairs);
    sc_coverage_add(coverage, &first);
    cr_expect_eq(sc_coverage_pairs(coverage, &traits), pairs);
    cr_expect_eq(sc_coverage_new(coverage, &first), 0);
    cr_expect_eq(sc_coverage_new(coverage, &other), SC_FEATURE_SUBJECTS - 1);
    sc_coverage_add(coverage, &other);
    sc_coverage_add(coverage, &other);
    cr_expect_eq(sc_coverage_pairs(coverage, &traits), pairs + SC_FEATURE_SUBJECTS - 1);
    /* A kernel without fp16 is not asked for pairs with it. */
    const struct sc_kernel_traits narrow = {.features = traits.features,
                                            .formats_in = 1,
                                            .formats_out = 7,
                                            .d_max = 256,
                                            .d_v_max = 256,
                                            .d_multiple = 1};
    cr_expect_eq(sc_coverage_pairs(coverage, &narrow), pairs);
    cr_expect_lt(sc_coverage_possible(&narrow), sc_coverage_possible(&traits));
    sc_coverage_destroy(coverage);
}

Test(select, a_refusal_says_what_a_kernel_does_not_do)
{
    static const struct {
        const char *line, *refusal;
        uint32_t feature; /* that it takes */
    } cases[] = {
        {"case/1 d=64 d_v=64", NULL, 0},
        {"case/1 right=0", "a causal mask", SC_KERNEL_CAUSAL},
        {"case/1 right=0", "a causal mask", SC_KERNEL_WINDOW},
        {"case/1 left=0", "a window", SC_KERNEL_WINDOW},
        {"case/1 lengths=1", "key lengths", SC_KERNEL_KEY_LENGTHS},
        {"case/1 packed=1:1", "packed sequences", SC_KERNEL_PACKED},
        {"case/1 alibi=1", "ALiBi", SC_KERNEL_ALIBI},
        {"case/1 plane=1x1:8", "a mask of bytes", SC_KERNEL_PLANE},
        {"case/1 bias=head:0", "a bias for each head", SC_KERNEL_BIAS_PER_HEAD},
        {"case/1 bias=sequence:0", "a bias for each sequence", SC_KERNEL_BIAS_PER_SEQUENCE},
        {"case/1 heads=2/1", "grouped heads", SC_KERNEL_GROUPED},
        {"case/1 d_v=2", "d_v is not d", SC_KERNEL_VALUE_WIDTH},
        {"case/1 k=1,1,1", "strides", SC_KERNEL_STRIDES},
        {"case/1 o=+1", "a base beside a boundary of 256 bytes", SC_KERNEL_MISALIGNED},
        {"case/1 keys=0", "no rows or no keys", SC_KERNEL_EMPTY},
        {"case/1 rows=0", "no rows or no keys", SC_KERNEL_EMPTY},
        {"case/1 backward=1", "a backward pass", SC_KERNEL_BACKWARD},
        {"case/1 in=fp16", "not its input format", 0},
        {"case/1 out=fp32", "not its output format", 0},
        {"case/1 d=65 d_v=65", "not a width of Q and K that it does", 0},
    };

    for (size_t x = 0; x < sizeof cases / sizeof cases[0]; x++) {
        const struct sc_recipe recipe = parsed(cases[x].line);
        struct sc_kernel_traits traits = {
            .formats_in = 1, .formats_out = 1, .d_max = 64, .d_v_max = 64, .d_multiple = 1};
        const char *const refusal = sc_select_refusal(&traits, &recipe);
        cr_expect((refusal == NULL) == (cases[x].refusal == NULL) &&
                      (refusal == NULL || strcmp(refusal, cases[x].refusal) == 0),
                  "%s: %s", cases[x].line, refusal);
        traits.features = cases[x].feature;
        cr_expect(cases[x].feature == 0 || sc_select_refusal(&traits, &recipe) == NULL, "%s",
                  cases[x].line);
        traits.features = ~cases[x].feature;
        cr_expect((cases[x].feature & (SC_KERNEL_CAUSAL | SC_KERNEL_WINDOW)) != 0 ||
                      cases[x].feature == 0 || sc_select_refusal(&traits, &recipe) != NULL,
                  "%s", cases[x].line);
    }
}

/* Q and O of 2 rows, K and V of one key, 4 channels each. */
Test(select, gaps_count_as_work_where_they_take_memory)
{
    static const struct {
        const char *line;
        int64_t elements; /* of Q, K, V and O */
    } rows[] = {
        {"case/1 rows=2 d=4 d_v=4", 8 + 4 + 4 + 8},
        {"case/1 rows=2 d=4 d_v=4 q=0,0,100", 104 + 4 + 4 + 8},
        {"case/1 rows=2 d=4 d_v=4 q=0,0,134217723", 134217727 + 4 + 4 + 8},
        {"case/1 rows=2 d=4 d_v=4 q=0,0,134217724", 8 + 4 + 4 + 8},
        {"case/1 rows=2 d=4 d_v=4 q=0,0,4294967296", 8 + 4 + 4 + 8},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_recipe recipe = parsed(rows[r].line);
        struct sc_kernel_traits traits = every_trait();
        traits.elements_max = rows[r].elements;
        cr_expect_null(sc_select_refusal(&traits, &recipe), "%s", rows[r].line);
        traits.elements_max--;
        cr_expect_not_null(sc_select_refusal(&traits, &recipe), "%s", rows[r].line);
    }
}

Test(select, features_are_told_by_their_definition)
{
    static const struct {
        const char *line;
        enum sc_feature_subject subject;
        const char *value;
    } told[] = {
        {"case/1 rows=17", SC_FEATURE_ROWS, "tile + 1"},
        {"case/1 rows=63", SC_FEATURE_ROWS, "tile - 1"},
        {"case/1 keys=37", SC_FEATURE_KEYS, "prime"},
        {"case/1 keys=0", SC_FEATURE_KEYS, "0"},
        {"case/1 keys=300", SC_FEATURE_KEYS, "long"},
        {"case/1 rows=2 keys=17", SC_FEATURE_RELATION, "far fewer rows"},
        {"case/1 rows=2 keys=16", SC_FEATURE_RELATION, "fewer rows"},
        {"case/1 right=0", SC_FEATURE_MASK, "causal"},
        {"case/1 right=0 left=3", SC_FEATURE_MASK, "window"},
        {"case/1 keys=4 left=3", SC_FEATURE_LEFT, "all but one"},
        {"case/1 keys=4 right=4", SC_FEATURE_RIGHT, "all"},
        {"case/1 batch=2 keys=20 lengths=16,20", SC_FEATURE_LENGTHS, "tile"},
        {"case/1 batch=2 keys=20 lengths=0,20", SC_FEATURE_LENGTHS, "some 0"},
        {"case/1 keys=20 lengths=20", SC_FEATURE_LENGTHS, "full"},
        {"case/1 batch=2 rows=3 keys=3 packed=0,3:1,2", SC_FEATURE_PACKED, "no rows"},
        {"case/1 batch=2 rows=3 keys=3 packed=1,2:0,3", SC_FEATURE_PACKED, "no keys"},
        {"case/1 plane=16x32:9", SC_FEATURE_PLANE, "tiles"},
        {"case/1 plane=16x31:9", SC_FEATURE_PLANE, "odd blocks"},
        {"case/1 plane=16x32:9:h", SC_FEATURE_SHARING, "heads"},
        {"case/1 alibi=1,0", SC_FEATURE_ALIBI, "any sign"},
        {"case/1 bias=head:-1,-70", SC_FEATURE_BIAS, "large"},
        {"case/1 heads=6/2", SC_FEATURE_GROUP, "odd"},
        {"case/1 heads=6/1", SC_FEATURE_GROUP, "one key head"},
        {"case/1 batch=65536", SC_FEATURE_BATCH, "many"},
        {"case/1 d=48", SC_FEATURE_D_MULTIPLE, "multiple of 16"},
        {"case/1 d=3 d_v=4", SC_FEATURE_D_V_RELATION, "above d"},
        {"case/1 batch=2 rows=3 d=4 q=0,0,4", SC_FEATURE_Q_PLACE, "broadcast"},
        {"case/1 batch=2 rows=3 d=4 q=9,0,3", SC_FEATURE_Q_PLACE, "overlapping"},
        {"case/1 batch=2 rows=3 d=4 q=12,0,4", SC_FEATURE_Q_PLACE, "size-1 stride"},
        {"case/1 batch=2 rows=3 d=4 q=4,0,8", SC_FEATURE_Q_PLACE, "permuted"},
        {"case/1 batch=2 rows=3 d=4 q=12,0,5", SC_FEATURE_Q_PLACE, "overlapping"},
        {"case/1 batch=2 rows=3 d=4 q=15,0,5", SC_FEATURE_Q_PLACE, "gaps"},
        {"case/1 batch=2 rows=3 d=4 q=2147483648,0,5", SC_FEATURE_Q_PLACE, "beyond 2^31"},
        {"case/1 o=+1", SC_FEATURE_BASE, "odd outputs"},
        {"case/1 q=+8", SC_FEATURE_BASE, "16 bytes"},
        {"case/1 q=+2 in=fp32", SC_FEATURE_BASE, "odd inputs"},
        {"case/1 rows=4", SC_FEATURE_CLIMB, "no"},
        {"case/1 rows=4 climb=1", SC_FEATURE_CLIMB, "yes"},
    };

    for (size_t x = 0; x < sizeof told / sizeof told[0]; x++) {
        const struct sc_recipe recipe = parsed(told[x].line);
        const struct sc_feature_vector f = sc_feature_vector(&recipe);
        cr_expect_str_eq(sc_feature_value_name(told[x].subject, f.value[told[x].subject]),
                         told[x].value, "%s", told[x].line);
    }
}
