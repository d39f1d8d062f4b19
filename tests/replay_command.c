/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/command/target.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS  12
#define HONEST "build/bin/serve --library build/libraries/honest.so"
#define BROKEN "HOSTILE=leave-element build/bin/serve --library build/libraries/hostile.so"
#define CLAMP  "HOSTILE=clamp-tau build/bin/serve --library build/libraries/hostile.so"
#define CASE   "case/1 rows=5 keys=9 d=16 d_v=16"

/* Runs the command with its streams in files of a directory: `out` and `err`. */
static int run(const char *scratch, const char *const *words)
{
    static const char *const names[] = {"out", "err"};
    char *argv[WORDS + 1] = {(char *)(uintptr_t) "replay"};
    int argc = 1, saved[2];

    while (argc < WORDS && words[argc - 1] != NULL) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
        argc++;
    }
    (void)fflush(NULL);
    for (int n = 0; n < 2; n++) {
        char path[2 * SCRATCH_BYTES];

        (void)snprintf(path, sizeof path, "%s/%s", scratch, names[n]);
        const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        saved[n] = dup(STDOUT_FILENO + n);
        cr_assert(file >= 0 && saved[n] >= 0);
        (void)dup2(file, STDOUT_FILENO + n);
        (void)close(file);
    }
    const int code = sc_command_replay(argc, argv);
    (void)fflush(NULL);
    for (int n = 0; n < 2; n++) {
        (void)dup2(saved[n], STDOUT_FILENO + n);
        (void)close(saved[n]);
    }
    return code;
}

static void expect_text(const char *scratch, const char *stream, const char *name, const char *what)
{
    char *text = scratch_read(scratch, stream);

    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, what), "%s: '%s', expected '%s' in it", name, text, what);
    free(text);
}

Test(replay_command, the_exit_says_whether_the_case_passes, .timeout = 300)
{
    static const struct {
        const char *name;
        int code;
        const char *stream, *text;
        const char *words[WORDS];
    } rows[] = {
        {"right", SC_EXIT_VERIFIED, "out", "\npasses  ", {"--exec", HONEST, CASE}},
        {"unwritten", SC_EXIT_FALSIFIED, "out", "\nFAILS   unwritten: ", {"--exec", BROKEN, CASE}},
        {"data",
         SC_EXIT_FALSIFIED,
         "out",
         "\"verdict\":\"fail\"",
         {"--json", "--exec", BROKEN, CASE}},
        {"a climb that stays right",
         SC_EXIT_VERIFIED,
         "out",
         " steps from it lead to ",
         {"--exec", HONEST, CASE " climb=6"}},
        {"no climb",
         SC_EXIT_INPUT,
         "err",
         "climb: 6 with values=exact, expected 0",
         {"--exec", HONEST, CASE " values=exact climb=6"}},
        {"no line", SC_EXIT_INPUT, "err", "expected a case line or --file", {"--exec", HONEST}},
        {"bad line", SC_EXIT_INPUT, "err", "byte ", {"--exec", HONEST, "case/1 rows=x"}},
        {"two lines",
         SC_EXIT_INPUT,
         "err",
         "expected one case line",
         {"--exec", HONEST, CASE, CASE}},
        {"no kernel", SC_EXIT_INPUT, "err", "expected one of --emulated", {CASE}},
        {"two kernels",
         SC_EXIT_INPUT,
         "err",
         "expected one of",
         {"--emulated", "--exec", "x", CASE}},
        {"no such option", SC_EXIT_INPUT, "err", "--nonsense", {"--nonsense", CASE}},
        {"no such file",
         SC_EXIT_INPUT,
         "err",
         "/no/such.cases: ",
         {"--exec", HONEST, "--file", "/no/such.cases"}},
        {"another hash",
         SC_EXIT_INPUT,
         "err",
         "hash",
         {"--exec", HONEST, CASE " hash=0000000000000001"}},
        {"no program", SC_EXIT_UNAVAILABLE, "err", "does not start", {"--exec", "false", CASE}},
    };
    char scratch[SCRATCH_BYTES];

    scratch_create(scratch);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const int code = run(scratch, rows[r].words);

        cr_expect_eq(code, rows[r].code, "%s: exit %d", rows[r].name, code);
        expect_text(scratch, rows[r].stream, rows[r].name, rows[r].text);
        if (code >= SC_EXIT_INPUT) {
            char *text = scratch_read(scratch, "err");
            cr_expect_eq(strchr(text, '\n'), text + strlen(text) - 1, "%s: '%s' is not one line",
                         rows[r].name, text);
            free(text);
        }
    }
    scratch_remove(scratch);
}

Test(replay_command, a_finding_that_is_fixed_is_said_to_be, .timeout = 300)
{
    char scratch[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];

    scratch_create(scratch);
    scratch_write(scratch, "unwritten-1.cases", "# kernel: mine\n" CASE "\n" CASE " right=0\n");
    (void)snprintf(path, sizeof path, "%s/unwritten-1.cases", scratch);
    const char *const fixed[WORDS] = {"--exec", HONEST, "--file", path};
    const char *const broken[WORDS] = {"--exec", BROKEN, "--file", path};
    cr_expect_eq(run(scratch, fixed), SC_EXIT_VERIFIED);
    expect_text(scratch, "out", "fixed", "finding unwritten-1\n        kernel: mine\n");
    expect_text(scratch, "out", "fixed", "\ncase 2 of 2\n");
    expect_text(scratch, "out", "fixed", "\nunwritten-1 passes now: ");
    cr_expect_eq(run(scratch, broken), SC_EXIT_FALSIFIED);
    char *text = scratch_read(scratch, "out");
    cr_expect_null(strstr(text, "passes now"));
    free(text);
    scratch_remove(scratch);
}

Test(replay_command, pictures_are_written_whole_or_not_at_all, .timeout = 300)
{
    char scratch[SCRATCH_BYTES], path[2 * SCRATCH_BYTES], nowhere[2 * SCRATCH_BYTES];

    scratch_create(scratch);
    (void)snprintf(path, sizeof path, "%s/error.svg", scratch);
    (void)snprintf(nowhere, sizeof nowhere, "%s/none/error.svg", scratch);
    const char *const right[WORDS] = {"--exec", HONEST, "--svg", path, CASE};
    const char *const broken[WORDS] = {"--exec", BROKEN, "--svg", path, CASE};
    const char *const lost[WORDS] = {"--exec", BROKEN, "--svg", nowhere, CASE};
    cr_expect_eq(run(scratch, right), SC_EXIT_VERIFIED);
    cr_expect_eq(access(path, F_OK), -1, "a picture of nothing");
    cr_expect_eq(run(scratch, broken), SC_EXIT_FALSIFIED);
    char *svg = scratch_read(scratch, "error.svg");
    cr_assert_not_null(svg);
    cr_expect_str_eq(svg + strlen(svg) - 7, "</svg>\n");
    free(svg);
    cr_expect_eq(run(scratch, lost), SC_EXIT_INPUT);
    cr_expect_eq(scratch_count(scratch), 3, "out, err and the picture");
    scratch_remove(scratch);
}

Test(replay_command, names_of_libraries_are_quoted_for_the_shell)
{
    const struct sc_target target = {.library = "a'b $(c).so"};
    char command[SC_TARGET_COMMAND_MAX], *longest = malloc(SC_TARGET_COMMAND_MAX + 1);
    struct sc_error error = {SC_OK, ""};

    cr_assert_not_null(longest);
    cr_assert_eq(sc_target_command("test", &target, command, &error), SC_OK, "%s", error.text);
    const char *end = " serve --library 'a'\\''b $(c).so'";
    cr_expect_str_eq(command + strlen(command) - strlen(end), end, "%s", command);
    cr_expect_eq(strncmp(command, "exec '/", 7), 0, "%s", command);
    memset(longest, '\'', SC_TARGET_COMMAND_MAX);
    longest[SC_TARGET_COMMAND_MAX] = '\0';
    for (int32_t length = SC_TARGET_COMMAND_MAX; length > 0; length /= 2) {
        const struct sc_target named = {.library = longest};
        longest[length] = '\0';
        const enum sc_status status = sc_target_command("test", &named, command, &error);
        cr_expect(status == SC_E_INPUT || (status == SC_OK && length < SC_TARGET_COMMAND_MAX / 4));
    }
    const struct sc_target fast = {.fast = true, .exec = "x"};
    cr_expect_eq(sc_target_command("test", &fast, command, &error), SC_E_INPUT);
    free(longest);
}

/* A kernel that is right for tau up to 1: the line that a climb leads to is a case of its own, and fails by itself. */
Test(replay_command, a_step_that_fails_is_a_case_of_its_own, .timeout = 300)
{
    char scratch[SCRATCH_BYTES], line[4096] = "";

    scratch_create(scratch);
    const char *const words[WORDS] = {"--exec", CLAMP, CASE " climb=64"};
    cr_assert_eq(run(scratch, words), SC_EXIT_FALSIFIED);
    expect_text(scratch, "out", "climb",
                "\nclimb   the case that was asked for passes; this is step ");
    expect_text(scratch, "out", "climb", "\nFAILS   conforms: ");
    char *const text = scratch_read(scratch, "out");
    cr_assert_eq(sscanf(text, "case %4095[^\n]", line), 1, "%s", text);
    free(text);
    cr_expect(strstr(line, "climb=") == NULL && strstr(line, "tau=") != NULL, "%s", line);
    const char *const again[WORDS] = {"--exec", CLAMP, line};
    cr_expect_eq(run(scratch, again), SC_EXIT_FALSIFIED);
    const char *const right[WORDS] = {"--exec", HONEST, line};
    cr_expect_eq(run(scratch, right), SC_EXIT_VERIFIED);
    scratch_remove(scratch);
}
