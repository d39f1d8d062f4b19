/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_RECIPES_H
#define SC_TESTS_RECIPES_H

#include "fuzz/select.h"

#include <criterion/criterion.h>
#include <string.h>

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
    const struct sc_select_limits limits = {1 << 15, 1 << 15, ((int64_t)1 << 31) + (1 << 24)};
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
