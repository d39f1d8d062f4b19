/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_UNITS_H
#define SC_TOOLS_PROOFS_UNITS_H

#include "reference/status.h"

#include <stddef.h>

/* One line of proofs/wp/units: unit | source | functions | lemmas. */
struct sc_unit {
    char *line; /* owned; the others point into it */
    char *name; /* "-": a source without proof, `functions` is the reason */
    char *source;
    char *functions, *lemmas; /* words, one space between */
};

struct sc_units {
    struct sc_unit *list;
    size_t count;
};

/* Reads the list of units. SC_E_INPUT a line that is not of that form; SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_units_read(const char *path, struct sc_units *units, struct sc_error *error);

/* Frees the list. */
void sc_units_destroy(struct sc_units *units);

/* Whether it is a unit of Frama-C, not a source without proof. */
int sc_unit_is_proved(const struct sc_unit *unit);

/* Number of words in a list. */
size_t sc_units_words(const char *list);

/* Whether `word` of `length` bytes is one of a list. */
int sc_units_has(const char *list, const char *word, size_t length);

#endif
