/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_TENSORCORE_MODEL_H
#define SC_TESTS_TENSORCORE_MODEL_H

#include "spec/format.h"
#include "spec/schedule.h"

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

/* A tensor-core step by its four rules (reference/oracle/tensorcore.h) in exact integers, on
 * encodings: every number is an integer times 2^-MODEL_SCALE. Slow, and shares nothing with what
 * it checks but the names of cores and formats. */
#define MODEL_SCALE 512
#define MODEL_NAN   0x7fffffffu

/* sign * significand * 2^(exponent - width): bf16, fp16, or the fp32 addend. */
struct model_number {
    bool nan, infinite, negative;
    int32_t significand, exponent, width;
};

static inline struct model_number model_decode(uint32_t bits, int32_t exponent_bits, int32_t width)
{
    const int32_t bias = (1 << (exponent_bits - 1)) - 1;
    const int32_t field = (int32_t)(bits >> width) & ((1 << exponent_bits) - 1);
    const int32_t fraction = (int32_t)bits & ((1 << width) - 1);
    struct model_number x = {.negative = (bits >> (exponent_bits + width)) != 0, .width = width};

    x.nan = field == (1 << exponent_bits) - 1 && fraction != 0;
    x.infinite = field == (1 << exponent_bits) - 1 && fraction == 0;
    x.significand = field == 0 ? fraction : fraction + (1 << width);
    x.exponent = (field == 0 ? 1 : field) - bias;
    return x;
}

static inline struct model_number model_factor(enum sc_format format, uint16_t bits)
{
    return format == SC_FORMAT_BF16 ? model_decode(bits, 8, 7) : model_decode(bits, 5, 10);
}

static inline bool model_zero(struct model_number x)
{
    return !x.nan && !x.infinite && x.significand == 0;
}

/* The rules of a step: F, E_min, and others than a tensor core's, for tests that tell them apart. */
struct model_rules {
    int32_t fraction_bits, exponent_min;
    bool floor;   /* products and addend are rounded down, not toward zero */
    bool nearest; /* the sum is rounded to nearest, ties to even, not toward zero */
};
static const struct model_rules model_h100 = {25, -133, false, false};
static const struct model_rules model_a100 = {24, -132, false, false};

/* Adds the sign * significand * 2^exponent, truncated toward zero, or rounded down, to a multiple of 2^unit, to
 * sum. */
static inline void model_truncate(mpz_t sum, bool negative, int64_t significand, int32_t exponent,
                                  int32_t unit, bool floor)
{
    mpz_t term;

    if (significand == 0) {
        return;
    }
    mpz_init_set_si(term, (long)significand);
    mpz_mul_2exp(term, term, (mp_bitcnt_t)(exponent + MODEL_SCALE));
    if (floor && negative) {
        mpz_cdiv_q_2exp(term, term, (mp_bitcnt_t)(unit + MODEL_SCALE));
    } else {
        mpz_tdiv_q_2exp(term, term, (mp_bitcnt_t)(unit + MODEL_SCALE));
    }
    mpz_mul_2exp(term, term, (mp_bitcnt_t)(unit + MODEL_SCALE));
    if (negative) {
        mpz_sub(sum, sum, term);
    } else {
        mpz_add(sum, sum, term);
    }
    mpz_clear(term);
}

/* Toward zero, or to nearest, to fp32: the multiples of 2^-149 with at most 24 bits. */
static inline uint32_t model_round(mpz_t sum, bool nearest)
{
    const uint32_t sign = mpz_sgn(sum) < 0 ? 0x80000000u : 0;
    mpz_t kept;

    mpz_init(kept);
    mpz_abs(kept, sum);
    int32_t last = (int32_t)mpz_sizeinbase(kept, 2) - 24 - MODEL_SCALE;
    last = last < -149 ? -149 : last;
    const mp_bitcnt_t drop = (mp_bitcnt_t)(last + MODEL_SCALE);
    const bool up = nearest && mpz_tstbit(kept, drop - 1) != 0 &&
                    (mpz_tstbit(kept, drop) != 0 || mpz_scan1(kept, 0) < drop - 1);
    mpz_tdiv_q_2exp(kept, kept, drop);
    if (up) {
        mpz_add_ui(kept, kept, 1);
        if (mpz_sizeinbase(kept, 2) > 24) {
            mpz_tdiv_q_2exp(kept, kept, 1);
            last++;
        }
    }
    const uint32_t significand = (uint32_t)mpz_get_ui(kept);
    mpz_clear(kept);
    if (significand == 0) {
        return 0;
    }
    if (last > 127 - 23) {
        return sign | 0x7f800000u;
    }
    if (significand < 0x800000u) {
        return sign | significand;
    }
    return sign | (uint32_t)(last + 150) << 23 | (significand & 0x7fffffu);
}

/* Rule 4. Whether it applies; then *result. */
static inline bool model_special(enum sc_format format, const uint16_t *a, const uint16_t *b,
                                 int32_t terms, struct model_number c, uint32_t *result)
{
    bool nan = c.nan, up = c.infinite && !c.negative, down = c.infinite && c.negative;

    for (int32_t t = 0; t < terms; t++) {
        const struct model_number x = model_factor(format, a[t]), y = model_factor(format, b[t]);
        const bool infinite = x.infinite || y.infinite;
        nan = nan || x.nan || y.nan || (infinite && (model_zero(x) || model_zero(y)));
        up = up || (infinite && x.negative == y.negative);
        down = down || (infinite && x.negative != y.negative);
    }
    *result = nan || (up && down) ? MODEL_NAN : up ? 0x7f800000u : 0xff800000u;
    return nan || up || down;
}

/* One step of `terms` products. */
static inline uint32_t model_step(enum sc_format format, const uint16_t *a, const uint16_t *b,
                                  uint32_t addend, int32_t terms, struct model_rules rules)
{
    const struct model_number c = model_decode(addend, 8, 23);
    int32_t largest = rules.exponent_min;
    uint32_t result;
    mpz_t sum;

    if (model_special(format, a, b, terms, c, &result)) {
        return result;
    }
    if (!model_zero(c) && c.exponent > largest) {
        largest = c.exponent;
    }
    for (int32_t t = 0; t < terms; t++) {
        const struct model_number x = model_factor(format, a[t]), y = model_factor(format, b[t]);
        if (!model_zero(x) && !model_zero(y) && x.exponent + y.exponent > largest) {
            largest = x.exponent + y.exponent;
        }
    }
    mpz_init(sum);
    model_truncate(sum, c.negative, c.significand, c.exponent - c.width,
                   largest - rules.fraction_bits, rules.floor);
    for (int32_t t = 0; t < terms; t++) {
        const struct model_number x = model_factor(format, a[t]), y = model_factor(format, b[t]);
        model_truncate(sum, x.negative != y.negative, (int64_t)x.significand * y.significand,
                       x.exponent + y.exponent - x.width - y.width, largest - rules.fraction_bits,
                       rules.floor);
    }
    result = model_round(sum, rules.nearest);
    mpz_clear(sum);
    return result;
}

/* 16 products: a step of the H100, two of the A100. */
static inline uint32_t model_add(enum sc_core core, enum sc_format format, const uint16_t *a,
                                 const uint16_t *b, uint32_t addend)
{
    if (core == SC_CORE_H100) {
        return model_step(format, a, b, addend, 16, model_h100);
    }
    addend = model_step(format, a, b, addend, 8, model_a100);
    return model_step(format, a + 8, b + 8, addend, 8, model_a100);
}

#endif
