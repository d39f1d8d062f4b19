/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/exact_result.h"

#include "fuzz/prepared.h"

#include <criterion/criterion.h>
#include <math.h>

/* One row, one key, one channel; dO of 2. */
struct one {
    float q, k, v, tau, bias, slope;
    enum sc_format in, out;
    bool saturates;
};

static struct sc_exact_result exact_of(const struct one *x, struct sc_prepared *prepared)
{
    const struct sc_exact_result_options options = {true, x->saturates, false};
    struct sc_recipe recipe = sc_recipe_plain();
    struct sc_exact_result exact;
    struct sc_error error = {SC_OK, ""};

    recipe.tau = x->tau;
    recipe.bias[0] = x->bias;
    recipe.format_in = x->in;
    recipe.format_out = x->out;
    recipe.backward = true;
    if (x->slope != 0.0f) {
        recipe.slopes_count = 1;
        recipe.slopes[0] = x->slope;
        recipe.n_k = 2; /* the key that is not the row's own has distance 1 */
        recipe.block_rows = 1;
        recipe.block_keys = 1;
        recipe.density = 16;
    }
    cr_assert_eq(sc_prepared_create(&recipe, prepared, &error), SC_OK, "%s", error.text);
    if (x->slope != 0.0f) {
        prepared->c.plane[1] = 0;
    }
    prepared->c.q[0] = x->q;
    prepared->c.k[0] = x->k;
    prepared->c.v[0] = x->v;
    prepared->c.d_o[0] = 2.0f;
    cr_assert_eq(sc_exact_result_create(&prepared->c, &options, &exact, &error), SC_OK);
    return exact;
}

#define BF16 SC_FORMAT_BF16
#define FP16 SC_FORMAT_FP16
#define FP32 SC_FORMAT_FP32

/* By hand: O = p v, dQ = tau p (1 - p) 2 v k. */
Test(exact_result, one_pair_is_exact_where_every_arithmetic_agrees)
{
    const double none = (double)NAN;
    const struct {
        const char *name;
        struct one x;
        double o, d_q;
    } rows[] = {
        {"score 0", {0, 1, 3, 1, 0, 0, BF16, BF16, true}, 1.5, 1.5},
        {"saturated", {16, 16, 3, 1, 0, 0, BF16, BF16, true}, 3, 0},
        {"saturated below", {16, -16, 3, 1, 0, 0, BF16, BF16, true}, 0, 0},
        {"an activation that does not saturate",
         {16, 16, 3, 1, 0, 0, BF16, BF16, false},
         none,
         none},
        {"score 0 of one", {0, 1, 3, 1, 0, 0, BF16, BF16, false}, 1.5, 1.5},
        {"score 1", {1, 1, 3, 1, 0, 0, BF16, BF16, true}, none, none},
        {"score 100", {10, 10, 3, 1, 0, 0, BF16, BF16, true}, none, none},
        {"cancelled by the bias", {2, 4, 3, 1, -8, 0, BF16, BF16, true}, 1.5, 12 * 0.5},
        {"bias alone", {0, 1, 3, 1, 1, 0, BF16, BF16, true}, none, none},
        {"cancelled under a tau that is no power of two",
         {2, 4, 3, 3, -24, 0, BF16, BF16, true},
         none,
         none},
        {"score 0 of zeros under such a tau", {0, 1, 3, 3, 0, 0, BF16, BF16, true}, 1.5, none},
        {"cancelled by a slope", {2, 4, 3, 1, 0, 8, BF16, BF16, true}, 1.5, 12 * 0.5},
        {"O and dS are no bf16 numbers", {0, 1, 257, 1, 0, 0, FP16, BF16, true}, none, none},
        {"dS alone is none", {0, 1, 257, 1, 0, 0, BF16, FP32, true}, 128.5, none},
        {"V too large", {0, 1, 1024, 1, 0, 0, BF16, BF16, true}, none, 512},
        {"NaN", {NAN, 1, 3, 1, 0, 0, BF16, BF16, true}, none, none},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_prepared prepared;
        struct sc_exact_result exact = exact_of(&rows[r].x, &prepared);
        const double o = exact.values[SC_RESULT_O][0], d_q = exact.values[SC_RESULT_D_Q][0];
        cr_expect(o == rows[r].o || (isnan(o) && isnan(rows[r].o)), "%s: O %g, expected %g",
                  rows[r].name, o, rows[r].o);
        cr_expect(d_q == rows[r].d_q || (isnan(d_q) && isnan(rows[r].d_q)),
                  "%s: dQ %g, expected %g", rows[r].name, d_q, rows[r].d_q);
        sc_exact_result_destroy(&exact);
        sc_prepared_destroy(&prepared);
    }
}

/* Three keys of score 0. */
Test(exact_result, a_sum_needs_as_many_bits_as_its_partial_sums_have)
{
    static const struct {
        const char *name;
        float first, second, third;
        bool narrow, exact;
    } rows[] = {{"25 bits, of which one is left", 1.0f, 0x1p-24f, -1.0f, false, false},
                {"24 bits", 1.0f - 0x1p-24f, 0x1p-24f, 0.0f, false, true},
                {"24 bits of a narrow part", 1.0f - 0x1p-24f, 0x1p-24f, 0.0f, true, false},
                {"8 bits of a narrow part", 1.0f - 0x1p-7f, 0x1p-7f, 0.0f, true, true}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_exact_result_options options = {false, true, rows[r].narrow};
        struct sc_recipe recipe = sc_recipe_plain();
        struct sc_prepared prepared;
        struct sc_exact_result exact;
        recipe.n_k = 3;
        recipe.format_in = FP32;
        recipe.format_out = FP32;
        cr_assert_eq(sc_prepared_create(&recipe, &prepared, NULL), SC_OK);
        prepared.c.q[0] = 0.0f;
        prepared.c.v[0] = rows[r].first;
        prepared.c.v[1] = rows[r].second;
        prepared.c.v[2] = rows[r].third;
        cr_assert_eq(sc_exact_result_create(&prepared.c, &options, &exact, NULL), SC_OK);
        cr_expect_eq(isnan(exact.values[SC_RESULT_O][0]) == 0, rows[r].exact, "%s", rows[r].name);
        cr_expect_null(exact.values[SC_RESULT_D_Q]);
        sc_exact_result_destroy(&exact);
        sc_prepared_destroy(&prepared);
    }
}
