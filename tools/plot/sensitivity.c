/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/plot/sensitivity.h"

#include "tools/plot/page.h"

#include <stdlib.h>

#define KINDS 2

static const char *const share_columns[] = {"token", "share_of_the_worst_direction[1]"};
static const char *const value_columns[] = {"number", "singular_value[1]"};
static const char *const names[KINDS] = {"sigmoid", "softmax"};
static const char *const share_titles[KINDS] = {"sigmoid: share of each token",
                                                "softmax: share of each token"};
static const char *const value_titles[KINDS] = {
    "sigmoid: singular values that Lanczos found, estimates from below",
    "softmax: singular values that Lanczos found, estimates from below"};

/* Rows of (first + n, values[n]); softmax stands a little to the right, so that neither hides the other. */
static double *pairs(const double *values, int32_t count, double first)
{
    double *rows = malloc((size_t)count * 2 * sizeof *rows + 1);

    for (int64_t n = 0; rows != NULL && n < count; n++) {
        rows[2 * n] = first + (double)n;
        rows[2 * n + 1] = values[n];
    }
    return rows;
}

enum sc_status sc_plot_sensitivity(const char *svg, const char *title, int32_t tokens,
                                   const struct sc_plot_sensitivity *sigmoid,
                                   const struct sc_plot_sensitivity *softmax,
                                   struct sc_error *error)
{
    const struct sc_plot_sensitivity *const kinds[KINDS] = {sigmoid, softmax};
    struct sc_plot_table tables[2 * KINDS];
    struct sc_plot_curve shares[2 * KINDS], values[KINDS];
    double *rows[2 * KINDS] = {NULL};
    int32_t count = 0, used = 0;
    enum sc_status status = SC_OK;

    for (int32_t k = 0; k < KINDS && status == SC_OK; k++) {
        if (kinds[k] == NULL) {
            continue;
        }
        rows[used] = pairs(kinds[k]->share, tokens, k == 0 ? 0.0 : 0.3);
        rows[used + 1] = pairs(kinds[k]->spectrum, kinds[k]->values, 1.0);
        if (rows[used] == NULL || rows[used + 1] == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "%s: no memory for %d tokens", svg, tokens);
        }
        tables[used] =
            (struct sc_plot_table){share_titles[k], share_columns, 2, tokens, rows[used]};
        tables[used + 1] = (struct sc_plot_table){value_titles[k], value_columns, 2,
                                                  kinds[k]->values, rows[used + 1]};
        shares[count] = (struct sc_plot_curve){
            .label = names[k], .form = SC_PLOT_STEMS, .style = 2 * k, .table = used, .y = 1};
        values[count] = (struct sc_plot_curve){
            .label = names[k], .form = SC_PLOT_LEVEL, .style = 2 * k, .table = used + 1, .y = 1};
        count++;
        used += 2;
    }
    const struct sc_plot_panel panels[] = {
        {"Worst direction", "token", "share of the worst direction (1)", shares, count, false},
        {"Singular values of the Jacobian, as Lanczos found them", "number",
         "singular value, from below (1)", values, count, false}};
    const struct sc_plot_page page = {title, tables, panels, used, 2};
    if (status == SC_OK) {
        status = sc_plot_page_draw(svg, &page, error);
    }
    for (int32_t n = 0; n < 2 * KINDS; n++) {
        free(rows[n]);
    }
    return status;
}
