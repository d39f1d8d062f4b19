/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_INPUT_WALK_H
#define SC_TOOLS_INPUT_WALK_H

#include "reference/oracle/oracle.h"
#include "tools/input/problem.h"

/* What is done with one element; `context` is the caller's. A status that is not SC_OK ends the walk. */
typedef enum sc_status sc_walk_visit(void *context, struct sc_oracle *oracle,
                                     const struct sc_oracle_element *element,
                                     struct sc_enclosure exact, bool empty, struct sc_error *error);

/* Encloses one output of a problem, all of it or the rows and keys that input->limit selects
 * (reference/oracle/selection.h), and hands each element to `visit`, head by head in ascending order.
 * Shows progress on stderr when that is a terminal.
 *   entries  receives the number of rows or keys, of heads for db; may be NULL */
enum sc_status sc_walk(const struct sc_input *input, struct sc_oracle *oracle,
                       enum sc_oracle_output output, sc_walk_visit *visit, void *context,
                       int64_t *entries, struct sc_error *error);

/* An oracle as the command line asks for. */
enum sc_status sc_walk_oracle(const struct sc_input *input, struct sc_oracle **oracle,
                              struct sc_error *error);

/* Where the row, key or head of an element begins in a tensor in the problem's shape: O and dO for O, Q
 * for dQ, K for dK, V for dV, contiguous; [batch][heads] for db; [entry][head][row][key] of the tensors
 * for P. */
int64_t sc_walk_place(const struct sc_problem *p, const struct sc_oracle_element *element);

/* What an output has one of for each entry: "rows", "keys" or "heads". */
const char *sc_walk_entries(enum sc_oracle_output output);

#endif
