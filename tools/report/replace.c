/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/replace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes the directories of `path` up to its last '/'; `path` is as before on return. */
static enum sc_status make_parents(char *path, struct sc_error *error)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const int made = mkdir(path, 0777);
        const int why = errno;
        if (made != 0 && why != EEXIST && why != EISDIR && access(path, F_OK) != 0) {
            (void)sc_fail(error, SC_E_IO, "%s: cannot make the directory: %s", path, strerror(why));
            *slash = '/';
            return SC_E_IO;
        }
        *slash = '/';
    }
    return SC_OK;
}

enum sc_status sc_replace_file(const char *directory, const char *name, const char *text,
                               size_t size, struct sc_error *error)
{
    enum sc_status status = SC_OK;
    FILE *file = NULL;
    char *part = NULL;

    if (directory[0] == '\0' || name[0] == '\0') {
        return sc_fail(error, SC_E_INPUT, "file to write: empty, expected a directory and a name");
    }
    const size_t room = strlen(directory) + strlen(name) + 40;
    char *path = malloc(room);
    part = malloc(room);
    if (path == NULL || part == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory for %zu bytes", name, room);
        goto done;
    }
    (void)snprintf(path, room, "%s/%s", directory, name);
    (void)snprintf(part, room, "%s.%ld.part", path, (long)getpid());

    status = make_parents(path, error);
    if (status != SC_OK) {
        goto done;
    }
    file = fopen(part, "wb");
    if (file == NULL) {
        status = sc_fail(error, SC_E_IO, "%s: cannot create: %s", part, strerror(errno));
        goto done;
    }
    if (fwrite(text, 1, size, file) != size || fflush(file) != 0 || fsync(fileno(file)) != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot write: %s", part, strerror(errno));
        goto done;
    }
    if (rename(part, path) != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot replace: %s", path, strerror(errno));
    }
done:
    if (file != NULL) {
        (void)fclose(file); /* already flushed to disk: nothing can be lost here */
        if (status != SC_OK) {
            (void)remove(part);
        }
    }
    free(part);
    free(path);
    return status;
}
