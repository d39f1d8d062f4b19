/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_SCAN_H
#define SC_FUZZ_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reading a text of any bytes from left to right. Each function takes what it is about off the front; false: it is not
 * there, or out of range, and how much was taken is unspecified, so that a message can say where reading stopped. */
struct sc_scan {
    const char *text; /* what is left; borrowed */
    size_t bytes;
};

bool sc_scan_literal(struct sc_scan *scan, char c);

/* A decimal number without a sign, of at most `most`. */
bool sc_scan_number(struct sc_scan *scan, int64_t most, int64_t *value);
bool sc_scan_integer(struct sc_scan *scan, int32_t *value);

/* A hexadecimal number in lower case, of at most `digits` digits, or of exactly so many. */
bool sc_scan_hexadecimal(struct sc_scan *scan, int digits, bool exactly, uint64_t *value);

/* All up to the first of the characters `ends`, or to the end; it may be empty. */
struct sc_scan sc_scan_piece(struct sc_scan *scan, const char *ends);

/* One of `count` words, up to ':' or '@' or the end. */
bool sc_scan_word(struct sc_scan *scan, const char *const *words, int count, int *index);

/* Numbers with commas between, at least one and at most `most`. */
bool sc_scan_integers(struct sc_scan *scan, int32_t *values, int32_t most, int32_t *count);
bool sc_scan_floats(struct sc_scan *scan, float *values, int32_t most, int32_t *count);

#endif
