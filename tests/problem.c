/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/problem.h"

#include "fuzz/generate.h"
#include "spec/problem.h"
#include "tests/definition.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define SEEDS           192 /* each pair of mask kind and value class four times */

/* A valid problem that uses every field: two packed sequences of 2 and 3 rows over 4 and 3 keys,
 * with key lengths, a window, ALiBi and a block mask. */
struct fixture {
    struct sc_problem p;
    float bias[4], slopes[4];
    int32_t key_lengths[2], starts_q[3], starts_k[3];
    uint8_t plane[16];
};

static void set_layout(struct sc_layout *layout, int32_t batch, int32_t heads, int32_t rows,
                       int32_t width)
{
    layout->stride_row = width;
    layout->stride_head = (int64_t)rows * width;
    layout->stride_batch = heads * layout->stride_head;
    layout->size = batch * layout->stride_batch;
}

static void fixture_create(struct fixture *x)
{
    static const float bias[4] = {-1.0f, 0.0f, 2.5f, -3.0f};
    static const float slopes[4] = {0.5f, 0.25f, 0.125f, 0.0f};

    memset(x, 0, sizeof *x);
    memcpy(x->bias, bias, sizeof bias);
    memcpy(x->slopes, slopes, sizeof slopes);
    memset(x->plane, 1, sizeof x->plane);
    x->key_lengths[0] = 4;
    x->key_lengths[1] = 2;
    x->starts_q[1] = 2;
    x->starts_q[2] = 5;
    x->starts_k[1] = 4;
    x->starts_k[2] = 7;
    x->p.batch = 2;
    x->p.heads_q = 4;
    x->p.heads_kv = 2;
    x->p.n_q = 5;
    x->p.n_k = 7;
    x->p.d = 3;
    x->p.d_v = 2;
    x->p.format_in = SC_FORMAT_BF16;
    x->p.format_out = SC_FORMAT_FP32;
    x->p.tau = 0.5f;
    x->p.bias_scope = SC_BIAS_PER_HEAD;
    x->p.bias = x->bias;
    x->p.slopes = x->slopes;
    x->p.left = 3;
    x->p.right = 1;
    x->p.key_lengths = x->key_lengths;
    x->p.starts_q = x->starts_q;
    x->p.starts_k = x->starts_k;
    x->p.plane.visible = x->plane;
    x->p.plane.rows = 2;
    x->p.plane.keys = 2;
    x->p.plane.block_rows = 2;
    x->p.plane.block_keys = 2;
    set_layout(&x->p.plane.layout, 1, 4, 2, 2);
    x->p.plane.layout.stride_batch = 0;
    set_layout(&x->p.q, 1, 4, 5, 3);
    set_layout(&x->p.k, 1, 2, 7, 3);
    set_layout(&x->p.v, 1, 2, 7, 2);
    set_layout(&x->p.o, 1, 4, 5, 2);
}

/* Makes one field of the fixture wrong. */
#define SPOIL(name, statement)                                                                     \
    static void name(struct fixture *x)                                                            \
    {                                                                                              \
        statement;                                                                                 \
    }

SPOIL(batch_zero, x->p.batch = 0)
SPOIL(batch_negative, x->p.batch = -1)
SPOIL(batch_large, x->p.batch = SC_LENGTH_MAX + 1)
SPOIL(heads_q_zero, x->p.heads_q = 0)
SPOIL(heads_q_large, x->p.heads_q = INT32_MAX)
SPOIL(heads_kv_zero, x->p.heads_kv = 0)
SPOIL(heads_kv_negative, x->p.heads_kv = INT32_MIN)
SPOIL(heads_kv_above, x->p.heads_kv = 5)
SPOIL(heads_group, x->p.heads_kv = 3)
SPOIL(n_q_negative, x->p.n_q = -1)
SPOIL(n_q_large, x->p.n_q = SC_LENGTH_MAX + 1)
SPOIL(n_k_negative, x->p.n_k = INT32_MIN)
SPOIL(n_k_large, x->p.n_k = INT32_MAX)
SPOIL(d_zero, x->p.d = 0)
SPOIL(d_large, x->p.d = SC_LENGTH_MAX + 1)
SPOIL(d_v_zero, x->p.d_v = 0)
SPOIL(d_v_large, x->p.d_v = INT32_MAX)
SPOIL(format_in_above, x->p.format_in = (enum sc_format)3)
SPOIL(format_out_above, x->p.format_out = (enum sc_format)3)
SPOIL(tau_zero, x->p.tau = 0.0f)
SPOIL(tau_minus_zero, x->p.tau = -0.0f)
SPOIL(tau_negative, x->p.tau = -1.0f)
SPOIL(tau_nan, x->p.tau = NAN)
SPOIL(tau_infinite, x->p.tau = INFINITY)
SPOIL(tau_minus_infinite, x->p.tau = -INFINITY)
SPOIL(bias_scope_above, x->p.bias_scope = (enum sc_bias_scope)3)
SPOIL(bias_missing, x->p.bias = NULL)
SPOIL(bias_nan, x->bias[0] = NAN)
SPOIL(bias_infinite, x->bias[3] = INFINITY)
SPOIL(slopes_nan, x->slopes[0] = NAN)
SPOIL(slopes_infinite, x->slopes[3] = -INFINITY)
SPOIL(starts_q_alone, x->p.starts_k = NULL)
SPOIL(starts_k_alone, x->p.starts_q = NULL)
SPOIL(starts_q_first, x->starts_q[0] = 1)
SPOIL(starts_q_falls, x->starts_q[1] = 6)
SPOIL(starts_q_negative, x->starts_q[1] = -1)
SPOIL(starts_q_last, x->starts_q[2] = 4)
SPOIL(starts_k_first, x->starts_k[0] = -1)
SPOIL(starts_k_falls, x->starts_k[1] = 8)
SPOIL(starts_k_least, x->starts_k[1] = INT32_MIN)
SPOIL(starts_k_last, x->starts_k[2] = 8)
SPOIL(key_length_negative, x->key_lengths[0] = -1)
SPOIL(key_length_above, x->key_lengths[1] = 4)
SPOIL(left_negative, x->p.left = -1)
SPOIL(left_large, x->p.left = SC_MASK_UNBOUNDED + 1)
SPOIL(right_negative, x->p.right = INT32_MIN)
SPOIL(right_large, x->p.right = INT32_MAX)
SPOIL(block_rows_zero, x->p.plane.block_rows = 0)
SPOIL(block_rows_large, x->p.plane.block_rows = SC_LENGTH_MAX + 1)
SPOIL(block_keys_zero, x->p.plane.block_keys = 0)
SPOIL(block_keys_large, x->p.plane.block_keys = INT32_MAX)
SPOIL(plane_rows_negative, x->p.plane.rows = -1)
SPOIL(plane_rows_large, x->p.plane.rows = SC_LENGTH_MAX + 1)
SPOIL(plane_keys_negative, x->p.plane.keys = -1)
SPOIL(plane_keys_large, x->p.plane.keys = INT32_MAX)
SPOIL(plane_rows_few, x->p.plane.rows = 1)
SPOIL(plane_keys_few, x->p.plane.keys = 1)
SPOIL(plane_small, x->p.plane.layout.size = 15)
SPOIL(plane_stride, x->p.plane.layout.stride_row = -1)
SPOIL(q_small, x->p.q.size = 59)
SPOIL(q_stride, x->p.q.stride_batch = -1)
SPOIL(k_small, x->p.k.size = 41)
SPOIL(k_stride, x->p.k.stride_head = INT64_MAX)
SPOIL(v_small, x->p.v.size = 0)
SPOIL(v_stride, x->p.v.stride_row = INT64_MIN)
SPOIL(o_small, x->p.o.size = 39)
SPOIL(o_size, x->p.o.size = INT64_MAX)
SPOIL(o_overlap, x->p.o.stride_row = 1)
SPOIL(o_broadcast, x->p.o.stride_head = 0)

/* In the order of enum sc_problem_fault, `word` being what the message must name. */
static const struct {
    const char *name;
    void (*spoil)(struct fixture *x);
    enum sc_problem_fault fault;
    const char *word;
} faults[] = {
    {"batch 0", batch_zero, SC_PROBLEM_BATCH, "batch"},
    {"batch -1", batch_negative, SC_PROBLEM_BATCH, "batch"},
    {"batch too large", batch_large, SC_PROBLEM_BATCH, "batch"},
    {"no heads", heads_q_zero, SC_PROBLEM_HEADS_Q, "heads of Q"},
    {"too many heads", heads_q_large, SC_PROBLEM_HEADS_Q, "heads of Q"},
    {"no key heads", heads_kv_zero, SC_PROBLEM_HEADS_KV, "heads of K and V"},
    {"negative key heads", heads_kv_negative, SC_PROBLEM_HEADS_KV, "heads of K and V"},
    {"more key heads than heads", heads_kv_above, SC_PROBLEM_HEADS_KV, "heads of K and V"},
    {"3 key heads for 4 heads", heads_group, SC_PROBLEM_HEADS_GROUP, "multiple"},
    {"n_q -1", n_q_negative, SC_PROBLEM_N_Q, "n_q"},
    {"n_q too large", n_q_large, SC_PROBLEM_N_Q, "n_q"},
    {"n_k negative", n_k_negative, SC_PROBLEM_N_K, "n_k"},
    {"n_k too large", n_k_large, SC_PROBLEM_N_K, "n_k"},
    {"d 0", d_zero, SC_PROBLEM_D, "d = 0"},
    {"d too large", d_large, SC_PROBLEM_D, "d = "},
    {"d_v 0", d_v_zero, SC_PROBLEM_D_V, "d_v"},
    {"d_v too large", d_v_large, SC_PROBLEM_D_V, "d_v"},
    {"no such input format", format_in_above, SC_PROBLEM_FORMAT_IN, "input format"},
    {"no such output format", format_out_above, SC_PROBLEM_FORMAT_OUT, "output format"},
    {"tau 0", tau_zero, SC_PROBLEM_TAU, "tau"},
    {"tau -0", tau_minus_zero, SC_PROBLEM_TAU, "tau"},
    {"tau negative", tau_negative, SC_PROBLEM_TAU, "tau"},
    {"tau NaN", tau_nan, SC_PROBLEM_TAU, "tau"},
    {"tau infinite", tau_infinite, SC_PROBLEM_TAU, "tau"},
    {"tau minus infinite", tau_minus_infinite, SC_PROBLEM_TAU, "tau"},
    {"no such bias scope", bias_scope_above, SC_PROBLEM_BIAS_SCOPE, "bias scope"},
    {"no bias", bias_missing, SC_PROBLEM_BIAS_MISSING, "bias"},
    {"first bias NaN", bias_nan, SC_PROBLEM_BIAS, "bias"},
    {"last bias infinite", bias_infinite, SC_PROBLEM_BIAS, "bias"},
    {"first slope NaN", slopes_nan, SC_PROBLEM_SLOPES, "slope"},
    {"last slope infinite", slopes_infinite, SC_PROBLEM_SLOPES, "slope"},
    {"starts of Q alone", starts_q_alone, SC_PROBLEM_STARTS_PAIR, "Q only"},
    {"starts of K alone", starts_k_alone, SC_PROBLEM_STARTS_PAIR, "K only"},
    {"starts of Q begin at 1", starts_q_first, SC_PROBLEM_STARTS_Q, "starts of Q"},
    {"starts of Q fall", starts_q_falls, SC_PROBLEM_STARTS_Q, "starts of Q"},
    {"a start of Q negative", starts_q_negative, SC_PROBLEM_STARTS_Q, "starts of Q"},
    {"starts of Q end early", starts_q_last, SC_PROBLEM_STARTS_Q, "starts of Q"},
    {"starts of K begin at -1", starts_k_first, SC_PROBLEM_STARTS_K, "starts of K"},
    {"starts of K fall", starts_k_falls, SC_PROBLEM_STARTS_K, "starts of K"},
    {"a start of K the least number", starts_k_least, SC_PROBLEM_STARTS_K, "starts of K"},
    {"starts of K end late", starts_k_last, SC_PROBLEM_STARTS_K, "starts of K"},
    {"key length -1", key_length_negative, SC_PROBLEM_KEY_LENGTHS, "key length"},
    {"key length past its sequence", key_length_above, SC_PROBLEM_KEY_LENGTHS, "key length"},
    {"left -1", left_negative, SC_PROBLEM_LEFT, "left"},
    {"left too large", left_large, SC_PROBLEM_LEFT, "left"},
    {"right negative", right_negative, SC_PROBLEM_RIGHT, "right"},
    {"right too large", right_large, SC_PROBLEM_RIGHT, "right"},
    {"blocks of no rows", block_rows_zero, SC_PROBLEM_PLANE_BLOCK, "blocks"},
    {"blocks of too many rows", block_rows_large, SC_PROBLEM_PLANE_BLOCK, "blocks"},
    {"blocks of no keys", block_keys_zero, SC_PROBLEM_PLANE_BLOCK, "blocks"},
    {"blocks of too many keys", block_keys_large, SC_PROBLEM_PLANE_BLOCK, "blocks"},
    {"-1 rows of cells", plane_rows_negative, SC_PROBLEM_PLANE_CELLS, "cells"},
    {"too many rows of cells", plane_rows_large, SC_PROBLEM_PLANE_CELLS, "cells"},
    {"-1 cells for the keys", plane_keys_negative, SC_PROBLEM_PLANE_CELLS, "cells"},
    {"too many cells for the keys", plane_keys_large, SC_PROBLEM_PLANE_CELLS, "cells"},
    {"2 of 3 rows covered", plane_rows_few, SC_PROBLEM_PLANE_COVER, "cover"},
    {"2 of 4 keys covered", plane_keys_few, SC_PROBLEM_PLANE_COVER, "cover"},
    {"mask one cell short", plane_small, SC_PROBLEM_PLANE_LAYOUT, "the mask"},
    {"stride of the mask negative", plane_stride, SC_PROBLEM_PLANE_LAYOUT, "the mask"},
    {"Q one element short", q_small, SC_PROBLEM_Q_LAYOUT, "strides of Q"},
    {"stride of Q negative", q_stride, SC_PROBLEM_Q_LAYOUT, "strides of Q"},
    {"K one element short", k_small, SC_PROBLEM_K_LAYOUT, "strides of K"},
    {"stride of K the largest number", k_stride, SC_PROBLEM_K_LAYOUT, "strides of K"},
    {"V without elements", v_small, SC_PROBLEM_V_LAYOUT, "strides of V"},
    {"stride of V the least number", v_stride, SC_PROBLEM_V_LAYOUT, "strides of V"},
    {"O one element short", o_small, SC_PROBLEM_O_LAYOUT, "strides of O"},
    {"O larger than any machine", o_size, SC_PROBLEM_O_LAYOUT, "strides of O"},
    {"rows of O overlap", o_overlap, SC_PROBLEM_O_OVERLAP, "rows of O"},
    {"heads of O overlap", o_broadcast, SC_PROBLEM_O_OVERLAP, "rows of O"},
};

Test(problem, a_problem_that_uses_every_field_is_accepted)
{
    struct fixture x;

    fixture_create(&x);
    cr_expect_eq(sc_problem_check(&x.p), SC_PROBLEM_OK, "fault %d", (int)sc_problem_check(&x.p));
    cr_expect_eq(sc_problem_explain(&x.p, NULL), SC_OK);
}

Test(problem, each_wrong_field_is_found)
{
    for (int32_t r = 0; r < LIST_SIZE(faults); r++) {
        struct fixture x;
        fixture_create(&x);
        faults[r].spoil(&x);
        const enum sc_problem_fault found = sc_problem_check(&x.p);
        cr_expect_eq(found, faults[r].fault, "%s: fault %d, expected %d", faults[r].name,
                     (int)found, (int)faults[r].fault);
    }
}

Test(problem, every_fault_has_a_row)
{
    for (int fault = SC_PROBLEM_BATCH; fault <= SC_PROBLEM_O_OVERLAP; fault++) {
        int32_t rows = 0;
        for (int32_t r = 0; r < LIST_SIZE(faults); r++) {
            rows += (int)faults[r].fault == fault ? 1 : 0;
        }
        cr_expect_gt(rows, 0, "fault %d has no row", fault);
    }
}

/* The earlier field is spoiled last, so that it is wrong whatever the later one did. */
Test(problem, the_first_wrong_field_is_the_one_reported)
{
    for (int32_t first = 0; first < LIST_SIZE(faults); first++) {
        for (int32_t later = first + 1; later < LIST_SIZE(faults); later++) {
            struct fixture x;
            /* Two spoils of one condition may undo each other, and rows that overlap need less
             * room, so the shorter buffer holds them. */
            if (faults[first].fault == faults[later].fault ||
                (faults[first].fault == SC_PROBLEM_O_LAYOUT &&
                 faults[later].fault == SC_PROBLEM_O_OVERLAP)) {
                continue;
            }
            fixture_create(&x);
            faults[later].spoil(&x);
            faults[first].spoil(&x);
            const enum sc_problem_fault found = sc_problem_check(&x.p);
            cr_expect_eq(found, faults[first].fault, "%s and %s: fault %d, expected %d",
                         faults[first].name, faults[later].name, (int)found,
                         (int)faults[first].fault);
        }
    }
}

Test(problem, the_explanation_is_one_line_that_names_the_field)
{
    for (int32_t r = 0; r < LIST_SIZE(faults); r++) {
        struct fixture x;
        struct sc_error error = {.text = ""};
        fixture_create(&x);
        faults[r].spoil(&x);
        cr_expect_eq(sc_problem_explain(&x.p, &error), SC_E_INPUT, "%s: accepted", faults[r].name);
        cr_expect_eq(error.status, SC_E_INPUT, "%s: status %d", faults[r].name, (int)error.status);
        cr_expect_not_null(strstr(error.text, faults[r].word), "%s: \"%s\" does not name \"%s\"",
                           faults[r].name, error.text, faults[r].word);
        cr_expect_null(strchr(error.text, '\n'), "%s: more than one line", faults[r].name);
    }
}

/* What a field may be at the ends of its range. */
SPOIL(as_it_is, (void)x)
SPOIL(no_lengths, x->p.key_lengths = NULL)
SPOIL(no_slopes, x->p.slopes = NULL)
SPOIL(no_plane, x->p.plane.visible = NULL)
SPOIL(full, (x->p.left = SC_MASK_UNBOUNDED, x->p.right = SC_MASK_UNBOUNDED))
SPOIL(causal, (x->p.left = SC_MASK_UNBOUNDED, x->p.right = 0))
SPOIL(diagonal, (x->p.left = 0, x->p.right = 0))
SPOIL(empty_sequence, (x->starts_q[1] = 0, x->starts_k[1] = 4, x->p.plane.block_rows = 3))
SPOIL(no_valid_keys, (x->key_lengths[0] = 0, x->key_lengths[1] = 0))
SPOIL(tau_least, x->p.tau = 0x1p-149f)
SPOIL(tau_largest, x->p.tau = FLT_MAX)
SPOIL(bias_largest, (x->bias[0] = FLT_MAX, x->bias[3] = -FLT_MAX))
SPOIL(bias_unused_nan, (x->p.bias_scope = SC_BIAS_SCALAR, x->bias[1] = NAN))
SPOIL(bias_per_sequence, (x->p.bias_scope = SC_BIAS_PER_SEQUENCE, x->bias[2] = NAN))
SPOIL(shared_keys, (x->p.k.stride_head = 0, x->p.v.stride_row = 0))
SPOIL(plane_unread, (x->p.plane.visible = NULL, x->p.plane.rows = -1, x->p.plane.block_keys = 0))
SPOIL(one_block, (x->p.plane.block_rows = SC_LENGTH_MAX, x->p.plane.block_keys = SC_LENGTH_MAX))
SPOIL(heads_as_keys, (x->p.heads_kv = 4, x->p.k.stride_head = 0, x->p.v.stride_head = 0))

Test(problem, fields_at_the_ends_of_their_range_are_accepted)
{
    static const struct {
        const char *name;
        void (*change)(struct fixture *x);
    } rows[] = {
        {"unchanged", as_it_is},
        {"no key lengths", no_lengths},
        {"no ALiBi", no_slopes},
        {"no plane", no_plane},
        {"full", full},
        {"causal", causal},
        {"window of one key", diagonal},
        {"a sequence without rows", empty_sequence},
        {"no valid keys", no_valid_keys},
        {"tau the least subnormal", tau_least},
        {"tau the largest fp32 value", tau_largest},
        {"bias the largest fp32 values", bias_largest},
        {"NaN after a scalar bias", bias_unused_nan},
        {"NaN after a bias per sequence", bias_per_sequence},
        {"broadcast inputs", shared_keys},
        {"no plane, the rest of it wrong", plane_unread},
        {"one block covers all", one_block},
        {"as many key heads as heads", heads_as_keys},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct fixture x;
        fixture_create(&x);
        rows[r].change(&x);
        const enum sc_problem_fault found = sc_problem_check(&x.p);
        cr_expect_eq(found, SC_PROBLEM_OK, "%s: fault %d", rows[r].name, (int)found);
    }
}

Test(problem, tensors_without_rows_or_keys_are_accepted)
{
    for (int32_t shape = 0; shape < 4; shape++) {
        struct fixture x;
        fixture_create(&x);
        x.p.starts_q = NULL;
        x.p.starts_k = NULL;
        x.p.key_lengths = NULL;
        x.p.plane.visible = NULL;
        x.p.n_q = shape % 2 * 5;
        x.p.n_k = shape / 2 * 7;
        set_layout(&x.p.q, 2, 4, x.p.n_q, 3);
        set_layout(&x.p.k, 2, 2, x.p.n_k, 3);
        set_layout(&x.p.v, 2, 2, x.p.n_k, 2);
        set_layout(&x.p.o, 2, 4, x.p.n_q, 2);
        cr_expect_eq(sc_problem_check(&x.p), SC_PROBLEM_OK, "n_q %d n_k %d: fault %d", x.p.n_q,
                     x.p.n_k, (int)sc_problem_check(&x.p));
    }
}

static void expect_visible(const struct sc_case *c)
{
    const struct sc_problem *p = &c->problem;
    struct definition definition;

    definition_create(&definition, p, c->q, c->k, c->v);
    for (int32_t b = 0; b < p->batch; b++) {
        const int32_t rows = definition_rows(p, b);
        const int32_t keys = definition_keys(p, b);
        if (sc_problem_rows(p, b) != rows || sc_problem_keys(p, b) != keys) {
            cr_expect_fail("seed %llu sequence %d: %d rows, %d keys, expected %d and %d",
                           (unsigned long long)c->seed, b, sc_problem_rows(p, b),
                           sc_problem_keys(p, b), rows, keys);
            continue;
        }
        for (int32_t place = 0; place < p->heads_q * rows * keys; place++) {
            const int32_t h = place / (rows * keys);
            const int32_t i = place / keys % rows;
            const int32_t j = place % keys;
            const bool expected = definition_sees(&definition, b, h, i, j);
            if (sc_problem_visible(p, b, h, i, j) != expected) {
                cr_expect_fail("seed %llu (%s) sequence %d head %d row %d key %d: expected %d",
                               (unsigned long long)c->seed, sc_generate_mask_name(c->mask), b, h, i,
                               j, expected);
            }
        }
    }
    definition_destroy(&definition);
}

Test(problem, visibility_equals_the_definition_for_every_mask_kind)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_case c;
        struct sc_error error;
        cr_assert_eq(sc_generate_case(seed, &c, &error), SC_OK, "%s", error.text);
        cr_assert_eq(sc_problem_check(&c.problem), SC_PROBLEM_OK, "seed %llu: fault %d",
                     (unsigned long long)seed, (int)sc_problem_check(&c.problem));
        expect_visible(&c);
        sc_generate_destroy(&c);
    }
}

/* Sequence, head, row: the keys seen, as a string of 0 and 1. Sequence 0 has 2 rows and 4 keys,
 * sequence 1 has 3 rows and 2 of 3 keys; the window is 3 before and 1 after; a plane of 2 x 2 blocks
 * hides the first two keys from the first two rows of head 3. */
Test(problem, visibility_of_the_packed_example)
{
    static const struct {
        const char *name;
        int32_t b, h, i;
        const char *keys;
    } rows[] = {
        {"first row, two positions back", 0, 0, 0, "1111"},
        {"last row", 0, 0, 1, "1111"},
        {"row before the first key sees the key after it", 1, 0, 0, "10"},
        {"row at the first key", 1, 0, 1, "11"},
        {"row at the last key", 1, 0, 2, "11"},
        {"a hidden block", 0, 3, 0, "0011"},
        {"a hidden block, second row of it", 0, 3, 1, "0011"},
        {"a hidden block in the other sequence", 1, 3, 1, "00"},
        {"the row after the hidden block", 1, 3, 2, "11"},
    };
    struct fixture x;

    fixture_create(&x);
    x.plane[3 * 4] = 0;
    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const int32_t keys = sc_problem_keys(&x.p, rows[r].b);
        cr_assert_eq(keys, (int32_t)strlen(rows[r].keys), "%s: %d keys", rows[r].name, keys);
        for (int32_t j = 0; j < keys; j++) {
            const bool found = sc_problem_visible(&x.p, rows[r].b, rows[r].h, rows[r].i, j);
            cr_expect_eq(found, rows[r].keys[j] == '1', "%s: key %d is %d", rows[r].name, j, found);
        }
    }
}

Test(problem, rows_of_packed_sequences_lie_at_their_starts)
{
    struct fixture x;

    fixture_create(&x);
    cr_expect_eq(sc_problem_tensor_batch(&x.p), 1);
    cr_expect_eq(sc_problem_entry(&x.p, 1), 0);
    cr_expect_eq(sc_problem_key_room(&x.p, 1), 3);
    cr_expect_eq(sc_problem_q_row(&x.p, 1, 3, 2), 3 * 15 + (2 + 2) * 3);
    cr_expect_eq(sc_problem_k_row(&x.p, 1, 1, 1), 21 + (4 + 1) * 3);
    cr_expect_eq(sc_problem_v_row(&x.p, 1, 1, 1), 14 + (4 + 1) * 2);
    cr_expect_eq(sc_problem_o_row(&x.p, 1, 3, 2), 3 * 10 + (2 + 2) * 2);
    for (int32_t h = 0; h < 4; h++) {
        cr_expect_eq(sc_problem_group_head(&x.p, h), h / 2, "head %d", h);
    }
}

Test(problem, the_bias_is_the_one_of_its_scope)
{
    struct fixture x;

    fixture_create(&x);
    cr_expect_eq(sc_problem_bias(&x.p, 1, 2), 2.5f, "per head");
    x.p.bias_scope = SC_BIAS_PER_SEQUENCE;
    cr_expect_eq(sc_problem_bias(&x.p, 1, 2), 0.0f, "per sequence");
    x.p.bias_scope = SC_BIAS_SCALAR;
    cr_expect_eq(sc_problem_bias(&x.p, 1, 2), -1.0f, "scalar");
}
