/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/found.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define FINDINGS_MAX 3

struct one {
    enum sc_found_part part;
    enum sc_found_basis basis;
    enum sc_found_outcome outcome;
};

Test(found, a_verdict_follows_from_what_was_found)
{
    static const struct {
        const char *name;
        int32_t count;
        struct one of[FINDINGS_MAX];
        enum sc_found_verdict expected;
    } rows[] = {
        {"nothing", 0, {{0}}, SC_FOUND_UNCHECKED},
        {"a case that holds",
         1,
         {{SC_FOUND_STATED, SC_FOUND_COMPUTED, SC_FOUND_YES}},
         SC_FOUND_TRIED},
        {"a lemma alone is no case",
         1,
         {{SC_FOUND_LEMMA, SC_FOUND_COQ, SC_FOUND_YES}},
         SC_FOUND_UNCHECKED},
        {"a limit alone is no case",
         1,
         {{SC_FOUND_LIMIT, SC_FOUND_EXACT, SC_FOUND_YES}},
         SC_FOUND_UNCHECKED},
        {"a case beyond alone is no case",
         1,
         {{SC_FOUND_BEYOND, SC_FOUND_EXACT, SC_FOUND_YES}},
         SC_FOUND_UNCHECKED},
        {"a theorem", 1, {{SC_FOUND_THEOREM, SC_FOUND_NOT_RERUN, SC_FOUND_YES}}, SC_FOUND_PROVED},
        {"a theorem that Coq does not list",
         1,
         {{SC_FOUND_THEOREM, SC_FOUND_COQ, SC_FOUND_NO}},
         SC_FOUND_FALSE},
        {"a theorem and a certified violation",
         2,
         {{SC_FOUND_THEOREM, SC_FOUND_COQ, SC_FOUND_YES},
          {SC_FOUND_STATED, SC_FOUND_CERTIFIED, SC_FOUND_NO}},
         SC_FOUND_FALSE},
        {"a computed violation refutes nothing, and nothing holds",
         2,
         {{SC_FOUND_STATED, SC_FOUND_CERTIFIED, SC_FOUND_YES},
          {SC_FOUND_STATED, SC_FOUND_COMPUTED, SC_FOUND_NO}},
         SC_FOUND_UNCHECKED},
        {"a case left open",
         2,
         {{SC_FOUND_STATED, SC_FOUND_CERTIFIED, SC_FOUND_YES},
          {SC_FOUND_STATED, SC_FOUND_CERTIFIED, SC_FOUND_OPEN}},
         SC_FOUND_UNCHECKED},
        {"a lemma that is missing",
         2,
         {{SC_FOUND_STATED, SC_FOUND_CERTIFIED, SC_FOUND_YES},
          {SC_FOUND_LEMMA, SC_FOUND_COQ, SC_FOUND_NO}},
         SC_FOUND_UNCHECKED},
        {"a limit",
         2,
         {{SC_FOUND_STATED, SC_FOUND_COMPUTED, SC_FOUND_YES},
          {SC_FOUND_LIMIT, SC_FOUND_QUOTED, SC_FOUND_YES}},
         SC_FOUND_LIMITED},
        {"a limit that is not confirmed",
         2,
         {{SC_FOUND_STATED, SC_FOUND_COMPUTED, SC_FOUND_YES},
          {SC_FOUND_LIMIT, SC_FOUND_CERTIFIED, SC_FOUND_NO}},
         SC_FOUND_TRIED},
        {"a theorem with a limit",
         2,
         {{SC_FOUND_THEOREM, SC_FOUND_COQ, SC_FOUND_YES},
          {SC_FOUND_LIMIT, SC_FOUND_CERTIFIED, SC_FOUND_YES}},
         SC_FOUND_LIMITED},
        {"a case beyond changes nothing",
         2,
         {{SC_FOUND_THEOREM, SC_FOUND_COQ, SC_FOUND_YES},
          {SC_FOUND_BEYOND, SC_FOUND_CERTIFIED, SC_FOUND_YES}},
         SC_FOUND_PROVED},
        {"a certified counterexample",
         1,
         {{SC_FOUND_COUNTER, SC_FOUND_CERTIFIED, SC_FOUND_YES}},
         SC_FOUND_FALSE},
        {"a computed counterexample refutes nothing",
         2,
         {{SC_FOUND_STATED, SC_FOUND_CERTIFIED, SC_FOUND_YES},
          {SC_FOUND_COUNTER, SC_FOUND_COMPUTED, SC_FOUND_YES}},
         SC_FOUND_TRIED},
        {"a quoted counterexample refutes nothing",
         2,
         {{SC_FOUND_STATED, SC_FOUND_CERTIFIED, SC_FOUND_YES},
          {SC_FOUND_COUNTER, SC_FOUND_QUOTED, SC_FOUND_YES}},
         SC_FOUND_TRIED},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_found_list list = {.findings = NULL};
        for (int32_t n = 0; n < rows[r].count; n++) {
            const struct one *x = &rows[r].of[n];
            sc_found_add(&list, "x", x->part, x->basis, x->outcome, 0.0, "text");
        }
        const enum sc_found_verdict found = sc_found_judge(&list);
        cr_expect_eq(found, rows[r].expected, "%s: %s, expected %s", rows[r].name,
                     sc_found_verdict_word(found), sc_found_verdict_word(rows[r].expected));
        sc_found_destroy(&list);
    }
}

Test(found, findings_that_are_lost_leave_nothing_checked)
{
    struct sc_found_list list = {.findings = NULL};

    sc_found_add(&list, "x", SC_FOUND_STATED, SC_FOUND_EXACT, SC_FOUND_YES, 0.0, "text");
    list.lost = true;
    cr_expect_eq(sc_found_judge(&list), SC_FOUND_UNCHECKED);
    sc_found_destroy(&list);
}

Test(found, what_does_not_come_out_true_is_a_surprise_in_every_part)
{
    for (int32_t part = SC_FOUND_THEOREM; part <= SC_FOUND_BEYOND; part++) {
        struct sc_found_list list = {.findings = NULL};
        for (int32_t n = 0; n < 30; n++) {
            sc_found_add(&list, "x", (enum sc_found_part)part, SC_FOUND_EXACT,
                         (enum sc_found_outcome)(n % 3), n, "finding %d", n);
        }
        cr_expect_eq(sc_found_surprises(&list), 20, "%s",
                     sc_found_part_word((enum sc_found_part)part));
        cr_expect_str_eq(list.findings[29].text, "finding 29");
        sc_found_destroy(&list);
    }
}

Test(found, ranges_are_compared_at_their_far_ends)
{
    static const struct {
        struct sc_found_range x, y;
        enum sc_found_outcome expected;
    } rows[] = {
        {{1.0, 2.0}, {2.0, 3.0}, SC_FOUND_YES},       {{1.0, 2.5}, {2.0, 3.0}, SC_FOUND_OPEN},
        {{3.0, 4.0}, {2.0, 3.0}, SC_FOUND_OPEN},      {{3.5, 4.0}, {2.0, 3.0}, SC_FOUND_NO},
        {{1.0, NAN}, {2.0, 3.0}, SC_FOUND_OPEN},      {{1.0, 2.0}, {NAN, NAN}, SC_FOUND_OPEN},
        {{0.0, HUGE_VAL}, {1.0, 1.0}, SC_FOUND_OPEN},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        cr_expect_eq(sc_found_at_most(rows[r].x, rows[r].y), rows[r].expected, "row %zu", r);
    }
    for (int32_t one = 0; one < 3; one++) {
        for (int32_t two = 0; two < 3; two++) {
            const bool no = one == SC_FOUND_NO || two == SC_FOUND_NO;
            const bool open = one == SC_FOUND_OPEN || two == SC_FOUND_OPEN;
            cr_expect_eq(sc_found_both((enum sc_found_outcome)one, (enum sc_found_outcome)two),
                         no     ? SC_FOUND_NO
                         : open ? SC_FOUND_OPEN
                                : SC_FOUND_YES);
        }
    }
}
