/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux moves at most 0x7ffff000 bytes in a call. */
#define CALL_BYTES      ((size_t)1 << 30)
#define TEMPORARY_NAMES 100

static bool write_all(int file, const void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        const size_t rest = size - done;
        const ssize_t put =
            write(file, (const unsigned char *)data + done, rest < CALL_BYTES ? rest : CALL_BYTES);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        done += (size_t)put;
    }
    return true;
}

/* Makes a rename last through a power cut. A file system that cannot do it is not an error. */
static void sync_directory(char *path)
{
    char *slash = strrchr(path, '/');
    const char *directory = ".";

    if (slash == path) {
        directory = "/";
    } else if (slash != NULL) {
        *slash = '\0';
        directory = path;
    }
    const int file = open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (file >= 0) {
        (void)fsync(file);
        (void)close(file);
    }
}

enum sc_status sc_save(const char *path, const struct sc_save_part *parts, size_t count,
                       struct sc_error *error)
{
    enum sc_status status = SC_OK;
    bool created = false;
    int file = -1;
    struct stat state;

    if (path[0] == '\0') {
        return sc_fail(error, SC_E_INPUT, "empty path, expected a file name");
    }
    if (stat(path, &state) == 0 && !S_ISREG(state.st_mode)) {
        return sc_fail(error, SC_E_INPUT, "%s: %s, expected a regular file or none", path,
                       S_ISDIR(state.st_mode) ? "a directory" : "a special file");
    }
    const size_t room = strlen(path) + 48;
    char *part = malloc(room);
    if (part == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for %zu bytes", path, room);
    }
    for (int name = 0; file < 0 && name < TEMPORARY_NAMES; name++) {
        (void)snprintf(part, room, "%s.%ld.%d.part", path, (long)getpid(), name);
        file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0 && errno != EEXIST) {
            break;
        }
    }
    if (file < 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot create: %s", part, strerror(errno));
        goto done;
    }
    created = true;
    for (size_t i = 0; i < count; i++) {
        if (!write_all(file, parts[i].data, parts[i].size)) {
            status = sc_fail(error, SC_E_IO, "%s: cannot write: %s", part, strerror(errno));
            goto done;
        }
    }
    if (fsync(file) != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot write: %s", part, strerror(errno));
        goto done;
    }
    if (rename(part, path) != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot replace: %s", path, strerror(errno));
        goto done;
    }
    created = false;
    sync_directory(part);
done:
    if (file >= 0) {
        (void)close(file); /* already flushed to disk: nothing can be lost here */
    }
    if (created) {
        (void)remove(part);
    }
    free(part);
    return status;
}
