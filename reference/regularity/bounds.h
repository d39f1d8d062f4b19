/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_BOUNDS_H
#define SC_REFERENCE_REGULARITY_BOUNDS_H

#include "reference/regularity/balls.h"
#include "reference/regularity/row_bounds.h"

#include <stdbool.h>

/* Upper bounds of ||J||_2 at the given tokens, each certified: it is evaluated from balls, with the errors of its own
 * evaluation added, rounded upward. Of one head, with P its weights and S the derivatives P (1 - P) (softmax: S = P, and
 * V_i = V less the mean of its rows by P_i; sigmoid: V_i = V), A_q(i), A_k(j) the derivatives of q_i and k_j by x,
 *
 *   T   sigmoid: ||W_v|| (n max P + 2 max S ||A|| ||X||_F^2), A = c W_q^T W_k [theorem_3_2]; with Q, K, V biases or rotation
 *       ||W_v|| n max P + c max S ||V||_F (sqrt(sum_i ||A_k(i)^T q_i||^2)...) in the affine form [theorem_3_2_affine]
 *       softmax: sqrt(3) ||W_v|| (||A||^2 R^4 (4 n + 1) + n)^(1/2), R = max ||x_i||: Castin et al., "How Smooth Is Attention?",
 *       theorem 3.3, recalled, not proved here; only of full attention without biases, norm and rotation
 *   B1  sigmoid: ||W_v|| (||P|| + 2 max S ||A|| ||X||^2); only where T is of its first form
 *   B2  ||P|| ||W_v|| + c s ||V|| (max_i ||K A_q(i)|| + max_j ||Q A_k(j)||) [sharper]; s = max S, softmax:
 *       max_i ||diag P_i - P_i P_i^T|| <= 1/2
 *   B3  ||P|| ||W_v|| + c max_i ||V_i^T D(S_i) K A_q(i)|| + c sqrt(max_i ||V_i^T D(S_i) V_i|| max_j ||A_k(j)^T Q^T D(S^j) Q A_k(j)||)
 *
 *       Not in Coq; by hand: row i of J t is P_i V(t) + c V_i^T D(S_i) (K A_q(i) t_i + z_i), z_ij = <q_i, A_k(j) t_j>, where
 *       D(S_i) centred is softmax's response. The middle terms are blocks, one a row: the largest counts. The last of row i
 *       is at most ||V_i^T D(S_i)^(1/2)|| ||D(S_i)^(1/2) z_i||, and sum_i ||D(S_i)^(1/2) z_i||^2 is the sum over j of
 *       t_j^T A_k(j)^T Q^T D(S^j) Q A_k(j) t_j.
 *
 * Several heads: ||W_o|| sqrt(sum of the squares of the heads' bounds) [multi_head_bound]; 1 for ||W_o|| without W_o. What
 * does not apply is +Inf. */
enum sc_bound_kind { SC_BOUND_T, SC_BOUND_B1, SC_BOUND_B2, SC_BOUND_B3, SC_BOUNDS };

struct sc_bounds {
    double layer[SC_BOUNDS];
    enum sc_bound_kind best; /* the smallest but Castin's, which is quoted */
    bool affine;             /* T is in the affine form */
    double weight_share;     /* of ||P|| ||W_v|| in B3, of the head with the largest bound */
    double weights_norm;     /* >= ||P||_2, max over the heads */
    double p_max, s_max;     /* >= max P and max S over the heads */
};

/* Evaluates them.
 *   balls    of the layer at tokens x
 *   p, near  of sc_balls_weights
 * SC_E_MEMORY. SC_E_UNAVAILABLE a norm could not be certified. */
enum sc_status sc_bounds_compute(const struct sc_balls *balls, const double *x, const double *p,
                                 const struct sc_nearness *near, struct sc_bounds *bounds,
                                 struct sc_error *error);

/* What the bounds of one head are made of, each from above. */
struct sc_bounds_parts {
    double w_v, p, v, v_frobenius;            /* ||W_v||, ||P||, ||V||, ||V||_F */
    double p_max, s_max;                      /* s of B2 */
    double keys, queries;                     /* max_i ||K A_q(i)||, max_j ||Q A_k(j)|| */
    double keys_frobenius, queries_frobenius; /* >= sqrt(sum_j ||A_q(i)^T k_j||^2), and so on */
    /* ||A||, ||X||, ||X||_F, max ||x_i||; 0 with a norm or rotation */
    double score_form, x_norm, x_frobenius, x_max;
    struct sc_row_bounds rows;
};

/* The parts of head h, from its weights p, [tokens][tokens], and its rounded q, k, v (sc_balls_round). Statuses as for
 * sc_bounds_compute. */
enum sc_status sc_bounds_head(const struct sc_balls *balls, const double *x, const double *p,
                              const struct sc_nearness *near, int32_t h, const double *q,
                              const double *k, const double *v, const struct sc_nearness *rounded,
                              struct sc_bounds_parts *parts, struct sc_error *error);

/* "B2", "theorem 3.2" */
const char *sc_bound_name(enum sc_bound_kind kind, enum sc_layer_kind layer);

#endif
