/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_SHRINK_SIZE_H
#define SC_FUZZ_SHRINK_SIZE_H

#include "fuzz/recipe.h"

#include <stdint.h>

/* The size of a recipe, for shrinking: numbers >= 0, compared from the first on. Each has a least value, so a chain of
 * recipes whose sizes fall ends. */
enum sc_shrink_measure {
    SC_SHRINK_FEATURES, /* what a person has to think of: backward, a mask, grouped heads, strides, ...; a window
                              counts twice as much as causal */
    SC_SHRINK_SEQUENCES,
    SC_SHRINK_HEADS,    /* of queries and of keys */
    SC_SHRINK_LINES,    /* rows and keys */
    SC_SHRINK_CHANNELS, /* d and d_v */
    SC_SHRINK_SCALARS,  /* tau, bias, slopes, kind of hidden contents: 0 where they are plain */
    SC_SHRINK_EXTENTS,  /* of the band, of lengths and packed sequences, of mask cells */
    SC_SHRINK_CLASS,    /* of values: exact, normal, zero Q, the others */
    SC_SHRINK_VALUES, /* of Q, K, V and dO: an element patched to 0 is 0, to 1 is 1, drawn is 2, patched else is 3 */
    SC_SHRINK_LISTED, /* entries of the lists of rows and keys, and the seed */
    SC_SHRINK_MEASURES
};

struct sc_shrink_size {
    int64_t of[SC_SHRINK_MEASURES];
};

struct sc_shrink_size sc_shrink_size(const struct sc_recipe *recipe);

/* < 0, 0, > 0 as a is smaller than, as large as, larger than b. */
int sc_shrink_compare(const struct sc_shrink_size *a, const struct sc_shrink_size *b);

/* Elements of the inputs without gaps, dO only with the backward pass. */
int64_t sc_shrink_elements(const struct sc_recipe *recipe);

#endif
