/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/plot/script.h"

#include "tools/plot/gnuplot.h"

#include <math.h>

#define WIDTH    680 /* of a panel, in points of the SVG */
#define HEIGHT   430 /* without its legend, and what a line of that takes */
#define LEGEND   28
#define MARGIN   1.12
#define LOG_SPAN 30.0 /* a factor that an axis spans before it is logarithmic */

/* Told apart without colour: dashes and marks differ. The colours are Okabe's and Ito's, of different lightness. */
static const char styles[] =
    "set style line 1 lc rgb 'black' lw 2.5 dt solid pt 7 ps 0.8\n"
    "set style line 2 lc rgb '#0072B2' lw 2.5 dt '-' pt 5 ps 0.8\n"
    "set style line 3 lc rgb '#D55E00' lw 2.5 dt '.' pt 9 ps 1\n"
    "set style line 4 lc rgb '#009E73' lw 2.5 dt '_.' pt 11 ps 1\n"
    "set style line 5 lc rgb '#CC79A7' lw 2.5 dt '_..' pt 13 ps 1\n"
    "set style line 6 lc rgb '#555555' lw 2.5 dt (20,6) pt 6 ps 1\n"
    "set style line 7 lc rgb '#E69F00' lw 2.5 dt (2,8) pt 4 ps 1\n"
    "set style line 8 lc rgb '#56B4E9' lw 2.5 dt (12,4,2,4,2,4) pt 8 ps 1\n";

static const struct sc_plot_table *table_of(const struct sc_plot_page *page,
                                            const struct sc_plot_curve *curve)
{
    return &page->tables[curve->table];
}

/* Widens [low, high] by a column; false: it has a value that is not positive. */
static bool widen(const struct sc_plot_table *t, int32_t column, double *low, double *high)
{
    for (int64_t r = 0; r < t->rows; r++) {
        const double value = t->values[r * t->columns_count + column];
        if (!isfinite(value)) {
            continue;
        }
        if (!(value > 0.0)) {
            return false;
        }
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
    return true;
}

static bool log_y(const struct sc_plot_page *page, const struct sc_plot_panel *panel)
{
    double low = HUGE_VAL, high = 0.0;

    for (int32_t c = 0; c < panel->curves_count; c++) {
        const struct sc_plot_curve *curve = &panel->curves[c];
        if (curve->form == SC_PLOT_STEMS || !widen(table_of(page, curve), curve->y, &low, &high)) {
            return false;
        }
    }
    return high > LOG_SPAN * low;
}

static void print_curve(const struct sc_plot_page *page, const struct sc_plot_curve *c,
                        bool logarithmic, FILE *out)
{
    static const char *const forms[] = {"linespoints", "linespoints", "lines", "impulses"};
    double low = HUGE_VAL, high = 0.0;

    /* a range that reaches 0 cannot be drawn on a logarithmic axis */
    if (c->form == SC_PLOT_BARS &&
        (!logarithmic || widen(table_of(page, c), c->low, &low, &high))) {
        (void)fprintf(out,
                      "sc_data index %d using %d:%d:%d:%d "
                      "with yerrorbars ls %d dt solid lw 1.5 pt 0 notitle, \\\n  ",
                      c->table, c->x + 1, c->y + 1, c->low + 1, c->high + 1, c->style + 1);
    }
    (void)fprintf(out, "sc_data index %d using %d:%d with %s ls %d title ", c->table, c->x + 1,
                  c->y + 1, forms[c->form], c->style + 1);
    sc_gnuplot_quote(out, c->label);
}

/* A logarithmic x axis a little wider than its values, so that no mark lies on the border. */
static void print_x_range(const struct sc_plot_page *page, const struct sc_plot_panel *panel,
                          FILE *out)
{
    double low = HUGE_VAL, high = 0.0;
    bool positive = panel->log_x;

    for (int32_t c = 0; positive && c < panel->curves_count; c++) {
        const struct sc_plot_curve *curve = &panel->curves[c];
        positive = widen(table_of(page, curve), curve->x, &low, &high);
    }
    if (positive && high > 0.0) {
        (void)fprintf(out, "\nset logscale x 2; set xrange [%.9g:%.9g]", low / MARGIN,
                      high * MARGIN);
    } else {
        (void)fputs("\nunset logscale x; set xrange [*:*]", out);
    }
}

static void print_panel(const struct sc_plot_page *page, const struct sc_plot_panel *panel,
                        FILE *out)
{
    const bool logarithmic = log_y(page, panel);

    (void)fputs("\nset title ", out);
    sc_gnuplot_quote(out, panel->title);
    (void)fputs("\nset xlabel ", out);
    sc_gnuplot_quote(out, panel->x_label);
    (void)fputs(" offset 0,0.6\nset ylabel ", out);
    sc_gnuplot_quote(out, panel->y_label);
    /* a bar on the axis would not be seen */
    const bool stems = panel->curves_count > 0 && panel->curves[0].form == SC_PLOT_STEMS;
    (void)fprintf(out, "\nset autoscale %s; set offsets %s", stems ? "xfix" : "x",
                  stems ? "1, 1, 0, 0" : "0, 0, 0, 0");
    print_x_range(page, panel, out);
    (void)fprintf(out, "\n%s\nplot ",
                  logarithmic ? "set logscale y; set format y '%.0e'; set yrange [*:*]"
                              : "unset logscale y; set format y '%g'; set yrange [*<0:*]");
    for (int32_t c = 0; c < panel->curves_count; c++) {
        (void)fputs(c > 0 ? ", \\\n  " : "", out);
        print_curve(page, &panel->curves[c], logarithmic, out);
    }
    (void)fputc('\n', out);
}

void sc_plot_script_print(const struct sc_plot_page *page, const char *data, const char *svg,
                          FILE *out)
{
    const int32_t columns = page->panels_count > 1 ? 2 : 1;
    const int32_t rows = (page->panels_count + columns - 1) / columns;
    int32_t curves = 0;

    for (int32_t n = 0; n < page->panels_count; n++) {
        curves = page->panels[n].curves_count > curves ? page->panels[n].curves_count : curves;
    }
    (void)fputs("# Written by sigmacert. In this directory: gnuplot FILE, FILE being this one.\n"
                "sc_data = ",
                out);
    sc_gnuplot_quote_file(out, data);
    (void)fputs("\nif (!exists(\"sc_output\")) sc_output = ", out);
    sc_gnuplot_quote_file(out, svg);
    (void)fprintf(
        out,
        "\nset terminal svg size %d,%d noenhanced background 'white' font 'Helvetica,17'\n"
        "set encoding utf8\nset output sc_output\nset datafile missing '?'\n%s"
        "set key outside below left Left reverse vertical maxcols 1 samplen 4 spacing 1.1\n"
        "set grid lc rgb '#d8d8d8' lw 0.7 dt solid\nset tics nomirror\nset border 3\n"
        "set bars small\n",
        WIDTH * columns, (HEIGHT + LEGEND * curves) * rows, styles);
    if (page->panels_count > 1) {
        (void)fprintf(out, "set multiplot layout %d,%d\n", rows, columns);
    }
    for (int32_t n = 0; n < page->panels_count; n++) {
        print_panel(page, &page->panels[n], out);
    }
    (void)fputs(page->panels_count > 1 ? "unset multiplot\n" : "", out);
    (void)fputs("unset output\n", out);
}
