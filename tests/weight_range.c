/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/weight_range.h"

#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A weight that is known to a few units of 2^-53 is moved by e^m at most, or to 1/2: so is the error. */
#define NEAR 4e-15

/* Moves whose scores move by m_ij = size_i: no norm, all queries at distance `size`, keys fixed. */
static struct sc_moves moves_of(const struct sc_layer *layer, double *size, double *zero,
                                double *one)
{
    return (struct sc_moves){.layer = layer,
                             .radius = 1.0,
                             .linear = true,
                             .reach_q = size,
                             .reach_k = zero,
                             .size_q = one,
                             .size_k = one,
                             .turn_q = zero,
                             .turn_k = zero,
                             .long_q = HUGE_VAL,
                             .long_k = HUGE_VAL};
}

static long double sigmoid(long double s)
{
    return 1.0L / (1.0L + expl(-s));
}

static long double slope(long double s)
{
    return sigmoid(s) * sigmoid(-s);
}

static void expect_near(double found, long double expected, const char *what, double s, double m)
{
    const double from = (double)expected;

    const double wrong = NEAR * (from + exp(fmin(m, fabs(s))));

    cr_expect(found >= from * (1.0 - 1e-16) && found <= from + wrong,
              "%s, score %g, moved by %g: %.17g, expected %.17g", what, s, m, found, from);
}

/* The scores s - m and s + m are the ends; the slope is largest at the score of the range that is nearest to 0. */
Test(weight_range, sigmoid_reaches_its_ends)
{
    static const double scores[] = {-700.0, -40.0, -9.0, -1.0, -0.125, 0.0, 0.5, 3.0, 20.0};
    static const double sizes[] = {0.0, 1e-9, 0.125, 1.0, 5.0, 60.0, 1e5};
    static const struct sc_layer layer = {.kind = SC_LAYER_SIGMOID,
                                          .tokens = 1,
                                          .scale = 1.0,
                                          .left = SC_MASK_UNBOUNDED,
                                          .right = SC_MASK_UNBOUNDED};

    for (size_t a = 0; a < sizeof scores / sizeof scores[0]; a++) {
        for (size_t b = 0; b < sizeof sizes / sizeof sizes[0]; b++) {
            const struct sc_nearness near = {0x1p-53, 0x1p-1074};
            const long double s = scores[a];
            const double p = (double)sigmoid(s);
            double size = sizes[b], zero = 0.0, one = 1.0;
            const struct sc_moves moves = moves_of(&layer, &size, &zero, &one);
            struct sc_weight_range range;
            const long double m = (long double)sc_moves_score(&moves, SC_MOVES_EACH, 0, 0);
            const long double near_0 = fabsl(s) <= m ? 0.0L : fabsl(s) - m;
            const long double change =
                fmaxl(slope(near_0) - slope(s), slope(s) - slope(fabsl(s) + m));
            cr_assert_eq(sc_weight_range_create(&moves, SC_MOVES_EACH, &p, &near, &range, NULL),
                         SC_OK);
            expect_near(range.high[0], sigmoid(s + m), "P", scores[a], sizes[b]);
            expect_near(range.slope[0], slope(near_0), "S", scores[a], sizes[b]);
            expect_near(range.change[0], change, "change of S", scores[a], sizes[b]);
            sc_weight_range_destroy(&range);
        }
    }
}

/* One key up, all others down, and the other way round. */
Test(weight_range, softmax_reaches_its_ends)
{
    static const double sizes[] = {0.0, 0.01, 0.5, 3.0, 800.0};
    static const struct sc_layer layer = {
        .kind = SC_LAYER_SOFTMAX, .tokens = 4, .scale = 1.0, .left = SC_MASK_UNBOUNDED, .right = 0};

    for (size_t b = 0; b < sizeof sizes / sizeof sizes[0]; b++) {
        const struct sc_nearness near = {0x1p-53, 0x1p-1074};
        double size[] = {sizes[b], sizes[b], sizes[b], sizes[b]}, zero[4] = {0.0};
        double one[] = {1.0, 1.0, 1.0, 1.0}, p[16] = {0.0};
        const struct sc_moves moves = moves_of(&layer, size, zero, one);
        const long double up = expl((long double)sc_moves_score(&moves, SC_MOVES_EACH, 0, 0));
        struct sc_weight_range range;
        for (int32_t i = 0; i < 4; i++) {
            for (int32_t j = 0; j <= i; j++) {
                p[i * 4 + j] = 2.0 * (j + 1) / ((i + 1.0) * (i + 2.0));
            }
        }
        cr_assert_eq(sc_weight_range_create(&moves, SC_MOVES_EACH, p, &near, &range, NULL), SC_OK);
        for (int32_t n = 0; n < 16; n++) {
            const long double from = p[n], high = from * up / (from * up + (1.0L - from) / up);
            const long double low = from / up / (from / up + (1.0L - from) * up);
            if (n % 4 > n / 4) {
                cr_expect_eq(range.high[n], 0.0);
                cr_expect_eq(range.change[n], 0.0);
                continue;
            }
            expect_near(range.high[n], high, "P", (double)from, sizes[b]);
            expect_near(range.change[n], fmaxl(high - from, from - low), "change of P",
                        (double)from, sizes[b]);
        }
        sc_weight_range_destroy(&range);
    }
}

/* A weight that is off by 0.1 has a range from 0.1 less and more. */
Test(weight_range, errors_of_the_weights_are_charged)
{
    static const struct sc_layer layer = {.kind = SC_LAYER_SIGMOID,
                                          .tokens = 1,
                                          .scale = 1.0,
                                          .left = SC_MASK_UNBOUNDED,
                                          .right = SC_MASK_UNBOUNDED};
    const struct sc_nearness near = {0x1p-53, 0.125};
    double size = 0.0, zero = 0.0, one = 1.0;
    const double p = 0.25;
    const struct sc_moves moves = moves_of(&layer, &size, &zero, &one);
    struct sc_weight_range range;

    cr_assert_eq(sc_weight_range_create(&moves, SC_MOVES_WHOLE, &p, &near, &range, NULL), SC_OK);
    cr_expect(range.high[0] >= 0.375, "%.17g", range.high[0]);
    cr_expect(range.slope[0] >= 0.375 * 0.625, "%.17g", range.slope[0]);
    sc_weight_range_destroy(&range);
}
