/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FILE_TENSOR_H
#define SC_FILE_TENSOR_H

#include "reference/status.h"
#include "spec/size.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Type of an element: its encoding is little-endian, IEEE 754 or two's complement; BF16 as
 * spec/format.h; a BOOL is a byte that is 0 or 1. */
enum sc_tensor_type {
    SC_TENSOR_BF16,
    SC_TENSOR_FP16,
    SC_TENSOR_FP32,
    SC_TENSOR_FP64,
    SC_TENSOR_BOOL,
    SC_TENSOR_U8,
    SC_TENSOR_U16,
    SC_TENSOR_U32,
    SC_TENSOR_U64,
    SC_TENSOR_I8,
    SC_TENSOR_I16,
    SC_TENSOR_I32,
    SC_TENSOR_I64
};
#define SC_TENSOR_TYPES 13

/* A tensor in memory, contiguous, in C order (the last dimension is the fastest). */
struct sc_tensor {
    enum sc_tensor_type type;
    int32_t rank; /* in [0, SC_SIZE_RANK_MAX]; 0 is a scalar */
    int64_t shape[SC_SIZE_RANK_MAX];
    int64_t count; /* elements: the product of shape[0 .. rank - 1] */
    size_t size_bytes;
    void *data; /* owned, aligned for every type, never NULL in a created tensor */
};

/* Bytes of one element: 1, 2, 4 or 8; 0 when `type` is not one of the enum. */
int32_t sc_tensor_type_bytes(enum sc_tensor_type type);

/* Name of a type as the user reads it ("bf16", "int32"); "unknown" outside the enum. */
const char *sc_tensor_type_name(enum sc_tensor_type type);

/* A tensor of zeros.
 *   rank, shape  in [0, SC_SIZE_RANK_MAX]; dimensions >= 0; shape may be NULL when rank is 0
 *   tensor       overwritten on success, not released first; owned by the caller, to be given to
 *                sc_tensor_destroy
 *   error        filled on failure; may be NULL
 * SC_E_INPUT no such type, rank, or shape, or its size overflows. SC_E_MEMORY. */
enum sc_status sc_tensor_create(enum sc_tensor_type type, int32_t rank, const int64_t *shape,
                                struct sc_tensor *tensor, struct sc_error *error);

/* Releases the data and makes the tensor empty. NULL and an all-zero struct are allowed. */
void sc_tensor_destroy(struct sc_tensor *tensor);

/* Whether a tensor is what its comment says: type, rank, dimensions, count, size, data, and each BOOL
 * 0 or 1. SC_E_INPUT otherwise; `where` begins the message. */
enum sc_status sc_tensor_check(const struct sc_tensor *tensor, const char *where,
                               struct sc_error *error);

/* Reads a tensor from a file: "x.npy", "x.safetensors" (a file with one tensor) or
 * "x.safetensors:name". What ends the file name decides; the name begins after the first
 * ".safetensors:".
 *   name     as above
 *   as_bf16  a '<u2' array of a .npy file holds bf16 encodings, which .npy has no type for. Other
 *            types and .safetensors files are not affected
 *   tensor   overwritten on success, not released first; to be given to sc_tensor_destroy
 *   error    filled on failure; may be NULL
 * SC_E_INPUT the file or its name is not accepted. SC_E_IO not readable. SC_E_MEMORY. */
enum sc_status sc_tensor_load(const char *name, bool as_bf16, struct sc_tensor *tensor,
                              struct sc_error *error);

/* Writes a tensor to a file whose name follows sc_tensor_load; a .safetensors file then holds this
 * tensor alone, named "tensor" unless `name` says otherwise. In a .npy file bf16 becomes '<u2'. The
 * bytes depend on the arguments only. The whole file is written, or nothing.
 * SC_E_INPUT the name or the tensor is not accepted. SC_E_IO not written. SC_E_MEMORY. */
enum sc_status sc_tensor_save(const char *name, const struct sc_tensor *tensor,
                              struct sc_error *error);

#endif
