/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_CAPTURE_H
#define SC_TESTS_CAPTURE_H

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CAPTURE_WORDS 24

/* Runs a subcommand in a directory, with its output in the files `out` and `err` there. What it returns.
 *   words  after the name of the command, up to NULL */
static inline int capture(const char *directory, int (*command)(int argc, char **argv),
                          const char *name, const char *const *words)
{
    char *argv[CAPTURE_WORDS + 1] = {(char *)(uintptr_t)name}, home[SCRATCH_BYTES];
    int argc = 1;

    for (; words[argc - 1] != NULL && argc < CAPTURE_WORDS; argc++) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    cr_assert_not_null(getcwd(home, sizeof home));
    cr_assert_eq(chdir(directory), 0);
    (void)fflush(stdout);
    (void)fflush(stderr);
    const int out = open("out", O_CREAT | O_TRUNC | O_WRONLY, 0600), old_out = dup(STDOUT_FILENO);
    const int err = open("err", O_CREAT | O_TRUNC | O_WRONLY, 0600), old_err = dup(STDERR_FILENO);
    cr_assert(out >= 0 && err >= 0 && old_out >= 0 && old_err >= 0);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    const int code = command(argc, argv);
    (void)fflush(stdout);
    (void)fflush(stderr);
    (void)dup2(old_out, STDOUT_FILENO);
    (void)dup2(old_err, STDERR_FILENO);
    (void)close(out);
    (void)close(err);
    (void)close(old_out);
    (void)close(old_err);
    cr_assert_eq(chdir(home), 0);
    return code;
}

#endif
