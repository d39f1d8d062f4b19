/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_LIPSCHITZ_FILES_H
#define SC_TOOLS_LIPSCHITZ_FILES_H

#include "tools/file/tensor.h"

/* Tensors of files as doubles, exact. `values` are the caller's to free, after a failure too. Each returns SC_E_INPUT,
 * SC_E_IO, SC_E_MEMORY. */

/* All elements of a tensor.
 *   tensor  receives its shape; sc_tensor_destroy, after a failure too */
enum sc_status sc_lipschitz_load(const char *file, struct sc_tensor *tensor, double **values,
                                 struct sc_error *error);

/* A matrix.
 *   option         that named the file, for messages
 *   file           NULL: it is missing
 *   rows, columns  what is expected; 0: any, and it is set */
enum sc_status sc_lipschitz_load_matrix(const char *option, const char *file, int64_t *rows,
                                        int64_t *columns, double **values, struct sc_error *error);

/* A vector of `count` elements; none where `file` is NULL. */
enum sc_status sc_lipschitz_load_vector(const char *option, const char *file, int64_t count,
                                        double **values, struct sc_error *error);

#endif
