/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_SOURCE_H
#define SC_TOOLS_REPORT_SOURCE_H

#include <stdbool.h>

#define SC_SOURCE_COMMIT_BYTES 65 /* a SHA-256 in hex and its terminator */

/* Which source a run was made of. */
struct sc_source {
    char commit[SC_SOURCE_COMMIT_BYTES]; /* 40 or 64 lower-case hex digits, or "unknown" */
    bool dirty; /* has changes or new files, or cannot be shown to have none */
};

/* The source in the working directory, asked of git. Cannot fail: outside a repository, or without
 * git, the commit is "unknown" and the source counts as dirty. Starts processes. */
void sc_source_find(struct sc_source *source);

/* Whether `commit` has the form that the field has. */
bool sc_source_commit_valid(const char *commit);

/* Whether evidence made of `a` may speak for `b`: same commit, same dirty flag. Two dirty sources of
 * one commit count as the same, though they may differ; a report says so. */
bool sc_source_same(const struct sc_source *a, const struct sc_source *b);

#endif
