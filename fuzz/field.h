/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_FIELD_H
#define SC_FUZZ_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fields of a record, with tabs between. */

/* A text being put together. */
struct sc_field_writer {
    char *text;
    size_t size, used;
    bool cut; /* it did not fit */
};

/* Appends as printf does, after a tab unless it is the first field; control characters become '?'. */
void sc_field_add(struct sc_field_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next field of a text.
 *   at     in the text; moved behind the field and its tab; NULL: no field is left
 *   bytes  receives its length
 * NULL: none left. */
const char *sc_field_next(const char **at, size_t *bytes);

/* The value of a field NAME=VALUE of this name; NULL: it is another one. */
const char *sc_field_value(const char *field, size_t bytes, const char *name, size_t *value_bytes);

/* Copies a value; false: it does not fit. */
bool sc_field_copy(const char *value, size_t bytes, char *copy, size_t room);

/* Numbers, all of the value: decimal without sign but '-', so many hexadecimal digits (at most 16), and as strtod reads. */
bool sc_field_int(const char *value, size_t bytes, int64_t low, int64_t high, int64_t *number);
bool sc_field_hex(const char *value, size_t bytes, size_t digits, uint64_t *number);
bool sc_field_double(const char *value, size_t bytes, double *number);

#endif
