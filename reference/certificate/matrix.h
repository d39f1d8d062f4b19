/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_MATRIX_H
#define SC_REFERENCE_CERTIFICATE_MATRIX_H

#include "reference/certificate/rows.h"

/* The Jacobian J of a layer as a matrix of doubles, or its transpose where that has fewer rows.
 *
 * Of head h, o_ic = sum_j P_ij v_jc and s_ij = c <q_i, k_j> + ..., so
 *
 *   d o_ic = sum_j P_ij dv_jc + sum_j f_jc ds_ij,  f_jc = P_ij (1 - P_ij) v_jc (sigmoid),
 *                                                  f_jc = P_ij (v_jc - sum_l P_il v_lc) (softmax),
 *   ds_ij = c (<q_i, dk_j> + <dq_i, k_j>),
 *
 * that is, by channel b of token j, P_ij W_v[c][b] + f_jc c <q_i, dk_j/dx_jb>, and for j = i besides
 * c <sum_l f_lc k_l, dq_i/dx_ib>. dq and dk come from dual numbers (rows.h), P from intervals, the sums from doubles with a
 * bound of the error of each element (rounded.h). */
struct sc_matrix {
    int64_t rows, columns; /* rows <= columns */
    bool transposed;       /* the rows are J's inputs */
    double *elements;      /* [rows][columns] */
    double error;          /* >= ||J - elements||_F */
};

/* Assembles it.
 *   rows  of sc_rows_create, whatever their direction was
 * SC_E_MEMORY. SC_E_UNAVAILABLE an element or its error is not finite. */
enum sc_status sc_matrix_create(const struct sc_rows *rows, int32_t threads,
                                struct sc_matrix *matrix, struct sc_error *error);
void sc_matrix_destroy(struct sc_matrix *matrix);

/* Bytes that sc_matrix_create and sc_definite_check take of a layer at most. */
double sc_matrix_bytes(const struct sc_subject *subject, int32_t threads);

#endif
