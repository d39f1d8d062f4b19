/* SPDX-License-Identifier: Apache-2.0 */
#define SAMPLE_LENGTH   38
#define SAMPLE_SEQUENCE 24
#define SAMPLE_D        20
#define SAMPLE_D_V      5

#include "spec/schedule.h"

#include "reference/oracle/rounded_sigmoid.h"
#include "reference/oracle/tier.h"
#include "spec/format_value.h"
#include "spec/problem.h"
#include "tests/definition.h"
#include "tests/plain.h"
#include "tests/sample.h"
#include "tests/tensorcore_model.h"

#include <criterion/criterion.h>
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define LIST_MAX        40

static const char *const mask_names[SAMPLE_MASKS] = {
    "full", "causal", "window", "key lengths", "packed", "alibi", "dense", "blocks", "all"};

/* One (sequence, query head) by the text of spec/schedule.h, pair by pair: no tiles, nothing
 * skipped, lengths, masks and offsets of its own (tests/definition.h), the tensor core in exact
 * integers. */
struct pairs {
    int32_t n_q, n_k;
    bool *visible;
    float *p, *rounded, *ds; /* [n_q][n_k]: p, P', dS' */
};

struct prediction {
    const struct sc_problem *problem;
    const struct sc_schedule *schedule;
    struct definition tensors; /* packed Q, K, V */
    float *d_o;                /* packed, in the input format */
};

static float to_format(enum sc_format format, float x)
{
    return (float)sc_format_decode(format, sc_format_encode(format, (double)x));
}

/* acc and the terms x_t y_t that exist, in order. */
static float product_sum(const struct prediction *my, float acc, const float *x, const float *y,
                         const bool *exists, int32_t count)
{
    const enum sc_core core = my->schedule->core;
    const enum sc_format format = my->problem->format_in;

    for (int32_t t = 0; t < count && core == SC_CORE_FMA; t++) {
        acc = exists[t] ? fmaf(x[t], y[t], acc) : acc;
    }
    for (int32_t first = 0; first < count && core != SC_CORE_FMA; first += 16) {
        uint16_t a[16] = {0}, b[16] = {0};
        uint32_t bits;
        for (int32_t t = first; t < first + 16 && t < count; t++) {
            a[t - first] = exists[t] ? (uint16_t)sc_format_encode(format, (double)x[t]) : 0;
            b[t - first] = exists[t] ? (uint16_t)sc_format_encode(format, (double)y[t]) : 0;
        }
        memcpy(&bits, &acc, sizeof bits);
        bits = model_add(core, format, a, b, bits);
        memcpy(&acc, &bits, sizeof acc);
    }
    return acc;
}

static const float *packed_row(const struct prediction *my, const float *tensor, int32_t b,
                               int32_t h, int32_t row, int32_t width)
{
    const struct sc_problem *p = my->problem;
    const bool keys = tensor == my->tensors.k || tensor == my->tensors.v;
    const int32_t *starts = keys ? p->starts_k : p->starts_q;
    const int64_t heads = keys ? p->heads_kv : p->heads_q;
    const int64_t rows = keys ? p->n_k : p->n_q;
    const int64_t head = keys ? h / (p->heads_q / p->heads_kv) : h;
    const int64_t entry = starts != NULL ? 0 : b;

    return tensor +
           ((entry * heads + head) * rows + row + (starts != NULL ? starts[b] : 0)) * width;
}

static float pair_score(const struct prediction *my, int32_t b, int32_t h, int32_t i, int32_t j)
{
    const struct sc_problem *p = my->problem;
    const float bias = p->bias_scope == SC_BIAS_SCALAR     ? p->bias[0]
                       : p->bias_scope == SC_BIAS_PER_HEAD ? p->bias[h]
                                                           : p->bias[b];
    const int64_t distance =
        llabs((long long)i + definition_keys(p, b) - definition_rows(p, b) - j);
    bool all[SAMPLE_D + 1];
    float s;

    memset(all, true, sizeof all);
    const bool preloaded = my->schedule->score == SC_SCORE_PRELOADED;
    const float a = product_sum(my, preloaded ? bias / p->tau : 0.0f,
                                packed_row(my, my->tensors.q, b, h, i, p->d),
                                packed_row(my, my->tensors.k, b, h, j, p->d), all, p->d);
    if (my->schedule->score == SC_SCORE_FUSED) {
        s = fmaf(p->tau, a, bias);
    } else {
        const float scaled = p->tau * a;
        s = preloaded ? scaled : scaled + bias;
    }
    return p->slopes == NULL ? s : fmaf(-p->slopes[h], (float)distance, s);
}

static void pairs_create(struct pairs *x, const struct prediction *my, int32_t b, int32_t h)
{
    const struct sc_problem *p = my->problem;
    const enum sc_format format = my->schedule->format_p;
    bool all[SAMPLE_D_V + 1];

    memset(all, true, sizeof all);
    x->n_q = definition_rows(p, b);
    x->n_k = definition_keys(p, b);
    const size_t room = (size_t)x->n_q * (size_t)x->n_k + 1;
    x->visible = calloc(room, sizeof(bool));
    x->p = calloc(room, sizeof(float));
    x->rounded = calloc(room, sizeof(float));
    x->ds = calloc(room, sizeof(float));
    for (int32_t i = 0; i < x->n_q; i++) {
        for (int32_t j = 0; j < x->n_k; j++) {
            const int32_t n = i * x->n_k + j;
            x->visible[n] = definition_sees(&my->tensors, b, h, i, j);
            if (!x->visible[n]) {
                continue;
            }
            const float value = my->schedule->activation(pair_score(my, b, h, i, j));
            const float dp =
                product_sum(my, 0.0f, packed_row(my, my->d_o, b, h, i, p->d_v),
                            packed_row(my, my->tensors.v, b, h, j, p->d_v), all, p->d_v);
            const float slope = fmaf(-value, value, value);
            x->p[n] = value;
            x->rounded[n] = to_format(format, value);
            x->ds[n] = to_format(format, slope * dp);
        }
    }
}

static void pairs_destroy(struct pairs *x)
{
    free(x->visible);
    free(x->p);
    free(x->rounded);
    free(x->ds);
}

/* One channel of sum over the keys of weight (P' or dS') times a row of tensor (V or K), by
 * parts. */
static float sum_over_keys(const struct prediction *my, const struct pairs *x, const float *weights,
                           const float *tensor, int32_t b, int32_t h, int32_t i, int32_t c,
                           int32_t width)
{
    const int32_t part = my->schedule->split_keys > 0 ? my->schedule->split_keys : x->n_k + 1;
    float y[SAMPLE_LENGTH + 1], total = 0.0f;

    for (int32_t j = 0; j < x->n_k; j++) {
        y[j] = packed_row(my, tensor, b, h, j, width)[c];
    }
    for (int32_t first = 0; first < x->n_k; first += part) {
        const int32_t rest = x->n_k - first;
        const int32_t at = i * x->n_k + first;
        const float sum = product_sum(my, 0.0f, weights + at, y + first, x->visible + at,
                                      rest < part ? rest : part);
        total = first == 0 ? sum : total + sum;
    }
    return total;
}

/* acc continued by one channel of sum over the rows of one head. */
static float sum_over_rows(const struct prediction *my, const struct pairs *x, float acc,
                           const float *weights, const float *tensor, int32_t b, int32_t h,
                           int32_t j, int32_t c, int32_t width)
{
    float w[SAMPLE_LENGTH + 1], y[SAMPLE_LENGTH + 1];
    bool exists[SAMPLE_LENGTH + 1];

    for (int32_t i = 0; i < x->n_q; i++) {
        w[i] = weights[i * x->n_k + j];
        exists[i] = x->visible[i * x->n_k + j];
        y[i] = packed_row(my, tensor, b, h, i, width)[c];
    }
    return product_sum(my, acc, w, y, exists, x->n_q);
}

static bool same(struct sc_enclosure x, float expected)
{
    if (isnan(expected)) {
        return isnan(x.lo) && isnan(x.hi);
    }
    return x.lo == (double)expected && x.hi == x.lo &&
           (signbit(x.lo) != 0) == (signbit(expected) != 0) &&
           (signbit(x.hi) != 0) == (signbit(expected) != 0);
}

/* A list of rows or keys below `extent`, in no order and with repeats, longer than it. */
static int32_t random_list(struct sample *x, int32_t extent, int32_t *list)
{
    const int32_t count = extent == 0 ? 0 : sample_integer(x, 1, LIST_MAX);

    for (int32_t n = 0; n < count; n++) {
        list[n] = sample_integer(x, 0, extent - 1);
    }
    return count;
}

static void expect_rows(struct sample *x, const struct prediction *my, void *tier, int32_t b,
                        int32_t h, const struct pairs *pairs, const char *where)
{
    const struct sc_problem *p = my->problem;
    static struct sc_enclosure found_p[LIST_MAX * SAMPLE_LENGTH], o[LIST_MAX * SAMPLE_D_V];
    static struct sc_enclosure d_q[LIST_MAX * SAMPLE_D];
    int32_t list[LIST_MAX];
    const int32_t count = random_list(x, pairs->n_q, list);
    const struct sc_row_enclosures wanted = {found_p, o, d_q};
    struct sc_error error;

    cr_assert_eq(sc_tier_schedule.rows(tier, b, h, list, count, &wanted, &error), SC_OK, "%s: %s",
                 where, error.text);
    for (int32_t r = 0; r < count; r++) {
        const int32_t i = list[r];
        for (int32_t j = 0; j < pairs->n_k; j++) {
            const float expected = pairs->rounded[i * pairs->n_k + j];
            const struct sc_enclosure found = found_p[r * pairs->n_k + j];
            cr_assert(same(found, expected), "%s row %d: P of key %d is %a, expected %a", where, i,
                      j, found.lo, (double)expected);
        }
        for (int32_t c = 0; c < p->d_v; c++) {
            const float sum =
                sum_over_keys(my, pairs, pairs->rounded, my->tensors.v, b, h, i, c, p->d_v);
            const float expected = to_format(p->format_out, sum);
            cr_assert(same(o[r * p->d_v + c], expected), "%s row %d: O %a, expected %a", where, i,
                      o[r * p->d_v + c].lo, (double)expected);
        }
        for (int32_t c = 0; c < p->d; c++) {
            const float sum =
                p->tau * sum_over_keys(my, pairs, pairs->ds, my->tensors.k, b, h, i, c, p->d);
            const float expected = to_format(p->format_in, sum);
            cr_assert(same(d_q[r * p->d + c], expected), "%s row %d: dQ %a, expected %a", where, i,
                      d_q[r * p->d + c].lo, (double)expected);
        }
    }
}

static void expect_keys(struct sample *x, const struct prediction *my, void *tier, int32_t b,
                        int32_t g, const struct pairs *pairs, const char *where)
{
    const struct sc_problem *p = my->problem;
    const int32_t group = p->heads_q / p->heads_kv;
    static struct sc_enclosure d_k[LIST_MAX * SAMPLE_D], d_v[LIST_MAX * SAMPLE_D_V];
    int32_t list[LIST_MAX];
    const int32_t count = random_list(x, pairs->n_k, list);
    const struct sc_key_enclosures wanted = {d_k, d_v};
    struct sc_error error;

    cr_assert_eq(sc_tier_schedule.keys(tier, b, g, list, count, &wanted, &error), SC_OK, "%s: %s",
                 where, error.text);
    for (int32_t r = 0; r < count; r++) {
        const int32_t j = list[r];
        for (int32_t c = 0; c < p->d_v; c++) {
            float sum = 0.0f;
            for (int32_t n = 0; n < group; n++) {
                sum = sum_over_rows(my, &pairs[n], sum, pairs[n].rounded, my->d_o, b, g * group + n,
                                    j, c, p->d_v);
            }
            const float expected = to_format(p->format_in, sum);
            cr_assert(same(d_v[r * p->d_v + c], expected), "%s key %d: dV %a, expected %a", where,
                      j, d_v[r * p->d_v + c].lo, (double)expected);
        }
        for (int32_t c = 0; c < p->d; c++) {
            float sum = 0.0f;
            for (int32_t n = 0; n < group; n++) {
                sum = sum_over_rows(my, &pairs[n], sum, pairs[n].ds, my->tensors.q, b,
                                    g * group + n, j, c, p->d);
            }
            const float expected = to_format(p->format_in, p->tau * sum);
            cr_assert(same(d_k[r * p->d + c], expected), "%s key %d: dK %a, expected %a", where, j,
                      d_k[r * p->d + c].lo, (double)expected);
        }
    }
}

/* Every row of every head and every key against the text. */
static void expect_sample(struct sample *x, const struct sc_schedule *schedule, const char *name)
{
    const struct sc_problem *p = &x->problem;
    const int32_t group = p->heads_q / p->heads_kv;
    const int32_t entries = p->starts_q != NULL ? 1 : p->batch;
    /* half of the time with more digits than the input format */
    const enum sample_values digits = sample_integer(x, 0, 1) == 0 ? SAMPLE_BF16 : SAMPLE_FP32;
    float *d_o = sample_tensor(x, &p->o, digits, SAMPLE_V, p->heads_q, p->n_q, p->d_v);
    const struct sc_oracle_values values = {x->q, x->k, x->v, d_o};
    const struct sc_tier_options options = {0, 1, schedule};
    struct prediction my = {.problem = p, .schedule = schedule};
    struct sc_error error;
    void *tier = NULL;

    cr_assert_eq(sc_problem_check(p), SC_PROBLEM_OK, "%s", name);
    cr_assert_eq(sc_tier_schedule.create(p, &values, &options, &tier, &error), SC_OK, "%s: %s",
                 name, error.text);
    definition_create(&my.tensors, p, x->q, x->k, x->v);
    my.d_o = definition_pack(d_o, &p->o, entries, p->heads_q, p->n_q, p->d_v);
    for (int32_t n = 0; n < entries * p->heads_q * p->n_q * p->d_v; n++) {
        my.d_o[n] = to_format(p->format_in, my.d_o[n]);
    }
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t g = 0; g < p->heads_kv; g++) {
            struct pairs pairs[SAMPLE_HEADS];
            for (int32_t n = 0; n < group; n++) {
                pairs_create(&pairs[n], &my, b, g * group + n);
                expect_rows(x, &my, tier, b, g * group + n, &pairs[n], name);
            }
            expect_keys(x, &my, tier, b, g, pairs, name);
            for (int32_t n = 0; n < group; n++) {
                pairs_destroy(&pairs[n]);
            }
        }
    }
    definition_destroy(&my.tensors);
    free(my.d_o);
    free(d_o);
    sc_tier_schedule.destroy(tier);
}

/* An activation that is no sigmoid: it tells the sign of a zero, gives ties and overflows of the
 * formats, and now and then an infinity or a NaN. */
static float wild(float s)
{
    static const float values[] = {0.0f,          -0.0f,       1.0f + 0x1p-8f,  1.0f + 0x3p-8f,
                                   0x1p-25f,      0x1.8p-24f,  1.0f + 0x1p-11f, 65519.0f,
                                   65520.0f,      0x1p-14f,    -0x1.fep-15f,    0x1p-130f,
                                   0x1.fefffep8f, 0x1.ff8p-3f, 0.25f,           -3.0f};
    uint32_t bits;

    memcpy(&bits, &s, sizeof bits);
    const uint32_t hash = bits * 2654435761u >> 16;
    if (s == 0.0f) {
        return signbit(s) ? 0.25f : 0.75f;
    }
    if (hash % 211 == 0) {
        return hash % 2 == 0 ? NAN : -INFINITY;
    }
    return hash % 3 == 0 ? values[hash / 3 % 16] : 1.0f / (1.0f + fabsf(s));
}

/* Cores, scores, formats of P, parts and activations in turn, over all masks. */
static void expect_class(enum sample_values values, uint64_t seeds)
{
    static const int32_t splits[] = {0, 16, 32};
    char name[96];

    for (int mask = 0; mask < SAMPLE_MASKS; mask++) {
        for (uint64_t seed = 0; seed < seeds; seed++) {
            struct sample x;
            const int32_t turn = (int32_t)seed + mask;
            sample_create(&x, (enum sample_mask)mask, values, true, seed);
            struct sc_problem *p = &x.problem;
            struct sc_schedule schedule = {
                .core = p->format_in == SC_FORMAT_FP32 ? SC_CORE_FMA : (enum sc_core)(turn % 3),
                .score = (enum sc_score)(turn / 3 % 3),
                .format_p = p->format_in,
                .split_keys = splits[sample_integer(&x, 0, 2)],
                .activation = turn % 4 == 3 ? wild : sc_rounded_sigmoid};
            if (schedule.core == SC_CORE_FMA) {
                schedule.format_p = (enum sc_format)sample_integer(&x, 0, 2);
            }
            p->format_out = (enum sc_format)sample_integer(&x, 0, 2);
            for (int32_t n = 0; n < SAMPLE_HEADS && sample_integer(&x, 0, 4) == 0; n++) {
                x.bias[n] = -0.0f;
            }
            (void)snprintf(name, sizeof name, "%s, seed %u, core %d, score %d, parts %d",
                           mask_names[mask], (unsigned)seed, (int)schedule.core,
                           (int)schedule.score, schedule.split_keys);
            expect_sample(&x, &schedule, name);
            sample_destroy(&x);
        }
    }
}

Test(schedule, predicts_the_text_on_bf16_values)
{
    expect_class(SAMPLE_BF16, 9);
}

Test(schedule, predicts_the_text_on_fp16_values)
{
    expect_class(SAMPLE_FP16, 9);
}

Test(schedule, predicts_the_text_on_fp32_values)
{
    expect_class(SAMPLE_FP32, 9);
}

Test(schedule, predicts_the_text_on_subnormal_values)
{
    expect_class(SAMPLE_SUBNORMAL, 3);
}

Test(schedule, predicts_the_text_where_products_overflow)
{
    expect_class(SAMPLE_HUGE, 3);
    expect_class(SAMPLE_CANCELLING, 3);
}

/* One head of bf16, contiguous, unmasked. */
static struct sc_problem head_problem(int32_t n_q, int32_t n_k, int32_t d, const float *bias)
{
    struct sc_problem p = plain_problem(n_q, n_k, d, d);

    p.format_in = SC_FORMAT_BF16;
    p.format_out = SC_FORMAT_BF16;
    p.tau = 0.125f;
    p.bias = bias;
    return p;
}

#define EXACT_ROWS 9
#define EXACT_KEYS 70
#define EXACT_D    20

/* Inputs for which every arithmetic gives the real result: scores 0 or far in saturation, so that
 * P is 1/2, 1 or 0, and small integers, whose sums fit every format. */
struct exact {
    float q[EXACT_ROWS * EXACT_D], k[EXACT_KEYS * EXACT_D], v[EXACT_KEYS * EXACT_D];
    float d_o[EXACT_ROWS * EXACT_D];
    double p[EXACT_ROWS][EXACT_KEYS], ds[EXACT_ROWS][EXACT_KEYS];
};

static void exact_create(struct exact *x, const struct sc_problem *p, struct sample *random)
{
    memset(x, 0, sizeof *x);
    for (int32_t n = 0; n < EXACT_ROWS * EXACT_D; n++) {
        x->q[n] = n % EXACT_D == n / EXACT_D ? 64.0f : 0.0f; /* row i looks at channel i */
        x->d_o[n] = (float)sample_integer(random, -1, 1);
    }
    for (int32_t n = 0; n < EXACT_KEYS * EXACT_D; n++) {
        const int32_t kind = sample_integer(random, 0, 7);
        x->k[n] = kind == 0 ? 32.0f : kind == 1 ? -32.0f : 0.0f; /* tau q k = 256 or -256 */
        x->v[n] = sample_integer(random, 0, 2) == 0 ? (float)sample_integer(random, -2, 2) : 0.0f;
    }
    for (int32_t i = 0; i < EXACT_ROWS; i++) {
        for (int32_t j = 0; j < EXACT_KEYS; j++) {
            const float k = x->k[j * EXACT_D + i];
            const double s = sc_mask_sees(i, j, p->n_q, p->n_k, p->left, p->right);
            double dp = 0;
            x->p[i][j] = s * (k == 0.0f ? 0.5 : k > 0.0f ? 1.0 : 0.0);
            for (int32_t c = 0; c < EXACT_D; c++) {
                dp += (double)x->d_o[i * EXACT_D + c] * (double)x->v[j * EXACT_D + c];
            }
            x->ds[i][j] = x->p[i][j] * (1 - x->p[i][j]) * dp;
        }
    }
}

/* The sums over the other index, in fp64: exact. */
static double exact_over_keys(const double *weights, const float *tensor, int32_t c)
{
    double sum = 0;

    for (int32_t j = 0; j < EXACT_KEYS; j++) {
        sum += weights[j] * (double)tensor[j * EXACT_D + c];
    }
    return sum;
}

static double exact_over_rows(double weights[][EXACT_KEYS], int32_t j, const float *tensor,
                              int32_t c)
{
    double sum = 0;

    for (int32_t i = 0; i < EXACT_ROWS; i++) {
        sum += weights[i][j] * (double)tensor[i * EXACT_D + c];
    }
    return sum;
}

static void expect_exact(const struct exact *x, const struct sc_problem *p, void *tier,
                         const char *name)
{
    static struct sc_enclosure o[EXACT_ROWS * EXACT_D], d_q[EXACT_ROWS * EXACT_D];
    static struct sc_enclosure d_k[EXACT_KEYS * EXACT_D], d_v[EXACT_KEYS * EXACT_D];
    int32_t list[EXACT_KEYS];
    struct sc_error error;

    for (int32_t n = 0; n < EXACT_KEYS; n++) {
        list[n] = n;
    }
    cr_assert_eq(sc_tier_schedule.rows(tier, 0, 0, list, EXACT_ROWS,
                                       &(struct sc_row_enclosures){NULL, o, d_q}, &error),
                 SC_OK);
    cr_assert_eq(sc_tier_schedule.keys(tier, 0, 0, list, EXACT_KEYS,
                                       &(struct sc_key_enclosures){d_k, d_v}, &error),
                 SC_OK);
    for (int32_t n = 0; n < EXACT_ROWS * EXACT_D; n++) {
        const int32_t i = n / EXACT_D, c = n % EXACT_D;
        const double sum = (double)p->tau * exact_over_keys(x->ds[i], x->k, c);
        cr_expect_eq(o[n].lo, exact_over_keys(x->p[i], x->v, c), "%s: O %d", name, n);
        cr_expect_eq(d_q[n].lo, sum, "%s: dQ %d: %a, expected %a", name, n, d_q[n].lo, sum);
    }
    for (int32_t n = 0; n < EXACT_KEYS * EXACT_D; n++) {
        const int32_t j = n / EXACT_D, c = n % EXACT_D;
        const double sum =
            (double)p->tau * exact_over_rows((double(*)[EXACT_KEYS])x->ds, j, x->q, c);
        cr_expect_eq(d_v[n].lo, exact_over_rows((double(*)[EXACT_KEYS])x->p, j, x->d_o, c),
                     "%s: dV %d", name, n);
        cr_expect_eq(d_k[n].lo, sum, "%s: dK %d: %a, expected %a", name, n, d_k[n].lo, sum);
    }
}

Test(schedule, exact_inputs_give_the_exact_result_in_every_schedule)
{
    static const int32_t splits[] = {0, 16, 48};
    static const float zero = 0.0f;
    struct sc_problem p = head_problem(EXACT_ROWS, EXACT_KEYS, EXACT_D, &zero);
    struct sample random = {.state = 1};
    struct exact x;
    char name[64];

    for (int32_t n = 0; n < 2 * 3 * 3 * 3; n++) {
        const struct sc_schedule schedule = {(enum sc_core)(n / 2 % 3), (enum sc_score)(n / 6 % 3),
                                             SC_FORMAT_BF16, splits[n / 18], sc_rounded_sigmoid};
        const struct sc_tier_options options = {0, 1, &schedule};
        const struct sc_oracle_values values = {x.q, x.k, x.v, x.d_o};
        struct sc_error error;
        void *tier = NULL;
        (void)snprintf(name, sizeof name, "core %d, score %d, parts %d", (int)schedule.core,
                       (int)schedule.score, schedule.split_keys);
        p.right = n % 2 == 0 ? SC_MASK_UNBOUNDED : 0;
        exact_create(&x, &p, &random);
        cr_assert_eq(sc_tier_schedule.create(&p, &values, &options, &tier, &error), SC_OK);
        expect_exact(&x, &p, tier, name);
        sc_tier_schedule.destroy(tier);
    }
}

#define BOUND_ROWS 6
#define BOUND_KEYS 300
#define BOUND_D    64

/* The error of a product sum of `count` terms (reference/oracle/SCHEDULE.md), `mass` being the sum
 * of their magnitudes with subnormal factors raised. */
static double sum_error(enum sc_core core, int32_t count, double mass)
{
    const double alpha = 5 * 0x1p-23;
    const double steps = (count - 1) / (core == SC_CORE_H100 ? 16 : 8) + 1;

    if (core == SC_CORE_FMA) {
        return count * 0x1p-24 / (1 - count * 0x1p-24) * mass + count * 0x1p-150;
    }
    return expm1(steps * log1p(alpha)) * (mass + 5 * 0x1p-149 / alpha);
}

static double raised(enum sc_format format, double x)
{
    return x == 0.0 ? 0.0 : fmax(fabs(x), sc_format_pow2(sc_format_exponent_min(format)));
}

/* Row i of O in fp64 and what the schedule may err by, channel by channel. */
static void bound_row(const struct sc_problem *p, const struct sc_schedule *schedule,
                      const float *q, const float *k, const float *v, double *o, double *bound,
                      double *mass)
{
    const double u = 0x1p-24, tau = (double)p->tau, b = (double)p->bias[0];
    const double u_p = sc_format_unit_roundoff(schedule->format_p);
    const double eta_p = sc_format_ulp(schedule->format_p, 0.0) / 2;
    double raised_mass[BOUND_D] = {0}, errors[BOUND_D] = {0};

    memset(o, 0, BOUND_D * sizeof *o);
    memset(mass, 0, BOUND_D * sizeof *mass);
    for (int32_t j = 0; j < p->n_k; j++) {
        double dot = 0, terms = schedule->score == SC_SCORE_PRELOADED ? fabs(b / tau) : 0;
        for (int32_t c = 0; c < p->d; c++) {
            const double x = (double)q[c], y = (double)k[j * p->d + c];
            dot += x * y;
            terms += raised(p->format_in, x) * raised(p->format_in, y);
        }
        const double s = tau * dot + b, weight = 1 / (1 + exp(-s));
        double delta = tau * sum_error(schedule->core, p->d, terms * (1 + u));
        for (int32_t rounding = 0; rounding < 2; rounding++) {
            delta += u * (fabs(tau * dot) + fabs(b) + delta) + 0x1p-150;
        }
        double e = weight * (1 - weight) * expm1(delta);
        e += u * (weight + e) + 0x1p-150;
        e += u_p * (weight + e) + eta_p;
        for (int32_t c = 0; c < p->d_v; c++) {
            const double value = (double)v[j * p->d_v + c];
            o[c] += weight * value;
            mass[c] += weight * fabs(value);
            errors[c] += e * fabs(value);
            raised_mass[c] += raised(schedule->format_p, weight + e) * raised(p->format_in, value);
        }
    }
    for (int32_t c = 0; c < p->d_v; c++) {
        const int32_t parts = schedule->split_keys > 0 ? p->n_k / schedule->split_keys + 1 : 0;
        const double fp64 = (p->n_k + 100) * 0x1p-52 * mass[c];
        bound[c] = errors[c] + sum_error(schedule->core, p->n_k, raised_mass[c]) +
                   2 * parts * u * (mass[c] + errors[c]) + fp64;
        bound[c] += sc_format_ulp(p->format_out, fabs(o[c]) + bound[c]) / 2;
    }
}

/* Every channel of BOUND_ROWS rows on ordinary inputs. */
static void expect_bound(const struct sc_schedule *schedule, double strength, const char *name)
{
    static float q[BOUND_ROWS * BOUND_D], k[BOUND_KEYS * BOUND_D], v[BOUND_KEYS * BOUND_D];
    static struct sc_enclosure o[BOUND_ROWS * BOUND_D];
    static const int32_t list[BOUND_ROWS] = {0, 1, 2, 3, 4, 5};
    const float minus_log = -5.7037825f; /* log 300 */
    const int32_t bits = sc_format_precision(schedule->format_p);
    const struct sc_tier_options options = {0, 1, schedule};
    const struct sc_oracle_values values = {q, k, v, NULL};
    struct sc_problem p = head_problem(BOUND_ROWS, BOUND_KEYS, BOUND_D, &minus_log);
    struct sample random = {.state = (uint64_t)schedule->score};
    double exact[BOUND_D], bound[BOUND_D], mass[BOUND_D];
    struct sc_error error;
    void *tier = NULL;

    p.format_in = p.format_out = schedule->format_p;
    for (int32_t n = 0; n < BOUND_KEYS * BOUND_D; n++) {
        k[n] = sample_ordinary(&random, bits);
        v[n] = sample_ordinary(&random, bits);
        q[n % (BOUND_ROWS * BOUND_D)] = sample_ordinary(&random, bits);
    }
    cr_assert_eq(sc_tier_schedule.create(&p, &values, &options, &tier, &error), SC_OK);
    cr_assert_eq(sc_tier_schedule.rows(tier, 0, 0, list, BOUND_ROWS,
                                       &(struct sc_row_enclosures){.o = o}, &error),
                 SC_OK);
    for (int32_t i = 0; i < BOUND_ROWS; i++) {
        bound_row(&p, schedule, q + i * BOUND_D, k, v, exact, bound, mass);
        for (int32_t c = 0; c < BOUND_D; c++) {
            const double off = fabs(o[i * BOUND_D + c].lo - exact[c]);
            cr_expect(off <= bound[c], "%s, row %d, channel %d: off by %a, bound %a", name, i, c,
                      off, bound[c]);
            cr_expect(bound[c] <= strength * mass[c], "%s: the bound says little: %a of %a", name,
                      bound[c], mass[c]);
        }
    }
    sc_tier_schedule.destroy(tier);
}

Test(schedule, prediction_is_within_the_rounding_error_bound_of_the_real_result)
{
    static const struct {
        const char *name;
        enum sc_core core;
        enum sc_format format;
        double strength; /* the bound is at most this times sum p |v| */
    } rows[] = {
        {"H100, bf16", SC_CORE_H100, SC_FORMAT_BF16, 0x1p-6},
        {"H100, fp16", SC_CORE_H100, SC_FORMAT_FP16, 0x1p-9},
        {"A100, bf16", SC_CORE_A100, SC_FORMAT_BF16, 0x1p-6},
        {"A100, fp16", SC_CORE_A100, SC_FORMAT_FP16, 0x1p-9},
        {"FMA, fp32", SC_CORE_FMA, SC_FORMAT_FP32, 0x1p-13},
    };

    for (int32_t n = 0; n < LIST_SIZE(rows) * 3; n++) {
        const struct sc_schedule schedule = {rows[n / 3].core, (enum sc_score)(n % 3),
                                             rows[n / 3].format, n % 2 * 64, sc_rounded_sigmoid};
        expect_bound(&schedule, rows[n / 3].strength, rows[n / 3].name);
    }
}

/* What nothing sees: keys that no row sees, rows that see no key. */
#define HIDDEN_N     40 /* rows and keys */
#define HIDDEN_D     4
#define HIDDEN_KEYS  17 /* valid keys */
#define HIDDEN_FIRST 23 /* with the causal band, rows before this one see no key */

struct hidden {
    float q[HIDDEN_N * HIDDEN_D], k[HIDDEN_N * HIDDEN_D], v[HIDDEN_N * HIDDEN_D];
    float d_o[HIDDEN_N * HIDDEN_D];
    struct sc_enclosure o[HIDDEN_N * HIDDEN_D], d_q[HIDDEN_N * HIDDEN_D];
    struct sc_enclosure d_k[HIDDEN_KEYS * HIDDEN_D], d_v[HIDDEN_KEYS * HIDDEN_D];
};

/* The same inputs where a pair sees them, `filler` elsewhere. */
static void hidden_fill(struct hidden *x, float filler)
{
    struct sample random = {.state = 5};

    for (int32_t n = 0; n < HIDDEN_N * HIDDEN_D; n++) {
        const bool no_key = n < HIDDEN_FIRST * HIDDEN_D;
        const bool no_row = n >= HIDDEN_KEYS * HIDDEN_D;
        x->q[n] = sample_ordinary(&random, 8);
        x->k[n] = sample_ordinary(&random, 8);
        x->v[n] = sample_ordinary(&random, 8);
        x->d_o[n] = sample_ordinary(&random, 8);
        x->q[n] = no_key ? filler : x->q[n];
        x->d_o[n] = no_key ? filler : x->d_o[n];
        x->k[n] = no_row ? filler : x->k[n];
        x->v[n] = no_row ? filler : x->v[n];
    }
}

/* Each result by a call of its own. */
static void hidden_predict(struct hidden *x, const struct sc_problem *p,
                           const struct sc_schedule *schedule)
{
    const struct sc_tier_options options = {0, 1, schedule};
    const struct sc_oracle_values values = {x->q, x->k, x->v, x->d_o};
    const struct sc_row_enclosures rows[] = {{.o = x->o}, {.d_q = x->d_q}};
    const struct sc_key_enclosures keys[] = {{.d_k = x->d_k}, {.d_v = x->d_v}};
    int32_t list[HIDDEN_N];
    struct sc_error error;
    void *tier = NULL;

    for (int32_t n = 0; n < HIDDEN_N; n++) {
        list[n] = n;
    }
    cr_assert_eq(sc_tier_schedule.create(p, &values, &options, &tier, &error), SC_OK);
    for (int32_t n = 0; n < 2; n++) {
        cr_assert_eq(sc_tier_schedule.rows(tier, 0, 0, list, HIDDEN_N, &rows[n], &error), SC_OK);
        cr_assert_eq(sc_tier_schedule.keys(tier, 0, 0, list, HIDDEN_KEYS, &keys[n], &error), SC_OK);
    }
    sc_tier_schedule.destroy(tier);
}

Test(schedule, what_no_pair_sees_may_hold_anything)
{
    static const float zero = 0.0f;
    static const int32_t valid = HIDDEN_KEYS;
    static struct hidden x, y;
    struct sc_problem p = head_problem(HIDDEN_N, HIDDEN_N, HIDDEN_D, &zero);

    p.key_lengths = &valid;
    p.right = 0;
    for (int32_t core = 0; core < 3; core++) {
        const struct sc_schedule schedule = {(enum sc_core)core, SC_SCORE_FUSED, SC_FORMAT_BF16, 0,
                                             sc_rounded_sigmoid};
        hidden_fill(&x, 1.0f);
        hidden_fill(&y, NAN);
        hidden_predict(&x, &p, &schedule);
        hidden_predict(&y, &p, &schedule);
        cr_expect_eq(memcmp(x.o, y.o, sizeof x.o), 0, "core %d: O", core);
        cr_expect_eq(memcmp(x.d_q, y.d_q, sizeof x.d_q), 0, "core %d: dQ", core);
        cr_expect_eq(memcmp(x.d_k, y.d_k, sizeof x.d_k), 0, "core %d: dK", core);
        cr_expect_eq(memcmp(x.d_v, y.d_v, sizeof x.d_v), 0, "core %d: dV", core);
        for (int32_t n = 0; n < HIDDEN_FIRST * HIDDEN_D; n++) {
            cr_expect(same(y.o[n], 0.0f) && same(y.d_q[n], 0.0f), "core %d: row %d sees no key",
                      core, n / HIDDEN_D);
        }
    }
}

Test(schedule, refuses_what_it_cannot_take_with_one_line)
{
    static const float zero = 0.0f;
    static const struct {
        const char *name, *word;
        enum sc_format format_in;
        struct sc_schedule schedule;
    } rows[] = {
        {"no activation", "activation", SC_FORMAT_BF16, {SC_CORE_FMA, SC_SCORE_FUSED, 0, 0, NULL}},
        {"core", "core 3", SC_FORMAT_BF16, {(enum sc_core)3, 0, 0, 0, wild}},
        {"core far off", "core", SC_FORMAT_BF16, {(enum sc_core) - 1, 0, 0, 0, wild}},
        {"score", "score 3", SC_FORMAT_BF16, {0, (enum sc_score)3, 0, 0, wild}},
        {"format", "format of P 3", SC_FORMAT_BF16, {SC_CORE_FMA, 0, (enum sc_format)3, 0, wild}},
        {"negative parts", "-16", SC_FORMAT_BF16, {SC_CORE_FMA, 0, 0, -16, wild}},
        {"least parts", "parts", SC_FORMAT_BF16, {SC_CORE_FMA, 0, 0, INT32_MIN, wild}},
        {"odd parts", "multiple of 16", SC_FORMAT_BF16, {SC_CORE_H100, 0, 0, 24, wild}},
        {"fp32 inputs", "fp32", SC_FORMAT_FP32, {SC_CORE_H100, 0, SC_FORMAT_FP32, 0, wild}},
        {"P in fp16", "format", SC_FORMAT_BF16, {SC_CORE_A100, 0, SC_FORMAT_FP16, 0, wild}},
        {"P in fp32", "format", SC_FORMAT_FP16, {SC_CORE_H100, 0, SC_FORMAT_FP32, 0, wild}},
    };
    const struct sc_oracle_values values = {&zero, &zero, &zero, &zero};
    struct sc_problem p = head_problem(1, 1, 1, &zero);
    struct sc_error error;
    void *const untouched = &p;
    void *tier = untouched;

    for (int32_t r = 0; r <= LIST_SIZE(rows); r++) {
        const bool none = r == LIST_SIZE(rows);
        const struct sc_tier_options options = {0, 1, none ? NULL : &rows[r].schedule};
        const char *name = none ? "no schedule" : rows[r].name;
        p.format_in = none ? SC_FORMAT_BF16 : rows[r].format_in;
        error.text[0] = '\0';
        cr_expect_eq(sc_tier_schedule.create(&p, &values, &options, &tier, &error), SC_E_INPUT,
                     "%s", name);
        cr_expect(strstr(error.text, none ? "no schedule" : rows[r].word) != NULL &&
                      strstr(error.text, "expected") != NULL && strchr(error.text, '\n') == NULL,
                  "%s: %s", name, error.text);
        cr_expect(tier == untouched, "%s: a state", name);
    }
    sc_tier_schedule.destroy(NULL);
}

Test(schedule, refuses_another_environment_and_the_bias_gradient)
{
    static const float zero = 0.0f;
    static const int32_t list[] = {0};
    const struct sc_schedule schedule = {SC_CORE_FMA, 0, SC_FORMAT_FP32, 0, sc_rounded_sigmoid};
    const struct sc_tier_options options = {0, 1, &schedule};
    const struct sc_oracle_values values = {&zero, &zero, &zero, &zero};
    const struct sc_problem p = head_problem(1, 1, 1, &zero);
    struct sc_enclosure x = {1, 1};
    struct sc_error error;
    void *tier = NULL;

    cr_assert_eq(sc_tier_schedule.create(&p, &values, &options, &tier, &error), SC_OK);
    cr_assert_str_eq(sc_tier_schedule.name, "schedule");
    cr_assert_eq(fesetround(FE_UPWARD), 0);
    const enum sc_status rows =
        sc_tier_schedule.rows(tier, 0, 0, list, 1, &(struct sc_row_enclosures){.o = &x}, &error);
    const enum sc_status keys =
        sc_tier_schedule.keys(tier, 0, 0, list, 1, &(struct sc_key_enclosures){.d_v = &x}, &error);
    (void)fesetround(FE_TONEAREST);
    cr_expect_eq(rows, SC_E_UNAVAILABLE);
    cr_expect_eq(keys, SC_E_UNAVAILABLE);
    cr_expect_eq(sc_tier_schedule.bias(tier, 0, 0, &x, &error), SC_E_UNAVAILABLE);
    cr_expect(strstr(error.text, "order") != NULL && strchr(error.text, '\n') == NULL, "%s",
              error.text);
    cr_expect_eq(
        sc_tier_schedule.rows(tier, 0, 0, list, 0, &(struct sc_row_enclosures){.o = &x}, &error),
        SC_OK, "no rows");
    sc_tier_schedule.destroy(tier);
}
