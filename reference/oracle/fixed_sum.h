/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FIXED_SUM_H
#define SC_REFERENCE_ORACLE_FIXED_SUM_H

#include "reference/oracle/enclosure.h"
#include "reference/status.h"

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

/* Exact sums of products (fixed-point number) * (fp32 value), for all channels of a row at once. */

#define SC_FIXED_SUM_FACTOR_LIMBS_MAX 13

/* A fixed-point number, prepared for products. A float's exponent e shifts it by 64 (e / 64) + 32 h +
 * e % 32 bits, h = 0 or 1: limbs, one of two copies, and a significand that stays within a limb. */
struct sc_fixed_sum_factor {
    bool negative;
    double weight;        /* >= 0, of the error that its products have */
    int32_t begin, count; /* the limbs of the copies without the zeros that both have at an end */
    mp_limb_t copies[2][SC_FIXED_SUM_FACTOR_LIMBS_MAX + 1]; /* the magnitude, and 2^32 times that */
};

/* Prepares a factor.
 *   x       its magnitude, `limbs` limbs
 *   limbs   in [1, SC_FIXED_SUM_FACTOR_LIMBS_MAX]
 *   weight  >= 0 */
void sc_fixed_sum_prepare(struct sc_fixed_sum_factor *factor, const mp_limb_t *x, int32_t limbs,
                          bool negative, double weight);

/* Sums of `width` channels, in units of 2^-149 times that of the factors. Of each channel there are two
 * sums of magnitudes: of the terms > 0, then of the others. */
struct sc_fixed_sum {
    int32_t width, limbs;
    mp_limb_t *terms; /* [width][2][limbs] */
    double *mass;     /* [width]: sum of weight |x_c|, rounded to nearest */
};

/* Allocates sums of 0.
 *   width  in [1, SC_LENGTH_MAX]
 *   limbs  in [1, SC_FIXED_ENCLOSURE_LIMBS_MAX]
 * SC_E_MEMORY. sc_fixed_sum_destroy frees what there is; all zeros are an empty struct. */
enum sc_status sc_fixed_sum_create(struct sc_fixed_sum *sum, int32_t width, int32_t limbs,
                                   struct sc_error *error);
void sc_fixed_sum_destroy(struct sc_fixed_sum *sum);

/* Sets all sums to 0. */
void sc_fixed_sum_clear(struct sc_fixed_sum *sum);

/* Adds factor * x_c to sum c. Exact while the magnitudes of a sum's terms stay below 2^(64 limbs)
 * (reference/oracle/INTEGER.md, sections 5 and 6).
 *   x  `width` finite values */
void sc_fixed_sum_add(struct sc_fixed_sum *sum, const struct sc_fixed_sum_factor *factor,
                      const float *x);

/* Encloses scale * (sum c), given that each factor is off by at most `error` times its weight. The
 * radius is scale * error * sum of weight |x_c|, at most 1.11 times that and a unit.
 *   unit   of the factors: their limbs count 2^unit
 *   scale  finite, > 0
 * After up to 2^48 calls of sc_fixed_sum_add. Limits: those of sc_fixed_enclosure. */
struct sc_enclosure sc_fixed_sum_enclose(const struct sc_fixed_sum *sum, int32_t c, int32_t unit,
                                         double error, float scale);

#endif
