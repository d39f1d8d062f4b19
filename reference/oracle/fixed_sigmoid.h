/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FIXED_SIGMOID_H
#define SC_REFERENCE_ORACLE_FIXED_SIGMOID_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

/* The sigmoid in fixed point: unsigned numbers in units of 2^-192. */
#define SC_FIXED_SIGMOID_UNIT  (-192)
#define SC_FIXED_SIGMOID_LIMBS 3

/* Units by which p and p (1 - p) are off at most (reference/oracle/INTEGER.md, section 4). */
#define SC_FIXED_SIGMOID_ERROR            4
#define SC_FIXED_SIGMOID_DERIVATIVE_ERROR 4

/* From |s| = 134 on, e^-|s| is less than one unit. */
#define SC_FIXED_SIGMOID_INTEGERS 134
#define SC_FIXED_SIGMOID_BYTES    4 /* leading bytes of the fraction that have a table */

/* e^-x, rounded down but for 2^-54 units: 1 is 2^192 - 1 units. */
struct sc_fixed_sigmoid_table {
    mp_limb_t integer[SC_FIXED_SIGMOID_INTEGERS][SC_FIXED_SIGMOID_LIMBS]; /* x = 0, 1, .. */
    /* x = f 2^(-8 (t + 1)) */
    mp_limb_t byte[SC_FIXED_SIGMOID_BYTES][256][SC_FIXED_SIGMOID_LIMBS];
};

/* Fills the table. Needs no floating point. */
void sc_fixed_sigmoid_prepare(struct sc_fixed_sigmoid_table *table);

/* p = sigma(s) = 1 / (1 + e^-s) and its derivative p (1 - p), for one s.
 *   table       of sc_fixed_sigmoid_prepare
 *   negative    whether s is; any for 0
 *   s           |s| rounded down: SC_FIXED_SIGMOID_LIMBS limbs of fraction, then `integer_limbs`
 *   p           receives SC_FIXED_SIGMOID_LIMBS limbs, in [1, 2^192 - 1]: within 4 units of sigma of
 *               every s that rounds down so
 *   derivative  receives as many limbs, in [0, 2^190]: within 4 units; NULL: not wanted */
void sc_fixed_sigmoid(const struct sc_fixed_sigmoid_table *table, bool negative, const mp_limb_t *s,
                      int32_t integer_limbs, mp_limb_t *p, mp_limb_t *derivative);

#endif
