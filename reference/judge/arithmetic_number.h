/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_ARITHMETIC_NUMBER_H
#define SC_REFERENCE_JUDGE_ARITHMETIC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of reference/judge/arithmetic_text.h, whatever the locale is. */

/* Reads a decimal or hexadecimal number >= 0 without a sign at *at, rounded to nearest, and moves *at behind it. False
 * if there is none, or if it is beyond the finite ones. */
bool sc_arithmetic_number_read(const char **at, double *value);

/* Reads a decimal integer in [low, high] that is all of the text. */
bool sc_arithmetic_number_integer(const char *text, int32_t low, int32_t high, int32_t *value);

#define SC_ARITHMETIC_NUMBER_BYTES 32

/* Writes the shortest decimal that is read as `value`, which is finite and >= 0. */
void sc_arithmetic_number_write(double value, char text[SC_ARITHMETIC_NUMBER_BYTES]);

#endif
