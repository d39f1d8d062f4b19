/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/gappa.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>

#define SCRIPT "/* SPDX */\n/* What x\n * proves. */\n{ x in [0,1] -> x in [0,2] }\n"

Test(gappa, a_script_counts_as_proved_only_with_its_last_line)
{
    static const struct {
        const char *name, *script, *log;
        bool run, proved, asks;
    } rows[] = {
        {"proved", SCRIPT, "proved\n", true, true, false},
        {"proved after a warning", SCRIPT, "Warning: x\nproved\n", true, true, false},
        {"no log", SCRIPT, NULL, false, false, false},
        {"empty log", SCRIPT, "", true, false, false},
        {"a goal failed", SCRIPT, "Error: some properties were not satisfied:\n", true, false,
         false},
        {"the word inside a line", SCRIPT, "not proved\n", true, false, false},
        {"something after it", SCRIPT, "proved\nError\n", true, false, false},
        {"cut", SCRIPT, "proved", true, false, false},
        {"a question, not a goal", SCRIPT "{ x in ? }\n", "proved\n", true, true, true},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES];
        struct sc_gappa gappa;
        scratch_create(directory);
        scratch_write(directory, "one.g", rows[r].script);
        if (rows[r].log != NULL) {
            scratch_write(directory, "one.log", rows[r].log);
        }
        cr_assert_eq(sc_gappa_read(directory, directory, &gappa, NULL), SC_OK);
        cr_assert_eq(gappa.count, 1);
        cr_expect_str_eq(gappa.list[0].name, "one");
        cr_expect_str_eq(gappa.list[0].what, "What x proves");
        cr_expect(gappa.list[0].run == rows[r].run && gappa.list[0].proved == rows[r].proved &&
                      gappa.list[0].asks == rows[r].asks,
                  "%s: run %d, proved %d, asks %d", rows[r].name, gappa.list[0].run,
                  gappa.list[0].proved, gappa.list[0].asks);
        sc_gappa_destroy(&gappa);
        scratch_remove(directory);
    }
}

Test(gappa, no_scripts_or_one_without_a_comment_is_an_error)
{
    char directory[SCRATCH_BYTES];
    struct sc_gappa gappa;

    scratch_create(directory);
    cr_expect_eq(sc_gappa_read(directory, directory, &gappa, NULL), SC_E_IO);
    scratch_write(directory, "one.g", "/* SPDX */\n{ x in [0,1] -> x in [0,2] }\n");
    cr_expect_eq(sc_gappa_read(directory, directory, &gappa, NULL), SC_E_INPUT);
    cr_expect_eq(sc_gappa_read("/nowhere", directory, &gappa, NULL), SC_E_IO);
    scratch_remove(directory);
}
