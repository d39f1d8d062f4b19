/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/residual.h"

#include "reference/regularity/statistics.h"
#include "tests/definition_layer.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define SEEDS 300

/* The output of a layer from its heads, with the error that is claimed of its rows. */
static double output_of(const struct layer_sample *s, double *output)
{
    const struct sc_layer *l = &s->layer;
    double side[LAYER_ALL], squares = 0.0, error = 0.0;

    for (int32_t h = 0; h < l->heads; h++) {
        struct sc_statistics_head head;
        cr_assert_eq(sc_statistics_head(l, s->x, h, 1, side, &head, NULL), SC_OK);
        squares += head.output_error * head.output_error;
    }
    sc_residual_output(l, side, sqrt(squares) * (1.0 + 1e-10), output, &error);
    return error;
}

Test(residual, output_of_the_definition_is_within_the_error)
{
    struct layer_sample s;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double output[LAYER_ALL + LAYER_TOKENS * LAYER_OUT];
        layer_sample_make(&s, seed);
        const int32_t n = s.layer.tokens, width = sc_layer_out_width(&s.layer);
        const double error = output_of(&s, output);
        mpfr_t *x = definition_numbers(n * s.layer.width), *exact = definition_numbers(n * width);
        for (int64_t k = 0; k < n * s.layer.width; k++) {
            mpfr_set_d(x[k], s.x[k], MPFR_RNDN);
        }
        definition_layer(&s.layer, (const mpfr_t *)x, exact, NULL);
        for (int32_t i = 0; i < n; i++) {
            double square = 0.0;
            for (int32_t c = 0; c < width; c++) {
                mpfr_sub_d(exact[i * width + c], exact[i * width + c], output[i * width + c],
                           MPFR_RNDN);
                const double wrong = mpfr_get_d(exact[i * width + c], MPFR_RNDN);
                square += wrong * wrong;
            }
            cr_expect(sqrt(square) <= error && error < 1e-10, "seed %d: %g, bound %g", (int)seed,
                      sqrt(square), error);
        }
        definition_free(x, n * s.layer.width);
        definition_free(exact, n * width);
    }
}

/* Rows (3, 4), (0, 0), (6, 8): their sizes are 5, 0 and 10 over sqrt(2). */
Test(residual, hybrid_norm_of_rows_known_by_hand)
{
    static const double rows[] = {3.0, 4.0, 0.0, 0.0, 6.0, 8.0};
    const double root = sqrt(2.0);
    struct sc_residual_hybrid h;

    sc_residual_hybrid(rows, 3, 2, SC_LAYER_RMS, 0.0, 0.0, &h);
    cr_expect_eq(h.rms_min, 0.0);
    cr_expect_float_eq(h.rms_mean, 5.0 / root, 1e-14);
    cr_expect_float_eq(h.norm, 2.0, 1e-14, "two rows of length sqrt(2): %g", h.norm);
    cr_expect(isinf(h.factor_max), "a row of 0 has no derivative: %g", h.factor_max);
    sc_residual_hybrid(rows, 3, 2, SC_LAYER_RMS, 1e-4, 0.0, &h);
    cr_expect(h.factor_max >= 100.0 && h.factor_max < 100.0 * (1.0 + 1e-12), "%.17g", h.factor_max);
    sc_residual_hybrid(rows, 3, 2, SC_LAYER_MEAN0, 1e-4, 0.0, &h);
    /* less their means: (-1/2, 1/2), 0, (-1, 1) */
    cr_expect_float_eq(h.rms_mean, 0.5, 1e-14);
    cr_expect_float_eq(h.norm, sqrt(2.0 * 0.25 / 0.2501 + 2.0 / 1.0001), 1e-14);
}

/* For every row within `error` of the given one the derivative is at most factor_max. */
Test(residual, factor_covers_the_rows_within_the_error)
{
    static const double row[] = {1e-3, -1e-3, 1e-3, 1e-3}; /* rms 1e-3 */
    const double error = 1e-3;                             /* rms from 1e-3 - 1e-3 / 2 */
    struct sc_residual_hybrid h;

    sc_residual_hybrid(row, 1, 4, SC_LAYER_RMS, 0.0, error, &h);
    cr_expect(h.factor_max >= 2000.0 && h.factor_max < 2000.0 * (1.0 + 1e-9), "%.17g",
              h.factor_max);
    sc_residual_hybrid(row, 1, 4, SC_LAYER_RMS, 0.0, 2.1e-3, &h);
    cr_expect(isinf(h.factor_max));
}

Test(residual, layer_scale_is_bounded_from_above)
{
    cr_expect_geq(sc_residual_scaled(1e-4, 3.0), 1.0 + 1e-4 * 3.0);
    cr_expect_geq(sc_residual_scaled(-0.5, 3.0), 2.5);
    cr_expect_lt(sc_residual_scaled(0.5, 3.0), 2.5 + 1e-14);
    cr_expect(isinf(sc_residual_scaled(1e-4, HUGE_VAL)));
}
