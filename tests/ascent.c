/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/ascent.h"

#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

/* The distance of tokens [first, first + count) from those of the set's centre, exact but for 500 bits. */
static void distance(const struct sc_ascent_set *set, const double *x, int32_t first, int32_t count,
                     mpfr_t sum)
{
    mpfr_t one;

    mpfr_init2(one, 500);
    mpfr_set_zero(sum, 1);
    for (int32_t n = first; n < first + count; n++) {
        mpfr_set_d(one, x[n], MPFR_RNDN);
        mpfr_sub_d(one, one, set->centre == NULL ? 0.0 : set->centre[n], MPFR_RNDN);
        mpfr_sqr(one, one, MPFR_RNDN);
        mpfr_add(sum, sum, one, MPFR_RNDN);
    }
    mpfr_sqrt(sum, sum, MPFR_RNDN);
    mpfr_clear(one);
}

/* No part of x is further than the radius; `least` of it at least where it was outside before. */
static void expect_inside(const struct sc_layer *l, const struct sc_ascent_set *set,
                          const double *before, const double *x, double least, const char *name)
{
    const int32_t all = (int32_t)sc_layer_inputs(l);
    const int32_t part = set->kind == SC_MOVES_WHOLE ? all : l->width;
    mpfr_t from, to;

    mpfr_inits2(500, from, to, (mpfr_ptr)NULL);
    cr_expect(sc_ascent_inside(l, set, x), "%s", name);
    bool outside = false;
    for (int32_t first = 0; first < all; first += part) {
        distance(set, before, first, part, from);
        distance(set, x, first, part, to);
        outside = outside || mpfr_cmp_d(from, set->radius) > 0;
        cr_expect(mpfr_cmp_d(to, set->radius) <= 0, "%s: radius %g, distance %g", name, set->radius,
                  mpfr_get_d(to, MPFR_RNDU));
        cr_expect(mpfr_cmp_d(from, set->radius) <= 0 || mpfr_cmp_d(to, set->radius * least) >= 0,
                  "%s: radius %g, distance %g", name, set->radius, mpfr_get_d(to, MPFR_RNDU));
    }
    cr_expect(!outside || !sc_ascent_inside(l, set, before), "%s: outside before", name);
    mpfr_clears(from, to, (mpfr_ptr)NULL);
}

Test(ascent, a_projected_point_is_inside_and_no_further_in_than_it_must)
{
    static const struct {
        const char *name;
        double centre, point, radius, least;
    } rows[] = {
        {"around 0", 0.0, 5.0, 1.0, 1.0 - 1e-12},
        {"tokens inside, and together outside", 0.0, 0.3, 1.0, 1.0 - 1e-12},
        {"around tokens", 1.0, 5.0, 0.3, 1.0 - 1e-9},
        {"inside before", 1.0, 1e-3, 100.0, 0.0},
        {"a small radius", 1.0, 1.0, 1e-9, 1.0 - 1e-5},
        {"a radius below the spacing of the tokens", 1e3, 1.0, 1e-15, 0.0},
        {"no radius", 1.0, 1.0, 0.0, 0.0},
        {"far away", 1.0, 1e200, 1.0, 0.0},
        {"out of range", 1e308, 1e308, 1.0, 0.0},
        {"tiny", 0.0, 1.0, 1e-300, 0.0},
    };
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 200; seed++) {
        struct sc_random random = {seed};
        layer_sample_plain(&s, seed);
        for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
            double centre[LAYER_IN], x[LAYER_IN], before[LAYER_IN];
            layer_normals(&random, centre, LAYER_IN, fmin(rows[n].centre, 1e307));
            layer_normals(&random, before, LAYER_IN, fmin(rows[n].point, 1e307));
            const struct sc_ascent_set set = {(enum sc_moves_set)(seed % 2),
                                              rows[n].centre == 0.0 ? NULL : centre,
                                              rows[n].radius};
            memcpy(x, before, sizeof x);
            sc_ascent_project(&s.layer, &set, x);
            expect_inside(&s.layer, &set, before, x, rows[n].least, rows[n].name);
        }
    }
}

/* (3 - 2^-52, 4) has a length that rounds to 5, and is inside; (3 + 2^-51, 4) has too, and is not. */
Test(ascent, the_border_is_not_rounded_away)
{
    struct layer_sample s;
    const struct sc_ascent_set set = {SC_MOVES_EACH, NULL, 5.0};
    double x[] = {0x1.8000000000001p+1, 4.0};

    layer_sample_plain(&s, 0);
    s.layer.tokens = 1;
    s.layer.width = 2;
    cr_assert_eq(sqrt(x[0] * x[0] + 16.0), 5.0);
    cr_expect(!sc_ascent_inside(&s.layer, &set, x));
    sc_ascent_project(&s.layer, &set, x);
    cr_expect(sc_ascent_inside(&s.layer, &set, x));
}

/* One token, sigmoid, all of width 1: |W_v (sigma(s) + 2 s sigma'(s))| with s = x^2 / 2 - 1/2, over a grid. */
Test(ascent, one_variable_is_maximised)
{
    static const double one = 1.0, bias = -0.5, starts[] = {0.5, -2.0, 3.0};

    for (int32_t n = 0; n < 3; n++) {
        const struct sc_layer layer = {.tokens = 1,
                                       .width = 1,
                                       .heads = 1,
                                       .d = 1,
                                       .d_v = 1,
                                       .scale = 0.5,
                                       .w_q = &one,
                                       .w_k = &one,
                                       .w_v = &one,
                                       .bias = &bias,
                                       .left = 1,
                                       .right = 1};
        const struct sc_ascent_set set = {SC_MOVES_WHOLE, &starts[n], 1.25};
        struct sc_ascent_options options = sc_ascent_defaults();
        double largest = 0.0, x = starts[n], value = 0.0;
        for (int32_t k = -10000; k <= 10000; k++) {
            const double at = starts[n] + 1.25 * k / 10000.0, u = 0.5 * at * at;
            const double p = 1.0 / (1.0 + exp(-u - bias));
            largest = fmax(largest, p + 2.0 * u * p * (1.0 - p));
        }
        options.steps = 60;
        cr_assert_eq(sc_ascent_climb(&layer, &set, &options, &x, &value, NULL), SC_OK);
        cr_expect(value >= largest * (1.0 - 1e-5) && value <= largest * (1.0 + 1e-5),
                  "from %g: %.9g at %.9g, the largest is %.9g", starts[n], value, x, largest);
    }
}

Test(ascent, a_climb_ends_inside_and_not_below_its_start)
{
    const struct sc_ascent_options options = sc_ascent_defaults();
    struct layer_sample s;
    int32_t higher = 0;

    for (uint64_t seed = 0; seed < 200; seed++) {
        const struct sc_ascent_set set = {(enum sc_moves_set)(seed / 2 % 2), s.x, 0.5};
        double x[LAYER_IN], from = 0.0, to = 0.0;
        layer_sample_make(&s, seed);
        memcpy(x, s.x, sizeof x);
        cr_assert_eq(sc_ascent_value(&s.layer, x, &options, &from, NULL), SC_OK);
        cr_assert_eq(sc_ascent_climb(&s.layer, &set, &options, x, &to, NULL), SC_OK);
        expect_inside(&s.layer, &set, s.x, x, 0.0, "climb");
        cr_expect(to >= from, "seed %d: from %g to %g", (int)seed, from, to);
        higher += to > 1.05 * from ? 1 : 0;
    }
    cr_expect(higher > 150, "only %d of 200 climbs rose", higher);
}
