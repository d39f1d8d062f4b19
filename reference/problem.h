/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_PROBLEM_H
#define SC_REFERENCE_PROBLEM_H

#include "reference/status.h"
#include "spec/problem.h"

/* sc_problem_check as a status, with one line that names the field, its value and what was expected.
 * SC_E_INPUT when a field is wrong. */
enum sc_status sc_problem_explain(const struct sc_problem *p, struct sc_error *error);

#endif
