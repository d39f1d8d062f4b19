/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_PRODUCTS_H
#define SC_REFERENCE_CERTIFICATE_PRODUCTS_H

#include <stdint.h>

/* Sums of products in doubles. Nothing is fused; in which order the terms are added is not said, and no bound needs it. */

/* Rows and columns of a block of dot products. */
#define SC_PRODUCTS_BLOCK 48

/* sums[r][c] + sum over n < count of x[r][n] y[c][n], r < rows_x, c < rows_y, both at most SC_PRODUCTS_BLOCK.
 *   step  from one row to the next, of x and of y
 *   sums  [SC_PRODUCTS_BLOCK][SC_PRODUCTS_BLOCK] */
void sc_products_block(const double *x, int64_t rows_x, const double *y, int64_t rows_y,
                       int64_t count, int64_t step, double *sums);

/* r + w a, `count` elements. */
void sc_products_add(double *r, const double *a, double w, int64_t count);

#endif
