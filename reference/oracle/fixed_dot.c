/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_dot.h"

#include "reference/oracle/fixed_float.h"

_Static_assert(GMP_NUMB_BITS == 64, "limbs of 64 bits without nails");

/* Bin h holds units of 2^(32 h - 298). A product is below 2^48 at a position of at most 2 * 253 = 506,
 * so it is below 2^79 in bin 15 or less, and 2^24 of them are below 2^103. */
#define BIN_BITS_LOG2 5
#define BIN_BITS      (1 << BIN_BITS_LOG2)
#define BINS          16

/* Carries the bins into digits of BIN_BITS bits, two a limb: two's complement. */
static void carry_bins(mp_limb_t *sum, const __int128 *bins)
{
    __int128 carry = 0;

    for (int32_t h = 0; h < 2 * SC_FIXED_DOT_LIMBS; h++) {
        carry += h < BINS ? bins[h] : 0;
        const mp_limb_t digit = (uint32_t)carry;
        sum[h / 2] = h % 2 == 0 ? digit : sum[h / 2] | digit << BIN_BITS;
        carry >>= BIN_BITS; /* rounds down: gcc and clang shift the sign in */
    }
}

void sc_fixed_dot(struct sc_fixed_dot *dot, const float *x, const float *y, int32_t count)
{
    __int128 bins[BINS] = {0};

    for (int32_t c = 0; c < count; c++) {
        const struct sc_fixed_float a = sc_fixed_float_decode(x[c]);
        const struct sc_fixed_float b = sc_fixed_float_decode(y[c]);
        const int32_t position = a.exponent + b.exponent;
        const int64_t shifted = (int64_t)b.significand << (position & (BIN_BITS - 1));
        const int64_t sign = 1 - 2 * (a.negative != b.negative); /* no branch: it has no pattern */
        bins[position >> BIN_BITS_LOG2] += (__int128)(a.significand * sign) * shifted;
    }
    carry_bins(dot->magnitude, bins);
    dot->negative = dot->magnitude[SC_FIXED_DOT_LIMBS - 1] >> 63 != 0;
    if (dot->negative) {
        (void)mpn_neg(dot->magnitude, dot->magnitude, SC_FIXED_DOT_LIMBS);
    }
}
