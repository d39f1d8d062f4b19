/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/journal.h"

#include "fuzz/clock.h"
#include "fuzz/journal_line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLE_SECONDS 0.5

struct sc_journal {
    int file;
    int64_t records, bytes; /* whole ones */
    double synced;          /* seconds, monotonic: when everything was on the disk */
    bool dirty, broken;     /* records that may not be on the disk; a write has failed */
    char path[1024];
    char line[SC_JOURNAL_LINE_MAX];
};

static enum sc_status write_failed(struct sc_journal *journal, const char *what,
                                   struct sc_error *error)
{
    const int number = errno;

    journal->broken = true;
    return sc_fail(error, SC_E_UNAVAILABLE,
                   "%.256s: cannot %s: %s; the %lld records before are kept", journal->path, what,
                   strerror(number), (long long)journal->records);
}

/* Special files have no disk. */
static enum sc_status sync_file(struct sc_journal *journal, struct sc_error *error)
{
    if (fsync(journal->file) != 0 && errno != EINVAL && errno != EROFS) {
        return write_failed(journal, "bring to the disk", error);
    }
    journal->synced = sc_clock_now();
    journal->dirty = false;
    return SC_OK;
}

enum sc_status sc_journal_settle(struct sc_journal *journal, struct sc_error *error)
{
    if (journal->broken || !journal->dirty || sc_clock_now() - journal->synced < SETTLE_SECONDS) {
        return SC_OK;
    }
    return sync_file(journal, error);
}

enum sc_status sc_journal_append(struct sc_journal *journal, const char *text, bool durable,
                                 struct sc_error *error)
{
    if (journal->broken) {
        return sc_fail(error, SC_E_UNAVAILABLE, "%.256s: an earlier write has failed",
                       journal->path);
    }
    if (!sc_journal_text_valid(text, strlen(text))) {
        return sc_fail(error, SC_E_INPUT,
                       "journal: a record of %zu bytes, expected fewer than %d and no control "
                       "characters",
                       strlen(text), SC_JOURNAL_TEXT_MAX);
    }
    const size_t length = sc_journal_line_print(journal->records, text, journal->line);
    size_t done = 0;
    while (done < length) {
        const ssize_t count = write(journal->file, journal->line + done, length - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            const enum sc_status status = write_failed(journal, "write", error);
            /* the reader cuts off a torn line too, should this fail as well */
            if (ftruncate(journal->file, (off_t)journal->bytes) != 0) {
                journal->dirty = false;
            }
            return status;
        }
        done += (size_t)count;
    }
    journal->records++;
    journal->bytes += (int64_t)length;
    journal->dirty = true;
    return durable ? sync_file(journal, error) : sc_journal_settle(journal, error);
}

/* The length of a field of a header. */
static size_t field_length(const char *field)
{
    return strcspn(field, "\t");
}

/* Says where two headers part. */
static enum sc_status other_header(const char *path, const char *found, const char *expected,
                                   struct sc_error *error)
{
    while (field_length(found) == field_length(expected) &&
           strncmp(found, expected, field_length(found)) == 0 && *found != '\0') {
        const size_t length = field_length(found);
        found += length + (found[length] == '\t');
        expected += length + (expected[length] == '\t');
    }
    return sc_fail(error, SC_E_INPUT,
                   "%.128s: a journal with \"%.*s\", expected \"%.*s\": it belongs to another "
                   "campaign",
                   path, (int)(field_length(found) < 128 ? field_length(found) : 128), found,
                   (int)(field_length(expected) < 128 ? field_length(expected) : 128), expected);
}

/* Whether the file, without a whole record, is the begin of the line of record 0, and so was torn there. */
static bool torn_header(struct sc_journal *journal, const char *header, const char *bytes,
                        size_t size)
{
    const size_t length = sc_journal_line_print(0, header, journal->line);

    return size < length && memcmp(bytes, journal->line, size) == 0;
}

/* Reads what is there, and cuts off what is torn. */
static enum sc_status read_file(struct sc_journal *journal, const char *header, size_t size,
                                sc_journal_visit *visit, void *context, struct sc_journal_end *end,
                                struct sc_error *error)
{
    enum sc_status status = SC_OK;
    struct sc_error inner = {SC_OK, ""};
    char *found = malloc(SC_JOURNAL_TEXT_MAX);
    const char *const bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, journal->file, 0);

    if (found == NULL || bytes == MAP_FAILED) {
        status = sc_fail(error, SC_E_IO, "%.256s: cannot read: %s", journal->path, strerror(errno));
        goto done;
    }
    /* first alone, so that nobody is told of the records of another campaign */
    status = sc_journal_read(bytes, size, found, NULL, NULL, end, &inner);
    if (status != SC_OK) {
        status = sc_fail(error, status, "%.128s: %.300s", journal->path, inner.text);
        goto done;
    }
    if (end->records == 0 && !torn_header(journal, header, bytes, size)) {
        status = sc_fail(error, SC_E_INPUT, "%.256s: no journal of sigmacert", journal->path);
        goto done;
    }
    if (end->records > 0 && strcmp(found, header) != 0) {
        status = other_header(journal->path, found, header, error);
        goto done;
    }
    status = sc_journal_read(bytes, size, NULL, visit, context, end, error);
    if (status == SC_OK && end->torn > 0 && ftruncate(journal->file, (off_t)end->bytes) != 0) {
        status = sc_fail(error, SC_E_IO, "%.256s: cannot cut off a torn line: %s", journal->path,
                         strerror(errno));
    }
done:
    if (bytes != MAP_FAILED) {
        (void)munmap((void *)(uintptr_t)bytes, size);
    }
    free(found);
    return status;
}

/* A new file is there for good only when its directory is on the disk. */
static void sync_directory(const char *path)
{
    char directory[1024];
    const char *const slash = strrchr(path, '/');

    (void)snprintf(directory, sizeof directory, "%.*s", slash == NULL ? 1 : (int)(slash - path + 1),
                   slash == NULL ? "." : path);
    const int file = open(directory, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        (void)fsync(file);
        (void)close(file);
    }
}

/* Opens and locks the file; its size. */
static enum sc_status open_file(struct sc_journal *journal, bool resume, size_t *size,
                                struct sc_error *error)
{
    struct stat status;
    struct flock lock;

    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    journal->file = open(journal->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (journal->file < 0 || fstat(journal->file, &status) != 0) {
        return sc_fail(error, SC_E_IO, "%.256s: cannot open: %s", journal->path, strerror(errno));
    }
    /* of this process alone: a lock that a child had too would outlive it */
    if (fcntl(journal->file, F_SETLK, &lock) != 0) {
        return sc_fail(error, SC_E_INPUT, "%.256s: in use by another campaign", journal->path);
    }
    *size = (size_t)status.st_size;
    if (*size > 0 && !resume) {
        return sc_fail(error, SC_E_INPUT,
                       "%.256s: there already, expected a new file or --resume to go on with it",
                       journal->path);
    }
    return SC_OK;
}

enum sc_status sc_journal_open(const char *path, const char *header, bool resume,
                               sc_journal_visit *visit, void *context, struct sc_journal **opened,
                               struct sc_journal_end *end, struct sc_error *error)
{
    size_t size = 0;
    struct sc_journal *journal = calloc(1, sizeof *journal);

    memset(end, 0, sizeof *end);
    if (journal == NULL) {
        return sc_fail(error, SC_E_MEMORY, "journal: no memory");
    }
    journal->file = -1;
    enum sc_status status = SC_OK;
    if (strlen(path) >= sizeof journal->path || path[0] == '\0') {
        status = sc_fail(error, SC_E_INPUT, "journal: a name of %zu bytes, expected 1 to %zu",
                         strlen(path), sizeof journal->path - 1);
        goto done;
    }
    (void)strcpy(journal->path, path);
    journal->synced = sc_clock_now();
    status = open_file(journal, resume, &size, error);
    if (status == SC_OK && size > 0) {
        status = read_file(journal, header, size, visit, context, end, error);
    }
    journal->records = end->records;
    journal->bytes = end->bytes;
    if (status == SC_OK && end->records == 0) {
        status = sc_journal_append(journal, header, true, error);
        sync_directory(path);
    }
done:
    if (status != SC_OK) {
        if (journal->file >= 0) {
            (void)close(journal->file);
        }
        free(journal);
        return status;
    }
    *opened = journal;
    return SC_OK;
}

enum sc_status sc_journal_text(const struct sc_journal *journal, int64_t offset, char *text,
                               struct sc_error *error)
{
    struct sc_journal_line line;
    char *const bytes = malloc(SC_JOURNAL_LINE_MAX);
    const ssize_t size =
        bytes == NULL ? -1 : pread(journal->file, bytes, SC_JOURNAL_LINE_MAX, (off_t)offset);
    const char *const newline = size < 0 ? NULL : memchr(bytes, '\n', (size_t)size);
    enum sc_status status = SC_OK;

    if (size < 0) {
        status = sc_fail(error, SC_E_IO, "%.256s: cannot read: %s", journal->path, strerror(errno));
    } else if (newline == NULL || !sc_journal_line_parse(bytes, (size_t)(newline - bytes), &line)) {
        status = sc_fail(error, SC_E_INPUT, "%.256s: no record at byte %lld", journal->path,
                         (long long)offset);
    } else {
        memcpy(text, line.text, line.bytes);
        text[line.bytes] = '\0';
    }
    free(bytes);
    return status;
}

enum sc_status sc_journal_close(struct sc_journal *journal, struct sc_error *error)
{
    if (journal == NULL) {
        return SC_OK;
    }
    const enum sc_status status =
        journal->dirty && !journal->broken ? sync_file(journal, error) : SC_OK;
    (void)close(journal->file);
    free(journal);
    return status;
}
