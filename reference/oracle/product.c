/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/product.h"

#include <math.h>
#include <stdlib.h>

bool sc_product_blocks_create(struct sc_product_blocks *blocks, enum sc_core core, size_t count)
{
    const size_t room = count + 1; /* + 1: calloc(0) may be NULL */

    *blocks = (struct sc_product_blocks){.core = core};
    if (core == SC_CORE_FMA) {
        blocks->value = calloc(room, SC_PRODUCT_TERMS * sizeof(float));
        return blocks->value != NULL;
    }
    blocks->decoded = calloc(room, sizeof(struct sc_tensorcore_factors));
    return blocks->decoded != NULL;
}

void sc_product_blocks_destroy(struct sc_product_blocks *blocks)
{
    free(blocks->decoded);
    free(blocks->value);
}

void sc_product_load(struct sc_product_blocks *blocks, int64_t n, enum sc_format format,
                     const float *x, int32_t count)
{
    if (blocks->core != SC_CORE_FMA) {
        sc_tensorcore_decode(format, x, count, &blocks->decoded[n]);
        return;
    }
    for (int32_t t = 0; t < SC_PRODUCT_TERMS; t++) {
        blocks->value[n * SC_PRODUCT_TERMS + t] = t < count ? x[t] : 0.0f;
    }
}

void sc_product_add(const struct sc_product_blocks *a, int64_t n_a,
                    const struct sc_product_blocks *b, int64_t n_b, int64_t stride, int32_t count,
                    uint32_t terms, float *sums)
{
    if (a->core != SC_CORE_FMA) {
        sc_tensorcore_add(a->core, &a->decoded[n_a], &b->decoded[n_b], stride, count, sums);
        return;
    }
    const float *x = a->value + n_a * SC_PRODUCT_TERMS;

    for (int32_t m = 0; m < count; m++) {
        const float *y = b->value + (n_b + m * stride) * SC_PRODUCT_TERMS;
        for (int32_t t = 0; t < SC_PRODUCT_TERMS; t++) {
            if ((terms >> t & 1) != 0) {
                sums[m] = fmaf(x[t], y[t], sums[m]);
            }
        }
    }
}
