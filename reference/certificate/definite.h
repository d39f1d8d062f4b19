/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_DEFINITE_H
#define SC_REFERENCE_CERTIFICATE_DEFINITE_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether ||M||_2^2 <= c + sc_definite_charge: the Cholesky factorisation of c I - fl(M M^T) in doubles runs to completion.
 * Rump, "Verification of positive definiteness", BIT 46 (2006): what was rounded on the way is bounded a priori, and nothing
 * of the factor is looked at. All loops are here; no library is called.
 *
 * M is N x K, u = 2^-53, gamma_n = n u / (1 - n u). A sum of n products in doubles, in any order, errs by at most
 * gamma_n times the sum of their absolute values (Higham, Accuracy and Stability, 2nd ed., section 3.1), so
 *
 *   G = fl(M M^T):       ||G - M M^T||_2 <= gamma_K || |M| |M|^T ||_F <= gamma_K ||M||_F^2,
 *   A = fl(c I - G):     errs on the diagonal only, by at most u A_ii <= u c, since a factor exists only if each A_ii > 0,
 *                        and G_ii >= 0,
 *   L L^T = A + D:       l_ij is the last of at most N operations on a_ij, so |D_ij| <= gamma_{N+1} sum_k |l_ik| |l_jk|;
 *                        for i = j this gives sum_k l_ik^2 <= a_ii / (1 - gamma_{N+1}), hence by Cauchy-Schwarz
 *                        |D_ij| <= g sqrt(a_ii a_jj), g = gamma_{N+1} / (1 - gamma_{N+1}), a matrix of rank one:
 *                        ||D||_2 <= g sum_i a_ii <= g N c.
 *
 * L L^T is positive semidefinite, so c I - M M^T >= -(gamma_K ||M||_F^2 + u c + g N c) I. A product that underflows errs by
 * 2^-1075 more; there are fewer than K + N of them in an element, and l_jj <= sqrt(2 c) multiplies one division's:
 * N (K + N + 2 sqrt(c) + 2) 2^-1074 for all. */

struct sc_definite {
    bool factored;
    int64_t row; /* at which the factorisation ended */
    double *
        direction; /* [N], of x with x^T (c I - M M^T) x <= 0 up to rounding; NULL where factored */
};

/* Tries.
 *   m         [size][inner], finite; |m| <= 1
 *   c         > 0
 *   definite  receives the outcome; the caller frees `direction`
 * SC_E_MEMORY. */
enum sc_status sc_definite_check(const double *m, int64_t size, int64_t inner, double c,
                                 int32_t threads, struct sc_definite *definite,
                                 struct sc_error *error);

/* The charge, from above, for every c up to `c_max`.
 *   square  >= ||M||_F^2 */
double sc_definite_charge(int64_t size, int64_t inner, double c_max, double square);

#endif
