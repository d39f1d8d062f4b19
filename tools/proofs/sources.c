/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/sources.h"

#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

/* The length of a path without its ending. */
static size_t stem(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot == NULL ? strlen(path) : (size_t)(dot - path);
}

bool sc_sources_cover(const struct sc_units *units, const char *path)
{
    for (size_t n = 0; n < units->count; n++) {
        const char *source = units->list[n].source;
        const bool same_stem = stem(source) == stem(path) && strncmp(source, path, stem(path)) == 0;
        if (sc_unit_is_proved(&units->list[n]) ? same_stem
                                               : fnmatch(source, path, FNM_PATHNAME) == 0) {
            return true;
        }
    }
    return false;
}

void sc_sources_check(const struct sc_units *units, const char *root, struct sc_evidence *evidence)
{
    static const char *const places[] = {"spec/*.[ch]", "reference/*.[ch]", "reference/*/*.[ch]"};
    char pattern[1024], detail[512] = "";
    size_t found = 0;

    for (size_t n = 0; n < sizeof places / sizeof places[0]; n++) {
        glob_t paths;
        (void)snprintf(pattern, sizeof pattern, "%s/%s", root, places[n]);
        if (glob(pattern, 0, NULL, &paths) != 0) {
            continue;
        }
        for (size_t k = 0; k < paths.gl_pathc; k++) {
            const char *path = paths.gl_pathv[k] + strlen(root) + 1;
            found++;
            if (!sc_sources_cover(units, path)) {
                (void)snprintf(detail, sizeof detail,
                               "%.300s: no line of proofs/wp/units says whether it is proved",
                               path);
            }
        }
        globfree(&paths);
    }
    if (found == 0) {
        (void)snprintf(detail, sizeof detail, "no sources found");
    }
    sc_evidence_check(evidence, "sources.listed",
                      detail[0] == '\0' ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      detail[0] == '\0' ? NULL : detail);
}
