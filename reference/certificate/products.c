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
/* The same where doubles lie. */
typedef double lanes_at __attribute__((vector_size(8 * LANES), aligned(8), may_alias));
#define AT(x) (*(const lanes_at *)(x))

/* Sums of TALL x WIDE dot products, count a multiple of LANES. Written out, so that they stay in registers. */
static inline __attribute__((always_inline)) void
tile(const double *x, const double *y, int64_t count, int64_t step, double sums[TALL][WIDE])
{
    lanes s00 = {0.0}, s01 = {0.0}, s10 = {0.0}, s11 = {0.0};
    lanes s20 = {0.0}, s21 = {0.0}, s30 = {0.0}, s31 = {0.0};

    for (int64_t n = 0; n < count; n += LANES) {
        const lanes a = AT(y + n), b = AT(y + step + n);
        const lanes r0 = AT(x + n), r1 = AT(x + step + n);
        s00 += r0 * a;
        s01 += r0 * b;
        s10 += r1 * a;
        s11 += r1 * b;
        const lanes r2 = AT(x + 2 * step + n), r3 = AT(x + 3 * step + n);
        s20 += r2 * a;
        s21 += r2 * b;
        s30 += r3 * a;
        s31 += r3 * b;
    }
    const lanes all[TALL][WIDE] = {{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}};
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
