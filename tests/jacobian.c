/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/jacobian.h"

#include "reference/regularity/point.h"
#include "tests/definition_layer.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>

#define TRIALS  200
#define WEIGHTS (LAYER_HEADS * LAYER_TOKENS * LAYER_TOKENS)

static void create(const struct layer_sample *s, struct sc_balls *balls, double *p,
                   struct sc_nearness *near, struct sc_jacobian *j)
{
    cr_assert_eq(sc_balls_create(&s->layer, s->x, 1, balls, NULL), SC_OK);
    cr_assert_eq(sc_balls_weights(balls, p, near, NULL), SC_OK);
    cr_assert_eq(sc_jacobian_create(balls, p, near, j, NULL), SC_OK);
}

/* The sum of squares of what one column is off, by the definition; `size` grows by the column's square. */
static double column_error(const struct layer_sample *s, const struct sc_jacobian *j, int64_t b,
                           double *size)
{
    mpfr_t *exact = definition_numbers(j->outputs);
    double t[LAYER_IN] = {0.0}, sum = 0.0;

    t[b] = 1.0;
    definition_derivative(&s->layer, s->x, t, DEFINITION_STEP, exact);
    for (int64_t a = 0; a < j->outputs; a++) {
        const double element = j->elements[a * j->inputs + b];
        mpfr_sub_d(exact[a], exact[a], element, MPFR_RNDN);
        const double wrong = mpfr_get_d(exact[a], MPFR_RNDN);
        sum += wrong * wrong;
        *size += element * element;
    }
    definition_free(exact, j->outputs);
    return sum;
}

Test(jacobian, error_bounds_the_distance_to_the_definition)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        layer_sample_make(&s, seed);
        double p[WEIGHTS], wrong = 0.0, size = 0.0;
        struct sc_balls balls;
        struct sc_nearness near;
        struct sc_jacobian j;
        create(&s, &balls, p, &near, &j);
        for (int64_t b = 0; b < j.inputs; b++) {
            wrong += column_error(&s, &j, b, &size);
        }
        cr_expect(sqrt(wrong) <= j.error, "seed %d: %g off, bound %g", (int)seed, sqrt(wrong),
                  j.error);
        cr_expect(j.error <= 1e-10 * sqrt(size) + 1e-11, "seed %d: %g of %g", (int)seed, j.error,
                  sqrt(size));
        sc_jacobian_destroy(&j);
        sc_balls_destroy(&balls);
    }
}

Test(jacobian, columns_are_pushed_unit_vectors_within_the_error)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        layer_sample_make(&s, seed);
        double p[WEIGHTS], pushed[LAYER_ALL];
        struct sc_balls balls;
        struct sc_nearness near;
        struct sc_jacobian j;
        struct sc_point *point = NULL;
        create(&s, &balls, p, &near, &j);
        cr_assert_eq(sc_point_create(&s.layer, s.x, 1, &point, NULL), SC_OK);
        for (int64_t b = 0; b < j.inputs; b++) {
            double t[LAYER_IN] = {0.0}, low, high, square = 0.0;
            t[b] = 1.0;
            sc_point_push(point, t, pushed);
            for (int64_t a = 0; a < j.outputs; a++) {
                const double element = j.elements[a * j.inputs + b];
                square += element * element;
                /* both err by no more than the bound, the operator's roundings being fewer */
                cr_expect(fabs(element - pushed[a]) <= 2.0 * j.error, "seed %d", (int)seed);
            }
            cr_assert_eq(sc_balls_push(&balls, p, &near, t, &low, &high, NULL), SC_OK);
            cr_expect(sqrt(square) * (1.0 - 1e-15) <= high + j.error &&
                          sqrt(square) * (1.0 + 1e-15) >= low - j.error,
                      "seed %d, column %d: %.17g outside [%.17g, %.17g] by more than %g", (int)seed,
                      (int)b, sqrt(square), low, high, j.error);
        }
        sc_point_destroy(point);
        sc_jacobian_destroy(&j);
        sc_balls_destroy(&balls);
    }
}
