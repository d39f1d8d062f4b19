/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_RANDOM_H
#define SC_REFERENCE_RANDOM_H

#include <stdint.h>

/* A stream of random numbers that is the same on every machine: SplitMix64 (Steele, Lea, Flood, "Fast
 * Splittable Pseudorandom Number Generators", OOPSLA 2014). */
struct sc_random {
    uint64_t state;
};

/* The next 64 bits. */
static inline uint64_t sc_random_bits(struct sc_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Stream n of a seed: those of neighbouring n and seeds have nothing in common. */
static inline struct sc_random sc_random_stream(uint64_t seed, uint64_t n)
{
    struct sc_random random = {seed};
    struct sc_random mixed = {sc_random_bits(&random) ^ n};

    return mixed;
}

/* An integer in [low, high]; a bias below 2^-32 does not matter for test inputs. */
static inline int32_t sc_random_int(struct sc_random *random, int32_t low, int32_t high)
{
    const uint64_t range = (uint64_t)((int64_t)high - low) + 1;

    return (int32_t)(low + (int64_t)((sc_random_bits(random) >> 32) * range >> 32));
}

/* Uniform in [0, 1), 53 bits. */
static inline double sc_random_unit(struct sc_random *random)
{
    return (double)(sc_random_bits(random) >> 11) * 0x1p-53;
}

/* About normal(0, 1): twelve uniforms less six, exact on every machine (no libm). */
static inline double sc_random_normal(struct sc_random *random)
{
    double sum = -6.0;

    for (int i = 0; i < 12; i++) {
        sum += sc_random_unit(random);
    }
    return sum;
}

#endif
