/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/head_norm.h"

#include <math.h>
#include <stdlib.h>

bool sc_head_norm_create(const struct sc_layer *layer, const double *gain,
                         struct sc_head_norm *norm)
{
    const size_t n = (size_t)layer->tokens, d = (size_t)layer->d, heads = (size_t)layer->heads;

    *norm = (struct sc_head_norm){.layer = layer, .gain = gain};
    if (layer->norm != SC_LAYER_NO_NORM) {
        norm->unit = calloc(heads * n * d, sizeof(double));
        norm->size = calloc(heads * n, sizeof(double));
        if (norm->unit == NULL || norm->size == NULL) {
            return false;
        }
    }
    if (layer->rotation == 0.0) {
        return true;
    }
    norm->turn = calloc(n * d, sizeof(double));
    for (size_t i = 0; norm->turn != NULL && i < n; i++) {
        for (size_t c = 0; c < d / 2; c++) {
            const double angle = (double)i * pow(layer->rotation, -2.0 * (double)c / (double)d);
            norm->turn[i * d + 2 * c] = cos(angle);
            norm->turn[i * d + 2 * c + 1] = sin(angle);
        }
    }
    return norm->turn != NULL;
}

void sc_head_norm_destroy(struct sc_head_norm *norm)
{
    free(norm->unit);
    free(norm->size);
    free(norm->turn);
    *norm = (struct sc_head_norm){.layer = norm->layer};
}

static double mean(const double *row, int32_t d)
{
    double sum = 0.0;

    for (int32_t c = 0; c < d; c++) {
        sum += row[c];
    }
    return sum / (double)d;
}

static double dot(const double *x, const double *y, int32_t d)
{
    double sum = 0.0;

    for (int32_t c = 0; c < d; c++) {
        sum += x[c] * y[c];
    }
    return sum;
}

static void subtract(double *row, double x, int32_t d)
{
    for (int32_t c = 0; c < d; c++) {
        row[c] -= x;
    }
}

static void apply_gain(const struct sc_head_norm *norm, double *row)
{
    for (int32_t c = 0; norm->gain != NULL && c < norm->layer->d; c++) {
        row[c] *= norm->gain[c];
    }
}

/* The rotation of row i, or its transpose. */
static void rotate(const struct sc_head_norm *norm, int32_t i, bool back, double *row)
{
    const int32_t half = norm->layer->d / 2;

    for (int32_t c = 0; norm->turn != NULL && c < half; c++) {
        const double *turn = norm->turn + (int64_t)i * norm->layer->d + 2 * c;
        const double cosine = turn[0], sine = back ? -turn[1] : turn[1];
        const double x = row[c], y = row[c + half];
        row[c] = cosine * x - sine * y;
        row[c + half] = sine * x + cosine * y;
    }
}

/* The part of the norm's Jacobian that is symmetric: with unit = y / size and y the row less its mean (or itself),
 * t to (t' - unit <unit, t'> / d) / size, t' being t less its mean (or t). */
static void through_unit(const struct sc_head_norm *norm, int64_t row, double *t)
{
    const int32_t d = norm->layer->d;
    const double *unit = norm->unit + row * d;

    if (norm->layer->norm == SC_LAYER_MEAN0) {
        subtract(t, mean(t, d), d);
    }
    const double along = dot(unit, t, d) / (double)d;
    for (int32_t c = 0; c < d; c++) {
        t[c] = (t[c] - unit[c] * along) / norm->size[row];
    }
}

void sc_head_norm_apply(struct sc_head_norm *norm, int32_t h, double *rows)
{
    const struct sc_layer *layer = norm->layer;
    const int32_t d = layer->d;

    for (int32_t i = 0; i < layer->tokens; i++) {
        double *row = rows + (int64_t)i * d;
        const int64_t at = (int64_t)h * layer->tokens + i;
        if (layer->norm == SC_LAYER_MEAN0) {
            subtract(row, mean(row, d), d);
        }
        if (layer->norm != SC_LAYER_NO_NORM) {
            norm->size[at] = sqrt(dot(row, row, d) / (double)d + layer->epsilon);
            for (int32_t c = 0; c < d; c++) {
                row[c] /= norm->size[at];
                norm->unit[at * d + c] = row[c];
            }
            apply_gain(norm, row);
        }
        rotate(norm, i, false, row);
    }
}

void sc_head_norm_push(const struct sc_head_norm *norm, int32_t h, double *rows)
{
    const struct sc_layer *layer = norm->layer;

    for (int32_t i = 0; i < layer->tokens; i++) {
        double *row = rows + (int64_t)i * layer->d;
        if (layer->norm != SC_LAYER_NO_NORM) {
            through_unit(norm, (int64_t)h * layer->tokens + i, row);
            apply_gain(norm, row);
        }
        rotate(norm, i, false, row);
    }
}

void sc_head_norm_pull(const struct sc_head_norm *norm, int32_t h, double *rows)
{
    const struct sc_layer *layer = norm->layer;

    for (int32_t i = 0; i < layer->tokens; i++) {
        double *row = rows + (int64_t)i * layer->d;
        rotate(norm, i, true, row);
        if (layer->norm != SC_LAYER_NO_NORM) {
            apply_gain(norm, row);
            through_unit(norm, (int64_t)h * layer->tokens + i, row);
        }
    }
}
