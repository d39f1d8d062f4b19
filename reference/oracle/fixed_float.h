/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FIXED_FLOAT_H
#define SC_REFERENCE_ORACLE_FIXED_FLOAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Every finite fp32 value is an integer of at most 24 + 253 bits in units of 2^-149. */
#define SC_FIXED_FLOAT_UNIT         (-149)
#define SC_FIXED_FLOAT_EXPONENT_MAX 253
#define SC_FIXED_FLOAT_BITS         277

/* The finite fp32 value (-1)^negative significand 2^(exponent - 149). */
struct sc_fixed_float {
    uint32_t significand; /* below 2^24 */
    int32_t exponent;     /* in [0, 253] */
    bool negative;
};

/* The parts of a finite x, from its bits (IEEE 754-2019, section 3.4): exact, whatever the
 * floating-point environment does to subnormal values. An x that is not finite gives exponent 254:
 * no number, but no index out of range anywhere either. */
static inline struct sc_fixed_float sc_fixed_float_decode(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    const uint32_t field = bits >> 23 & 0xff;
    const uint32_t normal = field != 0; /* a subnormal value has the exponent of the least normal */
    return (struct sc_fixed_float){.significand = (bits & 0x7fffff) | normal << 23,
                                   .exponent = (int32_t)(field - normal),
                                   .negative = bits >> 31 != 0};
}

#endif
