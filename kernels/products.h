/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRODUCTS_H
#define SC_KERNELS_PRODUCTS_H

#include <stdint.h>

/* What multiplies matrices on tensor cores. The results are the same, bit for bit. */
enum sc_products {
    SC_PRODUCTS_WARP, /* mma.sync: compute capability 8.0 and later */
    SC_PRODUCTS_GROUP /* wgmma, in the passes and for the widths that have it, else mma.sync: 9.0 alone */
};

/* Of a device of a compute capability: of 9.0, 9. */
static inline enum sc_products sc_products_of(int32_t generation)
{
    return generation == 9 ? SC_PRODUCTS_GROUP : SC_PRODUCTS_WARP;
}

/* One of those that a machine has, for whoever tries all. */
static inline enum sc_products sc_products_drawn(enum sc_products most, uint64_t seed)
{
    return seed % 2 == 0 ? most : SC_PRODUCTS_WARP;
}

#endif
