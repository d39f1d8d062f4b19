/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_INPUT_VALUES_H
#define SC_TOOLS_INPUT_VALUES_H

#include "reference/status.h"

#include <stdint.h>

/* Numbers from the command line: a decimal or hexadecimal number, a list "1,2,3", or the name of a
 * tensor file (tools/file/tensor.h) of rank 0 or 1. The locale has no say. */

/* A finite fp32 value, correctly rounded from the text. `what` begins the message. SC_E_INPUT. */
enum sc_status sc_values_float(const char *what, const char *text, float *value,
                               struct sc_error *error);

/* A decimal integer in [low, high]. SC_E_INPUT. */
enum sc_status sc_values_int(const char *what, const char *text, int32_t low, int32_t high,
                             int32_t *value, struct sc_error *error);

/* A list of fp32 values, or an fp32 tensor. *values is allocated, the caller frees it. */
enum sc_status sc_values_floats(const char *what, const char *text, float **values, int32_t *count,
                                struct sc_error *error);

/* A list of integers in [0, 2^31), or an int32 or int64 tensor. *values is allocated, the caller frees
 * it. */
enum sc_status sc_values_ints(const char *what, const char *text, int32_t **values, int32_t *count,
                              struct sc_error *error);

#endif
