/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES "tests/samples/minilm/layer5/short-"
#define TENSORS "--q", SAMPLES "q.npy", "--k", SAMPLES "k.npy", "--v", SAMPLES "v.npy"
#define WORDS   24

/* Runs `error` or `oracle` with stderr in a file; returns the exit code and the text. */
static int run(const char *const *words, char *text, size_t size)
{
    char *argv[WORDS + 1] = {NULL};
    int argc = 0;
    char path[] = "/tmp/sigmacert-test-XXXXXX";
    const int file = mkstemp(path);
    const int saved = dup(STDERR_FILENO);
    const int null = open("/dev/null", O_WRONLY);
    const int saved_out = dup(STDOUT_FILENO);

    cr_assert(file >= 0 && saved >= 0 && null >= 0 && saved_out >= 0);
    while (words[argc] != NULL && argc < WORDS) {
        argv[argc] = (char *)(uintptr_t)words[argc];
        argc++;
    }
    (void)fflush(stderr);
    (void)fflush(stdout);
    (void)dup2(file, STDERR_FILENO);
    (void)dup2(null, STDOUT_FILENO);
    const int code = strcmp(argv[0], "error") == 0 ? sc_command_error(argc, argv)
                                                   : sc_command_oracle(argc, argv);
    (void)fflush(stderr);
    (void)fflush(stdout);
    (void)dup2(saved, STDERR_FILENO);
    (void)dup2(saved_out, STDOUT_FILENO);
    (void)lseek(file, 0, SEEK_SET);
    const ssize_t length = read(file, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    (void)close(saved_out);
    (void)close(null);
    (void)close(saved);
    (void)close(file);
    (void)unlink(path);
    return code;
}

Test(command, bad_input_is_one_line_and_exit_2)
{
    static const struct {
        const char *name, *word;
        const char *words[WORDS];
    } rows[] = {
        {"no tensors", "--q", {"oracle", "--bias", "0"}},
        {"unknown option", "--nonsense", {"oracle", "--nonsense"}},
        {"option without value", "--q", {"oracle", "--q"}},
        {"option twice", "twice", {"oracle", "--q", "a", "--q", "b"}},
        {"missing file", "none.npy", {"oracle", "--q", "none.npy", "--bias", "0"}},
        {"no bias", "--bias", {"oracle", TENSORS}},
        {"two biases", "--bias", {"oracle", TENSORS, "--bias", "0", "--bias-head", "0"}},
        {"bias rule", "-log-n", {"oracle", TENSORS, "--bias", "-log-nonsense"}},
        {"bias rule 0", "-log-n", {"oracle", TENSORS, "--bias", "-log-n=0"}},
        {"bias NaN", "--bias", {"oracle", TENSORS, "--bias", "nan"}},
        {"scale 0", "tau", {"oracle", TENSORS, "--bias", "0", "--scale", "0"}},
        {"scale negative", "tau", {"oracle", TENSORS, "--bias", "0", "--scale", "-1"}},
        {"scale too large", "--scale", {"oracle", TENSORS, "--bias", "0", "--scale", "1e400"}},
        {"window of one", "--window", {"oracle", TENSORS, "--bias", "0", "--window", "1"}},
        {"key lengths", "key length", {"oracle", TENSORS, "--bias", "0", "--key-lengths", "99"}},
        {"starts of one", "--starts-k", {"oracle", TENSORS, "--bias", "0", "--starts-q", "0,8"}},
        {"starts that fall",
         "starts of Q",
         {"oracle", TENSORS, "--bias", "0", "--starts-q", "0,9,8", "--starts-k", "0,4,8"}},
        {"mask of a wrong type",
         "--mask",
         {"oracle", TENSORS, "--bias", "0", "--mask", SAMPLES "q.npy"}},
        {"block without mask", "--block", {"oracle", TENSORS, "--bias", "0", "--block", "2,2"}},
        {"precision", "--precision", {"oracle", TENSORS, "--bias", "0", "--precision", "52"}},
        {"layout", "--layout", {"oracle", TENSORS, "--bias", "0", "--layout", "xyz"}},
        {"keys of another length",
         "--v: rows",
         {"oracle", "--q", SAMPLES "q.npy", "--k", SAMPLES "k.npy", "--v",
          "tests/samples/minilm/layer5/long-v.npy", "--bias", "0"}},
        {"no output to examine", "--out", {"error", TENSORS, "--bias", "0"}},
        {"tier", "--tier", {"oracle", TENSORS, "--bias", "0", "--tier", "best"}},
        {"threads", "--threads", {"oracle", TENSORS, "--bias", "0", "--threads", "0"}},
        {"rows", "--rows", {"oracle", TENSORS, "--bias", "0", "--rows", "none"}},
        {"tier schedule alone", "both", {"oracle", TENSORS, "--bias", "0", "--tier", "schedule"}},
        {"schedule alone", "both", {"oracle", TENSORS, "--bias", "0", "--schedule", "h100"}},
        {"schedule without a core",
         "h100",
         {"oracle", TENSORS, "--bias", "0", "--tier", "schedule", "--schedule", "fused"}},
        {"schedule with a wrong word",
         "h200",
         {"oracle", TENSORS, "--bias", "0", "--tier", "schedule", "--schedule", "h200"}},
        {"tensor core with fp32",
         "fp32",
         {"oracle", TENSORS, "--bias", "0", "--tier", "schedule", "--schedule", "h100"}},
        {"a prediction is not measured against",
         "both",
         {"error", TENSORS, "--bias", "0", "--out", SAMPLES "q.npy", "--tier", "schedule"}},
        {"dO of another shape",
         "--backward",
         {"oracle", TENSORS, "--bias", "0", "--backward",
          "tests/samples/minilm/layer5/long-v.npy"}},
        {"dO of another type",
         "--backward",
         {"oracle", "--q", SAMPLES "q.npy", "--k", SAMPLES "k.npy", "--v", SAMPLES "v.npy",
          "--bias", "0", "--backward", SAMPLES "x.npy"}},
        {"gradients in one .npy",
         "safetensors",
         {"oracle", TENSORS, "--bias", "0", "--backward", SAMPLES "v.npy", "--lo", "lo.npy"}},
        {"weights of a gradient",
         "--weights",
         {"oracle", TENSORS, "--bias", "0", "--backward", SAMPLES "v.npy", "--weights"}},
        {"no gradient to examine",
         "--dq",
         {"error", TENSORS, "--bias", "0", "--backward", SAMPLES "v.npy"}},
        {"dK of another shape",
         "--dk",
         {"error", TENSORS, "--bias", "0", "--backward", SAMPLES "v.npy", "--dk",
          "tests/samples/minilm/layer5/long-k.npy"}},
        {"db of another shape",
         "--db",
         {"error", TENSORS, "--bias", "0", "--backward", SAMPLES "v.npy", "--db", SAMPLES "q.npy"}},
        {"a file to write of error", "--lo", {"error", TENSORS, "--bias", "0", "--lo", "lo.npy"}},
        {"an output of oracle", "--dq", {"oracle", TENSORS, "--bias", "0", "--dq", "q.npy"}},
        {"unwritable", "cannot", {"oracle", TENSORS, "--bias", "0", "--lo", "/nowhere/lo.npy"}},
    };
    char text[4096];

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const int code = run(rows[r].words, text, sizeof text);
        const char *newline = strchr(text, '\n');
        cr_expect_eq(code, SC_EXIT_INPUT, "%s: exit %d", rows[r].name, code);
        cr_expect(newline != NULL && newline[1] == '\0', "%s: not one line: %s", rows[r].name,
                  text);
        cr_expect_not_null(strstr(text, rows[r].word), "%s: '%s' not in: %s", rows[r].name,
                           rows[r].word, text);
    }
}

Test(command, good_input_is_silent_on_stderr_and_exit_0)
{
    static const char *const rows[][WORDS] = {
        {"oracle", TENSORS, "--bias", "-log-n", "--causal"},
        {"oracle", TENSORS, "--bias", "-log-n=64", "--window", "2,1", "--json"},
        {"oracle", TENSORS, "--bias", "-log-n=valid", "--key-lengths", "5"},
        {"oracle", TENSORS, "--bias", "-1.5", "--starts-q", "0,3,8", "--starts-k", "0,4,8"},
        {"error", TENSORS, "--bias", "0", "--out", SAMPLES "q.npy"},
        {"error", TENSORS, "--bias", "0", "--out", SAMPLES "q.npy", "--tier", "arb", "--json"},
        {"oracle", TENSORS, "--bias", "0", "--backward", SAMPLES "v.npy", "--tier", "integer"},
        {"error", TENSORS, "--bias", "0", "--backward", SAMPLES "v.npy", "--dq", SAMPLES "q.npy",
         "--dk", SAMPLES "k.npy", "--dv", SAMPLES "v.npy"},
        {"oracle", TENSORS, "--bias", "0", "--weights", "--rows", "3", "--threads", "1"},
        {"oracle", TENSORS, "--bias", "0", "--tier", "schedule", "--schedule", "fma,separate"},
        {"oracle", "--help"},
        {"error", "--help"}};
    char text[4096];

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        cr_expect_eq(run(rows[r], text, sizeof text), SC_EXIT_VERIFIED, "row %zu: %s", r, text);
        cr_expect_str_empty(text, "row %zu: %s", r, text);
    }
}
