/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_SHRINK_PATCH_H
#define SC_FUZZ_SHRINK_PATCH_H

#include "fuzz/prepared.h"
#include "fuzz/recipe.h"

#include <stdint.h>

/* Elements of a tensor without gaps. */
int64_t sc_shrink_elements_of(const struct sc_recipe *recipe, enum sc_tensor tensor);

/* The bits of 1. */
uint32_t sc_shrink_one(enum sc_format format);

/* What of a recipe is left, as indices of it: of each kept entry, head, row, key and channel the number that it had.
 * Entries, heads and channels are kept from the first on, lines by list. */
struct sc_shrink_kept {
    int32_t entry;         /* the first entry that is kept */
    const int32_t *q_rows; /* old row of each new one; NULL: 0, 1, 2, ... */
    const int32_t *k_rows; /* likewise of K and V */
};

/* Gives `to`, of which all else is set, the patches of `from` whose elements it still has. */
void sc_shrink_patches(const struct sc_recipe *from, const struct sc_shrink_kept *kept,
                       struct sc_recipe *to);

#endif
