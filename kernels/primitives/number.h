/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_NUMBER_H
#define SC_KERNELS_PRIMITIVES_NUMBER_H

#include "kernels/primitives/machine.h"

/* Two fp32 values rounded to a 16-bit format, to nearest, ties to even, `low` in the low half. Exactly
 * sc_format_encode of spec/format_value.h, but for the bits of a NaN. Source: PTX ISA, "cvt". */
SC_MACHINE uint32_t sc_number_pack_bf16(float low, float high);
SC_MACHINE uint32_t sc_number_pack_fp16(float low, float high);
/* The value of a 16-bit element; exact. */
SC_MACHINE float sc_number_unpack_bf16(uint16_t bits);
SC_MACHINE float sc_number_unpack_fp16(uint16_t bits);
/* The bits of an fp32 value, and back. */
SC_MACHINE uint32_t sc_number_bits(float x);
SC_MACHINE float sc_number_from_bits(uint32_t bits);

#ifdef __CUDACC__
SC_MACHINE uint32_t sc_number_pack_bf16(float low, float high)
{
    uint32_t pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

SC_MACHINE uint32_t sc_number_pack_fp16(float low, float high)
{
    uint32_t pair;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

SC_MACHINE float sc_number_unpack_bf16(uint16_t bits)
{
    return __uint_as_float((uint32_t)bits << 16);
}

SC_MACHINE float sc_number_unpack_fp16(uint16_t bits)
{
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
}

SC_MACHINE uint32_t sc_number_bits(float x)
{
    return __float_as_uint(x);
}

SC_MACHINE float sc_number_from_bits(uint32_t bits)
{
    return __uint_as_float(bits);
}
#endif

#endif
