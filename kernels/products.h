/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRODUCTS_H
#define SC_KERNELS_PRODUCTS_H

#include "spec/attention.h"

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

/* One or the other of what a machine has, by a problem's lengths: for whoever tries both, and wants the same again for the
 * same problem, as the order in which db is added up differs. */
static inline enum sc_products sc_products_by_turns(enum sc_products most,
                                                    const struct sc_problem *problem)
{
    return (problem->n_q + problem->n_k) % 2 == 0 ? most : SC_PRODUCTS_WARP;
}

#endif
