/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/forward.h"

#include "reference/judge/compare.h"
#include "spec/problem.h"
#include "tests/judge.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define SEEDS           192       /* each pair of mask kind and value class four times */
#define SENTINEL        0x1.8p300 /* no output is this large */

/* The two arithmetics. */
static const struct side {
    const char *name;
    void (*forward)(const struct sc_problem *p, const float *q, const float *k, const float *v,
                    double *weights, double *o);
    const struct sc_bound_arithmetic *arithmetic;
} sides[] = {{"f64", sc_forward_f64, &sc_bound_f64}, {"f32", sc_forward_f32, &sc_bound_f32}};

/* An output buffer of sentinels. */
static double *output_create(const struct sc_problem *p)
{
    double *o = malloc(((size_t)p->o.size + 1) * sizeof *o);

    for (int64_t x = 0; x <= p->o.size; x++) {
        o[x] = SENTINEL;
    }
    return o;
}

static void run(const struct side *side, const struct sc_problem *p, const float *q, const float *k,
                const float *v, double *o)
{
    double *weights = malloc(((size_t)p->n_k + 1) * sizeof *weights);

    side->forward(p, q, k, v, weights, o);
    free(weights);
}

Test(forward, every_element_is_within_its_bound)
{
    for (int32_t s = 0; s < LIST_SIZE(sides); s++) {
        struct judge_tally all = {.empty = 0};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct sc_case c;
            struct judge_tally tally = {.empty = 0};
            judge_case_create(seed, &c);
            double *o = output_create(&c.problem);
            run(&sides[s], &c.problem, c.q, c.k, c.v, o);
            judge_output(&c, sides[s].arithmetic, o, &tally);
            cr_expect(tally.count[SC_VERDICT_FAIL] == 0 && tally.count[SC_VERDICT_UNDECIDED] == 0 &&
                          tally.count[SC_VERDICT_UNJUDGED] == 0,
                      "%s seed %llu (%s, %s): %lld failed, %lld undecided, %lld unjudged",
                      sides[s].name, (unsigned long long)seed, sc_generate_mask_name(c.mask),
                      sc_generate_values_name(c.values), (long long)tally.count[SC_VERDICT_FAIL],
                      (long long)tally.count[SC_VERDICT_UNDECIDED],
                      (long long)tally.count[SC_VERDICT_UNJUDGED]);
            all.count[SC_VERDICT_PASS] += tally.count[SC_VERDICT_PASS];
            all.empty += tally.empty;
            free(o);
            sc_generate_destroy(&c);
        }
        cr_expect_gt(all.count[SC_VERDICT_PASS], 10000, "%s: %lld elements", sides[s].name,
                     (long long)all.count[SC_VERDICT_PASS]);
        cr_expect_gt(all.empty, 1000, "%s: %lld elements of rows that see nothing", sides[s].name,
                     (long long)all.empty);
    }
}

/* sc_compare_forward is the same loop behind one call. */
Test(forward, a_comparison_counts_what_its_parts_say)
{
    for (uint64_t seed = 0; seed < 48; seed += 5) {
        struct sc_case c;
        struct sc_error error;
        struct sc_compare_tally found[2] = {{.elements = 0}, {.elements = 0}};
        judge_case_create(seed, &c);
        cr_assert_eq(
            sc_compare_forward(&c.problem, c.q, c.k, c.v, JUDGE_BITS, &found[0], &found[1], &error),
            SC_OK, "%s", error.text);
        for (int32_t s = 0; s < LIST_SIZE(sides); s++) {
            struct judge_tally tally = {.empty = 0};
            double *o = output_create(&c.problem);
            run(&sides[s], &c.problem, c.q, c.k, c.v, o);
            judge_output(&c, sides[s].arithmetic, o, &tally);
            cr_expect_eq(found[s].passed, tally.count[SC_VERDICT_PASS], "%s seed %llu: %lld passed",
                         sides[s].name, (unsigned long long)seed, (long long)found[s].passed);
            cr_expect_eq(found[s].elements,
                         found[s].passed + found[s].failed + found[s].undecided + found[s].unjudged,
                         "%s seed %llu: %lld elements", sides[s].name, (unsigned long long)seed,
                         (long long)found[s].elements);
            cr_expect(found[s].worst_ratio <= 1.0, "%s seed %llu: ratio %g", sides[s].name,
                      (unsigned long long)seed, found[s].worst_ratio);
            free(o);
        }
        sc_generate_destroy(&c);
    }
}

static float *nan_buffer(int64_t size)
{
    float *buffer = malloc(((size_t)size + 1) * sizeof *buffer);

    for (int64_t x = 0; x <= size; x++) {
        buffer[x] = NAN;
    }
    return buffer;
}

/* Tensors that are NaN but for what row i of (sequence b, head h) sees. */
static void copy_visible(const struct sc_case *c, int32_t b, int32_t h, int32_t i, float *q,
                         float *k, float *v)
{
    const struct sc_problem *p = &c->problem;
    const int32_t g = h / (p->heads_q / p->heads_kv);
    const int64_t q_row = sc_problem_q_row(p, b, h, i);

    memcpy(q + q_row, c->q + q_row, (size_t)p->d * sizeof *q);
    for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
        if (sc_problem_visible(p, b, h, i, j)) {
            const int64_t k_row = sc_problem_k_row(p, b, g, j);
            const int64_t v_row = sc_problem_v_row(p, b, g, j);
            memcpy(k + k_row, c->k + k_row, (size_t)p->d * sizeof *k);
            memcpy(v + v_row, c->v + v_row, (size_t)p->d_v * sizeof *v);
        }
    }
}

/* Row i with NaN in every place that it does not see is the same, bit for bit. */
static void expect_no_leak(const struct side *side, const struct sc_case *c, const double *o,
                           int32_t b, int32_t h, int32_t i)
{
    const struct sc_problem *p = &c->problem;
    const int64_t row = sc_problem_o_row(p, b, h, i);
    float *q = nan_buffer(p->q.size);
    float *k = nan_buffer(p->k.size);
    float *v = nan_buffer(p->v.size);
    double *found = output_create(p);

    copy_visible(c, b, h, i, q, k, v);
    run(side, p, q, k, v, found);
    cr_expect_arr_eq(found + row, o + row, (size_t)p->d_v * sizeof *o,
                     "%s seed %llu (%s): row %d of sequence %d, head %d reads what it does not see",
                     side->name, (unsigned long long)c->seed, sc_generate_mask_name(c->mask), i, b,
                     h);
    free(found);
    free(v);
    free(k);
    free(q);
}

Test(forward, nan_in_masked_places_changes_no_bit)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_case c;
        judge_case_create(seed, &c);
        for (int32_t s = 0; s < LIST_SIZE(sides); s++) {
            double *o = output_create(&c.problem);
            run(&sides[s], &c.problem, c.q, c.k, c.v, o);
            for (int32_t b = 0; b < c.problem.batch; b++) {
                const int32_t rows = sc_problem_rows(&c.problem, b);
                if (rows > 0) {
                    const int32_t turn = (int32_t)seed;
                    expect_no_leak(&sides[s], &c, o, b, turn % c.problem.heads_q, turn % rows);
                    expect_no_leak(&sides[s], &c, o, b, 0, rows - 1);
                }
            }
            free(o);
        }
        sc_generate_destroy(&c);
    }
}

/* Whether element x of the buffer of O belongs to a row, by marking them all. */
static uint8_t *rows_of_output(const struct sc_problem *p)
{
    uint8_t *marks = calloc((size_t)p->o.size + 1, 1);
    const int32_t entries = p->starts_q != NULL ? 1 : p->batch;

    for (int32_t place = 0; place < entries * p->heads_q * p->n_q; place++) {
        const int32_t b = place / (p->heads_q * p->n_q);
        const int32_t h = place / p->n_q % p->heads_q;
        memset(marks + b * p->o.stride_batch + h * p->o.stride_head +
                   place % p->n_q * p->o.stride_row,
               1, (size_t)p->d_v);
    }
    return marks;
}

Test(forward, every_row_is_written_and_nothing_else)
{
    int64_t gaps = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sc_case c;
        judge_case_create(seed, &c);
        uint8_t *marks = rows_of_output(&c.problem);
        for (int32_t s = 0; s < LIST_SIZE(sides); s++) {
            double *o = output_create(&c.problem);
            run(&sides[s], &c.problem, c.q, c.k, c.v, o);
            for (int64_t x = 0; x <= c.problem.o.size; x++) {
                gaps += marks[x] == 0 ? 1 : 0;
                if ((o[x] == SENTINEL) != (marks[x] == 0)) {
                    cr_expect_fail("%s seed %llu: element %lld is %a, of a row: %d", sides[s].name,
                                   (unsigned long long)seed, (long long)x, o[x], marks[x]);
                }
            }
            free(o);
        }
        free(marks);
        sc_generate_destroy(&c);
    }
    cr_expect_gt(gaps, 1000, "%lld elements between rows", (long long)gaps);
}

/* Visible infinities and NaN beside it do not make a row that sees nothing anything but +0. */
Test(forward, rows_that_see_nothing_are_plus_zero)
{
    static const double zero[2] = {0.0, 0.0};
    static const float bias = 3.0f;
    const float q[4] = {NAN, 1.0f, -1.0f, INFINITY};
    const float k[1] = {1.0f};
    const float v[2] = {-1.0f, -0.0f};
    const struct sc_problem p = {.batch = 1,
                                 .heads_q = 1,
                                 .heads_kv = 1,
                                 .n_q = 4,
                                 .n_k = 1,
                                 .d = 1,
                                 .d_v = 2,
                                 .tau = 1.0f,
                                 .bias = &bias,
                                 .left = SC_MASK_UNBOUNDED,
                                 .q = {4, 4, 1, 4},
                                 .k = {1, 1, 1, 1},
                                 .v = {2, 2, 2, 2},
                                 .o = {8, 8, 2, 8}};

    cr_assert_eq(sc_problem_check(&p), SC_PROBLEM_OK);
    for (int32_t s = 0; s < LIST_SIZE(sides); s++) {
        double *o = output_create(&p);
        run(&sides[s], &p, q, k, v, o);
        for (int32_t i = 0; i < 3; i++) {
            cr_expect_arr_eq(o + i * 2, zero, sizeof zero, "%s row %d: %a, %a", sides[s].name, i,
                             o[i * 2], o[i * 2 + 1]);
        }
        free(o);
    }
}

/* Two rows over four keys; V counts the keys in powers of ten, so that a sum names its terms. With
 * Q = 0 the scores are b + m, and each expected value is exact in both arithmetics: sigma is 1/2, 0
 * or 1 there (sigma(200) = 1 - 2^-288, sigma(-2^20) underflows). */
Test(forward, outputs_of_zero_queries_are_sums_of_visible_values)
{
    static const float none[2] = {0.0f, 0.0f};
    static const float steep[2] = {0x1p20f, 0x1p20f};
    static const struct {
        const char *name;
        float bias;
        const float *slopes;
        int32_t left, right;
        double expected[2];
    } rows[] = {
        {"full, b = 0: half of all",
         0.0f,
         NULL,
         SC_MASK_UNBOUNDED,
         SC_MASK_UNBOUNDED,
         {555.5, 555.5}},
        {"full, b = 200: all", 200.0f, NULL, SC_MASK_UNBOUNDED, SC_MASK_UNBOUNDED, {1111, 1111}},
        {"full, b = -2^20: nothing", -0x1p20f, NULL, SC_MASK_UNBOUNDED, SC_MASK_UNBOUNDED, {0, 0}},
        {"causal: row 0 sees keys 0 to 2", 200.0f, NULL, SC_MASK_UNBOUNDED, 0, {111, 1111}},
        {"its own key alone", 200.0f, NULL, 0, 0, {100, 1000}},
        {"window of one before", 200.0f, NULL, 1, 0, {110, 1100}},
        {"window of one after", 200.0f, NULL, 0, 1, {1100, 1000}},
        {"ALiBi, slope 0: half of all",
         0.0f,
         none,
         SC_MASK_UNBOUNDED,
         SC_MASK_UNBOUNDED,
         {555.5, 555.5}},
        {"ALiBi, steep: half of its own key",
         0.0f,
         steep,
         SC_MASK_UNBOUNDED,
         SC_MASK_UNBOUNDED,
         {50, 500}},
    };
    const float q[2] = {0.0f, 0.0f};
    const float k[4] = {1.0f, -2.0f, 3.0f, -4.0f};
    const float v[4] = {1.0f, 10.0f, 100.0f, 1000.0f};

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const struct sc_problem p = {.batch = 1,
                                     .heads_q = 1,
                                     .heads_kv = 1,
                                     .n_q = 2,
                                     .n_k = 4,
                                     .d = 1,
                                     .d_v = 1,
                                     .tau = 0.3f,
                                     .bias = &rows[r].bias,
                                     .slopes = rows[r].slopes,
                                     .left = rows[r].left,
                                     .right = rows[r].right,
                                     .q = {2, 2, 1, 2},
                                     .k = {4, 4, 1, 4},
                                     .v = {4, 4, 1, 4},
                                     .o = {2, 2, 1, 2}};
        cr_assert_eq(sc_problem_check(&p), SC_PROBLEM_OK, "%s", rows[r].name);
        for (int32_t s = 0; s < LIST_SIZE(sides); s++) {
            double *o = output_create(&p);
            run(&sides[s], &p, q, k, v, o);
            cr_expect(o[0] == rows[r].expected[0] && o[1] == rows[r].expected[1],
                      "%s, %s: %g and %g, expected %g and %g", sides[s].name, rows[r].name, o[0],
                      o[1], rows[r].expected[0], rows[r].expected[1]);
            free(o);
        }
    }
}

/* tau <q, k> + b = 0.25 (2 * 3 - 4 * 0.5) - 1 = 0, so O = V / 2. */
Test(forward, the_score_is_tau_times_the_dot_product_plus_the_bias)
{
    static const float bias = -1.0f;
    const float q[2] = {2.0f, -4.0f};
    const float k[2] = {3.0f, 0.5f};
    const float v[1] = {7.0f};
    const struct sc_problem p = {.batch = 1,
                                 .heads_q = 1,
                                 .heads_kv = 1,
                                 .n_q = 1,
                                 .n_k = 1,
                                 .d = 2,
                                 .d_v = 1,
                                 .tau = 0.25f,
                                 .bias = &bias,
                                 .left = SC_MASK_UNBOUNDED,
                                 .right = SC_MASK_UNBOUNDED,
                                 .q = {2, 2, 2, 2},
                                 .k = {2, 2, 2, 2},
                                 .v = {1, 1, 1, 1},
                                 .o = {1, 1, 1, 1}};

    for (int32_t s = 0; s < LIST_SIZE(sides); s++) {
        double o = SENTINEL;
        run(&sides[s], &p, q, k, v, &o);
        cr_expect_eq(o, 3.5, "%s: %a", sides[s].name, o);
    }
}
