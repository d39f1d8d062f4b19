/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_USAGE_HEAD_H
#define SC_TESTS_USAGE_HEAD_H

#include "spec/format_value.h"
#include "tools/measure/pass.h"

#include <math.h>
#include <stdint.h>

/* The rows of one head that tools/measure/usage_sample.h looks at, by the definition of the passes in loops of our own,
 * rounded to bf16: 0, n / 2 + n / 8, n - 1 of each result that is not NULL. */

static inline double usage_head_dot(const uint16_t *x, const uint16_t *y, int32_t d)
{
    double sum = 0.0;

    for (int32_t c = 0; c < d; c++) {
        sum += sc_format_decode(SC_FORMAT_BF16, x[c]) * sc_format_decode(SC_FORMAT_BF16, y[c]);
    }
    return sum;
}

static inline void usage_head_fill(int32_t n, int32_t d, const uint16_t *q, const uint16_t *k,
                                   const uint16_t *v, const uint16_t *d_o, uint16_t *o,
                                   uint16_t *d_q, uint16_t *d_k, uint16_t *d_v)
{
    const double tau = (double)(1.0f / sqrtf((float)d)), b = (double)-logf((float)n);
    const int32_t rows[] = {0, n / 2 + n / 8, n - 1};
    double sums[4][256];

    for (int32_t r = 0; r < 3; r++) {
        const int64_t at = (int64_t)rows[r] * d;
        for (int32_t c = 0; c < d; c++) {
            sums[0][c] = sums[1][c] = sums[2][c] = sums[3][c] = 0.0;
        }
        for (int64_t x = 0; x < (int64_t)n * d; x += d) {
            /* This row against each key, and each row against this key. */
            const double p = 1.0 / (1.0 + exp(-tau * usage_head_dot(q + at, k + x, d) - b));
            const double t = 1.0 / (1.0 + exp(-tau * usage_head_dot(q + x, k + at, d) - b));
            const double row =
                d_q == NULL ? 0.0 : p * (1.0 - p) * usage_head_dot(d_o + at, v + x, d);
            const double key =
                d_q == NULL ? 0.0 : t * (1.0 - t) * usage_head_dot(d_o + x, v + at, d);
            for (int32_t c = 0; c < d; c++) {
                sums[0][c] += p * sc_format_decode(SC_FORMAT_BF16, v[x + c]);
                sums[1][c] += tau * row * sc_format_decode(SC_FORMAT_BF16, k[x + c]);
                sums[2][c] += tau * key * sc_format_decode(SC_FORMAT_BF16, q[x + c]);
                sums[3][c] +=
                    t * (d_q == NULL ? 0.0 : sc_format_decode(SC_FORMAT_BF16, d_o[x + c]));
            }
        }
        uint16_t *const results[] = {o, d_q, d_k, d_v};
        for (int32_t result = 0; result < 4; result++) {
            for (int32_t c = 0; c < d && results[result] != NULL; c++) {
                results[result][at + c] =
                    (uint16_t)sc_format_encode(SC_FORMAT_BF16, sums[result][c]);
            }
        }
    }
}

#endif
