/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FILE_SAFETENSORS_SCAN_H
#define SC_FILE_SAFETENSORS_SCAN_H

#include "reference/status.h"

#include <stddef.h>

/* Refuses, before any JSON parser sees it, a header that no .safetensors file needs: one that does
 * not begin with '{', nests deeper than 3, has a number other than a plain integer in [0, 2^53],
 * a literal (true, false, null), or more commas than SC_SAFETENSORS_TENSORS_MAX tensors can have,
 * which bounds what a parser allocates. Neither recursion nor memory. Whether the rest is JSON is
 * left to the parser.
 *   where   begins the message
 *   text    `size` bytes, any
 * SC_E_INPUT refused. */
enum sc_status sc_safetensors_scan(const char *where, const char *text, size_t size,
                                   struct sc_error *error);

#endif
