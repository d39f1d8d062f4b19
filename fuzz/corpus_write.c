/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/corpus.h"

#include "reference/save.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A remark as lines that begin with #, then the cases. */
static size_t write_text(char *text, const char *cases, size_t bytes, const char *remark)
{
    size_t length = 0;

    for (const char *at = remark; *at != '\0';) {
        const size_t line = strcspn(at, "\n");

        text[length++] = '#';
        text[length++] = ' ';
        for (size_t n = 0; n < line; n++) {
            const unsigned char byte = (unsigned char)at[n];
            text[length++] = byte < 0x20 || byte == 0x7f ? '?' : at[n];
        }
        text[length++] = '\n';
        at += line + (at[line] == '\n' ? 1 : 0);
    }
    memcpy(text + length, cases, bytes);
    return length + bytes;
}

/* CHECK-HASH; the hash is FNV-1a of the cases' text. */
static void name_finding(char *name, size_t room, const char *check, const char *cases,
                         size_t bytes)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t length = 0;

    for (size_t n = 0; n < bytes; n++) {
        hash = (hash ^ (uint8_t)cases[n]) * 0x100000001b3u;
    }
    for (const char *c = check; *c != '\0' && length < 40; c++) {
        const int plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        name[length++] = plain ? *c : '-';
    }
    (void)snprintf(name + length, room - length, "%s%016llx", length > 0 ? "-" : "",
                   (unsigned long long)hash);
}

enum sc_status sc_corpus_write(const char *directory, const char *check,
                               const struct sc_recipe *recipes, int32_t count, const char *remark,
                               char *path, size_t room, struct sc_error *error)
{
    /* A remark of empty lines becomes three times as long. */
    const size_t most = (size_t)count * SC_RECIPE_TEXT_MAX, remarks = 3 * strlen(remark) + 3;
    const size_t path_room = strlen(directory) + 128;
    char *cases = malloc(most), *text = malloc(most + remarks), *whole = malloc(path_room);
    enum sc_status status = SC_OK;
    size_t bytes = 0;
    char name[80];

    if (cases == NULL || text == NULL || whole == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory for a finding", directory);
        goto done;
    }
    for (int32_t n = 0; n < count; n++) {
        bytes += sc_recipe_print(&recipes[n], cases + bytes);
        cases[bytes++] = '\n';
    }
    name_finding(name, sizeof name, check, cases, bytes);
    (void)snprintf(whole, path_room, "%s/%s%s", directory, name, SC_CORPUS_SUFFIX);
    if (mkdir(directory, 0777) != 0 && errno != EEXIST) {
        status = sc_fail(error, SC_E_IO, "%s: cannot make: %s", directory, strerror(errno));
        goto done;
    }
    const struct sc_save_part part = {text, write_text(text, cases, bytes, remark)};
    status = sc_save(whole, &part, 1, error);
    if (status == SC_OK && path != NULL) {
        (void)snprintf(path, room, "%s", whole);
    }
done:
    free(whole);
    free(text);
    free(cases);
    return status;
}
