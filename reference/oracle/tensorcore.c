/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/tensorcore.h"

#include <stdbool.h>
#include <string.h>

/* Shifting each of 8 lanes by a count of its own needs AVX2, which makes a step two to three times
 * as fast. It is chosen when called and not by the loader (target_clones), which would do so before
 * the sanitizers' run-time library is ready: so tests run both. */
#if defined(__GNUC__) && defined(__x86_64__)
#define SC_TENSORCORE_AVX2 1
#else
#define SC_TENSORCORE_AVX2 0
#endif

#define PRODUCT_BITS     20   /* fraction bits of a product: twice the 10 of a factor */
#define FLOAT_BITS       23   /* fraction bits of fp32 */
#define FLOAT_LEAST      -126 /* exponent of its least normal value */
#define FLOAT_INFINITY   0x7f800000u
#define FLOAT_HIDDEN     0x800000u
#define EXPONENT_LARGEST 254 /* of a finite product: 127 + 127 */

/* What differs between the cores. Constants where `step` is inlined. */
struct rules {
    int32_t terms;         /* products of a step */
    int32_t fraction_bits; /* F */
    int32_t exponent_min;  /* E_min */
};

static const struct rules h100 = {16, 25, -133};
static const struct rules a100 = {8, 24, -132};

static uint32_t to_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void sc_tensorcore_decode(enum sc_format format, const float *x, int32_t count,
                          struct sc_tensorcore_factors *factors)
{
    const int32_t least = sc_format_exponent_min(format);

    for (int32_t t = 0; t < SC_TENSORCORE_TERMS; t++) {
        const uint32_t bits = t < count ? to_bits(x[t]) : 0;
        const int32_t field = (int32_t)(bits >> FLOAT_BITS & 255);
        const uint32_t fraction = bits & (FLOAT_HIDDEN - 1);
        const int32_t exponent = (field == 0 ? 1 : field) - 127;
        const int32_t below = exponent < least ? least - exponent : 0;
        /* Both formats have at most 10 fraction bits; a subnormal of fp16 is normal in fp32. */
        const int32_t drop = FLOAT_BITS - 10 + (below < 18 ? below : 18);
        int32_t significand = (int32_t)((field == 0 ? fraction : fraction | FLOAT_HIDDEN) >> drop);
        int32_t scale = significand == 0 ? SC_TENSORCORE_ZERO : exponent + below;

        if (field == 255) {
            significand = fraction == 0 ? 1 : 0;
            scale = SC_TENSORCORE_SPECIAL;
        }
        factors->significand[t] = (int16_t)(bits >> 31 != 0 ? -significand : significand);
        factors->exponent[t] = (int16_t)scale;
    }
}

/* A step in which a factor or the addend is an infinity or a NaN. */
static float step_special(const struct sc_tensorcore_factors *a,
                          const struct sc_tensorcore_factors *b, float addend, int32_t first,
                          int32_t terms)
{
    const uint32_t bits = to_bits(addend);
    const uint32_t magnitude = bits & 0x7fffffffu;
    bool negative = magnitude == FLOAT_INFINITY && bits != magnitude;
    bool positive = magnitude == FLOAT_INFINITY && bits == magnitude;
    bool none = magnitude > FLOAT_INFINITY; /* no number */

    for (int32_t t = first; t < first + terms; t++) {
        if (a->exponent[t] == SC_TENSORCORE_SPECIAL || b->exponent[t] == SC_TENSORCORE_SPECIAL) {
            /* A factor of significand 0 is a NaN, or the zero of 0 * inf. */
            const int32_t sign = a->significand[t] * b->significand[t];
            none = none || sign == 0;
            negative = negative || sign < 0;
            positive = positive || sign > 0;
        }
    }
    if (none || (negative && positive)) {
        return from_bits(0x7fffffffu);
    }
    return from_bits(negative ? 0x80000000u | FLOAT_INFINITY : FLOAT_INFINITY);
}

/* sum * 2^scale rounded toward zero to fp32; |sum| < 2^32, scale in [-158, 229]. */
static inline __attribute__((always_inline)) float truncate_sum(int64_t sum, int32_t scale)
{
    if (sum == 0) {
        return 0.0f;
    }
    const uint32_t sign = sum < 0 ? 0x80000000u : 0;
    const uint32_t magnitude = (uint32_t)(sum < 0 ? -sum : sum);
    const int32_t exponent = scale + 31 - __builtin_clz(magnitude);
    const bool normal = exponent >= FLOAT_LEAST;
    const int32_t drop = (normal ? exponent : FLOAT_LEAST) - FLOAT_BITS - scale; /* in [-23, 9] */
    const uint32_t kept = drop < 0 ? magnitude << -drop : magnitude >> drop;

    if (kept == 0) {
        return 0.0f;
    }
    if (exponent > 127) {
        return from_bits(sign | FLOAT_INFINITY);
    }
    /* The hidden bit in `kept` is one more step of the exponent field. */
    const uint32_t field = normal ? (uint32_t)(exponent - FLOAT_LEAST) << FLOAT_BITS : 0;
    return from_bits(sign | (field + kept));
}

/* One step: the products from `first` on and the addend. Why no integer overflows:
 * reference/oracle/SCHEDULE.md. */
static inline __attribute__((always_inline)) float step(struct rules rules,
                                                        const struct sc_tensorcore_factors *a,
                                                        const struct sc_tensorcore_factors *b,
                                                        float addend, int32_t first)
{
    const uint32_t bits = to_bits(addend);
    const int32_t field = (int32_t)(bits >> FLOAT_BITS & 255);
    const uint32_t fraction = bits & (FLOAT_HIDDEN - 1);
    const uint32_t significand = field == 0 ? fraction : fraction | FLOAT_HIDDEN;
    const int32_t exponent = (field == 0 ? 1 : field) - 127;
    int16_t exponents[SC_TENSORCORE_TERMS];
    int16_t largest = (int16_t)rules.exponent_min;
    int32_t sum = 0;

    for (int32_t t = 0; t < rules.terms; t++) {
        exponents[t] = (int16_t)(a->exponent[first + t] + b->exponent[first + t]);
        largest = exponents[t] > largest ? exponents[t] : largest;
    }
    if (largest > EXPONENT_LARGEST || field == 255) {
        return step_special(a, b, addend, first, rules.terms);
    }
    const int32_t top = significand != 0 && exponent > largest ? exponent : largest;

    for (int32_t t = 0; t < rules.terms; t++) {
        const int32_t product = a->significand[first + t] * b->significand[first + t];
        const int32_t magnitude = product < 0 ? -product : product;
        const int32_t behind = top - exponents[t];
        const int32_t kept =
            magnitude << (rules.fraction_bits - PRODUCT_BITS) >> (behind < 31 ? behind : 31);
        sum += product < 0 ? -kept : kept;
    }
    const int32_t behind = top < exponent ? 0 : top - exponent; /* top < exponent: a zero addend */
    const int32_t kept =
        (int32_t)(significand << (rules.fraction_bits - FLOAT_BITS) >> (behind < 31 ? behind : 31));

    return truncate_sum((int64_t)sum + (bits >> 31 != 0 ? -kept : kept), top - rules.fraction_bits);
}

static inline __attribute__((always_inline)) void add(enum sc_core core,
                                                      const struct sc_tensorcore_factors *a,
                                                      const struct sc_tensorcore_factors *b,
                                                      int64_t stride, int32_t count, float *sums)
{
    if (core == SC_CORE_H100) {
        for (int32_t n = 0; n < count; n++) {
            sums[n] = step(h100, a, b + n * stride, sums[n], 0);
        }
        return;
    }
    for (int32_t n = 0; n < count; n++) {
        const float half = step(a100, a, b + n * stride, sums[n], 0);
        sums[n] = step(a100, a, b + n * stride, half, SC_TENSORCORE_TERMS / 2);
    }
}

void sc_tensorcore_add_portable(enum sc_core core, const struct sc_tensorcore_factors *a,
                                const struct sc_tensorcore_factors *b, int64_t stride,
                                int32_t count, float *sums)
{
    add(core, a, b, stride, count, sums);
}

#if SC_TENSORCORE_AVX2
__attribute__((target("avx2"))) static void add_avx2(enum sc_core core,
                                                     const struct sc_tensorcore_factors *a,
                                                     const struct sc_tensorcore_factors *b,
                                                     int64_t stride, int32_t count, float *sums)
{
    add(core, a, b, stride, count, sums);
}
#endif

void sc_tensorcore_add(enum sc_core core, const struct sc_tensorcore_factors *a,
                       const struct sc_tensorcore_factors *b, int64_t stride, int32_t count,
                       float *sums)
{
#if SC_TENSORCORE_AVX2
    if (__builtin_cpu_supports("avx2")) {
        add_avx2(core, a, b, stride, count, sums);
        return;
    }
#endif
    sc_tensorcore_add_portable(core, a, b, stride, count, sums);
}
