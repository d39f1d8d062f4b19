/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scratch.h"
#include "tools/campaign/report.h"
#include "tools/command/command.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>

#define WORDS 24

/* Runs `sigmacert fuzz`; its exit code, and what it said on both streams. */
struct said {
    int code;
    char out[16384], err[4096];
};

static void read_back(int file, char *text, size_t room)
{
    (void)lseek(file, 0, SEEK_SET);
    const ssize_t length = read(file, text, room - 1);
    text[length > 0 ? length : 0] = '\0';
    (void)close(file);
}

static struct said run(const char *const *words)
{
    struct said said;
    char *argv[WORDS + 2] = {(char *)(uintptr_t) "fuzz"};
    int argc = 1;
    char out_path[] = "/tmp/sigmacert-test-XXXXXX", err_path[] = "/tmp/sigmacert-test-XXXXXX";
    const int out = mkstemp(out_path), err = mkstemp(err_path);
    const int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);

    for (; words[argc - 1] != NULL; argc++) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    (void)fflush(NULL);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    said.code = sc_command_fuzz(argc, argv);
    (void)fflush(NULL);
    (void)dup2(saved_out, STDOUT_FILENO);
    (void)dup2(saved_err, STDERR_FILENO);
    (void)close(saved_out);
    (void)close(saved_err);
    read_back(out, said.out, sizeof said.out);
    read_back(err, said.err, sizeof said.err);
    (void)unlink(out_path);
    (void)unlink(err_path);
    return said;
}

Test(fuzz_command, bad_input_is_one_line_and_exit_2)
{
    static const struct {
        const char *name, *word;
        const char *words[WORDS];
    } rows[] = {
        {"no kernel", "--emulated", {NULL}},
        {"two kernels", "one of", {"--emulated", "--exec", "true"}},
        {"unknown option", "--nonsense", {"--emulated", "--nonsense"}},
        {"no value", "--cases", {"--emulated", "--cases"}},
        {"a word", "'more'", {"--emulated", "more"}},
        {"no cases", "--cases", {"--emulated", "--cases", "0"}},
        {"cases of letters", "--cases", {"--emulated", "--cases", "1e3"}},
        {"negative cases", "--cases", {"--emulated", "--cases", "-1"}},
        {"no time", "--time", {"--emulated", "--time", "0"}},
        {"time NaN", "--time", {"--emulated", "--time", "nan"}},
        {"a large seed", "--seed", {"--emulated", "--seed", "99999999999999999999"}},
        {"shard N/N", "I from 0", {"--emulated", "--shard", "4/4"}},
        {"shard without N", "--shard", {"--emulated", "--shard", "1"}},
        {"shard of nothing", "--shard", {"--emulated", "--shard", "0/"}},
        {"negative shard", "--shard", {"--emulated", "--shard", "-1/4"}},
        {"shard with a tail", "--shard", {"--emulated", "--shard", "1/4x"}},
        {"no workers", "--workers", {"--emulated", "--workers", "0"}},
        {"no such check", "'speed'", {"--emulated", "--checks", "crash,speed"}},
        {"empty check", "no check ''", {"--emulated", "--checks", "crash,"}},
        {"accuracy below 1", "--require-accuracy", {"--emulated", "--require-accuracy", "0.5"}},
        {"resume alone", "--journal", {"--emulated", "--resume"}},
        {"fast library", "--fast", {"--library", "x.so", "--fast"}},
        {"no library", "nowhere.so", {"--library", "/nowhere.so"}},
        {"empty name", "--journal", {"--emulated", "--journal", ""}},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct said said = run(rows[r].words);
        const char *const newline = strchr(said.err, '\n');
        cr_expect_eq(said.code, SC_EXIT_INPUT, "%s: exit %d", rows[r].name, said.code);
        cr_expect(newline != NULL && newline[1] == '\0', "%s: not one line: %s", rows[r].name,
                  said.err);
        cr_expect_not_null(strstr(said.err, rows[r].word), "%s: '%s' not in: %s", rows[r].name,
                           rows[r].word, said.err);
        cr_expect_str_empty(said.out, "%s", rows[r].name);
    }
}

#define HONEST  "exec build/bin/serve --library build/libraries/honest.so"
#define HOSTILE "build/bin/serve --library build/libraries/hostile.so"

Test(fuzz_command, the_exit_code_is_the_verdict, .timeout = 300)
{
    static const struct {
        const char *name;
        const char *words[WORDS];
        int code;
        const char *out, *err;
    } rows[] = {
        {"honest", {"--exec", HONEST, "--cases", "3"}, SC_EXIT_VERIFIED, "fuzz: pass", ""},
        {"hostile",
         {"--exec", "HOSTILE=nothing " HOSTILE, "--cases", "2", "--max-findings", "1"},
         SC_EXIT_FALSIFIED,
         "finding 1: unwritten",
         ""},
        {"refuses all",
         {"--exec", "HOSTILE= " HOSTILE, "--cases", "3"},
         SC_EXIT_UNAVAILABLE,
         "nothing was tried",
         ""},
        {"does not start", {"--exec", "false"}, SC_EXIT_UNAVAILABLE, "", "does not start"},
        {"no room for a journal",
         {"--exec", HONEST, "--cases", "3", "--journal", "/dev/full"},
         SC_EXIT_UNAVAILABLE,
         "",
         "No space left"},
        {"no place for a journal",
         {"--exec", HONEST, "--cases", "3", "--journal", "/nowhere/journal"},
         SC_EXIT_INPUT,
         "",
         "/nowhere/journal"},
        {"help", {"--help"}, SC_EXIT_VERIFIED, "usage: sigmacert fuzz", ""},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct said said = run(rows[r].words);
        cr_expect_eq(said.code, rows[r].code, "%s: exit %d, %s", rows[r].name, said.code, said.err);
        cr_expect_not_null(strstr(said.out, rows[r].out), "%s: %s", rows[r].name, said.out);
        cr_expect_not_null(strstr(said.err, rows[r].err), "%s: %s", rows[r].name, said.err);
        cr_expect(rows[r].err[0] != '\0' || said.err[0] == '\0', "%s: %s", rows[r].name, said.err);
        cr_expect(rows[r].out[0] != '\0' || said.out[0] == '\0', "%s: %s", rows[r].name, said.out);
    }
}

/* A result with a finding whose texts are hostile. */
static struct sc_campaign_result hostile_result(struct sc_campaign_finding *finding, char **lines)
{
    struct sc_campaign_result result;

    memset(&result, 0, sizeof result);
    memset(finding, 0, sizeof *finding);
    result.started = true;
    (void)strcpy(result.kernel.name, "k\"<&");
    (void)strcpy(result.kernel.arithmetic, "unknown");
    result.tally = sc_tally_empty();
    result.tally.cases = 3;
    result.tally.of[SC_CASE_FAIL] = 1;
    result.tally.of[SC_CASE_PASS] = 2;
    result.tally.failed[SC_CHECK_CRASH] = 1;
    result.tally.checked = 1u << SC_CHECK_CRASH | 1u << SC_CHECK_HANG;
    result.tally.conforms[SC_RESULT_D_Q] = INFINITY;
    finding->check = SC_CHECK_CRASH;
    finding->result = SC_RESULTS;
    (void)strcpy(finding->unit, "2");
    (void)strcpy(finding->mask, "full");
    (void)strcpy(finding->text, "]]> \"&<\x1b[2J\xff\n");
    finding->lines = lines;
    finding->count = 1;
    result.findings = finding;
    result.count = 1;
    return result;
}

static struct sc_fuzz_options plain_options(void)
{
    struct sc_fuzz_options options;

    memset(&options, 0, sizeof options);
    options.campaign.examine = sc_examine_defaults();
    options.campaign.shards = 1;
    options.campaign.program = "p";
    options.campaign.code = "c";
    return options;
}

Test(fuzz_command, json_says_what_was_found_whatever_a_kernel_says)
{
    char line[] = "case/1 rows=2";
    char *lines[] = {line};
    struct sc_campaign_finding finding;
    const struct sc_campaign_result result = hostile_result(&finding, lines);
    const struct sc_fuzz_options options = plain_options();
    char *const text = sc_fuzz_json(&options, &result);
    json_error_t where;

    cr_assert_not_null(text);
    json_t *const root = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    cr_assert_not_null(root, "%s", where.text);
    cr_expect_str_eq(json_string_value(json_object_get(root, "verdict")), "fail");
    const json_t *const findings = json_object_get(root, "findings");
    cr_assert_eq(json_array_size(findings), 1);
    const json_t *const first = json_array_get(findings, 0);
    cr_expect_str_eq(json_string_value(json_object_get(first, "check")), "crash");
    cr_expect_str_eq(json_string_value(json_array_get(json_object_get(first, "cases"), 0)), line);
    const json_t *const error = json_object_get(json_object_get(root, "error"), "dQ");
    cr_expect_str_eq(json_string_value(json_object_get(error, "of_the_model")), "inf");
    cr_expect_eq(json_array_size(json_object_get(root, "checks")), SC_CHECKS);
    json_decref(root);
    free(text);
}

static int occurrences(const char *text, const char *word)
{
    int count = 0;

    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        count++;
    }
    return count;
}

Test(fuzz_command, junit_counts_what_it_holds_and_escapes_what_a_kernel_says)
{
    char line[] = "case/1 rows=2";
    char *lines[] = {line};
    struct sc_campaign_finding finding;
    const struct sc_campaign_result result = hostile_result(&finding, lines);
    const struct sc_fuzz_options options = plain_options();
    char *const text = sc_fuzz_junit(&options, &result);
    char counts[128];

    cr_assert_not_null(text);
    (void)snprintf(counts, sizeof counts,
                   " tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\"",
                   occurrences(text, "<testcase"), occurrences(text, "<failure"),
                   occurrences(text, "<skipped"));
    cr_expect_not_null(strstr(text, counts), "%s: %s", counts, text);
    cr_expect_eq(occurrences(text, "<testcase"), 1 + SC_CHECKS + 1);
    /* the campaign, its check, its finding */
    cr_expect_eq(occurrences(text, "<failure"), 3);
    /* but what held and what failed */
    cr_expect_eq(occurrences(text, "<skipped"), SC_CHECKS - 2);
    for (const char *c = text; *c != '\0'; c++) {
        cr_assert((unsigned char)*c < 0x7f && ((unsigned char)*c >= 0x20 || *c == '\n'));
    }
    cr_expect_null(strstr(text, "]]>"));
    cr_expect_not_null(strstr(text, "k&quot;&lt;&amp;"));
    free(text);
}

Test(fuzz_command, a_verdict_is_no_pass_where_anything_failed_or_nothing_was_judged)
{
    struct sc_campaign_result result;

    memset(&result, 0, sizeof result);
    cr_expect_eq(sc_fuzz_verdict(&result), SC_FUZZ_NOTHING);
    result.tally.of[SC_CASE_REFUSED] = result.tally.of[SC_CASE_UNJUDGED] = 9;
    cr_expect_eq(sc_fuzz_verdict(&result), SC_FUZZ_NOTHING);
    result.tally.of[SC_CASE_PASS] = 1;
    cr_expect_eq(sc_fuzz_verdict(&result), SC_FUZZ_PASS);
    result.end = SC_CAMPAIGN_STOPPED;
    cr_expect_eq(sc_fuzz_verdict(&result), SC_FUZZ_STOPPED);
    result.end = SC_CAMPAIGN_BROKEN;
    cr_expect_eq(sc_fuzz_verdict(&result), SC_FUZZ_BROKEN);
    result.more = 1;
    cr_expect_eq(sc_fuzz_verdict(&result), SC_FUZZ_FAIL);
    result.more = 0;
    result.tally.of[SC_CASE_FAIL] = 1;
    cr_expect_eq(sc_fuzz_verdict(&result), SC_FUZZ_FAIL);
}
