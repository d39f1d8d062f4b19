/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_SUBJECT_H
#define SC_REFERENCE_CERTIFICATE_SUBJECT_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What a certificate speaks about: a self-attention layer at given tokens. All numbers are exact as they stand.
 *
 *   q_i = R_i N_q(W_q x_i + beta_q),  k_j = R_j N_k(W_k x_j + beta_k),  v_j = W_v x_j + beta_v   of each head,
 *   P_ij = sigma(s_ij), or exp(s_ij) over the sum of exp(s_il) that row i sees;  s_ij = c <q_i, k_j> + b - slope |i - j|,
 *   O_i = W_o (sum over the keys j that row i sees of P_ij v_j, of all heads side by side),
 *
 * N divides by sqrt(mean of squares + epsilon), SC_SUBJECT_LAYER_NORM of the row less its mean, and multiplies by a gain;
 * R_i turns channels (c, c + d / 2) by the angle i / base^(2 c / d). Row i sees key j where i - left <= j <= i + right.
 * Source: arXiv 2409.04431, sections 2 and 3.2. Whose code finds certificates says the same of its own structure. */

#define SC_SUBJECT_MAX (1 << 24) /* of tokens and channels */

enum sc_subject_kind { SC_SUBJECT_SIGMOID, SC_SUBJECT_SOFTMAX };
enum sc_subject_norm { SC_SUBJECT_NO_NORM, SC_SUBJECT_RMS_NORM, SC_SUBJECT_LAYER_NORM };

struct sc_subject {
    enum sc_subject_kind kind;
    int32_t tokens, width, heads, d, d_v; /* each in [1, SC_SUBJECT_MAX] */
    int32_t out;                          /* rows of W_o; 0: none */
    int32_t left, right;                  /* in [0, SC_SUBJECT_MAX] */
    double scale;                         /* c > 0 */
    double epsilon;                       /* >= 0 */
    double rotation;                      /* base > 0; 0: no rotation. d is even with one */
    enum sc_subject_norm norm;
    const double *x;                        /* [tokens][width] */
    const double *w_q, *w_k, *w_v;          /* [heads][d][width], the same, [heads][d_v][width] */
    const double *w_o;                      /* [out][heads d_v]; NULL: none */
    const double *beta_q, *beta_k, *beta_v; /* [heads][d], the same, [heads][d_v]; NULL: 0 */
    const double *bias;                     /* b, [heads] */
    const double *slopes;                   /* [heads]; NULL: 0 */
    const double *gain_q, *gain_k;          /* [d]; NULL: 1 */
};

/* Whether it is what its comment says, with finite numbers. SC_E_INPUT: the text names the first that is not. */
enum sc_status sc_subject_check(const struct sc_subject *subject, struct sc_error *error);

/* Channels of an output token; elements of all tokens and of all outputs. */
int64_t sc_subject_out_width(const struct sc_subject *subject);
int64_t sc_subject_inputs(const struct sc_subject *subject);
int64_t sc_subject_outputs(const struct sc_subject *subject);

bool sc_subject_sees(const struct sc_subject *subject, int32_t i, int32_t j);

#endif
