/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_SPECTRAL_H
#define SC_REFERENCE_REGULARITY_SPECTRAL_H

#include "reference/status.h"

#include <stdint.h>

/* Certified upper bounds of spectral norms, in binary64 with a-priori rounding errors. u = 2^-53, gamma_n = n u / (1 - n u);
 * OpenBLAS is trusted to sum the products of a dot product in some order, fused or not, and for nothing else. */

/* ||M||_2 for a matrix of doubles, exact as they stand, row-major.
 *
 * Let G = fl(M M^T), or fl(M^T M) where that is smaller, N x N with inner dimension m; t a little above the norm;
 * A = fl(t^2 I - G), R an upper triangular matrix, found as the Cholesky factor of A, and E = fl(A - fl(R^T R)). Then
 *
 *   ||M||^2 <= t^2 + ||E||_F + 2 gamma_{N+2} (||R||_F^2 + ||E||_F)
 *                                    A = R^T R + E', |E' - E| <= gamma_{N+1} (|A| + |R|^T |R|), ||A||_F <= ||R||_F^2 + ||E'||_F
 *            + gamma_m ||M||_F^2                                 |G - M M^T| <= gamma_m |M| |M|^T
 *            + u (t^2 + max G_ii)                                 the subtraction on the diagonal
 *
 * [proofs/coq/certificate.v, cholesky]; products that underflow are charged 2^-1074 each.
 *   estimate  of the norm, from below or near it; 0: it is found here, for N up to some hundreds
 *   excess    >= 2^-40: t is the estimate times 1 + excess at first, and grows until the factor exists
 *   upper     receives the bound, +Inf if an element is not finite
 * SC_E_MEMORY: N^2 doubles twice. SC_E_UNAVAILABLE: no t was enough, the estimate is far too small. */
enum sc_status sc_spectral_upper(const double *m, int64_t rows, int64_t columns, double estimate,
                                 double excess, double *upper, struct sc_error *error);

/* ||P||_2 for a matrix without a negative element, row-major: the square root of the largest fl((P^T P x)_j / x_j) over
 * j, enlarged by gamma_{rows + columns + 4}, for a positive x from `steps` power steps [certificate.v,
 * collatz_wielandt]. +Inf if an element is not finite. SC_E_MEMORY. */
enum sc_status sc_spectral_upper_nonnegative(const double *p, int64_t rows, int64_t columns,
                                             int32_t steps, double *upper, struct sc_error *error);

/* >= ||M||_F. */
double sc_spectral_frobenius(const double *m, int64_t count);

#endif
