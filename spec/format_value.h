/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_FORMAT_VALUE_H
#define SC_SPEC_FORMAT_VALUE_H

#include "spec/format.h"
#include "spec/share.h"

#include <stdint.h>
#include <string.h>

/* The formats of spec/format.h as double values. Copying bits into a double is outside of WP's memory
 * model: these functions are exhausted in tests/format.c, not proved. */

/* The double with the given binary64 pattern. */
SC_SHARED double sc_format_from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The binary64 pattern of a double. */
SC_SHARED uint64_t sc_format_to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The value that `bits` encodes in `format`. Exact. */
SC_SHARED double sc_format_decode(enum sc_format format, uint32_t bits)
{
    return sc_format_from_bits(sc_format_decode_bits(format, bits));
}

/* The encoding of x in `format`, correctly rounded to nearest, ties to even. */
SC_SHARED uint32_t sc_format_encode(enum sc_format format, double x)
{
    return sc_format_encode_bits(format, sc_format_to_bits(x));
}

/* 2^exponent, exponent in [-1022, 1023]. Exact. */
SC_SHARED double sc_format_pow2(int32_t exponent)
{
    return sc_format_from_bits((uint64_t)(exponent + 1023) * 0x10000000000000u);
}

/* Unit roundoff: half the distance from 1 to the next value. */
SC_SHARED double sc_format_unit_roundoff(enum sc_format format)
{
    return sc_format_pow2(-sc_format_precision(format));
}

/* Largest finite value. */
SC_SHARED double sc_format_max(enum sc_format format)
{
    return sc_format_decode(format, sc_format_infinity(format) - 1);
}

/* Distance between neighbours of `format` in the binade of x, at least the least subnormal; beyond the
 * largest finite value, that of the last binade. x is finite. */
SC_SHARED double sc_format_ulp(enum sc_format format, double x)
{
    const int32_t least = sc_format_exponent_min(format);
    const int32_t most = format == SC_FORMAT_FP16 ? 15 : 127;
    int32_t binade = (int32_t)(sc_format_to_bits(x) / 0x10000000000000u % 2048) - 1023;

    binade = binade < least ? least : binade;
    binade = binade > most ? most : binade;
    return sc_format_pow2(binade - (sc_format_precision(format) - 1));
}

#endif
