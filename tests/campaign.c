/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* prlimit */
#include "fuzz/campaign.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define SERVE     "exec build/bin/serve --library build/libraries/"
#define PATH_MAX_ (2 * SCRATCH_BYTES)

static struct sc_campaign_options options_of(const char *command, int64_t cases)
{
    struct sc_campaign_options options;

    memset(&options, 0, sizeof options);
    options.worker = (struct sc_worker_options){command, 60.0, 60.0, INT64_C(1) << 30};
    options.examine = sc_examine_defaults();
    options.limits = sc_select_defaults();
    options.cases = cases;
    options.seed = 5;
    options.shards = 1;
    options.workers = 1;
    options.findings_max = 4;
    options.code = "test";
    options.program = "test";
    return options;
}

static struct sc_campaign_options honest(int64_t cases)
{
    return options_of(SERVE "honest.so", cases);
}

/* A kernel that fails in one way, tests/libraries/hostile.c. */
static struct sc_campaign_options hostile(const char *way, int64_t cases)
{
    (void)setenv("HOSTILE", way, 1);
    return options_of(SERVE "hostile.so", cases);
}

/* Runs it to its end without an error. */
static struct sc_campaign_result run(const struct sc_campaign_options *options)
{
    struct sc_campaign_result result;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_campaign_run(options, &result, &error), SC_OK, "%s", error.text);
    return result;
}

/* The records of a journal, sorted, without those that are there twice. */
struct records {
    char *texts[1024];
    int count;
};

/* Without what a process had run before a failure: that depends on when it was started. */
static enum sc_status take(void *context, int64_t offset, const char *text, struct sc_error *error)
{
    struct records *const records = context;
    char *const copy = strdup(text);
    char *field = NULL;

    (void)offset;
    (void)error;
    while ((field = strstr(copy, "\tafter=")) != NULL) {
        const char *const rest = field + 1 + strcspn(field + 1, "\t");
        memmove(field, rest, strlen(rest) + 1);
    }
    cr_assert_lt(records->count, 1024);
    records->texts[records->count++] = copy;
    return SC_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct records *records)
{
    int kept = 0;

    qsort(records->texts, (size_t)records->count, sizeof records->texts[0], by_text);
    for (int n = 0; n < records->count; n++) {
        if (kept > 0 && strcmp(records->texts[n], records->texts[kept - 1]) == 0) {
            free(records->texts[n]);
        } else {
            records->texts[kept++] = records->texts[n];
        }
    }
    records->count = kept;
}

/* Adds the records of DIRECTORY/NAME. */
static void read_records(const char *directory, const char *name, struct records *records)
{
    struct sc_journal_end end;
    char *const bytes = scratch_read(directory, name);

    cr_assert_not_null(bytes);
    cr_assert_eq(sc_journal_read(bytes, strlen(bytes), NULL, take, records, &end, NULL), SC_OK);
    cr_assert_eq(end.torn, 0);
    free(bytes);
}

static void forget(struct records *records)
{
    for (int n = 0; n < records->count; n++) {
        free(records->texts[n]);
    }
    records->count = 0;
}

static void expect_same(struct records *found, struct records *expected, const char *what)
{
    sort(found);
    sort(expected);
    cr_expect_eq(found->count, expected->count, "%s: %d records, expected %d", what, found->count,
                 expected->count);
    for (int n = 0; n < found->count && n < expected->count; n++) {
        cr_assert_str_eq(found->texts[n], expected->texts[n], "%s", what);
    }
    forget(found);
}

static void path_of(const char *directory, const char *name, char path[PATH_MAX_])
{
    (void)snprintf(path, PATH_MAX_, "%s/%s", directory, name);
}

Test(campaign, an_honest_kernel_passes_and_workers_and_shards_change_no_record, .timeout = 300)
{
    char directory[SCRATCH_BYTES], path[PATH_MAX_];
    struct records whole = {{NULL}, 0}, found = {{NULL}, 0};
    struct sc_campaign_options options = honest(24);

    scratch_create(directory);
    path_of(directory, "whole", path);
    options.journal = path;
    struct sc_campaign_result result = run(&options);
    cr_expect_eq(result.count, 0);
    cr_expect_eq(result.tally.cases, 24);
    cr_expect_eq(result.tally.of[SC_CASE_FAIL], 0);
    cr_expect_gt(sc_tally_judged(&result.tally), 12);
    cr_expect_gt(result.pairs, 0);
    cr_expect_leq(result.pairs, result.possible);
    sc_campaign_result_destroy(&result);
    read_records(directory, "whole", &whole);
    cr_expect_eq(whole.count, 24);

    path_of(directory, "workers", path);
    options.workers = 3;
    result = run(&options);
    sc_campaign_result_destroy(&result);
    read_records(directory, "workers", &found);
    expect_same(&found, &whole, "three workers");

    options.workers = 1;
    options.shards = 5;
    for (options.shard = 0; options.shard < options.shards; options.shard++) {
        path_of(directory, "shard", path);
        result = run(&options);
        cr_expect_eq(result.tally.cases, options.shard < 4 ? 5 : 4);
        sc_campaign_result_destroy(&result);
        read_records(directory, "shard", &found);
        cr_assert_eq(unlink(path), 0);
    }
    expect_same(&found, &whole, "five shards");
    forget(&whole);
    scratch_remove(directory);
}

/* The size of a file; 0 if there is none. */
static off_t size_of(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_size : 0;
}

/* Runs a campaign in a process that is killed once its journal has so many bytes; whether it was. */
static bool run_and_kill(const struct sc_campaign_options *options, off_t bytes)
{
    const struct timespec pause = {0, 2000000};
    int status = 0;
    pid_t ended = 0;

    (void)fflush(NULL);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct sc_campaign_result result;
        _exit(sc_campaign_run(options, &result, NULL) == SC_OK ? 0 : 1);
    }
    while (size_of(options->journal) < bytes && (ended = waitpid(child, &status, WNOHANG)) == 0) {
        (void)nanosleep(&pause, NULL);
    }
    if (ended == 0) {
        (void)kill(child, SIGKILL);
        cr_assert_eq(waitpid(child, &status, 0), child);
    }
    cr_expect(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* Killed again and again, and gone on with: the same records as of a run that nobody disturbed. */
static void kill_again_and_again(struct sc_campaign_options options, const char *what)
{
    char directory[SCRATCH_BYTES], path[PATH_MAX_];
    struct records whole = {{NULL}, 0}, found = {{NULL}, 0};
    int kills = 0;

    scratch_create(directory);
    path_of(directory, "whole", path);
    options.journal = path;
    struct sc_campaign_result result = run(&options), resumed;
    read_records(directory, "whole", &whole);
    path_of(directory, "killed", path);
    options.resume = true;
    for (off_t bytes = 300; kills < 30 && run_and_kill(&options, bytes);
         bytes = size_of(path) + 700) {
        kills++;
    }
    cr_expect_gt(kills, 3, "%s: killed %d times only", what, kills);
    read_records(directory, "killed", &found);
    expect_same(&found, &whole, what);
    forget(&whole);
    /* and a further run has nothing to do, and says the same */
    resumed = run(&options);
    cr_expect_eq(resumed.cases, 0);
    cr_expect_eq(resumed.tally.cases, result.tally.cases);
    cr_expect_eq(resumed.tally.of[SC_CASE_FAIL], result.tally.of[SC_CASE_FAIL]);
    cr_expect_eq(resumed.tally.elements, result.tally.elements);
    cr_expect_eq(resumed.pairs, result.pairs);
    cr_assert_eq(resumed.count, result.count, "%s: %d findings, expected %d", what, resumed.count,
                 result.count);
    for (int32_t n = 0; n < result.count; n++) {
        cr_expect_eq(resumed.findings[n].check, result.findings[n].check);
        cr_expect_eq(resumed.findings[n].class, result.findings[n].class);
        cr_expect_eq(resumed.findings[n].also, result.findings[n].also);
        cr_expect_str_eq(resumed.findings[n].unit, result.findings[n].unit);
        cr_expect_str_eq(resumed.findings[n].text, result.findings[n].text);
        cr_expect_str_eq(resumed.findings[n].lines[0], result.findings[n].lines[0]);
    }
    sc_campaign_result_destroy(&resumed);
    sc_campaign_result_destroy(&result);
    scratch_remove(directory);
}

Test(campaign, a_kill_loses_nothing, .timeout = 300)
{
    struct sc_campaign_options options = honest(24);

    options.workers = 2;
    kill_again_and_again(options, "honest");
}

Test(campaign, a_kill_loses_no_finding, .timeout = 300)
{
    kill_again_and_again(hostile("leave-element", 8), "leave-element");
}

/* A kernel that leaves the first element of O unwritten is found out by the smallest case that there is: one row, one
 * key, one channel. */
Test(campaign, a_failure_is_confirmed_shrunk_kept_and_tried_first_next_time, .timeout = 300)
{
    char directory[SCRATCH_BYTES];
    struct sc_campaign_options options = hostile("leave-element", 6);

    scratch_create(directory);
    options.corpus = directory;
    struct sc_campaign_result result = run(&options);
    cr_assert_eq(result.count, 1);
    cr_expect_eq(result.findings[0].check, SC_CHECK_UNWRITTEN);
    cr_expect_eq(result.findings[0].class, SC_CLASS_STEADY);
    cr_expect_eq(result.findings[0].again, 2);
    cr_expect_eq(result.findings[0].also, result.tally.of[SC_CASE_FAIL] - 1);
    cr_assert_eq(result.findings[0].count, 1);
    struct sc_recipe recipe;
    const char *const line = result.findings[0].lines[0];
    cr_assert_eq(sc_recipe_parse(line, strlen(line), &recipe, NULL), SC_OK, "%s", line);
    cr_expect(recipe.batch == 1 && recipe.heads_q == 1 && recipe.n_q == 1 && recipe.d == 1 &&
                  recipe.d_v == 1 && !recipe.backward,
              "%s", line);
    cr_expect(recipe.hashed);
    cr_expect_eq(access(result.findings[0].file, R_OK), 0);
    cr_expect_eq(scratch_count(directory), 1);
    sc_campaign_result_destroy(&result);

    options.cases = 1;
    options.stop_first = true;
    result = run(&options);
    cr_expect_eq(result.tally.kept, 1);
    cr_expect_eq(result.tally.cases, 0, "the kept finding goes first");
    cr_expect_eq(result.end, SC_CAMPAIGN_FIRST);
    cr_assert_eq(result.count, 1);
    cr_expect_eq(strncmp(result.findings[0].unit, "corpus:unwritten-", 17), 0, "%s",
                 result.findings[0].unit);
    cr_expect_eq(scratch_count(directory), 1, "the same finding is one file");
    sc_campaign_result_destroy(&result);

    options = honest(1);
    options.corpus = directory;
    result = run(&options);
    cr_expect_eq(result.tally.kept, 1);
    cr_expect_eq(result.count, 0, "a kernel without the fault");
    sc_campaign_result_destroy(&result);
    scratch_remove(directory);
}

Test(campaign, a_failure_after_another_case_is_two_cases, .timeout = 300)
{
    struct sc_campaign_options options = hostile("remember-slopes", 24);

    options.stop_first = true;
    struct sc_campaign_result result = run(&options);
    cr_assert_eq(result.count, 1);
    cr_expect_eq(result.findings[0].check, SC_CHECK_UNWRITTEN);
    cr_expect_eq(result.findings[0].class, SC_CLASS_HISTORY, "%s",
                 sc_class_name(result.findings[0].class));
    cr_assert_eq(result.findings[0].count, 2);
    cr_expect_not_null(strstr(result.findings[0].lines[0], "alibi="), "%s",
                       result.findings[0].lines[0]);
    cr_expect_null(strstr(result.findings[0].lines[1], "alibi="), "%s",
                   result.findings[0].lines[1]);
    /* the smallest of each: one head with a slope, and one element */
    for (int n = 0; n < 2; n++) {
        struct sc_recipe recipe;
        const char *const line = result.findings[0].lines[n];
        cr_assert_eq(sc_recipe_parse(line, strlen(line), &recipe, NULL), SC_OK, "%s", line);
        cr_expect(recipe.batch == 1 && recipe.heads_q == 1 && recipe.n_q <= 1 && recipe.d == 1,
                  "%s", line);
    }
    sc_campaign_result_destroy(&result);
}

/* No drawn case has tau above 1. */
Test(campaign, a_climb_finds_what_is_not_drawn, .timeout = 300)
{
    struct sc_campaign_options options = hostile("clamp-tau", 8);
    struct sc_recipe recipe;

    options.seed = 103;
    struct sc_campaign_result result = run(&options);
    cr_assert_eq(result.count, 1);
    const struct sc_campaign_finding *const finding = &result.findings[0];
    cr_expect_eq(finding->check, SC_CHECK_CONFORMS);
    cr_expect_eq(finding->class, SC_CLASS_STEADY);
    cr_assert_eq(finding->count, 1);
    cr_assert_eq(sc_recipe_parse(finding->lines[0], strlen(finding->lines[0]), &recipe, NULL),
                 SC_OK);
    cr_expect(recipe.climb == 0 && recipe.tau > 1.0f && recipe.n_q == 1 && recipe.n_k == 1 &&
                  recipe.d == 1,
              "%s", finding->lines[0]);
    cr_expect(result.tally.climbed > 0 && result.tally.steps >= result.tally.climbed);
    cr_expect(result.tally.climb[SC_RESULT_O] > 1.0 && result.tally.conforms[SC_RESULT_O] <= 1.0,
              "%g, drawn %g", result.tally.climb[SC_RESULT_O], result.tally.conforms[SC_RESULT_O]);
    sc_campaign_result_destroy(&result);
}

Test(campaign, a_kill_loses_no_climb, .timeout = 300)
{
    struct sc_campaign_options options = hostile("clamp-tau", 12);

    options.seed = 103;
    kill_again_and_again(options, "a climb that fails");
}

/* A step spoils the process for what comes after it: the climb is part of the sequence. */
Test(campaign, a_failure_after_a_climb_climbs_again, .timeout = 300)
{
    struct sc_campaign_options options = hostile("remember-tau", 20);

    options.seed = 8;
    options.stop_first = true;
    struct sc_campaign_result result = run(&options);
    cr_assert_eq(result.count, 1);
    cr_expect_eq(result.findings[0].class, SC_CLASS_HISTORY, "%s",
                 sc_class_name(result.findings[0].class));
    cr_assert_eq(result.findings[0].count, 2);
    cr_expect_not_null(strstr(result.findings[0].lines[0], " climb="), "%s",
                       result.findings[0].lines[0]);
    cr_expect_null(strstr(result.findings[0].lines[1], " climb="), "%s",
                   result.findings[0].lines[1]);
    sc_campaign_result_destroy(&result);
}

Test(campaign, a_failure_that_is_not_there_again_stays_a_failure, .timeout = 300)
{
    char directory[SCRATCH_BYTES], path[PATH_MAX_];

    scratch_create(directory);
    path_of(directory, "count", path);
    (void)setenv("HOSTILE_FILE", path, 1);
    struct sc_campaign_options options = hostile("once", 4);
    struct sc_campaign_result result = run(&options);
    cr_assert_eq(result.count, 1);
    cr_expect_eq(result.findings[0].class, SC_CLASS_UNSTEADY);
    cr_expect_eq(result.findings[0].again, 0);
    cr_expect_eq(result.findings[0].count, 1);
    cr_expect_eq(result.tally.of[SC_CASE_FAIL], 1);
    sc_campaign_result_destroy(&result);
    scratch_remove(directory);
}

Test(campaign, crashes_and_hangs_are_isolated, .timeout = 300)
{
    static const struct {
        const char *way;
        enum sc_check check;
    } rows[] = {{"abort", SC_CHECK_CRASH}, {"exit", SC_CHECK_CRASH}, {"hang", SC_CHECK_HANG}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_campaign_options options = hostile(rows[r].way, 3);
        options.worker.seconds = 0.5;
        options.stop_first = true;
        struct sc_campaign_result result = run(&options);
        cr_assert_eq(result.count, 1, "%s", rows[r].way);
        cr_expect_eq(result.findings[0].check, rows[r].check, "%s", rows[r].way);
        cr_expect_eq(result.findings[0].class, SC_CLASS_STEADY, "%s", rows[r].way);
        sc_campaign_result_destroy(&result);
    }
}

Test(campaign, a_kernel_that_refuses_everything_is_not_judged, .timeout = 300)
{
    struct sc_campaign_options options = hostile("none of what it does", 5);
    struct sc_campaign_result result = run(&options);

    cr_expect_eq(result.tally.of[SC_CASE_REFUSED], 5);
    cr_expect_not_null(strstr(result.tally.refusal, "HOSTILE"), "%s", result.tally.refusal);
    cr_expect_eq(sc_tally_judged(&result.tally), 0);
    cr_expect_eq(result.count, 0);
    sc_campaign_result_destroy(&result);
}

Test(campaign, a_kernel_that_does_not_start_is_told, .timeout = 300)
{
    static const char *const commands[] = {"false", "echo hello", "exec /nowhere/kernel"};

    for (size_t n = 0; n < sizeof commands / sizeof commands[0]; n++) {
        const struct sc_campaign_options options = options_of(commands[n], 3);
        struct sc_campaign_result result;
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_campaign_run(&options, &result, &error), SC_E_UNAVAILABLE, "%s",
                     commands[n]);
        cr_expect_str_not_empty(error.text);
        cr_expect_not(result.started);
        sc_campaign_result_destroy(&result);
    }
}

Test(campaign, a_full_disk_ends_it_and_the_journal_goes_on, .timeout = 300)
{
    char directory[SCRATCH_BYTES], path[PATH_MAX_];
    struct sc_campaign_options options = honest(40);
    struct sc_campaign_result result;
    struct sc_error error = {SC_OK, ""};

    scratch_create(directory);
    path_of(directory, "journal", path);
    options.journal = path;
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGXFSZ, SIG_IGN);
        const enum sc_status status = sc_campaign_run(&options, &result, &error);
        _exit(status == SC_E_UNAVAILABLE && strstr(error.text, "cannot write") != NULL &&
                      result.end == SC_CAMPAIGN_BROKEN && result.started
                  ? 0
                  : 1);
    }
    /* from then on, and for it alone: its workers have files that are larger */
    const struct timespec pause = {0, 2000000};
    while (size_of(path) < 1200) {
        (void)nanosleep(&pause, NULL);
    }
    const struct rlimit limit = {(rlim_t)size_of(path) + 100, RLIM_INFINITY};
    cr_assert_eq(prlimit(child, RLIMIT_FSIZE, &limit, NULL), 0);
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    options.resume = true;
    result = run(&options);
    cr_expect_gt(result.resumed, 0);
    cr_expect_lt(result.resumed, 40);
    cr_expect_eq(result.torn, 0);
    cr_expect_eq(result.tally.cases, 40);
    sc_campaign_result_destroy(&result);
    scratch_remove(directory);
}

Test(campaign, a_journal_of_another_campaign_is_refused, .timeout = 300)
{
    char directory[SCRATCH_BYTES], path[PATH_MAX_];
    struct sc_campaign_options options = honest(1), other;
    struct sc_campaign_result result;

    scratch_create(directory);
    path_of(directory, "journal", path);
    options.journal = path;
    result = run(&options);
    sc_campaign_result_destroy(&result);
    options.resume = true;
    for (int n = 0; n < 6; n++) {
        struct sc_error error = {SC_OK, ""};
        other = options;
        other.seed += n == 0;
        other.shards += n == 1;
        other.code = n == 2 ? "another" : other.code;
        other.program = n == 3 ? "another" : other.program;
        other.examine.strict = n == 4;
        other.worker.command = n == 5 ? SERVE "hostile.so" : other.worker.command;
        cr_expect_eq(sc_campaign_run(&other, &result, &error), SC_E_INPUT, "%d", n);
        cr_expect_not_null(strstr(error.text, "another campaign"), "%d: %s", n, error.text);
        sc_campaign_result_destroy(&result);
    }
    scratch_remove(directory);
}

Test(campaign, more_memory_than_allowed_ends_it, .timeout = 300)
{
    struct sc_campaign_options options = honest(3);
    struct sc_campaign_result result;
    struct sc_error error = {SC_OK, ""};

    options.memory_bytes = 1 << 20;
    cr_expect_eq(sc_campaign_run(&options, &result, &error), SC_E_MEMORY);
    cr_expect_not_null(strstr(error.text, "MiB"), "%s", error.text);
    cr_expect_gt(result.resident_bytes, 1 << 20);
    sc_campaign_result_destroy(&result);
}

/* A MiB a call, which the kernel's one process keeps. */
Test(campaign, memory_of_a_kernel_that_lives_counts, .timeout = 300)
{
    struct sc_campaign_options options = honest(16);
    struct sc_campaign_result result = run(&options);
    struct sc_error error = {SC_OK, ""};
    const int64_t usual = result.resident_bytes;

    sc_campaign_result_destroy(&result);
    options = hostile("leak", 16);
    options.examine.checks &= ~(1u << SC_CHECK_LEAK);
    options.memory_bytes = usual + (16 << 20);
    cr_expect_eq(sc_campaign_run(&options, &result, &error), SC_E_MEMORY);
    cr_expect_not_null(strstr(error.text, "by the kernel's processes"), "%s", error.text);
    sc_campaign_result_destroy(&result);
}

Test(campaign, time_ends_it, .timeout = 300)
{
    struct sc_campaign_options options = honest(0);

    options.seconds = 1.0;
    struct sc_campaign_result result = run(&options);
    cr_expect_geq(result.seconds, 1.0);
    cr_expect_gt(result.tally.cases, 0);
    cr_expect_eq(result.end, SC_CAMPAIGN_ALL);
    sc_campaign_result_destroy(&result);
}
