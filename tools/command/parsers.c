/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/report/evidence.h"
#include "tools/report/fuzzed.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: sigmacert parsers [--evidence DIR] LOG...\n"
    "Records what libFuzzer programs of the readers (fuzz/parsers) wrote: one log a reader, named\n"
    "READER.log.\n"
    "\n"
    "  --evidence DIR   where parsers.json goes (build/evidence)\n"
    "\n"
    "Exit: 0 no finding; 1 one; 2 usage, or a log that ends early.\n"
    "\n"
    "example: sigmacert parsers build/parsers/npy.log\n";

#define GOAL 10000000.0 /* executions of each reader */

struct options {
    const char *evidence;
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
            return sc_fail(error, SC_E_INPUT,
                           "parsers: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
        options->evidence = optarg;
    }
    return optind < argc ? SC_OK : sc_fail(error, SC_E_INPUT, "parsers: no log, expected LOG...");
}

/* READER of DIRECTORY/READER.log. */
static void name_reader(const char *path, char *name, size_t bytes)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;

    (void)snprintf(name, bytes, "%.*s", (int)strcspn(base, "."), base);
}

static enum sc_status record(const char *path, struct sc_evidence *evidence, struct sc_error *error)
{
    char reader[48], name[96], detail[256];
    struct sc_fuzzed fuzzed;
    const enum sc_status status = sc_fuzzed_read(path, &fuzzed, error);

    if (status != SC_OK) {
        return status;
    }
    name_reader(path, reader, sizeof reader);
    (void)snprintf(detail, sizeof detail, "%lld executions%s%s", (long long)fuzzed.executions,
                   fuzzed.finished ? ", no finding" : ", not finished: ", fuzzed.error);
    (void)printf("parsers: %-12s %s\n", reader, detail);
    (void)snprintf(name, sizeof name, "parsers.%s", reader);
    sc_evidence_check(evidence, name, fuzzed.finished ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      detail);
    (void)snprintf(name, sizeof name, "fuzz.parsers.executions.%s", reader);
    sc_evidence_figure(evidence, name, (double)fuzzed.executions, "1", SC_EVIDENCE_AT_LEAST, GOAL);
    (void)snprintf(name, sizeof name, "fuzz.parsers.crashes.%s", reader);
    sc_evidence_figure(evidence, name, fuzzed.finished ? 0.0 : 1.0, "1", SC_EVIDENCE_AT_MOST, 0.0);
    return SC_OK;
}

int sc_command_parsers(int argc, char **argv)
{
    struct options options = {"build/evidence", false};
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create("parsers", "make fuzz-parsers", &evidence, &error);
    }
    for (int n = optind; status == SC_OK && n < argc; n++) {
        status = record(argv[n], evidence, &error);
    }
    if (status == SC_OK) {
        status = sc_evidence_write(evidence, options.evidence, &error);
    }
    if (status == SC_OK) {
        code = sc_evidence_failed(evidence) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
    } else {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    sc_evidence_destroy(evidence);
    return code;
}
