/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/footprint.h"

#include <criterion/criterion.h>

#define MIB ((int64_t)1 << 20)

Test(footprint, linear_is_twice_and_the_slack)
{
    static const struct {
        const char *name;
        struct sc_footprint points[3];
        int64_t slack;
        int32_t count, at; /* at = count: linear */
    } rows[] = {
        {"exactly twice", {{1024, 10}, {2048, 20}, {4096, 40}}, 0, 3, 3},
        {"nothing", {{1024, 0}, {2048, 0}, {4096, 0}}, 0, 3, 3},
        {"less than twice", {{1024, 10}, {2048, 11}, {4096, 12}}, 0, 3, 3},
        {"a byte more", {{1024, 10}, {2048, 20}, {4096, 41}}, 0, 3, 2},
        {"a byte more is slack", {{1024, 10}, {2048, 20}, {4096, 41}}, 1, 3, 3},
        {"more than the slack", {{1024, 10}, {2048, 22}, {4096, 45}}, 1, 3, 1},
        {"quadratic", {{1024, 3 * MIB}, {2048, 12 * MIB}, {4096, 48 * MIB}}, 2 * MIB, 3, 1},
        {"quadratic, seen late", {{1024, MIB}, {2048, 4 * MIB}, {4096, 16 * MIB}}, 2 * MIB, 3, 2},
        {"n log n", {{1024, 10 * MIB}, {2048, 22 * MIB}, {4096, 48 * MIB}}, 0, 3, 1},
        {"not twice the length", {{1024, 10}, {2048, 20}, {3072, 30}}, 0, 3, 2},
        {"falling lengths", {{2048, 20}, {1024, 10}, {512, 5}}, 0, 3, 1},
        {"no length", {{0, 1}, {0, 1}, {0, 1}}, 0, 3, 1},
        {"negative bytes", {{1024, -10}, {2048, -20}, {4096, -40}}, 0, 3, 1},
        {"largest", {{1024, MIB << 39}, {2048, MIB << 40}, {4096, MIB << 40}}, 0, 3, 3},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        int32_t at = -1;
        const bool linear = sc_footprint_linear(rows[r].points, rows[r].count, rows[r].slack, &at);
        cr_expect_eq(linear, rows[r].at == rows[r].count, "%s", rows[r].name);
        cr_expect_eq(at, rows[r].at, "%s: at %d", rows[r].name, at);
    }
}

Test(footprint, one_point_says_nothing)
{
    const struct sc_footprint one = {1024, 10};
    int32_t at;

    cr_expect_not(sc_footprint_linear(&one, 1, 0, &at));
    cr_expect_not(sc_footprint_linear(&one, 0, 0, &at));
}

Test(footprint, bytes_of_a_token_leave_out_what_is_always_there)
{
    static const struct sc_footprint points[] = {{1024, 5000 + 3 * 1024}, {2048, 5000 + 3 * 2048}};

    cr_expect_eq(sc_footprint_per_token(points, 2), 3.0);
}
