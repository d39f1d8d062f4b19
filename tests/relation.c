/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/relation.h"

#include "fuzz/related.h"
#include "reference/judge/arithmetic_model.h"
#include "tests/fake_kernel.h"

#include <criterion/criterion.h>

#define SEEDS 24

/* A case, and what an honest kernel makes of it. */
struct answered {
    struct sc_prepared prepared;
    struct sc_outcome outcome;
};

static void answer(struct answered *x)
{
    const struct sc_worker_call call = {x->prepared.recipe.backward, 1, true};
    struct fake_kernel kernel = fake_kernel("unknown", FAKE_HONEST);

    cr_assert_eq(fake_run(&kernel, &x->prepared, &call, &x->outcome, NULL), SC_OK);
}

static void answer_recipe(const struct sc_recipe *recipe, struct answered *x)
{
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_prepared_create(recipe, &x->prepared, &error), SC_OK, "%s", error.text);
    answer(x);
}

static void answered_destroy(struct answered *x)
{
    sc_outcome_destroy(&x->outcome);
    sc_prepared_destroy(&x->prepared);
}

static struct sc_answer of(const struct answered *x)
{
    return (struct sc_answer){&x->prepared, &x->outcome};
}

static bool same_bits(const struct answered *x, const struct answered *y, struct sc_turn turn,
                      uint32_t results, char *where)
{
    const struct sc_answer one = of(x), two = of(y);
    struct sc_element element;

    return !sc_related_bits(&one, &two, turn, results, &element, where, 256);
}

#define ALL ((1u << SC_RESULTS) - 1u)

Test(relation, hidden_contents_and_layouts_change_no_result)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct answered x, y, z;
        struct sc_recipe recipe = fake_recipe(seed, SC_VALUES_NORMAL), hidden, layout;
        const struct fake_kernel kernel = fake_kernel("unknown", FAKE_HONEST);
        char where[256] = "";
        sc_relation_hidden(&recipe, &hidden);
        cr_assert_neq((int)hidden.hidden, (int)recipe.hidden);
        cr_assert(sc_relation_layout(&recipe, &kernel.kernel.traits, &layout));
        cr_assert_neq(layout.places[SC_TENSOR_K].base, recipe.places[SC_TENSOR_K].base);
        cr_assert(layout.places[SC_TENSOR_O].strided);
        answer_recipe(&recipe, &x);
        answer_recipe(&hidden, &y);
        answer_recipe(&layout, &z);
        cr_expect(same_bits(&x, &y, (struct sc_turn){0, 0}, ALL, where), "hidden: %s", where);
        cr_expect(same_bits(&x, &z, (struct sc_turn){0, 0}, ALL, where), "layout: %s", where);
        answered_destroy(&z);
        answered_destroy(&y);
        answered_destroy(&x);
    }
}

Test(relation, a_kernel_without_strides_has_no_other_layout)
{
    const struct sc_kernel_traits none = {
        .formats_in = 7, .formats_out = 7, .d_max = 256, .d_v_max = 256, .d_multiple = 1};
    const struct sc_kernel_traits bases = {.features = SC_KERNEL_MISALIGNED,
                                           .formats_in = 7,
                                           .formats_out = 7,
                                           .d_max = 256,
                                           .d_v_max = 256,
                                           .d_multiple = 1};
    const struct sc_recipe recipe = fake_recipe(1, SC_VALUES_NORMAL);
    struct sc_recipe layout;

    cr_expect(!sc_relation_layout(&recipe, &none, &layout));
    cr_expect(sc_relation_layout(&recipe, &bases, &layout) && !layout.places[SC_TENSOR_Q].strided);
}

Test(relation, sequences_and_heads_in_other_places_have_the_same_bits)
{
    int32_t turned = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct answered x, y;
        struct sc_recipe recipe = fake_recipe(seed, SC_VALUES_NORMAL);
        char where[256] = "";
        recipe.bias_scope = seed % 2 == 0 ? SC_BIAS_PER_HEAD : SC_BIAS_PER_SEQUENCE;
        recipe.biases = 2;
        recipe.bias[1] = 0.5f;
        if (recipe.lengths_count > 0) {
            recipe.lengths_count = 2;
        }
        if (recipe.slopes_count > 0) {
            recipe.slopes_count = 2;
            recipe.slopes[1] = 0.125f;
        }
        answer_recipe(&recipe, &x);
        const struct sc_turn turn = sc_relation_turn(&x.prepared);
        cr_assert_eq(sc_relation_turned(&x.prepared, turn, &y.prepared, NULL), SC_OK);
        answer(&y);
        cr_expect(same_bits(&x, &y, turn, ALL, where), "seed %llu: %s", (unsigned long long)seed,
                  where);
        if (turn.sequences + turn.groups > 0) {
            turned++;
            cr_expect(!same_bits(&x, &y, (struct sc_turn){0, 0}, ALL, where), "seed %llu",
                      (unsigned long long)seed);
        }
        answered_destroy(&y);
        answered_destroy(&x);
    }
    cr_expect_gt(turned, SEEDS / 2);
}

/* dK and dV are sums over a group: of repeated heads they are looked at by their own exact results. */
Test(relation, repeated_heads_have_the_same_rows)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct answered x, y;
        struct sc_recipe recipe = fake_recipe(seed, SC_VALUES_NORMAL);
        char where[256] = "";
        answer_recipe(&recipe, &x);
        cr_assert_eq(sc_relation_repeated(&x.prepared, &y.prepared, NULL), SC_OK);
        cr_assert_eq(y.prepared.c.problem.heads_kv, recipe.heads_q);
        answer(&y);
        cr_expect(same_bits(&x, &y, (struct sc_turn){0, 0},
                            1u << SC_RESULT_O | 1u << SC_RESULT_D_Q | 1u << SC_RESULT_D_B, where),
                  "seed %llu: %s", (unsigned long long)seed, where);
        answered_destroy(&y);
        answered_destroy(&x);
    }
}

/* Whether O of y is related to O of x as `kinship` says. */
static bool related(const struct answered *x, const struct answered *y, enum sc_kinship kinship,
                    char *where)
{
    const struct sc_kernel_arithmetic best = sc_arithmetic_best(&x->prepared.c.problem);
    const struct sc_answer one = of(x), two = of(y);
    struct sc_element element;
    bool differs = true;

    cr_assert_eq(
        sc_related_bounds(&one, &two, kinship, &best, &differs, &element, where, 256, NULL), SC_OK);
    return !differs;
}

Test(relation, a_negated_case_complements_the_weights)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct answered x, y;
        const struct sc_recipe recipe = fake_recipe(seed, SC_VALUES_ONE_HOT);
        char where[256] = "";
        answer_recipe(&recipe, &x);
        cr_assert_eq(sc_relation_negated(&x.prepared, &y.prepared, NULL), SC_OK);
        answer(&y);
        cr_expect(related(&x, &y, SC_KINSHIP_NEGATED, where), "seed %llu: %s",
                  (unsigned long long)seed, where);
        answered_destroy(&y);
        answered_destroy(&x);
    }
}

Test(relation, a_case_without_its_first_row_has_the_other_rows)
{
    int32_t shortened = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct answered x, y;
        const struct sc_recipe recipe = fake_recipe(seed, SC_VALUES_ONE_HOT);
        char where[256] = "";
        answer_recipe(&recipe, &x);
        if (sc_relation_can_shorten(&x.prepared.c.problem)) {
            shortened++;
            cr_assert_eq(sc_relation_shortened(&x.prepared, &y.prepared, NULL), SC_OK);
            cr_assert_eq(y.prepared.places[SC_TENSOR_Q].layout.size, y.prepared.c.problem.q.size);
            answer(&y);
            cr_expect(related(&x, &y, SC_KINSHIP_SHORTENED, where), "seed %llu: %s",
                      (unsigned long long)seed, where);
            answered_destroy(&y);
        }
        answered_destroy(&x);
    }
    cr_expect_gt(shortened, SEEDS / 3);
}

Test(relation, an_element_that_is_off_is_named)
{
    struct answered x, y;
    const struct sc_recipe recipe = fake_recipe(3, SC_VALUES_ONE_HOT);
    char where[256] = "";

    answer_recipe(&recipe, &x);
    answer_recipe(&recipe, &y);
    const int64_t at = sc_result_row(&x.prepared.c.problem, SC_RESULT_O, 0, 0, 0);
    cr_expect(related(&x, &y, SC_KINSHIP_SAME, where));
    y.outcome.bits[SC_TENSOR_O][at] = sc_format_encode(recipe.format_out, 100.0);
    cr_expect(!same_bits(&x, &y, (struct sc_turn){0, 0}, ALL, where));
    cr_expect_not_null(strstr(where, "O[b 0][h 0][row 0][channel 0] is "), "%s", where);
    cr_expect(!related(&x, &y, SC_KINSHIP_SAME, where));
    cr_expect_not_null(strstr(where, "O[b 0][h 0][row 0][channel 0] is "), "%s", where);
    y.outcome.bits[SC_TENSOR_O][at] = sc_format_encode(recipe.format_out, (double)NAN);
    cr_expect(!related(&x, &y, SC_KINSHIP_SAME, where), "a NaN");
    answered_destroy(&y);
    answered_destroy(&x);
}
