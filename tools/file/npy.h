/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FILE_NPY_H
#define SC_FILE_NPY_H

#include "reference/status.h"
#include "tools/file/bytes.h"
#include "tools/file/tensor.h"

#include <stdbool.h>

/* NumPy's .npy format, versions 1.0, 2.0 and 3.0 (numpy.lib.format; NEP 1). What is accepted: a
 * header of at most SC_NPY_HEADER_MAX bytes with exactly the keys descr, fortran_order and shape,
 * little-endian numbers and booleans, at most SC_SIZE_RANK_MAX dimensions, and a payload that ends
 * with the file. Everything else is refused. */

/* NumPy's own default limit. */
#define SC_NPY_HEADER_MAX 10000

/* Reads the tensor that `bytes` hold; an array in Fortran order comes back in C order.
 *   as_bf16  '<u2' is bf16, which .npy has no type for; other types are not affected
 *   tensor   overwritten on success, not released first; to be given to sc_tensor_destroy
 *   error    filled on failure; may be NULL
 * SC_E_INPUT the bytes are not accepted. SC_E_IO not readable. SC_E_MEMORY. */
enum sc_status sc_npy_read(const struct sc_bytes *bytes, bool as_bf16, struct sc_tensor *tensor,
                           struct sc_error *error);

/* The same for the file `path`. */
enum sc_status sc_npy_load(const char *path, bool as_bf16, struct sc_tensor *tensor,
                           struct sc_error *error);

/* Writes a tensor as version 1.0, bf16 as '<u2', byte for byte as numpy.save writes the array.
 * SC_E_INPUT the tensor is not one (sc_tensor_check). SC_E_MEMORY and SC_E_IO as sc_save. */
enum sc_status sc_npy_save(const char *path, const struct sc_tensor *tensor,
                           struct sc_error *error);

#endif
