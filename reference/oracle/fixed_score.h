/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FIXED_SCORE_H
#define SC_REFERENCE_ORACLE_FIXED_SCORE_H

#include "reference/oracle/fixed_dot.h"

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

/* Scores as integers: |s| < 2^857 units of 2^-448. The unit is half of what is needed, so that the
 * integer part of s begins a limb. */
#define SC_FIXED_SCORE_UNIT  (-448)
#define SC_FIXED_SCORE_LIMBS 14

struct sc_fixed_score {
    bool negative; /* false for 0 */
    mp_limb_t magnitude[SC_FIXED_SCORE_LIMBS];
};

/* s = tau dot + bias - slope distance. Exact (reference/oracle/INTEGER.md, section 3).
 *   dot       of sc_fixed_dot
 *   tau       finite, > 0
 *   bias      finite
 *   slope     finite; 0 without ALiBi
 *   distance  in [0, SC_LENGTH_MAX] */
void sc_fixed_score(struct sc_fixed_score *score, const struct sc_fixed_dot *dot, float tau,
                    float bias, float slope, int32_t distance);

#endif
