/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_BALL_MATRIX_H
#define SC_REFERENCE_REGULARITY_BALL_MATRIX_H

#include <arb_mat.h>
#include <stdint.h>

/* Matrices of balls: Arb multiplies those by way of integer matrices, which takes a third of the time of one dot product
 * for each element, and less where that dot product goes down a column (Johansson, "Faster arbitrary-precision dot
 * product and matrix multiplication", ARITH 2019). */

/* Balls that lie row by row, seen as a matrix of rows x columns. They are borrowed: sc_ball_matrix_forget frees the view
 * alone. */
void sc_ball_matrix_view(arb_mat_t view, arb_srcptr entries, int64_t rows, int64_t columns);
void sc_ball_matrix_forget(arb_mat_t view);

/* The transpose of such balls, a matrix of its own; arb_mat_clear frees it. */
void sc_ball_matrix_turned(arb_mat_t turned, arb_srcptr entries, int64_t rows, int64_t columns);

#endif
