/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/file/bytes.h"

#include "spec/size.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Linux moves at most 0x7ffff000 bytes in a call. */
#define CALL_BYTES ((size_t)1 << 30)

enum sc_status sc_bytes_open(const char *path, struct sc_bytes *bytes, struct sc_error *error)
{
    struct stat state;

    if (path[0] == '\0') {
        return sc_fail(error, SC_E_INPUT, "empty path, expected a file name");
    }
    /* O_NONBLOCK: opening a FIFO without a writer must not wait. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        return sc_fail(error, SC_E_IO, "%s: cannot open: %s", path, strerror(errno));
    }
    if (fstat(file, &state) != 0) {
        const enum sc_status status =
            sc_fail(error, SC_E_IO, "%s: cannot examine: %s", path, strerror(errno));
        (void)close(file);
        return status;
    }
    if (!S_ISREG(state.st_mode) || state.st_size < 0) {
        (void)close(file);
        return sc_fail(error, SC_E_INPUT, "%s: %s, expected a regular file", path,
                       S_ISDIR(state.st_mode) ? "a directory" : "a special file");
    }
    *bytes = (struct sc_bytes){path, NULL, (int64_t)state.st_size, file, state};
    return SC_OK;
}

void sc_bytes_wrap(const char *where, const void *memory, size_t size, struct sc_bytes *bytes)
{
    memset(bytes, 0, sizeof *bytes);
    bytes->where = where;
    bytes->memory = memory;
    bytes->size = (int64_t)size;
    bytes->file = -1;
}

enum sc_status sc_bytes_get(const struct sc_bytes *bytes, int64_t offset, void *buffer, size_t size,
                            struct sc_error *error)
{
    size_t done = 0;

    if (size > (size_t)INT64_MAX || sc_size_plus(offset, (int64_t)size, bytes->size) < 0) {
        return sc_fail(error, SC_E_INPUT,
                       "%s: truncated: %lld bytes, expected %zu more from byte %lld on",
                       bytes->where, (long long)bytes->size, size, (long long)offset);
    }
    if (bytes->file < 0) {
        if (size > 0) {
            memcpy(buffer, bytes->memory + offset, size);
        }
        return SC_OK;
    }
    while (done < size) {
        const size_t rest = size - done;
        const ssize_t got =
            pread(bytes->file, (unsigned char *)buffer + done,
                  rest < CALL_BYTES ? rest : CALL_BYTES, (off_t)offset + (off_t)done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return sc_fail(error, SC_E_IO, "%s: cannot read: %s", bytes->where, strerror(errno));
        }
        if (got == 0) {
            return sc_fail(error, SC_E_IO, "%s: shrank while it was read, expected %lld bytes",
                           bytes->where, (long long)bytes->size);
        }
        done += (size_t)got;
    }
    return SC_OK;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

enum sc_status sc_bytes_check(const struct sc_bytes *bytes, struct sc_error *error)
{
    struct stat now;

    if (bytes->file < 0) {
        return SC_OK;
    }
    if (fstat(bytes->file, &now) != 0) {
        return sc_fail(error, SC_E_IO, "%s: cannot examine: %s", bytes->where, strerror(errno));
    }
    if (now.st_size != bytes->opened.st_size || !same_time(now.st_mtim, bytes->opened.st_mtim)) {
        return sc_fail(error, SC_E_IO, "%s: changed while it was read, expected a file at rest",
                       bytes->where);
    }
    return SC_OK;
}

void sc_bytes_close(struct sc_bytes *bytes)
{
    if (bytes->file >= 0) {
        (void)close(bytes->file); /* opened for reading: nothing can be lost here */
    }
    bytes->file = -1;
}
