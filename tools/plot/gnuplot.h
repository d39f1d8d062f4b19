/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PLOT_GNUPLOT_H
#define SC_TOOLS_PLOT_GNUPLOT_H

#include "reference/status.h"

#include <stdio.h>

/* Writes bytes as a string of a gnuplot script, quotes included: what is not a plain character is an octal escape, so that
 * gnuplot substitutes nothing in it (gnuplot 5.4 manual, "Quote Marks", "Substitution"). */
void sc_gnuplot_quote(FILE *out, const char *text);

/* The same of the name of a file in the working directory: "./" before it, since a name that begins with '<', '|' or '+' is
 * a command or another thing to gnuplot. */
void sc_gnuplot_quote_file(FILE *out, const char *name);

/* Runs gnuplot on a script, without a shell and without a user's initialisation files.
 *   directory  where it runs
 *   script     the name of a file in it, without '/'
 *   setting    a command to run first
 * SC_E_UNAVAILABLE gnuplot is not on the PATH. SC_E_IO it failed; the message has its last line. SC_E_MEMORY. */
enum sc_status sc_gnuplot_run(const char *directory, const char *script, const char *setting,
                              struct sc_error *error);

#endif
