/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/prepared.h"

#include "spec/format_value.h"
#include "spec/problem.h"
#include "tests/recipes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SEEDS  400
#define GOLDEN "tests/samples/cases/golden.cases"

static struct sc_prepared made(const struct sc_recipe *recipe)
{
    struct sc_prepared prepared;
    struct sc_error error;

    cr_assert_eq(sc_recipe_check(recipe, &error), SC_OK, "%s", error.text);
    cr_assert_eq(sc_prepared_create(recipe, &prepared, &error), SC_OK, "%s", error.text);
    return prepared;
}

static struct sc_prepared made_of(const char *line)
{
    const struct sc_recipe recipe = parsed(line);

    return made(&recipe);
}

static const float *input(const struct sc_prepared *x, enum sc_tensor tensor)
{
    const float *const inputs[] = {x->c.q, x->c.k, x->c.v, x->c.d_o};

    return inputs[tensor];
}

static float element(const struct sc_prepared *x, enum sc_tensor tensor, int32_t entry,
                     int32_t head, int32_t row, int32_t channel)
{
    const struct sc_extent extent = sc_prepared_extent(&x->c.problem, tensor);

    return input(x, tensor)[sc_extent_row(&extent, entry, head, row) + channel];
}

static bool same_bits(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Lines with the hashes that they had on the machine that wrote them. */
Test(prepared, golden_lines_have_their_hashes)
{
    FILE *const file = fopen(GOLDEN, "r");
    char line[SC_RECIPE_TEXT_MAX];
    int lines = 0;

    cr_assert_not_null(file, "%s", GOLDEN);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#') {
            continue;
        }
        struct sc_recipe recipe = parsed(line);
        struct sc_prepared prepared = made(&recipe);
        cr_expect(recipe.hashed);
        cr_expect_eq(prepared.hash, recipe.hash, "%s", line);
        sc_prepared_destroy(&prepared);
        lines++;
    }
    (void)fclose(file);
    cr_expect_geq(lines, 40);
}

Test(prepared, another_hash_is_refused)
{
    struct sc_recipe recipe = parsed("case/1 rows=3 keys=4 hash=0123456789abcdef");
    struct sc_prepared prepared;
    struct sc_error error;

    cr_expect_eq(sc_prepared_create(&recipe, &prepared, &error), SC_E_INPUT);
    cr_expect_not_null(strstr(error.text, "hash 0123456789abcdef"), "%s", error.text);
    cr_expect_null(prepared.c.q);
}

Test(prepared, each_part_of_a_case_is_in_its_hash)
{
    static const char *const lines[] = {
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 lengths=5,4 hidden=nan",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 lengths=5,4 hidden=zero",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 lengths=5,3 hidden=zero",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero backward=1",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero seed=1",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero tau=0x1p-1",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero bias=scalar:1",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero bias=sequence:0,0",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero alibi=0",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero right=0",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero out=fp32",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero dv=+1",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero o=13,0,4",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero plane=1x1:16",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero plane=1x1:16:b",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 hidden=zero set=v@7:1",
        "case/1 batch=2 rows=3 keys=5 d=4 d_v=4 packed=2,1:4,1",
    };
    uint64_t hashes[sizeof lines / sizeof lines[0]];

    for (size_t x = 0; x < sizeof lines / sizeof lines[0]; x++) {
        struct sc_prepared prepared = made_of(lines[x]);
        hashes[x] = prepared.hash;
        for (size_t y = 0; y < x; y++) {
            cr_expect_neq(hashes[x], hashes[y], "%s\n%s", lines[x], lines[y]);
        }
        sc_prepared_destroy(&prepared);
    }
}

Test(prepared, lists_repeat_over_heads_and_sequences)
{
    struct sc_prepared x = made_of("case/1 batch=3 heads=3 keys=9 rows=7 bias=head:1,2 alibi=3,4 "
                                   "lengths=5,99 packed=2,9:4,3");
    const struct sc_problem *const p = &x.c.problem;

    cr_expect(p->bias[0] == 1.0f && p->bias[1] == 2.0f && p->bias[2] == 1.0f);
    cr_expect(p->slopes[0] == 3.0f && p->slopes[1] == 4.0f && p->slopes[2] == 3.0f);
    cr_expect(p->starts_q[1] == 2 && p->starts_q[2] == 7 && p->starts_q[3] == 7);
    cr_expect(p->starts_k[1] == 4 && p->starts_k[2] == 7 && p->starts_k[3] == 9);
    cr_expect(p->key_lengths[0] == 4 && p->key_lengths[1] == 3 && p->key_lengths[2] == 2);
    sc_prepared_destroy(&x);
    struct sc_prepared y = made_of("case/1 keys=1000 bias=scalar:log");
    cr_expect_eq(y.c.problem.bias[0], -0x1.ba18aap+2f); /* -log 1000 */
    sc_prepared_destroy(&y);
}

Test(prepared, a_smaller_case_keeps_what_is_left)
{
    struct sc_prepared whole = made_of("case/1 batch=3 heads=4/2 rows=9 keys=8 d=7 d_v=6 seed=5 "
                                       "backward=1 plane=1x1:8");
    struct sc_prepared part = made_of("case/1 batch=2 heads=2/1 rows=2 keys=3 d=5 d_v=2 seed=5 "
                                      "backward=1 plane=1x1:8 row_ids=8,3 key_ids=1,4,7");
    static const int32_t rows[] = {8, 3}, keys[] = {1, 4, 7};

    for (int tensor = SC_TENSOR_Q; tensor <= SC_TENSOR_D_O; tensor++) {
        const enum sc_tensor t = (enum sc_tensor)tensor;
        const bool of_rows = t == SC_TENSOR_Q || t == SC_TENSOR_D_O;
        const struct sc_extent e = sc_prepared_extent(&part.c.problem, t);
        for (int32_t b = 0; b < e.entries; b++) {
            for (int32_t h = 0; h < e.heads; h++) {
                for (int32_t i = 0; i < e.rows; i++) {
                    for (int32_t c = 0; c < e.width; c++) {
                        cr_expect(
                            same_bits(element(&part, t, b, h, i, c),
                                      element(&whole, t, b, h, of_rows ? rows[i] : keys[i], c)));
                    }
                }
            }
        }
    }
    for (int32_t i = 0; i < 2; i++) {
        for (int32_t j = 0; j < 3; j++) {
            cr_expect_eq(sc_problem_visible(&part.c.problem, 1, 1, i, j),
                         sc_problem_visible(&whole.c.problem, 1, 1, rows[i], keys[j]));
        }
    }
    sc_prepared_destroy(&part);
    sc_prepared_destroy(&whole);
}

/* An element and where it lies. */
struct placed {
    int64_t address;
    float value;
};

static int by_address(const void *a, const void *b)
{
    const int64_t x = ((const struct placed *)a)->address, y = ((const struct placed *)b)->address;

    return x < y ? -1 : x > y;
}

/* The number of addresses that several elements share; a failure where they differ. */
static int64_t check_addresses(const struct sc_prepared *x, enum sc_tensor tensor, const char *line)
{
    const struct sc_extent e = sc_prepared_extent(&x->c.problem, tensor);
    const struct sc_layout *const layout = &x->places[tensor].layout;
    const int64_t count = sc_extent_elements(&e);
    struct placed *const all = malloc((size_t)(count + 1) * sizeof *all);
    int64_t used = 0, shared = 0;

    for (int32_t b = 0; b < e.entries; b++) {
        for (int32_t h = 0; h < e.heads; h++) {
            for (int32_t i = 0; i < e.rows; i++) {
                for (int32_t c = 0; c < e.width; c++) {
                    all[used].address = b * layout->stride_batch + h * layout->stride_head +
                                        i * layout->stride_row + c;
                    all[used++].value = element(x, tensor, b, h, i, c);
                }
            }
        }
    }
    qsort(all, (size_t)used, sizeof *all, by_address);
    for (int64_t n = 1; n < used; n++) {
        if (all[n].address == all[n - 1].address) {
            cr_assert(same_bits(all[n].value, all[n - 1].value), "%s %s", sc_tensor_name(tensor),
                      line);
            shared++;
        }
    }
    cr_assert(used == 0 || all[used - 1].address < layout->size);
    free(all);
    return shared;
}

Test(prepared, equal_addresses_hold_equal_values)
{
    int64_t shared = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct sc_recipe recipe = drawn_recipe(seed);
        char line[SC_RECIPE_TEXT_MAX];
        struct sc_prepared x = made(&recipe);

        (void)sc_recipe_print(&recipe, line);
        for (int t = SC_TENSOR_Q; t <= (recipe.backward ? SC_TENSOR_D_O : SC_TENSOR_V); t++) {
            shared += check_addresses(&x, (enum sc_tensor)t, line);
        }
        sc_prepared_destroy(&x);
    }
    cr_expect_gt(shared, 10000);
    static const char *const patched[] = {
        "case/1 batch=2 heads=2 rows=3 d=4 q=0,4,8 set=q@30:7f80",
        "case/1 batch=2 heads=2 rows=3 d=4 q=8,0,2 set=q@30:7f80",
        "case/1 batch=2 heads=2 keys=3 d_v=4 v=12,0,0 set=v@0:7f80,v@47:7f80",
    };
    for (size_t n = 0; n < sizeof patched / sizeof patched[0]; n++) {
        struct sc_prepared x = made_of(patched[n]);
        cr_expect_gt(check_addresses(&x, SC_TENSOR_Q, patched[n]) +
                         check_addresses(&x, SC_TENSOR_V, patched[n]),
                     0);
        sc_prepared_destroy(&x);
    }
}

Test(prepared, places_hold_their_tensors_and_no_more)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct sc_recipe recipe = drawn_recipe(seed);
        struct sc_prepared x = made(&recipe);

        cr_assert_eq(sc_problem_check(&x.c.problem), SC_PROBLEM_OK);
        for (int t = 0; t < SC_TENSORS; t++) {
            const struct sc_extent e = sc_prepared_extent(&x.c.problem, (enum sc_tensor)t);
            struct sc_layout layout = x.places[t].layout;
            cr_assert(sc_layout_fits(&layout, e.entries, e.heads, e.rows, e.width));
            cr_assert(t < SC_TENSOR_O ||
                      sc_layout_separates(&layout, e.entries, e.heads, e.rows, e.width));
            layout.size--;
            cr_assert_not(sc_extent_elements(&e) > 0 &&
                          sc_layout_fits(&layout, e.entries, e.heads, e.rows, e.width));
        }
        sc_prepared_destroy(&x);
    }
}

/* Whether key j of a sequence is seen by a row of a head that reads key head g, by the definition. */
static bool seen(const struct sc_problem *p, int32_t b, int32_t g, int32_t j)
{
    for (int32_t h = 0; j < sc_problem_keys(p, b) && h < p->heads_q; h++) {
        for (int32_t i = 0; sc_problem_group_head(p, h) == g && i < sc_problem_rows(p, b); i++) {
            if (sc_problem_visible(p, b, h, i, j)) {
                return true;
            }
        }
    }
    return false;
}

Test(prepared, hidden_keys_are_those_that_no_row_sees)
{
    int hidden = 0, visible = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_recipe recipe = drawn_recipe(seed);
        recipe.hidden = SC_HIDDEN_NAN;
        recipe.values = SC_VALUES_NORMAL;
        for (int t = 0; t < SC_TENSORS; t++) {
            recipe.places[t].strided = false;
        }
        struct sc_prepared x = made(&recipe);
        const struct sc_problem *const p = &x.c.problem;
        for (int32_t b = 0; b < p->batch && b < 4; b++) {
            for (int32_t g = 0; g < p->heads_kv && g < 4; g++) {
                for (int32_t j = 0; j < sc_problem_key_room(p, b); j++) {
                    const int32_t key = sc_problem_first_key(p, b) + j;
                    const int32_t entry = sc_problem_entry(p, b);
                    const bool shown = seen(p, b, g, j);
                    cr_assert_eq(isnan(element(&x, SC_TENSOR_K, entry, g, key, 0)) == 0, shown);
                    cr_assert_eq(isnan(element(&x, SC_TENSOR_V, entry, g, key, 0)) == 0, shown);
                    hidden += !shown;
                    visible += shown;
                }
            }
        }
        sc_prepared_destroy(&x);
    }
    cr_expect(hidden > 500 && visible > 5000);
}

Test(prepared, a_shared_place_is_hidden_only_where_no_sequence_sees_it)
{
    static const char *const lines[] = {
        "case/1 batch=2 rows=2 keys=4 d=3 d_v=3 lengths=1,3 k=0,0,3",
        "case/1 batch=2 rows=2 keys=4 d=3 d_v=3 lengths=3,1 k=0,0,3"};

    for (int n = 0; n < 2; n++) {
        struct sc_prepared x = made_of(lines[n]);
        for (int32_t b = 0; b < 2; b++) {
            for (int32_t j = 0; j < 4; j++) {
                cr_expect_eq(isnan(element(&x, SC_TENSOR_K, b, 0, j, 0)) != 0, j == 3);
                cr_expect_eq(isnan(element(&x, SC_TENSOR_V, b, 0, j, 0)) != 0,
                             j >= (b == n ? 1 : 3));
            }
        }
        sc_prepared_destroy(&x);
    }
}

/* Values of a class in 64 keys and rows of 16 channels. */
static struct sc_prepared of_class(const char *class, const char *format, int seed)
{
    char line[256];

    (void)snprintf(line, sizeof line,
                   "case/1 rows=64 keys=64 d=16 d_v=16 in=%s values=%s seed=%d backward=1 "
                   "bias=scalar:-0x1p+24",
                   format, class, seed);
    return made_of(line);
}

Test(prepared, classes_of_values_are_what_they_say)
{
    static const char *const formats[] = {"bf16", "fp16", "fp32"};

    for (int f = 0; f < 3; f++) {
        const double least = sc_format_pow2(sc_format_exponent_min((enum sc_format)f));
        const double most = sc_format_max((enum sc_format)f);
        struct sc_prepared hot = of_class("one-hot", formats[f], 1),
                           zero = of_class("zero-q", formats[f], 1),
                           bias = of_class("bias", formats[f], 1),
                           small = of_class("subnormal", formats[f], 7),
                           huge = of_class("huge", formats[f], 7),
                           spoiled = of_class("spoiled", formats[f], 4),
                           normal = of_class("normal", formats[f], 3),
                           sparse = of_class("sparse", formats[f], 3);
        int subnormal = 0, top = 0, odd = 0, zeros = 0;
        double sum = 0.0, squares = 0.0;

        for (int32_t j = 0; j < 64; j++) {
            cr_expect_eq(element(&bias, SC_TENSOR_Q, 0, 0, j, 0) *
                             element(&bias, SC_TENSOR_K, 0, 0, j, 0),
                         0x1p24f);
            for (int32_t c = 0; c < 16; c++) {
                cr_expect_eq(element(&hot, SC_TENSOR_V, 0, 0, j, c), j % 16 == c ? 1.0f : 0.0f);
                cr_expect_eq(element(&zero, SC_TENSOR_Q, 0, 0, j, c), 0.0f);
                const double s = fabs((double)element(&small, SC_TENSOR_V, 0, 0, j, c));
                const double h = fabs((double)element(&huge, SC_TENSOR_K, 0, 0, j, c));
                const double n = (double)element(&normal, SC_TENSOR_D_O, 0, 0, j, c);
                subnormal += s > 0.0 && s < least;
                top += h > most / 64.0;
                cr_expect(h <= most);
                for (int t = SC_TENSOR_Q; t <= SC_TENSOR_D_O; t++) {
                    odd += !isfinite(element(&spoiled, (enum sc_tensor)t, 0, 0, j, c));
                }
                zeros += element(&sparse, SC_TENSOR_K, 0, 0, j, c) == 0.0f;
                sum += n;
                squares += n * n;
            }
        }
        cr_expect(subnormal > 20, "%s: %d", formats[f], subnormal);
        cr_expect(top > 200, "%s: %d", formats[f], top);
        cr_expect(odd > 0 && odd < 10, "%s: %d", formats[f], odd);
        cr_expect(zeros > 600 && zeros < 950, "%s: %d", formats[f], zeros);
        cr_expect(fabs(sum / 1024.0) < 0.15 && fabs(squares / 1024.0 - 1.0) < 0.2);
        sc_prepared_destroy(&hot);
        sc_prepared_destroy(&zero);
        sc_prepared_destroy(&bias);
        sc_prepared_destroy(&small);
        sc_prepared_destroy(&huge);
        sc_prepared_destroy(&spoiled);
        sc_prepared_destroy(&normal);
        sc_prepared_destroy(&sparse);
    }
}
