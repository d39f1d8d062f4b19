/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/baseline/baseline.h"
#include "tools/command/command.h"

#include <stdio.h>
#include <string.h>

static const char help[] = "usage: sigmacert baseline\n"
                           "Tests our kernels on the emulator in two ordinary ways, for "
                           "comparison: allclose with a tolerance of\n"
                           "1e-2 on inputs of normal(0, 1), and the rule of FlashAttention, no "
                           "more than twice the error of a\n"
                           "16-bit reference, on the smaller shapes of its tests. The emulator "
                           "reports nothing that a device would\n"
                           "not.\n"
                           "\n"
                           "Exit: 0 both pass; 1 one does not; 2 usage; 3 could not run.\n"
                           "\n"
                           "example: sigmacert baseline\n";

int sc_command_baseline(int argc, char **argv)
{
    static const char *const verdicts[] = {"passes", "fails", "crashes", "stops"};
    int code = SC_EXIT_VERIFIED;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (argc > 1) {
        (void)fprintf(stderr, "baseline: '%s', expected no option (see --help)\n", argv[1]);
        return SC_EXIT_INPUT;
    }
    for (int32_t n = 0; n < SC_BASELINES; n++) {
        struct sc_error error = {SC_OK, ""};
        struct sc_baseline_result result;
        const enum sc_status status = sc_baseline_run((enum sc_baseline)n, &result, &error);
        if (status != SC_OK) {
            (void)fprintf(stderr, "%s\n", error.text);
            return sc_command_exit(status);
        }
        (void)printf("%s: %s, %d cases%s%s\n", sc_baseline_name((enum sc_baseline)n),
                     verdicts[result.verdict], result.cases, result.text[0] != '\0' ? ": " : "",
                     result.text);
        (void)fflush(stdout);
        code = result.verdict == SC_BASELINE_PASSES ? code : SC_EXIT_FALSIFIED;
    }
    return code;
}
