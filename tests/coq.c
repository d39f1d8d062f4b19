/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/coq.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>

static const char allowed[] = "a.first: R.one R.two\nb.second: -\nc.third: I.add I.mul R.one\n";
static const char trusted[] = "# a comment\naxiom x: y\ncoq R.one: r\ncoq R.two: r\ncoq I.*: r\n";

/* Failed checks of what Coq said. */
static int64_t failed(const char *said, const char *admitted, const char *may, const char *list)
{
    char directory[SCRATCH_BYTES];
    struct sc_evidence *evidence = NULL;
    struct sc_coq coq;

    scratch_create(directory);
    scratch_write(directory, "assumptions", said);
    scratch_write(directory, "admitted", admitted);
    scratch_write(directory, "seconds", "a 1.25\n");
    cr_assert_eq(sc_coq_read(directory, &coq, NULL), SC_OK);
    cr_assert_eq(sc_evidence_create("proofs", "test", &evidence, NULL), SC_OK);
    sc_coq_check(&coq, may, list, evidence);
    const int64_t count = sc_evidence_failed(evidence);
    sc_evidence_destroy(evidence);
    sc_coq_destroy(&coq);
    scratch_remove(directory);
    return count;
}

Test(coq, what_is_allowed_and_trusted_passes)
{
    cr_expect_eq(failed(allowed, "", allowed, trusted), 0);
}

Test(coq, a_theorem_that_rests_on_more_less_or_nothing_known_fails)
{
    static const char *const said[] = {
        "a.first: R.one\nb.second: -\nc.third: I.add I.mul R.one\n",
        "a.first: R.one R.two\nb.second: R.one\nc.third: I.add I.mul R.one\n",
        "a.first: R.one R.two\nb.second: -\n",
        "a.first: R.one R.two\nb.second: -\nc.third: I.add I.mul R.one\nd.fourth: -\n",
        "a.first: R.one R.two\nb.other: -\nc.third: I.add I.mul R.one\n",
        "",
    };

    for (size_t n = 0; n < sizeof said / sizeof said[0]; n++) {
        cr_expect_geq(failed(said[n], "", allowed, trusted), 1, "%s", said[n]);
    }
}

Test(coq, an_axiom_without_an_entry_fails_though_it_is_allowed)
{
    static const char more[] =
        "a.first: R.one R.three R.two\nb.second: -\nc.third: I.add I.mul R.one\n";

    cr_expect_eq(failed(more, "", more, trusted), 1);
    cr_expect_eq(failed(allowed, "", allowed, "coq R.one: r\ncoq R.two: r\ncoq I.add: r\n"), 1);
    cr_expect_eq(failed(allowed, "", allowed, "coq R.one: r\ncoq R.tw: r\ncoq I.*: r\n"), 1);
}

Test(coq, an_entry_without_an_axiom_fails)
{
    cr_expect_eq(
        failed(allowed, "", allowed, "coq R.one: r\ncoq R.two: r\ncoq I.*: r\ncoq R.three: r\n"),
        1);
}

Test(coq, what_a_source_leaves_unproved_fails)
{
    cr_expect_eq(failed(allowed, "a.v:12:Admitted.\n", allowed, trusted), 1);
}

Test(coq, without_coq_nothing_is_said)
{
    char directory[SCRATCH_BYTES];
    struct sc_evidence *evidence = NULL;
    struct sc_coq coq;

    scratch_create(directory);
    cr_assert_eq(sc_coq_read(directory, &coq, NULL), SC_OK);
    cr_expect_eq(sc_coq_theorems(&coq), 0);
    cr_assert_eq(sc_evidence_create("proofs", "test", &evidence, NULL), SC_OK);
    sc_coq_check(&coq, allowed, trusted, evidence);
    cr_expect_eq(sc_evidence_failed(evidence), 0);
    sc_evidence_destroy(evidence);
    scratch_write(directory, "assumptions", allowed);
    cr_expect_eq(sc_coq_read(directory, &coq, NULL), SC_E_IO);
    scratch_remove(directory);
}

Test(coq, the_status_names_theorems_and_few_axioms)
{
    char name[] = "a.first: R.one Some.two\nb.second: -\nc.third: A.a A.b A.c A.d A.e\n";
    char none[] = "", times[] = "a 1.25\n", *text = NULL;
    const struct sc_coq coq = {.text = name, .admitted = none, .times = times};
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    sc_coq_status(&coq, out);
    cr_assert_eq(fclose(out), 0);
    cr_expect(strstr(text, "| `a.first` | `one`, `two` |\n") != NULL, "%s", text);
    cr_expect(strstr(text, "| `b.second` | nothing |\n") != NULL, "%s", text);
    cr_expect(strstr(text, "| `c.third` | 5 axioms |\n") != NULL, "%s", text);
    cr_expect(strstr(text, "| [a](coq/a.v) | 1.2 s |\n") != NULL, "%s", text);
    free(text);
}
