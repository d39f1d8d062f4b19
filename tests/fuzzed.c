/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/fuzzed.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

static enum sc_status read_text(const char *text, struct sc_fuzzed *fuzzed)
{
    char directory[SCRATCH_BYTES], path[SCRATCH_BYTES + 8];

    scratch_create(directory);
    scratch_write(directory, "log", text);
    (void)snprintf(path, sizeof path, "%s/log", directory);
    const enum sc_status status = sc_fuzzed_read(path, fuzzed, NULL);
    scratch_remove(directory);
    return status;
}

Test(fuzzed, a_run_without_a_finding_is_finished)
{
    struct sc_fuzzed fuzzed;

    cr_assert_eq(read_text("#2\tINITED cov: 9\n"
                           "Done 500 runs in 1 second(s)\n"
                           "stat::number_of_executed_units: 500\n",
                           &fuzzed),
                 SC_OK);
    cr_expect_eq(fuzzed.executions, 500);
    cr_expect(fuzzed.finished);
    cr_expect_str_eq(fuzzed.error, "");
}

Test(fuzzed, a_finding_is_never_finished)
{
    static const char *const errors[] = {
        "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60\n",
        "a.c:3:1: runtime error: signed integer overflow\n",
        "==7== ERROR: libFuzzer: timeout after 10 seconds\n",
    };

    for (size_t n = 0; n < sizeof errors / sizeof errors[0]; n++) {
        char text[512];
        struct sc_fuzzed fuzzed;
        (void)snprintf(text, sizeof text,
                       "%sDone 7 runs in 1 second(s)\nstat::number_of_executed_units: 7\n",
                       errors[n]);
        cr_assert_eq(read_text(text, &fuzzed), SC_OK);
        cr_expect_not(fuzzed.finished, "%s", errors[n]);
        cr_expect(fuzzed.error[0] != '\0', "%s", errors[n]);
    }
}

Test(fuzzed, a_run_that_stopped_early_is_not_finished)
{
    struct sc_fuzzed fuzzed;

    cr_expect_eq(read_text("", &fuzzed), SC_E_INPUT);
    cr_expect_eq(read_text("Done 500 runs in 1 second(s)\n", &fuzzed), SC_E_INPUT);
    cr_assert_eq(read_text("stat::number_of_executed_units: 20\n", &fuzzed), SC_OK);
    cr_expect_not(fuzzed.finished);
    cr_expect_eq(sc_fuzzed_read("/nonexistent/log", &fuzzed, NULL), SC_E_IO);
}
