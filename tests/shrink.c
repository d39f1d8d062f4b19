/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/shrink.h"

#include "fuzz/prepared.h"
#include "fuzz/shrink_size.h"

#include <criterion/criterion.h>
#include <string.h>

/* A predicate that stands for a kernel with a fault, and what it saw. */
struct fault {
    bool (*fails)(const struct sc_recipe *r);
    int32_t calls, invalid, not_smaller;
    bool begun;
    struct sc_shrink_size least; /* of those that failed */
    int32_t stop_at;             /* call that ends with a status; 0: none */
};

static enum sc_status run(void *context, const struct sc_recipe *candidate, bool *fails,
                          struct sc_error *error)
{
    struct fault *fault = context;

    fault->calls++;
    fault->invalid += sc_recipe_check(candidate, NULL) != SC_OK ? 1 : 0;
    const struct sc_shrink_size size = sc_shrink_size(candidate);
    fault->not_smaller += fault->begun && sc_shrink_compare(&size, &fault->least) >= 0 ? 1 : 0;
    if (fault->calls == fault->stop_at) {
        return sc_fail(error, SC_E_UNAVAILABLE, "worker: does not start");
    }
    *fails = fault->fails(candidate);
    if (*fails) {
        fault->least = size;
        fault->begun = true;
    }
    return SC_OK;
}

static const struct sc_shrink_limits plenty = {.tries = 100000};

static struct sc_recipe shrunk(const struct sc_recipe *failing,
                               bool (*fails)(const struct sc_recipe *))
{
    struct fault fault = {.fails = fails};
    struct sc_recipe smallest;
    struct sc_error error = {0};
    int32_t tries = 0;

    cr_assert_eq(sc_recipe_check(failing, &error), SC_OK, "%s", error.text);
    cr_assert(fails(failing), "the start does not fail");
    cr_assert_eq(sc_shrink(failing, run, &fault, &plenty, &smallest, &tries, &error), SC_OK, "%s",
                 error.text);
    cr_expect_eq(tries, fault.calls, "%d tries, %d calls", tries, fault.calls);
    cr_expect_eq(fault.invalid, 0, "%d invalid candidates", fault.invalid);
    cr_expect_eq(fault.not_smaller, 0, "%d candidates that are no smaller", fault.not_smaller);
    cr_assert(fails(&smallest), "the result does not fail");
    return smallest;
}

/* Everything at once. */
static struct sc_recipe large(void)
{
    struct sc_recipe r = sc_recipe_plain();

    r.batch = 3;
    r.heads_q = 4;
    r.heads_kv = 2;
    r.n_q = 100;
    r.n_k = 150;
    r.d = 64;
    r.d_v = 48;
    r.tau = 0.1767767f;
    r.bias_scope = SC_BIAS_PER_HEAD;
    r.biases = 2;
    r.bias[0] = -4.25f;
    r.bias[1] = 0.3f;
    r.slopes_count = 2;
    r.slopes[0] = 0.25f;
    r.slopes[1] = 0.3f;
    r.right = 0;
    r.lengths_count = 2;
    r.lengths[0] = 140;
    r.lengths[1] = 150;
    r.block_rows = 16;
    r.block_keys = 8;
    r.density = 12;
    r.values = SC_VALUES_WIDE;
    r.hidden = SC_HIDDEN_LARGE;
    r.seed = 977;
    r.backward = true;
    r.places[SC_TENSOR_K].base = 8;
    return r;
}

static bool causal(const struct sc_recipe *r)
{
    return r->left == SC_MASK_UNBOUNDED && r->right == 0;
}

/* Row 5 sees key 16 of a causal case: key <= row + n_k - n_q. */
static bool row_5_sees_key_16(const struct sc_recipe *r)
{
    return causal(r) && r->n_q > 5 && r->n_k >= 17 && 16 <= 5 + r->n_k - r->n_q;
}

Test(shrink, a_causal_fault_becomes_its_smallest_case)
{
    const struct sc_recipe start = large();
    const struct sc_recipe found = shrunk(&start, row_5_sees_key_16);
    struct sc_recipe expected = sc_recipe_plain();
    char a[SC_RECIPE_TEXT_MAX], b[SC_RECIPE_TEXT_MAX];

    expected.n_q = 6;
    expected.n_k = 17;
    expected.right = 0;
    expected.values = SC_VALUES_EXACT;
    expected.format_in = start.format_in;
    expected.format_out = start.format_out;
    expected.tau = 1.0f;
    expected.biases = 1;
    expected.bias[0] = 0.0f;
    expected.seed = 0;
    expected.hidden = SC_HIDDEN_NAN;
    (void)sc_recipe_print(&found, a);
    (void)sc_recipe_print(&expected, b);
    cr_expect_str_eq(a, b, "%s\nexpected %s", a, b);
}

static bool has(const int32_t *list, int32_t entries, int32_t count, int32_t number)
{
    for (int32_t n = 0; n < count; n++) {
        if ((entries > 0 ? list[n] : n) == number) {
            return true;
        }
    }
    return false;
}

/* The values of row 137 meet those of keys 5 and 50. */
static bool three_lines(const struct sc_recipe *r)
{
    return has(r->rows, r->rows_count, r->n_q, 137) && has(r->keys, r->keys_count, r->n_k, 5) &&
           has(r->keys, r->keys_count, r->n_k, 50);
}

Test(shrink, lines_that_matter_keep_their_numbers)
{
    struct sc_recipe start = sc_recipe_plain();

    start.n_q = 200;
    start.n_k = 60;
    const struct sc_recipe found = shrunk(&start, three_lines);
    cr_assert(found.n_q == 1 && found.n_k == 2, "%d rows, %d keys", found.n_q, found.n_k);
    cr_assert(found.rows_count == 1 && found.keys_count == 2);
    cr_expect(found.rows[0] == 137 && found.keys[0] == 5 && found.keys[1] == 50,
              "row %d, keys %d and %d", found.rows[0], found.keys[0], found.keys[1]);
}

static bool many_keys(const struct sc_recipe *r)
{
    return r->n_k >= 1237;
}

Test(shrink, a_long_case_stops_at_the_length_that_matters)
{
    struct sc_recipe start = large();

    start.n_k = 40000;
    start.block_rows = 0;
    start.block_keys = 0;
    start.density = sc_recipe_plain().density;
    const struct sc_recipe found = shrunk(&start, many_keys);
    cr_expect(found.n_k == 1237 && found.n_q == 0, "%d rows, %d keys", found.n_q, found.n_k);
}

static bool of_eights(const struct sc_recipe *r)
{
    return r->d % 8 == 0 && r->d_v == r->d && r->n_q >= 1;
}

Test(shrink, a_kernel_that_does_multiples_of_eight_only_is_brought_to_eight)
{
    struct sc_recipe start = sc_recipe_plain();

    start.d = 72;
    start.d_v = 72;
    const struct sc_recipe found = shrunk(&start, of_eights);
    cr_expect(found.d == 8 && found.d_v == 8, "d %d, d_v %d", found.d, found.d_v);
}

/* A sequence of three keys among ten: other lengths do not become three by being cut. */
static bool length_3(const struct sc_recipe *r)
{
    for (int32_t b = 0; b < r->batch && r->lengths_count > 0 && r->n_k >= 10; b++) {
        if (r->lengths[b % r->lengths_count] == 3) {
            return true;
        }
    }
    return false;
}

Test(shrink, a_sequence_in_the_middle_keeps_its_length)
{
    struct sc_recipe start = large();

    start.batch = 5;
    start.lengths_count = 4;
    start.lengths[2] = 3;
    start.lengths[3] = 0;
    const struct sc_recipe found = shrunk(&start, length_3);
    cr_expect(found.batch == 1 && found.lengths_count == 1 && found.lengths[0] == 3,
              "batch %d, %d lengths, %d", found.batch, found.lengths_count, found.lengths[0]);
    cr_expect_eq(found.n_k, 10, "%d keys", found.n_k);
}

/* Rows and keys of packed sequence b, from what fuzz/recipe.h says of them. */
static void packed(const struct sc_recipe *r, int32_t b, int32_t *rows, int32_t *keys)
{
    int32_t left_q = r->n_q, left_k = r->n_k;

    for (int32_t s = 0; s <= b; s++) {
        const int32_t q = r->packed_q[s % r->packed_count], k = r->packed_k[s % r->packed_count];
        *rows = s == r->batch - 1 || q > left_q ? left_q : q;
        *keys = s == r->batch - 1 || k > left_k ? left_k : k;
        left_q -= *rows;
        left_k -= *keys;
    }
}

/* A packed sequence without keys between two that have some. */
static bool empty_between(const struct sc_recipe *r)
{
    for (int32_t b = 1; b + 1 < r->batch && r->packed_count > 0; b++) {
        int32_t rows[3], keys[3];
        for (int32_t n = 0; n < 3; n++) {
            packed(r, b + n - 1, &rows[n], &keys[n]);
        }
        if (keys[0] > 0 && keys[1] == 0 && rows[1] > 0 && keys[2] > 0) {
            return true;
        }
    }
    return false;
}

Test(shrink, packed_sequences_around_an_empty_one_are_the_only_ones_left)
{
    static const int32_t q[] = {9, 4, 11, 6, 2, 8, 5}, k[] = {7, 12, 5, 0, 9, 0, 3};
    struct sc_recipe start = sc_recipe_plain();

    start.batch = 7;
    start.packed_count = 7;
    for (int32_t n = 0; n < 7; n++) {
        start.packed_q[n] = q[n];
        start.packed_k[n] = k[n];
        start.n_q += n == 0 ? q[n] - start.n_q : q[n];
        start.n_k += n == 0 ? k[n] - start.n_k : k[n];
    }
    const struct sc_recipe found = shrunk(&start, empty_between);
    cr_expect_eq(found.batch, 3, "%d sequences", found.batch);
    cr_expect(found.n_q == 1 && found.n_k == 2, "%d rows, %d keys", found.n_q, found.n_k);
}

static bool spoiled_key(const struct sc_recipe *r)
{
    for (int32_t n = 0; n < r->patches_count; n++) {
        const int64_t element = r->patches[n].element;
        if (r->patches[n].tensor == SC_TENSOR_K && r->patches[n].bits == 0x7fc1u &&
            element % r->d == 3 && has(r->keys, r->keys_count, r->n_k, 41) &&
            (r->keys_count > 0 ? r->keys[element / r->d % r->n_k] : element / r->d % r->n_k) ==
                41) {
            return true;
        }
    }
    return false;
}

Test(shrink, a_patched_element_moves_with_its_key)
{
    struct sc_recipe start = sc_recipe_plain();

    start.format_in = SC_FORMAT_BF16;
    start.n_q = 30;
    start.n_k = 50;
    start.d = 8;
    start.d_v = 8;
    start.heads_q = 2;
    start.heads_kv = 2;
    start.patches_count = 2;
    start.patches[0].tensor = SC_TENSOR_V;
    start.patches[0].element = 17;
    start.patches[0].bits = 0x4000u;
    start.patches[1].tensor = SC_TENSOR_K;
    start.patches[1].element = 41 * 8 + 3;
    start.patches[1].bits = 0x7fc1u;
    const struct sc_recipe found = shrunk(&start, spoiled_key);
    cr_expect(found.n_q == 0 && found.n_k == 1, "%d rows, %d keys", found.n_q, found.n_k);
    cr_expect(found.d == 4 && found.heads_q == 1, "d %d, %d heads", found.d, found.heads_q);
}

/* The first element of K is not 0, and values are not of the class that is exact: a drawn value is taken for one that is not. */
static bool key_is_not_zero(const struct sc_recipe *r)
{
    if (r->n_q == 0 || r->n_k == 0 || r->values == SC_VALUES_EXACT) {
        return false;
    }
    for (int32_t n = 0; n < r->patches_count; n++) {
        if (r->patches[n].tensor == SC_TENSOR_K && r->patches[n].element == 0) {
            return r->patches[n].bits != 0;
        }
    }
    return true;
}

Test(shrink, values_that_do_not_matter_are_zero_and_the_others_one)
{
    struct sc_recipe start = sc_recipe_plain();

    start.format_in = SC_FORMAT_FP16;
    start.n_q = 3;
    start.n_k = 4;
    start.d = 2;
    start.d_v = 2;
    const struct sc_recipe found = shrunk(&start, key_is_not_zero);
    const struct sc_shrink_size size = sc_shrink_size(&found);
    cr_expect_eq(sc_shrink_elements(&found), 3, "one row, key and channel");
    cr_expect_eq(size.of[SC_SHRINK_VALUES], 1, "values %d", (int)size.of[SC_SHRINK_VALUES]);
    for (int32_t n = 0; n < found.patches_count; n++) {
        cr_expect_eq(found.patches[n].bits, found.patches[n].tensor == SC_TENSOR_K ? 0x3c00u : 0);
    }
}

/* As good as random: a bit of the text. */
static bool whimsical(const struct sc_recipe *r)
{
    char line[SC_RECIPE_TEXT_MAX];
    const size_t length = sc_recipe_print(r, line);
    uint32_t hash = 2166136261u;

    for (size_t n = 0; n < length; n++) {
        hash = (hash ^ (uint8_t)line[n]) * 16777619u;
    }
    return (hash >> 16) % 3 != 0;
}

Test(shrink, an_erratic_fault_ends_and_two_runs_agree)
{
    struct sc_recipe start = large();
    int32_t ended = 0;

    for (uint64_t seed = 0; seed < 40; seed++) {
        struct fault first = {.fails = whimsical}, second = {.fails = whimsical};
        struct sc_recipe a, b;
        int32_t tries_a = 0, tries_b = 0;

        start.seed = seed;
        cr_assert_eq(sc_shrink(&start, run, &first, &plenty, &a, &tries_a, NULL), SC_OK);
        cr_assert_eq(sc_shrink(&start, run, &second, &plenty, &b, &tries_b, NULL), SC_OK);
        cr_expect(tries_a == tries_b && memcmp(&a, &b, sizeof a) == 0, "seed %d", (int)seed);
        cr_expect(first.invalid == 0 && first.not_smaller == 0);
        ended += tries_a < plenty.tries ? 1 : 0;
    }
    cr_expect_eq(ended, 40);
}

static bool never(const struct sc_recipe *r)
{
    (void)r;
    return false;
}

static bool always(const struct sc_recipe *r)
{
    (void)r;
    return true;
}

Test(shrink, what_cannot_shrink_is_left_as_it_is)
{
    struct sc_recipe start = large(), found;
    struct fault fault = {.fails = never};
    int32_t tries = 0;

    start.hashed = true;
    start.hash = 5;
    cr_assert_eq(sc_shrink(&start, run, &fault, &plenty, &found, &tries, NULL), SC_OK);
    cr_expect_not(found.hashed);
    start.hashed = false;
    start.hash = 0;
    cr_expect_eq(memcmp(&start, &found, sizeof start), 0);
    cr_expect_gt(tries, 20, "%d tries", tries);
}

Test(shrink, limits_hold_and_what_was_reached_is_kept)
{
    const struct sc_recipe start = large();
    struct fault fault = {.fails = always};
    const struct sc_shrink_limits few = {.tries = 3};
    struct sc_recipe found;
    int32_t tries = 0;

    cr_assert_eq(sc_shrink(&start, run, &fault, &few, &found, &tries, NULL), SC_OK);
    cr_expect(tries == 3 && fault.calls == 3);
    const struct sc_shrink_size a = sc_shrink_size(&found), b = sc_shrink_size(&start);
    cr_expect_lt(sc_shrink_compare(&a, &b), 0);

    const struct sc_shrink_limits none = {.tries = 1000000, .seconds = 1e-9};
    fault.calls = 0;
    cr_assert_eq(sc_shrink(&start, run, &fault, &none, &found, &tries, NULL), SC_OK);
    cr_expect_eq(fault.calls, 0);
}

Test(shrink, a_worker_that_is_gone_ends_it_with_the_best_so_far)
{
    const struct sc_recipe start = large();
    struct fault fault = {.fails = always, .stop_at = 5};
    struct sc_recipe found;
    struct sc_error error = {0};
    int32_t tries = 0;

    cr_assert_eq(sc_shrink(&start, run, &fault, &plenty, &found, &tries, &error), SC_E_UNAVAILABLE);
    cr_expect_str_eq(error.text, "worker: does not start");
    cr_expect_eq(fault.calls, 5);
    const struct sc_shrink_size a = sc_shrink_size(&found), b = sc_shrink_size(&start);
    cr_expect_lt(sc_shrink_compare(&a, &b), 0);
}
