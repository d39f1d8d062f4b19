/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_LIMBS_H
#define SC_TESTS_LIMBS_H

#include <gmp.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdint.h>

/* Integers of limbs against GMP's own integers, and reproducible random ones. */

static inline uint64_t limbs_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A random significand of 24 bits with any exponent of fp32, subnormal ones included. */
static inline float limbs_random_float(uint64_t *state)
{
    union {
        uint32_t bits;
        float value;
    } x = {.bits = (uint32_t)limbs_random(state)};

    if ((x.bits >> 23 & 0xff) == 0xff) {
        x.bits &= 0x80ffffff; /* a number, and a small one */
    }
    return x.value;
}

/* Random limbs in which runs of zeros and ones are likely. */
static inline void limbs_random_fill(mp_limb_t *x, int32_t limbs, uint64_t *state)
{
    for (int32_t l = 0; l < limbs; l++) {
        const uint64_t kind = limbs_random(state) % 4;
        x[l] = kind == 0 ? 0 : (kind == 1 ? GMP_NUMB_MAX : limbs_random(state));
    }
}

static inline void limbs_to_integer(mpz_ptr z, bool negative, const mp_limb_t *x, int32_t limbs)
{
    mpz_import(z, (size_t)limbs, -1, sizeof(mp_limb_t), 0, 0, x);
    if (negative) {
        mpz_neg(z, z);
    }
}

/* Limbs in two's complement. */
static inline void limbs_to_signed(mpz_ptr z, const mp_limb_t *x, int32_t limbs)
{
    limbs_to_integer(z, false, x, limbs);
    if (x[limbs - 1] >> (GMP_NUMB_BITS - 1) != 0) {
        mpz_t wrap;
        mpz_init(wrap);
        mpz_setbit(wrap, (mp_bitcnt_t)limbs * GMP_NUMB_BITS);
        mpz_sub(z, z, wrap);
        mpz_clear(wrap);
    }
}

/* x 2^-unit of a float, an exact integer where unit <= -149. */
static inline void limbs_from_float(mpz_ptr z, float x, int32_t unit)
{
    mpfr_t scaled;

    mpfr_init2(scaled, 64);
    (void)mpfr_set_flt(scaled, x, MPFR_RNDN);
    (void)mpfr_mul_2si(scaled, scaled, -(long)unit, MPFR_RNDN);
    (void)mpfr_get_z(z, scaled, MPFR_RNDN);
    mpfr_clear(scaled);
}

#endif
