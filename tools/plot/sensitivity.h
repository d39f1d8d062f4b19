/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PLOT_SENSITIVITY_H
#define SC_TOOLS_PLOT_SENSITIVITY_H

#include "reference/status.h"

#include <stdint.h>

/* Where a layer is sensitive at one sample. */
struct sc_plot_sensitivity {
    const double *share; /* of each token in the worst direction, [tokens], sum 1 */
    const double
        *spectrum; /* singular values of the Jacobian as Lanczos found them, falling; [values] */
    int32_t values;
};

/* Draws two panels: the shares by token, and the spectra.
 *   svg      as in page.h
 *   title    of the sample, for the data file
 *   sigmoid, softmax  NULL: not there; one is
 * Statuses as sc_plot_page_draw. */
enum sc_status sc_plot_sensitivity(const char *svg, const char *title, int32_t tokens,
                                   const struct sc_plot_sensitivity *sigmoid,
                                   const struct sc_plot_sensitivity *softmax,
                                   struct sc_error *error);

#endif
