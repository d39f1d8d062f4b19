/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/binade_command.h"

#include "reference/save.h"
#include "tools/command/command.h"
#include "tools/measure/binade_model.h"
#include "tools/report/evidence.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "usage: activation [OPTION]...\n"
    "Measures the errors of the activations, and of the special functions under them, on this "
    "machine's GPU:\n"
    "over all finite fp32 arguments, by sign and binade, the worst ones confirmed by MPFR; and "
    "whether what\n"
    "the project states of them holds at every argument.\n"
    "\n"
    "  --table FILE     where the table goes (tools/measure/binade_table.h); else none is written\n"
    "  --evidence DIR   where gpu-activation.json goes (build/evidence)\n"
    "  --model FILE     measures nothing: prints the errors of a table as a word of an arithmetic "
    "model\n"
    "\n"
    "Exit: 0 all that is stated holds; 1 something does not; 2 usage or bad input; 3 could not "
    "run.\n"
    "\n"
    "example: activation --model kernels/evidence/activation.table\n";

struct options {
    const char *table, *evidence, *model;
    bool help;
};

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {{"table", required_argument, NULL, 't'},
                                          {"evidence", required_argument, NULL, 'e'},
                                          {"model", required_argument, NULL, 'm'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int letter;

    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 't':
            options->table = optarg;
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 'm':
            options->model = optarg;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT,
                           "activation: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (optind < argc) {
        return sc_fail(error, SC_E_INPUT, "activation: '%s', expected options only", argv[optind]);
    }
    return SC_OK;
}

static enum sc_status print_model(const char *path, struct sc_error *error)
{
    struct sc_activation_error model;
    char text[SC_BINADE_MODEL_BYTES];
    const enum sc_status status = sc_binade_model_read(path, &model, error);

    if (status != SC_OK) {
        return status;
    }
    sc_binade_model_print(&model, text);
    if (printf("%s\n", text) < 0 || fflush(stdout) != 0) {
        return sc_fail(error, SC_E_IO, "activation: cannot write to standard output");
    }
    return SC_OK;
}

static void add_up(const struct sc_binade bins[SC_BINADES], struct sc_binade *counts)
{
    memset(counts, 0, sizeof *counts);
    for (int32_t bin = 0; bin < SC_BINADES; bin++) {
        counts->arguments += bins[bin].arguments;
        counts->outside += bins[bin].outside;
        counts->falling += bins[bin].falling;
        counts->nan += bins[bin].nan;
        counts->beyond += bins[bin].beyond;
    }
}

/* The largest relative error of a function. */
static double worst_relative(const struct sc_binade bins[SC_BINADES])
{
    double worst = 0.0;

    for (int32_t bin = 0; bin < SC_BINADES; bin++) {
        worst = fmax(worst, bins[bin].worst[SC_BINADE_RELATIVE].error);
    }
    return worst;
}

static void record(enum sc_binade_function function, const struct sc_binade_table *table,
                   struct sc_evidence *evidence)
{
    const char *const name = sc_binade_function_name(function);
    const struct sc_binade *const x = &table->counts[function];
    /* The published form is known to fall here and there (kernels/activation.h). */
    const bool good = x->arguments == (int64_t)SC_BINADES * SC_BINADE_FRACTION && x->nan == 0 &&
                      x->outside == 0 && x->beyond == 0 &&
                      (function != SC_BINADE_ACCURATE || x->falling == 0);
    char what[64], detail[192];

    (void)snprintf(what, sizeof what, "activation.%s", name);
    (void)snprintf(detail, sizeof detail,
                   "%lld arguments, %lld beyond what is stated, %lld outside [0, 1], %lld falling, "
                   "%lld NaN",
                   (long long)x->arguments, (long long)x->beyond, (long long)x->outside,
                   (long long)x->falling, (long long)x->nan);
    sc_evidence_check(evidence, what, good ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0, detail);
    (void)printf("%s: %s; largest relative error %.3g\n", what, detail,
                 worst_relative(table->bins[function]));
    (void)snprintf(what, sizeof what, "gpu.activation.%s.relative", name);
    sc_evidence_figure(evidence, what, worst_relative(table->bins[function]), "1", SC_EVIDENCE_NONE,
                       0.0);
    (void)snprintf(what, sizeof what, "gpu.activation.%s.beyond", name);
    sc_evidence_figure(evidence, what, (double)x->beyond, "1", SC_EVIDENCE_EQUAL, 0.0);
}

static void print_ranges(const struct sc_binade_table *table)
{
    for (int32_t f = SC_BINADE_ACCURATE; f <= SC_BINADE_FAST; f++) {
        struct sc_activation_error model;
        if (sc_binade_model(table, (enum sc_binade_function)f, &model, NULL) == SC_OK) {
            (void)printf("%s:", sc_binade_function_name((enum sc_binade_function)f));
            for (int32_t row = 0; model.rows[row].below > 0.0; row++) {
                (void)printf(" |s| < %g: %.3g;", model.rows[row].below, model.rows[row].relative);
            }
            (void)printf(" absolute %.3g\n", model.absolute);
        }
    }
}

/* All functions; a worst case that MPFR does not confirm is a failed check, and ends the measurement. */
static enum sc_status measure(const struct sc_binade_machine *machine,
                              struct sc_binade_table *table, struct sc_evidence *evidence,
                              bool *confirmed, struct sc_error *error)
{
    struct sc_error doubt = {SC_OK, ""};
    enum sc_status status = SC_OK;

    *confirmed = true;
    for (int32_t n = 0; status == SC_OK && n < SC_BINADE_FUNCTIONS; n++) {
        const enum sc_binade_function f = (enum sc_binade_function)n;
        status = machine->scan(machine->context, f, sc_binade_stated(f), table->bins[f], error);
        if (status == SC_OK) {
            add_up(table->bins[f], &table->counts[f]);
            *confirmed = *confirmed && sc_binade_settle(f, table->bins[f], &doubt) == SC_OK;
            record(f, table, evidence);
        }
    }
    if (status == SC_OK) {
        sc_evidence_check(evidence, "activation.confirmed",
                          *confirmed ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                          *confirmed ? "the worst case of each binade, by MPFR" : doubt.text);
        (void)printf("activation.confirmed: %s\n", *confirmed ? "yes, by MPFR" : doubt.text);
    }
    return status;
}

static void date(struct sc_binade_table *table)
{
    const time_t now = time(NULL);
    struct tm utc;

    (void)strcpy(table->date, "unknown");
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(table->date, sizeof table->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
}

static enum sc_status write_table(const char *path, const struct sc_binade_table *table,
                                  struct sc_error *error)
{
    char *const text = sc_binade_table_print(table);

    if (text == NULL) {
        return sc_fail(error, SC_E_MEMORY, "activation: no memory for the table");
    }
    const struct sc_save_part part = {text, strlen(text)};
    const enum sc_status status = sc_save(path, &part, 1, error);
    free(text);
    return status;
}

static enum sc_status run(const struct options *options, const struct sc_binade_opener *opener,
                          struct sc_evidence *evidence, struct sc_error *error)
{
    struct sc_binade_machine machine = {NULL, NULL};
    struct sc_binade_table *table = calloc(1, sizeof *table);
    bool confirmed = false;
    enum sc_status status = table == NULL ? sc_fail(error, SC_E_MEMORY, "activation: no memory")
                                          : opener->open(&machine, error);

    if (status == SC_OK) {
        opener->describe(table);
        date(table);
        status = measure(&machine, table, evidence, &confirmed, error);
    }
    if (status == SC_OK && confirmed) {
        print_ranges(table);
    }
    /* Errors that nothing confirms go into no table. */
    if (status == SC_OK && confirmed && options->table != NULL) {
        status = write_table(options->table, table, error);
    }
    if (status == SC_OK) {
        status = sc_evidence_write(evidence, options->evidence, error);
    }
    opener->close(&machine);
    free(table);
    return status;
}

int sc_binade_command(int argc, char **argv, const struct sc_binade_opener *opener)
{
    struct options options = {NULL, "build/evidence", NULL, false};
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK && options.model != NULL) {
        status = print_model(options.model, &error);
    } else if (status == SC_OK) {
        status = sc_evidence_create("gpu-activation", "make gpu-verify", &evidence, &error);
        if (status == SC_OK) {
            status = run(&options, opener, evidence, &error);
        }
        if (status == SC_OK) {
            code = sc_evidence_failed(evidence) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
        }
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    sc_evidence_destroy(evidence);
    return code;
}
