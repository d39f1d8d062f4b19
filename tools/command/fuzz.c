/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/save.h"
#include "tools/campaign/options.h"
#include "tools/campaign/report.h"
#include "tools/command/command.h"
#include "tools/report/evidence.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: sigmacert fuzz (--emulated | --library FILE.so | --exec 'COMMAND') [OPTION]...\n"
    "Draws cases where kernels break, runs a kernel on them in processes of its own, and judges "
    "what it leaves.\n"
    "Small ones climb: single numbers are changed where that drives error over bound up.\n"
    "A failure is run again, shrunk to a smallest case, and kept; 'sigmacert replay' explains "
    "it.\n"
    "\n"
    "  --emulated          our kernels on the emulator; with --fast dQ by atomic additions\n"
    "  --library FILE.so   the kernel of a shared library (spec/kernel.h)\n"
    "  --exec 'COMMAND'    a program that speaks fuzz/PROTOCOL.md\n"
    "\n"
    "  --cases N           cases, of all shards together (1000, or no end with --time)\n"
    "  --time SECONDS      no case is begun after that\n"
    "  --seed S            the same seed draws the same cases (0)\n"
    "  --shard I/N         every N-th case, from case I in [0, N) on\n"
    "  --workers W         cases at a time (1)\n"
    "  --journal FILE      every record on the disk, so that a kill loses nothing\n"
    "  --resume            go on where the journal ends\n"
    "  --corpus DIR        findings are kept there, and those that are there run first\n"
    "  --max-findings K    failures that are pursued and kept, 0 to 10000; others are counted "
    "(10)\n"
    "  --stop-first        no case is begun after a finding\n"
    "\n"
    "  --checks LIST       names with commas between; all of them are in the report\n"
    "  --variants V        kinds of variants that a case is given (2)\n"
    "  --require-accuracy R  an error above R times the bound of the best arithmetic fails\n"
    "  --strict            a pass by bounds that say little fails\n"
    "  --call-seconds T    for an answer to a call (10; 120 with --emulated or memory of a "
    "device)\n"
    "  --memory MIB        of all processes together; more ends the campaign (4096)\n"
    "\n"
    "  --json FILE         the report, for machines\n"
    "  --junit FILE        the same as JUnit XML\n"
    "  --evidence DIR      where STAGE.json of 'sigmacert report' goes\n"
    "  --stage STAGE       its name (fuzz)\n"
    "\n"
    "Exit: 0 every case that was judged passed; 1 one failed; 2 usage, journal or corpus; 3 could "
    "not run, was\n"
    "stopped, or no case was judged.\n"
    "\n"
    "example: sigmacert fuzz --library ./kernel.so --time 600 --workers 2 --journal fuzz.journal "
    "--corpus corpus\n";

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* The first signal ends the campaign, a second one this process. */
static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    /* a file that may not grow is an error of the write */
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    (void)sigaction(SIGXFSZ, &action, NULL);
}

static void show(void *context, const struct sc_campaign_progress *progress)
{
    (void)context;
    (void)fprintf(stderr, "\r\033[Kfuzz: %lld", (long long)progress->cases);
    if (progress->wanted > 0) {
        (void)fprintf(stderr, " of %lld", (long long)progress->wanted);
    }
    (void)fprintf(stderr, " cases, %.1f/s, %lld of %lld pairs", progress->cases_per_second,
                  (long long)progress->pairs, (long long)progress->possible);
    if (!isnan(progress->worst)) {
        (void)fprintf(stderr, ", error / bound %.3g", progress->worst);
    }
    (void)fprintf(stderr, ", %lld failed, %lld findings%s", (long long)progress->failed,
                  (long long)progress->findings, progress->pursuing ? ", shrinking" : "");
}

static enum sc_status save(const char *path, char *text, struct sc_error *error)
{
    const struct sc_save_part part = {text, text == NULL ? 0 : strlen(text)};
    const enum sc_status status = text == NULL ? sc_fail(error, SC_E_MEMORY, "fuzz: no memory")
                                               : sc_save(path, &part, 1, error);

    free(text);
    return status;
}

static enum sc_status write_evidence(const struct sc_fuzz_options *options,
                                     const struct sc_campaign_result *result,
                                     struct sc_evidence *evidence, struct sc_error *error)
{
    sc_fuzz_record(result, options->campaign.seconds, evidence);
    return sc_evidence_write(evidence, options->evidence, error);
}

/* The report and its files. */
static enum sc_status report(const struct sc_fuzz_options *options, const char *words,
                             const struct sc_campaign_result *result, struct sc_evidence *evidence,
                             struct sc_error *error)
{
    enum sc_status status = SC_OK;

    sc_fuzz_print(stdout, options, words, result);
    if (fflush(stdout) != 0) {
        status = sc_fail(error, SC_E_IO, "fuzz: cannot write the report");
    }
    if (status == SC_OK && options->json != NULL) {
        status = save(options->json, sc_fuzz_json(options, result), error);
    }
    if (status == SC_OK && options->junit != NULL) {
        status = save(options->junit, sc_fuzz_junit(options, result), error);
    }
    if (status == SC_OK && options->evidence != NULL) {
        status = write_evidence(options, result, evidence, error);
    }
    return status;
}

static int exit_code(const struct sc_campaign_result *result, enum sc_status status)
{
    const enum sc_fuzz_verdict verdict = sc_fuzz_verdict(result);

    if (verdict == SC_FUZZ_FAIL) {
        return SC_EXIT_FALSIFIED; /* whatever came after */
    }
    if (status != SC_OK) {
        return sc_command_exit(status);
    }
    return verdict == SC_FUZZ_PASS ? SC_EXIT_VERIFIED : SC_EXIT_UNAVAILABLE;
}

int sc_command_fuzz(int argc, char **argv)
{
    struct sc_fuzz_options options;
    struct sc_fuzz_kernel kernel;
    struct sc_campaign_result result;
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    enum sc_status status = sc_fuzz_parse(argc, argv, &options, &error);

    memset(&result, 0, sizeof result);
    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_fuzz_kernel(&options, &kernel, &error);
    }
    if (status == SC_OK && options.evidence != NULL) {
        status = sc_evidence_create(options.stage, "sigmacert fuzz", &evidence, &error);
    }
    if (status == SC_OK) {
        struct sc_campaign_options *const campaign = &options.campaign;
        const bool shown = isatty(STDERR_FILENO) != 0;
        catch_signals();
        campaign->worker.command = kernel.command;
        campaign->worker.memory_bytes = campaign->memory_bytes / 4 / campaign->workers;
        campaign->code = kernel.code;
        campaign->program = SC_VERSION;
        campaign->stop = &stop;
        campaign->progress = shown ? show : NULL;
        status = sc_campaign_run(campaign, &result, &error);
        if (shown) {
            (void)fputs("\r\033[K", stderr);
        }
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    if (result.started && (status == SC_OK || result.tally.cases + result.tally.kept > 0)) {
        const enum sc_status reported = report(&options, kernel.words, &result, evidence, &error);
        if (reported != SC_OK) {
            (void)fprintf(stderr, "%s\n", error.text);
            status = status == SC_OK ? reported : status;
        }
    }
    const int code = exit_code(&result, status);
    sc_evidence_destroy(evidence);
    sc_campaign_result_destroy(&result);
    return code;
}
