/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"
#include "tools/command/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "usage: sigmacert bench oracle [--evidence DIR]\n"
                           "Measures speed: ratios against a named alternative in the same run, "
                           "and whole jobs. A goal that\n"
                           "is not met is said and fails nothing.\n"
                           "\n"
                           "  --evidence DIR   where oracle.json goes (build/evidence)\n"
                           "\n"
                           "Exit: 0 measured; 2 usage; 3 could not run.\n"
                           "\n"
                           "example: sigmacert bench oracle\n";

static enum sc_status parse(int argc, char **argv, const char **directory, bool *wants_help,
                            struct sc_error *error)
{
    static const struct option known[] = {{"evidence", required_argument, NULL, 'e'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int letter;

    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (letter == 'h') {
            *wants_help = true;
            return SC_OK;
        }
        if (letter != 'e') {
            return sc_fail(error, SC_E_INPUT, "bench: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
        *directory = optarg;
    }
    if (optind + 1 != argc || strcmp(argv[optind], "oracle") != 0) {
        return sc_fail(error, SC_E_INPUT, "bench: '%s', expected one word: oracle",
                       optind < argc ? argv[optind] : "");
    }
    return SC_OK;
}

int sc_command_bench(int argc, char **argv)
{
    const char *directory = "build/evidence";
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    bool wants_help = false;
    enum sc_status status = parse(argc, argv, &directory, &wants_help, &error);

    if (status == SC_OK && wants_help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create("oracle", "sigmacert bench oracle", &evidence, &error);
    }
    if (status == SC_OK) {
        status = sc_bench_oracle(evidence, &error);
    }
    if (status == SC_OK) {
        sc_evidence_check(evidence, "oracle.measured", SC_EVIDENCE_PASS, 0.0, NULL);
        status = sc_evidence_write(evidence, directory, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_evidence_destroy(evidence);
    return sc_command_exit(status);
}
