/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/check.h"

#include "tools/kernels/placed.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

/* A case on an emulator of its own. */
static void run(uint64_t seed, bool fast, struct sc_check_tally *tally)
{
    struct sc_case c;
    struct sc_outputs outputs;
    struct sc_machine *machine = NULL;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_generate_tiled(seed, &c, &error), SC_OK, "%s", error.text);
    const struct sc_kernel_arithmetic arithmetic = sc_check_arithmetic(&c.problem, NULL);
    cr_assert_eq(sc_machine_create(seed, seed, sc_placed_bytes(&c), &machine, &error), SC_OK, "%s",
                 error.text);
    cr_assert_eq(sc_outputs_run(&c, machine, fast, &outputs, &error), SC_OK, "%s", error.text);
    if (sc_check_ran(&outputs, tally)) {
        cr_expect_eq(sc_check_predicted(&outputs, &arithmetic.schedule, !fast, tally, &error),
                     SC_OK, "%s", error.text);
        cr_expect_eq(sc_check_bounded(&outputs, &arithmetic, fast, 32, tally, &error), SC_OK, "%s",
                     error.text);
    }
    sc_outputs_destroy(&outputs);
    sc_machine_destroy(machine);
    sc_generate_destroy(&c);
}

/* One of each mask and of different classes of values; a width whose rows stay in registers, without the barrier that
 * a mask by plane has before each tile; five with NaN and infinities that some rows see and others do not, and rows as
 * wide as their instance that end within a tile; four with runs (kernels/tensor_run_body.h), which only rows as wide as
 * their instance have, of so many tiles in each kernel that four stages come round, and in blocks of eight warps; the
 * last: a tile of rows that the last key of a block sees whole, and the first does not. */
Test(check, kernels_on_the_emulator_compute_what_their_schedule_predicts)
{
    static const uint64_t seeds[] = {0,   41,  2,   123, 164,  205,  246,   287,   3,  222,
                                     231, 327, 482, 31,  8224, 9603, 17600, 18560, 514};
    const int32_t count = (int32_t)(sizeof seeds / sizeof seeds[0]);
    struct sc_check_tally tally;

    memset(&tally, 0, sizeof tally);
    for (int32_t n = 0; n < count; n++) {
        run(seeds[n], seeds[n] / SC_GENERATE_MASKS % 2 == 1, &tally);
    }
    cr_expect_eq(tally.failed, 0, "%s", tally.first);
    cr_expect_eq(tally.cases, count);
    cr_expect_eq(tally.refused, 0);
    cr_expect_gt(tally.bias_judged, 8);
    for (int32_t n = 0; n < SC_OUTPUTS; n++) {
        const char *name = sc_outputs_name((enum sc_outputs_kind)n);
        cr_expect_gt(tally.predicted[n], 50000, "%s: %lld predicted", name,
                     (long long)tally.predicted[n]);
        cr_expect_gt(tally.judged[n], 2000, "%s: %lld judged", name, (long long)tally.judged[n]);
    }
}
