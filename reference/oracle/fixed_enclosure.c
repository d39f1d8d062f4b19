/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_enclosure.h"

#include "reference/oracle/fixed_float.h"

#include <math.h>
#include <stdbool.h>

#define DOUBLE_BITS 53

/* The double next to x 2^unit, or x 2^unit itself where it is one: away from zero or toward it. */
static double to_double(const mp_limb_t *x, int32_t limbs, int32_t unit, bool away)
{
    while (limbs > 0 && x[limbs - 1] == 0) {
        limbs--;
    }
    if (limbs == 0) {
        return 0.0;
    }
    /* The leading 64 bits, and whether any bit that is cut off is set. */
    const int32_t zeros = __builtin_clzll(x[limbs - 1]);
    mp_limb_t leading = x[limbs - 1] << zeros;
    mp_limb_t cut = 0;
    if (limbs > 1) {
        leading |= zeros > 0 ? x[limbs - 2] >> (GMP_NUMB_BITS - zeros) : 0;
        cut = x[limbs - 2] << zeros;
    }
    for (int32_t l = 0; l < limbs - 2; l++) {
        cut |= x[l];
    }
    cut |= leading << DOUBLE_BITS;
    leading = (leading >> (GMP_NUMB_BITS - DOUBLE_BITS)) + (away && cut != 0 ? 1 : 0);
    return ldexp((double)leading, GMP_NUMB_BITS * limbs - zeros - DOUBLE_BITS + unit);
}

double sc_fixed_enclosure_above(const mp_limb_t *x, int32_t limbs, int32_t unit)
{
    return to_double(x, limbs, unit, true);
}

/* The least integer >= radius. It fits. */
static void round_radius_up(mp_limb_t *x, int32_t limbs, double radius)
{
    int exponent = 0;
    const double fraction = frexp(radius, &exponent);
    const mp_limb_t significand = (mp_limb_t)ldexp(fraction, DOUBLE_BITS);
    const int32_t shift = exponent - DOUBLE_BITS;

    mpn_zero(x, limbs);
    if (shift <= 0) {
        const double integer = ceil(radius); /* below 2^53 */
        x[0] = (mp_limb_t)integer;
        return;
    }
    const int32_t place = shift / GMP_NUMB_BITS;
    const int32_t rest = shift % GMP_NUMB_BITS;
    x[place] = significand << rest;
    if (rest > GMP_NUMB_BITS - DOUBLE_BITS) {
        x[place + 1] = significand >> (GMP_NUMB_BITS - rest);
    }
}

/* x significand 2^unit, rounded up or down; x in two's complement, overwritten. */
static double scaled_end(mp_limb_t *x, int32_t limbs, mp_limb_t significand, int32_t unit, bool up)
{
    const bool negative = x[limbs - 1] >> (GMP_NUMB_BITS - 1) != 0;

    if (negative) {
        (void)mpn_neg(x, x, limbs);
    }
    (void)mpn_mul_1(x, x, limbs, significand);
    const double magnitude = to_double(x, limbs, unit, negative != up);
    return negative ? -magnitude : magnitude; /* never -0: a negative end is not 0 */
}

struct sc_enclosure sc_fixed_enclosure(const mp_limb_t *x, int32_t limbs, double radius,
                                       float scale, int32_t unit)
{
    const struct sc_fixed_float factor = sc_fixed_float_decode(scale);
    const int32_t factor_unit = unit + factor.exponent + SC_FIXED_FLOAT_UNIT;
    mp_limb_t r[SC_FIXED_ENCLOSURE_LIMBS_MAX];
    mp_limb_t end[SC_FIXED_ENCLOSURE_LIMBS_MAX];
    struct sc_enclosure result;

    round_radius_up(r, limbs, radius);
    (void)mpn_sub_n(end, x, r, limbs);
    result.lo = scaled_end(end, limbs, factor.significand, factor_unit, false);
    (void)mpn_add_n(end, x, r, limbs);
    result.hi = scaled_end(end, limbs, factor.significand, factor_unit, true);
    return result;
}
