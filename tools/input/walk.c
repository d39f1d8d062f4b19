/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/input/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Row x of `count` that are spread over 0 .. rows - 1. */
static int32_t spread(int32_t x, int32_t count, int32_t rows)
{
    return count < 2 ? 0 : (int32_t)((int64_t)x * (rows - 1) / (count - 1));
}

static int64_t count_rows(const struct sc_input *input)
{
    const struct sc_problem *p = &input->problem;
    int64_t total = 0;

    for (int32_t b = 0; b < p->batch; b++) {
        const int32_t rows = sc_problem_rows(p, b);
        total += input->limit > 0 && input->limit < rows ? input->limit : rows;
    }
    return total * p->heads_q;
}

enum sc_status sc_walk_rows(const struct sc_input *input, sc_walk_row *row, void *context,
                            int64_t *rows_done, struct sc_error *error)
{
    const struct sc_problem *p = &input->problem;
    const int64_t total = count_rows(input);
    const int64_t step = total / 200 + 1;
    const int shown = isatty(STDERR_FILENO);
    struct sc_enclosure *exact = calloc((size_t)p->d_v, sizeof *exact);
    enum sc_oracle_class *classes = calloc((size_t)p->d_v, sizeof *classes);
    struct sc_oracle *oracle = NULL;
    int64_t done = 0;
    enum sc_status status = SC_OK;

    if (exact == NULL || classes == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "oracle: no memory for a row");
        goto done;
    }
    status = sc_oracle_create(p, input->precision, input->q, input->k, input->v, &oracle, error);
    for (int32_t b = 0; b < p->batch && status == SC_OK; b++) {
        const int32_t rows = sc_problem_rows(p, b);
        const int32_t count = input->limit > 0 && input->limit < rows ? input->limit : rows;
        for (int32_t h = 0; h < p->heads_q && status == SC_OK; h++) {
            for (int32_t x = 0; x < count && status == SC_OK; x++) {
                const int32_t i = spread(x, count, rows);
                status = sc_oracle_row(oracle, b, h, i, exact, classes, error);
                if (status == SC_OK) {
                    row(context, b, h, i, exact, classes);
                    done++;
                }
                if (shown && done % step == 0) {
                    (void)fprintf(stderr, "\roracle: row %lld of %lld", (long long)done,
                                  (long long)total);
                }
            }
        }
    }
    if (shown && done > 0) {
        (void)fputs("\r\033[K", stderr);
    }
    if (status == SC_OK && rows_done != NULL) {
        *rows_done = done;
    }
done:
    sc_oracle_destroy(oracle);
    free(classes);
    free(exact);
    return status;
}
