/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/evidence.h"
#include "tests/scratch.h"
#include "tools/report/read.h"
#include "tools/report/source.h"

#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

static struct sc_evidence *begin(const char *stage)
{
    struct sc_error error;
    struct sc_evidence *evidence = NULL;

    cr_assert_eq(sc_evidence_create(stage, "make stage", &evidence, &error), SC_OK, "%s",
                 error.text);
    return evidence;
}

/* Writes and releases `evidence`, then reads DIRECTORY/STAGE.json; the caller destroys it. */
static struct sc_read_evidence *write_and_read(struct sc_evidence *evidence, const char *directory,
                                               const char *stage)
{
    struct sc_error error;
    struct sc_read_evidence *read = NULL;
    char path[2 * SCRATCH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s.json", directory, stage);
    cr_assert_eq(sc_evidence_write(evidence, directory, &error), SC_OK, "%s", error.text);
    sc_evidence_destroy(evidence);
    cr_assert_eq(sc_read_create(path, &read, &error), SC_OK, "%s", error.text);
    return read;
}

Test(evidence, what_is_written_is_what_is_read)
{
    char directory[SCRATCH_BYTES];
    scratch_create(directory);
    struct sc_evidence *evidence = begin("oracle-audit");

    sc_evidence_check(evidence, "mask.offsets", SC_EVIDENCE_PASS, 0.25, "64 shapes \xE2\x89\xA4 8");
    sc_evidence_check(evidence, "gpu", SC_EVIDENCE_SKIPPED, 0, "no device");
    sc_evidence_check(evidence, "bound", SC_EVIDENCE_FAIL, -1, NULL);
    sc_evidence_figure(evidence, "third", 1.0 / 3, "1", SC_EVIDENCE_AT_LEAST, 0.1);
    sc_evidence_spread(evidence, 0.25, 0.5);
    sc_evidence_figure(evidence, "just over", nextafter(1, 2), "1", SC_EVIDENCE_AT_MOST, 1);
    sc_evidence_figure(evidence, "count", 1e7, "1", SC_EVIDENCE_EQUAL, 1e7);
    sc_evidence_figure(evidence, "least", 0x1p-1074, "s", SC_EVIDENCE_NONE, NAN);
    sc_evidence_tool(evidence, "z3", "4.8.11");
    sc_evidence_tool(evidence, "z3", "4.8.12");
    struct sc_read_evidence *read = write_and_read(evidence, directory, "oracle-audit");

    cr_expect_str_eq(read->stage, "oracle-audit");
    cr_expect_str_eq(read->command, "make stage");
    cr_expect_eq(read->status, SC_EVIDENCE_FAIL);
    cr_expect_str_eq(read->why, "1 of 3 checks failed, first bound");
    cr_expect(read->seconds >= 0 && read->seconds < 60);
    cr_assert_eq(read->n_checks, 3);
    cr_expect_str_eq(read->checks[0].name, "mask.offsets");
    cr_expect_str_eq(read->checks[0].detail, "64 shapes \xE2\x89\xA4 8");
    cr_expect_eq(read->checks[0].status, SC_EVIDENCE_PASS);
    cr_expect_eq(read->checks[0].seconds, 0.25);
    cr_expect_eq(read->checks[1].status, SC_EVIDENCE_SKIPPED);
    cr_expect_eq(read->checks[2].status, SC_EVIDENCE_FAIL);
    cr_expect_eq(read->checks[2].seconds, 0);
    cr_expect_str_eq(read->checks[2].detail, "");
    cr_assert_eq(read->n_figures, 4);
    cr_expect_eq(read->figures[0].value, 1.0 / 3);
    cr_expect_eq(read->figures[0].goal, 0.1);
    cr_expect(read->figures[0].met);
    cr_expect_eq(read->figures[1].value, nextafter(1, 2), "a figure just over its goal is rounded");
    cr_expect_not(read->figures[1].met);
    cr_expect_eq(read->figures[2].kind, SC_EVIDENCE_EQUAL);
    cr_expect(read->figures[2].met);
    cr_expect_eq(read->figures[3].kind, SC_EVIDENCE_NONE);
    cr_expect_eq(read->figures[3].value, 0x1p-1074);
    json_t *const spread =
        json_object_get(json_array_get(json_object_get(read->root, "figures"), 0), "spread");
    cr_expect_eq(json_number_value(json_array_get(spread, 1)), 0.5);
    json_t *const tools = json_object_get(read->root, "tools");
    cr_expect_str_eq(json_string_value(json_object_get(tools, "z3")), "4.8.12");
    sc_read_destroy(read);
    scratch_remove(directory);
}

Test(evidence, only_a_stage_with_a_passed_and_no_failed_check_passes)
{
    for (int64_t passed = 0; passed < 3; passed++) {
        for (int64_t failed = 0; failed < 3; failed++) {
            for (int64_t skipped = 0; skipped < 3; skipped++) {
                const enum sc_evidence_status expected = failed > 0    ? SC_EVIDENCE_FAIL
                                                         : passed > 0  ? SC_EVIDENCE_PASS
                                                         : skipped > 0 ? SC_EVIDENCE_SKIPPED
                                                                       : SC_EVIDENCE_FAIL;
                cr_expect_eq(sc_evidence_verdict(passed, failed, skipped), expected, "%d %d %d",
                             (int)passed, (int)failed, (int)skipped);
            }
        }
    }
}

Test(evidence, a_stage_without_a_pass_says_why)
{
    static const struct {
        const char *name;
        int skips, status;
        const char *why;
    } rows[] = {{"no check at all", 0, SC_EVIDENCE_FAIL, "no check ran"},
                {"one skip", 1, SC_EVIDENCE_SKIPPED, "no device"},
                {"two skips", 2, SC_EVIDENCE_SKIPPED, "no device"}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES];
        scratch_create(directory);
        struct sc_evidence *evidence = begin("gpu");
        for (int s = 0; s < rows[r].skips; s++) {
            sc_evidence_check(evidence, "case", SC_EVIDENCE_SKIPPED, 0, s == 0 ? "no device" : "");
        }
        struct sc_read_evidence *read = write_and_read(evidence, directory, "gpu");
        cr_expect_eq((int)read->status, rows[r].status, "%s", rows[r].name);
        cr_expect_str_eq(read->why, rows[r].why, "%s", rows[r].name);
        sc_read_destroy(read);
        scratch_remove(directory);
    }
}

Test(evidence, a_goal_is_met_as_its_words_say)
{
    static const struct {
        const char *name;
        enum sc_evidence_goal kind;
        double value, goal;
        bool met;
    } rows[] = {
        {"no goal", SC_EVIDENCE_NONE, 0, 1, true},
        {"at least, equal", SC_EVIDENCE_AT_LEAST, 400, 400, true},
        {"at least, below", SC_EVIDENCE_AT_LEAST, 399.999, 400, false},
        {"at most, equal", SC_EVIDENCE_AT_MOST, 1, 1, true},
        {"at most, above", SC_EVIDENCE_AT_MOST, 1.0000000000000002, 1, false},
        {"equal", SC_EVIDENCE_EQUAL, 0, 0, true},
        {"not equal", SC_EVIDENCE_EQUAL, 1, 0, false},
        {"NaN at least", SC_EVIDENCE_AT_LEAST, NAN, 0, false},
        {"NaN at most", SC_EVIDENCE_AT_MOST, NAN, 0, false},
        {"NaN equal", SC_EVIDENCE_EQUAL, NAN, NAN, false},
        {"another kind", (enum sc_evidence_goal)9, 0, 0, false},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        cr_expect_eq(sc_evidence_goal_met(rows[r].kind, rows[r].value, rows[r].goal), rows[r].met,
                     "%s", rows[r].name);
    }
}

Test(evidence, a_figure_that_is_not_finite_fails_the_stage)
{
    static const double values[][2] = {{NAN, 1}, {INFINITY, 1}, {1, NAN}};

    for (size_t v = 0; v < 3; v++) {
        char directory[SCRATCH_BYTES];
        scratch_create(directory);
        struct sc_evidence *evidence = begin("bench");
        sc_evidence_check(evidence, "ran", SC_EVIDENCE_PASS, 0, "");
        sc_evidence_figure(evidence, "ratio", values[v][0], "1", SC_EVIDENCE_AT_LEAST,
                           values[v][1]);
        struct sc_read_evidence *read = write_and_read(evidence, directory, "bench");
        cr_expect_eq(read->status, SC_EVIDENCE_FAIL, "row %zu", v);
        cr_expect_eq(read->n_figures, 0, "row %zu", v);
        sc_read_destroy(read);
        scratch_remove(directory);
    }
}

Test(evidence, texts_of_any_bytes_can_be_recorded)
{
    char directory[SCRATCH_BYTES];
    scratch_create(directory);
    struct sc_evidence *evidence = begin("fuzz");

    sc_evidence_check(evidence, "a\xFF\x1B[2J", SC_EVIDENCE_FAIL, 0, "\xC0\xAF\xED\xA0\x80\n\"\\");
    sc_evidence_tool(evidence, "cc\xFE", "\x80");
    struct sc_read_evidence *read = write_and_read(evidence, directory, "fuzz");
    cr_expect_str_eq(read->checks[0].name, "a?\x1B[2J");
    cr_expect_str_eq(read->checks[0].detail, "?????\n\"\\");
    sc_read_destroy(read);
    scratch_remove(directory);
}

Test(evidence, a_stage_name_that_is_no_file_name_is_refused)
{
    static const char *const names[] = {"", "../up", "a/b", ".hidden", "Upper", "a b", "-a", "a\n"};
    struct sc_evidence *evidence = NULL;

    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        cr_expect_eq(sc_evidence_create(names[n], "x", &evidence, NULL), SC_E_INPUT, "%s",
                     names[n]);
    }
    cr_expect_eq(sc_evidence_create("ok", "", &evidence, NULL), SC_E_INPUT);
    cr_expect_null(evidence);
}

Test(evidence, a_write_that_fails_leaves_the_old_file_and_nothing_else)
{
    char directory[SCRATCH_BYTES];
    scratch_create(directory);
    scratch_write(directory, "oracle.json", "old");
    struct sc_evidence *evidence = begin("oracle");
    struct sc_error error;
    const struct rlimit none = {0, RLIM_INFINITY};
    const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};

    sc_evidence_check(evidence, "ran", SC_EVIDENCE_PASS, 0, "");
    (void)signal(SIGXFSZ, SIG_IGN); /* a full disk, as root sees it, too */
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    const enum sc_status status = sc_evidence_write(evidence, directory, &error);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
    char *text = scratch_read(directory, "oracle.json");

    cr_expect_eq(status, SC_E_IO);
    cr_expect_not_null(strstr(error.text, "oracle.json"), "%s", error.text);
    cr_expect_str_eq(text, "old");
    cr_expect_eq(scratch_count(directory), 1);
    free(text);
    sc_evidence_destroy(evidence);
    scratch_remove(directory);
}

Test(evidence, a_directory_that_cannot_be_made_is_an_error)
{
    char directory[SCRATCH_BYTES];
    char below[2 * SCRATCH_BYTES];
    struct sc_error error;
    scratch_create(directory);
    scratch_write(directory, "file", "");
    struct sc_evidence *evidence = begin("oracle");

    (void)snprintf(below, sizeof below, "%s/file/deeper", directory);
    cr_expect_eq(sc_evidence_write(evidence, below, &error), SC_E_IO);
    (void)snprintf(below, sizeof below, "%s/new/deeper", directory);
    cr_expect_eq(sc_evidence_write(evidence, below, &error), SC_OK, "%s", error.text);
    sc_evidence_destroy(evidence);
    scratch_remove(directory);
}

#define GIT "git -c user.name=t -c user.email=t@example.org -c commit.gpgsign=false "

Test(evidence, the_source_is_the_commit_and_whether_it_has_changes)
{
    char directory[SCRATCH_BYTES];
    struct sc_source source;
    scratch_create(directory);
    cr_assert_eq(chdir(directory), 0);
    cr_assert_eq(setenv("GIT_CEILING_DIRECTORIES", "/", 1), 0);

    sc_source_find(&source);
    cr_expect_str_eq(source.commit, "unknown", "outside a repository");
    cr_expect(source.dirty, "outside a repository");
    cr_assert_eq(system(GIT "init -q ."), 0);
    sc_source_find(&source);
    cr_expect_str_eq(source.commit, "unknown", "before the first commit");
    cr_assert_eq(system(GIT "commit -q --allow-empty -m one"), 0);
    sc_source_find(&source);
    cr_expect_eq(strspn(source.commit, "0123456789abcdef"), strlen(source.commit));
    cr_expect_geq(strlen(source.commit), 40);
    cr_expect_not(source.dirty, "nothing changed");
    cr_assert_eq(system(GIT "config status.showUntrackedFiles no"), 0);
    scratch_write(directory, "new", "");
    sc_source_find(&source);
    cr_expect(source.dirty, "a new file, hidden by a setting");
    cr_assert_eq(chdir("/"), 0);
    scratch_remove(directory);
}

Test(evidence, a_source_that_moves_while_the_stage_runs_is_dirty)
{
    char directory[SCRATCH_BYTES];
    scratch_create(directory);
    cr_assert_eq(chdir(directory), 0);
    cr_assert_eq(system(GIT "init -q . && " GIT "commit -q --allow-empty -m one"), 0);
    struct sc_evidence *evidence = begin("oracle");

    sc_evidence_check(evidence, "ran", SC_EVIDENCE_PASS, 0, "");
    cr_assert_eq(system(GIT "commit -q --allow-empty -m two"), 0);
    struct sc_read_evidence *read = write_and_read(evidence, directory, "oracle");
    cr_expect(read->source.dirty);
    sc_read_destroy(read);
    cr_assert_eq(chdir("/"), 0);
    scratch_remove(directory);
}

Test(evidence, a_name_that_begins_with_a_dot_has_the_stage_before_it)
{
    char directory[SCRATCH_BYTES];
    struct sc_evidence *evidence = begin("gpu-fuzz");

    sc_evidence_check(evidence, ".a", SC_EVIDENCE_PASS, 0, NULL);
    sc_evidence_prefix(evidence, "other.words");
    sc_evidence_figure(evidence, ".b", 1.0, "1", SC_EVIDENCE_NONE, 0);
    sc_evidence_figure(evidence, "c.d", 1.0, "1", SC_EVIDENCE_NONE, 0);
    scratch_create(directory);
    struct sc_read_evidence *read = write_and_read(evidence, directory, "gpu-fuzz");
    cr_expect_str_eq(read->checks[0].name, "gpu.fuzz.a");
    cr_expect_str_eq(read->figures[0].name, "other.words.b");
    cr_expect_str_eq(read->figures[1].name, "c.d");
    sc_read_destroy(read);
    scratch_remove(directory);
}
