/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_HIDDEN_H
#define SC_FUZZ_HIDDEN_H

#include "fuzz/place.h"

#include <stdint.h>

/* Marks the keys that some row of some head sees.
 *   p     a valid problem
 *   seen  [entries][heads_kv][n_k] of the tensors K and V, all 0 before; receives 1 where one sees it. Keys beyond a
 *         key length, and all of a sequence without rows, are seen by none. */
void sc_hidden_keys(const struct sc_problem *p, uint8_t *seen);

/* A place that shares its address with one that is seen is seen, too.
 *   extent, sharing  of K or of V */
void sc_hidden_share(const struct sc_extent *extent, const struct sc_place_sharing *sharing,
                     uint8_t *seen);

#endif
