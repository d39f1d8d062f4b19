/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_SPEED_RUN_H
#define SC_TOOLS_MEASURE_SPEED_RUN_H

#include "tools/report/evidence.h"

#include <stdbool.h>
#include <stdint.h>

extern const int32_t sc_speed_widths[3], sc_speed_lengths[3];

struct sc_speed_options {
    int32_t d, n;      /* one of the above; 0: all */
    bool quick;        /* few repeats, no PyTorch */
    const char *torch; /* command of tools/measure/rival.h */
};

/* Measures: the figures of tools/measure/speed_record.h, a check of every result against binary64, one for each time
 * of a rival, skipped with a reason where there is none, and a table on standard output.
 * SC_E_UNAVAILABLE: no GPU, or it refused. SC_E_MEMORY. */
enum sc_status sc_speed_run(const struct sc_speed_options *options, struct sc_evidence *evidence,
                            struct sc_error *error);

#endif
