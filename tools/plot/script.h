/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PLOT_SCRIPT_H
#define SC_TOOLS_PLOT_SCRIPT_H

#include "tools/plot/page.h"

#include <stdio.h>

/* The gnuplot script of a page: from the data file to the picture, both in the directory where it runs. It writes to the
 * file that the variable sc_output names instead, where that is set. */
void sc_plot_script_print(const struct sc_plot_page *page, const char *data, const char *svg,
                          FILE *out);

#endif
