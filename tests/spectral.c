/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/spectral.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define SIZE   12
#define EXCESS 0x1p-40

static double upper_of(const double *m, int32_t rows, int32_t columns, double estimate)
{
    struct sc_error error = {SC_OK, ""};
    double upper = -1.0;

    cr_assert_eq(sc_spectral_upper(m, rows, columns, estimate, EXCESS, &upper, &error), SC_OK, "%s",
                 error.text);
    return upper;
}

/* Whether the bound is at least the norm and hardly more. */
static void expect_norm(const char *name, const double *m, int32_t rows, int32_t columns,
                        double norm)
{
    const double found = upper_of(m, rows, columns, 0.0), told = upper_of(m, rows, columns, norm);

    cr_expect(found >= norm && found <= norm * (1.0 + 4e-12), "%s: %.17g, norm %.17g", name, found,
              norm);
    cr_expect(told >= norm && told <= norm * (1.0 + 4e-12), "%s, with an estimate: %.17g, %.17g",
              name, told, norm);
}

/* +-1, orthogonal rows of square 8. */
static void hadamard(double m[64])
{
    for (int32_t i = 0; i < 8; i++) {
        for (int32_t j = 0; j < 8; j++) {
            m[8 * i + j] = __builtin_parity((unsigned)(i & j)) != 0 ? -3.0 : 3.0;
        }
    }
}

Test(spectral, bound_is_the_known_norm_and_within_its_excess)
{
    static const double row[] = {2.0, -3.0, 6.0}, u[] = {3.0, 4.0}, v[] = {5.0, 0.0, -12.0};
    double diagonal[SIZE * SIZE] = {0.0}, one[6], orthogonal[64];

    for (int32_t i = 0; i < SIZE; i++) {
        diagonal[i * SIZE + i] = i % 2 == 0 ? i : -i;
    }
    for (int32_t n = 0; n < 6; n++) {
        one[n] = u[n / 3] * v[n % 3];
    }
    hadamard(orthogonal);
    expect_norm("diagonal", diagonal, SIZE, SIZE, SIZE - 1);
    expect_norm("wide", diagonal, 3, SIZE, 2.0);
    expect_norm("rank one", one, 2, 3, 65.0);
    expect_norm("orthogonal", orthogonal, 8, 8, 8.485281374238570);
    expect_norm("row", row, 1, 3, 7.0);
    expect_norm("column", row, 3, 1, 7.0);
    expect_norm("one element", row + 1, 1, 1, 3.0);
}

/* ||H_10|| = 1.75191967026517788771...; its doubles are 2^-53 off at most. */
Test(spectral, bound_of_the_hilbert_matrix_is_its_norm)
{
    double m[100];

    for (int32_t n = 0; n < 100; n++) {
        m[n] = 1.0 / (n / 10 + n % 10 + 1);
    }
    const double upper = upper_of(m, 10, 10, 0.0);
    cr_expect(upper >= 1.7519196702651770 && upper <= 1.7519196702651780 * (1.0 + 4e-12), "%.17g",
              upper);
}

Test(spectral, bound_holds_at_every_scale)
{
    static const double m[] = {3.0, 4.0, -4.0, 3.0, 0.0, 5.0};
    const double at_one = upper_of(m, 3, 2, 0.0);

    for (int32_t e = -1060; e <= 1000; e += 20) {
        double scaled[6];
        for (int32_t n = 0; n < 6; n++) {
            scaled[n] = ldexp(m[n], e);
        }
        const double upper = upper_of(scaled, 3, 2, 0.0);
        cr_expect(upper >= ldexp(at_one, e) * (1.0 - 4e-12), "2^%d: %.17g", e, upper);
        cr_expect(e < -240 || e > 240 || upper <= ldexp(at_one, e) * (1.0 + 4e-12), "2^%d: %.17g",
                  e, upper);
    }
}

Test(spectral, all_zero_is_bounded_by_next_to_nothing)
{
    const double m[9] = {0.0};
    double upper = -1.0;

    cr_expect(upper_of(m, 3, 3, 0.0) < 1e-150);
    cr_expect_eq(sc_spectral_upper_nonnegative(m, 3, 3, 5, &upper, NULL), SC_OK);
    cr_expect(0.0 <= upper && upper < 1e-150, "%g", upper);
}

Test(spectral, bound_is_infinite_where_an_element_is_not_finite)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};

    for (int32_t n = 0; n < 3; n++) {
        for (int32_t at = 0; at < 6; at++) {
            double m[6] = {1.0, 0.0, 2.0, 0.0, 0.0, 3.0}, upper = 0.0;
            m[at] = bad[n];
            cr_expect_eq(upper_of(m, 2, 3, 0.0), INFINITY, "%g at %d", bad[n], at);
            cr_expect_eq(upper_of(m, 2, 3, 3.0), INFINITY, "%g at %d", bad[n], at);
            cr_expect_eq(sc_spectral_frobenius(m, 6), INFINITY, "%g at %d", bad[n], at);
            if (n < 2) {
                cr_expect_eq(sc_spectral_upper_nonnegative(m, 2, 3, 5, &upper, NULL), SC_OK);
                cr_expect_eq(upper, INFINITY, "nonnegative: %g at %d", bad[n], at);
            }
        }
    }
}

Test(spectral, an_estimate_far_too_small_is_refused_and_never_believed)
{
    static const double estimates[] = {1e-300, 1e-9, 1.0, 10.9, 10.999999, 10.9999999999};
    static const double excesses[] = {EXCESS, 1e-9, 1e-6, 1e-2, 1.0};
    double m[SIZE * SIZE] = {0.0};
    struct sc_error error;

    for (int32_t i = 0; i < SIZE; i++) {
        m[i * SIZE + i] = i;
    }
    for (int32_t n = 0; n < 6; n++) {
        for (int32_t k = 0; k < 5; k++) {
            double upper = -1.0;
            const enum sc_status status =
                sc_spectral_upper(m, SIZE, SIZE, estimates[n], excesses[k], &upper, &error);
            cr_expect(
                status == SC_OK ? upper >= SIZE - 1 : status == SC_E_UNAVAILABLE && upper == -1.0,
                "estimate %g, excess %g: %d, %.17g", estimates[n], excesses[k], status, upper);
            cr_expect(n >= 3 || k > 0 || status == SC_E_UNAVAILABLE, "estimate %g", estimates[n]);
        }
    }
}

/* By the header, t^2 + 2 gamma_{N + 2} ||R||_F^2 + gamma_m ||M||_F^2 is charged at least; ||R||_F^2 is the
 * trace of A, N t^2 - 1.25 for diag(1, 1/2, 0, ...). */
Test(spectral, every_rounding_is_charged)
{
    enum { N = 64 };
    double *m = calloc(N * N, sizeof *m);
    const double t = 1.0 + EXCESS, u = 0x1p-53;

    m[0] = 1.0;
    m[N + 1] = 0.5;
    const double upper = upper_of(m, N, N, 1.0), charge = 2.0 * (N + 2) * u * (N * t * t - 1.25);
    cr_expect(upper * upper >= t * t + charge + 1.24 * N * u, "%.17g", upper);
    free(m);
}

Test(spectral, collatz_wielandt_agrees_with_cholesky)
{
    struct sc_random random = {7};

    for (int32_t trial = 0; trial < 200; trial++) {
        const int32_t rows = sc_random_int(&random, 1, SIZE);
        const int32_t columns = sc_random_int(&random, 1, SIZE);
        double m[SIZE * SIZE], upper = 0.0;
        for (int32_t n = 0; n < rows * columns; n++) {
            const bool nothing = n % columns % 3 == 1; /* zero columns */
            m[n] = nothing ? 0.0 : sc_random_unit(&random) + 0.01;
        }
        const double cholesky = upper_of(m, rows, columns, 0.0);
        cr_assert_eq(sc_spectral_upper_nonnegative(m, rows, columns, 60, &upper, NULL), SC_OK);
        cr_expect(upper >= cholesky * (1.0 - 4e-12) && upper <= cholesky * (1.0 + 1e-9),
                  "trial %d, %d x %d: %.17g and %.17g", trial, rows, columns, upper, cholesky);
        cr_assert_eq(sc_spectral_upper_nonnegative(m, rows, columns, 0, &upper, NULL), SC_OK);
        cr_expect(upper >= cholesky * (1.0 - 4e-12), "trial %d, no step", trial);
    }
}
