/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/check.h"

#include "reference/random.h"
#include "spec/format_value.h"
#include "tests/plain.h"
#include "tools/kernels/placed.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A case on an emulator of its own. */
static void check(const struct sc_case *c, bool fast, struct sc_check_tally *tally)
{
    struct sc_outputs outputs;
    struct sc_machine *machine = NULL;
    struct sc_error error = {SC_OK, ""};
    const uint64_t seed = c->seed;

    const struct sc_kernel_arithmetic arithmetic = sc_check_arithmetic(&c->problem, NULL);
    cr_assert_eq(sc_machine_create(seed, seed, sc_placed_bytes(c), &machine, &error), SC_OK, "%s",
                 error.text);
    cr_assert_eq(sc_outputs_run(c, machine, fast, &outputs, &error), SC_OK, "%s", error.text);
    if (sc_check_ran(&outputs, tally)) {
        cr_expect_eq(sc_check_predicted(&outputs, &arithmetic.schedule, !fast, tally, &error),
                     SC_OK, "%s", error.text);
        cr_expect_eq(sc_check_bounded(&outputs, &arithmetic, fast, 32, tally, &error), SC_OK, "%s",
                     error.text);
    }
    sc_outputs_destroy(&outputs);
    sc_machine_destroy(machine);
}

static void run(uint64_t seed, bool fast, struct sc_check_tally *tally)
{
    struct sc_case c;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_generate_tiled(seed, &c, &error), SC_OK, "%s", error.text);
    check(&c, fast, tally);
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

static float *drawn(struct sc_random *random, int64_t count)
{
    float *const values = malloc((size_t)count * sizeof *values);

    cr_assert(values != NULL);
    for (int64_t i = 0; i < count; i++) {
        const uint32_t bits = sc_format_encode(SC_FORMAT_BF16, 2.0 * sc_random_unit(random) - 1.0);
        values[i] = (float)sc_format_decode(SC_FORMAT_BF16, bits);
    }
    return values;
}

/* One sequence and head, and a row sees all keys up to its own place and `right` beyond. */
static void run_long(int32_t n_q, int32_t n_k, int32_t d, int32_t right,
                     struct sc_check_tally *tally)
{
    struct sc_random random = {(uint64_t)n_q};
    float bias = -5.0f;
    struct sc_case c = {.seed = 3 /* every buffer is aligned, no gaps */};

    c.problem = plain_problem(n_q, n_k, d, d);
    c.problem.format_in = c.problem.format_out = SC_FORMAT_BF16;
    c.problem.tau = 0.125f;
    c.problem.bias = &bias;
    c.problem.right = right;
    c.q = drawn(&random, c.problem.q.size);
    c.k = drawn(&random, c.problem.k.size);
    c.v = drawn(&random, c.problem.v.size);
    c.d_o = drawn(&random, c.problem.o.size);
    check(&c, false, tally);
    free(c.q);
    free(c.k);
    free(c.v);
    free(c.d_o);
}

/* So many tiles that the rings of tensor_group_run_body.h go round twice, in each kernel and width that has them, and
 * of an odd number; under a causal mask runs of each length. The sum of the lengths is even: products by wgmma. */
Test(check, long_runs_have_the_bits_that_are_predicted)
{
    struct sc_check_tally tally;

    memset(&tally, 0, sizeof tally);
    run_long(140, 920, 64, SC_MASK_UNBOUNDED, &tally);
    run_long(70, 1100, 64, SC_MASK_UNBOUNDED, &tally);
    run_long(70, 490, 128, SC_MASK_UNBOUNDED, &tally);
    run_long(200, 300, 128, SC_MASK_UNBOUNDED, &tally);
    run_long(470, 90, 64, SC_MASK_UNBOUNDED, &tally);
    run_long(370, 90, 128, SC_MASK_UNBOUNDED, &tally);
    run_long(330, 330, 64, 0, &tally);
    cr_expect_eq(tally.failed, 0, "%s", tally.first);
    cr_expect_eq(tally.cases, 7);
    cr_expect_eq(tally.refused, 0);
    cr_expect_gt(sc_check_sum(tally.predicted), 350000);
}
