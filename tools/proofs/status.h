/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_STATUS_H
#define SC_TOOLS_PROOFS_STATUS_H

#include "reference/status.h"
#include "tools/proofs/ledger.h"

#include <stdbool.h>

/* The text of proofs/STATUS.md. What depends on the machine are seconds and provers, in cells of their
 * own ("| 1.2 s |", "| CVC4 1.8, Z3 4.8.12 |"). *text is set on success; the caller frees it. SC_E_MEMORY. */
enum sc_status sc_status_write(const struct sc_ledger *ledger, char **text, struct sc_error *error);

/* Whether two such texts say the same, their seconds and provers aside. */
bool sc_status_same(const char *left, const char *right);

#endif
