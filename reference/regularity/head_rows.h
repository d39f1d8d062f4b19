/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_HEAD_ROWS_H
#define SC_REFERENCE_REGULARITY_HEAD_ROWS_H

#include "reference/regularity/layer.h"

/* Queries, keys and values of one head in binary64, with a-priori bounds of their rounding errors. u = 2^-53, gamma_n = n u /
 * (1 - n u); OpenBLAS is trusted to sum the products of a dot product in some order, fused or not; sqrt, / are correctly
 * rounded; pow, sin and cos of the C library err by at most 1 ulp, as its manual says.
 *
 * Of a row, norms being 2-norms:
 *
 *   projection  y = W x + beta: |y^ - y| <= e = gamma_{width+1} (||W||_F ||x|| + ||beta||)
 *   mean        taken out: e grows by gamma_{d+3} ||y^||; a projection, it enlarges no error
 *   norm        f(y) = y / s(y), s(y) = sqrt(||y||^2 / d + epsilon), has ||f'|| <= 1 / s; along the way from y to y^ s is at least
 *               t = s(||y^|| - e): the error becomes e / t + gamma_{d+5} ||f(y^)||; a gain g: times max |g|, plus u ||result||
 *   rotation    the angle i base^(-2c/d) errs relatively by (ln base + 6) u, so cosine and sine by at most
 *               a = u (2 + (ln base + 6) i max(1, 1 / base)): the error grows by (2 a + 6 u) ||row|| */
struct sc_head_rows {
    double *q, *k, *v;                   /* [tokens][d], [tokens][d], [tokens][d_v] */
    double q_error, k_error, v_error;    /* >= ||row - exact row|| of each row */
    double q_length, k_length, v_length; /* >= ||row|| of each row as it stands here */
};

/* Computes them at tokens x, [tokens][width], all finite.
 *   layer, x  borrowed; a layer that sc_layer_check accepts
 *   rows      sc_head_rows_destroy frees what it holds, after a failure too
 * SC_E_MEMORY. An error that is +Inf means: nothing is known. */
enum sc_status sc_head_rows_create(const struct sc_layer *layer, const double *x, int32_t h,
                                   struct sc_head_rows *rows, struct sc_error *error);
void sc_head_rows_destroy(struct sc_head_rows *rows);

#endif
