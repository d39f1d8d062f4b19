/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_PRODUCT_H
#define SC_REFERENCE_ORACLE_PRODUCT_H

#include "reference/oracle/tensorcore.h"
#include "spec/format.h"
#include "spec/schedule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The product sums of spec/schedule.h, a block of 16 consecutive terms at a time, for each core. */
#define SC_PRODUCT_TERMS SC_TENSORCORE_TERMS

/* Blocks of factors, as the core reads them: one side of 16 terms each. */
struct sc_product_blocks {
    enum sc_core core;
    struct sc_tensorcore_factors *decoded; /* of a tensor core, else NULL */
    float *value;                          /* of SC_CORE_FMA, SC_PRODUCT_TERMS a block, else NULL */
};

/* Makes `count` blocks. Returns whether there was memory; sc_product_blocks_destroy may be called
 * in either case, and on a struct of zeros. */
bool sc_product_blocks_create(struct sc_product_blocks *blocks, enum sc_core core, size_t count);
void sc_product_blocks_destroy(struct sc_product_blocks *blocks);

/* Fills block `n` with `count` values, in [0, SC_PRODUCT_TERMS], and zeros after them. Exact.
 *   format  one that has the values; bf16 or fp16 for a tensor core */
void sc_product_load(struct sc_product_blocks *blocks, int64_t n, enum sc_format format,
                     const float *x, int32_t count);

/* Continues `count` product sums by 16 terms: sums[m] by those of block n_a of a and of block
 * n_b + m * stride of b; both of one core.
 *   terms  bit t: term t exists. A tensor core does not look: where a term does not exist, both
 *          factors must be finite and one of them zero */
void sc_product_add(const struct sc_product_blocks *a, int64_t n_a,
                    const struct sc_product_blocks *b, int64_t n_b, int64_t stride, int32_t count,
                    uint32_t terms, float *sums);

#endif
