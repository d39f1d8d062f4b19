/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/sources.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char list[] = "mask | spec/mask.h | f |\n"
                           "jvp | reference/jvp.c | g |\n"
                           "- | spec/share.h | one macro\n"
                           "- | reference/oracle/* | calls MPFR\n";

static void read_list(struct sc_units *units)
{
    char directory[SCRATCH_BYTES], path[SCRATCH_BYTES + 8];

    scratch_create(directory);
    scratch_write(directory, "units", list);
    (void)snprintf(path, sizeof path, "%s/units", directory);
    cr_assert_eq(sc_units_read(path, units, NULL), SC_OK);
    scratch_remove(directory);
}

Test(sources, a_unit_covers_its_source_and_the_header_of_it)
{
    struct sc_units units;

    read_list(&units);
    cr_expect(sc_sources_cover(&units, "spec/mask.h"));
    cr_expect(sc_sources_cover(&units, "reference/jvp.c"));
    cr_expect(sc_sources_cover(&units, "reference/jvp.h"));
    cr_expect(sc_sources_cover(&units, "spec/share.h"));
    cr_expect(sc_sources_cover(&units, "reference/oracle/arb.c"));
    sc_units_destroy(&units);
}

Test(sources, nothing_else_is_covered)
{
    static const char *const other[] = {"spec/mask2.h",     "spec/mas.h",
                                        "reference/mask.h", "spec/share.c",
                                        "reference/new.c",  "reference/judge/oracle.c",
                                        "reference/oracle", "reference/oracle/deep/x.c"};
    struct sc_units units;

    read_list(&units);
    for (size_t n = 0; n < sizeof other / sizeof other[0]; n++) {
        cr_expect_not(sc_sources_cover(&units, other[n]), "%s", other[n]);
    }
    sc_units_destroy(&units);
}

/* Failed checks of a tree with one more source, or with none. */
static int64_t failed(const char *name)
{
    char root[SCRATCH_BYTES], directory[SCRATCH_BYTES + 16];
    struct sc_evidence *evidence = NULL;
    struct sc_units units;

    read_list(&units);
    scratch_create(root);
    (void)snprintf(directory, sizeof directory, "%s/spec", root);
    cr_assert_eq(mkdir(directory, 0700), 0);
    if (name != NULL) {
        scratch_write(root, "spec/mask.h", "");
        scratch_write(root, name, "");
    }
    cr_assert_eq(sc_evidence_create("proofs", "test", &evidence, NULL), SC_OK);
    sc_sources_check(&units, root, evidence);
    const int64_t count = sc_evidence_failed(evidence);
    sc_evidence_destroy(evidence);
    sc_units_destroy(&units);
    scratch_remove(root);
    return count;
}

Test(sources, a_source_that_no_line_names_fails_and_so_does_an_empty_tree)
{
    cr_expect_eq(failed("spec/share.h"), 0);
    cr_expect_eq(failed("spec/new.h"), 1);
    cr_expect_eq(failed(NULL), 1);
}
