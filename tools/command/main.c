/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/command/processor.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} commands[] = {
    {"oracle", sc_command_oracle, "enclosures of the exact result of a problem given as files"},
    {"error", sc_command_error, "how far someone's output is from the exact result"},
    {"verify", sc_command_verify,
     "the reference against the oracle, on samples and generated cases"},
    {"proofs", sc_command_proofs, "the ledger of the proofs, from the logs of Frama-C"},
    {"audit", sc_command_audit, "the oracle's tiers against each other, on hostile problems"},
    {"fuzz", sc_command_fuzz, "a kernel under test, judged on drawn cases"},
    {"judge", sc_command_judge, "honest kernels of every kind, none of which may be accused"},
    {"kernels", sc_command_kernels, "our kernels on the emulator, bit for bit as predicted"},
    {"parsers", sc_command_parsers, "what libFuzzer found in the readers of files"},
    {"lipschitz", sc_command_lipschitz, "how sensitive a layer is at sample inputs, certified"},
    {"claims", sc_command_claims, "the claims of the paper, each checked, with its verdict"},
    {"norms", sc_command_norms, "attention norms and statistics of a layer, swept over b and n"},
    {"worst", sc_command_worst,
     "how sensitive a layer is at the worst tokens of a ball, certified"},
    {"serve", sc_command_serve, "runs a kernel for a fuzzer, in a process of its own"},
    {"bench", sc_command_bench, "speed of the oracle, as ratios and whole jobs"},
    {"replay", sc_command_replay, "a case of a fuzzed kernel again, with what is wrong explained"},
    {"baseline", sc_command_baseline, "our kernels under two ordinary tests, for comparison"},
    {"mutants", sc_command_mutants, "which planted faults a check of kernels catches"},
    {"stage", sc_command_stage, "what became of commands of other tools, as evidence"},
    {"report", sc_command_report, "the evidence of a run as a table, JSON and JUnit"},
};

static int print_help(void)
{
    (void)puts("usage: sigmacert COMMAND [OPTION]...\n"
               "Verification of sigmoid attention, O = sigma(tau Q K^T + b) V.\n");
    for (size_t c = 0; c < sizeof commands / sizeof commands[0]; c++) {
        (void)printf("  %-9s %s\n", commands[c].name, commands[c].what);
    }
    (void)puts("\n'sigmacert COMMAND --help' explains one, with an example.\n"
               "Exit: 0 verified; 1 falsified; 2 usage or bad input; 3 could not run here.");
    return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fputs("sigmacert: no command, expected one of 'sigmacert --help'\n", stderr);
        return SC_EXIT_INPUT;
    }
    if (strcmp(argv[1], "--help") == 0) {
        return print_help();
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("sigmacert " SC_VERSION);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    for (size_t c = 0; c < sizeof commands / sizeof commands[0]; c++) {
        if (strcmp(argv[1], commands[c].name) == 0) {
            sc_processor_use(argv);
            return commands[c].run(argc - 1, argv + 1);
        }
    }
    (void)fprintf(stderr, "sigmacert: no command '%s', expected one of 'sigmacert --help'\n",
                  argv[1]);
    return SC_EXIT_INPUT;
}
