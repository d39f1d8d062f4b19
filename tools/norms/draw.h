/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_NORMS_DRAW_H
#define SC_TOOLS_NORMS_DRAW_H

#include <stdint.h>

/* Tokens and weights at initialisation, the same bits on every machine: sums, products, quotients and roots in the order
 * below, each rounded to binary64, no mathematical library. N(c, i, s, t, n) is sc_philox_normal of Philox with the counter
 * (c, i, s, 2^24 t + n) and the seed as key (fuzz/philox.h). */

/* x, [tokens][width], of sample s: y_ic = fl(sqrt(1 - C^2)) N(c, i, s, 0, tokens) + C N(c, 0, s, 1, tokens), then each row like
 * LayerNorm without gain: x_i = (y_i - mean) / sqrt(mean of (y_i - mean)^2), means summed from channel 0. So ||x_i||^2 = width,
 * about, and two tokens have the cosine C^2. Other numbers of tokens draw afresh.
 *   tokens  in [1, 65536];  width  in [2, 65536];  common  C, in [0, 1] */
void sc_norms_draw_tokens(uint64_t seed, int32_t sample, int32_t tokens, int32_t width,
                          double common, double *x);

/* The weights of LeCun's initialisation (Glorot's too, of a square matrix): w_rc = N(c, r, 0, 2 + matrix, 0) fl(1 / fl(sqrt(width))).
 *   matrix  0, 1, 2: W_q, W_k, W_v */
void sc_norms_draw_weights(uint64_t seed, int32_t matrix, int32_t rows, int32_t width, double *w);

#endif
