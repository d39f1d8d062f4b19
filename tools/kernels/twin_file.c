/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/save.h"
#include "tools/kernels/twin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER     "twin/1\n"
#define LINE_BYTES 128

enum sc_status sc_twin_add(struct sc_twin_list *list, const struct sc_twin_digests *digests,
                           struct sc_error *error)
{
    struct sc_twin_digests *const more =
        realloc(list->entries, ((size_t)list->count + 1) * sizeof *more);

    if (more == NULL) {
        return sc_fail(error, SC_E_MEMORY, "kernels: no memory for digests");
    }
    list->entries = more;
    list->entries[list->count++] = *digests;
    return SC_OK;
}

const struct sc_twin_digests *sc_twin_find(const struct sc_twin_list *list, uint64_t seed)
{
    for (int64_t n = 0; n < list->count; n++) {
        if (list->entries[n].seed == seed) {
            return &list->entries[n];
        }
    }
    return NULL;
}

enum sc_status sc_twin_write(const char *path, const struct sc_twin_list *list,
                             struct sc_error *error)
{
    const size_t room = sizeof HEADER + (size_t)list->count * LINE_BYTES;
    char *text = malloc(room);
    size_t used = strlen(HEADER);

    if (text == NULL) {
        return sc_fail(error, SC_E_MEMORY, "kernels: no memory for digests");
    }
    memcpy(text, HEADER, sizeof HEADER);
    for (int64_t n = 0; n < list->count; n++) {
        const struct sc_twin_digests *x = &list->entries[n];
        used += (size_t)snprintf(text + used, room - used,
                                 "%" PRIu64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64
                                 " %016" PRIx64 "\n",
                                 x->seed, x->of[SC_OUTPUTS_O], x->of[SC_OUTPUTS_D_Q],
                                 x->of[SC_OUTPUTS_D_K], x->of[SC_OUTPUTS_D_V]);
    }
    const struct sc_save_part part = {text, used};
    const enum sc_status status = sc_save(path, &part, 1, error);

    free(text);
    return status;
}

static bool parse(const char *line, struct sc_twin_digests *x)
{
    uint64_t *const of = x->of;
    int end = 0;

    return sscanf(line, "%" SCNu64 " %16" SCNx64 " %16" SCNx64 " %16" SCNx64 " %16" SCNx64 "%n",
                  &x->seed, &of[SC_OUTPUTS_O], &of[SC_OUTPUTS_D_Q], &of[SC_OUTPUTS_D_K],
                  &of[SC_OUTPUTS_D_V], &end) == 1 + SC_OUTPUTS &&
           strcmp(line + end, "\n") == 0;
}

enum sc_status sc_twin_read(const char *path, struct sc_twin_list *list, struct sc_error *error)
{
    char line[LINE_BYTES];
    enum sc_status status = SC_OK;
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    if (fgets(line, sizeof line, file) == NULL || strcmp(line, HEADER) != 0) {
        status = sc_fail(error, SC_E_INPUT, "%s: expected 'twin/1' in the first line", path);
    }
    for (int64_t n = 2; status == SC_OK && fgets(line, sizeof line, file) != NULL; n++) {
        struct sc_twin_digests digests;
        status = parse(line, &digests)
                     ? sc_twin_add(list, &digests, error)
                     : sc_fail(error, SC_E_INPUT,
                               "%s: line %" PRId64
                               ": expected a seed and four digests of 16 hexadecimal digits",
                               path, n);
    }
    if (status == SC_OK && ferror(file) != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    (void)fclose(file);
    return status;
}

void sc_twin_destroy(struct sc_twin_list *list)
{
    free(list->entries);
    list->entries = NULL;
    list->count = 0;
}
