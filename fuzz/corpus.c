/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/corpus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads a whole regular file; *bytes of it. NULL, and *status says why. */
static char *read_whole(const char *path, size_t *bytes, enum sc_status *status,
                        struct sc_error *error)
{
    /* Not blocking, so that a pipe in the directory does not hold this up. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    char *text = NULL;

    *bytes = 0;
    if (file < 0 || fstat(file, &about) != 0) {
        *status = sc_fail(error, SC_E_IO, "%s: cannot open: %s", path, strerror(errno));
        goto done;
    }
    if (!S_ISREG(about.st_mode) || about.st_size > SC_CORPUS_BYTES_MAX) {
        *status = sc_fail(error, SC_E_INPUT, "%s: expected a regular file of at most %d bytes",
                          path, SC_CORPUS_BYTES_MAX);
        goto done;
    }
    text = malloc((size_t)about.st_size + 1);
    if (text == NULL) {
        *status = sc_fail(error, SC_E_MEMORY, "%s: no memory for its text", path);
        goto done;
    }
    while (*bytes < (size_t)about.st_size) {
        const ssize_t got = read(file, text + *bytes, (size_t)about.st_size - *bytes);

        if (got < 0 && errno != EINTR) {
            *status = sc_fail(error, SC_E_IO, "%s: cannot read: %s", path, strerror(errno));
            free(text);
            text = NULL;
            goto done;
        }
        if (got == 0) {
            break; /* it has become shorter */
        }
        *bytes += got > 0 ? (size_t)got : 0;
    }
done:
    if (file >= 0) {
        (void)close(file);
    }
    return text;
}

/* Adds a remark line to those there are, as far as there is room. */
static void add_remark(struct sc_finding *finding, const char *line, size_t bytes)
{
    const size_t used = strlen(finding->remark), room = sizeof finding->remark - used - 1;

    line++; /* # */
    bytes--;
    if (bytes > 0 && *line == ' ') {
        line++;
        bytes--;
    }
    if (bytes + 1 > room) {
        return;
    }
    for (size_t n = 0; n < bytes; n++) {
        const unsigned char byte = (unsigned char)line[n];
        finding->remark[used + n] = byte < 0x20 || byte == 0x7f ? '?' : line[n];
    }
    finding->remark[used + bytes] = '\n';
    finding->remark[used + bytes + 1] = '\0';
}

static enum sc_status add_case(struct sc_finding *finding, const char *path, int32_t number,
                               const char *line, size_t bytes, struct sc_error *error)
{
    struct sc_error why = {0};
    struct sc_recipe *more = NULL;

    if (finding->count == SC_CORPUS_CASES_MAX) {
        return sc_fail(error, SC_E_INPUT, "%s:%d: more than %d cases", path, number,
                       SC_CORPUS_CASES_MAX);
    }
    more = realloc(finding->recipes, (size_t)(finding->count + 1) * sizeof *more);
    if (more == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for %d cases", path, finding->count + 1);
    }
    finding->recipes = more;
    if (sc_recipe_parse(line, bytes, &more[finding->count], &why) != SC_OK) {
        return sc_fail(error, why.status, "%s:%d: %s", path, number, why.text);
    }
    finding->count++;
    return SC_OK;
}

static void name_of(const char *path, char *name, size_t room)
{
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    const size_t suffix = strlen(SC_CORPUS_SUFFIX);
    size_t length = strlen(base);

    if (length > suffix && strcmp(base + length - suffix, SC_CORPUS_SUFFIX) == 0) {
        length -= suffix;
    }
    (void)snprintf(name, room, "%.*s", (int)(length < room ? length : room - 1), base);
}

enum sc_status sc_finding_read(const char *path, struct sc_finding *finding, struct sc_error *error)
{
    enum sc_status status = SC_OK;
    size_t bytes = 0;
    int32_t number = 0;

    memset(finding, 0, sizeof *finding);
    name_of(path, finding->name, sizeof finding->name);
    char *text = read_whole(path, &bytes, &status, error);
    for (size_t at = 0; status == SC_OK && at < bytes;) {
        const char *line = text + at, *end = memchr(line, '\n', bytes - at);
        const size_t length = end != NULL ? (size_t)(end - line) : bytes - at;

        number++;
        if (length > 0 && *line == '#') {
            add_remark(finding, line, length);
        } else if (length > 0) {
            status = add_case(finding, path, number, line, length, error);
        }
        at += length + 1;
    }
    if (status == SC_OK && finding->count == 0) {
        status = sc_fail(error, SC_E_INPUT, "%s: holds no case", path);
    }
    if (status != SC_OK) {
        sc_finding_destroy(finding);
    }
    free(text);
    return status;
}

void sc_finding_destroy(struct sc_finding *finding)
{
    free(finding->recipes);
    finding->recipes = NULL;
    finding->count = 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_cases(const char *name)
{
    const size_t length = strlen(name), suffix = strlen(SC_CORPUS_SUFFIX);

    return name[0] != '.' && length > suffix &&
           strcmp(name + length - suffix, SC_CORPUS_SUFFIX) == 0;
}

static enum sc_status add_path(struct sc_corpus *corpus, const char *directory, const char *name,
                               struct sc_error *error)
{
    const size_t room = strlen(directory) + strlen(name) + 2;
    char **more = NULL;

    if (corpus->count == SC_CORPUS_FILES_MAX) {
        return sc_fail(error, SC_E_INPUT, "%s: more than %d files", directory, SC_CORPUS_FILES_MAX);
    }
    more = realloc(corpus->paths, (size_t)(corpus->count + 1) * sizeof *more);
    if (more == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for its names", directory);
    }
    corpus->paths = more;
    more[corpus->count] = malloc(room);
    if (more[corpus->count] == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for its names", directory);
    }
    (void)snprintf(more[corpus->count], room, "%s/%s", directory, name);
    corpus->count++;
    return SC_OK;
}

enum sc_status sc_corpus_list(const char *directory, struct sc_corpus *corpus,
                              struct sc_error *error)
{
    enum sc_status status = SC_OK;
    DIR *open_directory = opendir(directory);

    memset(corpus, 0, sizeof *corpus);
    if (open_directory == NULL && errno == ENOENT) {
        return SC_OK;
    }
    if (open_directory == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot list: %s", directory, strerror(errno));
    }
    errno = 0;
    for (const struct dirent *entry = readdir(open_directory); entry != NULL && status == SC_OK;
         entry = readdir(open_directory)) {
        status =
            is_cases(entry->d_name) ? add_path(corpus, directory, entry->d_name, error) : SC_OK;
        errno = 0;
    }
    if (status == SC_OK && errno != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot list: %s", directory, strerror(errno));
    }
    (void)closedir(open_directory);
    if (status != SC_OK) {
        sc_corpus_destroy(corpus);
        return status;
    }
    if (corpus->count > 1) {
        qsort(corpus->paths, (size_t)corpus->count, sizeof *corpus->paths, by_name);
    }
    return SC_OK;
}

void sc_corpus_destroy(struct sc_corpus *corpus)
{
    for (int32_t n = 0; n < corpus->count; n++) {
        free(corpus->paths[n]);
    }
    free(corpus->paths);
    corpus->paths = NULL;
    corpus->count = 0;
}
