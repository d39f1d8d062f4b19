/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/gappa.h"

#include "tools/proofs/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* The text of the second comment, on one line. */
static enum sc_status read_what(const char *path, const char *text, struct sc_gappa_script *script,
                                struct sc_error *error)
{
    const char *begin = strstr(text, "*/");
    begin = begin == NULL ? NULL : strstr(begin, "/* ");
    const char *end = begin == NULL ? NULL : strstr(begin, "*/");
    size_t size = 0;

    if (end == NULL) {
        return sc_fail(error, SC_E_INPUT, "%s: no comment that says what it proves", path);
    }
    for (const char *c = begin + 3; c < end && size + 1 < sizeof script->what; c++) {
        if (*c == '\n') {
            script->what[size++] = ' ';
            c += strspn(c, "\n *") - 1;
        } else {
            script->what[size++] = *c;
        }
    }
    while (size > 0 && (script->what[size - 1] == ' ' || script->what[size - 1] == '.')) {
        size--;
    }
    script->what[size] = '\0';
    return SC_OK;
}

static enum sc_status read_script(const char *sources, const char *logs,
                                  struct sc_gappa_script *script, struct sc_error *error)
{
    static const char last[] = "proved\n";
    char *text = NULL, *log = NULL, path[1024];

    (void)snprintf(path, sizeof path, "%s/%s.g", sources, script->name);
    enum sc_status status = sc_file_read(path, &text, error);
    if (status == SC_OK) {
        status = read_what(path, text, script, error);
        script->asks = strchr(text, '?') != NULL;
        free(text);
    }
    if (status != SC_OK) {
        return status;
    }
    (void)snprintf(path, sizeof path, "%s/%s.log", logs, script->name);
    script->run = sc_file_read(path, &log, NULL) == SC_OK;
    if (script->run) {
        const size_t size = strlen(log), length = sizeof last - 1;
        script->proved = size >= length && strcmp(log + size - length, last) == 0 &&
                         (size == length || log[size - length - 1] == '\n');
        free(log);
    }
    return SC_OK;
}

static int is_script(const struct dirent *entry)
{
    const size_t size = strlen(entry->d_name);

    return size > 2 && size < sizeof((struct sc_gappa_script *)NULL)->name &&
           strcmp(entry->d_name + size - 2, ".g") == 0;
}

enum sc_status sc_gappa_read(const char *sources, const char *logs, struct sc_gappa *gappa,
                             struct sc_error *error)
{
    struct dirent **entries = NULL;
    const int count = scandir(sources, &entries, is_script, alphasort);
    enum sc_status status = SC_OK;

    *gappa = (struct sc_gappa){.count = 0};
    if (count < 1) {
        status = sc_fail(error, SC_E_IO, "%s: no script, expected *.g", sources);
    } else {
        gappa->list = calloc((size_t)count, sizeof *gappa->list);
        if (gappa->list == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "proofs: no memory");
        }
    }
    for (int n = 0; n < count; n++) {
        if (status == SC_OK) {
            struct sc_gappa_script *script = &gappa->list[gappa->count++];
            (void)snprintf(script->name, sizeof script->name, "%.*s",
                           (int)strlen(entries[n]->d_name) - 2, entries[n]->d_name);
            status = read_script(sources, logs, script, error);
        }
        free(entries[n]);
    }
    free(entries);
    if (status != SC_OK) {
        sc_gappa_destroy(gappa);
    }
    return status;
}

void sc_gappa_destroy(struct sc_gappa *gappa)
{
    free(gappa->list);
    *gappa = (struct sc_gappa){.count = 0};
}

void sc_gappa_check(const struct sc_gappa *gappa, struct sc_evidence *evidence)
{
    for (size_t n = 0; n < gappa->count; n++) {
        const struct sc_gappa_script *script = &gappa->list[n];
        char name[96];
        (void)snprintf(name, sizeof name, "gappa.%s", script->name);
        if (!script->run) {
            sc_evidence_check(evidence, name, SC_EVIDENCE_SKIPPED, 0.0, "no gappa");
            continue;
        }
        sc_evidence_check(evidence, name,
                          script->proved && !script->asks ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL,
                          0.0, script->asks ? "a '?' demands nothing" : script->what);
    }
}

void sc_gappa_status(const struct sc_gappa *gappa, FILE *out)
{
    (void)fputs("\n## Rounding of scalars, by Gappa\n\n| script | what | |\n|---|---|---|\n", out);
    for (size_t n = 0; n < gappa->count; n++) {
        (void)fprintf(out, "| [%s](gappa/%s.g) | %s | %s |\n", gappa->list[n].name,
                      gappa->list[n].name, gappa->list[n].what,
                      gappa->list[n].proved ? "proved" : "not proved");
    }
}
