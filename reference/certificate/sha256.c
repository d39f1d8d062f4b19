/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/sha256.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 64

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct state {
    uint32_t h[8];
    unsigned char block[BLOCK];
    size_t filled;
    uint64_t bytes;
};

static uint32_t rotated(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void compress(struct state *s)
{
    uint32_t w[64], v[8];

    for (int t = 0; t < 16; t++) {
        const unsigned char *b = s->block + 4 * (size_t)t;
        w[t] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (int t = 16; t < 64; t++) {
        const uint32_t x = w[t - 15], y = w[t - 2];
        w[t] = (rotated(y, 17) ^ rotated(y, 19) ^ y >> 10) + w[t - 7] +
               (rotated(x, 7) ^ rotated(x, 18) ^ x >> 3) + w[t - 16];
    }
    memcpy(v, s->h, sizeof v);
    for (int t = 0; t < 64; t++) {
        const uint32_t a = v[0], e = v[4];
        const uint32_t t1 = v[7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) +
                            ((e & v[5]) ^ (~e & v[6])) + constants[t] + w[t];
        const uint32_t t2 = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) +
                            ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int n = 0; n < 8; n++) {
        s->h[n] += v[n];
    }
}

static void begin(struct state *s)
{
    *s = (struct state){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                              0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

static void put(struct state *s, const unsigned char *bytes, size_t size)
{
    s->bytes += size;
    while (size > 0) {
        const size_t room = BLOCK - s->filled, part = size < room ? size : room;
        memcpy(s->block + s->filled, bytes, part);
        s->filled += part;
        bytes += part;
        size -= part;
        if (s->filled == BLOCK) {
            compress(s);
            s->filled = 0;
        }
    }
}

/* The padding of section 5.1.1, then the digits. */
static void end(struct state *s, char text[SC_SHA256_TEXT])
{
    const uint64_t bits = 8 * s->bytes;
    unsigned char length[8];

    for (int n = 0; n < 8; n++) {
        length[n] = (unsigned char)(bits >> (56 - 8 * n));
    }
    put(s, (const unsigned char *)"\x80", 1);
    while (s->filled != BLOCK - sizeof length) {
        put(s, (const unsigned char *)"", 1);
    }
    put(s, length, sizeof length);
    for (int n = 0; n < 8; n++) {
        (void)snprintf(text + 8 * n, 9, "%08lx", (unsigned long)s->h[n]);
    }
}

void sc_sha256(const void *data, size_t size, char text[SC_SHA256_TEXT])
{
    struct state s;

    begin(&s);
    put(&s, data, size);
    end(&s, text);
}

void sc_sha256_doubles(const double *values, size_t count, char text[SC_SHA256_TEXT])
{
    struct state s;

    begin(&s);
    for (size_t n = 0; n < count; n++) {
        unsigned char bytes[8];
        uint64_t bits;
        memcpy(&bits, values + n, sizeof bits);
        for (int b = 0; b < 8; b++) {
            bytes[b] = (unsigned char)(bits >> (8 * b));
        }
        put(&s, bytes, sizeof bytes);
    }
    end(&s, text);
}
