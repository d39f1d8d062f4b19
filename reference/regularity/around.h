/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_AROUND_H
#define SC_REFERENCE_REGULARITY_AROUND_H

#include "reference/regularity/bounds.h"
#include "reference/regularity/moves.h"

/* Upper bounds of ||J(X)||_2 for every X near given tokens X_0, certified as those of bounds.h. They bound the Lipschitz
 * constant of the layer there, for both sets are convex [ball.v, lipschitz_on_segment]:
 *
 *   SC_MOVES_WHOLE  ||X - X_0||_F <= radius                SC_MOVES_EACH  ||x_i - x_0i|| <= radius for every token
 *
 * Each is a bound at one point, with every part of it replaced by the largest value that it has in the set. E >= ||X -
 * X_0||_2 is radius, or sqrt(n) radius. Of one head, with P, S from above (weight_range.h) and how keys and queries move
 * (moves.h):
 *
 *   T   sigmoid: ||W_v|| (n max P + 2 max S ||A|| sum_i (||x_i|| + e_i)^2) [theorem_3_2], the sum at most (||X_0||_F +
 *       radius)^2 where they move together
 *       softmax: ||W_v|| (sqrt(n) + (1 + sqrt(n)) ||A|| R^2), R = max ||x_i|| + radius [softmax_in_ball]
 *       both only without Q, K, V biases, norm and rotation
 *   B1  sigmoid: ||W_v|| (||P|| + 2 max S ||A|| (||X_0|| + E)^2), with the same limits
 *   B2  ||P|| ||W_v|| + s (||V_0|| + ||W_v|| E) (max_i c ||K A_q(i)|| + max_j c ||Q A_k(j)||), where
 *       c ||K A_q(i)|| <= c ||K_0 A_q(i)_0|| + ||A|| E, or with norm or rotation
 *                      <= c (||K_0 A_q(i)_0|| + max ||A_k|| E ||A_q(i)|| + ||K_0||_F ||A_q(i) - A_q(i)_0||)
 *       s = max S; softmax: ||C(p_0)|| + max_i (max_j d_ij + 2 ||d_i||), d_ij = |P_ij - P0_ij| from above, at most max P and
 *       1/2: C(p) - C(p_0) = diag Delta - Delta m^T - m Delta^T, m = (p + p_0) / 2, |m| <= 1
 *   B3  as in bounds.h, from the norms of around_rows.h
 *
 * ||P|| is that of the matrix from above, for no weight is negative; softmax: at most the root of its largest column sum,
 * for the rows of P sum to 1 or are 0. Several heads as in bounds.h. At radius 0 they are the bounds at X_0 with some
 * roundings more; a radius too large for its numbers gives +Inf. */
struct sc_around {
    double radius;
    enum sc_moves_set set;
    double layer[SC_BOUNDS];
    enum sc_bound_kind best; /* the smallest */
};

/* Evaluates them for `count` sets, whose radius (finite, >= 0) and set are in `around`.
 *   balls    of the layer at X_0, x
 *   p, near  of sc_balls_weights
 * SC_E_INPUT a radius is negative or not finite. SC_E_MEMORY. SC_E_UNAVAILABLE a norm could not be certified, or the
 * arithmetic does not round to nearest. */
enum sc_status sc_around_compute(const struct sc_balls *balls, const double *x, const double *p,
                                 const struct sc_nearness *near, struct sc_around *around,
                                 int32_t count, struct sc_error *error);

#endif
