/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/capture.h"
#include "tools/command/command.h"

Test(stage, each_command_is_a_check_and_its_last_line_the_detail)
{
    static const struct {
        const char *words[6];
        int code;
        const char *evidence[3]; /* in it */
    } rows[] = {
        {{"gpu-tool", "one=echo first; echo last; echo", NULL},
         0,
         {"\"status\": \"pass\"", "\"gpu.tool.one\"", "\"last\""}},
        {{"gpu-tool", "one=true", "two=echo bad; false", NULL},
         1,
         {"\"status\": \"fail\"", "\"gpu.tool.two\"", "\"bad (exit 1)\""}},
        {{"t", "one=true", "two=echo no tool; exit 3", NULL},
         0,
         {"\"status\": \"pass\"", "\"skipped\"", "\"no tool (exit 3)\""}},
        {{"t", "one=echo no tool; exit 3", NULL},
         3,
         {"\"status\": \"skipped\"", "\"t.one\"", "\"no tool (exit 3)\""}},
        {{"t", "one=kill -9 $$", NULL}, 1, {"\"fail\"", "\"t.one\"", "\"ended by a signal\""}},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES], name[64];
        const char *words[8] = {"--evidence", "."};
        for (int w = 0; w < 6; w++) {
            words[2 + w] = rows[r].words[w];
        }
        scratch_create(directory);
        const int code = capture(directory, sc_command_stage, "stage", words);
        (void)snprintf(name, sizeof name, "%s.json", rows[r].words[0]);
        char *text = scratch_read(directory, name);
        cr_expect_eq(code, rows[r].code, "row %zu: exit %d", r, code);
        cr_assert_not_null(text, "row %zu", r);
        for (int n = 0; n < 3; n++) {
            cr_expect_not_null(strstr(text, rows[r].evidence[n]), "row %zu: no %s in %s", r,
                               rows[r].evidence[n], text);
        }
        free(text);
        scratch_remove(directory);
    }
}

Test(stage, what_is_no_check_is_refused)
{
    static const char *const rows[][4] = {
        {"t", NULL},         {"t", "one", NULL},      {"t", "=true", NULL},
        {"t", "one=", NULL}, {"T", "one=true", NULL}, {"t", "one=true", "--nothing", NULL},
    };
    static const char *const words[] = {"CHECK=COMMAND", "'one'",      "'=true'",
                                        "'one='",        "stage name", "--nothing"};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        capture_expect_refused(directory, capture(directory, sc_command_stage, "stage", rows[r]), r,
                               words[r]);
    }
    scratch_remove(directory);
}
