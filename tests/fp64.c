/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/tier.h"

#include "tests/plain.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each term of the error bound of reference/oracle/FP64.md on inputs that need it: where the computed
 * value is off by that term and no other covers it. Exact results come from ball arithmetic with exact
 * dot products. */

/* One head of contiguous fp32 tensors, all elements of each row alike until a test says otherwise. */
struct head {
    struct sc_problem problem;
    float *q, *k, *v, *d_o, bias, slope;
};

static void head_create(struct head *x, int32_t n_q, int32_t n_k, int32_t d, int32_t d_v)
{
    *x = (struct head){.bias = 0.0f};
    x->q = calloc((size_t)n_q * (size_t)d, sizeof(float));
    x->k = calloc((size_t)n_k * (size_t)d, sizeof(float));
    x->v = calloc((size_t)n_k * (size_t)d_v, sizeof(float));
    x->d_o = calloc((size_t)n_q * (size_t)d_v, sizeof(float));
    x->problem = plain_problem(n_q, n_k, d, d_v);
}

static void head_destroy(struct head *x)
{
    free(x->q);
    free(x->k);
    free(x->v);
    free(x->d_o);
}

static void set(float *x, int32_t count, float value)
{
    for (int32_t n = 0; n < count; n++) {
        x[n] = value;
    }
}

/* The results for row 0 and key 0: P of key 0, O, dQ, dK, dV of channel 0, and db. */
enum { P, O, D_Q, D_K, D_V, D_B, RESULTS };

static const char *const names[RESULTS] = {"P", "O", "dQ", "dK", "dV", "db"};

static void get(struct head *x, const struct sc_oracle_tier *tier,
                struct sc_enclosure results[RESULTS])
{
    const struct sc_oracle_values values = {x->q, x->k, x->v, x->d_o};
    const struct sc_tier_options options = {256, 1, NULL};
    const struct sc_problem *p = &x->problem;
    const int32_t zero = 0;
    struct sc_enclosure *weights = calloc((size_t)p->n_k, sizeof *weights);
    struct sc_enclosure *wide = calloc(4 * (size_t)(p->d + p->d_v), sizeof *wide);
    const struct sc_row_enclosures rows = {weights, wide, wide + p->d_v};
    const struct sc_key_enclosures keys = {wide + p->d_v + p->d, wide + p->d_v + 2 * p->d};
    struct sc_error error = {SC_OK, ""};
    void *state = NULL;

    x->problem.bias = &x->bias;
    x->problem.slopes = x->slope != 0.0f ? &x->slope : NULL;
    cr_assert_eq(tier->create(p, &values, &options, &state, &error), SC_OK, "%s", error.text);
    cr_assert_eq(tier->rows(state, 0, 0, &zero, 1, &rows, &error), SC_OK, "%s", error.text);
    cr_assert_eq(tier->keys(state, 0, 0, &zero, 1, &keys, &error), SC_OK, "%s", error.text);
    cr_assert_eq(tier->bias(state, 0, 0, &results[D_B], &error), SC_OK, "%s", error.text);
    results[P] = weights[0];
    results[O] = rows.o[0];
    results[D_Q] = rows.d_q[0];
    results[D_K] = keys.d_k[0];
    results[D_V] = keys.d_v[0];
    tier->destroy(state);
    free(wide);
    free(weights);
}

/* Demands that the enclosures hold the exact results, and that the one of interest is off by more than
 * `part` of its radius: the input exercises what it claims to. */
static void expect(struct head *x, int result, double part)
{
    struct sc_enclosure found[RESULTS], exact[RESULTS];

    get(x, &sc_tier_fp64, found);
    get(x, &sc_tier_arb, exact);
    for (int r = 0; r < RESULTS; r++) {
        cr_expect(found[r].lo <= exact[r].lo && exact[r].hi <= found[r].hi,
                  "%s: [%a, %a], exact [%a, %a]", names[r], found[r].lo, found[r].hi, exact[r].lo,
                  exact[r].hi);
    }
    const double middle = found[result].lo + (found[result].hi - found[result].lo) / 2;
    const double radius = (found[result].hi - found[result].lo) / 2;
    const double off = fmax(exact[result].hi - middle, middle - exact[result].lo);
    cr_expect(off > part * radius, "%s is only off by %g of its radius", names[result],
              off / radius);
    head_destroy(x);
}

/* 1 and then 255 terms of less than half an ulp: a sum in order loses all of them. OpenBLAS has up to eight sums at a time,
 * by the processor, of which one has the 1: an eighth is lost at least. */
Test(fp64, rounding_of_a_sum_over_keys)
{
    struct head x;

    head_create(&x, 1, 256, 1, 1); /* p = 1/2 exactly */
    set(x.v, 256, 0x1.8p-54f);
    x.v[0] = 1.0f;
    expect(&x, O, 0.05);
}

Test(fp64, rounding_of_a_sum_over_rows)
{
    struct head x;

    head_create(&x, 256, 1, 1, 1);
    set(x.d_o, 256, 0x1.8p-54f);
    x.d_o[0] = 1.0f;
    expect(&x, D_V, 0.05);
}

/* 2^30 + 3/10 - 2^30: the low bits of 3/10 are lost, so that its error is far above the rounding of
 * what follows. */
static void cancel(struct head *x, float size, float rest)
{
    head_create(x, 1, 1, 3, 1);
    set(x->q, 3, 1.0f);
    x->k[0] = size;
    x->k[1] = rest;
    x->k[2] = -size;
    x->v[0] = 1.0f;
    x->d_o[0] = 1.0f;
}

Test(fp64, rounding_of_a_score)
{
    struct head x;

    cancel(&x, 0x1p30f, 0.3f);
    expect(&x, P, 0.02);
}

Test(fp64, rounding_of_a_score_in_the_derivative)
{
    struct head x;

    cancel(&x, 0x1p30f, 0.7f);
    expect(&x, D_Q, 0.01);
}

/* And within <dO, v>. */
Test(fp64, rounding_of_the_gradient_by_a_weight)
{
    struct head x;

    head_create(&x, 1, 1, 1, 3);
    x.k[0] = 1.0f;
    set(x.d_o, 3, 1.0f);
    x.v[0] = 0x1p30f;
    x.v[1] = 0.3f;
    x.v[2] = -0x1p30f;
    expect(&x, D_Q, 0.02);
}

/* tau <q, k> = 1/10 or so is added to 2^20 + 1/4 and loses its low bits, before ALiBi takes 2^20 away. */
Test(fp64, a_bias_that_alibi_cancels)
{
    struct head x;

    head_create(&x, 1, 2, 1, 1); /* key 0 is at distance 1 */
    x.q[0] = 0x1.99999ap-4f;
    x.k[0] = 0x1.000002p0f;
    x.bias = 0x1p20f + 0.25f;
    x.slope = 0x1p20f;
    x.v[0] = 1.0f;
    expect(&x, P, 0.02);
}

/* A product of 2^24 that the bias cancels: its own rounding is charged at its size. */
Test(fp64, a_product_that_the_bias_cancels)
{
    struct head x;

    head_create(&x, 1, 1, 1, 1);
    x.q[0] = 0x1.a3b5c6p12f;
    x.k[0] = 0x1.5d2f1ap12f;
    x.problem.tau = 0x1.1f3578p0f;
    x.bias = -(float)((double)x.problem.tau * ((double)x.q[0] * (double)x.k[0]));
    x.v[0] = 1.0f;
    expect(&x, P, 0.02);
}

/* What is added to 2^60 is rounded to its last place: 30 is lost and p is about 1, not 1/2. */
Test(fp64, a_score_that_is_wholly_uncertain)
{
    struct head x;

    cancel(&x, 0x1p60f, 30.0f);
    expect(&x, P, 0.4);
}

/* 2^57 + 17 - 2^57 is computed as 32: saturated, it seems, and in truth e^-17 from the end. */
Test(fp64, an_uncertain_score_that_looks_saturated)
{
    struct head x;

    cancel(&x, 0x1p57f, 17.0f);
    expect(&x, P, 0x1p-30);
    cancel(&x, 0x1p57f, -17.0f);
    expect(&x, P, 0x1p-30);
}

/* Scores of 51 that are known to within 8: both tails stay small, and the bound must see how much. */
Test(fp64, a_saturated_score_that_is_uncertain)
{
    struct head x;

    cancel(&x, 0x1p55f, 51.0f);
    expect(&x, P, 0.0);
    cancel(&x, 0x1p55f, -51.0f);
    expect(&x, P, 0.0);
}

/* Beyond +-700 the smaller side of the sigmoid is cut off. */
Test(fp64, a_score_beyond_the_cut)
{
    struct head x;

    head_create(&x, 1, 1, 1, 1);
    x.q[0] = 1.0f;
    x.k[0] = -704.0f;
    x.v[0] = 1.0f;
    x.d_o[0] = 1.0f;
    expect(&x, P, 0.0);
}

/* 64 products of 2^-1075 or a little less, each of which becomes 0. */
Test(fp64, underflow_of_products_with_values)
{
    struct head x;

    head_create(&x, 1, 64, 1, 1);
    x.q[0] = 1.0f;
    set(x.k, 64, -642.1f); /* p = 2^-926.4 */
    set(x.v, 64, 0x1p-149f);
    expect(&x, O, 0.05);
}

/* p (1 - p) <dO, v> underflows, and a key of 2^127 brings it back. */
Test(fp64, underflow_of_a_gradient_before_a_large_key)
{
    struct head x;

    head_create(&x, 1, 1, 2, 1);
    x.q[1] = 1.0f;
    x.k[0] = 0x1p127f;
    x.k[1] = -642.1f;
    x.v[0] = 0x1p-100f;
    x.d_o[0] = 0x1p-49f;
    expect(&x, D_Q, 0.0);
}

/* A thousand tiles, each lost when it is added to the first one in plain fp64. */
Test(fp64, rounding_of_a_sum_of_tiles)
{
    struct head x;
    const int32_t n = 1000 * 256;

    head_create(&x, 1, n, 1, 1);
    for (int32_t j = 256; j < n; j += 256) {
        x.v[j] = 0x1.8p-53f;
    }
    x.v[0] = 2.0f;
    expect(&x, O, 0.0);
}
