/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/rival.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sc_rival_question question = {"flash", "backward", 64, 1024, true};

static struct sc_rival *create(const char *command)
{
    struct sc_rival *rival = NULL;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_rival_create(command, 1.0, 5.0, &rival, &error), SC_OK, "%s", error.text);
    return rival;
}

/* Rivals of a few lines of shell: $1 is the number of a question, the other words follow. */
#define SERVE(answer)                                                                              \
    "while read -r line; do set -- $line; case $2 in version) echo sigmacert $1 ok sh 1 ;; "       \
    "*) " answer " ;; esac; done"

static void expect_times(struct sc_rival *rival, double median, double least, double most)
{
    struct sc_bench_times ms = {0.0, 0.0, 0.0};
    char reason[SC_RIVAL_TEXT_BYTES] = "";

    cr_assert(sc_rival_ask(rival, &question, &ms, reason), "%s", reason);
    cr_expect_eq(ms.median, median);
    cr_expect_eq(ms.least, least);
    cr_expect_eq(ms.most, most);
}

static void expect_reason(struct sc_rival *rival, const char *word)
{
    struct sc_bench_times ms;
    char reason[SC_RIVAL_TEXT_BYTES] = "";

    cr_assert_not(sc_rival_ask(rival, &question, &ms, reason));
    cr_expect_not_null(strstr(reason, word), "'%s', expected '%s' in it", reason, word);
    cr_expect_null(strchr(reason, '\n'));
}

Test(rival, the_words_of_a_question_and_of_an_answer)
{
    char version[SC_RIVAL_TEXT_BYTES];
    struct sc_rival *rival =
        create(SERVE("echo noise; [ \"$*\" = \"$1 flash backward 64 1024 1\" ] && "
                     "echo sigmacert $1 ok 1.5 1.25 $1"));

    cr_assert(sc_rival_version(rival, version), "%s", version);
    cr_expect_str_eq(version, "sh 1");
    expect_times(rival, 1.5, 1.25, 2.0);
    expect_times(rival, 1.5, 1.25, 3.0);
    sc_rival_destroy(rival);
}

Test(rival, a_refusal_is_passed_on_and_ends_nothing)
{
    struct sc_rival *rival = create(
        SERVE("if [ $1 = 2 ]; then echo sigmacert $1 no kernel for it; else echo sigmacert $1 ok "
              "2 1 3; fi"));

    expect_reason(rival, "kernel for it");
    expect_times(rival, 2.0, 1.0, 3.0);
    sc_rival_destroy(rival);
}

Test(rival, what_is_no_answer_gives_no_times)
{
    static const struct {
        const char *name, *said, *word;
    } rows[] = {
        {"garbage", "echo sigmacert what", "what"},
        {"of another question", "echo sigmacert 1 ok 1 1 1", "expected 'sigmacert 2 ok"},
        {"negative", "echo sigmacert $1 ok 1 -1 2", "milliseconds"},
        {"zero", "echo sigmacert $1 ok 1 0 2", "milliseconds"},
        {"median below least", "echo sigmacert $1 ok 1 2 3", "milliseconds"},
        {"median above most", "echo sigmacert $1 ok 4 2 3", "milliseconds"},
        {"NaN", "echo sigmacert $1 ok nan 1 2", "milliseconds"},
        {"infinite", "echo sigmacert $1 ok 2 1 1e999", "milliseconds"},
        {"two numbers", "echo sigmacert $1 ok 1 1", "milliseconds"},
        {"four numbers", "echo sigmacert $1 ok 1 1 1 1", "milliseconds"},
        {"no number", "echo sigmacert $1 ok 1 1 x", "milliseconds"},
        {"long", "echo sigmacert $1 ok 1 1 1`printf %600d 0`", "expected"},
        {"dies", "exit 7", "status 7"},
        {"says why it dies", "echo out of memory >&2; exit 7", "out of memory"},
        {"killed", "kill -9 $$", "signal 9"},
        {"closes its output", "exec >&-; sleep 20", ""},
        {"hangs", "sleep 20", "no answer in 1 s"},
    };

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        char command[512];
        (void)snprintf(command, sizeof command, SERVE("%s"), rows[n].said);
        struct sc_rival *rival = create(command);
        struct sc_bench_times ms;
        char reason[SC_RIVAL_TEXT_BYTES] = "";
        cr_expect_not(sc_rival_ask(rival, &question, &ms, reason), "%s", rows[n].name);
        cr_expect_not_null(strstr(reason, rows[n].word), "%s: '%s'", rows[n].name, reason);
        sc_rival_destroy(rival);
    }
}

Test(rival, a_late_answer_is_not_that_to_the_next_question)
{
    struct sc_rival *rival = create(
        SERVE("if [ $1 = 2 ]; then echo sigmacert 2 ok 9 9 9; fi; echo sigmacert $1 ok 2 1 3"));

    expect_times(rival, 9.0, 9.0, 9.0);
    expect_reason(rival, "expected 'sigmacert 3 ok");
    sc_rival_destroy(rival);
}

Test(rival, what_ends_is_started_again_three_times_in_all)
{
    struct sc_rival *rival = create(SERVE("if [ $1 = 4 ]; then echo sigmacert 4 ok 2 1 3; else "
                                          "exit $1; fi"));

    expect_reason(rival, "status 2"); /* the second question, the first being that of the version */
    expect_times(rival, 2.0, 1.0, 3.0);
    expect_reason(rival, "status 5");
    expect_reason(rival, "status 7"); /* the third process */
    expect_reason(rival, "status 7"); /* none */
    sc_rival_destroy(rival);
}

Test(rival, what_is_not_there_is_said_and_not_tried_again)
{
    struct sc_rival *rival = create("read -r n words; echo sigmacert $n no such module, $n; cat");
    char version[SC_RIVAL_TEXT_BYTES];

    cr_assert_not(sc_rival_version(rival, version));
    cr_expect_str_eq(version, "such module, 1");
    expect_reason(rival, "such module, 1");
    sc_rival_destroy(rival);
    rival = create("exec /nowhere/python");
    expect_reason(rival, "status 127");
    sc_rival_destroy(rival);
    sc_rival_destroy(NULL);
}

/* tools/measure/attention.py with a module in the place of PyTorch, tests/libraries/torch.py, or with none. */
static bool python(void)
{
    return system("python3 -c '' >/dev/null 2>&1") == 0;
}

#define PYTHON(environment) environment " exec python3 -B tools/measure/attention.py"

Test(rival, the_adapter_times_what_it_is_asked_for, .timeout = 60)
{
    static const struct {
        struct sc_rival_question asked;
        double ms; /* as the module has it */
    } rows[] = {{{"flash", "forward", 64, 1024, false}, 1.0},
                {{"flash", "forward", 64, 1024, true}, 0.5},
                {{"flash", "backward", 64, 4096, false}, 12.0},
                {{"cudnn", "forward", 128, 16384, false}, 32.0},
                {{"cudnn", "backward", 128, 16384, true}, 48.0}};

    if (!python()) {
        cr_skip_test("no Python on this machine");
    }
    struct sc_rival *rival = create(PYTHON("PYTHONPATH=tests/libraries"));
    char text[SC_RIVAL_TEXT_BYTES];
    cr_assert(sc_rival_version(rival, text), "%s", text);
    cr_expect_str_eq(text, "0.stand-in cuDNN 90000");
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        struct sc_bench_times ms;
        cr_assert(sc_rival_ask(rival, &rows[n].asked, &ms, text), "row %zu: %s", n, text);
        cr_expect_eq(ms.median, rows[n].ms, "row %zu: %g", n, ms.median);
        cr_expect_eq(ms.least, 0.5 * rows[n].ms, "row %zu: %g", n, ms.least);
        cr_expect_eq(ms.most, 4.0 * rows[n].ms, "row %zu: %g", n, ms.most);
    }
    sc_rival_destroy(rival);
}

Test(rival, the_adapter_says_what_a_backend_does_not_do, .timeout = 60)
{
    static const struct sc_rival_question wide = {"cudnn", "forward", 256, 1024, false},
                                          unknown = {"flesh", "forward", 64, 1024, false},
                                          sideways = {"flash", "sideways", 64, 1024, false};
    struct sc_bench_times ms;
    char reason[SC_RIVAL_TEXT_BYTES];

    if (!python()) {
        cr_skip_test("no Python on this machine");
    }
    struct sc_rival *rival = create(PYTHON("PYTHONPATH=tests/libraries"));
    cr_expect_not(sc_rival_ask(rival, &wide, &ms, reason));
    cr_expect_str_eq(reason, "RuntimeError: No available kernel. Aborting execution.");
    cr_expect_not(sc_rival_ask(rival, &unknown, &ms, reason));
    cr_expect_not_null(strstr(reason, "flesh"), "%s", reason);
    cr_expect_not(sc_rival_ask(rival, &sideways, &ms, reason));
    cr_expect_not_null(strstr(reason, "sideways"), "%s", reason);
    cr_expect(sc_rival_ask(rival, &question, &ms, reason), "%s", reason);
    sc_rival_destroy(rival);
}

Test(rival, the_adapter_without_a_gpu_or_pytorch_says_so, .timeout = 60)
{
    char reason[SC_RIVAL_TEXT_BYTES];

    if (!python()) {
        cr_skip_test("no Python on this machine");
    }
    struct sc_rival *rival = create(PYTHON("PYTHONPATH=tests/libraries STAND_IN_GPU=0"));
    cr_expect_not(sc_rival_version(rival, reason));
    cr_expect_str_eq(reason, "CUDA device for PyTorch 0.stand-in");
    sc_rival_destroy(rival);
    rival = create(PYTHON("PYTHONPATH=tests/libraries STAND_IN_MISSING=1"));
    cr_expect_not(sc_rival_version(rival, reason));
    cr_expect_not_null(strstr(reason, "ModuleNotFoundError"), "%s", reason);
    sc_rival_destroy(rival);
}
