/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_VALUE_H
#define SC_FUZZ_VALUE_H

#include "fuzz/exact.h"
#include "fuzz/prepared.h"
#include "fuzz/recipe.h"

#include <stdint.h>

/* The values of a recipe's inputs, each from the seed and its own place: Philox with the seed as the key and
 * (channel, row or key, head, tensor and entry) as the counter, rows and keys by the numbers that the recipe gives them.
 * Doubles are made of bits and integers, without libm, exact until they are rounded
 * once to the input format. */
struct sc_value_source {
    const struct sc_recipe *recipe; /* borrowed and kept */
    struct sc_extent extents[SC_TENSOR_D_O + 1];
    struct sc_exact exact;
    int32_t q_exponent, k_exponent; /* SC_VALUES_BIAS: of the two factors that the bias cancels */
};
struct sc_value_source sc_value_source(const struct sc_recipe *recipe);

/* A row of an input, decoded to fp32. `row` receives as many values as the tensor is wide. */
void sc_value_row(const struct sc_value_source *source, enum sc_tensor tensor, int32_t entry,
                  int32_t head, int32_t index, float *row);

/* The value at an address of a tensor whose rows overlap: elements from the first one. */
float sc_value_at(const struct sc_value_source *source, enum sc_tensor tensor, int64_t address);

/* Whether a cell of the mask of bytes is visible. Sequences or heads that share it are 0. */
uint8_t sc_value_cell(const struct sc_value_source *source, int32_t sequence, int32_t head,
                      int32_t row, int32_t key);

/* What a hidden element holds, decoded; not for SC_HIDDEN_DRAWN. */
float sc_value_hidden(const struct sc_recipe *recipe, int32_t channel);

#endif
