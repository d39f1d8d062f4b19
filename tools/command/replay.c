/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/replay/replay.h"

#include "fuzz/corpus.h"
#include "reference/save.h"
#include "tools/command/command.h"
#include "tools/command/target.h"
#include "tools/input/values.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: sigmacert replay KERNEL LINE | KERNEL --file FINDING.cases [OPTION]...\n"
    "Runs a case again and explains what is wrong: which check fails and what it says, the worst\n"
    "elements with their exact results and bounds, which rows, keys and channels they are in, and "
    "a\n"
    "picture of the error; where O is wrong also of P, key by key, from runs with a one-hot V.\n"
    "A file holds several cases where it takes all of them, in one process, for the last to fail.\n"
    "\n"
    "KERNEL is one of\n"
    "  --emulated [--fast]  our kernels, on the emulator; with dQ by atomic additions\n"
    "  --library FILE.so    the kernel of a shared library (spec/kernel.h)\n"
    "  --exec COMMAND       a program that speaks fuzz/PROTOCOL.md\n"
    "\n"
    "  --file FILE          a finding (fuzz/corpus)\n"
    "  --svg FILE           writes the pictures as SVG\n"
    "  --all-checks         accuracy too, weak passes fail, and 16 repeats for one\n"
    "  --json               data on standard output, one object a case and line\n"
    "  --timeout SECONDS    for an answer of the kernel (60)\n"
    "  --memory MIB         that tensors may take (2048)\n"
    "\n"
    "Exit: 0 the case passes; 1 it fails; 2 usage or no case line; 3 could not run, or the kernel\n"
    "does not do the case.\n"
    "\n"
    "example: sigmacert replay --emulated 'case/1 rows=5 keys=9 d=16 d_v=16 right=0'\n";

struct options {
    struct sc_target target;
    const char *line, *file, *svg;
    int32_t timeout, memory_mib;
    bool all_checks, json, help;
};

static enum sc_status check(int argc, char **argv, struct options *options, struct sc_error *error)
{
    if (optind < argc) {
        options->line = argv[optind++];
    }
    if (optind < argc) {
        return sc_fail(error, SC_E_INPUT,
                       "replay: '%s', expected one case line (in quotes of the shell)",
                       argv[optind]);
    }
    if ((options->line != NULL) == (options->file != NULL)) {
        return sc_fail(error, SC_E_INPUT, "replay: expected a case line or --file (see --help)");
    }
    return SC_OK;
}

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {
        {"emulated", no_argument, NULL, 'e'},      {"fast", no_argument, NULL, 'q'},
        {"library", required_argument, NULL, 'l'}, {"exec", required_argument, NULL, 'x'},
        {"file", required_argument, NULL, 'f'},    {"svg", required_argument, NULL, 's'},
        {"all-checks", no_argument, NULL, 'a'},    {"json", no_argument, NULL, 'j'},
        {"timeout", required_argument, NULL, 't'}, {"memory", required_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'e':
            options->target.emulated = true;
            break;
        case 'q':
            options->target.fast = true;
            break;
        case 'l':
            options->target.library = optarg;
            break;
        case 'x':
            options->target.exec = optarg;
            break;
        case 'f':
            options->file = optarg;
            break;
        case 's':
            options->svg = optarg;
            break;
        case 'a':
            options->all_checks = true;
            break;
        case 'j':
            options->json = true;
            break;
        case 't':
            status = sc_values_int("replay: --timeout", optarg, 1, 86400, &options->timeout, error);
            break;
        case 'm':
            status =
                sc_values_int("replay: --memory", optarg, 1, 1 << 20, &options->memory_mib, error);
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "replay: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    return status == SC_OK ? check(argc, argv, options, error) : status;
}

/* The cases of the line or of the file. */
static enum sc_status read_cases(const struct options *options, struct sc_finding *finding,
                                 struct sc_error *error)
{
    if (options->file != NULL) {
        return sc_finding_read(options->file, finding, error);
    }
    memset(finding, 0, sizeof *finding);
    finding->recipes = malloc(sizeof *finding->recipes);
    if (finding->recipes == NULL) {
        return sc_fail(error, SC_E_MEMORY, "replay: no memory for a case");
    }
    finding->count = 1;
    return sc_recipe_parse(options->line, strlen(options->line), finding->recipes, error);
}

/* Every kind of variants: a case must not seem to pass because one was not tried. */
static struct sc_examine_options examination(const struct options *options)
{
    struct sc_examine_options all = sc_examine_defaults();

    all.variants = -1;
    all.repeats = options->all_checks ? 16 : 3;
    all.require_accuracy = options->all_checks;
    all.strict = options->all_checks;
    return all;
}

static enum sc_status print_replay(const struct options *options, const struct sc_replay *replay,
                                   struct sc_error *error)
{
    json_t *data = options->json ? sc_replay_json(replay) : NULL;
    char *text = options->json ? json_dumps(data, JSON_COMPACT) : sc_replay_text(replay);
    const bool printed = text != NULL && printf(options->json ? "%s\n" : "%s", text) >= 0;
    enum sc_status status = SC_OK;

    if (text == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "replay: no memory for the explanation");
    } else if (!printed) {
        status = sc_fail(error, SC_E_IO, "replay: cannot write to standard output");
    }
    free(text);
    json_decref(data);
    return status;
}

static enum sc_status write_svg(const struct options *options, const struct sc_replay *replay,
                                struct sc_error *error)
{
    int32_t count = 0;
    char *svg = sc_replay_svg(replay, &count);
    enum sc_status status = SC_OK;

    if (svg != NULL) {
        const struct sc_save_part part = {svg, strlen(svg)};
        status = sc_save(options->svg, &part, 1, error);
    } else if (count > 0) {
        status = sc_fail(error, SC_E_MEMORY, "replay: no memory for the pictures");
    } else if (!options->json) {
        (void)printf("        %s is not written: there is nothing to picture\n", options->svg);
    }
    free(svg);
    return status;
}

/* What the finding said, and whether it is still so. */
static void print_end(const struct options *options, const struct sc_finding *finding, bool failed,
                      bool refused)
{
    if (!options->json && options->file != NULL && !failed && !refused) {
        (void)printf("\n%s passes now: %s\n", finding->name,
                     finding->remark[0] != '\0'
                         ? "what it recorded is fixed, or was of another kernel"
                         : "no check fails");
    }
}

static void print_begin(const struct options *options, const struct sc_finding *finding)
{
    if (options->json || options->file == NULL) {
        return;
    }
    (void)printf("finding %s\n", finding->name);
    for (const char *at = finding->remark; *at != '\0';) {
        const size_t line = strcspn(at, "\n");

        (void)printf("        %.*s\n", (int)line, at);
        at += line + (at[line] == '\n' ? 1 : 0);
    }
}

/* Runs the cases one after another; *code receives what the shell is told. */
static enum sc_status replay_all(const struct options *options, const struct sc_finding *finding,
                                 struct sc_worker *worker, int *code, struct sc_error *error)
{
    const struct sc_examine_options how = examination(options);
    const struct sc_runner runner = sc_runner_of(worker);
    enum sc_status status = SC_OK;
    bool failed = false, refused = false;

    print_begin(options, finding);
    for (int32_t n = 0; status == SC_OK && n < finding->count; n++) {
        struct sc_replay replay;

        status = sc_replay_create(&runner, &finding->recipes[n], &how, &replay, error);
        if (status != SC_OK) {
            break;
        }
        failed = failed || replay.found.failed != 0;
        refused = refused || replay.found.refused;
        if (!options->json && finding->count > 1) {
            (void)printf("%scase %d of %d\n", n > 0 ? "\n" : "", n + 1, finding->count);
        }
        status = print_replay(options, &replay, error);
        if (status == SC_OK && options->svg != NULL &&
            (n + 1 == finding->count || replay.found.failed != 0)) {
            status = write_svg(options, &replay, error);
        }
        sc_replay_destroy(&replay);
    }
    if (status == SC_OK) {
        print_end(options, finding, failed, refused);
        *code = failed ? SC_EXIT_FALSIFIED : refused ? SC_EXIT_UNAVAILABLE : SC_EXIT_VERIFIED;
    }
    return status;
}

int sc_command_replay(int argc, char **argv)
{
    struct options options = {.timeout = 60, .memory_mib = 2048};
    struct sc_finding finding = {.count = 0};
    struct sc_worker *worker = NULL;
    struct sc_error error = {SC_OK, ""};
    char command[SC_TARGET_COMMAND_MAX];
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_target_command("replay", &options.target, command, &error);
    }
    if (status == SC_OK) {
        status = read_cases(&options, &finding, &error);
    }
    if (status == SC_OK) {
        const struct sc_worker_options start = {
            .command = command,
            .seconds = options.timeout,
            .start_seconds = options.timeout,
            .memory_bytes = (int64_t)options.memory_mib << 20,
        };
        status = sc_worker_create(&start, &worker, &error);
    }
    if (status == SC_OK) {
        status = replay_all(&options, &finding, worker, &code, &error);
    }
    if (status == SC_OK && fflush(stdout) != 0) {
        status = sc_fail(&error, SC_E_IO, "replay: cannot write to standard output");
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_worker_destroy(worker);
    sc_finding_destroy(&finding);
    return status == SC_OK ? code : sc_command_exit(status);
}
