/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/worst_starts.h"

#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Width 2, W_q = diag(1, -2), W_k = W_v = 1: A has eigenvectors e_1 of 1 and e_2 of -2, and A^T A e_2 of 4. */
static const double eye[] = {1.0, 0.0, 0.0, 1.0}, w_q[] = {1.0, 0.0, 0.0, -2.0}, bias = -3.0;

static struct sc_layer diagonal(int32_t tokens)
{
    return (struct sc_layer){.tokens = tokens,
                             .width = 2,
                             .heads = 1,
                             .d = 2,
                             .d_v = 2,
                             .scale = 1.0,
                             .w_q = w_q,
                             .w_k = eye,
                             .w_v = eye,
                             .bias = &bias,
                             .left = SC_MASK_UNBOUNDED,
                             .right = SC_MASK_UNBOUNDED};
}

Test(worst_starts, the_families_are_as_described)
{
    static const struct {
        const char *name;
        int32_t at;         /* in the starts of a vector */
        double first, last; /* of the lengths of the tokens, by their sign */
        int32_t count;      /* of tokens that are not 0 */
    } families[] = {{"equal tokens", 0, 2.0, 2.0, 6},     {"equal tokens, shorter", 1, 0.0, 0.0, 6},
                    {"one against all", 2, 2.0, -2.0, 6}, {"one against all", 3, 2.0, -1.75, 6},
                    {"one against all", 10, 2.0, 0.0, 1}, {"one against all", 17, 2.0, 1.75, 6},
                    {"few among zeros", 18, 2.0, 0.0, 1}, {"few among zeros", 19, 2.0, 0.0, 2},
                    {"few among zeros", 20, 2.0, 0.0, 4}};
    const int32_t rows = sizeof families / sizeof families[0];
    const struct sc_layer layer = diagonal(6);
    struct sc_worst_starts starts;
    double x[12];

    cr_assert_eq(sc_worst_starts_create(&layer, 2.0, &starts, NULL), SC_OK);
    cr_assert_eq(starts.vectors, 2, "e_1 and e_2, each once");
    cr_assert_eq(starts.families, 21);
    cr_assert_eq(starts.count, 42);
    cr_expect_float_eq(starts.s[0], 1.0, 1e-14);
    cr_expect_float_eq(starts.s[1], -2.0, 1e-14);
    for (int32_t v = 0; v < 2; v++) {
        const double sign = starts.u[3 * v] > 0.0 ? 1.0 : -1.0; /* e_1 is u[0], e_2 u[3] */
        for (int32_t f = 0; f < rows; f++) {
            int32_t count = 0;
            cr_expect_str_eq(sc_worst_starts_known(&starts, 21 * v + families[f].at, x),
                             families[f].name);
            for (int32_t i = 0; i < 6; i++) {
                cr_expect_float_eq(x[2 * i + 1 - v], 0.0, 1e-14, "vector %d, token %d", v, i);
                count += fabs(x[2 * i + v]) > 1e-9 ? 1 : 0;
            }
            cr_expect_eq(count, families[f].count, "vector %d, %s: %d tokens", v, families[f].name,
                         count);
            if (f != 1) {
                cr_expect_float_eq(sign * x[v], families[f].first, 1e-14, "%s", families[f].name);
                cr_expect_float_eq(sign * x[10 + v], families[f].last, 1e-14, "%s",
                                   families[f].name);
            }
        }
    }
    /* sigma(s - 3) + 2 s sigma'(s - 3) rises over [0, 4] up to 3.83: shorter tokens are along e_1 only */
    (void)sc_worst_starts_known(&starts, 1, x);
    cr_expect(fabs(x[0]) < 2.0 && fabs(x[0]) > 1.8, "%g", x[0]);
    (void)sc_worst_starts_known(&starts, 22, x);
    cr_expect_float_eq(fabs(x[1]), 2.0, 1e-14, "no score rises along e_2: %g", x[1]);
    sc_worst_starts_destroy(&starts);
}

Test(worst_starts, all_are_in_the_ball_up_to_rounding)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 300; seed++) {
        struct sc_random random = {seed};
        struct sc_worst_starts starts;
        double x[LAYER_IN];
        layer_sample_make(&s, seed);
        cr_assert_eq(sc_worst_starts_create(&s.layer, 1.5, &starts, NULL), SC_OK);
        for (int32_t at = 0; at < starts.count + 6; at++) {
            if (at < starts.count) {
                (void)sc_worst_starts_known(&starts, at, x);
            } else {
                (void)sc_worst_starts_random(&s.layer, 1.5, &random, x);
            }
            for (int32_t i = 0; i < s.layer.tokens; i++) {
                double square = 0.0;
                for (int32_t c = 0; c < s.layer.width; c++) {
                    square += x[i * s.layer.width + c] * x[i * s.layer.width + c];
                }
                cr_expect(sqrt(square) <= 1.5 * (1.0 + 1e-12), "seed %d, start %d, token %d: %g",
                          (int)seed, at, i, sqrt(square));
            }
        }
        sc_worst_starts_destroy(&starts);
    }
}
