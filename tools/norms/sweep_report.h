/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_NORMS_SWEEP_REPORT_H
#define SC_TOOLS_NORMS_SWEEP_REPORT_H

#include "tools/norms/sweep.h"

#include <jansson.h>
#include <stdio.h>

/* The cells of a sweep as a table, a line each. */
void sc_norms_sweep_print(const struct sc_norms_input *input, const struct sc_norms_cell *cells,
                          int32_t count, FILE *out);

/* As an array of objects; NULL: no memory. The caller releases it. */
json_t *sc_norms_sweep_json(const struct sc_norms_input *input, const struct sc_norms_cell *cells,
                            int32_t count);

/* As a picture: mean ||o_i|| / |v| over n or b, a panel for each position. Statuses as sc_plot_page_draw. */
enum sc_status sc_norms_sweep_draw(const struct sc_norms_input *input,
                                   const struct sc_norms_cell *cells, int32_t count,
                                   struct sc_error *error);

#endif
