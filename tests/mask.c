/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/mask.h"

#include <criterion/criterion.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define LENGTH          6
#define TILE            4

static const int32_t sides[] = {0, 1, 2, 3, 4, 5, 6, 7, SC_MASK_UNBOUNDED};

/* One head's band, and who sees whom by the definition. */
struct band {
    int32_t n_q, n_k, left, right;
    bool sees[LENGTH][LENGTH];
};

/* Row i sees key j iff c - left <= j <= c + right with c = i + n_k - n_q; an unbounded side has no
 * condition. */
static bool sees_by_definition(const struct band *x, int32_t i, int32_t j)
{
    const int32_t c = i + x->n_k - x->n_q;

    return (x->left == SC_MASK_UNBOUNDED || c - x->left <= j) &&
           (x->right == SC_MASK_UNBOUNDED || j <= c + x->right);
}

/* Calls `check` for every band of at most LENGTH rows and keys. */
static void for_all_bands(void (*check)(const struct band *))
{
    for (int32_t shape = 0; shape < (LENGTH + 1) * (LENGTH + 1); shape++) {
        for (int32_t side = 0; side < LIST_SIZE(sides) * LIST_SIZE(sides); side++) {
            struct band x = {.n_q = shape % (LENGTH + 1), .n_k = shape / (LENGTH + 1)};
            x.left = sides[side % LIST_SIZE(sides)];
            x.right = sides[side / LIST_SIZE(sides)];
            for (int32_t i = 0; i < x.n_q; i++) {
                for (int32_t j = 0; j < x.n_k; j++) {
                    x.sees[i][j] = sees_by_definition(&x, i, j);
                }
            }
            check(&x);
        }
    }
}

static void fail(const struct band *x, const char *what, int32_t first, int32_t last, int32_t found)
{
    cr_expect_fail("n_q %d n_k %d left %d right %d: %s of %d..%d is %d", x->n_q, x->n_k, x->left,
                   x->right, what, first, last, found);
}

static void check_pairs(const struct band *x)
{
    for (int32_t i = 0; i < x->n_q; i++) {
        for (int32_t j = 0; j < x->n_k; j++) {
            const int32_t c = i + x->n_k - x->n_q;
            const bool sees = sc_mask_sees(i, j, x->n_q, x->n_k, x->left, x->right);
            const int32_t distance = sc_mask_distance(i, j, x->n_q, x->n_k);
            if (sees != x->sees[i][j]) {
                fail(x, "sees", i, j, sees);
            }
            if (distance != (c > j ? c - j : j - c)) {
                fail(x, "distance", i, j, distance);
            }
        }
    }
}

static void check_keys(const struct band *x)
{
    for (int32_t i = 0; i < x->n_q; i++) {
        const int32_t begin = sc_mask_key_begin(i, x->n_q, x->n_k, x->left, x->right);
        const int32_t end = sc_mask_key_end(i, x->n_q, x->n_k, x->left, x->right);
        if (begin < 0 || end > x->n_k || begin > end) {
            fail(x, "key range", begin, end, i);
        }
        for (int32_t j = 0; j < x->n_k; j++) {
            if (x->sees[i][j] != (begin <= j && j < end)) {
                fail(x, "key range", begin, end, j);
            }
        }
    }
}

static void check_rows(const struct band *x)
{
    for (int32_t j = 0; j < x->n_k; j++) {
        const int32_t begin = sc_mask_row_begin(j, x->n_q, x->n_k, x->left, x->right);
        const int32_t end = sc_mask_row_end(j, x->n_q, x->n_k, x->left, x->right);
        if (begin < 0 || end > x->n_q || begin > end) {
            fail(x, "row range", begin, end, j);
        }
        for (int32_t i = 0; i < x->n_q; i++) {
            if (x->sees[i][j] != (begin <= i && i < end)) {
                fail(x, "row range", begin, end, i);
            }
        }
    }
}

/* Whether a row of first..last sees a key of tile t. */
static bool key_tile_needed(const struct band *x, int32_t first, int32_t last, int32_t t,
                            int32_t tile)
{
    bool needed = false;

    for (int32_t i = first; i <= last; i++) {
        for (int32_t j = t * tile; j < (t + 1) * tile && j < x->n_k; j++) {
            needed = needed || x->sees[i][j];
        }
    }
    return needed;
}

/* Whether a key of first..last is seen by a row of tile t. */
static bool row_tile_needed(const struct band *x, int32_t first, int32_t last, int32_t t,
                            int32_t tile)
{
    bool needed = false;

    for (int32_t j = first; j <= last; j++) {
        for (int32_t i = t * tile; i < (t + 1) * tile && i < x->n_q; i++) {
            needed = needed || x->sees[i][j];
        }
    }
    return needed;
}

static void check_key_tiles(const struct band *x)
{
    for (int32_t shape = 0; shape < x->n_q * x->n_q * TILE; shape++) {
        const int32_t first = shape % x->n_q;
        const int32_t last = shape / x->n_q % x->n_q;
        const int32_t tile = shape / (x->n_q * x->n_q) + 1;
        if (first > last) {
            continue;
        }
        const int32_t begin =
            sc_mask_key_tile_begin(first, last, x->n_q, x->n_k, x->left, x->right, tile);
        const int32_t end =
            sc_mask_key_tile_end(first, last, x->n_q, x->n_k, x->left, x->right, tile);
        for (int32_t t = 0; t * tile < x->n_k || t < end; t++) {
            if (key_tile_needed(x, first, last, t, tile) != (begin <= t && t < end)) {
                fail(x, "key tile", first, last, t);
            }
        }
    }
}

static void check_row_tiles(const struct band *x)
{
    for (int32_t shape = 0; shape < x->n_k * x->n_k * TILE; shape++) {
        const int32_t first = shape % x->n_k;
        const int32_t last = shape / x->n_k % x->n_k;
        const int32_t tile = shape / (x->n_k * x->n_k) + 1;
        if (first > last) {
            continue;
        }
        const int32_t begin =
            sc_mask_row_tile_begin(first, last, x->n_q, x->n_k, x->left, x->right, tile);
        const int32_t end =
            sc_mask_row_tile_end(first, last, x->n_q, x->n_k, x->left, x->right, tile);
        for (int32_t t = 0; t * tile < x->n_q || t < end; t++) {
            if (row_tile_needed(x, first, last, t, tile) != (begin <= t && t < end)) {
                fail(x, "row tile", first, last, t);
            }
        }
    }
}

static bool full_by_definition(const struct band *x, int32_t first_row, int32_t last_row,
                               int32_t first_key, int32_t last_key)
{
    for (int32_t i = first_row; i <= last_row; i++) {
        for (int32_t j = first_key; j <= last_key; j++) {
            if (!x->sees[i][j]) {
                return false;
            }
        }
    }
    return true;
}

static void check_full_tiles(const struct band *x)
{
    for (int32_t rows = 0; rows < x->n_q * x->n_q; rows++) {
        for (int32_t keys = 0; keys < x->n_k * x->n_k; keys++) {
            const int32_t first_row = rows % x->n_q;
            const int32_t last_row = rows / x->n_q;
            const int32_t first_key = keys % x->n_k;
            const int32_t last_key = keys / x->n_k;
            if (first_row > last_row || first_key > last_key) {
                continue;
            }
            const bool full = sc_mask_tile_full(first_row, last_row, first_key, last_key, x->n_q,
                                                x->n_k, x->left, x->right);
            if (full != full_by_definition(x, first_row, last_row, first_key, last_key)) {
                fail(x, "fullness of rows", first_row, last_row, full);
                fail(x, "fullness of keys", first_key, last_key, full);
            }
        }
    }
}

Test(mask, pairs_equal_the_definition_for_all_small_shapes)
{
    for_all_bands(check_pairs);
}

Test(mask, key_ranges_equal_the_definition_for_all_small_shapes)
{
    for_all_bands(check_keys);
}

Test(mask, row_ranges_equal_the_definition_for_all_small_shapes)
{
    for_all_bands(check_rows);
}

Test(mask, key_tiles_are_exactly_the_needed_ones_for_all_small_shapes)
{
    for_all_bands(check_key_tiles);
}

Test(mask, row_tiles_are_exactly_the_needed_ones_for_all_small_shapes)
{
    for_all_bands(check_row_tiles);
}

Test(mask, tiles_are_full_exactly_when_every_pair_is_seen)
{
    for_all_bands(check_full_tiles);
}

Test(mask, cells_and_clamps_equal_the_definition)
{
    for (int32_t block = 1; block <= 5; block++) {
        for (int32_t x = 0; x < 20; x++) {
            int32_t cell = 0;
            while ((cell + 1) * block <= x) {
                cell++;
            }
            cr_expect_eq(sc_mask_cell(x, block, 20), cell, "index %d in blocks of %d", x, block);
        }
    }
    for (int32_t x = -3; x <= 3; x++) {
        for (int32_t range = 0; range < 49; range++) {
            const int32_t low = range % 7 - 3;
            const int32_t high = range / 7 - 3;
            if (low <= high) {
                const int32_t found = sc_mask_clamp(x, low, high);
                cr_expect(low <= found && found <= high && (x < low || x > high || found == x) &&
                              (x >= low || found == low) && (x <= high || found == high),
                          "%d into [%d, %d]: %d", x, low, high, found);
            }
        }
    }
}

/* Key ranges of one row, and the key tiles of all rows, at the largest lengths. */
Test(mask, keys_at_the_largest_lengths)
{
    enum { MAX = SC_LENGTH_MAX };
    static const struct {
        const char *name;
        int32_t i, n_q, n_k, left, right, begin, end;
    } rows[] = {
        {"full, first row", 0, MAX, MAX, MAX, MAX, 0, MAX},
        {"full, last row", MAX - 1, MAX, MAX, MAX, MAX, 0, MAX},
        {"causal, first row", 0, MAX, MAX, MAX, 0, 0, 1},
        {"causal, last row", MAX - 1, MAX, MAX, MAX, 0, 0, MAX},
        {"diagonal, last row", MAX - 1, MAX, MAX, 0, 0, MAX - 1, MAX},
        {"decode: the one row sees every key", 0, 1, MAX, MAX, 0, 0, MAX},
        {"decode: full", 0, 1, MAX, MAX, MAX, 0, MAX},
        {"one key, first row, causal: none", 0, MAX, 1, MAX, 0, 0, 0},
        {"one key, last row, causal", MAX - 1, MAX, 1, MAX, 0, 0, 1},
        {"one key, first row, full", 0, MAX, 1, MAX, MAX, 0, 1},
        {"no keys", MAX - 1, MAX, 0, MAX, MAX, 0, 0},
        {"window past the end", 0, 1, MAX, 0, MAX, MAX - 1, MAX},
        {"left one short of all", MAX - 1, MAX, MAX, MAX - 2, 0, 1, MAX},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const int32_t begin =
            sc_mask_key_begin(rows[r].i, rows[r].n_q, rows[r].n_k, rows[r].left, rows[r].right);
        const int32_t end =
            sc_mask_key_end(rows[r].i, rows[r].n_q, rows[r].n_k, rows[r].left, rows[r].right);
        cr_expect_eq(begin, rows[r].begin, "%s: begins at %d, expected %d", rows[r].name, begin,
                     rows[r].begin);
        cr_expect_eq(end, rows[r].end, "%s: ends at %d, expected %d", rows[r].name, end,
                     rows[r].end);
    }
}

/* The same shapes seen from a key. */
Test(mask, rows_at_the_largest_lengths)
{
    enum { MAX = SC_LENGTH_MAX };
    static const struct {
        const char *name;
        int32_t j, n_q, n_k, left, right, begin, end;
    } rows[] = {
        {"full, first key", 0, MAX, MAX, MAX, MAX, 0, MAX},
        {"full, last key", MAX - 1, MAX, MAX, MAX, MAX, 0, MAX},
        {"causal, first key", 0, MAX, MAX, MAX, 0, 0, MAX},
        {"causal, last key", MAX - 1, MAX, MAX, MAX, 0, MAX - 1, MAX},
        {"diagonal, last key", MAX - 1, MAX, MAX, 0, 0, MAX - 1, MAX},
        {"one row, first key, causal", 0, 1, MAX, MAX, 0, 0, 1},
        {"one row, first key, narrow: none", 0, 1, MAX, 0, 0, 0, 0},
        {"one key, causal", 0, MAX, 1, MAX, 0, MAX - 1, MAX},
        {"one key, full", 0, MAX, 1, MAX, MAX, 0, MAX},
        {"no rows", MAX - 1, 0, MAX, MAX, MAX, 0, 0},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const int32_t begin =
            sc_mask_row_begin(rows[r].j, rows[r].n_q, rows[r].n_k, rows[r].left, rows[r].right);
        const int32_t end =
            sc_mask_row_end(rows[r].j, rows[r].n_q, rows[r].n_k, rows[r].left, rows[r].right);
        cr_expect_eq(begin, rows[r].begin, "%s: begins at %d, expected %d", rows[r].name, begin,
                     rows[r].begin);
        cr_expect_eq(end, rows[r].end, "%s: ends at %d, expected %d", rows[r].name, end,
                     rows[r].end);
    }
}

Test(mask, tiles_at_the_largest_lengths)
{
    enum { MAX = SC_LENGTH_MAX };
    static const struct {
        const char *name;
        int32_t first, last, n_q, n_k, left, right, tile, key_begin, key_end;
    } rows[] = {
        {"full, one tile", 0, MAX - 1, MAX, MAX, MAX, MAX, MAX, 0, 1},
        {"full, tiles of one", 0, MAX - 1, MAX, MAX, MAX, MAX, 1, 0, MAX},
        {"causal, first row", 0, 0, MAX, MAX, MAX, 0, 64, 0, 1},
        {"causal, last row", MAX - 1, MAX - 1, MAX, MAX, MAX, 0, 64, 0, MAX / 64},
        {"diagonal, last row", MAX - 1, MAX - 1, MAX, MAX, 0, 0, 64, MAX / 64 - 1, MAX / 64},
        {"last key of a tile", 63, 63, MAX, MAX, MAX, 0, 64, 0, 1},
        {"first key of the next tile", 64, 64, MAX, MAX, MAX, 0, 64, 0, 2},
        {"decode", 0, 0, 1, MAX, MAX, 0, 128, 0, MAX / 128},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const int32_t begin =
            sc_mask_key_tile_begin(rows[r].first, rows[r].last, rows[r].n_q, rows[r].n_k,
                                   rows[r].left, rows[r].right, rows[r].tile);
        const int32_t end =
            sc_mask_key_tile_end(rows[r].first, rows[r].last, rows[r].n_q, rows[r].n_k,
                                 rows[r].left, rows[r].right, rows[r].tile);
        cr_expect_eq(begin, rows[r].key_begin, "%s: begins at %d, expected %d", rows[r].name, begin,
                     rows[r].key_begin);
        cr_expect_eq(end, rows[r].key_end, "%s: ends at %d, expected %d", rows[r].name, end,
                     rows[r].key_end);
        /* Rows and keys change places when the sides do. */
        const int32_t row_begin =
            sc_mask_row_tile_begin(rows[r].first, rows[r].last, rows[r].n_k, rows[r].n_q,
                                   rows[r].right, rows[r].left, rows[r].tile);
        const int32_t row_end =
            sc_mask_row_tile_end(rows[r].first, rows[r].last, rows[r].n_k, rows[r].n_q,
                                 rows[r].right, rows[r].left, rows[r].tile);
        cr_expect_eq(row_begin, rows[r].key_begin, "%s: rows begin at %d, expected %d",
                     rows[r].name, row_begin, rows[r].key_begin);
        cr_expect_eq(row_end, rows[r].key_end, "%s: rows end at %d, expected %d", rows[r].name,
                     row_end, rows[r].key_end);
    }
}

Test(mask, tiles_without_a_visible_pair_are_an_empty_range)
{
    /* Four rows over two keys, causal: the first two rows see none. */
    const int32_t begin = sc_mask_key_tile_begin(0, 1, 4, 2, SC_MASK_UNBOUNDED, 0, 1);
    const int32_t end = sc_mask_key_tile_end(0, 1, 4, 2, SC_MASK_UNBOUNDED, 0, 1);

    cr_expect(begin >= end, "[%d, %d)", begin, end);
    cr_expect(!sc_mask_sees(1, 0, 4, 2, SC_MASK_UNBOUNDED, 0));
    cr_expect(sc_mask_sees(2, 0, 4, 2, SC_MASK_UNBOUNDED, 0));
}

Test(mask, distances_at_the_largest_lengths)
{
    enum { MAX = SC_LENGTH_MAX };

    cr_expect_eq(sc_mask_distance(0, MAX - 1, MAX, MAX), MAX - 1);
    cr_expect_eq(sc_mask_distance(MAX - 1, 0, MAX, MAX), MAX - 1);
    cr_expect_eq(sc_mask_distance(0, 0, 1, MAX), MAX - 1);
    cr_expect_eq(sc_mask_distance(0, 0, MAX, 1), MAX - 1);
    cr_expect_eq(sc_mask_distance(MAX - 1, MAX - 1, MAX, MAX), 0);
}
