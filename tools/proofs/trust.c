/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/trust.h"

#include <stdio.h>
#include <string.h>

#define ENTRY_BYTES 256

/* A line of the list, cut up. */
struct entry {
    char kind[32], name[128], reason[ENTRY_BYTES];
};

/* The entry at `line`; false for a comment or an empty line. */
static bool read_entry(const char *line, struct entry *entry)
{
    entry->reason[0] = '\0';
    return line[0] != '#' &&
           sscanf(line, "%31s %127[^:\n]: %255[^\n]", entry->kind, entry->name, entry->reason) >= 2;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end == NULL ? line + strlen(line) : end + 1;
}

bool sc_trust_has(const char *list, const char *entry)
{
    const size_t length = strlen(entry);

    for (const char *line = list; *line != '\0'; line = next_line(line)) {
        if (strncmp(line, entry, length) == 0 && line[length] == ':') {
            return true;
        }
    }
    return false;
}

static const char proved_in[] = "proved in the unit ";

/* Whether a unit of that name lists the function. */
static bool is_proved_in(const struct sc_units *units, const char *unit, const char *function)
{
    for (size_t n = 0; n < units->count; n++) {
        if (strcmp(units->list[n].name, unit) == 0) {
            return sc_units_has(units->list[n].functions, function, strlen(function)) != 0;
        }
    }
    return false;
}

static void add(struct sc_evidence *evidence, const char *name, const char *detail)
{
    const bool good = detail[0] == '\0';

    sc_evidence_check(evidence, name, good ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      good ? NULL : detail);
}

void sc_trust_check(const char *list, const struct sc_units *units, const char *soundness,
                    struct sc_evidence *evidence)
{
    char units_detail[512] = "", said_detail[512] = "", row_detail[512] = "", row[ENTRY_BYTES];
    struct entry entry;

    for (const char *line = list; *line != '\0'; line = next_line(line)) {
        if (!read_entry(line, &entry)) {
            continue;
        }
        if (strncmp(entry.reason, proved_in, sizeof proved_in - 1) == 0) {
            if (!is_proved_in(units, entry.reason + sizeof proved_in - 1, entry.name)) {
                (void)snprintf(units_detail, sizeof units_detail, "%.128s is not %.255s",
                               entry.name, entry.reason);
            }
            continue;
        }
        (void)snprintf(row, sizeof row, "\n| %s `%s` |", entry.kind, entry.name);
        if (strstr(soundness, row) == NULL) {
            (void)snprintf(said_detail, sizeof said_detail, "proofs/SOUNDNESS.md has no row '%s'",
                           row + 1);
        }
    }
    for (const char *line = soundness; *line != '\0'; line = next_line(line)) {
        if (sscanf(line, "| %31s `%127[^`\n]` |", entry.kind, entry.name) == 2) {
            (void)snprintf(row, sizeof row, "%s %s", entry.kind, entry.name);
            if (!sc_trust_has(list, row)) {
                (void)snprintf(row_detail, sizeof row_detail,
                               "proofs/SOUNDNESS.md has %.200s, which is not in proofs/wp/trusted",
                               row);
            }
        }
    }
    add(evidence, "trust.proved-elsewhere", units_detail);
    add(evidence, "trust.said", said_detail);
    add(evidence, "trust.current", row_detail);
}
