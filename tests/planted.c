/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/planted.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* What is read from a file of this text. */
static enum sc_status read_text(const char *text, int64_t *caught, int64_t *missed)
{
    char directory[SCRATCH_BYTES], path[SCRATCH_BYTES + 8];

    scratch_create(directory);
    scratch_write(directory, "log", text);
    (void)snprintf(path, sizeof path, "%s/log", directory);
    const enum sc_status status = sc_planted_read(path, caught, missed, NULL);
    scratch_remove(directory);
    return status;
}

Test(planted, the_last_line_counts)
{
    int64_t caught = 0, missed = 0;

    cr_expect_eq(read_text("a: caught\nmutants: 11 passed, 2 failed\n", &caught, &missed), SC_OK);
    cr_expect_eq(caught, 11);
    cr_expect_eq(missed, 2);
}

Test(planted, an_interrupted_run_says_nothing)
{
    int64_t caught = 0, missed = 0;

    cr_expect_eq(read_text("", &caught, &missed), SC_E_INPUT);
    cr_expect_eq(read_text("a: caught\n", &caught, &missed), SC_E_INPUT);
    cr_expect_eq(read_text("mutants: 1 passed, 0 failed\nb: caught\n", &caught, &missed),
                 SC_E_INPUT);
    cr_expect_eq(sc_planted_read("/nonexistent/log", &caught, &missed, NULL), SC_E_IO);
}
