/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/plot/worst.h"

#include "tools/plot/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS     7
#define CURVES      5
#define TITLE_BYTES 64

static const char *const columns[COLUMNS] = {"n[tokens]",       "R[1]",           "sigmoid_low[1]",
                                             "sigmoid_high[1]", "softmax_low[1]", "softmax_high[1]",
                                             "limit[1]"};

static int by_n_then_radius(const void *x, const void *y)
{
    const struct sc_plot_worst *a = x, *b = y;

    if (a->n != b->n) {
        return a->n < b->n ? -1 : 1;
    }
    return a->radius < b->radius ? -1 : a->radius > b->radius ? 1 : 0;
}

/* What a picture is made of; one table and one panel for each n, or one of all. */
struct worst {
    struct sc_plot_worst *rows;
    struct sc_plot_table *tables;
    struct sc_plot_panel *panels;
    struct sc_plot_curve (*curves)[CURVES];
    char (*titles)[TITLE_BYTES];
    double *values;
};

static int32_t set_curves(struct sc_plot_curve curves[CURVES], const struct sc_plot_table *table,
                          int32_t number, int32_t x)
{
    static const struct {
        const char *label;
        int32_t column, style;
        enum sc_plot_form form;
    } all[CURVES] = {
        {"sigmoid, from below", 2, 0, SC_PLOT_LINES},
        {"sigmoid, from above (theorem)", 3, 1, SC_PLOT_LINES},
        {"softmax, from below", 4, 2, SC_PLOT_LINES},
        {"softmax, from above (theorem)", 5, 3, SC_PLOT_LINES},
        {"sigmoid, limit for n to infinity", 6, 5, SC_PLOT_LEVEL},
    };
    int32_t count = 0;

    for (int32_t c = 0; c < CURVES; c++) {
        bool known = false;
        for (int32_t r = 0; r < table->rows; r++) {
            known = known || isfinite(table->values[r * COLUMNS + all[c].column]);
        }
        if (known) { /* gnuplot draws no curve without a point, and complains */
            curves[count++] = (struct sc_plot_curve){.label = all[c].label,
                                                     .form = all[c].form,
                                                     .style = all[c].style,
                                                     .table = number,
                                                     .x = x,
                                                     .y = all[c].column};
        }
    }
    return count;
}

/* The rows from `begin` as far as they belong together; how many. */
static int32_t group(const struct worst *w, int32_t begin, int32_t count, bool by_n)
{
    int32_t end = begin;

    while (end < count && (!by_n || w->rows[end].n == w->rows[begin].n)) {
        end++;
    }
    return end - begin;
}

static int32_t set_panels(const struct worst *w, int32_t count, bool by_n, bool over_radius)
{
    int32_t panels = 0, begin = 0;

    while (begin < count) {
        const int32_t rows = group(w, begin, count, by_n);
        struct sc_plot_table *table = &w->tables[panels];
        char *title = w->titles[panels];
        if (over_radius) {
            (void)snprintf(title, TITLE_BYTES, "n = %.10g tokens", w->rows[begin].n);
        } else {
            (void)snprintf(title, TITLE_BYTES, "R = %.6g", w->rows[begin].radius);
        }
        *table = (struct sc_plot_table){title, columns, COLUMNS, rows,
                                        w->values + (int64_t)begin * COLUMNS};
        struct sc_plot_curve *curves = w->curves[panels];
        const int32_t used = set_curves(curves, table, panels, over_radius ? 1 : 0);
        w->panels[panels] =
            (struct sc_plot_panel){title,
                                   over_radius ? "R, largest norm of a token" : "n, tokens",
                                   "worst Lipschitz constant (2-norm)",
                                   curves,
                                   used,
                                   !over_radius};
        panels += used > 0 ? 1 : 0;
        begin += rows;
    }
    return panels;
}

enum sc_status sc_plot_worst(const char *svg, const struct sc_plot_worst *rows, int32_t count,
                             struct sc_error *error)
{
    const size_t room = (size_t)count;
    struct worst w = {.rows = malloc(room * sizeof *w.rows),
                      .tables = malloc(room * sizeof *w.tables),
                      .panels = malloc(room * sizeof *w.panels),
                      .curves = malloc(room * sizeof *w.curves),
                      .titles = malloc(room * sizeof *w.titles),
                      .values = malloc(room * COLUMNS * sizeof *w.values)};
    bool over_n = false, over_radius = false;
    enum sc_status status = SC_OK;

    if (w.rows == NULL || w.tables == NULL || w.panels == NULL || w.curves == NULL ||
        w.titles == NULL || w.values == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory for %d rows", svg, count);
        goto done;
    }
    memcpy(w.rows, rows, room * sizeof *rows);
    qsort(w.rows, room, sizeof *w.rows, by_n_then_radius);
    for (int32_t r = 0; r < count; r++) {
        const struct sc_plot_worst *one = &w.rows[r];
        const double row[COLUMNS] = {
            one->n,           one->radius,       one->sigmoid_low, one->sigmoid_high,
            one->softmax_low, one->softmax_high, one->limit};
        memcpy(w.values + (int64_t)r * COLUMNS, row, sizeof row);
        over_n = over_n || one->n != w.rows[0].n;
        over_radius = over_radius || one->radius != w.rows[0].radius;
    }
    const int32_t panels = set_panels(&w, count, over_n && over_radius, over_radius || !over_n);
    const struct sc_plot_page page = {
        "sigmacert: worst Lipschitz constants over the ball of tokens of norm R", w.tables,
        w.panels, panels, panels};
    status = panels == 0
                 ? sc_fail(error, SC_E_INPUT, "%s: nothing to draw, expected finite numbers", svg)
                 : sc_plot_page_draw(svg, &page, error);
done:
    free(w.rows);
    free(w.tables);
    free(w.panels);
    free(w.curves);
    free(w.titles);
    free(w.values);
    return status;
}
