/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_KERNELS_PRODUCT_H
#define SC_TESTS_KERNELS_PRODUCT_H

#include <stdint.h>

/* Kernels for tests/group.c: each warpgroup of a block multiplies its own A, 64 x 64, with B, and has the sum over k in
 * pieces of 16 from the first on; then D / 2 + A B once more. */

#define PRODUCT_K 64

struct product {
    const uint16_t *a; /* a[64 warpgroups][64] */
    const uint16_t *b; /* "rows": b[n][64], the transpose of B; "columns": b[64][n] */
    float *out;        /* out[64 warpgroups][n] */
    int32_t n;
    int32_t threads;
};

#endif
