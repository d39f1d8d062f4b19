/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_AROUND_ROWS_H
#define SC_REFERENCE_REGULARITY_AROUND_ROWS_H

#include "reference/regularity/weight_range.h"

/* The norms of B3 (bounds.h) of one head over all tokens of a set, from above; what has an index 0 is at the centre.
 *
 * V, K, Q move by dV, dK, dQ. With s_ij from above (slope), d_ij = |S_ij - S0_ij| from above (change), a row's norms
 *
 *   u = ||D(s_i)^(1/2) U||, w = ||D(s_i)^(1/2) Y||, alpha = ||D(d_i)^(1/2) U||, beta = ||D(d_i)^(1/2) Y||
 *   r = radius sqrt(max_j s_ij) in the whole set, radius sqrt(sum_j s_ij), softmax at most radius, where each token moves:
 *       ||D(S_i)^(1/2) dX|| <= r, so ||D(S_i)^(1/2) dV|| <= ||W_v|| r
 *   y = ||D(S_i)^(1/2) (K A_q(i) - K_0 A_q(i)_0)|| <= w turn_q(i) + r max size_k size_q(i); linear: r ||A|| / c
 *
 * of U = V_0, Y = K_0; softmax: of both less their means by p_i, since its response C(p) = diag p - p p^T takes constants to
 * 0, and C(p) <= diag p. Then
 *
 *   ||V_i^T D(S_i) V_i|| <= (u + ||W_v|| r)^2
 *   ||V_i^T D(S_i) K A_q(i)|| <= ||V_0^T D(S_0) K_0 A_0|| + alpha beta (1 + sum_j d_ij) size_q(i)
 *                                + ||W_v|| r w size_q(i) + (u + ||W_v|| r) y
 *                           or <= (u + ||W_v|| r) (w size_q(i) + y), where that is less
 *   ||A_k(j)^T Q^T D(S^j) Q A_k(j)||^(1/2) <= ||D(s^j)^(1/2) Q_0 A_k(j)_0|| + the like of y by column
 *
 * The first line of the middle one: V^T D K A = V_0^T D_0 K_0 A_0 + V_0^T (D - D_0) K_0 A_0 + dV^T D K_0 A_0 + V^T D (K A -
 * K_0 A_0). For softmax D is C(p), and with Delta = p - p_0, U^T p_0 = Y^T p_0 = 0, U^T (C(p) - C(p_0)) Y = U^T D(Delta) Y -
 * (U^T Delta) (Y^T Delta)^T, where ||U^T Delta|| <= alpha sqrt(sum d). As U^T p_0 and Y^T p_0 are only near 0, (alpha ||Y^T
 * p_0|| + beta ||U^T p_0||) sqrt(sum d) is added; the means are those that were computed, any vectors serve elsewhere. */
struct sc_around_rows {
    double queries, values, keys; /* as in struct sc_row_bounds */
};

/* A head at the centre. */
struct sc_around_head {
    const struct sc_layer *layer;
    const double *q, *k, *v; /* [tokens][d], [tokens][d], [tokens][d_v] */
    const double *p;         /* [tokens][tokens] */
    const struct sc_nearness *near, *rounded;
    const struct sc_derivatives *a;
    const struct sc_bounds_parts *parts;
};

/* Evaluates them. SC_E_MEMORY. SC_E_UNAVAILABLE a norm could not be certified. */
enum sc_status sc_around_rows_compute(const struct sc_around_head *head,
                                      const struct sc_moves *moves, enum sc_moves_set set,
                                      const struct sc_weight_range *range,
                                      struct sc_around_rows *rows, struct sc_error *error);

#endif
