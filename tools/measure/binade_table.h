/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_BINADE_TABLE_H
#define SC_TOOLS_MEASURE_BINADE_TABLE_H

#include "tools/measure/binade.h"

#include <stdbool.h>

/* Measured errors as a text file:
 *
 *   sigmacert activation errors 1
 *   gpu NVIDIA H100 80GB HBM3
 *   driver 580.159.04
 *   cuda runtime 13.0, driver 13.0, nvcc 13.0.88
 *   flags -O3 ...
 *   date 2026-11-24T10:00:00Z
 *   counts accurate arguments 4278190080 outside 0 falling 0 nan 0 beyond 0
 *   ... of each function: accurate, fast, ex2, rcp, tanh
 *   accurate + 1 40490fdb 3f75cd01 1.8e-07 40490fdb 3f75cd01 1.7e-07 - - -
 *   ... of each function, sign + and then -, binade -127 (zero and subnormal numbers) to 127
 *   end
 *
 * The three groups of a line are AT VALUE ERROR of the largest relative, absolute and vanishing error (binade.h): the
 * argument, what the function made of it, both bits in hexadecimal, and the error at it, a shortest decimal; `- - -`
 * where no argument counts. The error is that of MPFR, rounded up: it is exact about its own argument, and errors elsewhere
 * in the binade are less than it, but for SC_BINADE_SLACK. `beyond`: of the limits that the project stated when this was
 * measured. No line has a blank too many or a digit that says nothing: a file has one spelling. */
#define SC_BINADE_TEXT 256 /* bytes of a line of the head, its key and end included */

struct sc_binade_table {
    /* printable ASCII, not empty */
    char gpu[SC_BINADE_TEXT], driver[SC_BINADE_TEXT], cuda[SC_BINADE_TEXT], flags[SC_BINADE_TEXT],
        date[SC_BINADE_TEXT];
    /* Counts of the bins are in `counts` alone. */
    struct sc_binade bins[SC_BINADE_FUNCTIONS][SC_BINADES];
    struct sc_binade counts[SC_BINADE_FUNCTIONS]; /* sums; `worst` is not used */
};

const char *sc_binade_function_name(enum sc_binade_function function);

/* The text of a table; the caller frees it. NULL: no memory. */
char *sc_binade_table_print(const struct sc_binade_table *table);

/* Reads the text of a table.
 *   where  begins the message
 * SC_E_INPUT: it is no such text; one line says where and what was expected. SC_E_MEMORY. Then *table is unspecified. */
enum sc_status sc_binade_table_parse(const char *where, const char *text,
                                     struct sc_binade_table *table, struct sc_error *error);

/* Reads a file; the caller frees *table. Statuses of sc_file_read and sc_binade_table_parse. */
enum sc_status sc_binade_table_read(const char *path, struct sc_binade_table **table,
                                    struct sc_error *error);

/* Whether each error is the one that MPFR finds at its argument, and counts where the table says it does
 * (binade_confirm.c). SC_E_INPUT: one is not; the line says which. */
enum sc_status sc_binade_table_confirm(const struct sc_binade_table *table, struct sc_error *error);

/* The error of a value at an argument, of a kind, rounded up. False: the argument does not count for that kind. */
bool sc_binade_exact_error(enum sc_binade_function function, enum sc_binade_error kind, uint32_t at,
                           uint32_t value, double *error);

/* Puts exact errors in the place of a machine's. SC_E_INPUT: one is off by more than SC_BINADE_SLACK allows, is not
 * finite, or is of an argument that does not count; the line says which. */
enum sc_status sc_binade_settle(enum sc_binade_function function, struct sc_binade bins[SC_BINADES],
                                struct sc_error *error);

#endif
