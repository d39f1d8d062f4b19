/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_FORMAT_H
#define SC_SPEC_FORMAT_H

#include "spec/share.h"

#include <stdbool.h>
#include <stdint.h>

/* bf16, fp16 and fp32 as bit patterns, in integer arithmetic alone. Source: IEEE 754-2019, section 3.4
 * (binary16, binary32); bf16 is binary32 with the low 16 bits of the significand left out. The
 * values are exhausted in tests/format.c; the contracts here are not proved yet (proofs/STATUS.md).
 * Values as double: spec/format_value.h. */
enum sc_format { SC_FORMAT_BF16, SC_FORMAT_FP16, SC_FORMAT_FP32 };

/* Bytes of one element. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures bytes: \result == (format == SC_FORMAT_FP32 ? 4 : 2); */
SC_SHARED int32_t sc_format_bytes(enum sc_format format)
{
    return format == SC_FORMAT_FP32 ? 4 : 2;
}

/* Bits of the significand, the hidden one included. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures precision: \result == (format == SC_FORMAT_FP32 ? 24 :
                                   (format == SC_FORMAT_FP16 ? 11 : 8)); */
SC_SHARED int32_t sc_format_precision(enum sc_format format)
{
    if (format == SC_FORMAT_FP32) {
        return 24;
    }
    return format == SC_FORMAT_FP16 ? 11 : 8;
}

/* Exponent of the least normal value, a power of two. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures exponent: \result == (format == SC_FORMAT_FP16 ? -14 : -126); */
SC_SHARED int32_t sc_format_exponent_min(enum sc_format format)
{
    return format == SC_FORMAT_FP16 ? -14 : -126;
}

/* Encoding of +infinity: its exponent field is all ones, so every larger pattern is a NaN. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures infinity: \result == (format == SC_FORMAT_FP32 ? 0x7f800000 :
                                  (format == SC_FORMAT_FP16 ? 0x7c00 : 0x7f80)); */
SC_SHARED uint32_t sc_format_infinity(enum sc_format format)
{
    if (format == SC_FORMAT_FP32) {
        return 0x7f800000u;
    }
    return format == SC_FORMAT_FP16 ? 0x7c00u : 0x7f80u;
}

/* The sign bit of an encoding. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures sign: \result == (format == SC_FORMAT_FP32 ? 0x80000000 : 0x8000); */
SC_SHARED uint32_t sc_format_sign(enum sc_format format)
{
    return format == SC_FORMAT_FP32 ? 0x80000000u : 0x8000u;
}

/* 2^exponent as an integer. */
/*@ requires exponent: 0 <= exponent <= 62;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures power: \result == 1 << exponent;
    ensures positive: 1 <= \result; */
SC_SHARED uint64_t sc_format_power(int32_t exponent)
{
    return (uint64_t)1 << exponent;
}

/* `significand` / 2^shift, rounded to the nearest integer, ties to even. Exact. */
/*@ requires shift: 1 <= shift <= 62;
    requires significand: significand <= 0x1fffffffffffff;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures near: \let unit = 1 << shift; \let error = significand - \result * unit;
      -unit <= 2 * error <= unit;
    ensures even: \let unit = 1 << shift; \let error = significand - \result * unit;
      (2 * error == unit || 2 * error == -unit) ==> \result % 2 == 0; */
SC_SHARED uint64_t sc_format_divide(uint64_t significand, int32_t shift)
{
    const uint64_t unit = sc_format_power(shift);
    const uint64_t quotient = significand / unit;
    const uint64_t rest = significand % unit;

    /*@ assert division: significand == quotient * unit + rest; */
    /*@ assert quotient_small: quotient <= significand; */
    if (rest > unit / 2 || (rest == unit / 2 && quotient % 2 == 1)) {
        return quotient + 1;
    }
    return quotient;
}

/* Rounds a finite binary64 magnitude to `format`, to nearest, ties to even, with gradual underflow; at
 * or beyond the overflow threshold the result is infinity (IEEE 754-2019, sections 4.3.1, 7.4).
 *   field        biased exponent of the binary64 value, in [0, 2046]
 *   significand  its significand, in [0, 2^53), hidden bit included
 * Returns the encoding without a sign. */
/*@ requires field: 0 <= field <= 2046;
    requires significand: significand <= 0x1fffffffffffff;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures range: \result <= 0x7f800000; */
SC_SHARED uint32_t sc_format_round(enum sc_format format, int32_t field, uint64_t significand)
{
    const int32_t precision = sc_format_precision(format);
    const int32_t least = sc_format_exponent_min(format);
    const int32_t exponent = (field == 0 ? 1 : field) - 1023;
    const int32_t binade = exponent < least ? least : exponent;
    const int32_t shift = binade - exponent + (53 - precision);

    if (binade > 127) {
        return sc_format_infinity(format);
    }
    if (shift > 54) {
        return 0;
    }
    /* The hidden bit of a normal quotient counts as one step of the exponent field, and so does a
     * carry out of the significand. */
    const uint64_t steps = (uint64_t)(binade - least) * sc_format_power(precision - 1);
    const uint64_t encoding = steps + sc_format_divide(significand, shift);

    return encoding < sc_format_infinity(format) ? (uint32_t)encoding : sc_format_infinity(format);
}

/* Rounds the binary64 pattern `bits` to `format` once. A NaN becomes the quiet NaN of its sign whose
 * payload is 0; everything else as sc_format_round. */
/*@ terminates \true;
    exits \false;
    assigns \nothing; */
SC_SHARED uint32_t sc_format_encode_bits(enum sc_format format, uint64_t bits)
{
    const uint32_t sign = bits / 0x8000000000000000u == 1 ? sc_format_sign(format) : 0;
    const int32_t field = (int32_t)(bits / 0x10000000000000u % 2048);
    const uint64_t fraction = bits % 0x10000000000000u;

    if (field == 2047) {
        const uint32_t quiet = (uint32_t)sc_format_power(sc_format_precision(format) - 2);
        return sign + sc_format_infinity(format) + (fraction == 0 ? 0 : quiet);
    }
    return sign +
           sc_format_round(format, field, field == 0 ? fraction : fraction + 0x10000000000000u);
}

/* The binary64 pattern of the value that `bits` encodes in `format`. Exact; a NaN keeps its sign and
 * payload. Bits above the format's width are ignored. */
/*@ terminates \true;
    exits \false;
    assigns \nothing; */
SC_SHARED uint64_t sc_format_decode_bits(enum sc_format format, uint32_t bits)
{
    const int32_t precision = sc_format_precision(format);
    const uint32_t hidden = (uint32_t)sc_format_power(precision - 1);
    const uint32_t pattern = format == SC_FORMAT_FP32 ? bits : bits % 0x10000u;
    const uint32_t magnitude = pattern % sc_format_sign(format);
    const uint64_t sign = pattern >= sc_format_sign(format) ? 0x8000000000000000u : 0;
    const int32_t field = (int32_t)(magnitude / hidden);
    const int32_t least = sc_format_exponent_min(format);
    uint64_t fraction = magnitude % hidden;
    int32_t exponent = least - 1 + field;

    if (magnitude >= sc_format_infinity(format)) {
        return sign + 0x7ff0000000000000u + fraction * sc_format_power(53 - precision);
    }
    if (field == 0) {
        if (fraction == 0) {
            return sign;
        }
        /* A subnormal is normal in binary64: move its first bit to the hidden place. */
        exponent = least;
        /*@ loop invariant fraction: 1 <= fraction < 2 * hidden;
            loop invariant exponent: least - 64 <= exponent <= least;
            loop invariant progress: exponent == \at(exponent, LoopEntry) - steps;
            loop assigns fraction, exponent, steps;
            loop variant 32 - steps; */
        for (int32_t steps = 0; steps < 32 && fraction < hidden; steps++) {
            fraction *= 2;
            exponent -= 1;
        }
        fraction %= hidden;
    }
    return sign + (uint64_t)(exponent + 1023) * 0x10000000000000u +
           fraction * sc_format_power(53 - precision);
}

#endif
