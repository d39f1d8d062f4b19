/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/score_statistics.h"

#include "reference/regularity/rounding.h"
#include "spec/upward.h"

#include <math.h>

static double times(double x, double y)
{
    return sc_upward_multiply(x, y);
}

static double plus(double x, double y)
{
    return sc_upward_add(x, y);
}

/* Of one score (statistics.h). */
static double score_error(const struct sc_layer *l, int32_t h, const struct sc_head_rows *r)
{
    const double slope = l->slopes == NULL ? 0.0 : fabs(l->slopes[h]);
    const double rows =
        plus(plus(times(r->q_error, plus(r->k_length, r->k_error)), times(r->k_error, r->q_length)),
             times((double)l->d, 0x1p-1074));
    const double size = plus(times(l->scale, times(r->q_length, r->k_length)),
                             plus(fabs(l->bias[h]), times(slope, (double)l->tokens)));

    return plus(plus(times(l->scale, rows), times(sc_rounding_gamma(l->d + 8), size)), 0x1p-1070);
}

/* Of one weight: exp(e) - 1 for a score that errs by e, and the roundings. */
static double weight_error(const struct sc_layer *l, double e, double range)
{
    double moved = e;
    int64_t roundings = 8;

    if (l->kind ==
        SC_LAYER_SOFTMAX) { /* s - max s errs by u (max s - s), and the exponential by e^ that */
        moved = plus(times(2.0, e), times(0x1p-52, range));
        roundings = (int64_t)l->tokens + 12;
    }
    if (!(moved < 0.5)) {
        return HUGE_VAL; /* a weight is then hardly known at all */
    }
    return plus(times(expm1(moved), 1.0 + 0x1p-50), times(2.0, sc_rounding_gamma(roundings)));
}

void sc_score_statistics(const struct sc_layer *layer, int32_t h, const struct sc_head_rows *rows,
                         const double *s, struct sc_statistics_head *statistics)
{
    const int32_t n = layer->tokens;
    double low = HUGE_VAL, high = -HUGE_VAL, sum = 0.0, squares = 0.0;
    int64_t seen = 0;

    for (int32_t i = 0; i < n; i++) {
        double row = 0.0;
        for (int32_t j = 0; j < n; j++) {
            if (sc_layer_sees(layer, i, j)) {
                const double one = s[(int64_t)i * n + j];
                low = fmin(low, one);
                high = fmax(high, one);
                row += one;
                seen++;
            }
        }
        sum += row;
    }
    const double mean = seen > 0 ? sum / (double)seen : 0.0;
    for (int32_t i = 0; i < n; i++) {
        double row = 0.0;
        for (int32_t j = 0; j < n; j++) {
            const double one = s[(int64_t)i * n + j] - mean;
            row += sc_layer_sees(layer, i, j) ? one * one : 0.0;
        }
        squares += row;
    }
    statistics->score_min = seen > 0 ? low : 0.0;
    statistics->score_max = seen > 0 ? high : 0.0;
    statistics->score_mean = mean;
    statistics->score_deviation = seen > 0 ? sqrt(squares / (double)seen) : 0.0;
    const double e = score_error(layer, h, rows);
    const double largest = fmax(fabs(statistics->score_min), fabs(statistics->score_max));
    const double range = plus(statistics->score_max - statistics->score_min, times(2.0, e));
    statistics->weight_error = weight_error(layer, e, fmin(range, 1500.0));
    /* the sums of the mean and of the deviation: 2 n roundings each, of terms of at most 2 |s| */
    statistics->score_error = plus(e, times(sc_rounding_gamma(4 * (int64_t)n + 8), largest));
}
