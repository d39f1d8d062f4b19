/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_INPUT_ORACLE_H
#define SC_TOOLS_INPUT_ORACLE_H

#include "tools/input/options.h"
#include "tools/input/problem.h"

/* The options of the oracle: --tier, --precision, --threads, --rows, --schedule. SC_E_INPUT. */
enum sc_status sc_input_oracle(const struct sc_options *options, struct sc_input *input,
                               struct sc_error *error);

/* Completes the schedule once the input format is known: P is rounded to it. */
void sc_input_schedule_formats(struct sc_input *input);

#endif
