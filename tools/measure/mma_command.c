/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_command.h"

#include "reference/save.h"
#include "tools/command/command.h"
#include "tools/input/values.h"
#include "tools/measure/mma_run.h"
#include "tools/report/evidence.h"
#include "tools/report/replace.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MISMATCHES "-mismatches.txt"

static const char help[] =
    "usage: tensor [OPTION]...\n"
    "Holds the tensor core of this machine's GPU against its model, bit for bit: tiles of 16 x 8 "
    "outputs in\n"
    "twelve categories, bf16 and fp16, through mma.sync.m16n8k16 as the kernels call it, or "
    "through\n"
    "wgmma.m64n32k16, four tiles at a time, from shared memory and registers by turns. A "
    "mismatch is\n"
    "printed with all that it is made of, and kept in DIR/STAGE" MISMATCHES ".\n"
    "\n"
    "  --wgmma          wgmma, and the stage gpu-tensor-wgmma for gpu-tensor\n"
    "  --tiles N        tiles in all, at least (1000000)\n"
    "  --seed S         of what is drawn (0)\n"
    "  --threads N      host threads (one for each processor)\n"
    "  --slots N        steps of tiles in a batch (4096)\n"
    "  --record FILE    a spread sample of what the GPU answered "
    "(tests/samples/h100/README.md)\n"
    "  --evidence DIR   where STAGE.json goes (build/evidence)\n"
    "\n"
    "Exit: 0 no mismatch; 1 one; 2 usage; 3 could not run.\n";

struct options {
    int32_t tiles, seed, threads, slots;
    const char *record, *evidence;
    enum sc_products products;
    bool help;
};

static const char *stage_of(const struct options *options)
{
    return options->products == SC_PRODUCTS_GROUP ? "gpu-tensor-wgmma" : "gpu-tensor";
}

/* Before the last word of a check's or figure's name. */
static const char *words_of(const struct options *options)
{
    return options->products == SC_PRODUCTS_GROUP ? "tensor_core.wgmma" : "tensor_core";
}

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {{"tiles", required_argument, NULL, 't'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"threads", required_argument, NULL, 'n'},
                                          {"slots", required_argument, NULL, 'b'},
                                          {"record", required_argument, NULL, 'r'},
                                          {"evidence", required_argument, NULL, 'e'},
                                          {"wgmma", no_argument, NULL, 'w'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 't':
            status = sc_values_int("tensor: --tiles", optarg, SC_MMA_RECORDED * SC_MMA_GROUPS,
                                   1 << 30, &options->tiles, error);
            break;
        case 's':
            status = sc_values_int("tensor: --seed", optarg, 0, 1 << 30, &options->seed, error);
            break;
        case 'n':
            status = sc_values_int("tensor: --threads", optarg, 1, 1024, &options->threads, error);
            break;
        case 'b':
            status = sc_values_int("tensor: --slots", optarg, SC_MMA_STEPS_MAX, 1 << 16,
                                   &options->slots, error);
            break;
        case 'r':
            options->record = optarg;
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 'w':
            options->products = SC_PRODUCTS_GROUP;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "tensor: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "tensor: '%s', expected options only", argv[optind]);
    }
    return status;
}

static void record_group(const struct options *options, int32_t group,
                         const struct sc_mma_tally *tally, struct sc_evidence *evidence)
{
    char name[96], detail[128];

    (void)snprintf(name, sizeof name, "%s.%s.%s", words_of(options),
                   sc_mma_group_format(group) == SC_FORMAT_BF16 ? "bf16" : "fp16",
                   sc_mma_category_name(sc_mma_group_category(group)));
    (void)snprintf(detail, sizeof detail, "%lld tiles, %lld outputs, %lld mismatches",
                   (long long)tally->tiles, (long long)tally->outputs,
                   (long long)tally->mismatches);
    sc_evidence_check(evidence, name,
                      tally->mismatches == 0 && tally->outputs > 0 ? SC_EVIDENCE_PASS
                                                                   : SC_EVIDENCE_FAIL,
                      0.0, detail);
    (void)printf("%s: %s\n", name, detail);
}

/* The mismatches that were kept, each a line, on standard output and in the file. */
static enum sc_status write_mismatches(const struct options *options,
                                       const struct sc_mma_result *result, struct sc_error *error)
{
    char file[96];
    const size_t room = (size_t)SC_MMA_GROUPS * SC_MMA_KEPT * SC_MMA_LINE_BYTES + 1;
    char *const text = malloc(room);
    size_t used = 0;

    if (text == NULL) {
        return sc_fail(error, SC_E_MEMORY, "tensor: no memory for a report");
    }
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        for (int32_t n = 0; n < result->groups[group].kept; n++) {
            char line[SC_MMA_LINE_BYTES];
            sc_mma_mismatch_print(&result->groups[group].first[n], line);
            (void)printf("%s\n", line);
            used += (size_t)snprintf(text + used, room - used, "%s\n", line);
        }
    }
    (void)snprintf(file, sizeof file, "%s" MISMATCHES, stage_of(options));
    const enum sc_status status = sc_replace_file(options->evidence, file, text, used, error);
    free(text);
    return status;
}

static enum sc_status report(const struct options *options, const struct sc_mma_result *result,
                             struct sc_evidence *evidence, struct sc_error *error)
{
    int64_t tiles = 0, mismatches = 0;
    char name[96];
    enum sc_status status = SC_OK;

    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        record_group(options, group, &result->groups[group], evidence);
        tiles += result->groups[group].tiles;
        mismatches += result->groups[group].mismatches;
    }
    (void)snprintf(name, sizeof name, "gpu.%s.cases", words_of(options));
    sc_evidence_figure(evidence, name, (double)tiles, "1", SC_EVIDENCE_AT_LEAST, 1e6);
    (void)snprintf(name, sizeof name, "gpu.%s.mismatches", words_of(options));
    sc_evidence_figure(evidence, name, (double)mismatches, "1", SC_EVIDENCE_EQUAL, 0.0);
    status = write_mismatches(options, result, error);
    if (status == SC_OK && options->record != NULL) {
        const struct sc_save_part part = {result->record, result->record_bytes};
        status = sc_save(options->record, &part, 1, error);
    }
    return status == SC_OK ? sc_evidence_write(evidence, options->evidence, error) : status;
}

static enum sc_status run(const struct options *options, const struct sc_mma_opener *opener,
                          struct sc_evidence *evidence, struct sc_error *error)
{
    const struct sc_mma_plan plan = {.seed = (uint64_t)options->seed,
                                     .tiles = (options->tiles + SC_MMA_GROUPS - 1) / SC_MMA_GROUPS,
                                     .threads = options->threads,
                                     .progress = isatty(STDERR_FILENO) != 0,
                                     .products = options->products};
    struct sc_mma_machine machine = {NULL, NULL, 0};
    struct sc_mma_result result = {.record = NULL};
    enum sc_status status = opener->open(options->slots, options->products, &machine, error);

    if (status == SC_OK) {
        status = sc_mma_run(&plan, &machine, &result, error);
    }
    if (status == SC_OK) {
        status = report(options, &result, evidence, error);
    }
    sc_mma_result_destroy(&result);
    opener->close(&machine);
    return status;
}

int sc_mma_command(int argc, char **argv, const struct sc_mma_opener *opener)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct options options = {.tiles = 1000000,
                              .threads = processors < 1 ? 1 : (int32_t)processors,
                              .slots = 4096,
                              .evidence = "build/evidence"};
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create(stage_of(&options), "make gpu-verify", &evidence, &error);
    }
    if (status == SC_OK) {
        status = run(&options, opener, evidence, &error);
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
