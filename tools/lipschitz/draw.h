/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_LIPSCHITZ_DRAW_H
#define SC_TOOLS_LIPSCHITZ_DRAW_H

#include "tools/lipschitz/report.h"

/* The picture of one sample, under the name that --plot gave; of several samples NAME-1.svg and so on. Statuses as
 * sc_plot_page_draw (tools/plot/page.h). */
enum sc_status sc_lipschitz_draw(const struct sc_lipschitz_input *input, int32_t sample,
                                 const struct sc_lipschitz_pair *pair, struct sc_error *error);

#endif
