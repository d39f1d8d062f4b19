/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/trust.h"

#include <criterion/criterion.h>

static const char list[] = "# a comment\n"
                           "axiom sc_a: holds\n"
                           "contract f: proved in the unit u\n"
                           "tool z3: 4.8\n";
static const char soundness[] = "text\n| axiom `sc_a` | why |\n| tool `z3` | why |\n";

/* Failed checks of a list against a unit u that proves `functions` and the page `page`. */
static int64_t failed(const char *trusted, const char *functions, const char *page)
{
    char name[] = "u", words[64];
    struct sc_unit unit = {.name = name, .functions = words};
    const struct sc_units units = {.list = &unit, .count = 1};
    struct sc_evidence *evidence = NULL;

    (void)snprintf(words, sizeof words, "%s", functions);
    cr_assert_eq(sc_evidence_create("proofs", "test", &evidence, NULL), SC_OK);
    sc_trust_check(trusted, &units, page, evidence);
    const int64_t count = sc_evidence_failed(evidence);
    sc_evidence_destroy(evidence);
    return count;
}

Test(trust, a_list_that_its_page_and_its_units_bear_out_passes)
{
    cr_expect_eq(failed(list, "e f g", soundness), 0);
}

Test(trust, a_contract_that_the_unit_does_not_prove_fails)
{
    cr_expect_eq(failed(list, "e ff g", soundness), 1);
}

Test(trust, an_entry_that_the_page_does_not_say_fails)
{
    cr_expect_eq(failed(list, "f", "text\n| axiom `sc_a` | why |\n"), 1);
    cr_expect_eq(failed(list, "f", "text\n| axiom `sc_a` | why |\n| tool `z` | why |\n"), 2);
}

Test(trust, a_row_of_the_page_that_is_trusted_no_more_fails)
{
    cr_expect_eq(failed(list, "f", "t\n| axiom `sc_a` | |\n| axiom `sc_b` | |\n| tool `z3` | |\n"),
                 1);
}

Test(trust, an_entry_is_found_by_its_whole_name_outside_comments)
{
    cr_expect(sc_trust_has(list, "axiom sc_a"));
    cr_expect(sc_trust_has(list, "contract f"));
    cr_expect_not(sc_trust_has(list, "axiom sc"));
    cr_expect_not(sc_trust_has(list, "contract sc_a"));
}
