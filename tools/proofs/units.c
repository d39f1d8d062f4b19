/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 8192

/* Cuts the next column off `*rest`, without the blanks around it. */
static char *column(char **rest)
{
    char *begin = *rest + strspn(*rest, " ");
    char *end = begin + strcspn(begin, "|\n");

    *rest = *end == '|' ? end + 1 : end;
    while (end > begin && end[-1] == ' ') {
        end--;
    }
    if (*rest == end) {
        *rest = end + (*end != '\0' ? 1 : 0);
    }
    *end = '\0';
    return begin;
}

static int add(struct sc_units *units, const char *text)
{
    struct sc_unit *list = realloc(units->list, (units->count + 1) * sizeof *list);

    if (list == NULL) {
        return -1;
    }
    units->list = list;
    struct sc_unit *unit = &list[units->count];
    unit->line = malloc(strlen(text) + 2);
    if (unit->line == NULL) {
        return -1;
    }
    (void)strcpy(unit->line, text);
    unit->line[strlen(text) + 1] = '\0'; /* a second end: a missing column is empty */
    char *rest = unit->line;
    unit->name = column(&rest);
    unit->source = column(&rest);
    unit->functions = column(&rest);
    unit->lemmas = column(&rest);
    units->count++;
    return 0;
}

enum sc_status sc_units_read(const char *path, struct sc_units *units, struct sc_error *error)
{
    enum sc_status status = SC_OK;
    char line[LINE_BYTES];

    *units = (struct sc_units){.count = 0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    while (status == SC_OK && fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        if (strchr(line, '\n') == NULL) {
            status = sc_fail(error, SC_E_INPUT, "%s: a line without end, expected at most %d bytes",
                             path, LINE_BYTES - 2);
        } else if (add(units, line) != 0) {
            status = sc_fail(error, SC_E_MEMORY, "%s: no memory", path);
        } else if (units->list[units->count - 1].source[0] == '\0') {
            status =
                sc_fail(error, SC_E_INPUT, "%s: '%s', expected unit | source | functions | lemmas",
                        path, units->list[units->count - 1].name);
        }
    }
    (void)fclose(file);
    if (status != SC_OK) {
        sc_units_destroy(units);
    }
    return status;
}

void sc_units_destroy(struct sc_units *units)
{
    for (size_t n = 0; n < units->count; n++) {
        free(units->list[n].line);
    }
    free(units->list);
    *units = (struct sc_units){.count = 0};
}

int sc_unit_is_proved(const struct sc_unit *unit)
{
    return strcmp(unit->name, "-") != 0;
}

size_t sc_units_words(const char *list)
{
    size_t count = 0;

    while (*list != '\0') {
        const size_t length = strcspn(list, " ");
        count += length > 0 ? 1 : 0;
        list += length;
        list += strspn(list, " ");
    }
    return count;
}

int sc_units_has(const char *list, const char *word, size_t length)
{
    while (*list != '\0') {
        const size_t here = strcspn(list, " ");
        if (here == length && strncmp(list, word, length) == 0) {
            return 1;
        }
        list += here;
        list += strspn(list, " ");
    }
    return 0;
}
