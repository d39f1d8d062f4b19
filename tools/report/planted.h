/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_PLANTED_H
#define SC_TOOLS_REPORT_PLANTED_H

#include "reference/status.h"

#include <stdint.h>

/* What a script that plants faults said in its last line, "mutants: N passed, N failed".
 *   path    its output
 *   caught  faults that a check noticed; missed: all others
 * SC_E_IO not readable. SC_E_INPUT no such line, as after an interruption. */
enum sc_status sc_planted_read(const char *path, int64_t *caught, int64_t *missed,
                               struct sc_error *error);

#endif
