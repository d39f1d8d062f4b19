/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/recipe.h"

#include "fuzz/prepared.h"
#include "reference/random.h"
#include "tests/recipes.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define RECIPES 1500

static bool same_list(const void *a, const void *b, int32_t count, int32_t count_b, size_t bytes)
{
    return count == count_b && memcmp(a, b, (size_t)count * bytes) == 0;
}

static bool same_places(const struct sc_recipe *a, const struct sc_recipe *b)
{
    for (int x = 0; x < SC_TENSORS; x++) {
        const struct sc_recipe_place *p = &a->places[x], *q = &b->places[x];
        if (p->strided != q->strided || p->base != q->base ||
            (p->strided && (p->batch != q->batch || p->head != q->head || p->row != q->row))) {
            return false;
        }
    }
    return true;
}

/* Field by field, without what a recipe does not use. */
static bool same(const struct sc_recipe *a, const struct sc_recipe *b)
{
    bool patches = a->patches_count == b->patches_count;

    for (int32_t x = 0; patches && x < a->patches_count; x++) {
        patches = a->patches[x].tensor == b->patches[x].tensor &&
                  a->patches[x].element == b->patches[x].element &&
                  a->patches[x].bits == b->patches[x].bits;
    }
    return a->batch == b->batch && a->heads_q == b->heads_q && a->heads_kv == b->heads_kv &&
           a->n_q == b->n_q && a->n_k == b->n_k && a->d == b->d && a->d_v == b->d_v &&
           a->format_in == b->format_in && a->format_out == b->format_out &&
           memcmp(&a->tau, &b->tau, sizeof a->tau) == 0 && a->bias_scope == b->bias_scope &&
           same_list(a->bias, b->bias, a->biases, b->biases, sizeof(float)) &&
           same_list(a->slopes, b->slopes, a->slopes_count, b->slopes_count, sizeof(float)) &&
           a->left == b->left && a->right == b->right &&
           same_list(a->lengths, b->lengths, a->lengths_count, b->lengths_count, 4) &&
           same_list(a->packed_q, b->packed_q, a->packed_count, b->packed_count, 4) &&
           same_list(a->packed_k, b->packed_k, a->packed_count, b->packed_count, 4) &&
           a->block_rows == b->block_rows && a->block_keys == b->block_keys &&
           a->density == b->density && a->plane_shared == b->plane_shared &&
           a->values == b->values && a->hidden == b->hidden && a->seed == b->seed &&
           a->backward == b->backward && same_places(a, b) &&
           same_list(a->rows, b->rows, a->rows_count, b->rows_count, 4) &&
           same_list(a->keys, b->keys, a->keys_count, b->keys_count, 4) && patches &&
           a->hashed == b->hashed && (!a->hashed || a->hash == b->hash);
}

/* Adds what sc_select_recipe leaves out: numbers of rows and keys, patches, a hash. */
static void dress(struct sc_recipe *r, struct sc_random *random)
{
    const int64_t elements = (int64_t)r->batch * r->heads_q * r->n_q * r->d;

    for (int32_t x = 0; r->n_q <= SC_RECIPE_LIST && x < r->n_q; x++) {
        r->rows[x] = sc_random_int(random, 0, (1 << 24) - 1);
        r->rows_count = r->n_q;
    }
    for (int32_t x = 0; r->n_k <= SC_RECIPE_LIST && x < r->n_k; x++) {
        r->keys[x] = sc_random_int(random, 0, (1 << 24) - 1);
        r->keys_count = r->n_k;
    }
    if (elements > 0 && r->values != SC_VALUES_EXACT && r->packed_count == 0) {
        r->patches_count = sc_random_int(random, 0, 3);
        for (int32_t x = 0; x < r->patches_count; x++) {
            r->patches[x].tensor = SC_TENSOR_Q;
            r->patches[x].element = sc_random_int(random, 0, (int32_t)elements - 1);
            r->patches[x].bits = (uint32_t)sc_random_bits(random) & 0xffff;
        }
    }
    r->hashed = sc_random_int(random, 0, 1) == 0;
    r->hash = sc_random_bits(random);
}

Test(recipe, nothing_said_is_the_plain_recipe)
{
    const struct sc_recipe plain = sc_recipe_plain();
    const struct sc_recipe read = parsed("case/1\n");
    char line[SC_RECIPE_TEXT_MAX];

    cr_expect(same(&plain, &read));
    cr_expect_eq(sc_recipe_print(&plain, line), 6);
    cr_expect_str_eq(line, "case/1");
}

Test(recipe, every_recipe_is_read_back_as_it_was)
{
    struct sc_random random = {2};
    struct sc_error error;

    for (uint64_t seed = 0; seed < RECIPES; seed++) {
        struct sc_recipe recipe = drawn_recipe(seed), read;
        char line[SC_RECIPE_TEXT_MAX], again[SC_RECIPE_TEXT_MAX];

        dress(&recipe, &random);
        const size_t bytes = sc_recipe_print(&recipe, line);
        cr_assert_eq(bytes, strlen(line));
        cr_assert_eq(sc_recipe_parse(line, bytes, &read, &error), SC_OK, "%s: %s", line,
                     error.text);
        cr_assert(same(&recipe, &read), "%s", line);
        cr_assert_eq(sc_recipe_print(&read, again), bytes);
        cr_assert_str_eq(again, line);
    }
}

Test(recipe, each_field_says_what_it_says)
{
    const struct sc_recipe r = parsed(
        "case/1 hash=00000000000000ff set=q@12:3f80,v@0:1 key_ids=4,0,9 row_ids=7,5 dv=+3 "
        "o=80,40,20+255 q=0,1,2 backward=1 climb=12 seed=18446744073709551615 hidden=zero "
        "values=wide "
        "plane=3x5:7:bh packed=0,2:3,0 lengths=2,1 right=0 left=4 alibi=0x1p-1,-0x1p-2 "
        "bias=head:0x1.8p+1,-2 tau=0x1p-3 out=fp16 in=fp32 d_v=10 d=8 keys=3 rows=2 heads=4/2 "
        "batch=2");

    cr_expect(r.batch == 2 && r.heads_q == 4 && r.heads_kv == 2 && r.n_q == 2 && r.n_k == 3 &&
              r.d == 8 && r.d_v == 10);
    cr_expect(r.format_in == SC_FORMAT_FP32 && r.format_out == SC_FORMAT_FP16);
    cr_expect(r.tau == 0.125f && r.bias_scope == SC_BIAS_PER_HEAD && r.biases == 2 &&
              r.bias[0] == 3.0f && r.bias[1] == -2.0f);
    cr_expect(r.slopes_count == 2 && r.slopes[0] == 0.5f && r.slopes[1] == -0.25f);
    cr_expect(r.left == 4 && r.right == 0 && r.lengths_count == 2 && r.lengths[0] == 2 &&
              r.lengths[1] == 1);
    cr_expect(r.packed_count == 2 && r.packed_q[1] == 2 && r.packed_k[0] == 3);
    cr_expect(r.block_rows == 3 && r.block_keys == 5 && r.density == 7 && r.plane_shared == 3);
    cr_expect(r.values == SC_VALUES_WIDE && r.hidden == SC_HIDDEN_ZERO && r.backward);
    cr_expect_eq(r.seed, UINT64_MAX);
    cr_expect_eq(r.climb, 12);
    cr_expect(r.places[SC_TENSOR_Q].strided && r.places[SC_TENSOR_Q].head == 1 &&
              r.places[SC_TENSOR_Q].row == 2 && r.places[SC_TENSOR_O].base == 255 &&
              r.places[SC_TENSOR_O].batch == 80);
    cr_expect(!r.places[SC_TENSOR_D_V].strided && r.places[SC_TENSOR_D_V].base == 3);
    cr_expect(r.rows_count == 2 && r.rows[0] == 7 && r.keys_count == 3 && r.keys[2] == 9);
    cr_expect(r.patches_count == 2 && r.patches[0].tensor == SC_TENSOR_Q &&
              r.patches[0].element == 12 && r.patches[0].bits == 0x3f80 &&
              r.patches[1].tensor == SC_TENSOR_V);
    cr_expect(r.hashed && r.hash == 255);
}

Test(recipe, a_wrong_line_is_refused_where_it_is_wrong)
{
    static const struct {
        const char *line, *text;
    } wrong[] = {
        {"", "byte 0"},
        {"case/2 rows=1", "byte 0: expected case/1"},
        {"case/1 rows=1 rows=2", "byte 14: rows twice"},
        {"case/1 row=1", "byte 7: unknown field row"},
        {"case/1  rows=1", "byte 7: unknown field"},
        {"case/1 rows", "byte 11: rows"},
        {"case/1 rows=", "byte 12: rows"},
        {"case/1 rows=1x", "byte 13: rows"},
        {"case/1 rows=-1", "byte 12: rows"},
        {"case/1 rows=2147483648", "rows"},
        {"case/1 rows=16777217", "rows: 16777217, expected 0 to 16777216"},
        {"case/1 batch=0", "batch"},
        {"case/1 heads=4/3", "no multiple"},
        {"case/1 heads=2/4", "heads"},
        {"case/1 d=0", "d: 0"},
        {"case/1 in=fp64", "in: expected bf16"},
        {"case/1 tau=0", "tau"},
        {"case/1 tau=-0x1p0", "tau"},
        {"case/1 tau=nan", "tau"},
        {"case/1 bias=0", "bias"},
        {"case/1 bias=scalar:", "bias"},
        {"case/1 bias=scalar:0,", "bias"},
        {"case/1 lengths=", "lengths"},
        {"case/1 packed=1,2:3", "packed"},
        {"case/1 plane=0x4:3", "plane"},
        {"case/1 plane=1x1:17", "density"},
        {"case/1 plane=1x1:3:", "plane"},
        {"case/1 plane=1x1:3:hb", "plane"},
        {"case/1 values=ordinary", "values"},
        {"case/1 hidden=", "hidden"},
        {"case/1 seed=18446744073709551616", "seed"},
        {"case/1 backward=2", "backward"},
        {"case/1 climb=4097", "climb: 4097, expected 0 to 4096"},
        {"case/1 values=exact climb=1", "climb: 1 with values=exact, expected 0"},
        {"case/1 values=spoiled climb=1", "climb: 1 with values=spoiled, expected 0"},
        {"case/1 q=1,2", "q: expected"},
        {"case/1 q=1,2,3+256", "base"},
        {"case/1 rows=2 o=0,0,0", "rows of an output overlap"},
        {"case/1 rows=2 q=0,0,70368744177664", "strides"},
        {"case/1 row_ids=1,2", "number of row_ids"},
        {"case/1 set=q@1:0", "element of set"},
        {"case/1 set=q@0:10000", "bits of set"},
        {"case/1 set=o@0:0", "tensor of set"},
        {"case/1 set=do@0:0", "tensor of set"},
        {"case/1 hash=123", "hash"},
        {"case/1 batch=4194304 heads=2", "sequences times heads"},
        {"case/1 rows=16777216 d=64", "too large"},
        {"case/1 rows=8193 keys=8192 plane=1x1:3", "too many cells"},
        {"case/1 values=exact tau=0x1.8p-1", "tau"},
        {"case/1 values=exact bias=scalar:1", "bias"},
        {"case/1 values=exact alibi=1", "alibi"},
        {"case/1 values=exact keys=2 v=0,0,0", "shared elements"},
        {"case/1 values=exact rows=2 d=4 q=0,0,3", "shared elements"},
    };

    for (size_t x = 0; x < sizeof wrong / sizeof wrong[0]; x++) {
        struct sc_recipe recipe = sc_recipe_plain();
        const struct sc_recipe before = recipe;
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_recipe_parse(wrong[x].line, strlen(wrong[x].line), &recipe, &error),
                     SC_E_INPUT, "%s", wrong[x].line);
        cr_expect_not_null(strstr(error.text, wrong[x].text), "%s: %s", wrong[x].line, error.text);
        cr_expect(same(&recipe, &before), "%s", wrong[x].line);
    }
}

/* A line of exactly the bytes that it has, so that reading past them is seen. */
static void read_bytes(const char *bytes, size_t count)
{
    char *const exact = malloc(count > 0 ? count : 1);
    struct sc_recipe recipe;
    struct sc_error error;

    memcpy(exact, bytes, count);
    if (sc_recipe_parse(exact, count, &recipe, &error) == SC_OK) {
        cr_assert_eq(sc_recipe_check(&recipe, &error), SC_OK, "%s", error.text);
    }
    free(exact);
}

Test(recipe, any_bytes_are_read_or_refused)
{
    struct sc_random random = {3};

    for (uint64_t seed = 0; seed < RECIPES; seed++) {
        struct sc_recipe recipe = drawn_recipe(seed);
        char line[SC_RECIPE_TEXT_MAX];

        dress(&recipe, &random);
        size_t bytes = sc_recipe_print(&recipe, line);
        for (int change = 0; change < 3; change++) {
            const size_t at = (size_t)sc_random_int(&random, 0, (int32_t)bytes - 1);
            line[at] = sc_random_int(&random, 0, 1) == 0
                           ? (char)sc_random_int(&random, -128, 127)
                           : "0123456789=:,x@+/ p-"[sc_random_int(&random, 0, 19)];
            read_bytes(line, bytes);
        }
        read_bytes(line, (size_t)sc_random_int(&random, 0, (int32_t)bytes));
    }
    char *const endless = malloc(SC_RECIPE_TEXT_MAX + 1);
    memset(endless, ' ', SC_RECIPE_TEXT_MAX + 1);
    read_bytes(endless, SC_RECIPE_TEXT_MAX + 1);
    free(endless);
}

Test(recipe, the_longest_line_fits)
{
    struct sc_recipe r = sc_recipe_plain(), read;
    char line[SC_RECIPE_TEXT_MAX];
    struct sc_error error;

    r.format_in = SC_FORMAT_FP32;
    r.batch = 64;
    r.heads_q = 64;
    r.n_q = 64;
    r.n_k = 64;
    r.d = 128;
    r.d_v = 127;
    r.tau = 0x1.fffffep-126f;
    r.bias_scope = SC_BIAS_PER_SEQUENCE;
    r.biases = r.slopes_count = r.lengths_count = r.packed_count = SC_RECIPE_LIST;
    r.rows_count = r.keys_count = r.patches_count = SC_RECIPE_LIST;
    for (int x = 0; x < SC_RECIPE_LIST; x++) {
        r.bias[x] = r.slopes[x] = -0x1.fffffep-126f;
        r.lengths[x] = r.packed_q[x] = r.packed_k[x] = SC_LENGTH_MAX;
        r.rows[x] = r.keys[x] = SC_LENGTH_MAX - 1;
        r.patches[x].tensor = SC_TENSOR_D_O;
        r.patches[x].element = 0;
        r.patches[x].bits = UINT32_MAX;
    }
    r.left = r.right = 12345678;
    r.block_rows = r.block_keys = SC_LENGTH_MAX;
    r.density = 16;
    r.plane_shared = 3;
    r.values = SC_VALUES_CANCELLING;
    r.hidden = SC_HIDDEN_INFINITE;
    r.seed = UINT64_MAX;
    r.backward = true;
    for (int x = 0; x < SC_TENSORS; x++) {
        r.places[x].strided = true;
        r.places[x].batch = INT64_MAX; /* one entry */
        r.places[x].head = ((int64_t)1 << 40) + 1;
        r.places[x].row = ((int64_t)1 << 33) + 1;
        r.places[x].base = 255;
    }
    r.hashed = true;
    r.hash = UINT64_MAX;
    const size_t bytes = sc_recipe_print(&r, line);
    cr_assert_lt(bytes, SC_RECIPE_TEXT_MAX - 256);
    cr_assert_eq(sc_recipe_parse(line, bytes, &read, &error), SC_OK, "%s", error.text);
    cr_expect(same(&r, &read));
}
