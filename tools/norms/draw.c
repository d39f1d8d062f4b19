/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/draw.h"

#include "fuzz/philox.h"

#include <math.h>

enum subject { TOKEN, COMMON, WEIGHT };

static double normal(uint64_t seed, int32_t c, int32_t i, int32_t s, int32_t subject, int32_t n)
{
    const struct sc_philox counter = {
        {(uint32_t)c, (uint32_t)i, (uint32_t)s, (uint32_t)subject << 24 | (uint32_t)n}};

    return sc_philox_normal(sc_philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32)).word);
}

static void normalise(double *row, int32_t width)
{
    double mean = 0.0, square = 0.0;

    for (int32_t c = 0; c < width; c++) {
        mean += row[c];
    }
    mean /= (double)width;
    for (int32_t c = 0; c < width; c++) {
        row[c] -= mean;
        square += row[c] * row[c];
    }
    const double size = sqrt(square / (double)width);
    for (int32_t c = 0; c < width; c++) {
        row[c] /= size;
    }
}

void sc_norms_draw_tokens(uint64_t seed, int32_t sample, int32_t tokens, int32_t width,
                          double common, double *x)
{
    const double own = sqrt(1.0 - common * common);

    for (int32_t i = 0; i < tokens; i++) {
        double *row = x + (int64_t)i * width;
        for (int32_t c = 0; c < width; c++) {
            row[c] = own * normal(seed, c, i, sample, TOKEN, tokens) +
                     common * normal(seed, c, 0, sample, COMMON, tokens);
        }
        normalise(row, width);
    }
}

void sc_norms_draw_weights(uint64_t seed, int32_t matrix, int32_t rows, int32_t width, double *w)
{
    const double size = 1.0 / sqrt((double)width);

    for (int32_t r = 0; r < rows; r++) {
        for (int32_t c = 0; c < width; c++) {
            w[(int64_t)r * width + c] = size * normal(seed, c, r, 0, WEIGHT + matrix, 0);
        }
    }
}
