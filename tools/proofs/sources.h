/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_PROOFS_SOURCES_H
#define SC_TOOLS_PROOFS_SOURCES_H

#include "tools/proofs/units.h"
#include "tools/report/evidence.h"

#include <stdbool.h>

/* Whether a line of proofs/wp/units speaks of the source `path`: a unit that proves it, or one of the same
 * name but for the ending, which includes it; or a line "-", whose source may be a pattern of fnmatch. */
bool sc_sources_cover(const struct sc_units *units, const char *path);

/* Adds the check `sources.listed`: every .c and .h of spec/ and reference/ under `root` is covered, so that
 * what is not proved is said. */
void sc_sources_check(const struct sc_units *units, const char *root, struct sc_evidence *evidence);

#endif
