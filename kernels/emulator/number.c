/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/number.h"

#include "spec/format_value.h"

#include <math.h>
#include <string.h>

/* "cvt" to both formats gives a NaN the bits 0x7fff. */
static uint32_t encode(enum sc_format format, float x)
{
    return isnan(x) ? 0x7fffu : sc_format_encode(format, (double)x);
}

uint32_t sc_number_pack_bf16(float low, float high)
{
    return encode(SC_FORMAT_BF16, low) | encode(SC_FORMAT_BF16, high) << 16;
}

uint32_t sc_number_pack_fp16(float low, float high)
{
    return encode(SC_FORMAT_FP16, low) | encode(SC_FORMAT_FP16, high) << 16;
}

float sc_number_unpack_bf16(uint16_t bits)
{
    return (float)sc_format_decode(SC_FORMAT_BF16, bits);
}

float sc_number_unpack_fp16(uint16_t bits)
{
    return (float)sc_format_decode(SC_FORMAT_FP16, bits);
}

uint32_t sc_number_bits(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

float sc_number_from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}
