/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_SCRATCH_H
#define SC_TESTS_SCRATCH_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_BYTES 256

/* Makes an empty directory of its own for a test; scratch_remove deletes it. */
static inline void scratch_create(char directory[SCRATCH_BYTES])
{
    const char *const base = getenv("TMPDIR");

    (void)snprintf(directory, SCRATCH_BYTES, "%.200s/sigmacert-XXXXXX",
                   base == NULL ? "/tmp" : base);
    cr_assert_not_null(mkdtemp(directory), "no scratch directory");
}

static inline void scratch_remove(const char *directory)
{
    char command[SCRATCH_BYTES + 16];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", directory);
    cr_expect_eq(system(command), 0);
}

static inline void scratch_write(const char *directory, const char *name, const char *text)
{
    char path[2 * SCRATCH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    cr_assert_eq(fclose(file), 0);
}

/* The contents of a file, at most 1 MiB; the caller frees it. NULL if it is not there. */
static inline char *scratch_read(const char *directory, const char *name)
{
    char path[2 * SCRATCH_BYTES];
    const size_t room = 1 << 20;

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = malloc(room + 1);
    cr_assert_not_null(text);
    text[fread(text, 1, room, file)] = '\0';
    (void)fclose(file);
    return text;
}

/* The number of entries of a directory. */
static inline int scratch_count(const char *directory)
{
    int count = -2; /* "." and ".." */
    DIR *entries = opendir(directory);

    cr_assert_not_null(entries);
    while (readdir(entries) != NULL) {
        count++;
    }
    (void)closedir(entries);
    return count;
}

#endif
