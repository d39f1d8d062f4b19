/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_LAYER_COMMAND_H
#define SC_TESTS_LAYER_COMMAND_H

#include "tests/capture.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs of commands that measure a layer in files. */

#define WORDS CAPTURE_WORDS

/* A file of doubles: `shape` is as in Python. */
static inline void write_npy(const char *directory, const char *name, const char *shape,
                             const double *values, size_t count)
{
    char path[2 * SCRATCH_BYTES], header[119] = {0};

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    const int length = snprintf(header, sizeof header,
                                "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape);
    cr_assert(length > 0 && length < 117);
    memset(header + length, ' ', (size_t)(117 - length));
    header[117] = '\n';
    cr_assert_eq(fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, file), 10u);
    cr_assert_eq(fwrite(header, 1, 118, file), 118u);
    cr_assert_eq(fwrite(values, sizeof *values, count, file), count);
    cr_assert_eq(fclose(file), 0);
}

/* Runs a command in the directory, output and errors in files there. */
static inline int layer_command(int (*command)(int, char **), const char *directory,
                                const char *const *words)
{
    return capture(directory, command, "command", words);
}

static inline double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    cr_assert(json_is_number(value), "no %s", key);
    return json_number_value(value);
}

/* Runs with --json; the caller releases what it says. */
static inline json_t *layer_command_json(int (*command)(int, char **), const char *directory,
                                         const char *const *words)
{
    const int code = layer_command(command, directory, words);
    char *out = scratch_read(directory, "out"), *err = scratch_read(directory, "err");
    json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, NULL);

    cr_assert_eq(code, 0, "%s", err);
    cr_expect_str_eq(err, "");
    cr_assert(json_is_array(root), "%s", out);
    free(out);
    free(err);
    return root;
}

#endif
