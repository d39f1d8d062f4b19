/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/corpus.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

static struct sc_recipe shape(int32_t n_q, int32_t n_k)
{
    struct sc_recipe r = sc_recipe_plain();

    r.n_q = n_q;
    r.n_k = n_k;
    return r;
}

static void path_in(char *path, const char *directory, const char *name)
{
    (void)snprintf(path, 2 * SCRATCH_BYTES, "%s/%s", directory, name);
}

Test(corpus, a_finding_is_read_as_it_was_written)
{
    const struct sc_recipe recipes[] = {shape(5, 7), shape(9, 2), shape(1, 1)};
    char scratch[SCRATCH_BYTES], directory[2 * SCRATCH_BYTES], path[4 * SCRATCH_BYTES];
    struct sc_finding finding;
    struct sc_error error = {0};

    scratch_create(scratch);
    path_in(directory, scratch, "corpus");
    cr_assert_eq(sc_corpus_write(directory, "red zone", recipes, 3,
                                 "kernel: ours\nsaw: 5 bytes\x07", path, sizeof path, &error),
                 SC_OK, "%s", error.text);
    cr_assert_eq(sc_finding_read(path, &finding, &error), SC_OK, "%s", error.text);
    cr_expect_eq(strncmp(finding.name, "red-zone-", 9), 0, "%s", finding.name);
    cr_expect_eq(strlen(finding.name), 9 + 16);
    cr_expect_str_eq(finding.remark, "kernel: ours\nsaw: 5 bytes?\n");
    cr_assert_eq(finding.count, 3);
    for (int32_t n = 0; n < 3; n++) {
        cr_expect_eq(finding.recipes[n].n_q, recipes[n].n_q);
        cr_expect_eq(finding.recipes[n].n_k, recipes[n].n_k);
    }
    sc_finding_destroy(&finding);
    cr_expect_eq(scratch_count(directory), 1, "a temporary file is left");
    scratch_remove(scratch);
}

Test(corpus, the_same_finding_has_the_same_file_and_another_one_another)
{
    const struct sc_recipe a = shape(5, 7), b = shape(5, 8);
    char scratch[SCRATCH_BYTES], first[2 * SCRATCH_BYTES], next[2 * SCRATCH_BYTES];

    scratch_create(scratch);
    cr_assert_eq(sc_corpus_write(scratch, "hang", &a, 1, "one", first, sizeof first, NULL), SC_OK);
    cr_assert_eq(sc_corpus_write(scratch, "hang", &a, 1, "two", next, sizeof next, NULL), SC_OK);
    cr_expect_str_eq(first, next);
    cr_assert_eq(sc_corpus_write(scratch, "hang", &b, 1, "", next, sizeof next, NULL), SC_OK);
    cr_expect_str_neq(first, next);
    cr_assert_eq(sc_corpus_write(scratch, "crash", &a, 1, "", NULL, 0, NULL), SC_OK);
    cr_expect_eq(scratch_count(scratch), 3);
    scratch_remove(scratch);
}

Test(corpus, files_are_listed_by_name_and_nothing_else_is)
{
    char scratch[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_corpus corpus;
    struct sc_error error = {0};

    scratch_create(scratch);
    scratch_write(scratch, "b.cases", "");
    scratch_write(scratch, "a.cases", "");
    scratch_write(scratch, "c.cases.1.0.part", "");
    scratch_write(scratch, ".d.cases", "");
    scratch_write(scratch, ".cases", "");
    scratch_write(scratch, "README.md", "");
    cr_assert_eq(sc_corpus_list(scratch, &corpus, &error), SC_OK, "%s", error.text);
    cr_assert_eq(corpus.count, 2);
    path_in(path, scratch, "a.cases");
    cr_expect_str_eq(corpus.paths[0], path);
    path_in(path, scratch, "b.cases");
    cr_expect_str_eq(corpus.paths[1], path);
    sc_corpus_destroy(&corpus);

    path_in(path, scratch, "none");
    cr_assert_eq(sc_corpus_list(path, &corpus, &error), SC_OK);
    cr_expect_eq(corpus.count, 0);
    path_in(path, scratch, "README.md");
    cr_expect_eq(sc_corpus_list(path, &corpus, &error), SC_E_IO);
    scratch_remove(scratch);
}

/* A file of these bytes is refused, and the message begins with its path and has a line number. */
static void refused(const char *scratch, const char *text, size_t bytes, const char *line)
{
    char path[2 * SCRATCH_BYTES], expected[3 * SCRATCH_BYTES];
    struct sc_finding finding;
    struct sc_error error = {0};

    path_in(path, scratch, "x.cases");
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, bytes, file), bytes);
    cr_assert_eq(fclose(file), 0);
    (void)snprintf(expected, sizeof expected, "%s:%s", path, line);
    cr_expect_eq(sc_finding_read(path, &finding, &error), SC_E_INPUT, "'%.40s'", text);
    cr_expect_eq(strncmp(error.text, expected, strlen(expected)), 0, "%s, expected %s", error.text,
                 expected);
    cr_expect_null(finding.recipes);
    cr_expect_null(strchr(error.text, '\n'));
}

Test(corpus, a_bad_line_is_named_by_file_and_number)
{
    char scratch[SCRATCH_BYTES], line[SC_RECIPE_TEXT_MAX + 1], text[3 * SC_RECIPE_TEXT_MAX];
    const struct sc_recipe recipe = shape(5, 7);
    int length = 0;

    scratch_create(scratch);
    line[sc_recipe_print(&recipe, line)] = '\0';
    refused(scratch, "", 0, " ");
    refused(scratch, "# nothing\n\n", 11, " ");
    refused(scratch, "nonsense\n", 9, "1: ");
    length = snprintf(text, sizeof text, "# r\n%s\n\n%s x", line, line);
    refused(scratch, text, (size_t)length, "4: ");
    length = snprintf(text, sizeof text, "%s\n", line);
    text[length / 2] = '\0';
    refused(scratch, text, (size_t)length, "1: ");
    memset(text, 'a', sizeof text);
    refused(scratch, text, sizeof text, "1: ");
    memset(text, 0xff, sizeof text);
    refused(scratch, text, 100, "1: ");
    scratch_remove(scratch);
}

Test(corpus, a_last_line_without_an_end_and_a_long_remark_are_read)
{
    char scratch[SCRATCH_BYTES], path[2 * SCRATCH_BYTES], line[SC_RECIPE_TEXT_MAX + 1];
    const struct sc_recipe recipe = shape(5, 7);
    struct sc_finding finding;
    struct sc_error error = {0};
    const size_t room = (size_t)1 << 17;
    char *text = malloc(room);

    cr_assert_not_null(text);
    scratch_create(scratch);
    line[sc_recipe_print(&recipe, line)] = '\0';
    memset(text, 'r', room);
    text[0] = '#';
    (void)snprintf(text + room / 2, room / 2, "\n#short\n%s", line);
    scratch_write(scratch, "long.cases", text);
    path_in(path, scratch, "long.cases");
    cr_assert_eq(sc_finding_read(path, &finding, &error), SC_OK, "%s", error.text);
    cr_expect_str_eq(finding.name, "long");
    cr_expect(finding.count == 1 && finding.recipes[0].n_k == 7);
    cr_expect_str_eq(finding.remark, "short\n");
    sc_finding_destroy(&finding);
    free(text);
    scratch_remove(scratch);
}

Test(corpus, what_is_no_file_is_refused_and_not_waited_for)
{
    char scratch[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_finding finding;
    struct sc_error error = {0};

    scratch_create(scratch);
    path_in(path, scratch, "pipe.cases");
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(sc_finding_read(path, &finding, &error), SC_E_INPUT);
    cr_expect_eq(sc_finding_read(scratch, &finding, &error), SC_E_INPUT);
    path_in(path, scratch, "missing.cases");
    cr_expect_eq(sc_finding_read(path, &finding, &error), SC_E_IO);
    path_in(path, scratch, "huge.cases");
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, SC_CORPUS_BYTES_MAX, SEEK_SET), 0);
    cr_assert_neq(fputc('\n', file), EOF);
    cr_assert_eq(fclose(file), 0);
    cr_expect_eq(sc_finding_read(path, &finding, &error), SC_E_INPUT);
    scratch_remove(scratch);
}

Test(corpus, a_directory_that_cannot_be_made_is_an_error)
{
    const struct sc_recipe recipe = shape(5, 7);
    char scratch[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_error error = {0};

    scratch_create(scratch);
    path_in(path, scratch, "a/b");
    cr_expect_eq(sc_corpus_write(path, "crash", &recipe, 1, "", NULL, 0, &error), SC_E_IO);
    scratch_write(scratch, "file", "");
    path_in(path, scratch, "file");
    cr_expect_eq(sc_corpus_write(path, "crash", &recipe, 1, "", NULL, 0, &error), SC_E_IO);
    cr_expect_eq(scratch_count(scratch), 1);
    scratch_remove(scratch);
}

Test(corpus, the_cases_of_this_repository_are_read_and_say_why_they_are_there)
{
    struct sc_corpus corpus;
    struct sc_error error = {0};

    cr_assert_eq(sc_corpus_list("fuzz/corpus", &corpus, &error), SC_OK, "%s", error.text);
    cr_expect_geq(corpus.count, 12, "%d files", corpus.count);
    for (int32_t n = 0; n < corpus.count; n++) {
        struct sc_finding finding;

        cr_assert_eq(sc_finding_read(corpus.paths[n], &finding, &error), SC_OK, "%s", error.text);
        cr_expect_neq(finding.remark[0], '\0', "%s has no remark", corpus.paths[n]);
        sc_finding_destroy(&finding);
    }
    sc_corpus_destroy(&corpus);
}
