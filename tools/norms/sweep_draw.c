/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/sweep_report.h"
#include "tools/plot/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS     9
#define LABEL_BYTES 64

static const char *const columns[COLUMNS] = {"n[tokens]",
                                             "b[1]",
                                             "output_over_value_mean[1]",
                                             "least_sample[1]",
                                             "largest_sample[1]",
                                             "attention_norm_mean[1]",
                                             "n_max_P[1]",
                                             "norm_of_P_upper[1]",
                                             "samples"};

/* Which cells of a position make a curve. */
struct series {
    enum sc_norms_position position;
    enum sc_layer_kind kind;
    bool any_bias, minus_log; /* any_bias: all of them */
    double bias;
    int32_t tokens; /* 0: all of them */
};

struct drawing {
    struct series *series;
    struct sc_plot_table *tables;
    struct sc_plot_curve *curves;
    struct sc_plot_panel *panels;
    char (*labels)[LABEL_BYTES];
    double *values;
    int32_t used, values_used; /* series, rows */
};

static bool belongs(const struct series *s, const struct sc_norms_cell *c)
{
    return s->position == c->position && s->kind == c->kind &&
           (s->tokens == 0 || s->tokens == c->tokens) &&
           (s->any_bias || (s->minus_log == c->minus_log && (c->minus_log || s->bias == c->bias)));
}

static int rising_n(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;

    return a < b ? -1 : a > b ? 1 : 0;
}

static int rising_b(const void *x, const void *y)
{
    return rising_n((const double *)x + 1, (const double *)y + 1);
}

static void set_label(const struct series *s, bool over_n, char label[LABEL_BYTES])
{
    const char *kind = s->kind == SC_LAYER_SIGMOID ? "sigmoid" : "softmax";

    if (over_n && s->kind == SC_LAYER_SIGMOID && s->minus_log) {
        (void)snprintf(label, LABEL_BYTES, "sigmoid, b = -log n");
    } else if (over_n && s->kind == SC_LAYER_SIGMOID) {
        (void)snprintf(label, LABEL_BYTES, "sigmoid, b = %.6g", s->bias);
    } else if (over_n || s->tokens == 0) {
        (void)snprintf(label, LABEL_BYTES, "%s", kind);
    } else {
        (void)snprintf(label, LABEL_BYTES, "%s, n = %d", kind, s->tokens);
    }
}

static double *add_row(double *row, const struct sc_norms_cell *c, double bias)
{
    const double values[COLUMNS] = {c->tokens,     bias,          c->ratio.mean,
                                    c->ratio.low,  c->ratio.high, c->attention_norm.mean,
                                    c->weight_top, c->norm_high,  c->samples};

    memcpy(row, values, sizeof values);
    return row + COLUMNS;
}

/* The rows of a series. Over b the softmax, which has none, is a level: a row at each b of the sigmoid beside it. */
static void set_table(struct drawing *d, const struct series *s, const struct sc_norms_cell *cells,
                      int32_t count, bool over_n)
{
    double *first = d->values + (int64_t)d->values_used * COLUMNS, *row = first;

    for (int32_t n = 0; n < count; n++) {
        const struct sc_norms_cell *c = &cells[n];
        if (!belongs(s, c)) {
            continue;
        }
        if (c->kind == SC_LAYER_SIGMOID || over_n) {
            row = add_row(row, c, c->kind == SC_LAYER_SIGMOID ? c->bias : NAN);
            continue;
        }
        for (int32_t b = 0; b < count; b++) {
            if (cells[b].kind == SC_LAYER_SIGMOID && cells[b].position == c->position &&
                cells[b].tokens == c->tokens) {
                row = add_row(row, c, cells[b].bias);
            }
        }
    }
    const int32_t rows = (int32_t)((row - first) / COLUMNS);
    qsort(first, (size_t)rows, COLUMNS * sizeof *first, over_n ? rising_n : rising_b);
    d->values_used += rows;
    d->tables[d->used] = (struct sc_plot_table){d->labels[d->used], columns, COLUMNS, rows, first};
}

/* The curves of one position, one for each b or each n. */
static int32_t add_curves(struct drawing *d, enum sc_norms_position position,
                          const struct sc_norms_cell *cells, int32_t count, bool over_n)
{
    const int32_t begin = d->used;

    for (int32_t n = 0; n < count; n++) {
        const struct sc_norms_cell *c = &cells[n];
        bool there = c->position != position;
        for (int32_t s = begin; s < d->used; s++) {
            there = there || belongs(&d->series[s], c);
        }
        if (there) {
            continue;
        }
        const struct series s = {position,     c->kind, !over_n || c->kind == SC_LAYER_SOFTMAX,
                                 c->minus_log, c->bias, over_n ? 0 : c->tokens};
        const int32_t number = d->used - begin;
        d->series[d->used] = s;
        set_label(&s, over_n, d->labels[d->used]);
        set_table(d, &s, cells, count, over_n);
        d->curves[d->used] =
            (struct sc_plot_curve){.label = d->labels[d->used],
                                   .form = c->samples > 1 ? SC_PLOT_BARS : SC_PLOT_LINES,
                                   .style = number % SC_PLOT_STYLES,
                                   .table = d->used,
                                   .x = over_n ? 0 : 1,
                                   .y = 2,
                                   .low = 3,
                                   .high = 4};
        d->used++;
    }
    return d->used - begin;
}

static bool create(struct drawing *d, size_t count, size_t rows)
{
    *d = (struct drawing){.series = calloc(count, sizeof *d->series),
                          .tables = calloc(count, sizeof *d->tables),
                          .curves = calloc(count, sizeof *d->curves),
                          .panels = calloc(SC_NORMS_POSITIONS, sizeof *d->panels),
                          .labels = calloc(count, sizeof *d->labels),
                          .values = calloc(rows * COLUMNS, sizeof *d->values)};
    return d->series != NULL && d->tables != NULL && d->curves != NULL && d->panels != NULL &&
           d->labels != NULL && d->values != NULL;
}

enum sc_status sc_norms_sweep_draw(const struct sc_norms_input *input,
                                   const struct sc_norms_cell *cells, int32_t count,
                                   struct sc_error *error)
{
    static const char *const titles[SC_NORMS_POSITIONS] = {"Size of the attention's output",
                                                           "no positions", "SinCos positions",
                                                           "rotary positions", "ALiBi"};
    const bool over_n = input->lengths_count > 1 || input->biases == NULL;
    const size_t room = (size_t)count * (size_t)count + 1; /* a level has a row for each b */
    struct drawing d;
    enum sc_status status = SC_OK;

    if (!create(&d, (size_t)count + 1, room)) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory", input->base.plot);
        goto done;
    }
    for (int32_t p = 0; p < input->positions_count; p++) {
        struct sc_plot_curve *curves = d.curves + d.used;
        const int32_t used = add_curves(&d, input->positions[p], cells, count, over_n);
        d.panels[p] = (struct sc_plot_panel){titles[input->positions[p]],
                                             over_n ? "n, tokens" : "b, bias of the scores (1)",
                                             "mean ||o|| / |v| (1)",
                                             curves,
                                             used,
                                             over_n};
    }
    const struct sc_plot_page page = {
        "sigmacert norms: ||o_i|| over the root mean square of ||v_j||, mean over rows and heads, "
        "over samples mean, least, largest",
        d.tables, d.panels, d.used, input->positions_count};
    status = sc_plot_page_draw(input->base.plot, &page, error);
done:
    free(d.series);
    free(d.tables);
    free(d.curves);
    free(d.panels);
    free(d.labels);
    free(d.values);
    return status;
}
