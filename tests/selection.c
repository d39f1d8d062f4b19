/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/selection.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

/* A selection, and whether it holds x. */
struct selection {
    int32_t *list, count;
};

static struct selection choose(const struct sc_problem *p, bool of_keys, int32_t count,
                               uint64_t seed)
{
    struct selection s = {NULL, 0};
    const enum sc_status status =
        of_keys ? sc_selection_keys(p, 0, count, seed, &s.list, &s.count, NULL)
                : sc_selection_rows(p, 0, count, seed, &s.list, &s.count, NULL);

    cr_assert_eq(status, SC_OK);
    return s;
}

static bool holds(const struct selection *s, int32_t x)
{
    for (int32_t n = 0; n < s->count; n++) {
        if (s->list[n] == x) {
            return true;
        }
    }
    return false;
}

static struct sc_problem problem(int32_t n_q, int32_t n_k, int32_t left, int32_t right)
{
    return (struct sc_problem){.batch = 1,
                               .heads_q = 1,
                               .heads_kv = 1,
                               .n_q = n_q,
                               .n_k = n_k,
                               .left = left,
                               .right = right};
}

Test(selection, is_ascending_without_repeats_and_as_long_as_asked)
{
    static const int32_t lengths[] = {0, 1, 2, 63, 64, 65, 129, 1000};
    static const int32_t counts[] = {0, 1, 30, 300, 1000};

    for (int32_t n = 0; n < LIST_SIZE(lengths) * LIST_SIZE(counts) * 2; n++) {
        const int32_t length = lengths[n % LIST_SIZE(lengths)];
        const int32_t count = counts[n / LIST_SIZE(lengths) % LIST_SIZE(counts)];
        const bool of_keys = n / LIST_SIZE(lengths) / LIST_SIZE(counts) == 1;
        const struct sc_problem p =
            problem(of_keys ? 7 : length, of_keys ? length : 7, SC_MASK_UNBOUNDED, 0);
        const struct selection s = choose(&p, of_keys, count, 3);
        const int32_t least = count == 0 || count > length ? length : count;
        cr_expect(s.count >= least && s.count <= length, "%d of %d: %d", count, length, s.count);
        cr_expect(count == 0 || s.count <= (count > 40 ? count : 40), "%d of %d: %d", count, length,
                  s.count);
        for (int32_t x = 0; x < s.count; x++) {
            cr_expect(s.list[x] >= 0 && s.list[x] < length && (x == 0 || s.list[x - 1] < s.list[x]),
                      "%d of %d: entry %d is %d", count, length, x, s.list[x]);
        }
        free(s.list);
    }
}

Test(selection, holds_the_ends_the_edges_and_the_mask_transitions)
{
    static const uint8_t visible[1] = {1};
    static const struct {
        const char *name;
        int32_t n_q, n_k, left, right, block;
        bool of_keys;
        int32_t expected[8];
    } rows[] = {
        {"ends and tile edges",
         1000,
         500,
         SC_MASK_UNBOUNDED,
         SC_MASK_UNBOUNDED,
         0,
         false,
         {0, 63, 64, 65, 959, 960, 961, 999}},
        {"keys likewise",
         500,
         1000,
         SC_MASK_UNBOUNDED,
         SC_MASK_UNBOUNDED,
         0,
         true,
         {0, 63, 64, 65, 959, 960, 961, 999}},
        {"causal: the first row that sees, the last that is cut",
         1000,
         700,
         SC_MASK_UNBOUNDED,
         0,
         0,
         false,
         {299, 300, 998, 999}},
        {"causal: the last key of the first row",
         700,
         1000,
         SC_MASK_UNBOUNDED,
         0,
         0,
         true,
         {300, 301}},
        {"window: where the left side begins to cut",
         1000,
         1000,
         100,
         50,
         0,
         false,
         {100, 101, 948, 949}},
        {"blocks of the mask",
         1000,
         1000,
         SC_MASK_UNBOUNDED,
         SC_MASK_UNBOUNDED,
         90,
         false,
         {89, 90, 91, 989, 990, 991}},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct sc_problem p = problem(rows[r].n_q, rows[r].n_k, rows[r].left, rows[r].right);
        if (rows[r].block > 0) {
            p.plane.visible = visible; /* the selection does not read it */
            p.plane.block_rows = rows[r].block;
            p.plane.block_keys = rows[r].block;
        }
        for (uint64_t seed = 0; seed < 4; seed++) {
            const struct selection s = choose(&p, rows[r].of_keys, 30, seed);
            for (int32_t n = 0; n < LIST_SIZE(rows[r].expected); n++) {
                cr_expect(holds(&s, rows[r].expected[n]), "%s: no %d", rows[r].name,
                          rows[r].expected[n]);
            }
            free(s.list);
        }
    }
}

/* 300 rows of 10,000, a fault in 100 of them: missed with probability 0.99^300 < 0.05. */
Test(selection, finds_a_fault_in_one_row_of_a_hundred)
{
    const struct sc_problem p = problem(10000, 10, SC_MASK_UNBOUNDED, SC_MASK_UNBOUNDED);
    int32_t missed = 0;

    for (uint64_t seed = 0; seed < 400; seed++) {
        const struct selection s = choose(&p, false, 300, seed);
        bool found = false;
        for (int32_t n = 0; n < s.count; n++) {
            found = found || s.list[n] / 100 == 37; /* rows 3700 to 3799 */
        }
        missed += found ? 0 : 1;
        free(s.list);
    }
    /* expected 400 (1 - 0.01)^(300 - 11) = 22, standard deviation below 5 */
    cr_expect(missed >= 5 && missed <= 45, "%d of 400 missed", missed);
}
