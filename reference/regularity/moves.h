/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_MOVES_H
#define SC_REFERENCE_REGULARITY_MOVES_H

#include "reference/regularity/balls.h"
#include "reference/regularity/bounds.h"
#include "reference/regularity/derivatives.h"

#include <stdbool.h>

/* How far the queries and keys of one head, and their scores, move while each token moves by at most `radius`: token i by
 * e_i <= radius. Every number is from above. A_q(i), A_k(j) are the derivatives of q_i and k_j by their tokens (bounds.h).
 *
 * Without a norm q_i is affine in x_i, rotated or not: A_q(i) is constant, of norm ||W_q||.
 *
 * With a norm, N(y) = y / s, s^2 = |y|^2 / d + epsilon, behind it the gains g and the rotation, and before it y = W_q x +
 * beta, less its mean with LayerNorm, which is a projection. Then
 *
 *   DN(y) = (I - y y^T / (d s^2)) / s,  ||DN(y)|| <= 1 / s                      the eigenvalues are 1 / s and epsilon / s^3
 *   ||D^2 N(y)|| <= 2 / (sqrt(3) sqrt(d) s^2):  with y = c sqrt(d) s w, |w| = 1, c in [0, 1],
 *     <D^2 N(y)[t, t], t> = -(c / (sqrt(d) s^2)) (3 |t|^2 <w, t> - 3 c^2 <w, t>^3), a symmetric form of three vectors, so
 *     that its norm is the largest value at one unit vector (Banach), that of 3 c r (1 - c^2 r^2) over r in [0, 1]: at c r =
 *     1 / sqrt(3), where it is 2 / sqrt(3), or at r = 1 where c is less, and there it is less.
 *
 * As |y| moves by at most ||W_q|| radius, s >= s_min, s_min^2 = max(0, |y_0| - ||W_q|| radius)^2 / d + epsilon, and
 *
 *   ||A_q(i)|| <= max |g| ||W_q|| / s_min                                        +Inf where s_min = 0: there is no bound
 *   ||A_q(i) - A_q(i)_0|| <= max |g| ||W_q||^2 radius 2 / (sqrt(3) sqrt(d) s_min^2)
 *
 * The score c <q_i, k_j> moves by c (<q_i, dk_j> + <dq_i, k_j> + <dq_i, dk_j>), q_i and k_j those at the centre, with
 * |dq_i| <= ||A_q(i)|| e_i; without norm and rotation <q_i, dk_j> <= |W_k^T q_i| e_j and c <dq_i, dk_j> <= ||A|| e_i e_j, A =
 * c W_q^T W_k. Softmax of a row does not see <dq_i, m>, m the same vector for all keys: the mean of k is taken out of k_j
 * there. With a norm |q_i| <= sqrt(d) max |g_q|, so that no score moves by more than twice the largest. */
struct sc_moves {
    const struct sc_layer *layer;
    double radius;
    bool linear; /* no norm and no rotation */
    double *reach_q,
        *reach_k;            /* linear: |W_k^T q_i| and |W_q^T (k_j - m)|; else |q_i|, |k_j - m| */
    double *size_q, *size_k; /* ||A_q(i)||, ||A_k(j)|| */
    double *turn_q, *turn_k; /* ||A_q(i) - A_q(i)_0||, ||A_k(j) - A_k(j)_0|| */
    double form;             /* ||A||; linear only */
    double size_q_max, size_k_max, turn_q_max, turn_k_max;
    double long_q, long_k; /* |q_i| and |k_j| of all tokens there are; +Inf without a norm */
    double mean;           /* |m| */
};

/* In the whole set the squares of the moves add up to at most radius^2; otherwise each is at most radius. */
enum sc_moves_set { SC_MOVES_WHOLE, SC_MOVES_EACH, SC_MOVES_SETS };

/* Evaluates them for head h.
 *   q, k, rounded  of the head (sc_balls_round)
 *   parts          of the head; only score_form is read
 *   radius         >= 0
 *   moves          receives them; sc_moves_destroy frees what it holds, after a failure too
 * SC_E_MEMORY. SC_E_UNAVAILABLE a norm could not be certified. */
enum sc_status sc_moves_create(const struct sc_balls *balls, int32_t h, const double *q,
                               const double *k, const struct sc_nearness *rounded,
                               const struct sc_bounds_parts *parts, double radius,
                               struct sc_moves *moves, struct sc_error *error);
void sc_moves_destroy(struct sc_moves *moves);

/* How far score (i, j) moves at most; softmax: up to a number that is the same for all of row i. In the whole set a row and
 * another column move with e_i^2 + e_j^2 <= radius^2: a e_j + b e_i <= sqrt(a^2 + b^2) radius, e_i e_j <= radius^2 / 2. */
double sc_moves_score(const struct sc_moves *moves, enum sc_moves_set set, int32_t i, int32_t j);

#endif
