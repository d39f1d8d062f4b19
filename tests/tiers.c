/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/tier.h"

#include "tests/definition.h"
#include "tests/definition_backward.h"
#include "tests/sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define ROOM            256
#define LINES           16 /* rows or keys of a sequence, at most */

static const char *const mask_names[SAMPLE_MASKS] = {
    "full", "causal", "window", "key lengths", "packed", "alibi", "dense", "blocks", "all"};
static const char *const value_names[SAMPLE_VALUES] = {"bf16", "fp16",       "fp32",    "subnormal",
                                                       "huge", "cancelling", "integers"};

/* Tiers that enclose, and how much wider than 2^-width_log2 of the mass an enclosure of ordinary values
 * may be: the mass is what an error of every weight would be multiplied by. */
static const struct {
    const char *name;
    const struct sc_oracle_tier *tier;
    int32_t precision, width_log2;
} ways[] = {{"fp64", &sc_tier_fp64, 0, 38},
            {"arb 53", &sc_tier_arb, 53, 36},
            {"arb 128", &sc_tier_arb, 128, 50},
            {"arb 256", &sc_tier_arb, 256, 50},
            {"integer", &sc_tier_integer, 0, 50}};

/* A sample with a gradient, and what the definition says of it. */
struct expected {
    const struct sample *sample;
    struct definition definition;
    struct definition_gradients gradients;
    char name[96];
    bool ordinary;
};

static void expect(const struct expected *x, int32_t way, const char *what, int32_t n,
                   struct sc_enclosure found, mpfr_srcptr exact, mpfr_srcptr mass)
{
    mpfr_t limit, least, most;

    /* 2^-1950 of the mass is more than what 2000 bits leave out of the definition. */
    mpfr_inits2(DEFINITION_BITS, least, most, (mpfr_ptr)NULL);
    mpfr_mul_2si(most, mass, -1950, MPFR_RNDU);
    mpfr_sub(least, exact, most, MPFR_RNDD);
    mpfr_add(most, exact, most, MPFR_RNDU);
    const bool holds = mpfr_cmp_d(most, found.lo) >= 0 && mpfr_cmp_d(least, found.hi) <= 0;
    mpfr_clears(least, most, (mpfr_ptr)NULL);
    cr_expect(holds && isfinite(found.lo) && isfinite(found.hi),
              "%s, %s: %s %d: [%a, %a], defined %a", x->name, ways[way].name, what, n, found.lo,
              found.hi, mpfr_get_d(exact, MPFR_RNDN));
    if (!x->ordinary) {
        return;
    }
    mpfr_init2(limit, 64);
    mpfr_mul_2si(limit, mass, -ways[way].width_log2, MPFR_RNDU);
    mpfr_add_d(limit, limit, 0x1p-900, MPFR_RNDU);
    cr_expect(mpfr_cmp_d(limit, found.hi - found.lo) >= 0, "%s, %s: %s %d: width %a", x->name,
              ways[way].name, what, n, found.hi - found.lo);
    mpfr_clear(limit);
}

static void expect_zero(const struct expected *x, int32_t way, const char *what,
                        struct sc_enclosure found)
{
    cr_expect(found.lo == 0 && found.hi == 0 && !signbit(found.lo) && !signbit(found.hi),
              "%s, %s: %s sees nothing: [%a, %a]", x->name, ways[way].name, what, found.lo,
              found.hi);
}

static void expect_sums(const struct expected *x, int32_t way, const char *what, int32_t count,
                        const struct sc_enclosure *found, const struct definition_sums *sums,
                        int32_t at)
{
    for (int32_t n = 0; n < count; n++) {
        expect(x, way, what, at + n, found[n], sums->sum[at + n], sums->mass[at + n]);
        if (mpfr_zero_p(sums->mass[at + n]) && found[n].lo == 0) {
            expect_zero(x, way, what, found[n]);
        }
    }
}

static void expect_rows(const struct expected *x, int32_t way, void *state, int32_t b, int32_t h)
{
    const struct sc_problem *p = &x->sample->problem;
    const int32_t n_q = definition_rows(p, b), n_k = definition_keys(p, b);
    struct sc_enclosure weights[ROOM], o[ROOM], d_q[ROOM], d_b;
    const struct sc_row_enclosures wanted = {weights, o, d_q};
    int32_t list[LINES];
    struct sc_error error = {SC_OK, ""};

    for (int32_t i = 0; i < n_q; i++) {
        list[i] = n_q - 1 - i; /* a list in any order */
    }
    cr_assert_eq(ways[way].tier->rows(state, b, h, list, n_q, &wanted, &error), SC_OK, "%s",
                 error.text);
    for (int32_t r = 0; r < n_q; r++) {
        struct definition_row row;
        bool sees = false;
        definition_row_create(&row, &x->definition, b, h, list[r]);
        for (int32_t j = 0; j < n_k; j++) {
            sees = sees || row.visible[j];
            if (row.visible[j]) {
                expect(x, way, "P", j, weights[r * n_k + j], row.p[j], row.p[j]);
                cr_expect(weights[r * n_k + j].lo >= 0 && weights[r * n_k + j].hi <= 1);
            } else {
                expect_zero(x, way, "P", weights[r * n_k + j]);
            }
        }
        for (int32_t c = 0; c < p->d_v; c++) {
            expect(x, way, "O", c, o[r * p->d_v + c], row.o[c], row.mass[c]);
            if (!sees) {
                expect_zero(x, way, "O", o[r * p->d_v + c]);
            }
        }
        expect_sums(x, way, "dQ", p->d, d_q + r * p->d, &x->gradients.d_q,
                    ((b * p->heads_q + h) * p->n_q + list[r]) * p->d);
        for (int32_t c = 0; c < p->d && !sees; c++) {
            expect_zero(x, way, "dQ", d_q[r * p->d + c]);
        }
        definition_row_destroy(&row);
    }
    cr_assert_eq(ways[way].tier->bias(state, b, h, &d_b, &error), SC_OK, "%s", error.text);
    expect_sums(x, way, "db", 1, &d_b, &x->gradients.d_b, b * p->heads_q + h);
}

static void expect_keys(const struct expected *x, int32_t way, void *state, int32_t b, int32_t g)
{
    const struct sc_problem *p = &x->sample->problem;
    const int32_t n_k = definition_keys(p, b);
    struct sc_enclosure d_k[ROOM], d_v[ROOM];
    const struct sc_key_enclosures wanted = {d_k, d_v};
    int32_t list[LINES];
    struct sc_error error = {SC_OK, ""};

    for (int32_t j = 0; j < n_k; j++) {
        list[j] = n_k - 1 - j;
    }
    cr_assert_eq(ways[way].tier->keys(state, b, g, list, n_k, &wanted, &error), SC_OK, "%s",
                 error.text);
    for (int32_t n = 0; n < n_k; n++) {
        const int32_t at = (b * p->heads_kv + g) * p->n_k + list[n];
        expect_sums(x, way, "dK", p->d, d_k + n * p->d, &x->gradients.d_k, at * p->d);
        expect_sums(x, way, "dV", p->d_v, d_v + n * p->d_v, &x->gradients.d_v, at * p->d_v);
    }
}

static void expect_sample(const struct sample *sample, bool ordinary, const char *name)
{
    const struct sc_problem *p = &sample->problem;
    struct expected x = {.sample = sample, .ordinary = ordinary};
    struct sample source = *sample; /* goes on drawing where the sample ended */
    float *d_o = sample_tensor(&source, &p->o, SAMPLE_FP32, SAMPLE_V, p->heads_q, p->n_q, p->d_v);
    const struct sc_oracle_values values = {sample->q, sample->k, sample->v, d_o};

    (void)snprintf(x.name, sizeof x.name, "%s", name);
    definition_create(&x.definition, p, sample->q, sample->k, sample->v);
    definition_gradients_create(&x.gradients, &x.definition, d_o);
    for (int32_t way = 0; way < LIST_SIZE(ways); way++) {
        const struct sc_tier_options options = {ways[way].precision, 1, NULL};
        void *state = NULL;
        struct sc_error error = {SC_OK, ""};
        cr_assert_eq(ways[way].tier->create(p, &values, &options, &state, &error), SC_OK, "%s",
                     error.text);
        for (int32_t b = 0; b < p->batch; b++) {
            for (int32_t h = 0; h < p->heads_q; h++) {
                expect_rows(&x, way, state, b, h);
            }
            for (int32_t g = 0; g < p->heads_kv; g++) {
                expect_keys(&x, way, state, b, g);
            }
        }
        ways[way].tier->destroy(state);
    }
    definition_gradients_destroy(&x.gradients);
    definition_destroy(&x.definition);
    free(d_o);
}

/* One value class over all masks. */
static void expect_class(enum sample_values values, uint64_t seeds, bool ordinary)
{
    char name[96];

    for (int mask = 0; mask < SAMPLE_MASKS; mask++) {
        for (uint64_t seed = 0; seed < seeds; seed++) {
            struct sample x;
            (void)snprintf(name, sizeof name, "%s, %s, seed %u", mask_names[mask],
                           value_names[values], (unsigned)seed);
            sample_create(&x, (enum sample_mask)mask, values, true, seed);
            expect_sample(&x, ordinary, name);
            sample_destroy(&x);
        }
    }
}

Test(tiers, enclose_the_definition_on_bf16_values)
{
    expect_class(SAMPLE_BF16, 6, true);
}

Test(tiers, enclose_the_definition_on_fp16_values)
{
    expect_class(SAMPLE_FP16, 4, false);
}

Test(tiers, enclose_the_definition_on_fp32_values)
{
    expect_class(SAMPLE_FP32, 6, true);
}

Test(tiers, enclose_the_definition_on_subnormal_values)
{
    expect_class(SAMPLE_SUBNORMAL, 4, false);
}

Test(tiers, enclose_the_definition_on_scales_of_2_to_the_100)
{
    expect_class(SAMPLE_HUGE, 4, false);
}

Test(tiers, enclose_the_definition_when_terms_of_2_to_the_254_cancel)
{
    expect_class(SAMPLE_CANCELLING, 4, false);
}

Test(tiers, enclose_the_definition_on_integers_and_zeros)
{
    expect_class(SAMPLE_INTEGERS, 4, true);
}
