/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/shrink_patch.h"

#include "fuzz/place.h"
#include "spec/format.h"

#include <stddef.h>

int64_t sc_shrink_elements_of(const struct sc_recipe *recipe, enum sc_tensor tensor)
{
    const struct sc_extent extent = sc_place_extent(recipe, tensor);

    return sc_extent_elements(&extent);
}

uint32_t sc_shrink_one(enum sc_format format)
{
    switch (format) {
    case SC_FORMAT_BF16:
        return 0x3f80u;
    case SC_FORMAT_FP16:
        return 0x3c00u;
    default:
        return 0x3f800000u;
    }
}

/* The new row that was `row`; -1: none. */
static int32_t new_row(const int32_t *rows, int32_t count, int32_t row)
{
    if (rows == NULL) {
        return row < count ? row : -1;
    }
    for (int32_t n = 0; n < count; n++) {
        if (rows[n] == row) {
            return n;
        }
    }
    return -1;
}

/* The element of the new tensor that a patched one of the old has become; -1: none. */
static int64_t moved(const struct sc_recipe *from, const struct sc_shrink_kept *kept,
                     const struct sc_recipe *to, const struct sc_recipe_patch *patch)
{
    const enum sc_tensor tensor = (enum sc_tensor)patch->tensor;
    const struct sc_extent old = sc_place_extent(from, tensor);
    const struct sc_extent new = sc_place_extent(to, tensor);
    const int32_t *rows =
        tensor == SC_TENSOR_K || tensor == SC_TENSOR_V ? kept->k_rows : kept->q_rows;

    if (old.rows == 0) {
        return -1;
    }
    const int64_t line = patch->element / old.width;
    const int32_t channel = (int32_t)(patch->element % old.width);
    const int32_t row = new_row(rows, new.rows, (int32_t)(line % old.rows));
    const int32_t head = (int32_t)(line / old.rows % old.heads);
    const int64_t entry = line / old.rows / old.heads - kept->entry;

    if (row < 0 || entry < 0 || entry >= new.entries || head >= new.heads || channel >= new.width) {
        return -1;
    }
    return sc_extent_row(&new, (int32_t)entry, head, row) + channel;
}

void sc_shrink_patches(const struct sc_recipe *from, const struct sc_shrink_kept *kept,
                       struct sc_recipe *to)
{
    to->patches_count = 0;
    for (int32_t n = 0; n < from->patches_count; n++) {
        const struct sc_recipe_patch *patch = &from->patches[n];
        const int64_t element = moved(from, kept, to, patch);

        if ((patch->tensor != SC_TENSOR_D_O || to->backward) && element >= 0) {
            to->patches[to->patches_count] = *patch;
            to->patches[to->patches_count].element = element;
            to->patches_count++;
        }
    }
}
