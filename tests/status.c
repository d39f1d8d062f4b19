/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/status.h"

#include <criterion/criterion.h>

Test(status, seconds_in_a_cell_of_their_own_may_differ)
{
    cr_expect(sc_status_same("| f | 12 | 0.4 s |\n", "| f | 12 | 10.3 s |\n"));
    cr_expect(
        sc_status_same("| u | 9 / 9 | 7 s |\n| v | 1 s |", "| u | 9 / 9 | 11 s |\n| v | 2 s |"));
}

Test(status, which_prover_was_first_may_differ)
{
    cr_expect(
        sc_status_same("| u | 6 | CVC4 1.8, Z3 4.8.12 | 9 s |\n", "| u | 6 | CVC4 1.8 | 21 s |\n"));
    cr_expect(sc_status_same("| u | 6 | Z3 4.8.12 | 9 s |\n", "| u | 6 | CVC4 1.8 | 9 s |\n"));
    cr_expect_not(sc_status_same("| u | 6 | Z3 4.8.12 | 9 s |\n", "| u | 7 | CVC4 1.8 | 9 s |\n"));
    cr_expect_not(sc_status_same("| u | 6 | Z3 4.8.12 | 9 s |\n", "| u | 6 | trusted | 9 s |\n"));
    cr_expect_not(sc_status_same("| u | 6 | Z3 4.8.12 | 9 s |\n", "| u | 6 | Z3 4.8.12\n"));
    cr_expect_not(sc_status_same("Z3 4 |", "CVC4 1 |"));
}

Test(status, nothing_else_may_differ)
{
    static const char *const other[] = {
        "| f | 13 | 0.4 s |\n",   "| g | 12 | 0.4 s |\n", "| f | 12 | 0.4 |\n", "| f | 12 | s |\n",
        "| f | 12 | 0.4 s |\n\n", "| f | 12 | 0.4 s | x", "| f | 12 | 0.4 s",   "",
    };

    for (size_t n = 0; n < sizeof other / sizeof other[0]; n++) {
        cr_expect_not(sc_status_same("| f | 12 | 0.4 s |\n", other[n]), "%s", other[n]);
        cr_expect_not(sc_status_same(other[n], "| f | 12 | 0.4 s |\n"), "%s", other[n]);
    }
}

Test(status, seconds_of_a_sentence_are_text)
{
    cr_expect_not(sc_status_same("takes 3 s |", "takes 4 s |"));
}
