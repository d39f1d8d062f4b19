/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/usage_sample.h"

#include "spec/format_value.h"
#include "tests/usage_head.h"
#include "tools/measure/agree.h"
#include "tools/measure/normal.h"

#include <criterion/criterion.h>
#include <math.h>

#define N 256
#define D 32

static uint16_t inputs[4 * N * D], results[4 * N * D];
static const struct sc_usage_head
    forward = {N,       D,    inputs, inputs + N *D, inputs + 2 * N *D, inputs + 3 * N *D,
               results, NULL, NULL,   NULL},
    backward = {N,
                D,
                inputs,
                inputs + N *D,
                inputs + 2 * N *D,
                inputs + 3 * N *D,
                NULL,
                results + N *D,
                results + 2 * N *D,
                results + 3 * N *D};

static double sample(const struct sc_usage_head *head)
{
    struct sc_error error = {SC_OK, ""};
    double distance = -1.0;

    cr_assert_eq(sc_usage_sample(head, &distance, &error), SC_OK, "%s", error.text);
    return distance;
}

/* Results that are right but for a bf16 rounding. */
static void fill(void)
{
    sc_normal_bf16(3, inputs, sizeof inputs / sizeof inputs[0]);
    usage_head_fill(N, D, inputs, inputs + N * D, inputs + 2 * N * D, inputs + 3 * N * D, results,
                    results + N * D, results + 2 * N * D, results + 3 * N * D);
}

Test(usage_sample, what_is_rounded_once_is_within_one_rounding)
{
    fill();
    const double o = sample(&forward), gradients = sample(&backward);
    cr_expect(o > 0x1p-12 && o <= 0x1p-9, "%g", o);
    cr_expect(gradients > 0x1p-12 && gradients <= 0x1p-9, "%g", gradients);
}

Test(usage_sample, each_result_and_each_of_its_rows_is_looked_at)
{
    static const int32_t rows[] = {0, N / 2 + N / 8, N - 1};

    fill();
    for (int32_t result = 0; result < 4; result++) {
        const struct sc_usage_head *const head = result == 0 ? &forward : &backward;
        for (size_t r = 0; r < 3; r++) {
            uint16_t *const element = &results[result * N * D + rows[r] * D + D - 1];
            const uint16_t kept = *element;
            *element = 0x4000; /* 2, where about 0.1 is right */
            cr_expect_gt(sample(head), SC_AGREE_LEVEL, "result %d, row %d", result, rows[r]);
            *element = 0xffff; /* a NaN, as poison is */
            cr_expect(isnan(sample(head)), "result %d, row %d", result, rows[r]);
            *element = kept;
        }
    }
}

/* One of 256 keys is 1 / 16 of the norm. */
Test(usage_sample, a_forgotten_key_is_beyond_the_level)
{
    fill();
    const struct sc_usage_head whole = forward;
    uint16_t *const v = &inputs[2 * N * D];
    for (int32_t c = 0; c < D; c++) {
        v[17 * D + c] = 0;
    }
    cr_expect_gt(sample(&whole), SC_AGREE_LEVEL);
}
