/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_BASELINE_BASELINE_H
#define SC_TOOLS_BASELINE_BASELINE_H

#include "reference/status.h"
#include "tools/baseline/grid.h"

#include <stdint.h>

/* Two ways in which attention kernels are tested, on our kernels, on a machine that reports nothing a device would
 * not (sc_machine_create_unwatched). Of the outputs O, dQ, dK and dV, each against binary64. */
enum sc_baseline {
    SC_BASELINE_ALLCLOSE, /* |out - exact| <= 0.01 + 0.01 |exact|, on SC_GRID_ORDINARY */
    /* max |out - exact| <= 2 max |low - exact| for O, and 3 times for gradients, low being the definition in the
     * input format (tools/baseline/definition.h), on SC_GRID_FLASH */
    SC_BASELINE_TWICE,
    SC_BASELINES
};

enum sc_baseline_verdict {
    SC_BASELINE_PASSES,
    SC_BASELINE_FAILS, /* an output is not what the rule asks for */
    SC_BASELINE_CRASHES, /* a device would report an error: a launch or an address that it does not take */
    SC_BASELINE_STOPS /* the emulator cannot go on: threads that do not meet. A device may hang or not */
};

struct sc_baseline_result {
    enum sc_baseline_verdict verdict;
    int32_t cases; /* run; the last one decides, unless all pass */
    char text[SC_ERROR_TEXT_BYTES];
};

/* "allclose", "twice". */
const char *sc_baseline_name(enum sc_baseline baseline);

/* Runs a baseline until the first case that does not pass. Problems without an instance are passed over.
 * SC_E_MEMORY. */
enum sc_status sc_baseline_run(enum sc_baseline baseline, struct sc_baseline_result *result,
                               struct sc_error *error);

#endif
