/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_FUZZED_H
#define SC_TOOLS_REPORT_FUZZED_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What a libFuzzer program wrote, run with -print_final_stats=1. */
struct sc_fuzzed {
    int64_t executions;
    bool finished;   /* it came to its end: "Done N runs in S second(s)", and no error before it */
    char error[160]; /* the first error; empty if there is none */
};

/* Reads a log. SC_E_IO not readable. SC_E_INPUT no number of executions, as after an interruption. */
enum sc_status sc_fuzzed_read(const char *path, struct sc_fuzzed *fuzzed, struct sc_error *error);

#endif
