/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/input/values.h"
#include "tools/measure/measure.h"
#include "tools/measure/speed_run.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: speed [OPTION]...\n"
    "Speed of our kernels on this machine's GPU, forward and backward, in bf16: 16,384 tokens, "
    "hidden width\n"
    "2048. Beside them, in the same run, cuBLAS with the sigmoid in between, and PyTorch's "
    "FlashAttention-2 and\n"
    "cuDNN, which compute softmax. The results are held against those of binary64. Prints a table "
    "in Markdown.\n"
    "\n"
    "  --d D            width of a head: 64, 128 or 256 (all)\n"
    "  --n N            length: 1024, 4096 or 16384 (all; the last one causal too)\n"
    "  --quick          few repeats, no PyTorch; what is measured is worth less\n"
    "  --torch COMMAND  speaks for PyTorch (python3 tools/measure/attention.py)\n"
    "  --evidence DIR   where gpu-speed.json goes (build/evidence)\n"
    "\n"
    "Exit: 0 measured; 1 a result is wrong; 2 usage; 3 could not run. A goal that is not met "
    "fails nothing.\n"
    "\n"
    "example: speed --d 64 --n 16384\n";

static enum sc_status one_of(const char *what, const char *text, const int32_t allowed[3],
                             int32_t *value, struct sc_error *error)
{
    const enum sc_status status = sc_values_int(what, text, 1, 1 << 24, value, error);

    if (status == SC_OK && *value != allowed[0] && *value != allowed[1] && *value != allowed[2]) {
        return sc_fail(error, SC_E_INPUT, "%s: %d, expected %d, %d or %d", what, *value, allowed[0],
                       allowed[1], allowed[2]);
    }
    return status;
}

static enum sc_status parse(int argc, char **argv, struct sc_speed_options *options,
                            const char **directory, bool *wants_help, struct sc_error *error)
{
    static const struct option known[] = {{"d", required_argument, NULL, 'd'},
                                          {"n", required_argument, NULL, 'n'},
                                          {"quick", no_argument, NULL, 'q'},
                                          {"torch", required_argument, NULL, 't'},
                                          {"evidence", required_argument, NULL, 'e'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'd':
            status = one_of("speed: --d", optarg, sc_speed_widths, &options->d, error);
            break;
        case 'n':
            status = one_of("speed: --n", optarg, sc_speed_lengths, &options->n, error);
            break;
        case 'q':
            options->quick = true;
            break;
        case 't':
            options->torch = optarg;
            break;
        case 'e':
            *directory = optarg;
            break;
        case 'h':
            *wants_help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "speed: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "speed: '%s', expected options only", argv[optind]);
    }
    return status;
}

int sc_measure_speed(int argc, char **argv)
{
    struct sc_speed_options options = {0, 0, false, "exec python3 tools/measure/attention.py"};
    const char *directory = "build/evidence";
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    bool wants_help = false, wrong = false;
    enum sc_status status = parse(argc, argv, &options, &directory, &wants_help, &error);

    if (status == SC_OK && wants_help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create("gpu-speed", "make bench-gpu", &evidence, &error);
    }
    if (status == SC_OK) {
        status = sc_speed_run(&options, evidence, &error);
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
