/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/source.h"

#include <stdio.h>
#include <string.h>

bool sc_source_commit_valid(const char *commit)
{
    const size_t length = strlen(commit);

    if (strcmp(commit, "unknown") == 0) {
        return true;
    }
    return (length == 40 || length == 64) && strspn(commit, "0123456789abcdef") == length;
}

bool sc_source_same(const struct sc_source *a, const struct sc_source *b)
{
    return strcmp(a->commit, b->commit) == 0 && a->dirty == b->dirty;
}

/* Runs a command of this file and keeps the first bytes of its output: all of the output is read,
 * because a closed pipe would look like a failed command. Returns whether the command succeeded. */
static bool run(const char *command, char *output, size_t room)
{
    char rest[4096];
    FILE *pipe = popen(command, "r");

    output[0] = '\0';
    if (pipe == NULL) {
        return false;
    }
    const size_t size = fread(output, 1, room - 1, pipe);
    output[size] = '\0';
    while (fread(rest, 1, sizeof rest, pipe) > 0) {
    }
    return pclose(pipe) == 0;
}

void sc_source_find(struct sc_source *source)
{
    char output[SC_SOURCE_COMMIT_BYTES + 1];

    (void)strcpy(source->commit, "unknown");
    source->dirty = true;
    if (!run("git rev-parse HEAD 2>/dev/null </dev/null", output, sizeof output)) {
        return;
    }
    output[strcspn(output, "\n")] = '\0';
    if (!sc_source_commit_valid(output)) {
        return;
    }
    (void)strcpy(source->commit, output);
    /* The flag overrides a user's setting that hides new files. */
    source->dirty = !run("git --no-optional-locks status --porcelain --untracked-files=normal "
                         "2>/dev/null </dev/null",
                         output, sizeof output) ||
                    output[0] != '\0';
}
