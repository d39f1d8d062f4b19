/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_FAILURE_H
#define SC_TOOLS_KERNELS_FAILURE_H

#include "reference/oracle/oracle.h"
#include "tools/kernels/check.h"

/* The first failure of a tally, in words. */
void sc_failure_note(const struct sc_outputs *outputs, struct sc_check_tally *tally,
                     const char *what);

/* An element that is not as it should be.
 *   what, value  "predicted", and that */
void sc_failure_element(const struct sc_outputs *outputs, struct sc_check_tally *tally,
                        enum sc_outputs_kind kind, const struct sc_oracle_element *at,
                        const char *what, double value);

#endif
