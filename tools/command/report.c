/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/report.h"
#include "tools/command/command.h"
#include "tools/report/junit.h"
#include "tools/report/replace.h"
#include "tools/report/table.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: sigmacert report [OPTION]...\n"
    "Shows the evidence that the stages of a run left, and writes DIR/report.json and\n"
    "DIR/junit.xml.\n"
    "\n"
    "  --evidence DIR          where the evidence is (build/evidence)\n"
    "  --out DIR               where the reports go (build/report)\n"
    "  --kept DIR              evidence that the repository keeps, of a machine with a GPU say "
    "(none)\n"
    "  --expect STAGE,STAGE    stages that must be there; one that is missing fails\n"
    "  --strict                a skipped check fails\n"
    "  --json                  print report.json instead of the table\n"
    "  --help                  print this\n"
    "\n"
    "Evidence of another commit is stale and fails, and so is evidence of a changed tree when\n"
    "this one is clean, or the other way round. Two changed trees cannot be told apart.\n"
    "Kept evidence of another commit is shown as stale and counts as nothing.\n"
    "Exit: 0 all passed; 1 something failed, is missing or stale; 2 usage, or evidence that\n"
    "cannot be read; 3 everything was skipped.\n"
    "\n"
    "example: sigmacert report --expect proofs,oracle,tests --strict\n";

struct options {
    struct sc_report_options report;
    const char *out;
    bool json, help;
    char *names;           /* the stages, cut at the commas */
    const char **expected; /* into `names` */
};

/* Adds the stages of one --expect to those of earlier ones. */
static enum sc_status add_expected(const char *list, struct options *options,
                                   struct sc_error *error)
{
    const size_t old = options->names == NULL ? 0 : strlen(options->names) + 1;
    char *const names = realloc(options->names, old + strlen(list) + 1);

    if (names == NULL) {
        return sc_fail(error, SC_E_MEMORY, "report: no memory");
    }
    if (old > 0) {
        names[old - 1] = ',';
    }
    (void)strcpy(names + old, list);
    options->names = names;
    return SC_OK;
}

/* An empty name between commas stays, and is refused as a stage name later. */
static enum sc_status split_expected(struct options *options, struct sc_error *error)
{
    size_t count = 1;

    if (options->names == NULL) {
        return SC_OK;
    }
    for (const char *c = options->names; *c != '\0'; c++) {
        count += *c == ',';
    }
    options->expected = malloc(count * sizeof *options->expected);
    if (options->expected == NULL) {
        return sc_fail(error, SC_E_MEMORY, "report: no memory");
    }
    char *name = options->names;
    for (size_t n = 0; n < count; n++) {
        options->expected[n] = name;
        name += strcspn(name, ",");
        *name++ = '\0';
    }
    options->report.expected = options->expected;
    options->report.n_expected = count;
    return SC_OK;
}

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {
        {"evidence", required_argument, NULL, 'e'}, {"kept", required_argument, NULL, 'k'},
        {"out", required_argument, NULL, 'o'},      {"expect", required_argument, NULL, 'x'},
        {"strict", no_argument, NULL, 's'},         {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0; /* getopt begins anew: this process may have parsed another command line */
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'e':
            options->report.directory = optarg;
            break;
        case 'k':
            options->report.kept = optarg;
            break;
        case 'o':
            options->out = optarg;
            break;
        case 'x':
            status = add_expected(optarg, options, error);
            break;
        case 's':
            options->report.strict = true;
            break;
        case 'j':
            options->json = true;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        case ':':
            return sc_fail(error, SC_E_INPUT, "report: %s: no value, expected one (see --help)",
                           argv[optind - 1]);
        default:
            return sc_fail(error, SC_E_INPUT, "report: %s: unknown option (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "report: %s: expected options only (see --help)",
                         argv[optind]);
    }
    return status == SC_OK ? split_expected(options, error) : status;
}

/* Writes both files, then prints one text: a verdict that is seen has been stored. */
static enum sc_status publish(const struct sc_report *report, const struct options *options,
                              struct sc_error *error)
{
    char *json = NULL;
    char *junit = NULL;
    char *table = NULL;
    enum sc_status status = sc_report_json(report, &json, error);

    if (status == SC_OK) {
        status = sc_junit_text(report, &junit, error);
    }
    if (status == SC_OK) {
        status = sc_table_text(report, &table, error);
    }
    if (status == SC_OK) {
        status = sc_replace_file(options->out, "report.json", json, strlen(json), error);
    }
    if (status == SC_OK) {
        status = sc_replace_file(options->out, "junit.xml", junit, strlen(junit), error);
    }
    if (status == SC_OK) {
        (void)fputs(options->json ? json : table, stdout);
        if (fflush(stdout) != 0 || ferror(stdout) != 0) {
            status = sc_fail(error, SC_E_IO, "report: cannot write to standard output");
        }
    }
    free(table);
    free(junit);
    free(json);
    return status;
}

/* Removes the reports of an earlier run, so that its verdict is not taken for that of a run which
 * could not make its own. What cannot be removed could not be written, which was reported. */
static void discard(const char *directory)
{
    static const char *const names[] = {"report.json", "junit.xml"};
    const size_t room = strlen(directory) + 16;
    char *path = malloc(room);

    for (size_t n = 0; path != NULL && n < sizeof names / sizeof names[0]; n++) {
        (void)snprintf(path, room, "%s/%s", directory, names[n]);
        (void)remove(path);
    }
    free(path);
}

static int exit_of(enum sc_report_verdict verdict)
{
    switch (verdict) {
    case SC_REPORT_BAD_EVIDENCE:
        return SC_EXIT_INPUT;
    case SC_REPORT_FALSIFIED:
        return SC_EXIT_FALSIFIED;
    case SC_REPORT_NOTHING_RAN:
        return SC_EXIT_UNAVAILABLE;
    case SC_REPORT_VERIFIED:
        return SC_EXIT_VERIFIED;
    }
    return SC_EXIT_FALSIFIED;
}

int sc_command_report(int argc, char **argv)
{
    struct options options = {.report.directory = "build/evidence", .out = "build/report"};
    struct sc_error error;
    struct sc_report *report = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);
    const bool parsed = status == SC_OK;

    if (status == SC_OK && options.help) {
        code = fputs(help, stdout) < 0 || fflush(stdout) != 0 ? SC_EXIT_INPUT : SC_EXIT_VERIFIED;
        goto done;
    }
    if (status == SC_OK) {
        sc_source_find(&options.report.source);
        status = sc_report_create(&options.report, &report, &error);
    }
    if (status == SC_OK) {
        status = publish(report, &options, &error);
    }
    if (status == SC_OK) {
        code = exit_of(sc_report_verdict(report));
    } else {
        if (parsed) {
            discard(options.out);
        }
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
done:
    sc_report_destroy(report);
    free(options.expected);
    free(options.names);
    return code;
}
