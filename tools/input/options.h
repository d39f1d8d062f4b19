/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_INPUT_OPTIONS_H
#define SC_TOOLS_INPUT_OPTIONS_H

#include "reference/status.h"

#include <stdbool.h>

/* The command line of `oracle` and `error` as text, before any of it is read. NULL: not given. */
struct sc_options {
    const char *q, *k, *v, *scale, *bias, *bias_head, *bias_sequence, *alibi, *window, *key_lengths,
        *starts_q, *starts_k, *mask, *block, *layout;
    const char *backward, *out, *d_q, *d_k, *d_v, *d_b;
    const char *tier, *precision, *threads, *schedule, *rows;
    const char *lo, *hi, *mid;
    bool bf16, causal, weights, json, help;
};

/* Splits the command line.
 *   with_out  whether the command examines outputs (`error`) or writes files (`oracle`)
 * SC_E_INPUT an unknown option, no value for one, or one given twice. */
enum sc_status sc_options_parse(const char *command, int argc, char **argv, bool with_out,
                                struct sc_options *options, struct sc_error *error);

#endif
