/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_JACOBIAN_H
#define SC_REFERENCE_REGULARITY_JACOBIAN_H

#include "reference/regularity/balls.h"

#include <stdint.h>

/* The Jacobian of a layer as a matrix of doubles, outputs x inputs, with a bound of what is wrong with it.
 *
 * Of head h, block (i, j) is d_v x width,
 *
 *   J_ij = P_ij W_v + v~_ij w_j^T + delta_ij B_i,   w_j^T = c q_i^T D_k(j),  B_i = c sum_l s_il v_l (k_l^T D_q(i)),
 *
 * with the factor of the weights s_il v_l: sigmoid S_il v_l, S = P (1 - P); softmax P_il (v_l - sum_m P_im v_m). D_q(i) and D_k(j)
 * are the derivatives of q_i and k_j by x, W_q and W_k behind the derivatives of norm and rotation. Source: spec/README.md
 * and proofs/coq/self_attention.v.
 *
 * Error. Each factor is a double next to what a ball holds, |exact - value| <= 2^-52 |value| + a, a tiny. With M the same
 * matrix of absolute values of factors, each element errs by at most gamma M + (absolute terms), gamma of as many roundings as
 * the longest sum has: 2 tokens + d + heads d_v + 32. ||M||_F is computed beside. Products that underflow are charged apart,
 * through the largest factors that may follow them. */
struct sc_jacobian {
    int64_t outputs, inputs;
    double *elements; /* row-major */
    double error;     /* >= ||J - elements||_F */
};

/* Bytes that the Jacobian of a layer takes. */
double sc_jacobian_bytes(const struct sc_layer *layer);

/* Assembles it.
 *   balls    of the layer at the tokens
 *   p, near  of sc_balls_weights
 * SC_E_MEMORY. SC_E_UNAVAILABLE an element is not finite. */
enum sc_status sc_jacobian_create(const struct sc_balls *balls, const double *p,
                                  const struct sc_nearness *near, struct sc_jacobian *jacobian,
                                  struct sc_error *error);
void sc_jacobian_destroy(struct sc_jacobian *jacobian);

#endif
