/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CERTIFICATE_BASE64_H
#define SC_TOOLS_CERTIFICATE_BASE64_H

#include "reference/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Doubles as base64 (RFC 4648, section 4, with padding) of 8 little-endian bytes each. Exact both ways. */

/* Letters of `count` doubles, without the end. */
size_t sc_base64_size(size_t count);

/* The text, to be freed; NULL: no memory. */
char *sc_base64_encode(const double *values, size_t count);

/* Whether `text` is that of `count` doubles: they are in `values` then.
 *   size  letters of text, which may hold anything */
bool sc_base64_decode(const char *text, size_t size, double *values, size_t count);

#endif
