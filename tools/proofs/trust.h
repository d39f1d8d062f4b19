/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_TRUST_H
#define SC_TOOLS_PROOFS_TRUST_H

#include "tools/proofs/units.h"
#include "tools/report/evidence.h"

#include <stdbool.h>

/* The trust list, proofs/wp/trusted: lines "KIND NAME: REASON", and "#" for a comment. */

/* Whether the list has `entry`, "KIND NAME". */
bool sc_trust_has(const char *list, const char *entry);

/* Adds three checks: a contract that is said to be "proved in the unit U" is of a function that U proves;
 * every other entry has a row "| KIND `NAME` |" in `soundness`, the text of proofs/SOUNDNESS.md; and every
 * such row is an entry. */
void sc_trust_check(const char *list, const struct sc_units *units, const char *soundness,
                    struct sc_evidence *evidence);

#endif
