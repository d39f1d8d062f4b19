/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest_campaign.h"
#include "tools/command/command.h"
#include "tools/input/values.h"
#include "tools/report/evidence.h"

#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: sigmacert judge [OPTION]...\n"
    "Judges honest kernels: plain code of every kind that keeps its declared arithmetic to the "
    "last "
    "bit, on every class\n"
    "of values. Every element of O, dQ, dK, dV and db is held against its bound, as it is stored "
    "and before. Then single\n"
    "inputs and what the kernel is free to choose are changed so that error over bound rises. No "
    "kernel may be accused.\n"
    "\n"
    "  --cases N        kernels on problems to draw (1560)\n"
    "  --seed S         the first one's seed (0)\n"
    "  --climb STEPS    changes for each kind and class (0)\n"
    "  --evidence DIR   where judge.json goes (build/evidence)\n"
    "\n"
    "Exit: 0 none is accused; 1 one is; 2 usage; 3 could not run.\n"
    "\n"
    "example: sigmacert judge --cases 200 --climb 20\n";

struct options {
    int32_t cases, seed, climb;
    const char *evidence;
    bool help;
};

#define CLIMB_SEEDS                                                                                \
    ((uint64_t)1 << 40) /* from here on: climbing starts elsewhere than drawn cases */

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {
        {"cases", required_argument, NULL, 'c'}, {"seed", required_argument, NULL, 's'},
        {"climb", required_argument, NULL, 'l'}, {"evidence", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'c':
            status = sc_values_int("judge: --cases", optarg, 1, 1 << 28, &options->cases, error);
            break;
        case 's':
            status = sc_values_int("judge: --seed", optarg, 0, 1 << 30, &options->seed, error);
            break;
        case 'l':
            status = sc_values_int("judge: --climb", optarg, 0, 1 << 24, &options->climb, error);
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "judge: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "judge: '%s', expected options only", argv[optind]);
    }
    return status;
}

static enum sc_status run(const struct options *options, struct sc_honest_campaign *campaign,
                          struct sc_error *error)
{
    const int shown = isatty(STDERR_FILENO);
    const int32_t cells = SC_HONEST_KINDS * SC_GENERATE_CLASSES;
    enum sc_status status = SC_OK;

    for (int32_t n = 0; n < options->cases && status == SC_OK; n++) {
        status = sc_honest_campaign_case(campaign, (uint64_t)options->seed, n, error);
        if (shown && n % 64 == 0) {
            (void)fprintf(stderr, "\r\033[Kjudge: case %d of %d", n, options->cases);
        }
    }
    for (int32_t n = 0; n < cells && options->climb > 0 && status == SC_OK; n++) {
        const uint64_t seed = CLIMB_SEEDS + (uint64_t)options->seed + (uint64_t)n * (1u << 24);
        status = sc_honest_campaign_climb(
            campaign, seed, (enum sc_honest_kind)(n / SC_GENERATE_CLASSES),
            (enum sc_generate_values)(n % SC_GENERATE_CLASSES), options->climb, error);
        if (shown) {
            (void)fprintf(stderr, "\r\033[Kjudge: climb %d of %d", n + 1, cells);
        }
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    return status;
}

/* The first accusation of all; empty if there is none. */
static const char *first_of(const struct sc_honest_campaign *campaign, char kind[64])
{
    for (int32_t n = 0; n < SC_HONEST_KINDS * SC_GENERATE_CLASSES; n++) {
        const int32_t k = n / SC_GENERATE_CLASSES, v = n % SC_GENERATE_CLASSES;
        if (campaign->verdicts[k][v].first[0] != '\0') {
            (void)snprintf(kind, 64, "%s, %s, ", sc_honest_kind_name((enum sc_honest_kind)k),
                           sc_generate_values_name((enum sc_generate_values)v));
            return campaign->verdicts[k][v].first;
        }
    }
    kind[0] = '\0';
    return "";
}

/* For each kind and class the largest error over bound of each output, before it is rounded to its format; and of
 * all, as they are stored. */
static void print_table(const struct sc_honest_campaign *campaign)
{
    (void)printf("%-10s %-11s %10s", "kind", "class", "elements");
    for (int32_t output = 0; output < SC_HONEST_OUTPUTS; output++) {
        (void)printf("  %6s", sc_honest_output_name((enum sc_honest_output)output));
    }
    (void)printf("  stored\n");
    for (int32_t n = 0; n < SC_HONEST_KINDS * SC_GENERATE_CLASSES; n++) {
        const int32_t k = n / SC_GENERATE_CLASSES, v = n % SC_GENERATE_CLASSES;
        const struct sc_honest_tally *of = campaign->verdicts[k][v].of;
        int64_t judged = 0;
        double worst = 0.0;
        for (int32_t output = 0; output < SC_HONEST_OUTPUTS; output++) {
            judged += of[output].judged;
            worst = fmax(worst, of[output].worst);
        }
        (void)printf("%-10s %-11s %10lld", sc_honest_kind_name((enum sc_honest_kind)k),
                     sc_generate_values_name((enum sc_generate_values)v), (long long)judged);
        for (int32_t output = 0; output < SC_HONEST_OUTPUTS; output++) {
            (void)printf("  %6.4f", of[output].worst_before);
        }
        (void)printf("  %6.4f\n", worst);
    }
}

static void record(const struct sc_honest_campaign *campaign, struct sc_evidence *evidence)
{
    char detail[2 * SC_ERROR_TEXT_BYTES], kind[64];
    int64_t judged = 0, unjudged = 0, accused = 0;
    const double worst = sc_honest_campaign_worst(campaign);
    const char *first = first_of(campaign, kind);

    for (int32_t n = 0; n < SC_HONEST_KINDS * SC_GENERATE_CLASSES * SC_HONEST_OUTPUTS; n++) {
        const int32_t cell = n / SC_HONEST_OUTPUTS;
        const struct sc_honest_tally *tally =
            &campaign->verdicts[cell / SC_GENERATE_CLASSES][cell % SC_GENERATE_CLASSES]
                 .of[n % SC_HONEST_OUTPUTS];
        judged += tally->judged;
        unjudged += tally->unjudged;
        accused += tally->accused;
    }
    (void)snprintf(detail, sizeof detail,
                   "%lld honest kernels drawn, %lld accused; %lld tried by climbing, %lld accused; "
                   "%lld elements judged, %lld without a claim; largest error / bound %.6f%s%s%s",
                   (long long)campaign->cases, (long long)campaign->accused_cases,
                   (long long)campaign->climbed, (long long)campaign->accused_climbed,
                   (long long)judged, (long long)unjudged, worst, accused > 0 ? "; first: " : "",
                   kind, first);
    sc_evidence_check(evidence, "judge.no-honest-kernel-is-accused",
                      accused == 0 && judged > 0 ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      detail);
    sc_evidence_figure(evidence, "judge.honest_cases", (double)campaign->cases, "1",
                       SC_EVIDENCE_AT_LEAST, 100000);
    sc_evidence_figure(evidence, "judge.false_accusations",
                       (double)(campaign->accused_cases + campaign->accused_climbed), "1",
                       SC_EVIDENCE_AT_MOST, 0);
    sc_evidence_figure(evidence, "judge.worst_honest_ratio", worst, "1", SC_EVIDENCE_AT_MOST, 1);
    sc_evidence_figure(evidence, "judge.climbed", (double)campaign->climbed, "1", SC_EVIDENCE_NONE,
                       0);
    print_table(campaign);
    (void)printf("judge: %s\n", detail);
    if (campaign->accused_cases == 0) {
        (void)printf("judge: with 95 %% confidence less than %.2g of drawn kernels are accused "
                     "(3 / %lld)\n",
                     3.0 / (double)campaign->cases, (long long)campaign->cases);
    }
}

int sc_command_judge(int argc, char **argv)
{
    struct options options = {.cases = 1560, .evidence = "build/evidence"};
    struct sc_honest_campaign *campaign = calloc(1, sizeof *campaign);
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = campaign != NULL
                                ? parse(argc, argv, &options, &error)
                                : sc_fail(&error, SC_E_MEMORY, "judge: no memory for the tallies");

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        free(campaign);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create("judge", "sigmacert judge", &evidence, &error);
    }
    if (status == SC_OK) {
        status = run(&options, campaign, &error);
    }
    if (status == SC_OK) {
        record(campaign, evidence);
        status = sc_evidence_write(evidence, options.evidence, &error);
    }
    if (status == SC_OK) {
        code = sc_evidence_failed(evidence) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
    } else {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    sc_evidence_destroy(evidence);
    free(campaign);
    return code;
}
