/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_TABLE_H
#define SC_TOOLS_REPORT_TABLE_H

#include "tools/report/report.h"

/* The report for a terminal, printable ASCII whatever the evidence holds: a table of the stages of
 * at most 100 columns; a line for each failure, goal not met and skip; remarks on the source; a sum
 * over stages and goals, every stage that is no pass and no skip as failed; and last "verify: N passed, N failed, N skipped", in checks, a stage that fails as a whole as one.
 *   text  set on success; the caller frees it
 * SC_E_MEMORY. */
enum sc_status sc_table_text(const struct sc_report *report, char **text, struct sc_error *error);

#endif
