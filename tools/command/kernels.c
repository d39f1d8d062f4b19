/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/input/values.h"
#include "tools/kernels/check.h"
#include "tools/kernels/placed.h"
#include "tools/measure/binade_model.h"
#include "tools/report/evidence.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: sigmacert kernels [OPTION]...\n"
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
                           "  --activation FILE  the errors of the sigmoid, as measured "
                           "(build/device/activation --table)\n"
                           "  --evidence DIR   where kernels.json goes (build/evidence)\n"
                           "\n"
                           "Exit: 0 no fault and no wrong bit; 1 one; 2 usage; 3 could not run.\n"
                           "\n"
                           "example: sigmacert kernels --cases 8\n";

#define EVERY 16 /* rows and keys, one of which is held against the bound */

struct options {
    int32_t cases, seed;
    const char *evidence, *activation;
    bool first, help;
};

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {{"cases", required_argument, NULL, 'c'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"first", no_argument, NULL, 'f'},
                                          {"evidence", required_argument, NULL, 'e'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"activation", required_argument, NULL, 'a'},
                                          {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'c':
            status = sc_values_int("kernels: --cases", optarg, 1, 1 << 24, &options->cases, error);
            break;
        case 's':
            status = sc_values_int("kernels: --seed", optarg, 0, 1 << 30, &options->seed, error);
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 'a':
            options->activation = optarg;
            break;
        case 'f':
            options->first = true;
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
    return status;
}

/* What the kernels left: each bit, where the machine is known so well, and the errors. */
static enum sc_status look(const struct sc_outputs *outputs, bool fast,
                           const struct sc_activation_error *activation,
                           struct sc_check_tally *tally, struct sc_error *error)
{
    const struct sc_kernel_arithmetic arithmetic =
        sc_check_arithmetic(&outputs->c->problem, activation);
    enum sc_status status = SC_OK;

    if (sc_machine_traits.sigmoid != NULL) {
        status = sc_check_predicted(outputs, &arithmetic.schedule, !fast, tally, error);
    }
    return status == SC_OK ? sc_check_bounded(outputs, &arithmetic, fast, EVERY, tally, error)
                           : status;
}

/* One case, on a machine of its own. */
static enum sc_status run_case(uint64_t seed, const struct sc_activation_error *activation,
                               struct sc_check_tally *tally, struct sc_error *error)
{
    struct sc_case c;
    struct sc_outputs outputs = {.c = NULL};
    struct sc_machine *machine = NULL;
    const bool fast = seed / SC_GENERATE_MASKS % 2 == 1;
    enum sc_status status = sc_generate_tiled(seed, &c, error);

    if (status != SC_OK) {
        return status;
    }
    status = sc_machine_create(seed, seed, sc_placed_bytes(&c), &machine, error);
    if (status == SC_OK) {
        status = sc_outputs_run(&c, machine, fast, &outputs, error);
    }
    if (status == SC_OK && sc_check_ran(&outputs, tally)) {
        status = look(&outputs, fast, activation, tally, error);
    }
    sc_outputs_destroy(&outputs);
    sc_machine_destroy(machine);
    sc_generate_destroy(&c);
    return status;
}

static enum sc_status run_cases(const struct options *options,
                                const struct sc_activation_error *activation,
                                struct sc_check_tally *tally, struct sc_error *error)
{
    const int shown = isatty(STDERR_FILENO);
    enum sc_status status = SC_OK;

    for (int32_t n = 0;
         n < options->cases && status == SC_OK && !(options->first && tally->failed > 0); n++) {
        status = run_case((uint64_t)options->seed + (uint64_t)n, activation, tally, error);
        if (shown) {
            (void)fprintf(stderr, "\r\033[Kkernels: case %d of %d", n + 1, options->cases);
        }
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    return status;
}

static void record(const struct sc_check_tally *tally, struct sc_evidence *evidence)
{
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
    sc_evidence_check(evidence, "kernels.bits-and-bounds",
                      tally->failed == 0 && looked ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      detail);
    (void)printf("kernels: %s\n", detail);
    (void)printf("  db  largest error / bound %.3f\n", tally->bias_worst);
    for (int32_t n = 0; n < SC_OUTPUTS; n++) {
        (void)printf("  %-2s  largest error / bound %.3f\n",
                     sc_outputs_name((enum sc_outputs_kind)n), tally->worst[n]);
    }
}

/* What the first failure was seen by, for `sigmacert mutants`. */
static void print_check(const struct sc_check_tally *tally)
{
    const char *what = strstr(tally->first, "): ");

    if (tally->faults > 0 && what != NULL) {
        (void)printf("check: fault, %.*s\n", (int)strcspn(what + 3, ":"), what + 3);
    } else if (tally->failed > 0) {
        (void)printf("check:%s%s%s\n", sc_check_sum(tally->other) > 0 ? " bits" : "",
                     sc_check_sum(tally->beyond) > 0 ? " bound" : "",
                     tally->bias_beyond > 0 ? " db" : "");
    }
}

int sc_command_kernels(int argc, char **argv)
{
    struct options options = {.cases = 96, .evidence = "build/evidence"};
    struct sc_activation_error activation;
    struct sc_check_tally tally;
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    memset(&tally, 0, sizeof tally);
    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK && options.activation != NULL) {
        status = sc_binade_model_read(options.activation, &activation, &error);
    }
    if (status == SC_OK) {
        status = sc_evidence_create("kernels", "sigmacert kernels", &evidence, &error);
    }
    if (status == SC_OK) {
        status =
            run_cases(&options, options.activation != NULL ? &activation : NULL, &tally, &error);
    }
    if (status == SC_OK) {
        record(&tally, evidence);
        print_check(&tally);
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
