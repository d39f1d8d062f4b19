/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/worst/report.h"

#include "reference/save.h"
#include "tools/plot/worst.h"
#include "tools/report/outward.h"

#include <math.h>
#include <stdlib.h>

static void print_layer(const struct sc_worst_input *input, FILE *out)
{
    const struct sc_layer *l = &input->layer;

    (void)fprintf(out, "width %d, %d head%s of %d (values %d), scale %.9g, b = ", l->width,
                  l->heads, l->heads == 1 ? "" : "s", l->d, l->d_v, l->scale);
    if (input->minus_log) {
        (void)fputs("-log n", out);
    } else {
        (void)fprintf(out, "%.9g", input->bias[0]);
    }
    (void)fprintf(out, "%s\n", input->identity ? "; W_q, W_k and W_v are the identity" : "");
}

void sc_worst_print_head(const struct sc_worst_input *input, FILE *out)
{
    (void)fputs("layer   ", out);
    print_layer(input, out);
    (void)fprintf(out, "\n%6s %9s %12s %12s %12s %12s %12s %12s  %s\n", "n", "R", "sigmoid",
                  "at most", "softmax", "at most", "Castin 3.3", "limit", "found from");
}

/* A bound, as it is printed still one: rounded down if it is one from below. */
static void print_cell(double value, bool below, FILE *out)
{
    char text[SC_OUTWARD_BYTES];

    if (below) {
        sc_outward_below(value, 6, text);
    } else {
        sc_outward_above(value, 6, text);
    }
    (void)fprintf(out, " %12s", text);
}

/* The limit is that of b = -log n. */
static double limit(const struct sc_worst_input *input, const struct sc_worst_row *row)
{
    return input->minus_log ? row->sigmoid.bounds.limit : NAN;
}

void sc_worst_print_row(const struct sc_worst_input *input, const struct sc_worst_row *row,
                        FILE *out)
{
    const struct sc_worst_result *const kinds[] = {&row->sigmoid, &row->softmax};
    const char *separator = "  ";

    (void)fprintf(out, "%6d %9.6g", row->tokens, row->radius);
    for (int32_t k = 0; k < 2; k++) {
        print_cell(kinds[k]->low, true, out);
        print_cell(isnan(kinds[k]->low) ? NAN : kinds[k]->bounds.high, false, out);
    }
    print_cell(isnan(row->softmax.low) ? NAN : row->softmax.bounds.quoted, false, out);
    print_cell(limit(input, row), false, out);
    for (int32_t k = 0; k < 2; k++) {
        if (!isnan(kinds[k]->low)) {
            (void)fprintf(out, "%s%s%s", separator, kinds[k]->start,
                          kinds[k]->climbed ? ", climbed" : "");
            separator = " | ";
        }
    }
    (void)fputc('\n', out);
}

void sc_worst_print_meaning(FILE *out)
{
    (void)fputs(
        "\nsigmoid, softmax: the 2-norm of the Jacobian at the worst tokens that were found "
        "with ||x_i|| <= R,\n"
        "certified there from below; 'at most' is certified for all such tokens, and is "
        "the Lipschitz\n"
        "constant of the ball at most. What lies between is not known. Castin 3.3 is quoted "
        "and not proved\n"
        "here. limit: e^t (1 + 2 t) ||W_v||, t = ||A|| R^2, where the bound of sigmoid goes "
        "as n grows with\n"
        "b = -log n. '-': does not apply, or not finite.\n",
        out);
}

static json_t *finite_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *result_json(const struct sc_worst_result *result)
{
    json_t *object = json_object();

    (void)json_object_set_new(object, "lower", finite_json(result->low));
    (void)json_object_set_new(object, "upper", finite_json(result->bounds.high));
    (void)json_object_set_new(object, "start", json_string(result->start));
    (void)json_object_set_new(object, "climbed", json_boolean(result->climbed));
    return object;
}

json_t *sc_worst_json(const struct sc_worst_input *input, const struct sc_worst_row *row)
{
    json_t *object = json_object();

    (void)json_object_set_new(object, "tokens", json_integer(row->tokens));
    (void)json_object_set_new(object, "radius", json_real(row->radius));
    if (input->sigmoid) {
        (void)json_object_set_new(object, "sigmoid", result_json(&row->sigmoid));
    }
    if (input->softmax) {
        json_t *softmax = result_json(&row->softmax);
        (void)json_object_set_new(softmax, "Castin et al. 3.3, recalled",
                                  finite_json(row->softmax.bounds.quoted));
        (void)json_object_set_new(object, "softmax", softmax);
    }
    (void)json_object_set_new(object, "limit", finite_json(limit(input, row)));
    return object;
}

static const char columns[] =
    "# norms: 2-norm of the Jacobian of all tokens to all outputs, without unit\n"
    "# column 1: n, tokens\n"
    "# column 2: R, the largest 2-norm of a token\n"
    "# column 3: sigmoid, norm at the worst tokens found, certified from below\n"
    "# column 4: sigmoid, certified from above for all tokens of the ball\n"
    "# column 5: softmax, norm at the worst tokens found, certified from below\n"
    "# column 6: softmax, certified from above for all tokens of the ball\n"
    "# column 7: e^t (1 + 2 t) ||W_v||, t = ||A|| R^2: the limit of column 4 as n grows, b = -log "
    "n\n"
    "# a block, two empty lines before the next, is one R; NaN: does not apply\n";

static void data_cell(double value, FILE *out)
{
    if (isfinite(value)) {
        (void)fprintf(out, " %.17g", value);
    } else {
        (void)fputs(" NaN", out);
    }
}

enum sc_status sc_worst_save(const struct sc_worst_input *input, const struct sc_worst_row *rows,
                             struct sc_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for the table", input->data);
    }
    (void)fputs("# sigmacert worst: ", out);
    print_layer(input, out);
    (void)fputs(columns, out);
    for (int32_t r = 0; r < input->radii_count * input->tokens_count; r++) {
        const struct sc_worst_row *row = &rows[r];
        if (r > 0 && r % input->tokens_count == 0) {
            (void)fputs("\n\n", out);
        }
        (void)fprintf(out, "%d %.17g", row->tokens, row->radius);
        data_cell(row->sigmoid.low, out);
        data_cell(isnan(row->sigmoid.low) ? NAN : row->sigmoid.bounds.high, out);
        data_cell(row->softmax.low, out);
        data_cell(isnan(row->softmax.low) ? NAN : row->softmax.bounds.high, out);
        data_cell(limit(input, row), out);
        (void)fputc('\n', out);
    }
    const int failed = fclose(out);
    const struct sc_save_part part = {text, size};
    const enum sc_status status =
        failed != 0 ? sc_fail(error, SC_E_MEMORY, "%s: no memory for the table", input->data)
                    : sc_save(input->data, &part, 1, error);
    free(text);
    return status;
}

enum sc_status sc_worst_draw(const struct sc_worst_input *input, const struct sc_worst_row *rows,
                             struct sc_error *error)
{
    const int32_t count = input->radii_count * input->tokens_count;
    struct sc_plot_worst *points = calloc((size_t)count, sizeof *points);

    if (points == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for the curves", input->plot);
    }
    for (int32_t r = 0; r < count; r++) {
        const struct sc_worst_row *row = &rows[r];
        points[r] = (struct sc_plot_worst){
            .n = row->tokens,
            .radius = row->radius,
            .sigmoid_low = row->sigmoid.low,
            .sigmoid_high = isnan(row->sigmoid.low) ? NAN : row->sigmoid.bounds.high,
            .softmax_low = row->softmax.low,
            .softmax_high = isnan(row->softmax.low) ? NAN : row->softmax.bounds.high,
            .limit = limit(input, row)};
    }
    const enum sc_status status = sc_plot_worst(input->plot, points, count, error);
    free(points);
    return status;
}
