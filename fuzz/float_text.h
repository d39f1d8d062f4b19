/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_FLOAT_TEXT_H
#define SC_FUZZ_FLOAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* fp32 numbers as text, exact both ways and the same in every locale: [-]0xH[.HHHHHH]p[+-]E, as C writes it, or an
 * integer of at most 2^24. */

#define SC_FLOAT_TEXT_MAX 24 /* bytes of a number, its end included */

/* Writes a finite number; its length. 0x1.8p-3 is the form: no digits that say nothing. */
size_t sc_float_text_print(float value, char text[SC_FLOAT_TEXT_MAX]);

/* Reads a number that fills `bytes` bytes. False: it is none, or fp32 does not hold it exactly. */
bool sc_float_text_parse(const char *text, size_t bytes, float *value);

#endif
