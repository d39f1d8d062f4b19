/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_INPUT_WALK_H
#define SC_TOOLS_INPUT_WALK_H

#include "reference/oracle/oracle.h"
#include "tools/input/problem.h"

/* What is done with one row of enclosures; `context` is the caller's. */
typedef void sc_walk_row(void *context, int32_t b, int32_t h, int32_t i,
                         const struct sc_enclosure *exact, const enum sc_oracle_class *classes);

/* Encloses the rows of a problem, all or `input->limit` of each head, spread evenly with the first and
 * the last among them, and hands each to `row`. Shows progress on stderr when that is a terminal.
 *   rows_done  receives the number of rows; may be NULL */
enum sc_status sc_walk_rows(const struct sc_input *input, sc_walk_row *row, void *context,
                            int64_t *rows_done, struct sc_error *error);

#endif
