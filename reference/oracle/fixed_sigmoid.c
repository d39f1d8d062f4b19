/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_sigmoid.h"

#define LIMBS       SC_FIXED_SIGMOID_LIMBS
#define TABLE_LIMBS 4  /* of the table entries while they are made: 64 bits more than are kept */
#define TABLE_TERMS 64 /* 1/65! < 2^-302 */

/* 1/2!, 1/3!, 1/4!, 1/5!, rounded down: in hexadecimal .8, .2AAA.., .0AAA.., .0222.. */
#define FACTORS 4
static const mp_limb_t inverse_factorials[FACTORS][LIMBS] = {
    {0, 0, 0x8000000000000000},
    {0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaaa, 0x2aaaaaaaaaaaaaaa},
    {0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaaa, 0x0aaaaaaaaaaaaaaa},
    {0x2222222222222222, 0x2222222222222222, 0x0222222222222222},
};

/* x y for fractions of `limbs` limbs, rounded down. z may be x or y. */
static void multiply(mp_limb_t *z, const mp_limb_t *x, const mp_limb_t *y, int32_t limbs)
{
    mp_limb_t product[2 * TABLE_LIMBS];

    mpn_mul_n(product, x, y, limbs);
    mpn_copyi(z, product + limbs, limbs);
}

/* The largest fraction, which stands for 1. */
static void set_one(mp_limb_t *x, int32_t limbs)
{
    for (int32_t l = 0; l < limbs; l++) {
        x[l] = GMP_NUMB_MAX;
    }
}

/* x = e^(-2^-shift) to 3 units of 2^-256, by Horner's rule: y <- 1 - 2^-shift y / k for k from
 * TABLE_TERMS down to 1. The complement subtracts from 1 less a unit. shift < 64 */
static void exponential_of_power(mp_limb_t *x, unsigned shift)
{
    set_one(x, TABLE_LIMBS);
    for (mp_limb_t k = TABLE_TERMS; k >= 1; k--) {
        (void)mpn_divrem_1(x, 0, x, TABLE_LIMBS, k);
        if (shift > 0) {
            (void)mpn_rshift(x, x, TABLE_LIMBS, shift);
        }
        mpn_com(x, x, TABLE_LIMBS);
    }
}

/* e^(-2^-shift) to the powers 0 .. count - 1. */
static void fill_powers(mp_limb_t (*table)[LIMBS], int32_t count, unsigned shift)
{
    mp_limb_t base[TABLE_LIMBS];
    mp_limb_t power[TABLE_LIMBS];

    exponential_of_power(base, shift);
    set_one(power, TABLE_LIMBS);
    for (int32_t n = 0; n < count; n++) {
        mpn_copyi(table[n], power + (TABLE_LIMBS - LIMBS), LIMBS);
        multiply(power, power, base, TABLE_LIMBS);
    }
}

void sc_fixed_sigmoid_prepare(struct sc_fixed_sigmoid_table *table)
{
    fill_powers(table->integer, SC_FIXED_SIGMOID_INTEGERS, 0);
    for (int32_t t = 0; t < SC_FIXED_SIGMOID_BYTES; t++) {
        fill_powers(table->byte[t], 256, 8 * ((unsigned)t + 1));
    }
}

/* e^-r for r < 2^-32: 1 - r (1 - r (1/2! - r (1/3! - r (1/4! - r/5!)))). */
static void exponential_of_rest(mp_limb_t *y, const mp_limb_t *r)
{
    mpn_copyi(y, inverse_factorials[FACTORS - 1], LIMBS);
    for (int32_t n = FACTORS - 2; n >= 0; n--) {
        multiply(y, y, r, LIMBS);
        (void)mpn_sub_n(y, inverse_factorials[n], y, LIMBS);
    }
    multiply(y, y, r, LIMBS);
    mpn_com(y, y, LIMBS);
    multiply(y, y, r, LIMBS);
    mpn_com(y, y, LIMBS);
}

/* e = e^-s */
static void exponential(const struct sc_fixed_sigmoid_table *table, const mp_limb_t *s,
                        int32_t integer_limbs, mp_limb_t *e)
{
    const mp_limb_t *integer = s + LIMBS;
    const mp_limb_t leading = s[LIMBS - 1];
    const mp_limb_t rest[LIMBS] = {s[0], s[1], leading & 0xffffffff};

    if (integer[0] >= SC_FIXED_SIGMOID_INTEGERS ||
        (integer_limbs > 1 && mpn_zero_p(integer + 1, integer_limbs - 1) == 0)) {
        mpn_zero(e, LIMBS);
        return;
    }
    /* The smallest factor last: it shrinks the error of all before it. */
    exponential_of_rest(e, rest);
    for (int32_t t = SC_FIXED_SIGMOID_BYTES - 1; t >= 0; t--) {
        multiply(e, e, table->byte[t][leading >> (56 - 8 * t) & 0xff], LIMBS);
    }
    multiply(e, e, table->integer[integer[0]], LIMBS);
}

void sc_fixed_sigmoid(const struct sc_fixed_sigmoid_table *table, bool negative, const mp_limb_t *s,
                      int32_t integer_limbs, mp_limb_t *p, mp_limb_t *derivative)
{
    mp_limb_t dividend[2 * LIMBS]; /* 2^384 - 1: with 2^384, e = 0 would give p = 2^192 */
    mp_limb_t divisor[LIMBS + 1];
    mp_limb_t remainder[LIMBS + 1];
    mp_limb_t large[LIMBS]; /* sigma(|s|) */
    mp_limb_t small[LIMBS]; /* 1 - sigma(|s|) */

    exponential(table, s, integer_limbs, divisor);
    divisor[LIMBS] = 1;
    set_one(dividend, 2 * LIMBS);
    mpn_tdiv_qr(large, remainder, 0, dividend, 2 * LIMBS, divisor, LIMBS + 1);
    (void)mpn_neg(small, large, LIMBS);
    mpn_copyi(p, negative ? small : large, LIMBS);
    if (derivative != NULL) {
        multiply(derivative, large, small, LIMBS);
    }
}
