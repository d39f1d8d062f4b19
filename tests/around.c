/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/around.h"

#include "reference/regularity/ascent.h"
#include "reference/regularity/measure.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define LAYERS 400
#define RADII  5

static const double radii[RADII] = {1e-3, 0.03, 0.2, 1.0, 4.0};

static void bound(const struct sc_layer *layer, const double *x, struct sc_around *around,
                  int32_t count)
{
    double p[LAYER_HEADS * LAYER_TOKENS * LAYER_TOKENS];
    struct sc_balls balls;
    struct sc_nearness near;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_balls_create(layer, x, 1, &balls, &error), SC_OK, "%s", error.text);
    cr_assert_eq(sc_balls_weights(&balls, p, &near, &error), SC_OK, "%s", error.text);
    cr_assert_eq(sc_around_compute(&balls, x, p, &near, around, count, &error), SC_OK, "%s",
                 error.text);
    sc_balls_destroy(&balls);
}

/* ||J|| at a point from below. */
static double low_at(const struct sc_layer *layer, const double *x)
{
    struct sc_measure_options options = sc_measure_defaults();
    struct sc_measurement m;
    struct sc_error error = {SC_OK, ""};

    options.steps_max = 100;
    options.exact_max = 0;
    options.bounds = false;
    cr_assert_eq(sc_measure(layer, x, &options, &m, &error), SC_OK, "%s", error.text);
    const double low = m.low;
    sc_measurement_destroy(&m);
    return low;
}

static void expect_above(const struct sc_around *around, double low, uint64_t seed,
                         const char *what)
{
    for (int32_t k = 0; k < SC_BOUNDS; k++) {
        cr_expect(around->layer[k] >= low,
                  "seed %d, %s, radius %g, set %d: bound %d is %.17g, the norm at a point of the "
                  "set %.17g",
                  (int)seed, what, around->radius, (int)around->set, k, around->layer[k], low);
    }
}

static void sets_of(struct sc_around around[RADII * SC_MOVES_SETS])
{
    for (int32_t s = 0; s < RADII * SC_MOVES_SETS; s++) {
        around[s].radius = radii[s / SC_MOVES_SETS];
        around[s].set = (enum sc_moves_set)(s % SC_MOVES_SETS);
    }
}

/* Random points of the border, and what ascent finds from the centre. */
Test(around, no_point_of_the_set_is_more_sensitive, .timeout = 900)
{
    struct sc_ascent_options options = sc_ascent_defaults();
    struct layer_sample s;

    options.steps = 12;
    for (uint64_t seed = 0; seed < LAYERS; seed++) {
        struct sc_around around[RADII * SC_MOVES_SETS];
        struct sc_random random = {seed * 3 + 1};
        layer_sample_make(&s, seed);
        sets_of(around);
        bound(&s.layer, s.x, around, RADII * SC_MOVES_SETS);
        for (int32_t a = 0; a < RADII * SC_MOVES_SETS; a++) {
            const struct sc_ascent_set set = {around[a].set, s.x, around[a].radius};
            double x[LAYER_IN], value = 0.0;
            for (int32_t try = 0; try < 3; try++) {
                for (int32_t n = 0; n < LAYER_IN; n++) {
                    x[n] = s.x[n] + 8.0 * sc_random_normal(&random);
                }
                sc_ascent_project(&s.layer, &set, x);
                expect_above(&around[a], low_at(&s.layer, x), seed, "drawn");
            }
            memcpy(x, s.x, sizeof x);
            cr_assert_eq(sc_ascent_climb(&s.layer, &set, &options, x, &value, NULL), SC_OK);
            cr_assert(sc_ascent_inside(&s.layer, &set, x));
            expect_above(&around[a], low_at(&s.layer, x), seed, "climbed");
        }
    }
}

/* At radius 0 the bounds are those at the point, up to roundings and the excesses of certified norms. */
Test(around, nothing_is_lost_at_radius_0)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < LAYERS; seed++) {
        struct sc_around around[SC_MOVES_SETS] = {{.set = SC_MOVES_WHOLE}, {.set = SC_MOVES_EACH}};
        struct sc_measure_options options = sc_measure_defaults();
        struct sc_measurement m;
        layer_sample_make(&s, seed);
        options.exact_max = 0;
        cr_assert_eq(sc_measure(&s.layer, s.x, &options, &m, NULL), SC_OK);
        bound(&s.layer, s.x, around, SC_MOVES_SETS);
        for (int32_t a = 0; a < SC_MOVES_SETS; a++) {
            for (int32_t k = SC_BOUND_B1; k < SC_BOUNDS; k++) {
                const double found = around[a].layer[k], expected = m.bounds.layer[k];
                cr_expect(found == expected || (found >= expected * (1.0 - 1e-5) &&
                                                found <= expected * (1.0 + 1e-5)),
                          "seed %d, set %d: bound %d is %.17g, at the point %.17g", (int)seed, a, k,
                          found, expected);
            }
        }
        sc_measurement_destroy(&m);
    }
}

/* A bound of a set bounds what is inside of it; they follow, up to the excesses of certified norms. */
Test(around, bounds_rise_with_the_radius_and_from_together_to_each)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < LAYERS; seed++) {
        struct sc_around around[RADII * SC_MOVES_SETS];
        layer_sample_make(&s, seed);
        sets_of(around);
        bound(&s.layer, s.x, around, RADII * SC_MOVES_SETS);
        for (int32_t a = 1; a < RADII * SC_MOVES_SETS; a++) {
            const struct sc_around *from = &around[a - (a % 2 == 1 ? 1 : 2)];
            for (int32_t k = 0; k < SC_BOUNDS; k++) {
                cr_expect(around[a].layer[k] >= from->layer[k] * (1.0 - 1e-5),
                          "seed %d, bound %d: %.17g at radius %g, %.17g at %g", (int)seed, k,
                          around[a].layer[k], around[a].radius, from->layer[k], from->radius);
            }
        }
    }
}

Test(around, huge_radii_give_no_false_bound)
{
    static const double huge[] = {1e6, 1e100, 1e160, 1e300};
    struct layer_sample s;

    for (uint64_t seed = 0; seed < LAYERS; seed++) {
        struct sc_around around[4];
        double x[LAYER_IN];
        layer_sample_make(&s, seed);
        for (int32_t a = 0; a < 4; a++) {
            around[a] = (struct sc_around){.radius = huge[a], .set = (enum sc_moves_set)(a % 2)};
        }
        bound(&s.layer, s.x, around, 4);
        /* a point of all of them, far out */
        for (int32_t n = 0; n < LAYER_IN; n++) {
            x[n] = s.x[n] * 100.0;
        }
        for (int32_t a = 0; a < 4; a++) {
            expect_above(&around[a], low_at(&s.layer, x), seed, "far");
        }
    }
}

Test(around, a_radius_that_is_none_is_refused)
{
    static const double bad[] = {-1.0, NAN, INFINITY};
    double p[LAYER_HEADS * LAYER_TOKENS * LAYER_TOKENS];
    struct layer_sample s;
    struct sc_balls balls;
    struct sc_nearness near;

    layer_sample_plain(&s, 2);
    cr_assert_eq(sc_balls_create(&s.layer, s.x, 1, &balls, NULL), SC_OK);
    cr_assert_eq(sc_balls_weights(&balls, p, &near, NULL), SC_OK);
    for (int32_t n = 0; n < 3; n++) {
        struct sc_around around = {.radius = bad[n]};
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_around_compute(&balls, s.x, p, &near, &around, 1, &error), SC_E_INPUT);
        cr_expect_not_null(strstr(error.text, "radius"), "%s", error.text);
    }
    sc_balls_destroy(&balls);
}
