/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FIXED_ENCLOSURE_H
#define SC_REFERENCE_ORACLE_FIXED_ENCLOSURE_H

#include "reference/oracle/enclosure.h"

#include <gmp.h>
#include <stdint.h>

/* From wide integers to doubles. Round to nearest and subnormals are needed
 * (reference/oracle/environment.h checks both). */

#define SC_FIXED_ENCLOSURE_LIMBS_MAX 18

/* The least double >= x 2^unit.
 *   x      `limbs` limbs, unsigned
 *   limbs  in [1, SC_FIXED_ENCLOSURE_LIMBS_MAX]
 *   unit   with -1022 <= unit and x 2^unit below 2^1023, so that no end is subnormal or infinite */
double sc_fixed_enclosure_above(const mp_limb_t *x, int32_t limbs, int32_t unit);

/* The least interval of doubles that holds scale (x +- r) 2^unit, r the radius rounded up to an integer;
 * zeros are +0.
 *   x       `limbs` limbs, two's complement
 *   limbs   in [1, SC_FIXED_ENCLOSURE_LIMBS_MAX]
 *   radius  in units, >= 0; |x| + radius < 2^(64 limbs - 26)
 *   scale   finite, > 0
 *   unit    with -873 <= unit, and the result below 2^1023 */
struct sc_enclosure sc_fixed_enclosure(const mp_limb_t *x, int32_t limbs, double radius,
                                       float scale, int32_t unit);

#endif
