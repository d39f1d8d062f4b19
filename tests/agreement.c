/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/agreement.h"

#include <criterion/criterion.h>

/* All pairs of a mask kind and a class of values, twice; `make oracle-audit` goes on from there. */
Test(agreement, tiers_agree_on_hostile_problems)
{
    struct sc_agreement tally = {.problems = 0};
    struct sc_error error = {SC_OK, ""};

    for (uint64_t seed = 0; seed < 2 * SC_GENERATE_MASKS * SC_GENERATE_CLASSES; seed++) {
        struct sc_case c;
        cr_assert_eq(sc_generate_hostile(seed, &c, &error), SC_OK, "%s", error.text);
        cr_assert_eq(sc_agreement_add(&tally, &c, &error), SC_OK, "seed %u: %s", (unsigned)seed,
                     error.text);
        sc_generate_destroy(&c);
    }
    cr_expect_eq(tally.disagreements, 0, "%lld of %lld elements: %s",
                 (long long)tally.disagreements, (long long)tally.elements, tally.first);
    cr_expect_gt(tally.elements, 100000);
}
