/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/local.h"

#include "reference/regularity/measure.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>

#define RADII 4
#define SETS  (RADII * SC_MOVES_SETS)

/* Not in their order: a set and one inside of it are found by what they are. */
static const double radii[RADII] = {0.5, 0.0, 2.0, 0.0625};

Test(local, what_was_found_and_the_bound_follow_the_sets, .timeout = 300)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 100; seed++) {
        const struct sc_ascent_options options = sc_ascent_defaults();
        struct sc_measure_options how = sc_measure_defaults();
        struct sc_local locals[SETS];
        struct sc_measurement m;
        struct sc_error error = {SC_OK, ""};
        layer_sample_make(&s, seed);
        how.bounds = false;
        cr_assert_eq(sc_measure(&s.layer, s.x, &how, &m, NULL), SC_OK);
        cr_assert_eq(sc_local_measure(&s.layer, s.x, radii, RADII, &options, locals, &error), SC_OK,
                     "%s", error.text);
        for (int32_t a = 0; a < SETS; a++) {
            cr_expect_eq(locals[a].upper.radius, radii[a / SC_MOVES_SETS]);
            cr_expect_eq((int)locals[a].upper.set, a % SC_MOVES_SETS);
            cr_expect(locals[a].low <= locals[a].high, "seed %d: [%g, %g]", (int)seed,
                      locals[a].low, locals[a].high);
            cr_expect(locals[a].low >= m.low && locals[a].high >= m.low, "seed %d: %g, %g, %g",
                      (int)seed, locals[a].low, locals[a].high, m.low);
            /* at radius 0 the norm at the tokens themselves, both sides certified */
            cr_expect(radii[a / SC_MOVES_SETS] > 0.0 || locals[a].low <= m.high, "seed %d: %g, %g",
                      (int)seed, locals[a].low, m.high);
            for (int32_t b = 0; b < SETS; b++) {
                if (radii[a / SC_MOVES_SETS] <= radii[b / SC_MOVES_SETS] && a % 2 <= b % 2) {
                    cr_expect(locals[a].low <= locals[b].low && locals[a].high <= locals[b].high,
                              "seed %d: set %d is in set %d", (int)seed, a, b);
                }
            }
        }
        sc_measurement_destroy(&m);
    }
}

/* One token of width 1, x = 0: all that changes is sigma(x^2 + b) + 2 x^2 sigma'(x^2 + b) over [0, r]. */
Test(local, one_variable_lies_between)
{
    static const double one = 1.0, bias = -1.0, x = 0.0, r = 1.5;
    const struct sc_layer layer = {.tokens = 1,
                                   .width = 1,
                                   .heads = 1,
                                   .d = 1,
                                   .d_v = 1,
                                   .scale = 1.0,
                                   .w_q = &one,
                                   .w_k = &one,
                                   .w_v = &one,
                                   .bias = &bias,
                                   .left = 1,
                                   .right = 1};
    const struct sc_ascent_options options = sc_ascent_defaults();
    struct sc_local locals[SC_MOVES_SETS];
    double largest = 0.0;

    for (int32_t k = 0; k <= 10000; k++) {
        const double u = r * r * k * k / 1e8, p = 1.0 / (1.0 + exp(-u - bias));
        largest = fmax(largest, p + 2.0 * u * p * (1.0 - p));
    }
    cr_assert_eq(sc_local_measure(&layer, &x, &r, 1, &options, locals, NULL), SC_OK);
    for (int32_t s = 0; s < SC_MOVES_SETS; s++) {
        /* the bound takes the largest P and the largest S, which are not at the same x */
        cr_expect(locals[s].low <= largest * (1.0 + 1e-9) &&
                      locals[s].low >= largest * (1.0 - 1e-3) && locals[s].high >= largest &&
                      locals[s].high <= 1.5 * largest,
                  "[%g, %g], %g", locals[s].low, locals[s].high, largest);
    }
}
