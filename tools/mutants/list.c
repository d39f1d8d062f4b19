/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/mutants/mutants.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".patch"

static int by_name(const void *a, const void *b)
{
    const struct sc_mutant *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* Reads what the head of a patch says. */
static enum sc_status read_head(const char *directory, struct sc_mutant *mutant,
                                struct sc_error *error)
{
    char path[512], line[1024];

    (void)snprintf(path, sizeof path, "%s/%s" SUFFIX, directory, mutant->name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return sc_fail(error, SC_E_INPUT, "%s: cannot open: %s", path, strerror(errno));
    }
    for (int32_t n = 0; n < 3 && fgets(line, sizeof line, file) != NULL; n++) {
        mutant->equivalent = n == 2 && strncmp(line, "equivalent: ", 12) == 0;
    }
    (void)fclose(file);
    return SC_OK;
}

static enum sc_status append(const char *name, size_t length, struct sc_mutant **mutants,
                             int32_t *found, struct sc_error *error)
{
    void *grown = realloc(*mutants, ((size_t)*found + 1) * sizeof **mutants);

    if (grown == NULL) {
        return sc_fail(error, SC_E_MEMORY, "mutants: no memory for a list");
    }
    *mutants = grown;
    struct sc_mutant *added = &(*mutants)[(*found)++];
    memset(added, 0, sizeof *added);
    if (length >= sizeof added->name) {
        return sc_fail(error, SC_E_INPUT, "mutants: %s: a name of more than %d bytes", name,
                       SC_MUTANTS_NAME_BYTES - 1);
    }
    memcpy(added->name, name, length);
    return SC_OK;
}

static enum sc_status append_all(const char *directory, struct sc_mutant **mutants, int32_t *found,
                                 struct sc_error *error)
{
    DIR *open = opendir(directory);
    const struct dirent *entry = NULL;
    enum sc_status status = SC_OK;

    if (open == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot read: %s", directory, strerror(errno));
    }
    while (status == SC_OK && (entry = readdir(open)) != NULL) {
        const char *end = strstr(entry->d_name, SUFFIX);
        if (end != NULL && strcmp(end, SUFFIX) == 0) {
            status = append(entry->d_name, (size_t)(end - entry->d_name), mutants, found, error);
        }
    }
    (void)closedir(open);
    return status;
}

enum sc_status sc_mutants_list(const char *directory, char *const *names, int32_t count,
                               struct sc_mutant **mutants, int32_t *found, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    *mutants = NULL;
    *found = 0;
    if (count == 0) {
        status = append_all(directory, mutants, found, error);
    }
    for (int32_t n = 0; status == SC_OK && n < count; n++) {
        status = append(names[n], strlen(names[n]), mutants, found, error);
    }
    if (status == SC_OK && *found > 0) {
        qsort(*mutants, (size_t)*found, sizeof **mutants, by_name);
    }
    for (int32_t n = 0; status == SC_OK && n < *found; n++) {
        status = read_head(directory, &(*mutants)[n], error);
    }
    return status;
}
