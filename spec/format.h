/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_FORMAT_H
#define SC_SPEC_FORMAT_H

#include "spec/share.h"

#include <stdbool.h>
#include <stdint.h>

/* bf16, fp16 and fp32 as bit patterns, in integer arithmetic alone. Source: IEEE 754-2019, section 3.4
 * (binary16, binary32); bf16 is binary32 with the low 16 bits of the significand left out. A
 * "magnitude" is an encoding without its sign, a "binade" the exponent of its first bit. The 16-bit values
 * are exhausted in tests/format.c. Values as double: spec/format_value.h. */
enum sc_format { SC_FORMAT_BF16, SC_FORMAT_FP16, SC_FORMAT_FP32 };

#include "spec/format.acsl"

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
    ensures precision: \result == sc_precision(format); */
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
    ensures exponent: \result == sc_exponent_min(format); */
SC_SHARED int32_t sc_format_exponent_min(enum sc_format format)
{
    return format == SC_FORMAT_FP16 ? -14 : -126;
}

/* Encoding of +infinity: its exponent field is all ones, so every larger pattern is a NaN. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures infinity: \result == sc_infinity(format); */
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
    ensures sign: \result == sc_sign(format); */
SC_SHARED uint32_t sc_format_sign(enum sc_format format)
{
    return format == SC_FORMAT_FP32 ? 0x80000000u : 0x8000u;
}

/* 2^exponent as an integer. */
/*@ requires exponent: 0 <= exponent <= 62;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures power: \result == sc_two(exponent); */
SC_SHARED uint64_t sc_format_power(int32_t exponent)
{
    /*@ ghost
      /@ loop invariant index: 0 <= n <= exponent;
         loop invariant power: 1 << n == sc_two(n);
         loop assigns n;
         loop variant exponent - n; @/
      for (int32_t n = 0; n < exponent; n++) {
        /@ assert move: (1 << n) << 1 == 1 << (n + 1); @/
        /@ assert twice: 1 << (n + 1) == 2 * (1 << n); @/
      } */
    return (uint64_t)1 << exponent;
}

/* `significand` / 2^shift, rounded to the nearest integer, ties to even. Exact. */
/*@ requires shift: 1 <= shift <= 62;
    requires significand: significand <= 0x1fffffffffffff;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures nearest: \result == sc_nearest(significand, sc_two(shift)); */
SC_SHARED uint64_t sc_format_divide(uint64_t significand, int32_t shift)
{
    const uint64_t unit = sc_format_power(shift);
    const uint64_t quotient = significand / unit;
    const uint64_t rest = significand % unit;

    /*@ assert even: unit == 2 * sc_two(shift - 1); */
    /*@ assert quotient_small: quotient <= significand; */
    if (rest > unit / 2 || (rest == unit / 2 && quotient % 2 == 1)) {
        return quotient + 1;
    }
    return quotient;
}

/* The encoding of `units` in the last place of the binade that is `binades` above the least one. The hidden
 * bit counts as one step of the exponent field, and so does a carry out of the significand. */
/*@ requires binades: 0 <= binades <= 253;
    requires units: (binades == 0 ? 0 : sc_hidden(format)) <= units <= 2 * sc_hidden(format);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures range: \result <= sc_infinity(format);
    ensures encodes: sc_encodes(format, \result, units, sc_exponent_min(format) + binades); */
SC_SHARED uint32_t sc_format_encode_units(enum sc_format format, int32_t binades, uint64_t units)
{
    const uint64_t hidden = sc_format_power(sc_format_precision(format) - 1);
    /*@ assert hidden: hidden == sc_hidden(format); */
    /*@ assert steps: binades * hidden == sc_steps(format, binades); */
    /*@ assert room: 0 <= sc_steps(format, binades) <= 0x7e800000; */
    /*@ assert widened: (uint64_t)binades == binades; */
    const uint64_t encoding = (uint64_t)binades * hidden + units;
    /*@ assert joined: encoding == sc_joined(format, binades, units); */
    /*@ assert finite: sc_joined(format, binades, units) < sc_infinity(format) ==>
          sc_encodes(format, sc_joined(format, binades, units), units,
                     sc_exponent_min(format) + binades); */

    return encoding < sc_format_infinity(format) ? (uint32_t)encoding : sc_format_infinity(format);
}

/* Rounds a finite binary64 magnitude to `format`, to nearest, ties to even, with gradual underflow; at
 * or beyond the overflow threshold the result is infinity (IEEE 754-2019, sections 4.3.1, 7.4).
 *   exponent     of its binade, in [-1022, 1023]
 *   significand  in [0, 2^53), hidden bit included: the value is significand 2^(exponent - 52)
 * Returns the encoding without a sign. */
/*@ requires exponent: -1022 <= exponent <= 1023;
    requires significand: significand < 0x20000000000000;
    requires normal: -1022 < exponent ==> 0x10000000000000 <= significand;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures range: \result <= sc_infinity(format);
    ensures rounds: sc_rounds(format, \result, significand, exponent); */
SC_SHARED uint32_t sc_format_round(enum sc_format format, int32_t exponent, uint64_t significand)
{
    const int32_t precision = sc_format_precision(format);
    const int32_t least = sc_format_exponent_min(format);
    const int32_t binade = exponent < least ? least : exponent;
    const int32_t shift = binade - exponent + (53 - precision);

    /*@ assert binade: binade == sc_binade(format, exponent); */
    /*@ assert shift: shift == sc_shift(format, exponent); */
    /*@ assert place: sc_two(53 - precision) == sc_place(format); */
    /*@ ghost
      /@ loop invariant index: 53 - precision <= n <= shift;
         loop invariant least: sc_place(format) <= sc_two(n);
         loop invariant large: 55 <= n ==> 0x80000000000000 <= sc_two(n);
         loop assigns n;
         loop variant shift - n; @/
      for (int32_t n = 53 - precision; n != shift; n++) {
      } */
    if (binade > 127) {
        /*@ assert beyond: sc_exponent_max(format) < binade; */
        return sc_format_infinity(format);
    }
    if (shift > 54) {
        /*@ assert none: sc_nearest(significand, sc_two(sc_shift(format, exponent))) == 0; */
        /*@ assert zero: sc_encodes(format, 0, 0, binade); */
        return 0;
    }
    const uint64_t units = sc_format_divide(significand, shift);
    /*@ assert units: units == sc_nearest(significand, sc_two(sc_shift(format, exponent))); */

    return sc_format_encode_units(format, binade - least, units);
}

/* A finite binary64 pattern without sign is significand 2^(binade - 52). */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures significand: \result == sc_significand_f64(magnitude);
    ensures range: \result < 0x20000000000000;
    ensures normal: 0x10000000000000 <= magnitude ==> 0x10000000000000 <= \result; */
SC_SHARED uint64_t sc_format_significand_f64(uint64_t magnitude)
{
    const uint64_t hidden = 0x10000000000000u;

    return magnitude < hidden ? magnitude : hidden + magnitude % hidden;
}

/*@ requires finite: magnitude < 0x7ff0000000000000;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures binade: \result == sc_binade_f64(magnitude);
    ensures range: -1022 <= \result <= 1023;
    ensures normal: -1022 < \result ==> 0x10000000000000 <= magnitude; */
SC_SHARED int32_t sc_format_binade_f64(uint64_t magnitude)
{
    const int32_t field = (int32_t)(magnitude / 0x10000000000000u);

    return field == 0 ? -1022 : field - 1023;
}

/* Rounds a binary64 pattern without sign to `format` once. Returns the encoding without a sign. */
/*@ requires magnitude: magnitude < 0x8000000000000000;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures range: \result < sc_sign(format);
    ensures converts: sc_converts(format, \result, magnitude); */
SC_SHARED uint32_t sc_format_encode_magnitude(enum sc_format format, uint64_t magnitude)
{
    const uint64_t infinity = 0x7ff0000000000000u;

    if (magnitude < infinity) {
        return sc_format_round(format, sc_format_binade_f64(magnitude),
                               sc_format_significand_f64(magnitude));
    }
    if (magnitude == infinity) {
        return sc_format_infinity(format);
    }
    return sc_format_infinity(format) + (uint32_t)sc_format_power(sc_format_precision(format) - 2);
}

/* Rounds the binary64 pattern `bits` to `format` once. A NaN becomes the quiet NaN of its sign whose
 * payload is 0; everything else as sc_format_round. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures sign: \result / sc_sign(format) == bits / 0x8000000000000000;
    ensures converts: sc_converts(format, \result % sc_sign(format), bits % 0x8000000000000000); */
SC_SHARED uint32_t sc_format_encode_bits(enum sc_format format, uint64_t bits)
{
    const uint32_t magnitude = sc_format_encode_magnitude(format, bits % 0x8000000000000000u);

    if (bits < 0x8000000000000000u) {
        return magnitude;
    }
    /*@ assert negative: bits / 0x8000000000000000 == 1; */
    return sc_format_sign(format) + magnitude;
}

/* The binary64 pattern without sign of significand 2^(binade - 52). Here too the hidden bit counts as one
 * step of the exponent field. */
/*@ requires binade: -1022 <= binade <= 1023;
    requires significand: 0x10000000000000 <= significand < 0x20000000000000;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures finite: \result < 0x7ff0000000000000;
    ensures significand: sc_significand_f64(\result) == significand;
    ensures binade: sc_binade_f64(\result) == binade; */
SC_SHARED uint64_t sc_format_join_f64(int32_t binade, uint64_t significand)
{
    const uint64_t pattern = (uint64_t)(binade + 1022) * 0x10000000000000u + significand;

    /*@ assert field: pattern / 0x10000000000000 == binade + 1023; */
    /*@ assert fraction: pattern % 0x10000000000000 == significand - 0x10000000000000; */
    return pattern;
}

/* A finite encoding without sign is significand 2^(binade - p + 1). */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures significand: \result == sc_significand(format, magnitude);
    ensures range: \result < 2 * sc_hidden(format);
    ensures normal: sc_hidden(format) <= magnitude ==> sc_hidden(format) <= \result;
    ensures zero: \result == 0 <==> magnitude == 0; */
SC_SHARED uint64_t sc_format_significand(enum sc_format format, uint32_t magnitude)
{
    const uint32_t hidden = (uint32_t)sc_format_power(sc_format_precision(format) - 1);
    /*@ assert hidden: hidden == sc_hidden(format); */

    return magnitude < hidden ? magnitude : hidden + magnitude % hidden;
}

/*@ requires finite: magnitude < sc_infinity(format);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures exponent: \result - (sc_precision(format) - 1) == sc_exponent(format, magnitude);
    ensures range: sc_exponent_min(format) <= \result <= sc_exponent_max(format); */
SC_SHARED int32_t sc_format_binade(enum sc_format format, uint32_t magnitude)
{
    const uint32_t hidden = (uint32_t)sc_format_power(sc_format_precision(format) - 1);
    /*@ assert hidden: hidden == sc_hidden(format); */
    const int32_t field = (int32_t)(magnitude / hidden);

    return sc_format_exponent_min(format) + (field == 0 ? 0 : field - 1);
}

/* The binary64 pattern of an encoding without sign: the same value exactly, a NaN of the same payload. */
/*@ requires magnitude: magnitude < sc_sign(format);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures range: \result < 0x8000000000000000;
    ensures decodes: sc_decodes(format, \result, magnitude); */
SC_SHARED uint64_t sc_format_decode_magnitude(enum sc_format format, uint32_t magnitude)
{
    const int32_t precision = sc_format_precision(format);
    const uint64_t hidden = sc_format_power(precision - 1);
    const uint64_t place = sc_format_power(53 - precision);
    const uint32_t infinity = sc_format_infinity(format);

    /*@ assert hidden: hidden == sc_hidden(format); */
    /*@ assert place: place == sc_place(format); */
    if (magnitude >= infinity) {
        /*@ assert payload: (magnitude - infinity) * place == sc_payload(format, magnitude); */
        return 0x7ff0000000000000u + (magnitude - infinity) * place;
    }
    uint64_t significand = sc_format_significand(format, magnitude);
    int32_t steps = 0;
    if (significand == 0) {
        return 0;
    }
    /* A subnormal is normal in binary64: move its first bit to the hidden place. */
    /*@ loop invariant index: 0 <= steps <= 23;
        loop invariant grows: sc_two(steps) <= significand < 2 * sc_hidden(format);
        loop invariant scaled: sc_widened(format, significand) ==
          sc_scaled(sc_significand(format, magnitude), steps + 53 - precision);
        loop assigns significand, steps;
        loop variant hidden - significand; */
    for (; significand < hidden; steps++) {
        /*@ assert twice: sc_widened(format, 2 * significand) == 2 * sc_widened(format, significand); */
        /*@ assert next: sc_scaled(sc_significand(format, magnitude), steps + 1 + 53 - precision) ==
              2 * sc_scaled(sc_significand(format, magnitude), steps + 53 - precision); */
        significand *= 2;
    }
    /*@ assert widened: significand * place == sc_widened(format, significand); */
    const uint64_t pattern =
        sc_format_join_f64(sc_format_binade(format, magnitude) - steps, significand * place);

    /*@ assert exponent: sc_exponent_f64(pattern) ==
          sc_exponent(format, magnitude) - (steps + 53 - precision); */
    /*@ assert value: sc_significand_f64(pattern) == sc_scaled(sc_significand(format, magnitude),
          sc_exponent(format, magnitude) - sc_exponent_f64(pattern)); */
    return pattern;
}

/* The binary64 pattern of the value that `bits` encodes in `format`. Exact; a NaN keeps its sign and
 * payload. Bits above the format's width are ignored. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures sign: \result / 0x8000000000000000 == sc_pattern(format, bits) / sc_sign(format);
    ensures decodes: sc_decodes(format, \result % 0x8000000000000000,
                                sc_pattern(format, bits) % sc_sign(format)); */
SC_SHARED uint64_t sc_format_decode_bits(enum sc_format format, uint32_t bits)
{
    const uint32_t pattern = format == SC_FORMAT_FP32 ? bits : bits % 0x10000u;
    const uint32_t sign = sc_format_sign(format);
    const uint64_t magnitude = sc_format_decode_magnitude(format, pattern % sign);

    return pattern < sign ? magnitude : 0x8000000000000000u + magnitude;
}

#endif
