/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_DRAW_RECIPE_H
#define SC_FUZZ_DRAW_RECIPE_H

#include "fuzz/select.h"
#include "reference/random.h"

#include <stdbool.h>

/* One recipe drawn at random, the parts of sc_select_recipe. */
struct sc_draw {
    struct sc_random random;
    const struct sc_kernel_traits *traits;
    const struct sc_select_limits *limits;
};

/* Whether the kernel does something, and a chance of one in `n`. */
bool sc_draw_does(const struct sc_draw *draw, uint32_t feature);
bool sc_draw_one_in(struct sc_draw *draw, int32_t n);
int32_t sc_draw_int(struct sc_draw *draw, int32_t low, int32_t high);

/* Whether a recipe is more work than the kernel says that it does (elements_max and tiles_max of its traits). */
bool sc_draw_slow(const struct sc_kernel_traits *traits, const struct sc_recipe *recipe);

/* Shape, formats and lengths, within the limits. */
void sc_draw_shape(struct sc_draw *draw, struct sc_recipe *recipe);

/* Masks of a shape. */
void sc_draw_masks(struct sc_draw *draw, struct sc_recipe *recipe);

/* tau, b, slopes and values of a shape with masks. */
void sc_draw_scores(struct sc_draw *draw, struct sc_recipe *recipe);

/* Strides and bases. */
void sc_draw_places(struct sc_draw *draw, struct sc_recipe *recipe);

/* Whether a recipe with all else climbs, and how far: one in SC_DRAW_CLIMBING of those that are small. */
#define SC_DRAW_CLIMBING 6
void sc_draw_climb(struct sc_draw *draw, struct sc_recipe *recipe);

#endif
