/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/report.h"
#include "tests/scratch.h"
#include "tools/command/command.h"
#include "tools/report/junit.h"
#include "tools/report/table.h"

#include <criterion/redirect.h>
#include <jansson.h>
#include <sys/stat.h>

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define OTHER  "1123456789abcdef0123456789abcdef01234567"

/* Evidence by hand, so that the reader is not tested against the writer alone. */
#define FILE_OF(STAGE, STATUS, SOURCE, CHECKS, FIGURES)                                            \
    "{\"schema\": 1, \"stage\": \"" STAGE "\", \"status\": " STATUS ", \"command\": \"make x\", "  \
    "\"started\": \"2026-11-24T10:00:00Z\", \"seconds\": 12.5, \"source\": " SOURCE ", "           \
    "\"machine\": {\"cpu\": \"c\", \"cores\": 2, \"gpu\": null, \"driver\": null}, "               \
    "\"tools\": {\"z3\": \"4.8.12\"}, \"checks\": [" CHECKS "], \"figures\": [" FIGURES "]}"
#define CLEAN   "{\"commit\": \"" COMMIT "\", \"dirty\": false}"
#define PASSED  "{\"name\": \"a\", \"status\": \"pass\", \"seconds\": 0.5, \"detail\": \"\"}"
#define FAILED  "{\"name\": \"b\", \"status\": \"fail\", \"seconds\": 1, \"detail\": \"1 > 0\"}"
#define SKIPPED "{\"name\": \"c\", \"status\": \"skipped\", \"seconds\": 0, \"detail\": \"no gpu\"}"
#define SPEED                                                                                      \
    "{\"name\": \"s\", \"value\": 399.5, \"unit\": \"1\", \"goal\": {\"at_least\": 400}, "         \
    "\"met\": false, \"spread\": [1, 2.5]}"

static const char pass_file[] = FILE_OF("oracle", "\"pass\"", CLEAN, PASSED, SPEED);
static const char fail_file[] =
    FILE_OF("proofs", "\"fail\", \"why\": \"1 of 2 checks failed\"", CLEAN, PASSED ", " FAILED, "");
static const char skip_file[] =
    FILE_OF("gpu", "\"skipped\", \"why\": \"no gpu\"", CLEAN, SKIPPED, "");
static const char empty_file[] =
    FILE_OF("empty", "\"fail\", \"why\": \"no check ran\"", CLEAN, "", "");

static struct sc_report *report_with(const char *directory, const char *kept,
                                     const char *const *expected, size_t n_expected, bool strict)
{
    const struct sc_report_options options = {.directory = directory,
                                              .kept = kept,
                                              .expected = expected,
                                              .n_expected = n_expected,
                                              .strict = strict,
                                              .source = {COMMIT, false}};
    struct sc_report *report = NULL;
    struct sc_error error;

    cr_assert_eq(sc_report_create(&options, &report, &error), SC_OK, "%s", error.text);
    return report;
}

static struct sc_report *report_of(const char *directory, const char *const *expected,
                                   size_t n_expected, bool strict)
{
    return report_with(directory, NULL, expected, n_expected, strict);
}

static char *table_of(const struct sc_report *report)
{
    char *text = NULL;
    cr_assert_eq(sc_table_text(report, &text, NULL), SC_OK);
    return text;
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

Test(report, anything_but_fresh_passes_of_all_expected_stages_is_noticed)
{
    static const struct {
        const char *name;
        const char *file, *text; /* beside oracle.json, a pass */
        const char *expected[2];
        bool strict;
        enum sc_report_verdict verdict;
        const char *last;
    } rows[] = {
        {"a pass alone",
         NULL,
         NULL,
         {"oracle", "oracle"},
         true,
         SC_REPORT_VERIFIED,
         "\nverify: 1 passed, 0 failed, 0 skipped\n"},
        {"a failing check",
         "proofs.json",
         fail_file,
         {"oracle", "proofs"},
         false,
         SC_REPORT_FALSIFIED,
         "\nverify: 2 passed, 1 failed, 0 skipped\n"},
        {"a failing check of a stage nobody expected",
         "proofs.json",
         fail_file,
         {"oracle", "oracle"},
         false,
         SC_REPORT_FALSIFIED,
         "\nverify: 2 passed, 1 failed, 0 skipped\n"},
        {"a missing stage",
         NULL,
         NULL,
         {"oracle", "fuzz"},
         false,
         SC_REPORT_FALSIFIED,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"a stage of another commit",
         "old.json",
         FILE_OF("old", "\"pass\"", "{\"commit\": \"" OTHER "\", \"dirty\": false}", PASSED, ""),
         {"oracle", "old"},
         false,
         SC_REPORT_FALSIFIED,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"a stage of a changed tree",
         "old.json",
         FILE_OF("old", "\"pass\"", "{\"commit\": \"" COMMIT "\", \"dirty\": true}", PASSED, ""),
         {"oracle", "old"},
         false,
         SC_REPORT_FALSIFIED,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"a stage of an unknown commit",
         "old.json",
         FILE_OF("old", "\"pass\"", "{\"commit\": \"unknown\", \"dirty\": false}", PASSED, ""),
         {"oracle", "old"},
         false,
         SC_REPORT_FALSIFIED,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"a skip",
         "gpu.json",
         skip_file,
         {"oracle", "gpu"},
         false,
         SC_REPORT_VERIFIED,
         "\nverify: 1 passed, 0 failed, 1 skipped\n"},
        {"a skip, strict",
         "gpu.json",
         skip_file,
         {"oracle", "gpu"},
         true,
         SC_REPORT_FALSIFIED,
         "\nverify: 1 passed, 0 failed, 1 skipped\n"},
        {"a skipped check of a stage that passes, strict",
         "mixed.json",
         FILE_OF("mixed", "\"pass\"", CLEAN, PASSED ", " SKIPPED, ""),
         {"oracle", "mixed"},
         true,
         SC_REPORT_FALSIFIED,
         "\nverify: 2 passed, 0 failed, 1 skipped\n"},
        {"a stage without a check",
         "empty.json",
         empty_file,
         {"oracle", "empty"},
         false,
         SC_REPORT_FALSIFIED,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"a stage without a check that says pass",
         "empty.json",
         FILE_OF("empty", "\"pass\"", CLEAN, "", ""),
         {"oracle", "empty"},
         false,
         SC_REPORT_BAD_EVIDENCE,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"a failed check of a stage that says pass",
         "liar.json",
         FILE_OF("liar", "\"pass\"", CLEAN, PASSED ", " FAILED, ""),
         {"oracle", "liar"},
         false,
         SC_REPORT_BAD_EVIDENCE,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"a copy of another stage's pass",
         "copy.json",
         pass_file,
         {"oracle", "copy"},
         false,
         SC_REPORT_BAD_EVIDENCE,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"no JSON",
         "bad.json",
         "pass",
         {"oracle", "oracle"},
         false,
         SC_REPORT_BAD_EVIDENCE,
         "\nverify: 1 passed, 1 failed, 0 skipped\n"},
        {"unfinished work",
         "gpu.json.7.part",
         "pass",
         {"oracle", "oracle"},
         false,
         SC_REPORT_VERIFIED,
         "\nverify: 1 passed, 0 failed, 0 skipped\n"},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES];
        scratch_create(directory);
        scratch_write(directory, "oracle.json", pass_file);
        if (rows[r].file != NULL) {
            scratch_write(directory, rows[r].file, rows[r].text);
        }
        struct sc_report *report = report_of(directory, rows[r].expected, 2, rows[r].strict);
        char *text = table_of(report);
        cr_expect_eq(sc_report_verdict(report), rows[r].verdict, "%s: verdict %d, expected %d",
                     rows[r].name, (int)sc_report_verdict(report), (int)rows[r].verdict);
        cr_expect(ends_with(text, rows[r].last), "%s: %s", rows[r].name, text);
        free(text);
        sc_report_destroy(report);
        scratch_remove(directory);
    }
}

/* Kept evidence of this source counts as any; of another it is shown, and is neither pass nor failure. */
Test(report, kept_evidence_of_another_source_counts_as_nothing)
{
    static const struct {
        const char *name, *text;
        bool own; /* the stage was run here too */
        const char *last, *line;
    } rows[] = {
        {"of this source", FILE_OF("gpu", "\"pass\"", CLEAN, PASSED, ""), false,
         "\nverify: 2 passed, 0 failed, 0 skipped\n", "\ngpu                     pass "},
        {"that failed", FILE_OF("gpu", "\"fail\", \"why\": \"x\"", CLEAN, FAILED, ""), false,
         "\nverify: 1 passed, 1 failed, 0 skipped\n", "\ngpu                     fail "},
        {"of another source",
         FILE_OF("gpu", "\"pass\"", "{\"commit\": \"" OTHER "\", \"dirty\": false}", PASSED, ""),
         false, "\nverify: 1 passed, 0 failed, 0 skipped\n", "\ngpu                     stale "},
        {"beside what this run made", FILE_OF("gpu", "\"fail\", \"why\": \"x\"", CLEAN, FAILED, ""),
         true, "\nverify: 1 passed, 0 failed, 1 skipped\n", "\ngpu                     skipped "},
        {"that cannot be read", "{", false, "\nverify: 1 passed, 1 failed, 0 skipped\n",
         "\ngpu                     unreadable "},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES], kept[SCRATCH_BYTES];
        scratch_create(directory);
        scratch_create(kept);
        scratch_write(directory, "oracle.json", pass_file);
        scratch_write(kept, "gpu.json", rows[r].text);
        if (rows[r].own) {
            scratch_write(directory, "gpu.json", skip_file);
        }
        struct sc_report *report = report_with(directory, kept, NULL, 0, false);
        char *table = table_of(report);
        cr_expect(ends_with(table, rows[r].last), "%s: %s", rows[r].name, table);
        cr_expect_not_null(strstr(table, rows[r].line), "%s: %s", rows[r].name, table);
        free(table);
        sc_report_destroy(report);
        report = report_with(directory, "/nonexistent", NULL, 0, false);
        cr_expect_eq(report->n_stages, rows[r].own ? 2 : 1);
        sc_report_destroy(report);
        scratch_remove(kept);
        scratch_remove(directory);
    }
}

Test(report, nothing_and_nothing_but_skips_are_not_verified)
{
    char directory[SCRATCH_BYTES];
    scratch_create(directory);

    struct sc_report *report = report_of(directory, NULL, 0, false);
    cr_expect_eq(sc_report_verdict(report), SC_REPORT_FALSIFIED);
    sc_report_destroy(report);
    scratch_write(directory, "gpu.json", skip_file);
    report = report_of(directory, NULL, 0, false);
    cr_expect_eq(sc_report_verdict(report), SC_REPORT_NOTHING_RAN);
    sc_report_destroy(report);
    report = report_of(directory, NULL, 0, true);
    cr_expect_eq(sc_report_verdict(report), SC_REPORT_FALSIFIED);
    sc_report_destroy(report);
    scratch_remove(directory);
}

/* `text` with the first `from` replaced by `to`; the caller frees it. */
static char *edited(const char *text, const char *from, const char *to)
{
    const char *const at = strstr(text, from);
    char *result = malloc(strlen(text) + strlen(to) + 1);

    cr_assert(at != NULL && result != NULL, "%s is not in the file", from);
    (void)sprintf(result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return result;
}

Test(report, evidence_that_is_not_schema_1_is_refused_naming_file_and_field)
{
    static const struct {
        const char *name, *from, *to, *field;
    } rows[] = {
        {"another schema", "\"schema\": 1", "\"schema\": 2", "schema"},
        {"schema as a text", "\"schema\": 1", "\"schema\": \"1\"", "schema"},
        {"no schema", "\"schema\": 1, ", "", "schema"},
        {"no stage", "\"stage\": \"oracle\", ", "", "stage"},
        {"another stage", "\"oracle\"", "\"fuzz\"", "stage"},
        {"a stage with a path", "\"oracle\"", "\"../oracle\"", "stage"},
        {"an unknown status", "\"pass\"", "\"passed\"", "status"},
        {"a status in capitals", "\"pass\"", "\"PASS\"", "status"},
        {"a status of another type", "\"pass\"", "true", "status"},
        {"a fail whose checks pass", "\"pass\"", "\"fail\", \"why\": \"x\"", "status"},
        {"a reason in a pass", "\"pass\"", "\"pass\", \"why\": \"x\"", "why"},
        {"no command", "\"command\": \"make x\", ", "", "command"},
        {"an empty command", "make x", "", "command"},
        {"a time in words", "2026-11-24T10:00:00Z", "yesterday", "started"},
        {"a month that is none", "2026-11-24", "2026-13-24", "started"},
        {"an hour that is none", "T10:00:00Z", "T24:00:00Z", "started"},
        {"a time of another zone", "10:00:00Z", "10:00:00+01:00", "started"},
        {"negative seconds", "12.5", "-12.5", "seconds"},
        {"seconds as a text", "12.5", "\"12.5\"", "seconds"},
        {"endless seconds", "12.5", "1e300", "seconds"},
        {"no source", "\"source\"", "\"sauce\"", "sauce"},
        {"a short commit", COMMIT, "0123456", "source.commit"},
        {"a commit in capitals", COMMIT, "0123456789ABCDEF0123456789ABCDEF01234567",
         "source.commit"},
        {"a dirty flag of another type", "\"dirty\": false", "\"dirty\": 0", "source.dirty"},
        {"no dirty flag", ", \"dirty\": false", "", "source.dirty"},
        {"no machine", "\"machine\": {", "\"machine\": 1, \"x\": {", "x"},
        {"half a processor", "\"cores\": 2", "\"cores\": 0.5", "machine.cores"},
        {"no driver", ", \"driver\": null", "", "machine.driver"},
        {"a tool without a version", "\"4.8.12\"", "null", "tools.z3"},
        {"checks that are no list", "[{\"name\": \"a\"", "{\"x\": [{\"name\": \"a\"", "JSON"},
        {"a check that is no object", PASSED, "1", "checks[0].name"},
        {"a check without a name", "\"name\": \"a\", ", "", "checks[0].name"},
        {"a check with an unknown status", "\"status\": \"pass\", \"seconds\"",
         "\"status\": \"ok\", \"seconds\"", "checks[0].status"},
        {"a skip without a reason", PASSED,
         "{\"name\": \"a\", \"status\": \"skipped\", \"seconds\": 0, \"detail\": \"\"}",
         "checks[0].detail"},
        {"a check without a detail", ", \"detail\": \"\"", "", "checks[0].detail"},
        {"a check with another field", "\"detail\"", "\"note\": 1, \"detail\"", "checks[0].note"},
        {"no figures", ", \"figures\": [" SPEED "]", "", "figures"},
        {"a figure without a value", "\"value\": 399.5, ", "", "figures[0].value"},
        {"a figure that is null", "399.5", "null", "figures[0].value"},
        {"a goal that it calls met", "\"met\": false", "\"met\": true", "figures[0].met"},
        {"a goal of an unknown kind", "at_least", "about", "figures[0].goal"},
        {"a goal that is a text", "{\"at_least\": 400}", "\"400\"", "figures[0].goal"},
        {"two goals", "400}", "400, \"at_most\": 500}", "figures[0].goal"},
        {"met without a goal", "\"goal\": {\"at_least\": 400}, ", "", "figures[0].met"},
        {"a spread of one", "[1, 2.5]", "[1]", "figures[0].spread"},
        {"a spread upside down", "[1, 2.5]", "[3, 2.5]", "figures[0].spread"},
        {"a field twice", "\"stage\"", "\"status\": \"fail\", \"stage\"", "JSON"},
        {"a field of nobody", "\"stage\"", "\"extra\": 1, \"stage\"", "extra"},
        {"a second value behind", "\"spread\": [1, 2.5]}]}", "\"spread\": [1, 2.5]}]} {}", "JSON"},
        {"an end too early", "\"spread\": [1, 2.5]}]}", "", "JSON"},
        {"bytes that are not UTF-8", "make x", "\xFF", "JSON"},
        {"a terminator in a text", "make x", "\\u0000", "JSON"},
        {"a number too large", "399.5", "1e999", "JSON"},
        {"an integer too large", "399.5", "99999999999999999999", "JSON"},
        {"an integer that a double rounds", "399.5", "9007199254740993", "figures[0].value"},
        {"a goal that a double rounds", "400}", "-9007199254740993}", "figures[0].goal"},
        {"not a number", "399.5", "NaN", "JSON"},
    };
    char directory[SCRATCH_BYTES];
    char path[2 * SCRATCH_BYTES];
    scratch_create(directory);
    (void)snprintf(path, sizeof path, "%s/oracle.json", directory);

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_read_evidence *evidence = NULL;
        struct sc_error error = {SC_OK, ""};
        char *text = edited(pass_file, rows[r].from, rows[r].to);
        scratch_write(directory, "oracle.json", text);
        cr_expect_eq(sc_read_create(path, &evidence, &error), SC_E_INPUT, "%s: accepted",
                     rows[r].name);
        cr_expect_null(evidence, "%s", rows[r].name);
        cr_expect(strstr(error.text, "oracle.json: ") != NULL &&
                      strstr(error.text, rows[r].field) != NULL && strchr(error.text, '\n') == NULL,
                  "%s: %s", rows[r].name, error.text);
        free(text);
    }
    scratch_remove(directory);
}

/* Evidence whose unknown field `x` holds `depth` lists, one in the other; the caller frees it. */
static char *nested(size_t depth)
{
    char *const lists = malloc(2 * depth + 16);
    cr_assert_not_null(lists);

    const int head = sprintf(lists, "\"x\": ");
    memset(lists + head, '[', depth);
    memset(lists + (size_t)head + depth, ']', depth);
    (void)strcpy(lists + (size_t)head + 2 * depth, ", \"stage\"");
    char *const text = edited(pass_file, "\"stage\"", lists);
    free(lists);
    return text;
}

Test(report, deep_nesting_and_every_cut_of_a_file_are_refused)
{
    char directory[SCRATCH_BYTES];
    char path[2 * SCRATCH_BYTES];
    struct sc_read_evidence *evidence = NULL;
    scratch_create(directory);
    (void)snprintf(path, sizeof path, "%s/oracle.json", directory);

    for (size_t depth = 1; depth <= 400000; depth = 20 * depth) {
        char *const text = nested(depth);
        scratch_write(directory, "oracle.json", text);
        cr_expect_eq(sc_read_create(path, &evidence, NULL), SC_E_INPUT, "depth %zu", depth);
        free(text);
    }
    for (size_t length = 0; length < sizeof pass_file - 1; length++) {
        char cut[sizeof pass_file];
        (void)snprintf(cut, sizeof cut, "%.*s", (int)length, pass_file);
        scratch_write(directory, "oracle.json", cut);
        cr_expect_eq(sc_read_create(path, &evidence, NULL), SC_E_INPUT, "%zu bytes", length);
    }
    scratch_write(directory, "oracle.json", pass_file);
    cr_expect_eq(sc_read_create(path, &evidence, NULL), SC_OK, "the whole file");
    sc_read_destroy(evidence);
    scratch_remove(directory);
}

Test(report, what_is_not_a_regular_file_is_refused_without_waiting)
{
    char directory[SCRATCH_BYTES];
    char path[2 * SCRATCH_BYTES];
    struct sc_read_evidence *evidence = NULL;
    scratch_create(directory);

    (void)snprintf(path, sizeof path, "%s/pipe.json", directory);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(sc_read_create(path, &evidence, NULL), SC_E_INPUT);
    (void)snprintf(path, sizeof path, "%s/dir.json", directory);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_expect_eq(sc_read_create(path, &evidence, NULL), SC_E_INPUT);
    (void)snprintf(path, sizeof path, "%s/none.json", directory);
    cr_expect_eq(sc_read_create(path, &evidence, NULL), SC_E_IO);
    scratch_remove(directory);
}

#define HOSTILE                                                                                    \
    "{\"name\": \"\\u001b[2J]]>\\nverify: 9 passed, 0 failed, 0 skipped\\u202e\", "                \
    "\"status\": \"fail\", \"seconds\": 0, \"detail\": "                                           \
    "\"<a b=\\\"c\\\">&amp; ' \\ufffe\\uffff \\u0085\\u007f \\ud83d\\ude00 ]]>\\r\\n\"}"

static struct sc_report *hostile_report(const char *directory)
{
    static const char *const expected[] = {"gone"};

    scratch_write(directory, "hostile.json",
                  FILE_OF("hostile", "\"fail\", \"why\": \"<&\\\"\\u0001\\n\"", CLEAN,
                          HOSTILE ", " SKIPPED, SPEED));
    scratch_write(directory, "<&\"\x01\xFF\n.json", "{");
    scratch_write(directory,
                  "a-name-of-a-file-that-is-far-longer-than-its-column-and-goes-on-and-on.json",
                  "[]");
    return report_of(directory, expected, 1, false);
}

Test(report, the_table_is_narrow_ascii_whatever_the_evidence_says)
{
    char directory[SCRATCH_BYTES];
    scratch_create(directory);
    struct sc_report *report = hostile_report(directory);
    char *text = table_of(report);
    int verdicts = 0;
    bool in_table = true;

    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        const size_t columns = strcspn(line, "\n");
        in_table = in_table && columns > 0;
        cr_expect(!in_table || columns <= 100, "%.*s", (int)columns, line);
        verdicts += strncmp(line, "verify:", 7) == 0;
        for (size_t c = 0; c < columns; c++) {
            cr_expect(line[c] >= 0x20 && line[c] < 0x7f, "byte %d", line[c]);
        }
    }
    cr_expect_eq(verdicts, 1, "%s", text);
    cr_expect_not_null(strstr(text, "hostile: \\x1B[2J]]>\\nverify: 9 passed"), "%s", text);
    cr_expect_not_null(strstr(text, "goal unmet hostile: s: 399.5 1, expected at least 400"), "%s",
                       text);
    cr_expect_not_null(strstr(text, "skipped    hostile: c: no gpu"), "%s", text);
    cr_expect_not_null(strstr(text, "missing    gone: no evidence"), "%s", text);
    cr_expect_not_null(strstr(text, "\nstages: 0 passed, 4 failed, 0 skipped; goals: 0 of 1 met\n"),
                       "%s", text);
    free(text);
    sc_report_destroy(report);
    scratch_remove(directory);
}

/* The end of character data at `c`, up to a byte of `stop`; NULL if something in it is forbidden. */
static const char *character_data(const char *c, const char *stop)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;"};

    for (; *c != '\0' && strchr(stop, *c) == NULL; c++) {
        bool known = *c != '&';
        for (size_t e = 0; e < 4; e++) {
            known = known || strncmp(c, entities[e], strlen(entities[e])) == 0;
        }
        const unsigned char byte = (unsigned char)*c;
        if (!known || *c == '<' || *c == '>' || byte == 0x7f || (byte < 0x20 && byte != '\n')) {
            return NULL;
        }
    }
    return c;
}

/* Whether `text` is well-formed, for the part of XML that needs no DTD, comment or CDATA. */
static bool well_formed(const char *text)
{
    static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
    char open[8][32];
    size_t depth = 0;
    size_t elements = 0;
    json_t *const utf8 = json_string(text); /* refuses what is not UTF-8 */

    if (utf8 == NULL || strncmp(text, head, sizeof head - 1) != 0 ||
        strstr(text, "\xEF\xBF\xBE") != NULL || strstr(text, "\xEF\xBF\xBF") != NULL) {
        json_decref(utf8);
        return false;
    }
    json_decref(utf8);
    for (const char *c = text + sizeof head - 1; *c != '\0';) {
        c = character_data(c, "<");
        if (c == NULL || *c == '\0') {
            return c != NULL && depth == 0 && elements > 0;
        }
        const bool closing = *++c == '/';
        c += closing;
        const size_t length = strspn(c, letters);
        if (length == 0 || length >= sizeof open[0] || (depth == 0 && elements > 0)) {
            return false;
        }
        if (closing) {
            if (depth == 0 || strncmp(open[--depth], c, length) != 0 ||
                open[depth][length] != '\0' || c[length] != '>') {
                return false;
            }
            c += length + 1;
            continue;
        }
        cr_assert_lt(depth, 8);
        (void)sprintf(open[depth++], "%.*s", (int)length, c);
        elements++;
        c += length;
        while (*c == ' ') {
            const size_t key = strspn(++c, letters);
            if (key == 0 || strncmp(c + key, "=\"", 2) != 0) {
                return false;
            }
            c = character_data(c + key + 2, "\"");
            if (c == NULL || *c++ != '"') {
                return false;
            }
        }
        if (*c == '/') {
            depth--;
            c++;
        }
        if (*c++ != '>') {
            return false;
        }
    }
    return depth == 0 && elements > 0;
}

Test(report, the_judge_of_xml_refuses_what_is_not_well_formed)
{
    static const char *const bad[] = {
        "<a>",      "</a>",        "<a></b>",     "<a b=c/>", "<a b=\"<\"/>",
        "<a>&</a>", "<a>\x01</a>", "<a>\xFF</a>", "<a/><b/>", "<a b=\"/>",
        ""};

    for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
        char text[128];
        (void)snprintf(text, sizeof text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s", bad[b]);
        cr_expect_not(well_formed(text), "%s", bad[b]);
    }
    cr_expect(well_formed("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"&lt;\"><c/>x</a>\n"));
}

Test(report, junit_is_well_formed_and_counts_as_the_table_does)
{
    char directory[SCRATCH_BYTES];
    char *text = NULL;
    scratch_create(directory);
    struct sc_report *report = hostile_report(directory);

    cr_assert_eq(sc_junit_text(report, &text, NULL), SC_OK);
    cr_expect(well_formed(text), "%s", text);
    cr_expect_not_null(strstr(text, "<testsuites name=\"sigmacert\" tests=\"5\" failures=\"4\" "
                                    "errors=\"0\" skipped=\"1\">"),
                       "%s", text);
    cr_expect_not_null(strstr(text, "&lt;a b=&quot;c&quot;&gt;&amp;amp; ' ?? ?? \xF0\x9F\x98\x80"),
                       "%s", text);
    cr_expect_not_null(strstr(text, "goal unmet: s: 399.5 1, expected at least 400"), "%s", text);
    free(text);
    report->strict = true;
    cr_assert_eq(sc_junit_text(report, &text, NULL), SC_OK);
    cr_expect_not_null(strstr(text, "tests=\"5\" failures=\"5\" errors=\"0\" skipped=\"0\">"), "%s",
                       text);
    cr_expect_null(strstr(text, "<skipped"), "%s", text);
    free(text);
    sc_report_destroy(report);
    scratch_remove(directory);
}

Test(report, the_json_report_holds_verdict_counts_and_evidence)
{
    char directory[SCRATCH_BYTES];
    char *text = NULL;
    scratch_create(directory);
    scratch_write(directory, "oracle.json", pass_file);
    struct sc_report *report = hostile_report(directory);

    cr_assert_eq(sc_report_json(report, &text, NULL), SC_OK);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(root);
    cr_expect_str_eq(json_string_value(json_object_get(root, "verdict")), "unreadable");
    cr_expect_eq(json_integer_value(json_object_get(root, "passed")), 1);
    cr_expect_eq(json_integer_value(json_object_get(root, "failed")), 4);
    cr_expect_eq(json_integer_value(json_object_get(root, "goals_not_met")), 2);
    json_t *const gone = json_array_get(json_object_get(root, "stages"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(gone, "status")), "missing");
    cr_expect(json_is_null(json_object_get(gone, "evidence")));
    json_decref(root);
    free(text);
    sc_report_destroy(report);
    scratch_remove(directory);
}

/* Runs `sigmacert report` in `directory`, which is outside any repository. */
static int command(const char *directory, const char *a, const char *b)
{
    char name[] = "report";
    char first[64];
    char second[64];
    char *arguments[] = {name, first, second, NULL};

    cr_assert_eq(setenv("GIT_CEILING_DIRECTORIES", "/", 1), 0);
    cr_assert_eq(chdir(directory), 0);
    (void)snprintf(first, sizeof first, "%s", a == NULL ? "" : a);
    (void)snprintf(second, sizeof second, "%s", b == NULL ? "" : b);
    arguments[1] = a == NULL ? NULL : first;
    arguments[2] = b == NULL ? NULL : second;
    return sc_command_report(a == NULL ? 1 : b == NULL ? 2 : 3, arguments);
}

#define HERE "{\"commit\": \"unknown\", \"dirty\": true}"

static void silence(void)
{
    cr_redirect_stdout();
    cr_redirect_stderr();
}

Test(report, the_command_exits_as_its_help_says, .init = silence)
{
    static const struct {
        const char *name, *a, *b;
        int code;
    } rows[] = {
        {"all passed", NULL, NULL, SC_EXIT_VERIFIED},
        {"expected and there", "--expect=oracle", "--strict", SC_EXIT_VERIFIED},
        {"expected and missing", "--expect", "oracle,fuzz", SC_EXIT_FALSIFIED},
        {"two lists", "--expect=oracle", "--expect=fuzz", SC_EXIT_FALSIFIED},
        {"help", "--help", NULL, SC_EXIT_VERIFIED},
        {"JSON", "--json", NULL, SC_EXIT_VERIFIED},
        {"no such option", "--lenient", NULL, SC_EXIT_INPUT},
        {"an option without its value", "--expect", NULL, SC_EXIT_INPUT},
        {"a word", "oracle", NULL, SC_EXIT_INPUT},
        {"an empty list", "--expect=", NULL, SC_EXIT_INPUT},
        {"an empty name", "--expect=oracle,", NULL, SC_EXIT_INPUT},
        {"a path as a stage", "--expect=../oracle", NULL, SC_EXIT_INPUT},
        {"no such directory", "--evidence=none", NULL, SC_EXIT_INPUT},
        {"no such directory, but a stage expected", "--evidence=none", "--expect=oracle",
         SC_EXIT_FALSIFIED},
        {"a place that cannot be written", "--out=file/report", NULL, SC_EXIT_INPUT},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES];
        scratch_create(directory);
        cr_assert_eq(chdir(directory), 0);
        cr_assert(mkdir("build", 0700) == 0 && mkdir("build/evidence", 0700) == 0);
        scratch_write(directory, "file", "");
        scratch_write(directory, "build/evidence/oracle.json",
                      FILE_OF("oracle", "\"pass\"", HERE, PASSED, ""));
        const int code = command(directory, rows[r].a, rows[r].b);
        cr_expect_eq(code, rows[r].code, "%s: exit %d, expected %d", rows[r].name, code,
                     rows[r].code);
        char *junit = scratch_read(directory, "build/report/junit.xml");
        cr_expect(code != SC_EXIT_FALSIFIED || (junit != NULL && well_formed(junit)), "%s",
                  rows[r].name);
        free(junit);
        cr_assert_eq(chdir("/"), 0);
        scratch_remove(directory);
    }
}

Test(report, the_command_fails_on_each_kind_of_bad_evidence, .init = silence)
{
    static const struct {
        const char *name, *option, *text;
        int code;
    } rows[] = {
        {"a failed check", NULL, FILE_OF("b", "\"fail\", \"why\": \"x\"", HERE, FAILED, ""),
         SC_EXIT_FALSIFIED},
        {"stale", NULL, FILE_OF("b", "\"pass\"", CLEAN, PASSED, ""), SC_EXIT_FALSIFIED},
        {"no check", NULL, FILE_OF("b", "\"fail\", \"why\": \"x\"", HERE, "", ""),
         SC_EXIT_FALSIFIED},
        {"unreadable", NULL, "{}", SC_EXIT_INPUT},
        {"only a skip", NULL, FILE_OF("b", "\"skipped\", \"why\": \"x\"", HERE, SKIPPED, ""),
         SC_EXIT_UNAVAILABLE},
        {"a strict skip", "--strict", FILE_OF("b", "\"pass\"", HERE, PASSED ", " SKIPPED, ""),
         SC_EXIT_FALSIFIED},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES];
        scratch_create(directory);
        scratch_write(directory, "b.json", rows[r].text);
        const int code = command(directory, "--evidence=.", rows[r].option);
        cr_expect_eq(code, rows[r].code, "%s: exit %d, expected %d", rows[r].name, code,
                     rows[r].code);
        cr_assert_eq(chdir("/"), 0);
        scratch_remove(directory);
    }
}

Test(report, a_report_that_cannot_be_made_leaves_no_older_verdict, .init = silence)
{
    char directory[SCRATCH_BYTES];
    scratch_create(directory);
    cr_assert_eq(chdir(directory), 0);
    cr_assert(mkdir("build", 0700) == 0 && mkdir("build/evidence", 0700) == 0);
    scratch_write(directory, "build/evidence/oracle.json",
                  FILE_OF("oracle", "\"pass\"", HERE, PASSED, ""));

    cr_assert_eq(command(directory, NULL, NULL), SC_EXIT_VERIFIED);
    cr_expect_eq(access("build/report/report.json", F_OK), 0);
    cr_expect_eq(access("build/report/junit.xml", F_OK), 0);
    cr_expect_eq(command(directory, "--evidence=none", NULL), SC_EXIT_INPUT);
    cr_expect_neq(access("build/report/report.json", F_OK), 0, "an old verdict stays");
    cr_expect_neq(access("build/report/junit.xml", F_OK), 0, "an old verdict stays");
    cr_assert_eq(chdir("/"), 0);
    scratch_remove(directory);
}
