/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/philox.h"

#include <criterion/criterion.h>

/* Random123 1.14.0, tests/kat_vectors, "philox4x32 10": counter, key, result. */
Test(philox, gives_the_published_answers)
{
    static const struct {
        uint32_t counter[4], key[2], result[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (int x = 0; x < 3; x++) {
        struct sc_philox random = {{0, 0, 0, 0}};
        for (int w = 0; w < 4; w++) {
            random.word[w] = known[x].counter[w];
        }
        random = sc_philox(random, known[x].key[0], known[x].key[1]);
        for (int w = 0; w < 4; w++) {
            cr_expect_eq(random.word[w], known[x].result[w], "vector %d, word %d", x, w);
        }
    }
}

/* The least and the largest sum of six, and a middle one; the factor as it is published above the function. */
Test(philox, normal_is_exact_and_symmetric)
{
    static const uint32_t least[4] = {0, 0, 0, 7}, largest[4] = {~0u, ~0u, ~0u, 7};
    static const uint32_t one[4] = {0x00010000, 0x7fff7fff, 0x80007fff, 0};
    const double factor = 0x1.6a09ep-17;

    cr_expect_eq(sc_philox_normal(largest), 6.0 * 65535.0 * factor);
    cr_expect_eq(sc_philox_normal(least), -6.0 * 65535.0 * factor);
    cr_expect_eq(sc_philox_normal(one),
                 (2.0 * (1 + 3.0 * 0x7fff + 0x8000) - 6.0 * 65535.0) * factor);
}
