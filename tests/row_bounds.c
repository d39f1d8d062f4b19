/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/row_bounds.h"

#include "reference/random.h"
#include "reference/regularity/spectral.h"

#include <criterion/criterion.h>
#include <math.h>

#define SIZE 8

/* >= ||diag p - p p^T||, and hardly more, of a matrix that is formed. */
static double formed(const double *p, int32_t n)
{
    double m[SIZE * SIZE], norm = 0.0;

    for (int32_t k = 0; k < n * n; k++) {
        m[k] = (k / n == k % n ? p[k / n] : 0.0) - p[k / n] * p[k % n];
    }
    cr_assert_eq(sc_spectral_upper(m, n, n, 0.0, 0x1p-40, &norm, NULL), SC_OK);
    return norm;
}

/* Rows of weights for `tokens` queries. */
static void set_weights(struct sc_random *random, int32_t n, int32_t kind, double *p)
{
    for (int32_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int32_t j = 0; j < n; j++) {
            p[i * n + j] = kind == 0   ? 1.0
                           : kind == 1 ? sc_random_unit(random) + 1e-3
                                       : ldexp(1.0, -10 * sc_random_int(random, 0, 4));
            sum += p[i * n + j];
        }
        for (int32_t j = 0; j < n; j++) {
            p[i * n + j] /= sum;
        }
    }
}

Test(row_bounds, covariance_is_the_largest_eigenvalue_over_the_rows)
{
    struct sc_random random = {1};
    const struct sc_nearness near = {0x1p-53, 0x1p-1074};

    for (int32_t trial = 0; trial < 600; trial++) {
        const struct sc_layer layer = {.tokens = sc_random_int(&random, 1, SIZE)};
        const int32_t n = layer.tokens;
        double p[SIZE * SIZE], largest = 0.0;
        set_weights(&random, n, trial % 3, p);
        for (int32_t i = 0; i < n; i++) {
            largest = fmax(largest, formed(p + i * n, n));
        }
        const double bound = sc_row_bounds_covariance(&layer, p, &near);
        /* the formed matrix rounds by 2^-53 an element */
        cr_expect(bound >= largest * (1.0 - 1e-11) - 1e-15 && bound <= 0.5, "trial %d: %g, %g",
                  trial, bound, largest);
        cr_expect(bound <= largest * (1.0 + 1e-4) + 2e-10 || trial % 3 == 2, "trial %d: %g, %g",
                  trial, bound, largest);
    }
}

Test(row_bounds, covariance_charges_the_errors_of_the_weights)
{
    struct sc_random random = {2};

    for (int32_t trial = 0; trial < 600; trial++) {
        const struct sc_layer layer = {.tokens = sc_random_int(&random, 2, SIZE)};
        const int32_t n = layer.tokens;
        const struct sc_nearness near = {0x1p-53, 1e-2};
        double p[SIZE * SIZE], moved[SIZE * SIZE], largest = 0.0;
        set_weights(&random, n, trial % 3, p);
        for (int32_t k = 0; k < n * n; k++) {
            moved[k] = fmax(0.0, p[k] + 1e-2 * (k % 2 == 0 ? -1.0 : 1.0));
        }
        for (int32_t i = 0; i < n; i++) {
            largest = fmax(largest, formed(p + i * n, n));
        }
        const double bound = sc_row_bounds_covariance(&layer, moved, &near);
        cr_expect(bound >= largest * (1.0 - 1e-11), "trial %d: %g, %g", trial, bound, largest);
    }
}

/* One channel, W = 1: of values v and keys k, the query norm is max |sum s v k| over the rows, and so on. The error
 * of a weight that is read as 0 is charged under the root. */
Test(row_bounds, norms_of_one_channel_are_sums)
{
    double w[] = {1.0};
    static const double p[] = {0.5, 0.25, 0.125, 0.75}, q[] = {2.0, -3.0}, k[] = {1.0, 5.0};
    static const double v[] = {-1.0, 4.0}, none[4] = {0.0};
    const struct sc_layer layer = {
        .tokens = 2, .width = 1, .heads = 1, .d = 1, .d_v = 1, .left = 9, .right = 9};
    const struct sc_derivatives a = {false, 0, w, w, 0.0};
    const struct sc_nearness near = {0x1p-53, 0x1p-1074}, far = {0x1p-53, 0x1p-60};
    struct sc_row_bounds bounds;

    cr_assert_eq(sc_row_bounds_compute(&layer, q, k, v, p, &a, &near, &near, &bounds, NULL), SC_OK);
    /* s = 1/4, 3/16; 7/64, 3/16 */
    cr_expect_float_eq(bounds.queries, 20.0 * 3.0 / 16.0 - 7.0 / 64.0, 1e-4, "%.17g",
                       bounds.queries);
    cr_expect_float_eq(bounds.values, 1.0 / 4.0 + 16.0 * 3.0 / 16.0, 1e-4, "%.17g", bounds.values);
    cr_expect_float_eq(bounds.keys, 13.0 * 3.0 / 16.0, 1e-4, "%.17g", bounds.keys);
    cr_assert_eq(sc_row_bounds_compute(&layer, q, k, v, none, &a, &far, &near, &bounds, NULL),
                 SC_OK);
    cr_expect_geq(bounds.values, 17.0 * 0x1p-60);
    cr_expect_geq(bounds.keys, 13.0 * 0x1p-60);
    cr_expect_geq(bounds.queries, 21.0 * 0x1p-60);
}
