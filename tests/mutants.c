/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/mutants/mutants.h"
#include "tests/capture.h"
#include "tools/command/command.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A directory with patches of these heads, named a, b, ... */
static void make_patches(char directory[], const char *const *heads, int32_t count)
{
    char path[256];

    cr_assert_not_null(mkdtemp(directory));
    for (int32_t n = 0; n < count; n++) {
        (void)snprintf(path, sizeof path, "%s/%c.patch", directory, 'a' + n);
        FILE *file = fopen(path, "w");
        cr_assert_not_null(file);
        (void)fputs(heads[n], file);
        (void)fclose(file);
    }
}

static void remove_patches(const char *directory, int32_t count)
{
    char path[256];

    for (int32_t n = 0; n < count; n++) {
        (void)snprintf(path, sizeof path, "%s/%c.patch", directory, 'a' + n);
        (void)remove(path);
    }
    (void)rmdir(directory);
}

Test(mutants, the_third_line_of_a_patch_says_whether_it_is_equivalent)
{
    static const char *const heads[] = {
        "A fault.\ncatalogue: A1; feature: any\n\ndiff",
        "Another.\ncatalogue: A2; feature: any\nequivalent: it is.\n"};
    char directory[] = "/tmp/mutants-XXXXXX";
    struct sc_mutant *mutants = NULL;
    int32_t count = 0;

    make_patches(directory, heads, 2);
    cr_expect_eq(sc_mutants_list(directory, NULL, 0, &mutants, &count, NULL), SC_OK);
    cr_assert_eq(count, 2);
    cr_expect(strcmp(mutants[0].name, "a") == 0 && !mutants[0].equivalent);
    cr_expect(strcmp(mutants[1].name, "b") == 0 && mutants[1].equivalent);
    free(mutants);
    remove_patches(directory, 2);
}

Test(mutants, a_name_without_a_patch_is_refused)
{
    char name[] = "no-such-patch";
    char *const names[] = {name};
    struct sc_mutant *mutants = NULL;
    int32_t count = 0;

    cr_expect_eq(sc_mutants_list("fuzz/mutants", names, 1, &mutants, &count, NULL), SC_E_INPUT);
    free(mutants);
}

Test(mutants, a_verdict_is_the_exit_of_the_check)
{
    static const struct {
        const char *name, *build, *detect;
        bool decided, caught;
        int64_t cases;
        const char *check;
    } rows[] = {
        {"found", "true", "echo '12 cases'; echo 'check: bits'; exit 1", true, true, 12, "bits"},
        {"found, as JSON", "true", "echo '{\"cases\": 7, \"check\": \"race\"}'; exit 1", true, true,
         7, "race"},
        {"found by a replay", "true", "echo 'FAILS   unwritten: every element'; exit 1", true, true,
         0, "unwritten"},
        {"nothing found", "true", "echo '96 cases'", true, false, 96, ""},
        {"ended by a signal", "true", "kill -9 $$", true, true, 0,
         "its process was ended by a signal"},
        {"could not run", "true", "exit 3", false, false, 0, "no verdict: exit 3"},
        {"not built", "false", "exit 1", false, false, 0, "not built"},
        {"its name and place", "true", "test {name}-{home} = m-above/m", true, false, 0, ""},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_mutants_commands commands = {rows[r].build, rows[r].detect, NULL, NULL,
                                                     "above"};
        struct sc_mutant mutant = {.name = "m"};
        cr_assert_eq(sc_mutants_run(&commands, &mutant, NULL), SC_OK);
        cr_expect_eq(mutant.decided, rows[r].decided, "%s", rows[r].name);
        cr_expect_eq(mutant.caught, rows[r].caught, "%s", rows[r].name);
        cr_expect_eq(mutant.cases, rows[r].cases, "%s: %d cases", rows[r].name, (int)mutant.cases);
        cr_expect_str_eq(mutant.check, rows[r].check, "%s: %s", rows[r].name, mutant.check);
    }
}

/* A check that found something, or could not say, is not made up for. */
Test(mutants, what_the_check_does_not_find_is_put_to_the_prediction)
{
    static const struct {
        const char *name, *detect, *predict;
        bool decided, caught, predicted;
        const char *check;
    } rows[] = {
        {"found by the prediction", "echo '9 cases'", "echo '2 cases'; echo 'check: bits'; exit 1",
         true, true, true, "bits"},
        {"found by neither", "echo '9 cases'", "echo '2 cases'", true, false, false, ""},
        {"found by the check", "echo '9 cases'; echo 'check: race'; exit 1", "exit 1", true, true,
         false, "race"},
        {"the check could not say", "echo '9 cases'; exit 3", "exit 1", false, false, false,
         "no verdict: exit 3"},
        {"the prediction could not say", "echo '9 cases'", "exit 2", false, false, false,
         "prediction, no verdict: exit 2"},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_mutants_commands commands = {"true", rows[r].detect, rows[r].predict, NULL,
                                                     "above"};
        struct sc_mutant mutant = {.name = "m"};
        cr_assert_eq(sc_mutants_run(&commands, &mutant, NULL), SC_OK);
        cr_expect_eq(mutant.decided, rows[r].decided, "%s", rows[r].name);
        cr_expect_eq(mutant.caught, rows[r].caught, "%s", rows[r].name);
        cr_expect_eq(mutant.predicted, rows[r].predicted, "%s", rows[r].name);
        cr_expect_eq(mutant.cases, 9, "%s: %d cases", rows[r].name, (int)mutant.cases);
        cr_expect_str_eq(mutant.check, rows[r].check, "%s: %s", rows[r].name, mutant.check);
    }
}

Test(mutants, what_the_prediction_alone_catches_is_counted_apart)
{
    const struct sc_mutant mutants[] = {
        {.name = "a", .decided = true, .caught = true, .seconds = 1.0},
        {.name = "b", .decided = true, .caught = true, .seconds = 3.0},
        {.name = "c", .decided = true, .caught = true, .predicted = true, .seconds = 90.0},
        {.name = "d", .decided = true}};
    struct sc_evidence *evidence = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert_not_null(out);
    cr_assert_eq(sc_evidence_create("mutants", "make mutants", &evidence, NULL), SC_OK);
    cr_expect(!sc_mutants_sum(mutants, 4, evidence, out));
    (void)fclose(out);
    cr_expect_str_eq(text, "mutants: 4 faults, 2 caught, 1 by prediction alone, 1 not, 0 "
                           "undecided; 0 argued to be equivalent, 0 of them caught; median 2.0 "
                           "s: d\n");
    sc_evidence_destroy(evidence);
    free(text);
}

Test(mutants, the_sum_passes_if_all_are_caught_but_those_that_are_equivalent)
{
    static const struct {
        const char *name;
        bool caught, equivalent_caught, decided, passes;
    } rows[] = {
        {"all", true, false, true, true},
        {"one not caught", false, false, true, false},
        {"one undecided", false, false, false, false},
        {"one that was argued to be equivalent", true, true, true, false},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_mutant mutants[] = {
            {.name = "a", .decided = true, .caught = true, .seconds = 1.0},
            {.name = "b"},
            {.name = "c", .equivalent = true, .decided = true}};
        struct sc_evidence *evidence = NULL;
        FILE *out = tmpfile();
        mutants[1].decided = rows[r].decided;
        mutants[1].caught = rows[r].caught;
        mutants[2].caught = rows[r].equivalent_caught;
        cr_assert_not_null(out);
        cr_assert_eq(sc_evidence_create("mutants", "make mutants", &evidence, NULL), SC_OK);
        cr_expect_eq(sc_mutants_sum(mutants, 3, evidence, out), rows[r].passes, "%s", rows[r].name);
        sc_evidence_destroy(evidence);
        (void)fclose(out);
    }
}

Test(mutants, kernels_without_a_fault_are_put_to_the_check_first)
{
    static const struct {
        const char *detect;
        int code;
        const char *said;
    } rows[] = {
        {"test {name} = none", SC_EXIT_VERIFIED, "control: nothing found\n"},
        {"echo 'check: hang'; exit 1", SC_EXIT_FALSIFIED, "control: hang\n"},
        {"test {name} = none && exit 3; exit 1", SC_EXIT_FALSIFIED,
         "control: no verdict: exit 3\n"},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES];
        const char *words[] = {"--build",    "true",      "--detect", rows[r].detect, "--control",
                               "none",       "--patches", ".",        "--stage",      "gpu-faults",
                               "--evidence", ".",         NULL};
        scratch_create(directory);
        scratch_write(directory, "m.patch", "A fault.\ncatalogue: A1; feature: any\n\n");
        const int code = capture(directory, sc_command_mutants, "mutants", words);
        char *out = scratch_read(directory, "out");
        char *evidence = scratch_read(directory, "gpu-faults.json");
        cr_expect_eq(code, rows[r].code, "%s: exit %d, %s", rows[r].detect, code, out);
        cr_expect_not_null(strstr(out, rows[r].said), "%s: %s", rows[r].detect, out);
        cr_assert_not_null(evidence);
        cr_expect_not_null(strstr(evidence, "\"gpu.faults.control\""));
        free(evidence);
        free(out);
        scratch_remove(directory);
    }
}
