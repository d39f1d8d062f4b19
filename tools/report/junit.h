/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_JUNIT_H
#define SC_TOOLS_REPORT_JUNIT_H

#include "tools/report/report.h"

/* The report as JUnit XML, the form that CI systems show: a suite for each stage, a case for each
 * check; a stage that fails as a whole (missing, stale, unreadable, no check) is one failed case
 * named "evidence". Under a strict report a skip is a failure here too, so that a reader of this
 * file alone sees the same verdict. Goals not met are in the suite's output.
 *   text  set on success, well-formed whatever the evidence holds; the caller frees it
 * SC_E_MEMORY. */
enum sc_status sc_junit_text(const struct sc_report *report, char **text, struct sc_error *error);

#endif
