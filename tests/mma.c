/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_run.h"

#include "tests/mma_stand_in.h"

#include <criterion/criterion.h>
#include <string.h>

#define EACH 16 /* tiles of a group */

static const struct sc_mma_plan plan = {.seed = 5, .tiles = EACH, .threads = 2};

static void run(struct mma_stand_in *my, struct sc_mma_result *result)
{
    const struct sc_mma_machine machine = {mma_multiply, my, 64};
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_mma_run(&plan, &machine, result, &error), SC_OK, "%s", error.text);
}

/* Mismatches of a category, both formats. */
static int64_t found(const struct sc_mma_result *result, enum sc_mma_category category)
{
    return result->groups[2 * category].mismatches + result->groups[2 * category + 1].mismatches;
}

Test(mma, an_honest_machine_has_no_mismatch, .timeout = 120)
{
    struct mma_stand_in honest = {.rules = model_h100};
    struct sc_mma_result result;

    run(&honest, &result);
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        const struct sc_mma_tally *const tally = &result.groups[group];
        const int32_t steps = sc_mma_category_steps(sc_mma_group_category(group));
        cr_expect_eq(tally->mismatches, 0, "group %d", group);
        cr_expect_eq(tally->tiles, EACH, "group %d", group);
        cr_expect_eq(tally->outputs, (int64_t)EACH * steps * SC_MMA_C, "group %d", group);
    }
    sc_mma_result_destroy(&result);
}

Test(mma, every_other_rule_is_seen_in_the_categories_aimed_at_it, .timeout = 300)
{
    static const struct {
        const char *name;
        struct mma_stand_in machine;
        enum sc_mma_category in[5]; /* up to a repeated one */
        enum sc_mma_category not_in[3];
    } rows[] = {
        {"one bit less is kept beside the largest product",
         {.rules = {24, -133, false, false}},
         {SC_MMA_CANCELLING, SC_MMA_ALIGNMENT, SC_MMA_MIXED, SC_MMA_CHAINED, SC_MMA_NORMAL},
         {SC_MMA_CATEGORIES, SC_MMA_CATEGORIES, SC_MMA_CATEGORIES}},
        {"one bit more",
         {.rules = {26, -133, false, false}},
         {SC_MMA_CANCELLING, SC_MMA_ALIGNMENT, SC_MMA_MIXED, SC_MMA_CHAINED, SC_MMA_NORMAL},
         {SC_MMA_CATEGORIES, SC_MMA_CATEGORIES, SC_MMA_CATEGORIES}},
        {"terms are rounded down",
         {.rules = {25, -133, true, false}},
         {SC_MMA_CANCELLING, SC_MMA_ALIGNMENT, SC_MMA_MIXED, SC_MMA_HUGE, SC_MMA_WIDE},
         {SC_MMA_CATEGORIES, SC_MMA_CATEGORIES, SC_MMA_CATEGORIES}},
        {"the sum is rounded to nearest",
         {.rules = {25, -133, false, true}},
         {SC_MMA_NORMAL, SC_MMA_MIXED, SC_MMA_WIDE, SC_MMA_ZEROS, SC_MMA_OVERFLOW},
         {SC_MMA_CATEGORIES, SC_MMA_CATEGORIES, SC_MMA_CATEGORIES}},
        {"no floor below the least normal number",
         {.rules = {25, -200, false, false}},
         {SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY},
         {SC_MMA_NORMAL, SC_MMA_OVERFLOW, SC_MMA_MIXED}},
        {"a floor one higher",
         {.rules = {25, -132, false, false}},
         {SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY},
         {SC_MMA_NORMAL, SC_MMA_OVERFLOW, SC_MMA_MIXED}},
        {"-0 where a negative sum underflows",
         {.rules = {25, -133, false, false}, .minus_zero = true},
         {SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY},
         {SC_MMA_NORMAL, SC_MMA_OVERFLOW, SC_MMA_MIXED}},
        {"off by a bit from the third step on",
         {.rules = {25, -133, false, false}, .late = 2},
         {SC_MMA_CHAINED, SC_MMA_CHAINED, SC_MMA_CHAINED, SC_MMA_CHAINED, SC_MMA_CHAINED},
         {SC_MMA_NORMAL, SC_MMA_TINY, SC_MMA_SPECIAL}},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct mma_stand_in machine = rows[r].machine;
        struct sc_mma_result result;
        run(&machine, &result);
        for (int32_t n = 0; n < 5; n++) {
            cr_expect_gt(found(&result, rows[r].in[n]), 0, "%s: not seen in %s", rows[r].name,
                         sc_mma_category_name(rows[r].in[n]));
        }
        for (int32_t n = 0; n < 3 && rows[r].not_in[n] < SC_MMA_CATEGORIES; n++) {
            cr_expect_eq(found(&result, rows[r].not_in[n]), 0, "%s: seen in %s", rows[r].name,
                         sc_mma_category_name(rows[r].not_in[n]));
        }
        sc_mma_result_destroy(&result);
    }
}

Test(mma, a_difference_in_a_chain_is_counted_at_its_step_alone)
{
    struct mma_stand_in machine = {.rules = model_h100, .late = SC_MMA_STEPS_MAX - 1};
    struct sc_mma_result result;

    run(&machine, &result);
    for (int32_t bf16 = 0; bf16 < 2; bf16++) {
        const struct sc_mma_tally *const tally = &result.groups[2 * SC_MMA_CHAINED + bf16];
        cr_expect_eq(tally->mismatches, EACH * SC_MMA_C);
        cr_expect_eq(tally->kept, SC_MMA_KEPT);
        cr_expect_eq(tally->first[0].step, SC_MMA_STEPS_MAX - 1);
    }
    sc_mma_result_destroy(&result);
}

/* The kernels themselves, on the emulator: that their fragments, and the places of a warpgroup's matrices, are those of
 * the instructions. A number of tiles that is not whole groups of four. */
static void run_kernel(enum sc_products products)
{
    struct sc_mma_machine machine;
    struct sc_mma_result result;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_mma_machine_create(50, products, &machine, &error), SC_OK, "%s", error.text);
    cr_assert_eq(sc_mma_run(&plan, &machine, &result, &error), SC_OK, "%s", error.text);
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        cr_expect_eq(result.groups[group].mismatches, 0, "group %d", group);
        cr_expect_eq(result.groups[group].tiles, EACH, "group %d", group);
    }
    sc_mma_result_destroy(&result);
    sc_mma_machine_destroy(&machine);
}

Test(mma, the_kernel_multiplies_on_the_emulator, .timeout = 300)
{
    run_kernel(SC_PRODUCTS_WARP);
}

Test(mma, the_kernel_of_a_warpgroup_multiplies_on_the_emulator, .timeout = 300)
{
    run_kernel(SC_PRODUCTS_GROUP);
}

/* Tiles of a group, drawn in batches of `batch`. */
static void draw(enum sc_mma_category category, enum sc_format format, uint64_t seed, int32_t batch,
                 uint16_t *a, uint16_t *b, uint32_t *c)
{
    const int32_t steps = sc_mma_category_steps(category);

    for (int32_t first = 0; first < 6; first += batch) {
        struct sc_mma_batch x = {format,
                                 batch,
                                 steps,
                                 a + first * steps * SC_MMA_A,
                                 b + first * steps * SC_MMA_B,
                                 c + first * SC_MMA_C,
                                 NULL};
        sc_mma_draw(category, seed, first, &x);
    }
}

Test(mma, a_tile_depends_on_its_number_alone)
{
    enum { A = 6 * SC_MMA_STEPS_MAX * SC_MMA_A, B = A / 2, C = 6 * SC_MMA_C };
    static uint16_t a[3][A], b[3][B];
    static uint32_t c[3][C];

    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        const enum sc_mma_category category = sc_mma_group_category(group);
        const enum sc_format format = sc_mma_group_format(group);
        draw(category, format, 7, 6, a[0], b[0], c[0]);
        draw(category, format, 7, 2, a[1], b[1], c[1]);
        draw(category, format, 8, 6, a[2], b[2], c[2]);
        cr_expect_arr_eq(a[0], a[1], sizeof a[0], "group %d", group);
        cr_expect_arr_eq(b[0], b[1], sizeof b[0], "group %d", group);
        cr_expect_arr_eq(c[0], c[1], sizeof c[0], "group %d", group);
        cr_expect_neq(memcmp(b[0], b[2], sizeof b[0]), 0, "group %d: the seed", group);
        cr_expect_neq(memcmp(b[0], b[0] + SC_MMA_B, SC_MMA_B), 0, "group %d: tiles", group);
    }
}

Test(mma, lines_of_mismatches_are_read_back)
{
    struct mma_stand_in machine = {.rules = {24, -133, false, false}};
    struct sc_mma_result result;
    struct sc_error error;
    int32_t read = 0;

    run(&machine, &result);
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        for (int32_t n = 0; n < result.groups[group].kept; n++, read++) {
            const struct sc_mma_mismatch *const x = &result.groups[group].first[n];
            struct sc_mma_mismatch y;
            char line[SC_MMA_LINE_BYTES];
            sc_mma_mismatch_print(x, line);
            cr_assert_eq(sc_mma_mismatch_parse(line, &y, &error), SC_OK, "%s", error.text);
            cr_expect_eq(y.tile, x->tile);
            cr_expect_arr_eq(y.a, x->a, sizeof y.a);
            cr_expect_arr_eq(y.b, x->b, sizeof y.b);
            cr_expect(y.c == x->c && y.found == x->found && y.model == x->model, "%s", line);
            cr_expect(sc_mma_mismatch_holds(&y), "%s", line);
            y.found = y.model;
            cr_expect_not(sc_mma_mismatch_holds(&y));
            for (char *at = line; *at != '\0'; at++) { /* each byte is one that counts */
                const char was = *at;
                *at = '?';
                cr_expect_eq(sc_mma_mismatch_parse(line, &y, &error), SC_E_INPUT, "%s", line);
                *at = was;
            }
        }
    }
    cr_expect_gt(read, SC_MMA_KEPT);
    sc_mma_result_destroy(&result);
}

static uint32_t get(const unsigned char **at, int32_t bytes)
{
    uint32_t value = 0;

    for (int32_t n = 0; n < bytes; n++) {
        value |= (uint32_t) * (*at)++ << 8 * n;
    }
    return value;
}

Test(mma, the_record_is_what_the_machine_answered)
{
    struct mma_stand_in machine = {.rules = model_h100};
    struct sc_mma_result result;
    const unsigned char *at;

    run(&machine, &result);
    at = result.record;
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        const enum sc_format format = sc_mma_group_format(group);
        cr_assert_eq(get(&at, 4), 0x314d4d41u);
        cr_assert_eq(get(&at, 4), format == SC_FORMAT_BF16 ? 1u : 0u);
        cr_assert_eq(get(&at, 4), (uint32_t)sc_mma_group_category(group));
        for (uint32_t tiles = get(&at, 4); tiles > 0; tiles--) {
            uint16_t a[SC_MMA_A], b[SC_MMA_B];
            uint32_t c[SC_MMA_C];
            for (int32_t n = 0; n < SC_MMA_A; n++) {
                a[n] = (uint16_t)get(&at, 2);
            }
            for (int32_t n = 0; n < SC_MMA_B; n++) {
                b[n] = (uint16_t)get(&at, 2);
            }
            for (int32_t n = 0; n < SC_MMA_C; n++) {
                c[n] = get(&at, 4);
            }
            for (int32_t n = 0; n < SC_MMA_C; n++) {
                cr_assert_eq(get(&at, 4),
                             model_add(SC_CORE_H100, format, a + n / SC_MMA_COLUMNS * SC_MMA_TERMS,
                                       b + n % SC_MMA_COLUMNS * SC_MMA_TERMS, c[n]),
                             "group %d", group);
            }
        }
    }
    cr_expect_eq((size_t)(at - result.record), result.record_bytes);
    sc_mma_result_destroy(&result);
}
