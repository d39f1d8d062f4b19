/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_LAYER_H
#define SC_REFERENCE_REGULARITY_LAYER_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* A self-attention layer as a map of its tokens X, n rows of `width` channels, and where its sensitivity is asked for.
 *
 *   q_i = N_q(W_q x_i + beta_q),  k_j = N_k(W_k x_j + beta_k),  v_j = W_v x_j + beta_v      for each head,
 *   P_ij = sigma(c <R_i q_i, R_j k_j> + b + m_ij), or the softmax of these scores over the keys that row i sees,
 *   O_i = W_o (sum_j P_ij v_j of each head, side by side),
 *
 * m_ij = -slope |i - j|; N the norm of the layer or the identity, R_i the rotation of position i or the identity. The
 * exact result is that of the numbers given here, all of which are exact. Source: arXiv 2409.04431, sections 2 and 3.2;
 * with biases, masks and positions proofs/coq/self_attention.v. */

enum sc_layer_kind { SC_LAYER_SIGMOID, SC_LAYER_SOFTMAX };

/* The norm of a head's q and k, with gains g: */
enum sc_layer_norm {
    SC_LAYER_NO_NORM,
    SC_LAYER_RMS,  /* g x / sqrt(mean of x^2 + epsilon) */
    SC_LAYER_MEAN0 /* LayerNorm: the same of x less its mean */
};

struct sc_layer {
    enum sc_layer_kind kind;
    int32_t tokens;          /* n, in [1, 2^24] */
    int32_t width;           /* d_model, at least 1 */
    int32_t heads;           /* at least 1 */
    int32_t d, d_v;          /* channels of a head's q and k, and of its v; at least 1 */
    int32_t out;             /* rows of W_o; 0: none, the heads lie side by side */
    double scale;            /* c > 0 */
    const double *w_q, *w_k; /* [heads][d][width] */
    const double *w_v;       /* [heads][d_v][width] */
    const double *w_o;       /* [out][heads d_v]; NULL: none */
    const double *beta_q, *beta_k, *beta_v; /* [heads][d], [heads][d], [heads][d_v]; NULL: 0 */
    const double *bias;                     /* b, [heads] */
    const double *slopes;                   /* [heads]; NULL: no ALiBi */
    int32_t left, right;                    /* the band of spec/mask.h with n_q = n_k = n */
    enum sc_layer_norm norm;
    const double *gain_q, *gain_k; /* [d], of every head; NULL: 1 */
    double epsilon;                /* of the norm, >= 0 */
    double
        rotation; /* base of rotary positions; 0: none. Channels c and c + d / 2 of a head turn by
                                      i / base^(2 c / d) at position i; d is even */
};

/* Numbers of tokens and outputs: the Jacobian has outputs x inputs elements. */
int64_t sc_layer_inputs(const struct sc_layer *layer);
int64_t sc_layer_outputs(const struct sc_layer *layer);
int32_t sc_layer_out_width(const struct sc_layer *layer);

/* Whether row i sees key j. */
bool sc_layer_sees(const struct sc_layer *layer, int32_t i, int32_t j);

/* Whether the layer's numbers are in range and all that it points to is finite. SC_E_INPUT: the text names the first
 * field that is not. */
enum sc_status sc_layer_check(const struct sc_layer *layer, struct sc_error *error);

/* Whether tokens x, [tokens][width], are finite, and doubles are rounded as bounds demand (reference/oracle/environment.h).
 * SC_E_INPUT: the text names the first that is not. Statuses of sc_environment_check. */
enum sc_status sc_layer_check_tokens(const struct sc_layer *layer, const double *x,
                                     struct sc_error *error);

#endif
