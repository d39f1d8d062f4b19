/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_score.h"

#include "reference/oracle/fixed_float.h"

/* A float of exponent e is significand 2^(e + FLOAT_SHIFT) units of the score, and a product of one
 * with a dot product significand 2^(e + DOT_SHIFT). */
#define FLOAT_SHIFT (SC_FIXED_FLOAT_UNIT - SC_FIXED_SCORE_UNIT)
#define DOT_SHIFT   (SC_FIXED_FLOAT_UNIT + SC_FIXED_DOT_UNIT - SC_FIXED_SCORE_UNIT)

/* s += x 2^shift or s -= x 2^shift, in two's complement. x has `limbs` limbs, at most those of a dot
 * product, and with the shift it lies within s. */
static void add_shifted(mp_limb_t *s, bool negative, const mp_limb_t *x, int32_t limbs,
                        int32_t shift)
{
    const int32_t place = shift / GMP_NUMB_BITS;
    const int32_t room = SC_FIXED_SCORE_LIMBS - place;
    mp_limb_t shifted[SC_FIXED_DOT_LIMBS + 1];

    if (shift % GMP_NUMB_BITS == 0) {
        mpn_copyi(shifted, x, limbs);
        shifted[limbs] = 0;
    } else {
        shifted[limbs] = mpn_lshift(shifted, x, limbs, (unsigned)(shift % GMP_NUMB_BITS));
    }
    if (negative) {
        (void)mpn_sub(s + place, s + place, room, shifted, limbs + 1);
    } else {
        (void)mpn_add(s + place, s + place, room, shifted, limbs + 1);
    }
}

void sc_fixed_score(struct sc_fixed_score *score, const struct sc_fixed_dot *dot, float tau,
                    float bias, float slope, int32_t distance)
{
    const struct sc_fixed_float scale = sc_fixed_float_decode(tau);
    const struct sc_fixed_float shift = sc_fixed_float_decode(bias);
    const struct sc_fixed_float decline = sc_fixed_float_decode(slope);
    const mp_limb_t constant = shift.significand;
    const mp_limb_t alibi = (mp_limb_t)decline.significand * (mp_limb_t)distance; /* 49 bits */
    mp_limb_t *s = score->magnitude;
    mp_limb_t product[SC_FIXED_DOT_LIMBS];

    mpn_zero(s, SC_FIXED_SCORE_LIMBS);
    (void)mpn_mul_1(product, dot->magnitude, SC_FIXED_DOT_LIMBS, scale.significand); /* 602 bits */
    add_shifted(s, dot->negative, product, SC_FIXED_DOT_LIMBS, scale.exponent + DOT_SHIFT);
    add_shifted(s, shift.negative, &constant, 1, shift.exponent + FLOAT_SHIFT);
    add_shifted(s, !decline.negative, &alibi, 1, decline.exponent + FLOAT_SHIFT);
    score->negative = s[SC_FIXED_SCORE_LIMBS - 1] >> 63 != 0;
    if (score->negative) {
        (void)mpn_neg(s, s, SC_FIXED_SCORE_LIMBS);
    }
}
