/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_PHILOX_H
#define SC_FUZZ_PHILOX_H

#include <stdint.h>

/* Philox4x32-10, a random function of a counter and a key: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As
 * Easy as 1, 2, 3", SC 2011, section 3.3. Exact integers, the same on every machine. */
struct sc_philox {
    uint32_t word[4];
};

/* The 128 random bits of a counter.
 *   low, high  the halves of the key, such as a seed */
static inline struct sc_philox sc_philox(struct sc_philox counter, uint32_t low, uint32_t high)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t first = (uint64_t)0xd2511f53u * counter.word[0];
        const uint64_t second = (uint64_t)0xcd9e8d57u * counter.word[2];

        counter.word[0] = (uint32_t)(second >> 32) ^ counter.word[1] ^ low;
        counter.word[1] = (uint32_t)second;
        counter.word[2] = (uint32_t)(first >> 32) ^ counter.word[3] ^ high;
        counter.word[3] = (uint32_t)first;
        low += 0x9e3779b9u;
        high += 0xbb67ae85u;
    }
    return counter;
}

/* About normal(0, 1): six uniforms of 16 bits, less their mean, over their deviation, sqrt(2) / 2^17 rounded to 21 bits:
 * 41 bits, so that it and every sum and product below is exact, and what a compiler fuses makes no difference. */
static inline double sc_philox_normal(const uint32_t word[4])
{
    int32_t sum = 0;

    for (int x = 0; x < 3; x++) {
        sum += (int32_t)(word[x] % 0x10000u) + (int32_t)(word[x] / 0x10000u);
    }
    return (double)(2 * sum - 6 * 65535) * 0x1.6a09ep-17;
}

#endif
