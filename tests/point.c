/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/point.h"

#include "tests/definition_layer.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>

#define TRIALS 400

static double dot(const double *x, const double *y, int64_t count)
{
    double sum = 0.0;

    for (int64_t n = 0; n < count; n++) {
        sum += x[n] * y[n];
    }
    return sum;
}

static struct sc_point *create(const struct layer_sample *s)
{
    struct sc_point *point = NULL;

    cr_assert_eq(sc_layer_check(&s->layer, NULL), SC_OK);
    cr_assert_eq(sc_point_create(&s->layer, s->x, 1, &point, NULL), SC_OK);
    return point;
}

Test(point, pull_is_the_adjoint_of_push)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        layer_sample_make(&s, seed);
        const int64_t inputs = sc_layer_inputs(&s.layer), outputs = sc_layer_outputs(&s.layer);
        double t[LAYER_IN], u[LAYER_ALL], j_t[LAYER_ALL], j_u[LAYER_IN];
        struct sc_random random = {seed + 1000};
        struct sc_point *point = create(&s);
        sc_point_push(point, layer_normals(&random, t, LAYER_IN, 1.0), j_t);
        sc_point_pull(point, layer_normals(&random, u, LAYER_ALL, 1.0), j_u);
        const double size = sqrt(dot(j_t, j_t, outputs) * dot(u, u, outputs)) +
                            sqrt(dot(j_u, j_u, inputs) * dot(t, t, inputs));
        cr_expect_float_eq(dot(j_t, u, outputs), dot(t, j_u, inputs), 1e-13 * size + 1e-14,
                           "seed %d", (int)seed);
        sc_point_destroy(point);
    }
}

/* How far push is from a difference quotient of the definition, in all outputs. */
static double distance(const struct layer_sample *s, const double *t, const double *pushed, long e,
                       double *size)
{
    const int64_t outputs = sc_layer_outputs(&s->layer);
    mpfr_t *exact = definition_numbers(outputs);
    double sum = 0.0;

    *size = 0.0;
    definition_derivative(&s->layer, s->x, t, e, exact);
    for (int64_t n = 0; n < outputs; n++) {
        *size = fmax(*size, fabs(mpfr_get_d(exact[n], MPFR_RNDN)));
        mpfr_sub_d(exact[n], exact[n], pushed[n], MPFR_RNDN);
        const double wrong = mpfr_get_d(exact[n], MPFR_RNDN);
        sum += wrong * wrong;
    }
    definition_free(exact, outputs);
    return sqrt(sum);
}

Test(point, push_is_the_derivative_of_the_layer)
{
    struct layer_sample s;
    int32_t curved = 0;

    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        layer_sample_make(&s, seed);
        double t[LAYER_IN], pushed[LAYER_ALL], size;
        struct sc_random random = {seed + 2000};
        struct sc_point *point = create(&s);
        sc_point_push(point, layer_normals(&random, t, LAYER_IN, 1.0), pushed);
        const double wrong = distance(&s, t, pushed, DEFINITION_STEP, &size);
        cr_expect(wrong <= 1e-12 * size + 1e-13, "seed %d: %g of %g", (int)seed, wrong, size);
        /* the quotient's own error is h^2 times a third derivative: a quarter with half the step */
        const double first = distance(&s, t, pushed, -12, &size);
        const double second = distance(&s, t, pushed, -13, &size);
        if (first > 1e-10 * size && second > 1e-10 * size) {
            curved++;
            cr_expect(first > 3.9 * second && first < 4.1 * second, "seed %d: %g, %g", (int)seed,
                      first, second);
        }
        sc_point_destroy(point);
    }
    cr_expect(curved > TRIALS / 2, "%d", curved);
}

Test(point, weights_are_those_of_the_definition_and_0_where_masked)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        layer_sample_make(&s, seed);
        const struct sc_layer *l = &s.layer;
        const int64_t n = l->tokens, count = l->heads * n * n;
        mpfr_t *x = definition_numbers(sc_layer_inputs(l)), *p = definition_numbers(count);
        mpfr_t *out = definition_numbers(sc_layer_outputs(l));
        struct sc_point *point = create(&s);
        for (int64_t k = 0; k < sc_layer_inputs(l); k++) {
            mpfr_set_d(x[k], s.x[k], MPFR_RNDN);
        }
        definition_layer(l, (const mpfr_t *)x, out, p);
        for (int64_t k = 0; k < count; k++) {
            const double weight = sc_point_p(point, (int32_t)(k / (n * n)))[k % (n * n)];
            const double exact = mpfr_get_d(p[k], MPFR_RNDN);
            cr_expect(fabs(weight - exact) <= 1e-13 * exact, "seed %d: %.17g, expected %.17g",
                      (int)seed, weight, exact);
        }
        definition_free(x, sc_layer_inputs(l));
        definition_free(p, count);
        definition_free(out, sc_layer_outputs(l));
        sc_point_destroy(point);
    }
}
