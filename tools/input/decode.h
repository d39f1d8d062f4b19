/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_INPUT_DECODE_H
#define SC_TOOLS_INPUT_DECODE_H

#include "reference/status.h"
#include "spec/attention.h"
#include "tools/file/tensor.h"

#include <stdbool.h>

/* How the dimensions of a tensor of rank 4 are ordered. */
enum sc_decode_order { SC_DECODE_BHND, SC_DECODE_BNHD };

/* The shape of one tensor of a problem, and where its rows lie. */
struct sc_decode_shape {
    int32_t batch, heads, rows, channels;
    struct sc_layout layout;
};

/* The number format of a tensor, bf16, fp16 or fp32. SC_E_INPUT for another type; `what` begins the
 * message. */
enum sc_status sc_decode_format(const char *what, const struct sc_tensor *tensor,
                                enum sc_format *format, struct sc_error *error);

/* Shape and layout: rank 2 is [n][d], rank 3 [heads][n][d] (or [n][heads][d]), rank 4
 * [batch][heads][n][d] (or [batch][n][heads][d]) by `order`. SC_E_INPUT another rank, or a dimension
 * above SC_LENGTH_MAX. */
enum sc_status sc_decode_shape(const char *what, const struct sc_tensor *tensor,
                               enum sc_decode_order order, struct sc_decode_shape *shape,
                               struct sc_error *error);

/* The values of a tensor as fp32, exact. *values is allocated (never NULL), the caller frees it. */
enum sc_status sc_decode_values(const char *what, const struct sc_tensor *tensor, float **values,
                                struct sc_error *error);

/* Element x of a tensor whose format was accepted. Exact. */
double sc_decode_element(const struct sc_tensor *tensor, int64_t x);

#endif
