/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/agreement.h"
#include "tools/command/command.h"
#include "tools/input/values.h"
#include "tools/report/evidence.h"
#include "tools/report/planted.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static const char help[] =
    "usage: sigmacert audit [OPTION]...\n"
    "Draws hostile problems and demands of every result that the enclosures of the oracle's tiers "
    "meet,\n"
    "and that the finest lies inside the one of fp64.\n"
    "\n"
    "  --problems N     how many (1152)\n"
    "  --seed S         the first one's seed (0)\n"
    "  --faults FILE    the output of tests/mutants/run.sh: faults planted in the oracle, and "
    "caught\n"
    "  --evidence DIR   where oracle-audit.json goes (build/evidence)\n"
    "\n"
    "Exit: 0 all agree, and every planted fault is caught; 1 not; 2 usage; 3 could not run.\n"
    "\n"
    "example: sigmacert audit --problems 96\n";

struct options {
    int32_t problems, seed;
    const char *faults, *evidence;
    bool help;
};

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {
        {"problems", required_argument, NULL, 'p'}, {"seed", required_argument, NULL, 's'},
        {"faults", required_argument, NULL, 'f'},   {"evidence", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'p':
            status =
                sc_values_int("audit: --problems", optarg, 1, 1 << 24, &options->problems, error);
            break;
        case 's':
            status = sc_values_int("audit: --seed", optarg, 0, 1 << 30, &options->seed, error);
            break;
        case 'f':
            options->faults = optarg;
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "audit: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "audit: '%s', expected options only", argv[optind]);
    }
    return status;
}

static enum sc_status run_problems(const struct options *options, struct sc_agreement *tally,
                                   struct sc_error *error)
{
    const int shown = isatty(STDERR_FILENO);
    enum sc_status status = SC_OK;

    for (int32_t n = 0; n < options->problems && status == SC_OK; n++) {
        struct sc_case c;
        status = sc_generate_hostile((uint64_t)options->seed + (uint64_t)n, &c, error);
        if (status == SC_OK) {
            status = sc_agreement_add(tally, &c, error);
            sc_generate_destroy(&c);
        }
        if (shown && n % 8 == 0) {
            (void)fprintf(stderr, "\r\033[Kaudit: problem %d of %d", n, options->problems);
        }
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    return status;
}

static enum sc_status record(const struct options *options, const struct sc_agreement *tally,
                             struct sc_evidence *evidence, struct sc_error *error)
{
    char detail[SC_ERROR_TEXT_BYTES + 128];

    (void)snprintf(detail, sizeof detail, "%lld problems, %lld elements, %lld disagreements%s%s",
                   (long long)tally->problems, (long long)tally->elements,
                   (long long)tally->disagreements, tally->disagreements > 0 ? ": " : "",
                   tally->first);
    sc_evidence_check(evidence, "oracle.tiers-agree",
                      tally->disagreements == 0 ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0, detail);
    sc_evidence_figure(evidence, "oracle.audit.problems", (double)tally->problems, "1",
                       SC_EVIDENCE_AT_LEAST, 1000);
    sc_evidence_figure(evidence, "oracle.audit.disagreements", (double)tally->disagreements, "1",
                       SC_EVIDENCE_EQUAL, 0);
    (void)printf("audit: %s\n", detail);
    if (options->faults != NULL) {
        static const struct sc_planted_names names = {.check = "oracle.faults-are-caught",
                                                      .total = "oracle.audit.planted",
                                                      .caught = "oracle.audit.planted_caught",
                                                      .least = 10,
                                                      .where = "in the oracle",
                                                      .verb = "caught"};
        int good = 0; /* the exit status asks the evidence */
        return sc_planted_record(options->faults, "audit", &names, evidence, &good, error);
    }
    return SC_OK;
}

int sc_command_audit(int argc, char **argv)
{
    struct options options = {.problems = 1152, .evidence = "build/evidence"};
    struct sc_agreement tally = {.problems = 0};
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create("oracle-audit", "sigmacert audit", &evidence, &error);
    }
    if (status == SC_OK) {
        status = run_problems(&options, &tally, &error);
    }
    if (status == SC_OK) {
        status = record(&options, &tally, evidence, &error);
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
