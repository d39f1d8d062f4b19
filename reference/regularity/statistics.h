/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_STATISTICS_H
#define SC_REFERENCE_REGULARITY_STATISTICS_H

#include "reference/regularity/layer.h"

/* What a layer does at given tokens, head by head, in numbers a user can read: scores, weights, outputs. Computed in binary64,
 * each with a bound of its error that is computed beside it (u = 2^-53, gamma_n = n u / (1 - n u)):
 *
 *   scores    s_ij = c <q_i, k_j> + b - slope |i - j| of the pairs that are seen err by at most `score_error`: with the errors of
 *             head_rows.h, c (|dq| |k| + |q| |dk| + |dq| |dk|) + gamma_{d+8} (c |q| |k| + |b| + |slope| n)
 *   weights   err relatively by at most `weight_error`, as do n max P and the masses: |ln sigma(s + e) - ln sigma(s)| <= |e|, and of
 *             the softmax twice that; plus the roundings of exp (1 ulp, as the C library's manual says), sum and quotient.
 *             What lies below 2^-1022 may be lost: weights are charged that much beside
 *   outputs   o_i = sum_j P_ij v_j err by at most `output_error` in norm: (weight_error + gamma_{n+2}) mass |v| + mass |dv| */

#define SC_STATISTICS_QUANTILES 5    /* of the row masses: least, 1/4, 1/2, 3/4, largest */
#define SC_STATISTICS_LARGE     0.99 /* a weight above has a slope below 0.0099: flat */
#define SC_STATISTICS_SMALL                                                                        \
    0.01 /* a weight below 0.01 / n counts for nothing beside an even share */

struct sc_statistics_head {
    double score_min, score_max; /* err by score_error */
    double score_mean,
        score_deviation; /* err by 2 score_error; the root mean square about the mean */
    double score_error;
    double weight_top; /* n max P */
    double slope_top;  /* n max P (1 - P); errs by weight_error times weight_top */
    double mass
        [SC_STATISTICS_QUANTILES]; /* of sum_j P_ij over the rows i: element floor((n - 1) q) in rising order */
    double weight_error;
    double norm_low, norm_high; /* ||P||_2 lies between: certified */
    double large, small; /* shares of the seen pairs with P > LARGE, and with P < SMALL / n */
    double undecided;    /* share of pairs so near a threshold that weight_error does not tell */
    double value_length; /* |v|: the root mean square of ||v_j|| */
    double value_error;  /* >= ||v_j - exact||, of each */
    double ratio_mean,
        ratio_max; /* of ||o_i|| / |v| over the rows; 0 where |v| = 0. Err by (output_error + ratio value_error) /
                                     |v|, and relatively by gamma_{2 n + 2 d_v} */
    double output_norm; /* ||P V||_F; errs by sqrt(n) output_error */
    double output_error;
};

/* Head h at tokens x, [tokens][width].
 *   layer    one that sc_layer_check accepts, of either kind
 *   threads  of OpenBLAS, for the whole process
 *   outputs  receives o_i at [i][h][.] of [tokens][heads][d_v]; NULL: not wanted; after a failure
 *            its numbers mean nothing
 * SC_E_INPUT a token is not finite. SC_E_MEMORY. SC_E_UNAVAILABLE a number is not finite. */
enum sc_status sc_statistics_head(const struct sc_layer *layer, const double *x, int32_t h,
                                  int32_t threads, double *outputs,
                                  struct sc_statistics_head *statistics, struct sc_error *error);

struct sc_statistics_tokens {
    double mean_square; /* (1/n) sum ||x_i||^2; errs relatively by gamma_{n width} */
    double norm_square; /* ||X||_2^2 / n, certified from above, the excess below 1e-9 */
    double max_square;  /* max ||x_i||^2; as the mean */
};
/* SC_E_INPUT, SC_E_MEMORY, SC_E_UNAVAILABLE as above. */
enum sc_status sc_statistics_tokens(const struct sc_layer *layer, const double *x,
                                    struct sc_statistics_tokens *statistics,
                                    struct sc_error *error);

/* >= ||A||_2, A = c W_q^T W_k, and >= ||W_v||_2 of head h: certified. SC_E_MEMORY, SC_E_UNAVAILABLE. */
enum sc_status sc_statistics_weights(const struct sc_layer *layer, int32_t h, double *score_form,
                                     double *values, struct sc_error *error);

#endif
