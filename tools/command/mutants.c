/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/mutants/mutants.h"
#include "tools/command/command.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: sigmacert mutants --build COMMAND --detect COMMAND [OPTION]... [NAME]...\n"
    "Builds kernels with planted faults, one at a time (all patches of a directory, or those "
    "named), and says\n"
    "which of them a check catches, after how many cases and seconds. In a COMMAND for sh {name} "
    "stands for a\n"
    "mutant and {home} for the directory of its programs.\n"
    "\n"
    "  --build COMMAND     builds one\n"
    "  --detect COMMAND    exit 0: nothing found; 1, or a signal: caught; else no verdict\n"
    "  --predict COMMAND   likewise, of a mutant in which nothing was found: counted apart (none)\n"
    "  --baseline COMMAND  ordinary tests, for comparison (none)\n"
    "  --control NAME      kernels without a fault, built as NAME: put to the check first, which "
    "must find nothing\n"
    "                      in them (none)\n"
    "  --patches DIR       where the patches are (fuzz/mutants)\n"
    "  --home DIR          above the directories of programs (build/mutants)\n"
    "  --evidence DIR      where STAGE.json goes (build/evidence)\n"
    "  --stage STAGE       its name (mutants)\n"
    "\n"
    "Exit: 0 all caught that are not argued to be equivalent; 1 one is not; 2 usage; 3 could not "
    "run.\n"
    "\n"
    "example: make mutants\n";

struct options {
    struct sc_mutants_commands commands;
    const char *patches, *evidence, *stage, *control;
    bool help;
};

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {{"build", required_argument, NULL, 'b'},
                                          {"detect", required_argument, NULL, 'd'},
                                          {"predict", required_argument, NULL, 'r'},
                                          {"baseline", required_argument, NULL, 'l'},
                                          {"patches", required_argument, NULL, 'p'},
                                          {"home", required_argument, NULL, 'o'},
                                          {"evidence", required_argument, NULL, 'e'},
                                          {"stage", required_argument, NULL, 's'},
                                          {"control", required_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int letter;

    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        const char **const to = letter == 'b'   ? &options->commands.build
                                : letter == 'd' ? &options->commands.detect
                                : letter == 'r' ? &options->commands.predict
                                : letter == 'l' ? &options->commands.baseline
                                : letter == 'p' ? &options->patches
                                : letter == 'o' ? &options->commands.home
                                : letter == 'e' ? &options->evidence
                                : letter == 's' ? &options->stage
                                : letter == 'c' ? &options->control
                                                : NULL;
        if (letter == 'h') {
            options->help = true;
            return SC_OK;
        }
        if (to == NULL) {
            return sc_fail(error, SC_E_INPUT,
                           "mutants: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
        *to = optarg;
    }
    return options->commands.build != NULL && options->commands.detect != NULL
               ? SC_OK
               : sc_fail(error, SC_E_INPUT, "mutants: expected --build and --detect (see --help)");
}

/* The kernels without a fault. A check that finds something in them says nothing of the others. */
static enum sc_status run_control(const struct options *options, struct sc_evidence *evidence,
                                  struct sc_error *error)
{
    struct sc_mutant control = {.equivalent = true};

    if (options->control == NULL) {
        return SC_OK;
    }
    (void)snprintf(control.name, sizeof control.name, "%s", options->control);
    const enum sc_status status = sc_mutants_run(&options->commands, &control, error);
    if (status == SC_OK) {
        const bool good = control.decided && !control.caught;
        sc_evidence_check(evidence, ".control", good ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL,
                          control.seconds,
                          good ? "nothing was found in kernels without a fault" : control.check);
        (void)printf("control: %s\n", good ? "nothing found" : control.check);
    }
    return status;
}

static enum sc_status run_all(const struct options *options, struct sc_mutant *mutants,
                              int32_t count, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n < count; n++) {
        status = sc_mutants_run(&options->commands, &mutants[n], error);
        if (status == SC_OK) {
            sc_mutants_print(&mutants[n], stdout);
        }
    }
    return status;
}

int sc_command_mutants(int argc, char **argv)
{
    struct options options = {
        .commands = {.home = "build/mutants"},
        .patches = "fuzz/mutants",
        .evidence = "build/evidence",
    };
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    struct sc_mutant *mutants = NULL;
    int32_t count = 0;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create(options.stage != NULL ? options.stage : "mutants",
                                    "make mutants", &evidence, &error);
    }
    if (status == SC_OK && options.stage == NULL) {
        sc_evidence_prefix(evidence, "fuzz.mutants");
    }
    if (status == SC_OK) {
        status = sc_mutants_list(options.patches, argv + optind, argc - optind, &mutants, &count,
                                 &error);
    }
    if (status == SC_OK) {
        status = run_control(&options, evidence, &error);
    }
    if (status == SC_OK) {
        status = run_all(&options, mutants, count, &error);
    }
    if (status == SC_OK) {
        (void)sc_mutants_sum(mutants, count, evidence, stdout);
        code = sc_evidence_failed(evidence) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
        status = sc_evidence_write(evidence, options.evidence, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    free(mutants);
    sc_evidence_destroy(evidence);
    return code;
}
