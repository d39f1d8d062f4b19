/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/tier.h"

#include "spec/problem.h"
#include "tests/definition_backward.h"
#include "tests/plain.h"
#include "tests/sample.h"

#include <criterion/criterion.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* Units of 2^-192 by which p and p (1 - p) may be off (reference/oracle/INTEGER.md, section 4). */
#define P_ERROR          4
#define DERIVATIVE_ERROR 4

static const struct sc_oracle_tier *const tier = &sc_tier_integer;
static const char *const mask_names[SAMPLE_MASKS] = {
    "full", "causal", "window", "key lengths", "packed", "alibi", "dense", "blocks", "all"};
static const char *const value_names[SAMPLE_VALUES] = {"bf16", "fp16",       "fp32",    "subnormal",
                                                       "huge", "cancelling", "integers"};

/* A sample with the gradient by O, and the whole of what a tier says about it. */
struct run {
    struct sample sample;
    float *d_o;
    void *state;
};

/* With `cancelling_gradients` dO and V are drawn like Q and K. */
static void run_create(struct run *run, enum sample_mask mask, enum sample_values values,
                       bool cancelling_gradients, bool may_broadcast, uint64_t seed)
{
    static const struct sc_tier_options options = {.precision = 0, .threads = 1, .schedule = NULL};
    struct sample *x = &run->sample;
    const struct sc_problem *p = &x->problem;
    struct sc_error error;

    sample_create(x, mask, values, may_broadcast, seed);
    cr_assert_eq(sc_problem_check(p), SC_PROBLEM_OK);
    if (cancelling_gradients) {
        free(x->v);
        x->v = sample_tensor(x, &p->v, values, SAMPLE_K, p->heads_kv, p->n_k, p->d_v);
    }
    run->d_o = sample_tensor(x, &p->o, values, cancelling_gradients ? SAMPLE_Q : SAMPLE_V,
                             p->heads_q, p->n_q, p->d_v);
    const struct sc_oracle_values inputs = {x->q, x->k, x->v, run->d_o};
    cr_assert_eq(tier->create(p, &inputs, &options, &run->state, &error), SC_OK, "%s", error.text);
}

static void run_destroy(struct run *run)
{
    tier->destroy(run->state);
    free(run->d_o);
    sample_destroy(&run->sample);
}

static struct sc_enclosure *enclosures(int32_t count)
{
    struct sc_enclosure *list = malloc(((size_t)count + 1) * sizeof *list);

    for (int32_t n = 0; n < count; n++) {
        list[n] = (struct sc_enclosure){NAN, NAN};
    }
    return list;
}

/* Whether x holds exact, zeros are +0, and each end is within units * 2^-192 * mass of exact. */
static bool encloses(struct sc_enclosure x, mpfr_srcptr exact, mpfr_srcptr mass, double units)
{
    mpfr_t width, end;

    mpfr_inits2(DEFINITION_BITS, width, end, (mpfr_ptr)NULL);
    (void)mpfr_mul_d(width, mass, units * 0x1p-192, MPFR_RNDU);
    (void)mpfr_sub(end, exact, width, MPFR_RNDD);
    bool ok = mpfr_cmp_d(exact, x.lo) >= 0 && x.lo >= mpfr_get_d(end, MPFR_RNDD);
    (void)mpfr_add(end, exact, width, MPFR_RNDU);
    ok = ok && mpfr_cmp_d(exact, x.hi) <= 0 && x.hi <= mpfr_get_d(end, MPFR_RNDU);
    ok = ok && isfinite(x.lo) && isfinite(x.hi);
    ok = ok && !(x.lo == 0 && signbit(x.lo)) && !(x.hi == 0 && signbit(x.hi));
    mpfr_clears(width, end, (mpfr_ptr)NULL);
    return ok;
}

/* A sum's radius is 17/16 of error * mass, up to 1/32 more and a unit: 5/4 covers all three. The
 * enclosure's centre is as far from the exact value again. */
static void expect_sum(struct sc_enclosure x, mpfr_srcptr exact, mpfr_srcptr mass, int32_t error,
                       const char *what, const char *where, int32_t c)
{
    cr_expect(encloses(x, exact, mass, 2.5 * error), "%s: %s %d is [%a, %a], defined %a", where,
              what, c, x.lo, x.hi, mpfr_get_d(exact, MPFR_RNDN));
}

/* p of one row: 0 where masked, else within two errors of the exact value and inside [0, 1]. */
static void expect_probabilities(const struct sc_enclosure *p, const struct definition_row *row,
                                 const char *where)
{
    mpfr_t one;

    mpfr_init2(one, DEFINITION_BITS);
    (void)mpfr_set_ui(one, 1, MPFR_RNDN);
    for (int32_t j = 0; j < row->n_k; j++) {
        cr_expect(encloses(p[j], row->p[j], one, row->visible[j] ? 2 * P_ERROR : 0),
                  "%s: p %d is [%a, %a], defined %a", where, j, p[j].lo, p[j].hi,
                  mpfr_get_d(row->p[j], MPFR_RNDN));
        cr_expect(p[j].lo >= 0 && p[j].hi <= 1, "%s: p %d is [%a, %a]", where, j, p[j].lo, p[j].hi);
    }
    mpfr_clear(one);
}

/* The mass of O for this tier: sum of |v_c| over the visible keys. */
static void value_mass(mpfr_ptr mass, const struct run *run, const struct definition_row *row,
                       int32_t b, int32_t h, int32_t c)
{
    const struct sc_problem *p = &run->sample.problem;
    const int32_t g = h / (p->heads_q / p->heads_kv);

    mpfr_set_zero(mass, 1);
    for (int32_t j = 0; j < row->n_k; j++) {
        if (row->visible[j]) {
            const float *v = run->sample.v + sc_problem_v_row(p, b, g, j);
            (void)mpfr_add_d(mass, mass, fabs((double)v[c]), MPFR_RNDU);
        }
    }
}

/* All rows of one head in one call, last row first. */
static void expect_rows(const struct run *run, const struct definition *definition,
                        const struct definition_gradients *gradients, int32_t b, int32_t h,
                        const char *name)
{
    const struct sc_problem *p = &run->sample.problem;
    const int32_t n_q = definition_rows(p, b), n_k = definition_keys(p, b);
    const struct sc_row_enclosures wanted = {enclosures(n_q * n_k), enclosures(n_q * p->d_v),
                                             enclosures(n_q * p->d)};
    int32_t *list = malloc(((size_t)n_q + 1) * sizeof *list);
    char where[160];
    mpfr_t mass;

    mpfr_init2(mass, DEFINITION_BITS);
    for (int32_t r = 0; r < n_q; r++) {
        list[r] = n_q - 1 - r;
    }
    cr_assert_eq(tier->rows(run->state, b, h, list, n_q, &wanted, NULL), SC_OK);
    for (int32_t r = 0; r < n_q; r++) {
        struct definition_row row;
        const int32_t first = ((b * p->heads_q + h) * p->n_q + list[r]) * p->d;
        (void)snprintf(where, sizeof where, "%s, row (%d, %d, %d)", name, b, h, list[r]);
        definition_row_create(&row, definition, b, h, list[r]);
        expect_probabilities(wanted.p + r * n_k, &row, where);
        for (int32_t c = 0; c < p->d_v; c++) {
            value_mass(mass, run, &row, b, h, c);
            expect_sum(wanted.o[r * p->d_v + c], row.o[c], mass, P_ERROR, "O", where, c);
        }
        for (int32_t c = 0; c < p->d; c++) {
            expect_sum(wanted.d_q[r * p->d + c], gradients->d_q.sum[first + c],
                       gradients->d_q.mass[first + c], DERIVATIVE_ERROR, "dQ", where, c);
        }
        definition_row_destroy(&row);
    }
    free(list);
    free(wanted.p);
    free(wanted.o);
    free(wanted.d_q);
    mpfr_clear(mass);
}

/* All keys that the tensor has room for, in one call: those beyond the sequence's length see nothing. */
static void expect_keys(const struct run *run, const struct definition_gradients *gradients,
                        int32_t b, int32_t g, const char *name)
{
    const struct sc_problem *p = &run->sample.problem;
    const int32_t room = p->starts_k == NULL ? p->n_k : p->starts_k[b + 1] - p->starts_k[b];
    const struct sc_key_enclosures wanted = {enclosures(room * p->d), enclosures(room * p->d_v)};
    int32_t *list = malloc(((size_t)room + 1) * sizeof *list);
    char where[160];

    for (int32_t r = 0; r < room; r++) {
        list[r] = room - 1 - r;
    }
    cr_assert_eq(tier->keys(run->state, b, g, list, room, &wanted, NULL), SC_OK);
    for (int32_t r = 0; r < room; r++) {
        const int32_t place = (b * p->heads_kv + g) * p->n_k + list[r];
        (void)snprintf(where, sizeof where, "%s, key (%d, %d, %d)", name, b, g, list[r]);
        for (int32_t c = 0; c < p->d; c++) {
            expect_sum(wanted.d_k[r * p->d + c], gradients->d_k.sum[place * p->d + c],
                       gradients->d_k.mass[place * p->d + c], DERIVATIVE_ERROR, "dK", where, c);
        }
        for (int32_t c = 0; c < p->d_v; c++) {
            expect_sum(wanted.d_v[r * p->d_v + c], gradients->d_v.sum[place * p->d_v + c],
                       gradients->d_v.mass[place * p->d_v + c], P_ERROR, "dV", where, c);
        }
    }
    free(list);
    free(wanted.d_k);
    free(wanted.d_v);
}

static void expect_run(const struct run *run, const char *name)
{
    const struct sc_problem *p = &run->sample.problem;
    struct definition definition;
    struct definition_gradients gradients;

    definition_create(&definition, p, run->sample.q, run->sample.k, run->sample.v);
    definition_gradients_create(&gradients, &definition, run->d_o);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            const int32_t n = b * p->heads_q + h;
            struct sc_enclosure d_b = {NAN, NAN};
            expect_rows(run, &definition, &gradients, b, h, name);
            cr_assert_eq(tier->bias(run->state, b, h, &d_b, NULL), SC_OK);
            expect_sum(d_b, gradients.d_b.sum[n], gradients.d_b.mass[n], DERIVATIVE_ERROR, "db",
                       name, n);
        }
        for (int32_t g = 0; g < p->heads_kv; g++) {
            expect_keys(run, &gradients, b, g, name);
        }
    }
    definition_gradients_destroy(&gradients);
    definition_destroy(&definition);
}

/* One value class over all masks. */
static void expect_class(enum sample_values values, bool cancelling_gradients, uint64_t seeds)
{
    char name[96];

    for (int mask = 0; mask < SAMPLE_MASKS; mask++) {
        for (uint64_t seed = 0; seed < seeds; seed++) {
            struct run run;
            (void)snprintf(name, sizeof name, "%s, %s, seed %u", mask_names[mask],
                           value_names[values], (unsigned)seed);
            run_create(&run, (enum sample_mask)mask, values, cancelling_gradients, true, seed);
            expect_run(&run, name);
            run_destroy(&run);
        }
    }
}

Test(integer, encloses_the_definition_on_bf16_values)
{
    expect_class(SAMPLE_BF16, false, 12);
}

Test(integer, encloses_the_definition_on_fp16_values)
{
    expect_class(SAMPLE_FP16, false, 8);
}

Test(integer, encloses_the_definition_on_fp32_values)
{
    expect_class(SAMPLE_FP32, false, 12);
}

Test(integer, encloses_the_definition_on_subnormal_values)
{
    expect_class(SAMPLE_SUBNORMAL, false, 6);
}

Test(integer, encloses_the_definition_on_scales_of_2_to_the_100)
{
    expect_class(SAMPLE_HUGE, false, 8);
}

Test(integer, encloses_the_definition_when_terms_of_2_to_the_254_cancel)
{
    expect_class(SAMPLE_CANCELLING, false, 8);
}

Test(integer, encloses_the_definition_when_terms_of_a_gradient_cancel)
{
    expect_class(SAMPLE_CANCELLING, true, 8);
}

Test(integer, encloses_the_definition_on_integers_and_zeros)
{
    expect_class(SAMPLE_INTEGERS, false, 8);
}

/* A run of given tensors, which it copies. */
static void run_create_plain(struct run *run, struct sc_problem problem, const float *q,
                             const float *k, const float *v, const float *d_o)
{
    static const struct sc_tier_options options = {.precision = 0, .threads = 1, .schedule = NULL};
    const struct sc_layout *layouts[4] = {&problem.q, &problem.k, &problem.v, &problem.o};
    const float *inputs[4] = {q, k, v, d_o};
    float *copies[4];

    for (int32_t n = 0; n < 4; n++) {
        copies[n] = malloc((size_t)layouts[n]->size * sizeof(float));
        memcpy(copies[n], inputs[n], (size_t)layouts[n]->size * sizeof(float));
    }
    *run =
        (struct run){.sample = {.problem = problem, .q = copies[0], .k = copies[1], .v = copies[2]},
                     .d_o = copies[3]};
    cr_assert_eq(sc_problem_check(&run->sample.problem), SC_PROBLEM_OK);
    const struct sc_oracle_values values = {copies[0], copies[1], copies[2], copies[3]};
    cr_assert_eq(tier->create(&run->sample.problem, &values, &options, &run->state, NULL), SC_OK);
}

/* Longer sums than the samples have, with all exponents that keep the scores of order 1. */
Test(integer, encloses_the_definition_of_long_sums)
{
    enum { ROWS = 3, KEYS = 300, CHANNELS = 16, VALUES = 5 };
    static float q[ROWS * CHANNELS], k[KEYS * CHANNELS], v[KEYS * VALUES], d_o[ROWS * VALUES];
    struct sample x = {.state = 1};
    struct run run;

    for (int32_t c = 0; c < ROWS * CHANNELS; c++) {
        q[c] = sample_float(&x, 24, c % CHANNELS * 8 - 62, c % CHANNELS * 8 - 60);
    }
    for (int32_t c = 0; c < KEYS * CHANNELS; c++) {
        k[c] = sample_float(&x, 24, 58 - c % CHANNELS * 8, 62 - c % CHANNELS * 8);
    }
    for (int32_t c = 0; c < KEYS * VALUES; c++) {
        v[c] = sample_float(&x, 24, -149, 127);
    }
    for (int32_t c = 0; c < ROWS * VALUES; c++) {
        d_o[c] = sample_float(&x, 24, -149, 127);
    }
    run_create_plain(&run, plain_problem(ROWS, KEYS, CHANNELS, VALUES), q, k, v, d_o);
    expect_run(&run, "long sums");
    run_destroy(&run);
}

/* The sum of 5000 keys takes 13 bits more than one product, into another limb. */
Test(integer, many_saturated_keys_add_up_to_their_values)
{
    enum { KEYS = 5000 };
    static float k[KEYS], v[KEYS];
    static const float q = 1, d_o = 1;
    const int32_t row = 0;
    struct sc_enclosure o = {NAN, NAN};
    struct run run;

    for (int32_t j = 0; j < KEYS; j++) {
        k[j] = 300;
        v[j] = FLT_MAX;
    }
    run_create_plain(&run, plain_problem(1, KEYS, 1, 1), &q, k, v, &d_o);
    const struct sc_row_enclosures wanted = {NULL, &o, NULL};
    cr_assert_eq(tier->rows(run.state, 0, 0, &row, 1, &wanted, NULL), SC_OK);
    const double most = KEYS * (double)FLT_MAX; /* p < 1, and 1 - p < 2^-400 */
    cr_expect(o.lo == nextafter(most, 0) && o.hi == nextafter(most, HUGE_VAL), "[%a, %a]", o.lo,
              o.hi);
    run_destroy(&run);
}

Test(integer, saturated_scores_are_enclosed_on_both_sides)
{
    static const float scores[] = {40,    -40,  133,     133.9999f, 134,       -134,     135,
                                   -135,  600,  -600,    1.0e4f,    -1.0e4f,   1.0e30f,  -1.0e30f,
                                   88.7f, -104, 3.0e38f, -3.0e38f,  0x1p-149f, -0x1p-30f};
    static const float k = 1, v = -3, d_o = 0.75f;

    for (size_t n = 0; n < sizeof scores / sizeof scores[0]; n++) {
        struct run run;
        char name[48];
        (void)snprintf(name, sizeof name, "s = %g", (double)scores[n]);
        run_create_plain(&run, plain_problem(1, 1, 1, 1), &scores[n], &k, &v, &d_o);
        expect_run(&run, name);
        run_destroy(&run);
    }
}

/* p or 1 - p, and with them O, dV and every gradient, are a few units of 2^-192 up to 2^60 of them. */
Test(integer, tails_are_enclosed_as_closely_as_is_derived)
{
    enum { ROWS = 200 };
    static float q[ROWS], d_o[2 * ROWS];
    static const float k = 1, v[2] = {1.5f, -0x1.23456p-3f};
    struct sample x = {.state = 2};
    struct run run;

    for (int32_t i = 0; i < ROWS; i++) {
        q[i] =
            (i % 3 == 0 ? 1.0f : -1.0f) * (float)sample_integer(&x, 92 << 16, 136 << 16) * 0x1p-16f;
        d_o[2 * i] = sample_ordinary(&x, 24);
        d_o[2 * i + 1] = sample_ordinary(&x, 24);
    }
    run_create_plain(&run, plain_problem(ROWS, 1, 1, 2), q, &k, v, d_o);
    expect_run(&run, "tails");
    run_destroy(&run);
}

/* tau <q, k> of 2^383 at one key and of 0 at the other, which has a dQ of 2^509. */
Test(integer, the_largest_inputs_give_finite_enclosures)
{
    static const float q[2] = {0x1p127f, 0x1p127f},
                       k[4] = {0x1p127f, 0x1p127f, 0x1p127f, -0x1p127f};
    static const float v[2] = {FLT_MAX, -FLT_MAX}, d_o = FLT_MAX;
    struct sc_problem p = plain_problem(1, 2, 2, 1);
    struct run run;

    p.tau = FLT_MAX;
    run_create_plain(&run, p, q, k, v, &d_o);
    expect_run(&run, "largest");
    run_destroy(&run);
}

Test(integer, least_values_give_nonzero_doubles)
{
    static const float q = 1, k = 0x1p-149f, v = 0x1p-149f, d_o = 0x1p-149f;
    struct sc_problem p = plain_problem(1, 1, 1, 1);
    struct run run;
    const int32_t first = 0;
    struct sc_enclosure d_q = {NAN, NAN};

    p.tau = 0x1p-149f;
    run_create_plain(&run, p, &q, &k, &v, &d_o);
    expect_run(&run, "least");
    const struct sc_row_enclosures wanted = {NULL, NULL, &d_q};
    cr_assert_eq(tier->rows(run.state, 0, 0, &first, 1, &wanted, NULL), SC_OK);
    cr_expect(d_q.lo > 0 && d_q.lo <= 0x1p-598 && d_q.hi >= 0x1p-598, "[%a, %a]", d_q.lo, d_q.hi);
    run_destroy(&run);
}

static bool same(const struct sc_enclosure *x, const struct sc_enclosure *y, int32_t count)
{
    return memcmp(x, y, (size_t)count * sizeof *x) == 0;
}

/* A tensor of NaN and infinities with a few rows of another one. */
static float *poisoned(int64_t size)
{
    float *x = malloc((size_t)size * sizeof(float));

    for (int64_t n = 0; n < size; n++) {
        x[n] = n % 3 == 0 ? NAN : (n % 3 == 1 ? INFINITY : -INFINITY);
    }
    return x;
}

static void keep(float *to, const float *from, int64_t offset, int32_t width)
{
    memcpy(to + offset, from + offset, (size_t)width * sizeof(float));
}

/* Row i, or key j where i < 0, of (sequence b, query head h): inputs with nothing but what it sees. */
static void poison_unseen(const struct run *run, const struct definition *definition, int32_t b,
                          int32_t h, int32_t i, int32_t j, float **tensors)
{
    const struct sample *x = &run->sample;
    const struct sc_problem *p = &x->problem;
    const int32_t group = p->heads_q / p->heads_kv;

    tensors[0] = poisoned(p->q.size);
    tensors[1] = poisoned(p->k.size);
    tensors[2] = poisoned(p->v.size);
    tensors[3] = poisoned(p->o.size);
    for (int32_t head = 0; head < p->heads_q; head++) {
        for (int32_t row = 0; row < definition_rows(p, b); row++) {
            for (int32_t key = 0; key < definition_keys(p, b); key++) {
                const bool mine =
                    i >= 0 ? head == h && row == i : head / group == h / group && key == j;
                if (!mine || !definition_sees(definition, b, head, row, key)) {
                    continue;
                }
                keep(tensors[0], x->q, sc_problem_q_row(p, b, head, row), p->d);
                keep(tensors[1], x->k, sc_problem_k_row(p, b, head / group, key), p->d);
                keep(tensors[2], x->v, sc_problem_v_row(p, b, head / group, key), p->d_v);
                keep(tensors[3], run->d_o, sc_problem_o_row(p, b, head, row), p->d_v);
            }
        }
    }
}

/* All that a row gives in one list: p, O, dQ. Or, where i < 0, dK and dV of key j. */
static void compute(void *state, const struct sc_problem *p, int32_t b, int32_t h, int32_t i,
                    int32_t j, struct sc_enclosure *all)
{
    const int32_t n_k = definition_keys(p, b);

    if (i >= 0) {
        const struct sc_row_enclosures wanted = {all, all + n_k, all + n_k + p->d_v};
        cr_assert_eq(tier->rows(state, b, h, &i, 1, &wanted, NULL), SC_OK);
    } else {
        const struct sc_key_enclosures wanted = {all, all + p->d};
        cr_assert_eq(tier->keys(state, b, h / (p->heads_q / p->heads_kv), &j, 1, &wanted, NULL),
                     SC_OK);
    }
}

Test(integer, nan_and_infinity_in_unseen_places_change_no_bit)
{
    int32_t compared = 0;

    for (uint64_t seed = 200; seed < 290; seed++) {
        struct run run;
        struct definition definition;
        run_create(&run, (enum sample_mask)(seed % SAMPLE_MASKS), SAMPLE_FP32, false, false, seed);
        const struct sample *x = &run.sample;
        const struct sc_problem *p = &x->problem;
        const int32_t b = p->batch - 1, h = p->heads_q - 1;
        const int32_t n_k = definition_keys(p, b);
        const int32_t i = seed % 2 == 0 ? definition_rows(p, b) - 1 : -1;
        definition_create(&definition, p, x->q, x->k, x->v);
        if (i >= 0 || (seed % 2 == 1 && n_k > 0)) {
            const int32_t count = i >= 0 ? n_k + p->d_v + p->d : p->d + p->d_v;
            struct sc_enclosure *clean = enclosures(count), *dirty = enclosures(count);
            float *tensors[4];
            void *state = NULL;
            poison_unseen(&run, &definition, b, h, i, n_k - 1, tensors);
            const struct sc_oracle_values values = {tensors[0], tensors[1], tensors[2], tensors[3]};
            const struct sc_tier_options options = {0, 1, NULL};
            cr_assert_eq(tier->create(p, &values, &options, &state, NULL), SC_OK);
            compute(run.state, p, b, h, i, n_k - 1, clean);
            compute(state, p, b, h, i, n_k - 1, dirty);
            cr_expect(same(clean, dirty, count), "%s, seed %u", mask_names[seed % SAMPLE_MASKS],
                      (unsigned)seed);
            compared++;
            tier->destroy(state);
            for (int32_t n = 0; n < 4; n++) {
                free(tensors[n]);
            }
            free(clean);
            free(dirty);
        }
        definition_destroy(&definition);
        run_destroy(&run);
    }
    cr_expect_gt(compared, 50);
}

Test(integer, a_result_does_not_depend_on_what_was_computed_before)
{
    for (uint64_t seed = 300; seed < 340; seed++) {
        struct run used;
        run_create(&used, (enum sample_mask)(seed % SAMPLE_MASKS), SAMPLE_FP32, false, true, seed);
        const struct sample *x = &used.sample;
        const struct sc_problem *p = &x->problem;
        const struct sc_oracle_values values = {x->q, x->k, x->v, used.d_o};
        const struct sc_tier_options options = {0, 1, NULL};
        for (int32_t n = 0; n < 12; n++) {
            const int32_t b = sample_integer(&used.sample, 0, p->batch - 1);
            const int32_t h = sample_integer(&used.sample, 0, p->heads_q - 1);
            const int32_t n_k = definition_keys(p, b);
            const int32_t i = n % 2 == 0 ? definition_rows(p, b) - 1 : -1;
            if (i < 0 && (n % 2 == 0 || n_k == 0)) {
                continue;
            }
            const int32_t count = i >= 0 ? n_k + p->d_v + p->d : p->d + p->d_v;
            struct sc_enclosure *first = enclosures(count), *later = enclosures(count);
            struct sc_enclosure d_b[2];
            void *fresh = NULL;
            cr_assert_eq(tier->create(p, &values, &options, &fresh, NULL), SC_OK);
            compute(fresh, p, b, h, i, n_k - 1, first);
            compute(used.state, p, b, h, i, n_k - 1, later);
            cr_expect(same(first, later, count), "seed %u, case %d", (unsigned)seed, n);
            cr_assert_eq(tier->bias(fresh, b, h, &d_b[0], NULL), SC_OK);
            cr_assert_eq(tier->bias(used.state, b, h, &d_b[1], NULL), SC_OK);
            cr_expect(same(&d_b[0], &d_b[1], 1), "seed %u, case %d: db", (unsigned)seed, n);
            tier->destroy(fresh);
            free(first);
            free(later);
        }
        run_destroy(&used);
    }
}

/* Each output on its own is what it is beside the others, and the forward pass needs no dO. */
Test(integer, what_is_not_wanted_is_not_needed)
{
    static const float q[2] = {1, -0.5f}, k[4] = {0.25f, 2, -1, 3}, v[4] = {5, 6, -7, 8};
    static const float d_o[2] = {1.5f, -2};
    const struct sc_tier_options options = {0, 1, NULL};
    const int32_t first = 0;
    struct sc_enclosure all[6], keys[4], p[2], o[2], d_q[2], d_k[2], d_v[2];
    struct run run;
    void *forward = NULL;

    run_create_plain(&run, plain_problem(1, 2, 2, 2), q, k, v, d_o);
    compute(run.state, &run.sample.problem, 0, 0, 0, 0, all);
    compute(run.state, &run.sample.problem, 0, 0, -1, 0, keys);
    const struct sc_oracle_values values = {q, k, v, NULL};
    cr_assert_eq(tier->create(&run.sample.problem, &values, &options, &forward, NULL), SC_OK);
    const struct sc_row_enclosures rows[3] = {{p, NULL, NULL}, {NULL, o, NULL}, {NULL, NULL, d_q}};
    cr_assert_eq(tier->rows(forward, 0, 0, &first, 1, &rows[0], NULL), SC_OK);
    cr_assert_eq(tier->rows(forward, 0, 0, &first, 1, &rows[1], NULL), SC_OK);
    cr_assert_eq(tier->rows(run.state, 0, 0, &first, 1, &rows[2], NULL), SC_OK);
    cr_expect(same(p, all, 2) && same(o, all + 2, 2) && same(d_q, all + 4, 2));
    const struct sc_key_enclosures columns[2] = {{d_k, NULL}, {NULL, d_v}};
    cr_assert_eq(tier->keys(run.state, 0, 0, &first, 1, &columns[0], NULL), SC_OK);
    cr_assert_eq(tier->keys(run.state, 0, 0, &first, 1, &columns[1], NULL), SC_OK);
    cr_expect(same(d_k, keys, 2) && same(d_v, keys + 2, 2));
    tier->destroy(forward);
    tier->destroy(NULL);
    run_destroy(&run);
}

/* Whether all three functions refuse, with `text` in the message. */
static bool refuses(void *state, const char *text)
{
    const int32_t first = 0;
    struct sc_enclosure x;
    const struct sc_row_enclosures row = {NULL, &x, NULL};
    const struct sc_key_enclosures key = {NULL, &x};
    struct sc_error errors[3] = {{SC_OK, ""}, {SC_OK, ""}, {SC_OK, ""}};

    return tier->rows(state, 0, 0, &first, 1, &row, &errors[0]) == SC_E_UNAVAILABLE &&
           tier->keys(state, 0, 0, &first, 1, &key, &errors[1]) == SC_E_UNAVAILABLE &&
           tier->bias(state, 0, 0, &x, &errors[2]) == SC_E_UNAVAILABLE &&
           strstr(errors[0].text, text) != NULL && strstr(errors[1].text, text) != NULL &&
           strstr(errors[2].text, text) != NULL;
}

Test(integer, refuses_another_floating_point_environment)
{
    static const float one = 1;
    struct run run;

    run_create_plain(&run, plain_problem(1, 1, 1, 1), &one, &one, &one, &one);
    cr_assert_eq(fesetround(FE_UPWARD), 0);
    const bool upward = refuses(run.state, "rounding mode");
    cr_assert_eq(fesetround(FE_TONEAREST), 0);
    cr_expect(upward, "rounding upward");
#if defined(__SSE2__)
    const unsigned control = _mm_getcsr();
    _mm_setcsr(control | 0x8000u); /* flush to zero */
    const bool flushed = refuses(run.state, "flushed");
    _mm_setcsr(control | 0x0040u); /* denormals are zero */
    const bool zeroed = refuses(run.state, "read as zero");
    _mm_setcsr(control);
    cr_expect(flushed, "flush to zero");
    cr_expect(zeroed, "denormals are zero");
#endif
    run_destroy(&run);
}

Test(integer, is_named)
{
    cr_expect_str_eq(tier->name, "integer");
}
