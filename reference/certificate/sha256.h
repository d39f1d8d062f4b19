/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_SHA256_H
#define SC_REFERENCE_CERTIFICATE_SHA256_H

#include <stddef.h>

#define SC_SHA256_TEXT 65 /* 64 digits in lower case, and the end */

/* SHA-256 of `size` bytes as text. Source: FIPS 180-4, sections 4.1.2, 5.1.1, 6.2. Exact. */
void sc_sha256(const void *data, size_t size, char text[SC_SHA256_TEXT]);

/* The same of doubles as 8 little-endian bytes each, whatever the machine. */
void sc_sha256_doubles(const double *values, size_t count, char text[SC_SHA256_TEXT]);

#endif
