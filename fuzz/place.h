/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_PLACE_H
#define SC_FUZZ_PLACE_H

#include "fuzz/prepared.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the elements of a recipe's tensors lie, and which of them share an address. */

/* Extents of a tensor of a recipe. Exact for any recipe whose shape is one. */
struct sc_extent sc_place_extent(const struct sc_recipe *recipe, enum sc_tensor tensor);

/* Without gaps, [entry][head][row][channel]. */
struct sc_layout sc_place_compact(const struct sc_extent *extent);

/* Where a kernel finds a tensor of a valid recipe; no larger than its last element needs. */
struct sc_placement sc_place_of(const struct sc_recipe *recipe, enum sc_tensor tensor);

/* How places of a tensor share addresses. A dimension of stride 0 has one canonical place, its first. With
 * `overlapping`, rows share elements in other ways too, and each address is a place of its own. */
struct sc_place_sharing {
    bool entries, heads, rows; /* stride 0, and more than one of them */
    bool overlapping;
};
struct sc_place_sharing sc_place_share(const struct sc_layout *layout,
                                       const struct sc_extent *extent);

/* The canonical place of a row. */
static inline int32_t sc_place_canonical(bool shared, int32_t index)
{
    return shared ? 0 : index;
}

#endif
