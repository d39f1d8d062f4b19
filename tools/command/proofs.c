/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/proofs/file.h"
#include "tools/proofs/ledger.h"
#include "tools/proofs/status.h"
#include "tools/report/planted.h"
#include "tools/report/replace.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: sigmacert proofs [OPTION]...\n"
    "Reads the logs of Frama-C, Gappa and Coq and decides what is proved (run it through `make "
    "proofs`).\n"
    "\n"
    "  --logs DIR       logs of Frama-C (build/wp)\n"
    "  --gappa DIR      logs of Gappa (build/gappa)\n"
    "  --coq DIR        what Coq said of its theorems (build/coq)\n"
    "  --unit UNIT      judge this unit of proofs/wp/units alone, or \"coq\"; writes no evidence\n"
    "  --mutants FILE   the output of proofs/mutants/run.sh: record how many faults were noticed\n"
    "  --evidence DIR   where proofs.json goes (build/evidence)\n"
    "  --update         write proofs/STATUS.md instead of comparing it\n"
    "  --skip REASON    record that the proofs could not run\n"
    "\n"
    "Exit: 0 all goals proved and every guard holds; 1 not; 2 usage or unreadable logs.\n"
    "\n"
    "example: sigmacert proofs --logs build/wp\n";

struct options {
    const char *logs, *gappa, *coq, *evidence, *skip, *unit, *mutants;
    bool update, help;
};

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {
        {"logs", required_argument, NULL, 'l'},    {"gappa", required_argument, NULL, 'g'},
        {"coq", required_argument, NULL, 'c'},     {"unit", required_argument, NULL, 'n'},
        {"mutants", required_argument, NULL, 'm'}, {"evidence", required_argument, NULL, 'e'},
        {"skip", required_argument, NULL, 's'},    {"update", no_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    int letter;

    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'l':
            options->logs = optarg;
            break;
        case 'g':
            options->gappa = optarg;
            break;
        case 'c':
            options->coq = optarg;
            break;
        case 'n':
            options->unit = optarg;
            break;
        case 'm':
            options->mutants = optarg;
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 's':
            options->skip = optarg;
            break;
        case 'u':
            options->update = true;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "proofs: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    return optind == argc
               ? SC_OK
               : sc_fail(error, SC_E_INPUT, "proofs: '%s', expected options only", argv[optind]);
}

/* Whether proofs/STATUS.md says what the logs say; written anew when `update`. */
static enum sc_status hold_status(const struct sc_ledger *ledger, bool update,
                                  struct sc_evidence *evidence, struct sc_error *error)
{
    char *text = NULL;
    enum sc_status status = sc_status_write(ledger, &text, error);

    if (status == SC_OK && update) {
        status = sc_replace_file("proofs", "STATUS.md", text, strlen(text), error);
    }
    if (status == SC_OK) {
        char *found = NULL;
        const bool same =
            sc_file_read("proofs/STATUS.md", &found, NULL) == SC_OK && sc_status_same(found, text);
        sc_evidence_check(evidence, "status.current", same ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL,
                          0.0, same ? NULL : "proofs/STATUS.md is stale: run make proof-status");
        free(found);
    }
    free(text);
    return status;
}

static int print(const struct sc_ledger *ledger, const char *only)
{
    int good = 1;

    for (size_t n = 0; n < ledger->units.count; n++) {
        const struct sc_log *log = &ledger->logs[n];
        const char *name = ledger->units.list[n].name;
        if (!sc_unit_is_proved(&ledger->units.list[n]) ||
            (only != NULL && strcmp(name, only) != 0)) {
            continue;
        }
        (void)printf("%-12s %5lld / %-5lld %4.0f s, slowest goal %.1f s\n", name,
                     (long long)log->proved, (long long)log->goals, log->wall_s, log->slowest_s);
        for (size_t f = 0; f < log->failed.count; f++) {
            (void)printf("  unproved: %s\n", log->failed.list[f].text);
            good = 0;
        }
    }
    if (only != NULL) {
        return good && ledger->proved == ledger->goals;
    }
    for (size_t n = 0; n < ledger->gappa.count; n++) {
        const struct sc_gappa_script *script = &ledger->gappa.list[n];
        (void)printf("gappa %-18s %s\n", script->name,
                     script->proved ? "proved"
                     : script->run  ? "NOT PROVED"
                                    : "skipped: no gappa");
        good = good && (script->proved || !script->run);
    }
    (void)printf("proofs: %lld / %lld goals proved, %lld functions; %zu theorems; %zu scripts of "
                 "Gappa\n",
                 (long long)ledger->proved, (long long)ledger->goals, (long long)ledger->functions,
                 sc_coq_theorems(&ledger->coq), ledger->gappa.count);
    return good && ledger->proved == ledger->goals;
}

/* What the logs say, held against every guard. */
static enum sc_status judge(const struct options *options, struct sc_evidence *evidence, int *code,
                            struct sc_error *error)
{
    struct sc_ledger ledger = {.goals = 0};
    enum sc_status status = sc_ledger_read("proofs/wp/units", options->logs, "proofs/wp/trusted",
                                           options->unit, &ledger, error);

    if (status == SC_OK && options->unit == NULL) {
        status = sc_gappa_read("proofs/gappa", options->gappa, &ledger.gappa, error);
    }
    if (status == SC_OK && options->unit == NULL) {
        status = sc_coq_read(options->coq, &ledger.coq, error);
    }
    if (status == SC_OK && options->unit == NULL) {
        sc_ledger_check(&ledger, evidence);
        status = hold_status(&ledger, options->update, evidence, error);
    } else if (status == SC_OK) {
        for (size_t n = 0; n < ledger.units.count; n++) {
            if (strcmp(ledger.units.list[n].name, options->unit) == 0) {
                sc_ledger_check_unit(&ledger, n, evidence);
            }
        }
    }
    if (status == SC_OK) {
        const int good = print(&ledger, options->unit) && sc_evidence_failed(evidence) == 0;
        sc_evidence_print_failed(evidence, stderr);
        *code = good ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
    }
    sc_ledger_destroy(&ledger);
    return status;
}

/* The theorems alone. */
static enum sc_status judge_theorems(const struct options *options, struct sc_evidence *evidence,
                                     int *code, struct sc_error *error)
{
    struct sc_coq coq;
    char *allowed = NULL, *trusted = NULL;
    enum sc_status status = sc_coq_read(options->coq, &coq, error);

    if (status != SC_OK) {
        return status;
    }
    status = sc_file_read("proofs/coq/assumptions", &allowed, error);
    if (status == SC_OK) {
        status = sc_file_read("proofs/wp/trusted", &trusted, error);
    }
    if (status == SC_OK) {
        sc_coq_check(&coq, allowed, trusted, evidence);
        sc_evidence_print_failed(evidence, stderr);
        (void)printf("coq          %zu theorems\n", sc_coq_theorems(&coq));
        *code = sc_evidence_failed(evidence) == 0 && sc_coq_theorems(&coq) > 0 ? SC_EXIT_VERIFIED
                                                                               : SC_EXIT_FALSIFIED;
    }
    free(trusted);
    free(allowed);
    sc_coq_destroy(&coq);
    return status;
}

/* How many faults planted in proved code were noticed. */
static enum sc_status record_mutants(const char *path, struct sc_evidence *evidence, int *code,
                                     struct sc_error *error)
{
    static const struct sc_planted_names names = {.check = "proofs.faults-are-noticed",
                                                  .total = "proofs.mutants.total",
                                                  .caught = "proofs.mutants.killed",
                                                  .least = 60,
                                                  .where = "in proved code",
                                                  .verb = "noticed"};
    int good = 0;
    const enum sc_status status = sc_planted_record(path, "proofs", &names, evidence, &good, error);

    *code = good ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
    return status;
}

int sc_command_proofs(int argc, char **argv)
{
    struct options options = {.logs = "build/wp",
                              .gappa = "build/gappa",
                              .coq = "build/coq",
                              .evidence = "build/evidence"};
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;

    enum sc_status status = parse(argc, argv, &options, &error);
    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    const bool mutants = options.mutants != NULL;
    if (status == SC_OK) {
        status =
            sc_evidence_create(mutants ? "proof-mutants" : "proofs",
                               mutants ? "make proof-mutants" : "make proofs", &evidence, &error);
    }
    if (status == SC_OK && options.skip != NULL) {
        sc_evidence_check(evidence, "proofs", SC_EVIDENCE_SKIPPED, 0.0, options.skip);
        (void)printf("proofs: skipped: %s\n", options.skip);
    } else if (status == SC_OK && mutants) {
        status = record_mutants(options.mutants, evidence, &code, &error);
    } else if (status == SC_OK && options.unit != NULL && strcmp(options.unit, "coq") == 0) {
        status = judge_theorems(&options, evidence, &code, &error);
    } else if (status == SC_OK) {
        status = judge(&options, evidence, &code, &error);
    }
    if (status == SC_OK && options.unit == NULL) {
        status = sc_evidence_write(evidence, options.evidence, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    sc_evidence_destroy(evidence);
    return code;
}
