/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/format.h"
#include "spec/format_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Every fp32 encoding, rounded to bf16 and fp16 by spec/format.h and by a second way that shares no
 * code with it: the discarded bits of the fp32 significand are a remainder, compared with one half.
 * And every fp32 encoding decoded, against the conversion of the compiler. */

static float float_of(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* fp32 to a format of `fraction` stored bits and least exponent `least`, infinity `infinity`. */
static uint32_t narrowed(uint32_t bits, unsigned fraction, int least, uint32_t infinity)
{
    const uint32_t sign = bits >> 31 << 15;
    const uint32_t magnitude = bits & 0x7fffffffu;

    if (magnitude > 0x7f800000u) {
        return sign | infinity | 1u << (fraction - 1);
    }
    const int field = (int)(magnitude >> 23);
    const int exponent = (field == 0 ? 1 : field) - 127;
    const uint64_t significand = (magnitude & 0x7fffffu) | (field == 0 ? 0u : 0x800000u);
    const int lost = 23 - (int)fraction + (exponent < least ? least - exponent : 0);
    if (lost > 40) {
        return sign;
    }
    const uint64_t unit = UINT64_C(1) << lost;
    uint64_t quotient = significand / unit;
    const uint64_t rest = significand % unit;
    quotient += 2 * rest > unit || (2 * rest == unit && quotient % 2 == 1) ? 1 : 0;
    uint64_t result = quotient;
    if (exponent > least) {
        result += (uint64_t)(exponent - least) << fraction;
    }
    return sign | (result < infinity ? (uint32_t)result : infinity);
}

int main(void)
{
    uint64_t failed = 0;

    for (uint64_t n = 0; n <= UINT32_MAX; n++) {
        const uint32_t bits = (uint32_t)n;
        const uint64_t wide = sc_format_decode_bits(SC_FORMAT_FP32, bits);
        const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
        const uint64_t expected = nan ? (uint64_t)(bits >> 31) << 63 | UINT64_C(0x7ff) << 52 |
                                            (uint64_t)(bits & 0x7fffffu) << 29
                                      : sc_format_to_bits((double)float_of(bits));
        const uint32_t bf16 = sc_format_encode_bits(SC_FORMAT_BF16, wide);
        const uint32_t fp16 = sc_format_encode_bits(SC_FORMAT_FP16, wide);
        bool good = wide == expected && bf16 == narrowed(bits, 7, -126, 0x7f80) &&
                    fp16 == narrowed(bits, 10, -14, 0x7c00);
#ifdef __FLT16_MANT_DIG__
        if (!nan) { /* the compiler's own conversion, a third way */
            const _Float16 half = (_Float16)float_of(bits);
            uint16_t encoding;
            memcpy(&encoding, &half, sizeof encoding);
            good = good && encoding == fp16;
        }
#endif
        if (!good && failed++ < 10) {
            printf("%#010" PRIx32 ": decoded %#" PRIx64 ", expected %#" PRIx64
                   "; bf16 %#x, expected %#x; fp16 %#x, expected %#x\n",
                   bits, wide, expected, bf16, narrowed(bits, 7, -126, 0x7f80), fp16,
                   narrowed(bits, 10, -14, 0x7c00));
        }
    }
    printf("4294967296 encodings, %" PRIu64 " wrong\n", failed);
    return failed == 0 ? 0 : 1;
}
