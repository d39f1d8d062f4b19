/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_LIPSCHITZ_RADII_H
#define SC_TOOLS_LIPSCHITZ_RADII_H

#include "reference/status.h"

#include <stdint.h>

#define SC_LIPSCHITZ_RADII 1000 /* of a list, at most */

/* Radii from the command line, "0.1,2": each the fp64 number nearest to what is written, finite and >= 0. The locale has
 * no say.
 *   what   begins the message
 *   radii  the caller's to free; NULL after a failure
 * SC_E_INPUT, SC_E_MEMORY. */
enum sc_status sc_lipschitz_radii(const char *what, const char *text, double **radii,
                                  int32_t *count, struct sc_error *error);

#endif
