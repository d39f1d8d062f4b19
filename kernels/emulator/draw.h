/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_DRAW_H
#define SC_KERNELS_EMULATOR_DRAW_H

#include <stdint.h>

/* SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014), as a
 * function of a counter: the same on every machine. */

/* 64 bits that depend on all bits of `x`. */
static inline uint64_t sc_draw_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The next 64 bits of the stream whose state is *counter. */
static inline uint64_t sc_draw_bits(uint64_t *counter)
{
    *counter += 0x9e3779b97f4a7c15u;
    return sc_draw_mix(*counter);
}

/* The next integer of the stream in [0, count), count in [1, 2^31); the bias is below 2^-32. */
static inline int32_t sc_draw_below(uint64_t *counter, int32_t count)
{
    return (int32_t)((sc_draw_bits(counter) >> 32) * (uint64_t)count >> 32);
}

#endif
