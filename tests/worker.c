/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/worker.h"

#include "tests/recipes.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Workers of a few lines of shell. They write no output: what they answer is what is looked at. */
#define SAYS                                                                                       \
    "read hello; echo 'sigmacert kernel version=1 name=sh features=none in=fp32 out=fp32 "         \
    "d_max=64 "                                                                                    \
    "d_v_max=64 d_multiple=1 memory=host arithmetic=unknown'; "
#define ANSWER "echo sigmacert done ${id#id=}"

static struct sc_worker *create(const char *command)
{
    const struct sc_worker_options options = {command, 1.0, 5.0, 1 << 26};
    struct sc_worker *worker = NULL;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_worker_create(&options, &worker, &error), SC_OK, "%s", error.text);
    return worker;
}

/* One more call of the plain case; the outcome holds nothing that must be freed any more. */
static struct sc_outcome run(struct sc_worker *worker)
{
    const struct sc_recipe recipe = sc_recipe_plain();
    const struct sc_worker_call call = {false, 1, true};
    struct sc_prepared prepared = recipes_prepare(&recipe);
    struct sc_outcome outcome;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_worker_run(worker, &prepared, &call, &outcome, &error), SC_OK, "%s",
                 error.text);
    sc_outcome_destroy(&outcome);
    sc_prepared_destroy(&prepared);
    return outcome;
}

Test(worker, how_a_call_ends_is_told_apart)
{
    static const struct {
        const char *command;
        enum sc_ending ending;
        const char *text;
    } rows[] = {
        {SAYS "while read run id rest; do " ANSWER "; done", SC_ENDING_DONE, ""},
        {SAYS "while read run id rest; do echo noise; echo sigmacert-like; " ANSWER "; done",
         SC_ENDING_DONE, ""},
        {SAYS "while read run id rest; do echo sigmacert refused ${id#id=} too wide; done",
         SC_ENDING_REFUSED, "too wide"},
        {SAYS "while read run id rest; do echo sigmacert failed ${id#id=} no GPU; done",
         SC_ENDING_FAILED, "no GPU"},
        {SAYS "while read run id rest; do echo sigmacert fault ${id#id=} a race; done",
         SC_ENDING_FAULT, "a race"},
        {SAYS "while read run id rest; do echo sigmacert done 99; done", SC_ENDING_GARBLED,
         "answered 'sigmacert done 99'"},
        {SAYS "while read run id rest; do echo sigmacert done; done", SC_ENDING_GARBLED,
         "answered 'sigmacert done'"},
        {SAYS "while read run id rest; do echo sigmacert done ${id#id=}0; done", SC_ENDING_GARBLED,
         NULL},
        {SAYS "while read run id rest; do echo sigmacert done ${id#id=} well; done",
         SC_ENDING_GARBLED, NULL},
        {SAYS "read run id rest; exit 0", SC_ENDING_CRASHED, "exited with status 0"},
        {SAYS "read run id rest; echo first >&2; echo last words >&2; exit 3", SC_ENDING_CRASHED,
         "exited with status 3; it said: last words"},
        {SAYS "read run id rest; kill -SEGV $$", SC_ENDING_CRASHED, NULL},
        {SAYS "read run id rest; exec >&- <&-; sleep 60", SC_ENDING_CRASHED,
         "closed its standard output"},
        {SAYS "read run id rest; trap '' TERM INT HUP; sleep 60", SC_ENDING_HUNG,
         "no answer in 1 s; killed"},
        {SAYS "read run id rest; yes", SC_ENDING_HUNG, NULL},
        {SAYS "read run id rest; tr '\\0' x </dev/zero", SC_ENDING_HUNG, NULL},
        {SAYS "read run id rest; yes >&2", SC_ENDING_HUNG, NULL},
        /* a child in a session of its own keeps all files open */
        {SAYS "read run id rest; setsid sleep 3 & exit 5", SC_ENDING_CRASHED,
         "exited with status 5"},
    };

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        struct sc_worker *worker = create(rows[n].command);
        for (int again = 0; again < 2; again++) { /* a dead one is started anew */
            const struct sc_outcome outcome = run(worker);
            cr_expect_eq(outcome.ending, rows[n].ending, "%zu: ending %d, %s", n,
                         (int)outcome.ending, outcome.text);
            if (rows[n].text != NULL) {
                cr_expect_str_eq(outcome.text, rows[n].text, "%zu: '%s'", n, outcome.text);
            }
        }
        sc_worker_destroy(worker);
    }
}

Test(worker, done_without_a_write_is_unwritten)
{
    struct sc_worker *worker = create(SAYS "while read run id rest; do " ANSWER "; done");
    const struct sc_outcome outcome = run(worker);

    cr_expect_eq(outcome.damage.unwritten, 1);
    cr_expect_str_eq(outcome.damage.where, "O[b 0][h 0][row 0][channel 0] is unwritten");
    sc_worker_destroy(worker);
}

Test(worker, it_is_quiet_between_calls)
{
    static const struct {
        const char *command;
        enum sc_ending ending;
    } rows[] = {
        {SAYS "while read run id rest; do " ANSWER "; " ANSWER "; done", SC_ENDING_GARBLED},
        {SAYS "read run id rest; " ANSWER "; exit 4", SC_ENDING_CRASHED},
    };

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const struct timespec pause = {0, 300000000};
        struct sc_worker *worker = create(rows[n].command);
        cr_expect_eq(run(worker).ending, SC_ENDING_DONE);
        (void)nanosleep(&pause, NULL);
        const struct sc_outcome outcome = run(worker);
        cr_expect_eq(outcome.ending, rows[n].ending, "%zu: %s", n, outcome.text);
        cr_expect_not_null(strstr(outcome.text, "after the answer to the call before"));
        cr_expect_eq(run(worker).ending, SC_ENDING_DONE, "it is not started anew");
        sc_worker_destroy(worker);
    }
}

Test(worker, a_command_that_is_no_kernel_does_not_start)
{
    static const struct {
        const char *command, *text;
    } rows[] = {
        {"exit 0", "exited with status 0"},
        {"sigmacert-no-such-command", "not found"},
        {"sleep 60", "no answer in time"},
        {"read hello; echo 'sigmacert kernel version=2 name=x'; sleep 60", "version=2"},
        {"yes", "no answer in time"},
    };

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const struct sc_worker_options options = {rows[n].command, 1.0, 0.5, 1 << 20};
        struct sc_worker *worker = NULL;
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_worker_create(&options, &worker, &error), SC_E_UNAVAILABLE);
        cr_expect_not_null(strstr(error.text, rows[n].text), "%s", error.text);
        cr_expect_null(worker);
    }
}

Test(worker, the_whole_group_is_killed)
{
    char path[] = "/tmp/sigmacert-worker-XXXXXX", command[512], text[32] = "";
    const int file = mkstemp(path);
    struct sc_worker *worker;
    const struct timespec pause = {0, 200000000};

    cr_assert_geq(file, 0);
    (void)snprintf(command, sizeof command,
                   SAYS "sleep 60 & echo $! >%s; while read run id rest; do " ANSWER "; done",
                   path);
    worker = create(command);
    cr_expect_eq(run(worker).ending, SC_ENDING_DONE);
    cr_assert_gt(read(file, text, sizeof text - 1), 0);
    const pid_t child = (pid_t)atoi(text);
    cr_assert_gt(child, 1);
    cr_expect_eq(kill(child, 0), 0);
    sc_worker_destroy(worker);
    (void)nanosleep(&pause, NULL);
    /* it is gone, or a zombie of whoever takes orphans in */
    (void)snprintf(command, sizeof command, "/proc/%d/cmdline", (int)child);
    const int line = open(command, O_RDONLY);
    cr_expect(line < 0 || read(line, text, 1) <= 0, "process %d lives", (int)child);
    (void)(line >= 0 && close(line));
    (void)close(file);
    (void)unlink(path);
}

Test(worker, no_file_of_the_fuzzer_is_open_in_it)
{
    struct sc_worker *worker;
    const int file = open("/dev/null", O_RDONLY); /* without close-on-exec */

    cr_assert_geq(file, 0);
    cr_assert_geq(fcntl(file, F_DUPFD, 50), 50);
    worker = create(SAYS "while read run id rest; do n=0; for f in /proc/$$/fd/*; do "
                         "[ ! -e $f ] || n=$((n + 1)); done; "
                         "echo sigmacert refused ${id#id=} $n; done");
    const struct sc_outcome outcome = run(worker);
    cr_expect_str_eq(outcome.text, "4", "%s files, expected 0 to 3", outcome.text);
    sc_worker_destroy(worker);
}

Test(worker, memory_of_the_process_is_known)
{
    struct sc_worker *worker = create(SAYS "while read run id rest; do " ANSWER "; done");
    const struct sc_outcome outcome = run(worker);

    cr_expect_gt(outcome.resident_bytes, 4096);
    cr_expect_lt(outcome.resident_bytes, 64 << 20);
    sc_worker_destroy(worker);
}

Test(worker, calls_are_counted_from_its_start)
{
    struct sc_worker *worker = create(SAYS "while read run id rest; do " ANSWER "; done");

    cr_expect_eq(sc_worker_calls(worker), 0);
    (void)run(worker);
    (void)run(worker);
    cr_expect_eq(sc_worker_calls(worker), 2);
    sc_worker_restart(worker);
    cr_expect_eq(run(worker).ending, SC_ENDING_DONE);
    cr_expect_eq(sc_worker_calls(worker), 1);
    sc_worker_destroy(worker);
}

/* Red zones alone are more than 64 bytes. */
Test(worker, a_case_that_does_not_fit_is_refused)
{
    const struct sc_worker_options options = {SAYS "while read run id rest; do " ANSWER "; done",
                                              1.0, 5.0, 64};
    struct sc_worker *worker = NULL;

    cr_assert_eq(sc_worker_create(&options, &worker, NULL), SC_OK);
    const struct sc_outcome outcome = run(worker);
    cr_expect_eq(outcome.ending, SC_ENDING_REFUSED);
    cr_expect_not_null(strstr(outcome.text, "more than 64 bytes"), "%s", outcome.text);
    cr_expect_eq(sc_worker_calls(worker), 0);
    sc_worker_destroy(worker);
}
