/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PLOT_WORST_H
#define SC_TOOLS_PLOT_WORST_H

#include "reference/status.h"

#include <stdint.h>

/* Worst-case curves: the largest Lipschitz constant over all tokens of a ball, against its radius or the number of tokens. */

/* One row of the data file; NaN: not known. */
struct sc_plot_worst {
    double n, radius; /* tokens, and R >= ||x_i|| */
    double sigmoid_low, sigmoid_high, softmax_low, softmax_high;
    double limit; /* of the sigmoid for n to infinity */
};

/* Draws them. The x axis is R where it varies, else n; where both vary there is a panel for each n.
 *   svg   as in page.h
 *   rows  in any order; count at least 1
 * Statuses as sc_plot_page_draw. */
enum sc_status sc_plot_worst(const char *svg, const struct sc_plot_worst *rows, int32_t count,
                             struct sc_error *error);

#endif
