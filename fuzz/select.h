/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_SELECT_H
#define SC_FUZZ_SELECT_H

#include "fuzz/recipe.h"
#include "spec/kernel.h"

#include <stdint.h>

/* Recipes drawn where kernels break, steered by what has been tried. */

/* Counts pairs of features that a campaign has tried. A feature is a property of a recipe such as "n_k is one past a
 * tile" (fuzz/feature.h). */
struct sc_coverage;
struct sc_coverage *sc_coverage_create(void); /* NULL: no memory */
void sc_coverage_destroy(struct sc_coverage *coverage);
void sc_coverage_add(struct sc_coverage *coverage, const struct sc_recipe *recipe);
/* Pairs that were tried, and that a kernel of these traits can be tried on. */
int64_t sc_coverage_pairs(const struct sc_coverage *coverage,
                          const struct sc_kernel_traits *traits);
int64_t sc_coverage_possible(const struct sc_kernel_traits *traits);

struct sc_select_limits {
    int64_t elements_max; /* of all tensors together, without gaps */
    int64_t pairs_max;    /* rows times keys times heads times sequences */
    int64_t span_max;     /* elements of one tensor with its gaps */
};
struct sc_select_limits sc_select_defaults(void);

/* Draws the recipe of a seed for a kernel: the same on every machine for the same coverage. Of several candidates the
 * one with the most new pairs; coverage NULL: the first.
 *   recipe  receives it, without a hash */
void sc_select_recipe(uint64_t seed, const struct sc_kernel_traits *traits,
                      const struct sc_select_limits *limits, const struct sc_coverage *coverage,
                      struct sc_recipe *recipe);

/* Whether a kernel says that it does a recipe; else why not. */
const char *sc_select_refusal(const struct sc_kernel_traits *traits,
                              const struct sc_recipe *recipe);

#endif
