/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_RECIPES_H
#define SC_TESTS_RECIPES_H

#include "fuzz/prepared.h"
#include "fuzz/select.h"

#include <criterion/criterion.h>
#include <string.h>

/* A prepared case of a line. */
static inline struct sc_prepared recipes_prepare(const struct sc_recipe *recipe)
{
    struct sc_prepared prepared;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_prepared_create(recipe, &prepared, &error), SC_OK, "%s", error.text);
    return prepared;
}

/* Two sequences, grouped heads, causal, with gaps and bases: something of everything. */
static inline struct sc_recipe recipes_mixed(void)
{
    struct sc_recipe r = sc_recipe_plain();

    r.batch = 2;
    r.heads_q = 4;
    r.heads_kv = 2;
    r.n_q = 5;
    r.n_k = 7;
    r.d = 16;
    r.d_v = 8;
    r.format_in = SC_FORMAT_BF16;
    r.format_out = SC_FORMAT_FP32;
    r.tau = 0.25f;
    r.right = 0;
    r.backward = true;
    r.seed = 3;
    for (int32_t n = 0; n < SC_TENSORS; n++) {
        r.places[n].base = n;
    }
    r.places[SC_TENSOR_O].strided = true; /* [row][head][entry], rows 3 apart */
    r.places[SC_TENSOR_O].batch = 11;
    r.places[SC_TENSOR_O].head = 22;
    r.places[SC_TENSOR_O].row = 88;
    return r;
}

/* A kernel that does everything. */
static inline struct sc_kernel_traits every_trait(void)
{
    const struct sc_kernel_traits traits = {.features = (1u << SC_KERNEL_FEATURES) - 1,
                                            .formats_in = 7,
                                            .formats_out = 7,
                                            .d_max = 256,
                                            .d_v_max = 256,
                                            .d_multiple = 1};

    return traits;
}

/* A small recipe of everything that there is. */
static inline struct sc_recipe drawn_recipe(uint64_t seed)
{
    const struct sc_kernel_traits traits = every_trait();
    const struct sc_select_limits limits = {1 << 19, 1 << 19, ((int64_t)1 << 31) + (1 << 24)};
    struct sc_recipe recipe;

    sc_select_recipe(seed, &traits, &limits, NULL, &recipe);
    return recipe;
}

static inline struct sc_recipe parsed(const char *line)
{
    struct sc_recipe recipe;
    struct sc_error error;

    cr_assert_eq(sc_recipe_parse(line, strlen(line), &recipe, &error), SC_OK, "%s: %s", line,
                 error.text);
    return recipe;
}

#endif
