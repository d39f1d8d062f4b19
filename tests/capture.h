/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_CAPTURE_H
#define SC_TESTS_CAPTURE_H

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAPTURE_WORDS 40 /* of a command line */

/* Makes `descriptor` the file `name` of a directory; what it was before. */
static inline int capture_redirect(const char *directory, const char *name, int descriptor)
{
    char path[2 * SCRATCH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    const int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600), old = dup(descriptor);
    cr_assert(file >= 0 && old >= 0);
    (void)dup2(file, descriptor);
    (void)close(file);
    return old;
}

/* Runs a subcommand, with its output in the files `out` and `err` of a directory. What it returns.
 *   words  after the name of the command, up to NULL */
static inline int capture_here(const char *directory, int (*command)(int argc, char **argv),
                               const char *name, const char *const *words)
{
    char *argv[CAPTURE_WORDS + 1] = {(char *)(uintptr_t)name};
    int argc = 1;

    for (; words[argc - 1] != NULL && argc < CAPTURE_WORDS; argc++) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    (void)fflush(stdout);
    (void)fflush(stderr);
    const int old_out = capture_redirect(directory, "out", STDOUT_FILENO);
    const int old_err = capture_redirect(directory, "err", STDERR_FILENO);
    const int code = command(argc, argv);
    (void)fflush(stdout);
    (void)fflush(stderr);
    (void)dup2(old_out, STDOUT_FILENO);
    (void)dup2(old_err, STDERR_FILENO);
    (void)close(old_out);
    (void)close(old_err);
    return code;
}

/* The same in the directory, so that names of files are of files there. */
static inline int capture(const char *directory, int (*command)(int argc, char **argv),
                          const char *name, const char *const *words)
{
    char home[SCRATCH_BYTES];

    cr_assert_not_null(getcwd(home, sizeof home));
    cr_assert_eq(chdir(directory), 0);
    const int code = capture_here(".", command, name, words);
    cr_assert_eq(chdir(home), 0);
    return code;
}

/* Expects that row n of a table was refused: exit 2, and one line on stderr that has `word` in it. */
static inline void capture_expect_refused(const char *directory, int code, size_t n,
                                          const char *word)
{
    char *err = scratch_read(directory, "err"), *end = strchr(err, '\n');

    cr_expect(code == 2, "row %zu, %s: exit %d, '%s'", n, word, code, err);
    cr_expect(end != NULL && end[1] == '\0', "row %zu, %s: not one line: '%s'", n, word, err);
    cr_expect_not_null(strstr(err, word), "row %zu, %s: '%s'", n, word, err);
    free(err);
}

#endif
