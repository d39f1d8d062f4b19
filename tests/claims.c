/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "tests/capture.h"
#include "tools/command/command.h"
#include "tools/report/read.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdint.h>

#define WORDS CAPTURE_WORDS

/* Runs `claims` in the root of the repository; output and errors in files of a directory. */
static int run(const char *directory, const char *const *words)
{
    return capture_here(directory, sc_command_claims, "claims", words);
}

Test(claims, bad_input_is_one_line_and_exit_2)
{
    static const struct {
        const char *word;
        const char *words[WORDS];
    } rows[] = {
        {"--claim 19, expected 1 to 18", {"--claim", "19"}},
        {"--claim 0", {"--claim", "1,0"}},
        {"--claim", {"--claim", "two"}},
        {"--nonsense", {"--nonsense"}},
        {"--evidence", {"--evidence"}},
        {"'4'", {"--json", "4"}},
        {"--evidence", {"--claim", "14,18", "--evidence", "nowhere"}},
        {"none/layer0", {"--claim", "2", "--samples", "none"}},
    };
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        capture_expect_refused(directory, run(directory, rows[r].words), r, rows[r].word);
    }
    scratch_remove(directory);
}

/* Column `column` of the row of a claim in README.md's table "The paper's claims". */
static bool readme_cell(const char *readme, int32_t claim, int32_t column, char *cell, size_t room)
{
    char begin[16];

    (void)snprintf(begin, sizeof begin, "\n| %d |", claim);
    const char *at = strstr(readme, "\n## The paper's claims\n");
    at = at == NULL ? NULL : strstr(at, begin);
    for (int32_t c = 0; at != NULL && c <= column; c++) {
        at = strchr(at, '|');
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL) {
        return false;
    }
    (void)snprintf(cell, room, "%.*s", (int)strcspn(at, "|\n"), at);
    return true;
}

/* The name of each finding of a row is its own: figures of the evidence are told apart by it. */
static void expect_names(const json_t *findings)
{
    for (size_t k = 0; k < json_array_size(findings); k++) {
        const char *name = json_string_value(json_object_get(json_array_get(findings, k), "name"));
        for (size_t l = 0; l < k; l++) {
            cr_expect_str_neq(
                name, json_string_value(json_object_get(json_array_get(findings, l), "name")));
        }
    }
}

static void expect_readme(const char *readme, const json_t *row)
{
    static const struct {
        const char *key;
        int32_t column;
    } columns[] = {{"mark", 2}, {"verdict", 3}};
    const int32_t claim = (int32_t)json_integer_value(json_object_get(row, "claim"));

    for (size_t k = 0; k < 2; k++) {
        char cell[128], expected[128];
        (void)snprintf(expected, sizeof expected, " %s ",
                       json_string_value(json_object_get(row, columns[k].key)));
        cr_assert(readme_cell(readme, claim, columns[k].column, cell, sizeof cell),
                  "README.md: no row of claim %d", claim);
        cr_expect_str_eq(cell, expected, "claim %d: README.md has '%s', found '%s'", claim, cell,
                         expected);
    }
}

/* The whole run: every verdict is the one of README.md, no finding is a surprise, and the evidence says the same. */
Test(claims, every_verdict_is_the_one_of_the_readme, .timeout = 900)
{
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_read_evidence *evidence = NULL;
    json_error_t where;

    scratch_create(directory);
    const char *const words[] = {"--json", "--evidence", directory, NULL};
    const int code = run(directory, words);
    char *const err = scratch_read(directory, "err"), *const out = scratch_read(directory, "out");
    char *const readme = scratch_read(".", "README.md");
    cr_assert_not_null(readme, "tests run in the root of the repository");
    json_t *all = json_loads(out, 0, &where);
    cr_assert_not_null(all, "%s: %s", where.text, err);
    cr_expect_eq(json_array_size(all), (size_t)SC_CLAIMS_ROWS);
    for (size_t n = 0; n < json_array_size(all); n++) {
        const json_t *row = json_array_get(all, n);
        cr_expect_eq(json_integer_value(json_object_get(row, "claim")), (json_int_t)n + 1);
        cr_expect(json_is_true(json_object_get(row, "as_expected")), "%s",
                  json_string_value(json_object_get(row, "statement")));
        for (size_t k = 0; k < json_array_size(json_object_get(row, "findings")); k++) {
            const json_t *finding = json_array_get(json_object_get(row, "findings"), k);
            cr_expect_str_eq(json_string_value(json_object_get(finding, "outcome")), "yes",
                             "claim %zu: %s", n + 1,
                             json_string_value(json_object_get(finding, "text")));
        }
        expect_names(json_object_get(row, "findings"));
        expect_readme(readme, row);
    }
    cr_expect_eq(code, SC_EXIT_VERIFIED, "%s", err);
    (void)snprintf(path, sizeof path, "%s/claims.json", directory);
    cr_assert_eq(sc_read_create(path, &evidence, NULL), SC_OK);
    cr_expect_eq(evidence->failed, 0);
    cr_expect_eq(evidence->skipped, 0);
    cr_expect_eq(evidence->passed, SC_CLAIMS_ROWS - 2);
    sc_read_destroy(evidence);
    json_decref(all);
    free(err);
    free(out);
    free(readme);
    scratch_remove(directory);
}

/* A verdict that is not the expected one, or a finding that came out otherwise, fails. */
Test(claims, a_surprise_is_not_as_expected)
{
    struct sc_found_list list = {.findings = NULL};
    const struct sc_claims_row row = {.expected = SC_FOUND_LIMITED};

    sc_found_add(&list, "a", SC_FOUND_STATED, SC_FOUND_EXACT, SC_FOUND_YES, 0.0, "a");
    cr_expect_not(sc_claims_as_expected(&row, &list));
    sc_found_add(&list, "b", SC_FOUND_LIMIT, SC_FOUND_EXACT, SC_FOUND_YES, 0.0, "b");
    cr_expect(sc_claims_as_expected(&row, &list));
    sc_found_add(&list, "c", SC_FOUND_LIMIT, SC_FOUND_EXACT, SC_FOUND_NO, 0.0, "c");
    cr_expect_not(sc_claims_as_expected(&row, &list));
    sc_found_destroy(&list);
}

/* A build of the proofs, of these very sources, in which Coq checked another theorem only. */
Test(claims, a_theorem_that_the_proofs_do_not_list_is_exit_1_and_said)
{
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    const char *const words[] = {"--claim", "15", "--proofs", directory, NULL};
    char *const source = scratch_read("proofs/coq", "theorem_3_2.v");
    cr_assert_not_null(source, "tests run in the root of the repository");
    scratch_write(directory, "theorem_3_2.v", source);
    scratch_write(directory, "assumptions", "theorem_3_2.theorem_3_2: -\n");
    scratch_write(directory, "admitted", "");
    scratch_write(directory, "seconds", "");
    cr_expect_eq(run(directory, words), SC_EXIT_FALSIFIED);
    char *const out = scratch_read(directory, "out");
    cr_expect_not_null(strstr(out, "NOT SO: "), "%s", out);
    cr_expect_not_null(strstr(out, "not checkable here (NOT what was expected)"), "%s", out);
    scratch_write(directory, "assumptions", "theorem_3_2.multi_head_bound: -\n");
    cr_expect_eq(run(directory, words), SC_EXIT_VERIFIED);
    free(source);
    free(out);
    scratch_remove(directory);
}

Test(claims, only_the_chosen_claims_are_checked)
{
    char directory[SCRATCH_BYTES];
    const char *const words[] = {"--claim", "4,18", NULL};

    scratch_create(directory);
    cr_expect_eq(run(directory, words), SC_EXIT_VERIFIED);
    char *const out = scratch_read(directory, "out");
    cr_expect_not_null(strstr(out, "\n4 R  "));
    cr_expect_not_null(strstr(out, "\n18 A  "));
    cr_expect_not_null(strstr(out, "recalled"));
    cr_expect_null(strstr(out, "\n5 R  "));
    free(out);
    scratch_remove(directory);
}
