/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PLOT_PAGE_H
#define SC_TOOLS_PLOT_PAGE_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Pictures by gnuplot, from data files that stay beside them: NAME.svg from NAME.dat by NAME.gp, in the same directory.
 * `gnuplot NAME.gp` there draws it again. */

/* A block of the data file: rows of numbers; NaN is missing. */
struct sc_plot_table {
    const char *title;          /* a comment above it; control characters are replaced */
    const char *const *columns; /* their names, each with its unit: "n[tokens]" */
    int32_t columns_count, rows;
    const double *values; /* [rows][columns_count] */
};

enum sc_plot_form {
    SC_PLOT_LINES, /* points joined by a line */
    SC_PLOT_BARS,  /* the same, with the range from column `low` to column `high` */
    SC_PLOT_LEVEL, /* a line without points */
    SC_PLOT_STEMS  /* a thin bar from 0 to each point */
};

struct sc_plot_curve {
    const char *label;
    enum sc_plot_form form;
    int32_t
        style; /* 0 to SC_PLOT_STYLES - 1: colour, dashes and mark together, to be told apart in black and white */
    int32_t table;           /* of the page */
    int32_t x, y, low, high; /* columns; low and high of SC_PLOT_BARS */
};
#define SC_PLOT_STYLES 8

struct sc_plot_panel {
    const char *title, *x_label, *y_label; /* labels with their units */
    const struct sc_plot_curve *curves;
    int32_t curves_count;
    bool
        log_x; /* base 2; the y axis is logarithmic by itself where its values are positive and span a factor above 30 */
};

struct sc_plot_page {
    const char *comment; /* first line of the data file */
    const struct sc_plot_table *tables;
    const struct sc_plot_panel *panels;
    int32_t tables_count, panels_count;
};

/* Writes data and script, each whole or not at all, then has gnuplot draw.
 *   svg  the name of the picture; ends in ".svg"; its directory is made when it is not there
 * SC_E_INPUT the name does not. SC_E_UNAVAILABLE no gnuplot: data and script are there. SC_E_MEMORY. SC_E_IO: an older
 * picture is untouched. */
enum sc_status sc_plot_page_draw(const char *svg, const struct sc_plot_page *page,
                                 struct sc_error *error);

/* Whether `svg` is the name of a picture; SC_E_INPUT: the message says what was expected. */
enum sc_status sc_plot_page_name(const char *svg, struct sc_error *error);

#endif
