/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_MMA_DRAW_H
#define SC_TOOLS_MEASURE_MMA_DRAW_H

#include "tools/measure/mma.h"

/* Random tiles, each category aimed at a rule of reference/oracle/tensorcore.h. The numbers of the first ten are those of
 * tests/samples/h100/README.md. */
enum sc_mma_category {
    SC_MMA_NORMAL,     /* normal(0, 1) */
    SC_MMA_MIXED,      /* exponents 2^-12 to 2^12 side by side */
    SC_MMA_CANCELLING, /* products in pairs of opposite sign, all but the last bit of some */
    SC_MMA_WIDE,       /* any exponents with which few results are infinite */
    SC_MMA_SUBNORMAL,  /* factors about the least normal value, the other one often large */
    SC_MMA_TINY,  /* results about the subnormal numbers; products about E_min without an addend */
    SC_MMA_HUGE,  /* an addend far above the products */
    SC_MMA_ZEROS, /* three quarters of the factors are zeros of either sign */
    SC_MMA_ALIGNMENT, /* products and addend at the last bits that are kept beside the largest product */
    SC_MMA_OVERFLOW, /* results about 2^128, or factors about the largest of fp16 */
    SC_MMA_SPECIAL,  /* infinities and NaN among ordinary values */
    SC_MMA_CHAINED,  /* K = 16 to 256: sixteen steps through the accumulator */
    SC_MMA_CATEGORIES
};

const char *sc_mma_category_name(enum sc_mma_category category);

/* Steps of a tile of a category. */
#define SC_MMA_STEPS_MAX 16
int32_t sc_mma_category_steps(enum sc_mma_category category);

/* Draws tiles first .. first + batch->tiles - 1 of a category into a, b and c of a batch with its format and steps. A
 * tile depends on its number, category, format and the seed, and on nothing else. */
void sc_mma_draw(enum sc_mma_category category, uint64_t seed, int64_t first,
                 struct sc_mma_batch *batch);

#endif
