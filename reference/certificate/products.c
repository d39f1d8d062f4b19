/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/products.h"

#include <string.h>

/* Compiled for AVX2 too and chosen when the program starts; the address sanitizer is not ready then. The results of either
 * are the same, bit for bit. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__AVX2__)
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

#define DEPTH 256 /* terms of a block whose rows stay in the cache */
#define LANES 4
#define TALL  4 /* rows and columns of sums that stay in registers */
#define WIDE  2

typedef double lanes __attribute__((vector_size(8 * LANES)));

/* Sums of TALL x WIDE dot products, count a multiple of LANES. */
static inline __attribute__((always_inline)) void
tile(const double *x, const double *y, int64_t count, int64_t step, double sums[TALL][WIDE])
{
    lanes all[TALL][WIDE];

    memset(all, 0, sizeof all);
    for (int64_t n = 0; n < count; n += LANES) {
        lanes a[TALL], b[WIDE];
        for (int r = 0; r < TALL; r++) {
            memcpy(&a[r], x + r * step + n, sizeof a[r]);
        }
        for (int c = 0; c < WIDE; c++) {
            memcpy(&b[c], y + c * step + n, sizeof b[c]);
        }
        for (int r = 0; r < TALL; r++) {
            for (int c = 0; c < WIDE; c++) {
                all[r][c] += a[r] * b[c];
            }
        }
    }
    for (int r = 0; r < TALL; r++) {
        for (int c = 0; c < WIDE; c++) {
            sums[r][c] = (all[r][c][0] + all[r][c][1]) + (all[r][c][2] + all[r][c][3]);
        }
    }
}

static double dot(const double *x, const double *y, int64_t count)
{
    double sum = 0.0;

    for (int64_t n = 0; n < count; n++) {
        sum += x[n] * y[n];
    }
    return sum;
}

/* One slice of terms: what does not fill a tile one by one. */
static inline __attribute__((always_inline)) void slice(const double *x, int64_t rows_x,
                                                        const double *y, int64_t rows_y,
                                                        int64_t count, int64_t step, double *sums)
{
    const int64_t even = count - count % LANES;

    for (int64_t r = 0; r < rows_x; r += TALL) {
        for (int64_t c = 0; c < rows_y; c += WIDE) {
            double part[TALL][WIDE];
            const int64_t tall = rows_x - r < TALL ? rows_x - r : TALL;
            const int64_t wide = rows_y - c < WIDE ? rows_y - c : WIDE;
            const int64_t done = tall == TALL && wide == WIDE ? even : 0;
            memset(part, 0, sizeof part);
            if (done > 0) {
                tile(x + r * step, y + c * step, done, step, part);
            }
            for (int64_t a = 0; a < tall; a++) {
                for (int64_t b = 0; b < wide; b++) {
                    sums[(r + a) * SC_PRODUCTS_BLOCK + c + b] +=
                        part[a][b] +
                        dot(x + (r + a) * step + done, y + (c + b) * step + done, count - done);
                }
            }
        }
    }
}

CLONES void sc_products_block(const double *x, int64_t rows_x, const double *y, int64_t rows_y,
                              int64_t count, int64_t step, double *sums)
{
    for (int64_t n = 0; n < count; n += DEPTH) {
        slice(x + n, rows_x, y + n, rows_y, count - n < DEPTH ? count - n : DEPTH, step, sums);
    }
}

CLONES void sc_products_add(double *r, const double *a, double w, int64_t count)
{
    const lanes factor = {w, w, w, w};
    int64_t n = 0;

    for (; n + LANES <= count; n += LANES) {
        lanes sum, term;
        memcpy(&sum, r + n, sizeof sum);
        memcpy(&term, a + n, sizeof term);
        sum += factor * term;
        memcpy(r + n, &sum, sizeof sum);
    }
    for (; n < count; n++) {
        r[n] += w * a[n];
    }
}
