/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/weight_statistics.h"

#include "reference/regularity/rounding.h"
#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#define STEPS 30        /* power steps for ||P|| */
#define LOST  0x1p-1022 /* of a weight that is too small for a normal number */

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

static int rising(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;

    return a < b ? -1 : a > b ? 1 : 0;
}

/* Of sum_j P_ij; `masses` is scratch, one for each row. */
static void set_masses(int32_t n, const double *p, double *masses, struct sc_statistics_head *s)
{
    for (int32_t i = 0; i < n; i++) {
        masses[i] = 0.0;
        for (int32_t j = 0; j < n; j++) {
            masses[i] += p[(int64_t)i * n + j];
        }
    }
    qsort(masses, (size_t)n, sizeof *masses, rising);
    for (int64_t k = 0; k < SC_STATISTICS_QUANTILES; k++) {
        s->mass[k] = masses[k * (n - 1) / (SC_STATISTICS_QUANTILES - 1)];
    }
}

/* Whether a weight that errs by `relative` of itself is on neither side of a threshold. */
static bool near(double p, double threshold, double relative)
{
    return fabs(p - threshold) <= times(2.0 * relative, threshold);
}

static void set_shares(const struct sc_layer *l, const double *p, struct sc_statistics_head *s)
{
    const double n = (double)l->tokens, small = SC_STATISTICS_SMALL / n;
    int64_t seen = 0, above = 0, below = 0, open = 0;
    double top = 0.0, slope = 0.0;

    for (int32_t i = 0; i < l->tokens; i++) {
        for (int32_t j = 0; j < l->tokens; j++) {
            const double one = p[(int64_t)i * l->tokens + j];
            if (sc_layer_sees(l, i, j)) {
                seen++;
                top = fmax(top, one);
                slope = fmax(slope, one * (1.0 - one));
                above += one > SC_STATISTICS_LARGE ? 1 : 0;
                below += one < small ? 1 : 0;
                open += near(one, SC_STATISTICS_LARGE, s->weight_error) ||
                                near(one, small, s->weight_error)
                            ? 1
                            : 0;
            }
        }
    }
    const double all = seen > 0 ? (double)seen : 1.0;
    s->weight_top = n * top;
    s->slope_top = n * slope;
    s->large = (double)above / all;
    s->small = (double)below / all;
    s->undecided = (double)open / all;
}

static double length(const double *x, int32_t count)
{
    double sum = 0.0;

    for (int32_t j = 0; j < count; j++) {
        sum += x[j] * x[j];
    }
    return sqrt(sum);
}

/* <= ||P||_2 of the weights as they stand: ||P x|| / ||x|| with x from power steps; `x` and `y` are scratch. Sums of
 * nonnegative terms: each rounds relatively. */
static double norm_from_below(int32_t n, const double *p, double *x, double *y)
{
    double low = 0.0;

    for (int32_t j = 0; j < n; j++) {
        x[j] = 1.0;
    }
    for (int32_t step = 0; step <= STEPS; step++) {
        const double before = length(x, n);
        cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n, 1.0, p, n, x, 1, 0.0, y, 1);
        const double image = length(y, n);
        if (!(image > 0x1p-400) || !isfinite(image) || !(before > 0.0)) {
            break;
        }
        low = fmax(low, image / before);
        cblas_dscal(n, 1.0 / image, y, 1);
        cblas_dgemv(CblasRowMajor, CblasTrans, n, n, 1.0, p, n, y, 1, 0.0, x, 1);
    }
    return low * (1.0 - 2.0 * sc_rounding_gamma(2 * (int64_t)n + 16));
}

enum sc_status sc_weight_statistics(const struct sc_layer *layer, const double *p,
                                    struct sc_statistics_head *statistics, struct sc_error *error)
{
    const int32_t n = layer->tokens;
    double *x = malloc((size_t)n * sizeof *x), *y = malloc((size_t)n * sizeof *y);
    struct sc_statistics_head *s = statistics;
    const double relative = s->weight_error;
    enum sc_status status = SC_OK;

    if (x == NULL || y == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "statistics: no memory for %d tokens", n);
        goto done;
    }
    set_masses(n, p, x, s);
    set_shares(layer, p, s);
    status = sc_spectral_upper_nonnegative(p, n, n, STEPS, &s->norm_high, error);
    /* |P^ - P| <= relative P + LOST for each element, so that || P^ || bounds || P || up to both */
    s->norm_high =
        plus(times(s->norm_high, plus(1.0, times(2.0, relative))), times((double)n, LOST));
    s->norm_low =
        isfinite(relative)
            ? fmax(0.0, norm_from_below(n, p, x, y) * (1.0 - 2.0 * relative) - (double)n * LOST)
            : 0.0;
    /* what `mass` adds to a weight's error */
    s->weight_error = plus(relative, sc_rounding_gamma(n));
done:
    free(x);
    free(y);
    return status;
}
