/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"
#include "tools/command/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: sigmacert bench oracle|fuzz|lipschitz [--evidence DIR]\n"
    "Measures speed: ratios against a named alternative in the same run, "
    "and whole jobs. A goal that\n"
    "is not met is said and fails nothing.\n"
    "\n"
    "  oracle           exact results, against arbitrary precision\n"
    "  fuzz             small cases a second: drawn and judged\n"
    "  lipschitz        certified constants of layers; power iteration in binary32 beside them\n"
    "\n"
    "  --evidence DIR   where oracle.json, fuzz-speed.json or lipschitz-speed.json goes "
    "(build/evidence)\n"
    "\n"
    "Exit: 0 measured; 2 usage; 3 could not run.\n"
    "\n"
    "example: sigmacert bench oracle\n";

static const struct subject {
    const char *name, *stage, *command, *check;
    enum sc_status (*measure)(struct sc_evidence *evidence, struct sc_error *error);
} subjects[] = {
    {"oracle", "oracle", "sigmacert bench oracle", "oracle.measured", sc_bench_oracle},
    {"fuzz", "fuzz-speed", "sigmacert bench fuzz", "fuzz-speed.measured", sc_bench_fuzz},
    {"lipschitz", "lipschitz-speed", "sigmacert bench lipschitz", "lipschitz-speed.measured",
     sc_bench_lipschitz}};

static const struct subject *find(const char *name)
{
    for (size_t n = 0; n < sizeof subjects / sizeof subjects[0]; n++) {
        if (strcmp(subjects[n].name, name) == 0) {
            return &subjects[n];
        }
    }
    return NULL;
}

static enum sc_status parse(int argc, char **argv, const char **directory,
                            const struct subject **subject, bool *wants_help,
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
    *subject = optind + 1 == argc ? find(argv[optind]) : NULL;
    if (*subject == NULL) {
        return sc_fail(error, SC_E_INPUT,
                       "bench: '%s', expected one word: oracle, fuzz or lipschitz",
                       optind < argc ? argv[optind] : "");
    }
    return SC_OK;
}

int sc_command_bench(int argc, char **argv)
{
    const char *directory = "build/evidence";
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    const struct subject *subject = NULL;
    bool wants_help = false;
    enum sc_status status = parse(argc, argv, &directory, &subject, &wants_help, &error);

    if (status == SC_OK && wants_help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create(subject->stage, subject->command, &evidence, &error);
    }
    if (status == SC_OK) {
        status = subject->measure(evidence, &error);
    }
    if (status == SC_OK) {
        sc_evidence_check(evidence, subject->check, SC_EVIDENCE_PASS, 0.0, NULL);
        status = sc_evidence_write(evidence, directory, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_evidence_destroy(evidence);
    return sc_command_exit(status);
}
