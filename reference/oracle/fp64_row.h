/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FP64_ROW_H
#define SC_REFERENCE_ORACLE_FP64_ROW_H

#include <stdint.h>

/* The element-wise work of the fp64 tier on one row of a tile: from dot products and the sums of their
 * absolute terms to weights and error bounds. Derivation: reference/oracle/FP64.md. A bound is a sum of
 * products of nonnegative numbers, a few roundings deep: SC_FP64_SLACK is more than all of them. Arrays
 * that are written do not overlap others. Round to nearest and subnormals are required. */

#define SC_FP64_ROUNDOFF 0x1p-53
#define SC_FP64_SLACK    (1.0 + 0x1p-20)

/* Constants of a row. */
struct sc_fp64_row {
    double tau, bias;
    double slope;       /* ALiBi; 0: none */
    int32_t position;   /* i + n_k - n_q, where the distance of ALiBi is counted from */
    double terms_unit;  /* tau sum |q k| times this bounds the error of tau <q, k> */
    double values_unit; /* sum |dO v| times this bounds the error of <dO, v> */
    double sum_unit;    /* relative error of the product sum that the weights go into */
};

/* Scores s_j = tau <q, k_j> + b - slope |position - key_j|.
 *   keys   n keys
 *   dots   <q, k_j> as computed
 *   terms  sum |q_c k_jc| as computed
 *   x      receives the scores as computed
 *   delta  receives bounds of |x_j - s_j| */
void sc_fp64_row_scores(const struct sc_fp64_row *row, int32_t n, const int32_t *keys,
                        const double *dots, const double *terms, double *x, double *delta);

/* Sigmoids of the scores; 0, with bound 0, where the row does not see the key.
 *   seen              n flags, 0 or 1
 *   p, p_error        receive p_j as computed, and bounds of |p_j - sigma(s_j)|
 *   derivative, derivative_error  the same of p (1 - p) */
void sc_fp64_row_weights(int32_t n, const uint8_t *seen, const double *x, const double *delta,
                         double *p, double *p_error, double *derivative, double *derivative_error);

/* Adds to p_error what a product sum of the p_j may lose: the sum of the results times |v_j| bounds the
 * error of the sum of p_j v_j. */
void sc_fp64_row_forward(const struct sc_fp64_row *row, int32_t n, const double *p,
                         double *p_error);

/* dS_j = p_j (1 - p_j) <dO, v_j>, and bounds for a product sum of them as above.
 *   d_p    in: <dO, v_j> as computed; out: dS_j
 *   terms  in: sum |dO_c v_jc| as computed; out: the bounds */
void sc_fp64_row_backward(const struct sc_fp64_row *row, int32_t n, const uint8_t *seen,
                          const double *derivative, const double *derivative_error, double *d_p,
                          double *terms);

#endif
