/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/input/values.h"
#include "tools/kernels/run.h"
#include "tools/measure/binade_model.h"
#include "tools/report/evidence.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: sigmacert kernels [OPTION]...\n"
    "Runs our kernels on the emulator, forward and backward, and holds "
    "every element of O, dQ, dK and\n"
    "dV against the prediction of their schedule, bit for bit, and a "
    "selection against the bound of\n"
    "their rounding errors. The emulator watches every access. Every second "
    "case has dQ in the fast\n"
    "mode, which no schedule predicts.\n"
    "\n"
    "  --cases N        problems to draw (96)\n"
    "  --seed S         the first one's seed (0)\n"
    "  --first          end at the first one that fails\n"
    "  --digests FILE   only scores of 0 and beyond 256, where a sigmoid "
    "is exact; write what the\n"
    "                   deterministic kernels left, for another machine\n"
    "  --against FILE   likewise; the digests of another machine must be the "
    "same\n"
    "  --activation FILE  the errors of the sigmoid, as measured "
    "(build/device/activation --table)\n"
    "  --stage NAME     of the evidence (kernels)\n"
    "  --evidence DIR   where NAME.json goes (build/evidence)\n"
    "\n"
    "Exit: 0 no fault and no wrong bit; 1 one; 2 usage; 3 could not run.\n"
    "\n"
    "example: sigmacert kernels --cases 8\n";

struct options {
    struct sc_kernels_options run;
    const char *stage, *evidence, *activation;
    bool help;
};

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {{"cases", required_argument, NULL, 'c'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"first", no_argument, NULL, 'f'},
                                          {"evidence", required_argument, NULL, 'e'},
                                          {"stage", required_argument, NULL, 'g'},
                                          {"digests", required_argument, NULL, 'd'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"against", required_argument, NULL, 'a'},
                                          {"activation", required_argument, NULL, 'm'},
                                          {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'c':
            status =
                sc_values_int("kernels: --cases", optarg, 1, 1 << 24, &options->run.cases, error);
            break;
        case 's':
            status =
                sc_values_int("kernels: --seed", optarg, 0, 1 << 30, &options->run.seed, error);
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 'g':
            options->stage = optarg;
            break;
        case 'd':
            options->run.digests = optarg;
            break;
        case 'm':
            options->activation = optarg;
            break;
        case 'a':
            options->run.against = optarg;
            break;
        case 'f':
            options->run.first = true;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT,
                           "kernels: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "kernels: '%s', expected options only", argv[optind]);
    }
    if (status == SC_OK && options->run.digests != NULL && options->run.against != NULL) {
        status = sc_fail(error, SC_E_INPUT, "kernels: expected one of --digests and --against");
    }
    return status;
}

/* The bits of another machine. */
static void record_twin(const struct sc_kernels_run *run, struct sc_evidence *evidence)
{
    char detail[SC_ERROR_TEXT_BYTES];

    if (run->options->against == NULL) {
        return;
    }
    (void)snprintf(
        detail, sizeof detail,
        "%lld cases with scores of 0 and beyond 256, %lld with other bits than in %.200s",
        (long long)run->compared, (long long)run->different, run->options->against);
    sc_evidence_check(evidence, ".twin",
                      run->compared > 0 && run->different == 0 ? SC_EVIDENCE_PASS
                                                               : SC_EVIDENCE_FAIL,
                      0.0, detail);
    (void)printf("kernels: %s\n", detail);
}

static void record(const struct sc_kernels_run *run, struct sc_evidence *evidence)
{
    const struct sc_check_tally *tally = &run->tally;
    char detail[SC_ERROR_TEXT_BYTES + 256];
    const int64_t other = sc_check_sum(tally->other),
                  beyond = sc_check_sum(tally->beyond) + tally->bias_beyond;
    const bool looked = (sc_check_sum(tally->predicted) > 0 || sc_machine_traits.sigmoid == NULL) &&
                        sc_check_sum(tally->judged) > 0;

    (void)snprintf(detail, sizeof detail,
                   "on %s, %lld cases, %lld elements predicted, %lld with other bits; %lld judged, "
                   "%lld beyond "
                   "the bound; %lld faults, %lld refused%s%s",
                   sc_machine_traits.name, (long long)tally->cases,
                   (long long)sc_check_sum(tally->predicted), (long long)other,
                   (long long)(sc_check_sum(tally->judged) + tally->bias_judged), (long long)beyond,
                   (long long)tally->faults, (long long)tally->refused,
                   tally->first[0] != '\0' ? ": " : "", tally->first);
    sc_evidence_check(evidence, ".bits-and-bounds",
                      tally->failed == 0 && looked ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      detail);
    sc_evidence_figure(evidence, ".check.cases", (double)tally->cases, "1", SC_EVIDENCE_NONE, 0.0);
    sc_evidence_figure(evidence, ".check.failures", (double)tally->failed, "1", SC_EVIDENCE_EQUAL,
                       0.0);
    record_twin(run, evidence);
    (void)printf("kernels: %s\n", detail);
    (void)printf("  db  largest error / bound %.3f\n", tally->bias_worst);
    for (int32_t n = 0; n < SC_OUTPUTS; n++) {
        (void)printf("  %-2s  largest error / bound %.3f\n",
                     sc_outputs_name((enum sc_outputs_kind)n), tally->worst[n]);
    }
}

/* What the first failure was seen by, for `sigmacert mutants`. */
static void print_check(const struct sc_kernels_run *run)
{
    const struct sc_check_tally *tally = &run->tally;
    const char *what = strstr(tally->first, "): ");

    if (tally->faults > 0 && what != NULL) {
        (void)printf("check: fault, %.*s\n", (int)strcspn(what + 3, ":"), what + 3);
    } else if (tally->failed > 0) {
        (void)printf("check:%s%s%s%s\n", sc_check_sum(tally->other) > 0 ? " bits" : "",
                     sc_check_sum(tally->beyond) > 0 ? " bound" : "",
                     tally->bias_beyond > 0 ? " db" : "", run->different > 0 ? " twin" : "");
    }
}

int sc_command_kernels(int argc, char **argv)
{
    struct options options = {
        .run = {.cases = 96}, .stage = "kernels", .evidence = "build/evidence"};
    struct sc_kernels_run run;
    struct sc_activation_error activation;
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK && options.activation != NULL) {
        status = sc_binade_model_read(options.activation, &activation, &error);
        options.run.activation = &activation;
    }
    if (status == SC_OK) {
        status = sc_evidence_create(options.stage, "sigmacert kernels", &evidence, &error);
    }
    if (status == SC_OK) {
        status = sc_kernels_run(&options.run, &run, &error);
    }
    if (status == SC_OK) {
        record(&run, evidence);
        print_check(&run);
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
