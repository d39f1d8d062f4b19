/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/confirm.h"

#include <criterion/criterion.h>
#include <string.h>

/* A failure that needs certain cases before it, all of them and in this order, and then fails every `every`-th time. */
struct kernel {
    int32_t needed[4];
    int32_t count;
    int32_t every, calls;
    int32_t broken_at; /* the call that cannot be made; 0: none */
};

static enum sc_status run(void *context, const int32_t *sequence, int32_t count, bool *fails,
                          struct sc_error *error)
{
    struct kernel *const kernel = context;
    int32_t met = 0;

    cr_assert_gt(count, 0);
    kernel->calls++;
    for (int32_t n = 0; n < count; n++) {
        cr_assert(n == 0 || sequence[n] > sequence[n - 1], "not in order");
        met += met < kernel->count && sequence[n] == kernel->needed[met];
    }
    *fails = met == kernel->count && kernel->every > 0 && kernel->calls % kernel->every == 0;
    return kernel->calls == kernel->broken_at ? sc_fail(error, SC_E_UNAVAILABLE, "gone") : SC_OK;
}

Test(confirm, a_failure_has_its_class_and_its_smallest_sequence)
{
    static const struct {
        const char *name;
        int32_t history;
        struct kernel kernel;
        enum sc_class class;
        int32_t again, count, sequence[4];
    } rows[] = {
        {"always", 40, {{0}, 0, 1, 0, 0}, SC_CLASS_STEADY, 2, 1, {40}},
        {"always, without a history", 0, {{0}, 0, 1, 0, 0}, SC_CLASS_STEADY, 2, 1, {0}},
        {"every second time", 40, {{0}, 0, 2, 0, 0}, SC_CLASS_UNSTEADY, 1, 1, {40}},
        {"never again", 40, {{0}, 0, 0, 0, 0}, SC_CLASS_UNSTEADY, 0, 1, {40}},
        {"never again, without a history", 0, {{0}, 0, 0, 0, 0}, SC_CLASS_UNSTEADY, 0, 1, {0}},
        {"after the first case", 40, {{0}, 1, 1, 0, 0}, SC_CLASS_HISTORY, 0, 2, {0, 40}},
        {"after the case before", 40, {{39}, 1, 1, 0, 0}, SC_CLASS_HISTORY, 0, 2, {39, 40}},
        {"after one of one", 1, {{0}, 1, 1, 0, 0}, SC_CLASS_HISTORY, 0, 2, {0, 1}},
        {"after three", 255, {{3, 90, 91}, 3, 1, 0, 0}, SC_CLASS_HISTORY, 0, 4, {3, 90, 91, 255}},
        {"after two, at times", 9, {{2, 7}, 2, 3, 0, 0}, SC_CLASS_UNSTEADY, 0, 1, {9}},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct kernel kernel = rows[r].kernel;
        struct sc_confirmed confirmed;
        int32_t sequence[256];
        cr_assert_eq(sc_confirm(rows[r].history, run, &kernel, 500, sequence, &confirmed, NULL),
                     SC_OK);
        cr_expect_eq(confirmed.class, rows[r].class, "%s: %s", rows[r].name,
                     sc_class_name(confirmed.class));
        cr_expect_eq(confirmed.again, rows[r].again, "%s", rows[r].name);
        cr_expect_eq(confirmed.tries, kernel.calls, "%s", rows[r].name);
        cr_assert_eq(confirmed.count, rows[r].count, "%s: %d cases", rows[r].name, confirmed.count);
        for (int32_t n = 0; n < confirmed.count; n++) {
            cr_expect_eq(sequence[n], rows[r].sequence[n], "%s: %d", rows[r].name, sequence[n]);
        }
    }
}

Test(confirm, a_search_ends_at_its_limit_with_a_sequence_that_fails)
{
    for (int32_t limit = 3; limit < 60; limit++) {
        struct kernel kernel = {{3, 90, 91}, 3, 1, 0, 0};
        struct sc_confirmed confirmed;
        int32_t sequence[256];
        bool fails = false;
        cr_assert_eq(sc_confirm(255, run, &kernel, limit, sequence, &confirmed, NULL), SC_OK);
        cr_expect_leq(confirmed.tries, limit + 1);
        cr_expect_eq(confirmed.class, SC_CLASS_HISTORY);
        cr_assert_eq(run(&kernel, sequence, confirmed.count, &fails, NULL), SC_OK);
        cr_expect(fails, "limit %d", limit);
    }
}

Test(confirm, a_kernel_that_cannot_be_run_is_no_verdict)
{
    for (int32_t at = 1; at < 12; at++) {
        struct kernel kernel = {{3, 6}, 2, 1, 0, at};
        struct sc_confirmed confirmed;
        int32_t sequence[16];
        cr_expect_eq(sc_confirm(8, run, &kernel, 500, sequence, &confirmed, NULL), SC_E_UNAVAILABLE,
                     "at %d", at);
    }
}
