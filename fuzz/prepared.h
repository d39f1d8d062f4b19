/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_PREPARED_H
#define SC_FUZZ_PREPARED_H

#include "fuzz/generate.h"
#include "fuzz/recipe.h"

#include <stdbool.h>
#include <stdint.h>

/* The tensors of a call. */
enum sc_tensor {
    SC_TENSOR_Q,
    SC_TENSOR_K,
    SC_TENSOR_V,
    SC_TENSOR_D_O,
    SC_TENSOR_O, /* outputs from here on */
    SC_TENSOR_D_Q,
    SC_TENSOR_D_K,
    SC_TENSOR_D_V,
    SC_TENSORS
};

/* Where a kernel finds a tensor: strides in elements, and how many elements past a boundary of 256 bytes its
 * element 0 lies. */
struct sc_placement {
    struct sc_layout layout;
    int32_t base;
};

/* A recipe made real. */
struct sc_prepared {
    struct sc_recipe recipe;
    /* As oracle and judge see it: tensors without gaps, every row of them, hidden ones included. d_o is NULL without the
     * backward pass. Its `mask` and `values` say nothing: the recipe does. */
    struct sc_case c;
    /* As the kernel sees it; what they place is the same problem. */
    struct sc_placement places[SC_TENSORS];
    uint64_t hash; /* of problem, placements and inputs, bit for bit */
};

/* Makes a recipe real: the same bits on every machine. Where places of an input share an address, they hold the same
 * value; a key that no row sees anywhere holds what the recipe says of hidden places.
 *   recipe    valid (sc_recipe_check)
 *   prepared  receives it; sc_prepared_destroy frees what it holds
 * SC_E_INPUT the recipe states a hash and it is another one. SC_E_MEMORY. Then *prepared holds nothing. */
enum sc_status sc_prepared_create(const struct sc_recipe *recipe, struct sc_prepared *prepared,
                                  struct sc_error *error);
void sc_prepared_destroy(struct sc_prepared *prepared);

/* The hash of what is there: FNV-1a over the version of case lines, the numbers and arrays of the problem, the
 * placements, and the bits of Q, K, V and dO in their format. */
uint64_t sc_prepared_hash(const struct sc_prepared *prepared);

/* Entries, heads, rows and width of a tensor, and its format. */
struct sc_extent {
    int32_t entries, heads, rows, width;
    enum sc_format format;
};
struct sc_extent sc_prepared_extent(const struct sc_problem *problem, enum sc_tensor tensor);

/* Elements of a tensor without gaps, and the index in it of channel 0 of a row. */
int64_t sc_extent_elements(const struct sc_extent *extent);
int64_t sc_extent_row(const struct sc_extent *extent, int32_t entry, int32_t head, int32_t row);

/* "dQ" */
const char *sc_tensor_name(enum sc_tensor tensor);

#endif
