/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/around_rows.h"

#include "reference/regularity/ascent.h"
#include "tests/layer_head.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct sc_around_rows around(const struct sc_layer *layer, const struct layer_head *at,
                                    enum sc_moves_set set, double radius)
{
    const struct sc_around_head head = {layer,     at->q,        at->k,  at->v,     at->p,
                                        &at->near, &at->rounded, &at->a, &at->parts};
    struct sc_moves moves;
    struct sc_weight_range range;
    struct sc_around_rows rows;

    cr_assert_eq(sc_moves_create(&at->balls, 0, at->q, at->k, &at->rounded, &at->parts, radius,
                                 &moves, NULL),
                 SC_OK);
    cr_assert_eq(sc_weight_range_create(&moves, set, at->p, &at->near, &range, NULL), SC_OK);
    cr_assert_eq(sc_around_rows_compute(&head, &moves, set, &range, &rows, NULL), SC_OK);
    sc_weight_range_destroy(&range);
    sc_moves_destroy(&moves);
    return rows;
}

/* The norms at a point of the set are at most those of the set; they have excesses of up to 1e-5 and charges for roundings
 * of up to 1e-10 themselves. */
Test(around_rows, no_point_of_the_set_has_larger_norms, .timeout = 600)
{
    static const double radii[] = {0.0, 0.01, 0.1, 0.5, 2.0};
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 2000; seed++) {
        const struct sc_ascent_set set = {(enum sc_moves_set)(seed / 2 % 2), s.x, radii[seed % 5]};
        struct sc_random random = {seed * 5 + 3};
        struct layer_head at, to;
        layer_sample_make(&s, seed);
        layer_head_create(&at, &s.layer, s.x);
        const struct sc_around_rows rows = around(&s.layer, &at, set.kind, set.radius);
        for (int32_t try = 0; try < 4; try++) {
            double x[LAYER_IN];
            /* the point of the border that is furthest from 0, and others */
            for (int32_t n = 0; n < LAYER_IN; n++) {
                x[n] = try == 0 ? 1000.0 * s.x[n] : s.x[n] + 10.0 * sc_random_normal(&random);
            }
            sc_ascent_project(&s.layer, &set, x);
            layer_head_create(&to, &s.layer, x);
            const struct sc_row_bounds *there = &to.parts.rows;
            cr_expect(there->queries <= rows.queries * (1.0 + 1e-5) + 1e-10 &&
                          there->values <= rows.values * (1.0 + 1e-5) + 1e-10 &&
                          there->keys <= rows.keys * (1.0 + 1e-5) + 1e-10,
                      "seed %d, radius %g, set %d: %g, %g, %g at a point, bounds %g, %g, %g",
                      (int)seed, set.radius, (int)set.kind, there->queries, there->values,
                      there->keys, rows.queries, rows.values, rows.keys);
            layer_head_destroy(&to);
        }
        layer_head_destroy(&at);
    }
}

/* One token x = 1, width 1, all weights 1: all three norms are S x^2, S the slope at c x^2 + b. */
Test(around_rows, one_channel_is_known)
{
    static const double one = 1.0;
    static const struct {
        const char *name;
        double scale, bias, radius;
    } rows[] = {
        {"the slope stays, the token moves", 0x1p-50, 0.0, 0.5},
        {"the token stays, the slope moves", 0x1p20, -0x1p20 - 3.0, 0x1p-20},
        {"the token stays, the slope moves over its top", 0x1p20, -0x1p20 - 1.0, 0x1p-20},
    };

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const struct sc_layer layer = {.kind = SC_LAYER_SIGMOID,
                                       .tokens = 1,
                                       .width = 1,
                                       .heads = 1,
                                       .d = 1,
                                       .d_v = 1,
                                       .scale = rows[n].scale,
                                       .w_q = &one,
                                       .w_k = &one,
                                       .w_v = &one,
                                       .bias = &rows[n].bias,
                                       .left = SC_MASK_UNBOUNDED,
                                       .right = SC_MASK_UNBOUNDED};
        double largest = 0.0;
        struct layer_head at;
        for (int32_t step = -1000; step <= 1000; step++) {
            const double x = 1.0 + rows[n].radius * step / 1000.0;
            const double p = 1.0 / (1.0 + exp(-(rows[n].scale * x * x + rows[n].bias)));
            largest = fmax(largest, p * (1.0 - p) * x * x);
        }
        layer_head_create(&at, &layer, &one);
        for (int32_t k = 0; k < SC_MOVES_SETS; k++) {
            const struct sc_around_rows found =
                around(&layer, &at, (enum sc_moves_set)k, rows[n].radius);
            const double norms[] = {found.queries, found.values, found.keys};
            for (int32_t m = 0; m < 3; m++) {
                cr_expect(norms[m] >= largest * (1.0 - 1e-12) && norms[m] <= largest * (1.0 + 1e-4),
                          "%s, norm %d, set %d: %.17g, expected %.17g", rows[n].name, m, k,
                          norms[m], largest);
            }
        }
        layer_head_destroy(&at);
    }
}

/* Width 1 with a norm: values and keys stay at about 1 beside their large biases, and the slope at 1/4, while the derivative
 * of q = x / sqrt(x^2 + epsilon) grows from that at x = 1 to that at x = 0, 1 / sqrt(epsilon). */
Test(around_rows, the_derivative_of_a_norm_turns)
{
    static const double one = 1.0, tiny = 0x1p-60, large = 0x1p60, zero = 0.0;
    const struct sc_layer layer = {.kind = SC_LAYER_SIGMOID,
                                   .tokens = 1,
                                   .width = 1,
                                   .heads = 1,
                                   .d = 1,
                                   .d_v = 1,
                                   .scale = 0x1p-60,
                                   .w_q = &one,
                                   .w_k = &one,
                                   .w_v = &tiny,
                                   .beta_k = &large,
                                   .beta_v = &one,
                                   .bias = &zero,
                                   .left = SC_MASK_UNBOUNDED,
                                   .right = SC_MASK_UNBOUNDED,
                                   .norm = SC_LAYER_RMS,
                                   .epsilon = 1.0};
    struct layer_head at;

    layer_head_create(&at, &layer, &one);
    for (int32_t k = 0; k < SC_MOVES_SETS; k++) {
        const struct sc_around_rows found = around(&layer, &at, (enum sc_moves_set)k, 1.0);
        cr_expect(found.queries >= 0.25 * (1.0 - 1e-9), "set %d: %.17g", k, found.queries);
    }
    layer_head_destroy(&at);
}
