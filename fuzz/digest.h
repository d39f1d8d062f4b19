/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_DIGEST_H
#define SC_FUZZ_DIGEST_H

#include <stdint.h>

/* FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923) over a stream of numbers, each as little-endian bytes whatever the
 * machine. It notices accidents, not forgeries. */
#define SC_DIGEST_START 0xcbf29ce484222325u

static inline uint64_t sc_digest(uint64_t digest, uint64_t number, int bytes)
{
    for (int byte = 0; byte < bytes; byte++) {
        digest = (digest ^ (number & 0xff)) * 0x100000001b3u;
        number >>= 8;
    }
    return digest;
}

#endif
