/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FILE_SAFETENSORS_H
#define SC_FILE_SAFETENSORS_H

#include "reference/status.h"
#include "tools/file/bytes.h"
#include "tools/file/tensor.h"

#include <stdint.h>

/* The .safetensors format: a little-endian header length, a JSON header, the data. Every tensor of a
 * file is checked, also when only one is read. What is accepted beside the format's own rules: at
 * most SC_SAFETENSORS_TENSORS_MAX tensors of at most SC_SIZE_RANK_MAX dimensions, each of a type of
 * sc_tensor_type, that begins in the data at a multiple of its item size. (The data's own offset in
 * the file may be any: elements are copied, so alignment in the file has no meaning here.) */

/* The limit of the reference implementation. */
#define SC_SAFETENSORS_HEADER_MAX  100000000
#define SC_SAFETENSORS_TENSORS_MAX 65536

/* Reads one tensor of those that `bytes` hold.
 *   name    of the tensor, or NULL when the file holds just one
 *   tensor  overwritten on success, not released first; to be given to sc_tensor_destroy
 *   error   filled on failure; may be NULL
 * SC_E_INPUT the bytes are not accepted, there is no such tensor, or a name is needed.
 * SC_E_IO not readable. SC_E_MEMORY. */
enum sc_status sc_safetensors_read(const struct sc_bytes *bytes, const char *name,
                                   struct sc_tensor *tensor, struct sc_error *error);

/* The same for the file `path`. */
enum sc_status sc_safetensors_load(const char *path, const char *name, struct sc_tensor *tensor,
                                   struct sc_error *error);

/* Writes `count` tensors under their names. They lie by item size, the largest first, then by name,
 * so the bytes of the file do not depend on the order of the arguments.
 *   names    UTF-8, distinct, not "__metadata__"; borrowed
 *   tensors  borrowed
 *   count    in [0, SC_SAFETENSORS_TENSORS_MAX]
 * SC_E_INPUT names or tensors are not accepted. SC_E_MEMORY and SC_E_IO as sc_save. */
enum sc_status sc_safetensors_save(const char *path, const char *const *names,
                                   const struct sc_tensor *tensors, int32_t count,
                                   struct sc_error *error);

#endif
