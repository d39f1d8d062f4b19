/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_BITS_H
#define SC_FUZZ_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A set of numbers from 0 on. All zero is an empty one; its bytes are the owner's to free. */
struct sc_bits {
    uint8_t *bytes;
    int64_t count; /* of bytes */
};

static inline bool sc_bits_has(const struct sc_bits *bits, int64_t n)
{
    return n / 8 < bits->count && (bits->bytes[n / 8] >> (n % 8) & 1) != 0;
}

/* False: no memory. */
static inline bool sc_bits_add(struct sc_bits *bits, int64_t n)
{
    if (n / 8 >= bits->count) {
        const int64_t count = 2 * (n / 8) + 512;
        uint8_t *const larger = (uint8_t *)realloc(bits->bytes, (size_t)count);
        if (larger == NULL) {
            return false;
        }
        memset(larger + bits->count, 0, (size_t)(count - bits->count));
        bits->bytes = larger;
        bits->count = count;
    }
    bits->bytes[n / 8] = (uint8_t)(bits->bytes[n / 8] | 1 << (n % 8));
    return true;
}

#endif
