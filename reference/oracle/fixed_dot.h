/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FIXED_DOT_H
#define SC_REFERENCE_ORACLE_FIXED_DOT_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

/* Dot products of fp32 vectors as integers: |sum| < 2^578 units of 2^-298. */
#define SC_FIXED_DOT_UNIT  (-298)
#define SC_FIXED_DOT_LIMBS 10

struct sc_fixed_dot {
    bool negative; /* false for 0 */
    mp_limb_t magnitude[SC_FIXED_DOT_LIMBS];
};

/* sum over c of x_c y_c. Exact, for any cancellation (reference/oracle/INTEGER.md, section 2).
 *   x, y   count finite values
 *   count  in [0, SC_LENGTH_MAX] */
void sc_fixed_dot(struct sc_fixed_dot *dot, const float *x, const float *y, int32_t count);

#endif
