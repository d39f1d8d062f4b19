/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/record.h"

#include "fuzz/bits.h"
#include "fuzz/tally.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A failing case with every field. */
static struct sc_record_case full_case(char *line, int64_t *after)
{
    struct sc_record_case record;

    memset(&record, 0, sizeof record);
    (void)strcpy(record.unit, "17");
    record.verdict = SC_CASE_FAIL;
    record.hash = UINT64_C(0x0123456789abcdef);
    record.runs = 5;
    record.checked = 0x30201;
    record.elements = 12345;
    record.weak = 3;
    for (int n = 0; n < SC_RESULTS; n++) {
        record.conforms[n] = n == 2 ? NAN : 0.1 * n;
        record.accurate[n] = n == 3 ? INFINITY : 1.0 / 3.0;
        record.climb[n] = n == 1 ? NAN : 0.2 * n;
    }
    record.climbed = 9;
    record.check = SC_CHECK_CONFORMS;
    record.result = SC_RESULT_D_K;
    (void)strcpy(record.mask, "causal+packed");
    (void)strcpy(record.text, "dK[b 0][row 3]: 0x1p-3, \"exact\" = 0");
    record.line = line;
    record.after = after;
    record.after_count = 3;
    return record;
}

static bool same(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b;
}

Test(record, a_case_is_read_back_as_it_was)
{
    char line[] = "sigmacert-case 1 n_q=3 tau=0x1p-3";
    int64_t after[] = {0, 5, 16};
    const struct sc_record_case record = full_case(line, after);
    struct sc_record_case read;
    char *const text = malloc(SC_JOURNAL_TEXT_MAX);

    cr_assert_eq(sc_record_case_print(&record, text, NULL), SC_OK);
    cr_assert_eq(sc_record_kind(text), SC_RECORD_CASE);
    cr_assert_eq(sc_record_case_parse(text, &read, NULL), SC_OK);
    cr_expect_str_eq(read.unit, record.unit);
    cr_expect_eq(read.verdict, record.verdict);
    cr_expect_eq(read.hash, record.hash);
    cr_expect_eq(read.runs, record.runs);
    cr_expect_eq(read.checked, record.checked);
    cr_expect_eq(read.elements, record.elements);
    cr_expect_eq(read.weak, record.weak);
    for (int n = 0; n < SC_RESULTS; n++) {
        cr_expect(same(read.conforms[n], record.conforms[n]), "conforms %d: %a", n,
                  read.conforms[n]);
        cr_expect(same(read.accurate[n], record.accurate[n]), "accurate %d: %a", n,
                  read.accurate[n]);
        cr_expect(same(read.climb[n], record.climb[n]), "climb %d: %a", n, read.climb[n]);
    }
    cr_expect_eq(read.climbed, 9);
    cr_expect_eq(read.check, record.check);
    cr_expect_eq(read.result, record.result);
    cr_expect_str_eq(read.mask, record.mask);
    cr_expect_str_eq(read.text, record.text);
    cr_expect_str_eq(read.line, line);
    cr_assert_eq(read.after_count, 3);
    cr_expect_eq(memcmp(read.after, after, sizeof after), 0);
    sc_record_case_clear(&read);
    free(text);
}

Test(record, a_finding_is_read_back_as_it_was)
{
    char first[] = "sigmacert-case 1 n_q=3", second[] = "sigmacert-case 1 n_k=64";
    char *lines[] = {first, second};
    struct sc_record_finding record, read;
    char *const text = malloc(SC_JOURNAL_TEXT_MAX);

    memset(&record, 0, sizeof record);
    (void)strcpy(record.unit, "corpus:crash-01.cases");
    record.shrunk = true;
    record.class = SC_CLASS_HISTORY;
    record.again = 1;
    record.tries = 77;
    (void)strcpy(record.mask, "full");
    (void)strcpy(record.text, "signal 11");
    (void)strcpy(record.file, "crash-02.cases");
    record.lines = lines;
    record.count = 2;
    cr_assert_eq(sc_record_finding_print(&record, text, NULL), SC_OK);
    cr_assert_eq(sc_record_kind(text), SC_RECORD_FINDING);
    cr_assert_eq(sc_record_finding_parse(text, &read, NULL), SC_OK);
    cr_expect(read.shrunk);
    cr_expect_str_eq(read.unit, record.unit);
    cr_expect_eq(read.class, record.class);
    cr_expect_eq(read.again, 1);
    cr_expect_eq(read.tries, 77);
    cr_expect_str_eq(read.mask, "full");
    cr_expect_str_eq(read.text, "signal 11");
    cr_expect_str_eq(read.file, "crash-02.cases");
    cr_assert_eq(read.count, 2);
    cr_expect_str_eq(read.lines[0], first);
    cr_expect_str_eq(read.lines[1], second);
    sc_record_finding_clear(&read);
    free(text);
}

Test(record, a_kernel_cannot_write_fields_of_its_own)
{
    char line[] = "sigmacert-case 1";
    int64_t after[] = {0, 5, 16};
    struct sc_record_case record = full_case(line, after), read;
    char *const text = malloc(SC_JOURNAL_TEXT_MAX);

    (void)strcpy(record.text, "it says\tcheck=crash\nand\rmore\x1b[2J");
    cr_assert_eq(sc_record_case_print(&record, text, NULL), SC_OK);
    cr_assert_eq(sc_record_case_parse(text, &read, NULL), SC_OK);
    cr_expect_eq(read.check, SC_CHECK_CONFORMS);
    cr_expect_str_eq(read.text, "it says?check=crash?and?more?[2J");
    sc_record_case_clear(&read);
    free(text);
}

Test(record, what_is_no_record_is_refused)
{
    static const char *const rows[] = {
        "case",
        "case\t",
        "case\t3",
        "case\t3\t",
        "case\t3\tgood",
        "case\t3\tpass\truns",
        "case\t3\tpass\truns=",
        "case\t3\tpass\truns=-1",
        "case\t3\tpass\truns=1x",
        "case\t3\tpass\thash=12",
        "case\t3\tpass\thash=0123456789ABCDEF",
        "case\t3\tpass\tconforms.dX=1",
        "case\t3\tpass\tconforms.=1",
        "case\t3\tpass\tconforms.dQ=one",
        "case\t3\tpass\tclimb.dX=1",
        "case\t3\tpass\tclimbed=-1",
        "case\t3\tpass\tresult=dQdQ",
        "case\t3\tpass\tcheck=conforms",
        "case\t3\tfail",
        "case\t3\tfail\tcheck=none",
        "case\t3\tfail\tcheck=conforms\tafter=",
        "case\t3\tfail\tcheck=conforms\tafter=99999999999999999999",
        "case\t3\tfail\tcheck=conforms\tline=a\tline=b",
        "case\t3\tpass\t\t",
    };
    static const char *const findings[] = {"shrunk", "shrunk\t3", "shrunk\t3\tclass=steady",
                                           "shrunk\t3\tclass=new\tline=x",
                                           "shrunk\t3\tagain=3\tline=x"};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_record_case record;
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_record_case_parse(rows[r], &record, &error), SC_E_INPUT, "%s", rows[r]);
        cr_expect_str_not_empty(error.text, "%s", rows[r]);
        sc_record_case_clear(&record);
    }
    for (size_t r = 0; r < sizeof findings / sizeof findings[0]; r++) {
        struct sc_record_finding record;
        cr_expect_eq(sc_record_finding_parse(findings[r], &record, NULL), SC_E_INPUT, "%s",
                     findings[r]);
        sc_record_finding_clear(&record);
    }
    cr_expect_eq(sc_record_kind("cases\t1"), SC_RECORD_OTHER);
    cr_expect_eq(sc_record_kind(""), SC_RECORD_OTHER);
}

Test(record, masks_are_named_by_what_a_recipe_has)
{
    struct sc_recipe recipe;
    char mask[64];

    memset(&recipe, 0, sizeof recipe);
    recipe.left = recipe.right = SC_LENGTH_MAX;
    sc_record_mask(&recipe, mask);
    cr_expect_str_eq(mask, "full");
    recipe.right = 0;
    sc_record_mask(&recipe, mask);
    cr_expect_str_eq(mask, "causal");
    recipe.left = 3;
    recipe.lengths_count = recipe.packed_count = recipe.slopes_count = recipe.block_rows = 1;
    sc_record_mask(&recipe, mask);
    cr_expect_str_eq(mask, "window+lengths+packed+alibi+plane");
    recipe.left = SC_LENGTH_MAX;
    recipe.right = 2;
    recipe.lengths_count = recipe.packed_count = recipe.slopes_count = recipe.block_rows = 0;
    sc_record_mask(&recipe, mask);
    cr_expect_str_eq(mask, "window");
}

Test(record, a_tally_counts_each_case_once_and_keeps_the_largest_errors)
{
    char line[] = "x";
    int64_t after[] = {0, 5, 16};
    struct sc_record_case record = full_case(line, after);
    struct sc_tally tally = sc_tally_empty();

    cr_expect_eq(sc_tally_judged(&tally), 0);
    sc_tally_add(&tally, &record);
    record.verdict = SC_CASE_UNJUDGED;
    record.conforms[0] = 7;
    record.conforms[1] = NAN;
    record.climb[4] = 3;
    record.climbed = 0;
    record.checked = 4;
    (void)strcpy(record.unit, "corpus:x");
    sc_tally_add(&tally, &record);
    cr_expect_eq(tally.cases, 1);
    cr_expect_eq(tally.kept, 1);
    cr_expect_eq(tally.of[SC_CASE_FAIL], 1);
    cr_expect_eq(tally.of[SC_CASE_UNJUDGED], 1);
    cr_expect_eq(sc_tally_judged(&tally), 1, "what is not judged counts for nothing");
    cr_expect_eq(tally.failed[SC_CHECK_CONFORMS], 1);
    cr_expect_eq(tally.checked, 0x30205);
    cr_expect_eq(tally.conforms[0], 7);
    cr_expect_eq(tally.conforms[1], 0.1);
    cr_expect(isnan(tally.conforms[2]));
    cr_expect(tally.climb[4] == 3 && tally.climb[3] == 0.2 * 3 && isnan(tally.climb[1]));
    cr_expect(tally.climbed == 1 && tally.steps == 9);
    cr_expect(isinf(tally.accurate[3]));
    cr_expect_eq(tally.elements, 2 * 12345);
}

Test(record, a_set_has_what_was_put_into_it)
{
    struct sc_bits bits = {NULL, 0};

    for (int64_t n = 0; n < 100000; n += 7) {
        cr_assert(sc_bits_add(&bits, n));
    }
    for (int64_t n = 0; n < 200000; n++) {
        cr_assert_eq(sc_bits_has(&bits, n), n < 100000 && n % 7 == 0, "%lld", (long long)n);
    }
    free(bits.bytes);
}
