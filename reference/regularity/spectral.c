/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/spectral.h"

#include "reference/regularity/rounding.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define U         0x1p-53
#define TINY      0x1p-1074
#define TRIES_MAX 12

/* What a sum of `count` nonnegative squares or products, computed as `sum`, may be at most. */
static double enlarged(double sum, int64_t count)
{
    return sc_upward_add(
        sc_upward_multiply(sum, sc_upward_add(1.0, 2.0 * sc_rounding_gamma(count + 2))),
        sc_upward_multiply((double)count, 2.0 * TINY));
}

static double square_sum(const double *m, int64_t count)
{
    double sum = 0.0;

    for (int64_t n = 0; n < count; n++) {
        sum += m[n] * m[n];
    }
    return isnan(sum) ? HUGE_VAL : enlarged(sum, count);
}

double sc_spectral_frobenius(const double *m, int64_t count)
{
    return sc_upward_root(square_sum(m, count));
}

/* The upper triangle of G, N x N. */
static void gram(const double *m, int64_t rows, int64_t columns, double *g)
{
    const bool by_rows = rows <= columns;
    const int32_t size = (int32_t)(by_rows ? rows : columns);

    cblas_dsyrk(CblasRowMajor, CblasUpper, by_rows ? CblasNoTrans : CblasTrans, size,
                (int32_t)(by_rows ? columns : rows), 1.0, m, (int32_t)columns, 0.0, g, size);
}

/* The largest eigenvalue of G as LAPACK has it; `a` is overwritten. */
static bool largest_eigenvalue(const double *g, int32_t size, double *a, double *value)
{
    double *values = malloc((size_t)size * sizeof *values), vector = 0.0;
    int32_t found = 0, support[2];

    memcpy(a, g, (size_t)size * (size_t)size * sizeof *a);
    const int info = values == NULL
                         ? -1
                         : LAPACKE_dsyevr(LAPACK_ROW_MAJOR, 'N', 'I', 'U', size, a, size, 0.0, 0.0,
                                          size, size, 0.0, &found, values, &vector, size, support);
    *value = info == 0 ? values[0] : 0.0;
    free(values);
    return info == 0;
}

/* A = t^2 I - G, in the upper triangle, and zeros below. */
static void shifted(const double *g, int64_t size, double t2, double *a)
{
    for (int64_t i = 0; i < size; i++) {
        memset(a + i * size, 0, (size_t)i * sizeof *a);
        for (int64_t j = i; j < size; j++) {
            a[i * size + j] = i == j ? t2 - g[i * size + j] : -g[i * size + j];
        }
    }
}

/* >= the sum of squares of E over the whole matrix, of its upper triangle in `e`. */
static double residual(const double *e, int64_t size)
{
    double sum = 0.0;

    for (int64_t i = 0; i < size; i++) {
        sum += e[i * size + i] * e[i * size + i];
        for (int64_t j = i + 1; j < size; j++) {
            sum += 2.0 * e[i * size + j] * e[i * size + j];
        }
    }
    return enlarged(sum, size * size + size);
}

/* What is to be added to t^2, given R in the upper triangle of `r` and zeros below; G is overwritten by E. */
static double slack(const double *r, int64_t size, double t2, double *g)
{
    double largest = 0.0;

    for (int64_t i = 0; i < size; i++) {
        largest = fmax(largest, g[i * size + i]);
        for (int64_t j = i; j < size; j++) {
            g[i * size + j] = i == j ? t2 - g[i * size + j] : -g[i * size + j];
        }
    }
    /* E = A - R^T R: one more term of each dot product */
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int32_t)size, (int32_t)size, -1.0, r,
                (int32_t)size, 1.0, g, (int32_t)size);
    const double left = sc_upward_root(residual(g, size));
    const double terms = sc_upward_add(sc_upward_multiply(2.0, square_sum(r, size * size)),
                                       sc_upward_multiply(2.0, left));
    const double diagonal = sc_upward_multiply(U, sc_upward_add(t2, largest));
    return sc_upward_add(
        sc_upward_add(left, sc_upward_multiply(sc_rounding_gamma(size + 2), terms)), diagonal);
}

/* Tries one t after the other until A has a factor. */
static enum sc_status certify(double *g, int64_t size, double estimate, double excess,
                              double *upper2, struct sc_error *error)
{
    double *a = malloc((size_t)size * (size_t)size * sizeof *a + 8);
    double t = estimate * (1.0 + excess);
    enum sc_status status = SC_E_UNAVAILABLE;

    if (a == NULL) {
        return sc_fail(error, SC_E_MEMORY, "norm: no memory for %lld x %lld numbers",
                       (long long)size, (long long)size);
    }
    for (int32_t n = 0; n < TRIES_MAX && status == SC_E_UNAVAILABLE; n++) {
        shifted(g, size, t * t, a);
        if (LAPACKE_dpotrf_work(LAPACK_ROW_MAJOR, 'U', (int32_t)size, a, (int32_t)size) == 0) {
            *upper2 = sc_upward_add(t * t, slack(a, size, t * t, g));
            status = SC_OK;
        }
        excess *= 4.0;
        t *= 1.0 + excess;
    }
    free(a);
    return status == SC_OK ? SC_OK
                           : sc_fail(error, status,
                                     "norm: no Cholesky factor, expected the norm "
                                     "near %g",
                                     estimate);
}

enum sc_status sc_spectral_upper(const double *m, int64_t rows, int64_t columns, double estimate,
                                 double excess, double *upper, struct sc_error *error)
{
    const int64_t size = rows <= columns ? rows : columns, inner = rows <= columns ? columns : rows;
    const double all = square_sum(m, rows * columns);
    double *g = NULL, value = estimate * estimate, upper2 = 0.0;
    enum sc_status status = SC_OK;

    if (!isfinite(all) || all < 0x1p-900) {
        *upper = sc_upward_root(all); /* too small for products to be normal, or too large */
        return SC_OK;
    }
    g = calloc((size_t)size * (size_t)size, sizeof *g);
    double *scratch = estimate > 0.0 ? NULL : malloc((size_t)size * (size_t)size * sizeof *scratch);
    if (g == NULL || (estimate == 0.0 && scratch == NULL)) {
        status = sc_fail(error, SC_E_MEMORY, "norm: no memory for %lld x %lld numbers",
                         (long long)size, (long long)size);
        goto done;
    }
    gram(m, rows, columns, g);
    if (estimate == 0.0 && !largest_eigenvalue(g, (int32_t)size, scratch, &value)) {
        value = all;
    }
    status = certify(g, size, sqrt(fmax(value, all * 0x1p-52)), excess, &upper2, error);
    if (status == SC_OK) {
        upper2 = sc_upward_add(upper2, sc_upward_multiply(sc_rounding_gamma(inner), all));
        upper2 = sc_upward_add(upper2, sc_upward_multiply((double)inner * (double)size, 0x1p-1070));
        *upper = sc_upward_root(fmin(upper2, all));
    }
done:
    free(scratch);
    free(g);
    return status;
}

enum sc_status sc_spectral_upper_nonnegative(const double *p, int64_t rows, int64_t columns,
                                             int32_t steps, double *upper, struct sc_error *error)
{
    double *x = malloc((size_t)columns * sizeof *x), *y = malloc((size_t)rows * sizeof *y);
    double *z = malloc((size_t)columns * sizeof *z);
    double largest = 0.0;
    enum sc_status status = SC_OK;

    if (x == NULL || y == NULL || z == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "norm: no memory for a vector");
        goto done;
    }
    for (int64_t j = 0; j < columns; j++) {
        x[j] = 1.0;
    }
    for (int32_t step = 0;; step++) {
        cblas_dgemv(CblasRowMajor, CblasNoTrans, (int32_t)rows, (int32_t)columns, 1.0, p,
                    (int32_t)columns, x, 1, 0.0, y, 1);
        cblas_dgemv(CblasRowMajor, CblasTrans, (int32_t)rows, (int32_t)columns, 1.0, p,
                    (int32_t)columns, y, 1, 0.0, z, 1);
        const double top = z[cblas_idamax((int32_t)columns, z, 1)];
        if (step >= steps || !(top > 0.0) || !isfinite(top)) {
            break;
        }
        for (int64_t j = 0; j < columns; j++) {
            x[j] = fmax(z[j] / top, 0x1p-40);
        }
    }
    for (int64_t j = 0; j < columns; j++) {
        largest = isfinite(z[j]) ? fmax(largest, z[j] / x[j]) : HUGE_VAL;
    }
    *upper = sc_upward_root(sc_upward_multiply(
        largest, sc_upward_add(1.0, 2.0 * sc_rounding_gamma(rows + columns + 4))));
    *upper = sc_upward_add(*upper, sc_upward_root((double)(rows + columns) * 0x1p-1030));
done:
    free(x);
    free(y);
    free(z);
    return status;
}
