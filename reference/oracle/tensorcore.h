/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_TENSORCORE_H
#define SC_REFERENCE_ORACLE_TENSORCORE_H

#include "spec/format.h"
#include "spec/schedule.h"

#include <stdint.h>

/* Products per block: one step of the H100, two of the A100. */
#define SC_TENSORCORE_TERMS 16

/* The factors of one side of 16 products, in index order: significand * 2^(exponent - 10).
 *   finite     |significand| < 2048; a subnormal keeps the exponent of the least normal value
 *   zero       significand 0, exponent SC_TENSORCORE_ZERO
 *   infinity   significand 1 or -1, exponent SC_TENSORCORE_SPECIAL
 *   NaN        significand 0, exponent SC_TENSORCORE_SPECIAL
 * A product's exponent is the sum of two: the one mark takes it below every alignment, the other
 * above every finite product, the other factor being a zero or not. */
struct sc_tensorcore_factors {
    int16_t significand[SC_TENSORCORE_TERMS];
    int16_t exponent[SC_TENSORCORE_TERMS];
};
#define SC_TENSORCORE_ZERO    (-1024)
#define SC_TENSORCORE_SPECIAL 8192

/* Decodes values of a format. Exact.
 *   format  bf16 or fp16
 *   x       `count` values that the format has; bits beyond it are dropped
 *   count   in [0, SC_TENSORCORE_TERMS]; what follows is zero */
void sc_tensorcore_decode(enum sc_format format, const float *x, int32_t count,
                          struct sc_tensorcore_factors *factors);

/* sums[n] = sums[n] + sum over t of a_t b_nt in the arithmetic of the tensor core, to the last bit.
 *   core   SC_CORE_H100: one step of 16 products; SC_CORE_A100: two, of products 0-7 and 8-15
 *   a      one side of the products, the same for all sums
 *   b      the other: of sum n at b + n * stride
 *   count  sums, >= 0
 *   sums   fp32, any values
 * A step, with F = 25 and E_min = -133 on the H100, 24 and -132 on the A100:
 *   1. The exponent of a product is the sum of its factors' exponents, its significand in [0, 4).
 *      A subnormal factor or addend has the exponent of the least normal value. A product or
 *      addend that is zero has none. E is the largest exponent, at least E_min.
 *   2. Products and addend are each truncated toward zero to a multiple of 2^(E - F), then added
 *      exactly.
 *   3. The sum is rounded toward zero to fp32, subnormal results included; from 2^128 on it is
 *      infinite. A zero is +0, also where a negative sum underflows.
 *   4. A NaN factor or addend, 0 * inf, or infinities of both signs give the NaN 0x7fffffff; else
 *      an infinity among products and addend gives itself.
 * Source: reference/oracle/SCHEDULE.md; the H100 is measured, the A100 (and Ada) published. All in
 * integers: the floating-point environment does not matter. */
void sc_tensorcore_add(enum sc_core core, const struct sc_tensorcore_factors *a,
                       const struct sc_tensorcore_factors *b, int64_t stride, int32_t count,
                       float *sums);

/* The same without the instructions that sc_tensorcore_add uses where the processor has them. The
 * two are one text, compiled twice. */
void sc_tensorcore_add_portable(enum sc_core core, const struct sc_tensorcore_factors *a,
                                const struct sc_tensorcore_factors *b, int64_t stride,
                                int32_t count, float *sums);

#endif
