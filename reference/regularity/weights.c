/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/weights.h"

#include <math.h>
#include <stdlib.h>

void sc_weights_shift(const struct sc_layer *layer, int32_t h, double *s)
{
    const int32_t n = layer->tokens;

    for (int32_t i = 0; i < n; i++) {
        double *row = s + (int64_t)i * n;
        for (int32_t j = 0; j < n; j++) {
            row[j] += layer->bias[h];
            if (layer->slopes != NULL) {
                row[j] -= layer->slopes[h] * (double)abs(i - j);
            }
        }
    }
}

/* Each way the exponential is of a number that is not positive. */
static double sigmoid(double s)
{
    const double e = exp(-fabs(s));

    return (s < 0.0 ? e : 1.0) / (1.0 + e);
}

static void row_softmax(const struct sc_layer *layer, int32_t i, double *row)
{
    double largest = -HUGE_VAL, sum = 0.0;

    for (int32_t j = 0; j < layer->tokens; j++) {
        largest = sc_layer_sees(layer, i, j) && row[j] > largest ? row[j] : largest;
    }
    for (int32_t j = 0; j < layer->tokens; j++) {
        row[j] = sc_layer_sees(layer, i, j) ? exp(row[j] - largest) : 0.0;
        sum += row[j];
    }
    for (int32_t j = 0; sum > 0.0 && j < layer->tokens; j++) {
        row[j] /= sum;
    }
}

void sc_weights_apply(const struct sc_layer *layer, double *s)
{
    const int32_t n = layer->tokens;

    for (int32_t i = 0; i < n; i++) {
        double *row = s + (int64_t)i * n;
        if (layer->kind == SC_LAYER_SOFTMAX) {
            row_softmax(layer, i, row);
            continue;
        }
        for (int32_t j = 0; j < n; j++) {
            row[j] = sc_layer_sees(layer, i, j) ? sigmoid(row[j]) : 0.0;
        }
    }
}
