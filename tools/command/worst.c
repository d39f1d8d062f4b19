/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/worst/input.h"
#include "tools/worst/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One kind at one n and R; the bounds alone where it is not asked for. */
static enum sc_status search_kind(struct sc_worst_input *input, int32_t n, double radius,
                                  enum sc_layer_kind kind, struct sc_worst_result *result,
                                  struct sc_error *error)
{
    const struct sc_layer layer = sc_worst_input_layer(input, n, kind);
    struct sc_worst worst = {.x = NULL};
    enum sc_status status = sc_worst_bound(&layer, radius, &result->bounds, error);

    result->low = NAN;
    result->start = "";
    if (status == SC_OK && (kind == SC_LAYER_SIGMOID ? input->sigmoid : input->softmax)) {
        status =
            sc_worst_search(&layer, radius, result->bounds.high, &input->options, &worst, error);
        result->low = worst.low;
        result->start = worst.start;
        result->climbed = worst.climbed;
    }
    sc_worst_destroy(&worst);
    return status;
}

static enum sc_status search_row(struct sc_worst_input *input, struct sc_worst_row *row,
                                 struct sc_error *error)
{
    enum sc_status status =
        search_kind(input, row->tokens, row->radius, SC_LAYER_SIGMOID, &row->sigmoid, error);

    if (status == SC_OK) {
        status =
            search_kind(input, row->tokens, row->radius, SC_LAYER_SOFTMAX, &row->softmax, error);
    }
    if (status != SC_OK) {
        const struct sc_error why = *error;
        status = sc_fail(error, status, "worst: n %d, radius %g: %s", row->tokens, row->radius,
                         why.text);
    }
    return status;
}

static enum sc_status sweep(struct sc_worst_input *input, struct sc_worst_row *rows, json_t *all,
                            struct sc_error *error)
{
    const int32_t count = input->radii_count * input->tokens_count;
    const int shown = isatty(STDERR_FILENO);
    enum sc_status status = SC_OK;

    for (int32_t r = 0; status == SC_OK && r < count; r++) {
        rows[r].tokens = input->tokens[r % input->tokens_count];
        rows[r].radius = input->radii[r / input->tokens_count];
        if (shown) {
            (void)fprintf(stderr, "\r\033[Kworst: search %d of %d", r + 1, count);
        }
        status = search_row(input, &rows[r], error);
        if (shown) {
            (void)fputs("\r\033[K", stderr);
        }
        if (status == SC_OK && all != NULL) {
            (void)json_array_append_new(all, sc_worst_json(input, &rows[r]));
        } else if (status == SC_OK) {
            sc_worst_print_row(input, &rows[r], stdout);
            (void)fflush(stdout); /* a line may have taken minutes */
        }
    }
    return status;
}

static enum sc_status run(struct sc_worst_input *input, struct sc_error *error)
{
    const size_t count = (size_t)input->radii_count * (size_t)input->tokens_count;
    struct sc_worst_row *rows = calloc(count, sizeof *rows);
    json_t *all = input->json ? json_array() : NULL;
    enum sc_status status = SC_OK;

    if (rows == NULL || (input->json && all == NULL)) {
        status = sc_fail(error, SC_E_MEMORY, "worst: no memory for %zu rows", count);
    }
    if (status == SC_OK && !input->json) {
        sc_worst_print_head(input, stdout);
    }
    if (status == SC_OK) {
        status = sweep(input, rows, all, error);
    }
    if (status == SC_OK && input->json) {
        (void)json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
    } else if (status == SC_OK) {
        sc_worst_print_meaning(stdout);
    }
    if (status == SC_OK && input->data != NULL) {
        status = sc_worst_save(input, rows, error);
    }
    if (status == SC_OK && input->plot != NULL) {
        status = sc_worst_draw(input, rows, error);
    }
    json_decref(all);
    free(rows);
    return status == SC_OK && fflush(stdout) != 0
               ? sc_fail(error, SC_E_IO, "worst: cannot write the result")
               : status;
}

int sc_command_worst(int argc, char **argv)
{
    struct sc_worst_input input;
    struct sc_error error = {SC_OK, ""};
    enum sc_status status = sc_worst_input_read(argc, argv, &input, &error);

    if (status == SC_OK && input.help) {
        (void)fputs(sc_worst_help, stdout);
        status = fflush(stdout) == 0 ? SC_OK : SC_E_IO;
    } else if (status == SC_OK) {
        status = run(&input, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_worst_input_destroy(&input);
    return sc_command_exit(status);
}
