/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_WORST_REPORT_H
#define SC_TOOLS_WORST_REPORT_H

#include "tools/worst/input.h"

#include <jansson.h>
#include <stdio.h>

/* What is said of one kind at one n and R. */
struct sc_worst_result {
    double low;
    struct sc_worst_bounds bounds;
    const char *start;
    bool climbed;
};

/* One line of the sweep. */
struct sc_worst_row {
    int32_t tokens;
    double radius;
    struct sc_worst_result sigmoid, softmax; /* low NaN where not asked for */
};

/* The layer and the head of the table; one line of it; what the columns mean. */
void sc_worst_print_head(const struct sc_worst_input *input, FILE *out);
void sc_worst_print_row(const struct sc_worst_input *input, const struct sc_worst_row *row,
                        FILE *out);
void sc_worst_print_meaning(FILE *out);

/* One line as an object; NULL: no memory. The caller releases it. */
json_t *sc_worst_json(const struct sc_worst_input *input, const struct sc_worst_row *row);

/* Writes the table for gnuplot: comments that name the columns and their units, a line for each row, two empty lines
 * between radii, so that each is an index; NaN: does not apply.
 *   rows  by radius, then by n, as `input` has them
 * SC_E_MEMORY. SC_E_INPUT, SC_E_IO as sc_save. */
enum sc_status sc_worst_save(const struct sc_worst_input *input, const struct sc_worst_row *rows,
                             struct sc_error *error);

/* Draws the table. Statuses as sc_plot_page_draw (tools/plot/page.h). */
enum sc_status sc_worst_draw(const struct sc_worst_input *input, const struct sc_worst_row *rows,
                             struct sc_error *error);

#endif
