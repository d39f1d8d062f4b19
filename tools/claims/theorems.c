/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "tools/proofs/coq.h"
#include "tools/proofs/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 4096

/* The text of DIR/FILE.v; NULL where it cannot be read. */
static char *source(const char *dir, const char *file)
{
    char path[PATH_BYTES];
    char *text = NULL;

    (void)snprintf(path, sizeof path, "%s/%s.v", dir, file);
    return sc_file_read(path, &text, NULL) == SC_OK ? text : NULL;
}

/* Whether a line of `text` begins with FILE.NAME and a colon. */
static bool listed(const char *text, const char *file, const char *name)
{
    char line[2 * SC_FOUND_NAME_BYTES];
    const int length = snprintf(line, sizeof line, "%s.%s:", file, name);

    for (const char *at = text; at != NULL && *at != '\0';) {
        if (strncmp(at, line, (size_t)length) == 0) {
            return true;
        }
        at = strchr(at, '\n');
        at += at != NULL;
    }
    return false;
}

/* Whether a line of a source begins with "Theorem NAME" and no more letters of a name. */
static bool declared(const char *text, const char *name)
{
    char line[2 * SC_FOUND_NAME_BYTES];
    const int length = snprintf(line, sizeof line, "Theorem %s", name);

    for (const char *at = text; at != NULL && *at != '\0';) {
        if (strncmp(at, line, (size_t)length) == 0 && strchr(" :\n", at[length]) != NULL) {
            return true;
        }
        at = strchr(at, '\n');
        at += at != NULL;
    }
    return false;
}

enum sc_status sc_theorems_add(const struct sc_claims_context *context, const char *file,
                               const char *name, enum sc_found_part part,
                               struct sc_found_list *result, struct sc_error *error)
{
    struct sc_coq coq;
    char *const now = source(context->sources, file), *const built = source(context->proofs, file);
    const enum sc_status status = sc_coq_read(context->proofs, &coq, error);
    const bool rerun = status == SC_OK && coq.text != NULL && built != NULL &&
                       (now == NULL || strcmp(now, built) == 0);
    char finding[2 * SC_FOUND_NAME_BYTES];

    (void)snprintf(finding, sizeof finding, "%s.%s", file, name);
    if (rerun) {
        const bool proved = listed(coq.text, file, name) && coq.admitted[0] == '\0';
        sc_found_add(result, finding, part, SC_FOUND_COQ, sc_found_whether(proved), NAN,
                     "proofs/coq/%s.v, theorem %s: %s", file, name,
                     proved ? "checked in this build" : "not among what Coq checked");
    } else if (status == SC_OK) {
        const bool there = now == NULL || declared(now, name);
        sc_found_add(result, finding, part, SC_FOUND_NOT_RERUN, sc_found_whether(there), NAN,
                     "proofs/coq/%s.v, theorem %s: %s", file, name,
                     there ? "proved there, not re-run here" : "not in that source");
    }
    sc_coq_destroy(&coq);
    free(now);
    free(built);
    return status;
}
