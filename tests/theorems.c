/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scratch.h"
#include "tools/claims/claims.h"

#include <criterion/criterion.h>

static const char source[] = "Lemma a : True.\nTheorem first : True.\nTheorem second x : True.\n";
static const char assumptions[] = "f.first: R.one\nf.second: -\ng.first: -\n";

/* The one finding of a theorem, with those files in one directory for sources and proofs: NULL is not there. */
static struct sc_found one(const char *built, const char *said, const char *admitted,
                           const char *name)
{
    char sources[SCRATCH_BYTES], proofs[SCRATCH_BYTES];
    struct sc_found_list list = {.findings = NULL};
    struct sc_error error = {SC_OK, ""};

    scratch_create(sources);
    scratch_create(proofs);
    scratch_write(sources, "f.v", source);
    if (built != NULL) {
        scratch_write(proofs, "f.v", built);
    }
    if (said != NULL) {
        scratch_write(proofs, "assumptions", said);
        scratch_write(proofs, "admitted", admitted);
        scratch_write(proofs, "seconds", "f 1.0\n");
    }
    const struct sc_claims_context context = {proofs, sources, ""};
    cr_assert_eq(sc_theorems_add(&context, "f", name, SC_FOUND_THEOREM, &list, &error), SC_OK, "%s",
                 error.text);
    cr_assert_eq(list.count, 1);
    const struct sc_found found = list.findings[0];
    sc_found_destroy(&list);
    scratch_remove(sources);
    scratch_remove(proofs);
    return found;
}

Test(theorems, a_theorem_is_what_this_build_of_the_proofs_says)
{
    static const struct {
        const char *what, *built, *said, *admitted, *name;
        enum sc_found_basis basis;
        enum sc_found_outcome outcome;
    } rows[] = {
        {"checked", source, assumptions, "", "second", SC_FOUND_COQ, SC_FOUND_YES},
        {"not listed", source, "f.first: -\n", "", "second", SC_FOUND_COQ, SC_FOUND_NO},
        {"listed of another file", source, "g.second: -\n", "", "second", SC_FOUND_COQ,
         SC_FOUND_NO},
        {"a prefix of a name", source, "f.second_half: -\n", "", "second", SC_FOUND_COQ,
         SC_FOUND_NO},
        {"something is left unproved", source, assumptions, "f.v:1:Admitted.\n", "first",
         SC_FOUND_COQ, SC_FOUND_NO},
        {"no build", NULL, NULL, NULL, "first", SC_FOUND_NOT_RERUN, SC_FOUND_YES},
        {"built from another source", "Theorem first : 1 = 1.\n", assumptions, "", "first",
         SC_FOUND_NOT_RERUN, SC_FOUND_YES},
        {"no build, and no such theorem", NULL, NULL, NULL, "third", SC_FOUND_NOT_RERUN,
         SC_FOUND_NO},
        {"a lemma is no theorem", NULL, NULL, NULL, "a", SC_FOUND_NOT_RERUN, SC_FOUND_NO},
        {"the beginning of a theorem's name", NULL, NULL, NULL, "fir", SC_FOUND_NOT_RERUN,
         SC_FOUND_NO},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_found found =
            one(rows[r].built, rows[r].said, rows[r].admitted, rows[r].name);
        cr_expect_eq(found.basis, rows[r].basis, "%s: %s", rows[r].what,
                     sc_found_basis_word(found.basis));
        cr_expect_eq(found.outcome, rows[r].outcome, "%s: %s", rows[r].what, found.text);
    }
}
