/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/input/values.h"
#include "tools/measure/measure.h"
#include "tools/measure/usage_record.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: memory [OPTION]...\n"
    "Memory on this machine's GPU that a pass of our kernels takes, against the length: one "
    "sequence, 8 heads,\n"
    "widths 64 and 128, n = 1024, 2048 and so on. Every pass is run, and its results are looked "
    "at. Beside them\n"
    "the unfused forward pass, one head at a time.\n"
    "\n"
    "  --n N            the largest length, a power of two from 2048 to 65536 (65536)\n"
    "  --evidence DIR   where gpu-memory.json goes (build/evidence)\n"
    "\n"
    "Exit: 0 memory is linear in the length; 1 it is not, or a result is wrong; 2 usage; 3 could "
    "not run.\n"
    "\n"
    "example: memory --n 16384\n";

static enum sc_status parse(int argc, char **argv, int32_t *largest, const char **directory,
                            bool *wants_help, struct sc_error *error)
{
    static const struct option known[] = {{"n", required_argument, NULL, 'n'},
                                          {"evidence", required_argument, NULL, 'e'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'n':
            status = sc_values_int("memory: --n", optarg, 2 * SC_USAGE_SHORTEST, SC_USAGE_LONGEST,
                                   largest, error);
            if (status == SC_OK && (*largest & (*largest - 1)) != 0) {
                status = sc_fail(error, SC_E_INPUT, "memory: --n: %d, expected a power of two",
                                 *largest);
            }
            break;
        case 'e':
            *directory = optarg;
            break;
        case 'h':
            *wants_help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "memory: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "memory: '%s', expected options only", argv[optind]);
    }
    return status;
}

int sc_measure_memory(int argc, char **argv)
{
    const char *directory = "build/evidence";
    int32_t largest = SC_USAGE_LONGEST;
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    bool wants_help = false, wrong = false;
    enum sc_status status = parse(argc, argv, &largest, &directory, &wants_help, &error);

    if (status == SC_OK && wants_help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create("gpu-memory", "build/device/memory", &evidence, &error);
    }
    if (status == SC_OK) {
        status = sc_usage_measure(largest, evidence, &error);
    }
    if (status == SC_OK) {
        status = sc_evidence_write(evidence, directory, &error);
    }
    if (status == SC_OK) {
        wrong = sc_evidence_failed(evidence) > 0;
        sc_evidence_print_failed(evidence, stderr);
    } else {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_evidence_destroy(evidence);
    return wrong ? SC_EXIT_FALSIFIED : sc_command_exit(status);
}
