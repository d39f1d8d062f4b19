/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/clock.h"
#include "tools/command/command.h"
#include "tools/report/evidence.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LINE_BYTES 512
#define NAME_BYTES 64

static const char help[] =
    "usage: sigmacert stage NAME CHECK=COMMAND... [OPTION]...\n"
    "Runs commands of other tools, for sh, one after the other, and writes what became of them as "
    "a\n"
    "stage's evidence. Exit 0 of a COMMAND: passed; 3: could not run here, skipped; else failed. "
    "The last\n"
    "line that it prints is kept as the detail.\n"
    "\n"
    "  --evidence DIR  where NAME.json goes (build/evidence)\n"
    "\n"
    "Exit: 0 none failed and one passed; 1 one failed; 2 usage; 3 all were skipped.\n"
    "\n"
    "example: sigmacert stage gpu-sanitizer memcheck='compute-sanitizer --error-exitcode 1 "
    "./kernel'\n";

struct options {
    const char *evidence;
    char **words; /* the name, and the checks */
    int count;
    bool help;
};

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {{"evidence", required_argument, NULL, 'e'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int letter;

    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (letter == 'h') {
            options->help = true;
            return SC_OK;
        }
        if (letter != 'e') {
            return sc_fail(error, SC_E_INPUT, "stage: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
        options->evidence = optarg;
    }
    options->words = argv + optind;
    options->count = argc - optind;
    if (options->count < 2) {
        return sc_fail(error, SC_E_INPUT,
                       "stage: expected a name and one CHECK=COMMAND or more (see --help)");
    }
    for (int n = 1; n < options->count; n++) {
        const char *end = strchr(options->words[n], '=');
        if (end == NULL || end == options->words[n] || end[1] == '\0' ||
            end - options->words[n] >= NAME_BYTES) {
            return sc_fail(error, SC_E_INPUT,
                           "stage: '%.80s', expected CHECK=COMMAND, CHECK of fewer than %d letters",
                           options->words[n], NAME_BYTES);
        }
    }
    return SC_OK;
}

/* Runs a command, shows what it prints, and keeps the last line that is not empty. */
static enum sc_status run(const char *command, char last[LINE_BYTES], int *code,
                          struct sc_error *error)
{
    char line[LINE_BYTES];
    FILE *output = popen(command, "r");

    last[0] = '\0';
    if (output == NULL) {
        return sc_fail(error, SC_E_IO, "stage: cannot run '%.200s': %s", command, strerror(errno));
    }
    while (fgets(line, sizeof line, output) != NULL) {
        (void)fputs(line, stdout);
        line[strcspn(line, "\n")] = '\0';
        if (line[strspn(line, " \t")] != '\0') {
            memcpy(last, line, sizeof line);
        }
    }
    const int ended = pclose(output);

    *code = ended >= 0 && WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    return SC_OK;
}

static enum sc_status run_check(const char *word, struct sc_evidence *evidence,
                                struct sc_error *error)
{
    const char *end = strchr(word, '=');
    char name[NAME_BYTES + 1], last[LINE_BYTES], detail[LINE_BYTES + 32];
    const double start = sc_clock_now();
    int code = 0;
    const enum sc_status status = run(end + 1, last, &code, error);

    if (status != SC_OK) {
        return status;
    }
    (void)snprintf(name, sizeof name, ".%.*s", (int)(end - word), word);
    (void)snprintf(detail, sizeof detail, code > 0 ? "%s (exit %d)" : "%s",
                   last[0] != '\0' ? last
                   : code < 0      ? "ended by a signal"
                                   : "no output",
                   code);
    sc_evidence_check(evidence, name,
                      code == 0                     ? SC_EVIDENCE_PASS
                      : code == SC_EXIT_UNAVAILABLE ? SC_EVIDENCE_SKIPPED
                                                    : SC_EVIDENCE_FAIL,
                      sc_clock_now() - start, detail);
    return SC_OK;
}

int sc_command_stage(int argc, char **argv)
{
    struct options options = {.evidence = "build/evidence"};
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create(options.words[0], "sigmacert stage", &evidence, &error);
    }
    for (int n = 1; status == SC_OK && n < options.count; n++) {
        status = run_check(options.words[n], evidence, &error);
    }
    if (status == SC_OK) {
        status = sc_evidence_write(evidence, options.evidence, &error);
    }
    if (status == SC_OK) {
        const enum sc_evidence_status found = sc_evidence_found(evidence);
        code = found == SC_EVIDENCE_PASS      ? SC_EXIT_VERIFIED
               : found == SC_EVIDENCE_SKIPPED ? SC_EXIT_UNAVAILABLE
                                              : SC_EXIT_FALSIFIED;
        sc_evidence_print_failed(evidence, stderr);
    } else {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    sc_evidence_destroy(evidence);
    return code;
}
