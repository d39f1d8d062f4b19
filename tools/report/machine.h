/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_MACHINE_H
#define SC_TOOLS_REPORT_MACHINE_H

#include <stdbool.h>

/* The machine a run was made on, as the system describes it. */
struct sc_machine {
    char cpu[128]; /* model, or "unknown" */
    long cores;    /* online processors, at least 1 */
    bool has_gpu;  /* a loaded NVIDIA driver; the two texts below are set only then */
    char gpu[128];
    char driver[64];
};

/* Cannot fail: what the system does not tell is "unknown". */
void sc_machine_find(struct sc_machine *machine);

#endif
