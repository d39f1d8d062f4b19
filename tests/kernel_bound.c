/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/kernel_bound.h"

#include "kernels/emulator/special.h"
#include "reference/oracle/rounded_sigmoid.h"
#include "reference/sigmoid.h"
#include "tests/kernel_judge.h"
#include "tests/plain.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

typedef enum sc_status generator(uint64_t seed, struct sc_case *built, struct sc_error *error);

/* Adds the cases of `count` seeds to the tallies of their classes. */
static void judge_seeds(generator *generate, uint64_t count,
                        struct kernel_tally tallies[SC_GENERATE_CLASSES][KERNEL_OUTPUTS])
{
    for (uint64_t seed = 0; seed < count; seed++) {
        struct sc_random random = {seed};
        struct sc_error error = {SC_OK, ""};
        struct sc_case c;
        cr_assert_eq(generate(seed, &c, &error), SC_OK, "%s", error.text);
        const struct sc_kernel_arithmetic arithmetic = kernel_arithmetic(&c.problem, &random);
        const int32_t stride = c.problem.n_q * c.problem.n_k > 600 ? 97 : 5;
        cr_assert(kernel_judge_case(&c, &arithmetic, stride, tallies[c.values], &error),
                  "seed %llu: %s", (unsigned long long)seed, error.text);
        for (int32_t output = 0; output < KERNEL_OUTPUTS; output++) {
            cr_assert_eq(tallies[c.values][output].failed, 0,
                         "seed %llu (%s, %s): %s is %g times its bound", (unsigned long long)seed,
                         sc_generate_values_name(c.values), sc_generate_mask_name(c.mask),
                         kernel_output_names[output], tallies[c.values][output].worst);
        }
        sc_generate_destroy(&c);
    }
}

/* Every core, score and format of P, activations at the ends of their limits; and the bound is not
 * far above what they reach. */
Test(kernel_bound, predicted_outputs_keep_their_bound_and_come_near_it)
{
    static struct kernel_tally tallies[SC_GENERATE_CLASSES][KERNEL_OUTPUTS];

    judge_seeds(sc_generate_case, 480, tallies);
    judge_seeds(sc_generate_hostile, 960, tallies);
    for (int32_t values = 0; values < SC_GENERATE_CLASSES; values++) {
        for (int32_t output = 0; output < KERNEL_OUTPUTS; output++) {
            const struct kernel_tally *tally = &tallies[values][output];
            cr_expect_gt(tally->passed, 500, "%s, %s: %lld elements",
                         sc_generate_values_name((enum sc_generate_values)values),
                         kernel_output_names[output], (long long)tally->passed);
            cr_expect(tally->worst >= 0.3 || values >= SC_GENERATE_VALUES, "%s, %s: at most %g",
                      sc_generate_values_name((enum sc_generate_values)values),
                      kernel_output_names[output], tally->worst);
        }
    }
}

static void shuffle(float *terms, int32_t count, struct sc_random *random)
{
    for (int32_t n = count - 1; n > 0; n--) {
        const int32_t other = sc_random_int(random, 0, n);
        const float term = terms[n];
        terms[n] = terms[other];
        terms[other] = term;
    }
}

/* Leaves out a term that is not zero. */
static void drop_one(float *terms, int32_t count, struct sc_random *random)
{
    const int32_t start = sc_random_int(random, 0, count > 0 ? count - 1 : 0);

    for (int32_t n = 0; n < count; n++) {
        float *term = &terms[(start + n) % count];
        if (*term != 0.0f) {
            *term = 0.0f;
            return;
        }
    }
}

/* Adds db of all heads of a case, in orders that are drawn, to the tallies of the orders.
 *   kernel  the problem as the kernel has it
 *   drop    whether a pair is left out */
static void judge_bias(const struct sc_case *c, const struct sc_problem *kernel, bool drop,
                       struct sc_random *random, struct kernel_tally tallies[KERNEL_ORDERS])
{
    const struct sc_oracle_values values = {c->q, c->k, c->v, c->d_o};
    struct sc_kernel_arithmetic arithmetic = kernel_arithmetic(&c->problem, random);
    struct sc_error error = {SC_OK, ""};
    struct kernel_judge judge;

    arithmetic.schedule.core = SC_CORE_FMA;
    cr_assert(kernel_judge_create(&judge, &c->problem, &values, &arithmetic, &c->problem,
                                  &arithmetic.schedule, NULL, &error),
              "%s", error.text);
    for (int32_t n = 0; n < c->problem.batch * c->problem.heads_q; n++) {
        const int32_t b = n / c->problem.heads_q, h = n % c->problem.heads_q;
        const int32_t pairs = sc_problem_rows(kernel, b) * sc_problem_keys(kernel, b);
        const enum kernel_order order =
            (enum kernel_order)sc_random_int(random, 0, KERNEL_ORDERS - 1);
        float *terms = kernel_score_gradients(kernel, &values, &arithmetic.schedule, b, h);
        cr_assert_not_null(terms);
        if (sc_random_int(random, 0, 1) == 1) {
            shuffle(terms, pairs, random);
        }
        if (drop) {
            drop_one(terms, pairs, random);
        }
        cr_assert(kernel_judge_bias(&judge, b, h, kernel_sum_of(terms, pairs, order, random),
                                    &tallies[order], &error),
                  "%s", error.text);
        free(terms);
    }
    kernel_judge_destroy(&judge);
}

static void judge_bias_seeds(generator *generate, uint64_t count,
                             struct kernel_tally tallies[SC_GENERATE_CLASSES][KERNEL_ORDERS])
{
    for (uint64_t seed = 0; seed < count; seed++) {
        struct sc_random random = {seed};
        struct sc_error error = {SC_OK, ""};
        struct sc_case c;
        cr_assert_eq(generate(seed, &c, &error), SC_OK, "%s", error.text);
        judge_bias(&c, &c.problem, false, &random, tallies[c.values]);
        for (int32_t order = 0; order < KERNEL_ORDERS; order++) {
            cr_assert_eq(tallies[c.values][order].failed, 0,
                         "seed %llu (%s, %s): db is %g times its bound", (unsigned long long)seed,
                         sc_generate_values_name(c.values), sc_generate_mask_name(c.mask),
                         tallies[c.values][order].worst);
        }
        sc_generate_destroy(&c);
    }
}

Test(kernel_bound, db_in_any_order_keeps_its_bound_and_comes_near_it)
{
    static struct kernel_tally tallies[SC_GENERATE_CLASSES][KERNEL_ORDERS];

    judge_bias_seeds(sc_generate_case, 480, tallies);
    judge_bias_seeds(sc_generate_hostile, 480, tallies);
    for (int32_t values = 0; values < SC_GENERATE_CLASSES; values++) {
        const char *name = sc_generate_values_name((enum sc_generate_values)values);
        for (int32_t order = 0; order < KERNEL_ORDERS; order++) {
            const struct kernel_tally *tally = &tallies[values][order];
            cr_expect_gt(tally->passed, 20, "%s, order %d: %lld sums", name, order,
                         (long long)tally->passed);
            cr_expect(tally->unjudged == 0 || values >= SC_GENERATE_VALUES,
                      "%s: %lld sums not judged", name, (long long)tally->unjudged);
            cr_expect(tally->worst >= 0.3 || values >= SC_GENERATE_VALUES,
                      "%s, order %d: at most %g", name, order, tally->worst);
        }
    }
}

/* sc_rounded_sigmoid: the least error that an activation may have. */
static const struct sc_activation_error rounded_sigmoid = {{{HUGE_VAL, 0x1.0001p-24}}, 0x1p-150};

/* One that is far worse from a score of 5 on. */
static const struct sc_activation_error steep = {{{5, 0x1p-23}, {HUGE_VAL, 0x1p-8}}, 0x1p-150};

/* One that is twice the sigmoid at 0. */
static const struct sc_activation_error doubled = {{{HUGE_VAL, 1}}, 0};

static float doubled_sigmoid(float s)
{
    return s == 0.0f ? 1.0f : sc_rounded_sigmoid(s);
}

#define HARD_KEYS     129
#define HARD_CHANNELS 16

/* One row. */
struct hard {
    struct sc_problem problem;
    struct sc_kernel_arithmetic arithmetic;
    float bias, q[HARD_CHANNELS], d_o[HARD_CHANNELS];
    float k[HARD_KEYS * HARD_CHANNELS], v[HARD_KEYS * HARD_CHANNELS];
};

static void hard_create(struct hard *x, int32_t n_k, int32_t width)
{
    memset(x, 0, sizeof *x);
    x->problem = plain_problem(1, n_k, width, width);
    x->problem.bias = &x->bias;
    x->arithmetic = (struct sc_kernel_arithmetic){
        .schedule = {SC_CORE_FMA, SC_SCORE_FUSED, SC_FORMAT_FP32, 0, sc_rounded_sigmoid},
        .activation = &rounded_sigmoid};
}

static void hard_half(struct hard *x)
{
    x->problem.format_in = SC_FORMAT_FP16;
    x->arithmetic.schedule.core = SC_CORE_H100;
    x->arithmetic.schedule.format_p = SC_FORMAT_FP16;
}

/* Two products that cancel and align the other fourteen away. */
static void hard_cancelling(float *x, float *y)
{
    for (int32_t c = 0; c < 16; c++) {
        x[c] = c == 0 ? 0x1p-24f : c == 1 ? -0x1p-24f : 0x1p-14f;
        y[c] = c < 2 ? 0x1p15f : 0x1.ffcp-11f;
    }
}

static void hard_score_floor(struct hard *x)
{
    hard_create(x, 1, 16);
    hard_half(x);
    x->problem.tau = 0x1p14f;
    hard_cancelling(x->q, x->k);
    for (int32_t c = 0; c < 16; c++) {
        x->v[c] = 1.0f;
    }
}

static void hard_gradient_floor(struct hard *x)
{
    hard_create(x, 1, 16);
    hard_half(x);
    hard_cancelling(x->d_o, x->v);
    for (int32_t c = 0; c < 16; c++) {
        x->k[c] = 1.0f;
    }
}

/* p v = 2^-25 beside fifteen products of 255 * 2^-48: what is aligned to 2^-40 is lost. */
static void hard_sum_floor(struct hard *x)
{
    hard_create(x, 16, 2);
    hard_half(x);
    x->q[0] = 1.0f;
    x->q[1] = 0x1p-4f;
    for (int32_t j = 0; j < 16; j++) {
        x->k[2 * j] = j == 0 ? 0x1.f8p-11f : -11.09375f;
        x->k[2 * j + 1] = j == 0 ? 0.0f : 0x1.608p-7f;
        x->v[2 * j] = 0x1p-24f;
        x->v[2 * j + 1] = 0x1p-24f;
    }
}

/* The score is -4 and computed as 0, dP is 0 and computed as -2^-24. */
static void hard_second_order(struct hard *x)
{
    hard_create(x, 1, 3);
    x->bias = -0x1p28f;
    x->q[0] = 16386.0f;
    x->k[0] = 16382.0f;
    x->d_o[0] = 0x1.001p0f;
    x->d_o[1] = -1.0f;
    x->d_o[2] = -0x1p-12f;
    x->v[0] = 0x1.001p0f;
    x->v[1] = 0x1.002p0f;
    x->v[2] = 0x1p-12f;
}

/* A score a little below 5 is rounded to 5. */
static void hard_activation_reach(struct hard *x)
{
    hard_create(x, 1, 1);
    x->arithmetic.activation = &steep;
    x->arithmetic.schedule.activation = kernel_displaced;
    kernel_activation_limits = &steep;
    kernel_activation_displacement = KERNEL_LOWEST;
    x->q[0] = 1.0f;
    x->k[0] = 0x1.8p-22f;
    x->v[0] = 1.0f;
    x->bias = 5.0f - 0x1p-21f;
}

/* Sixteen products a little below 2^-150, each rounded to 0. */
static void hard_lost(float *x, float *y)
{
    for (int32_t c = 0; c < 16; c++) {
        x[c] = 0x1p-75f;
        y[c] = 0x1.fcp-76f;
    }
}

static void hard_score_underflow(struct hard *x)
{
    hard_create(x, 1, 16);
    x->problem.tau = 0x1p127f;
    hard_lost(x->q, x->k);
    x->v[0] = 1.0f;
}

static void hard_product_underflow(struct hard *x)
{
    hard_create(x, 1, 16);
    hard_lost(x->d_o, x->v);
    x->k[0] = 0x1p100f;
}

/* dS = 2^-150 is rounded to 0. */
static void hard_gradient_underflow(struct hard *x)
{
    hard_create(x, 1, 1);
    x->k[0] = 0x1p100f;
    x->v[0] = 0x1p-148f;
    x->d_o[0] = 1.0f;
}

/* Additions that round up, of weights that are twice the exact ones. */
static void hard_computed_weights(struct hard *x)
{
    hard_create(x, 3, 1);
    x->arithmetic.activation = &doubled;
    x->arithmetic.schedule.activation = doubled_sigmoid;
    x->v[0] = 1.0f;
    x->v[1] = 0x1.004p-24f;
    x->v[2] = 0x1.004p-24f;
}

static void hard_parts(struct hard *x)
{
    hard_create(x, 33, 1);
    x->arithmetic.schedule.split_keys = 16;
    x->bias = 0x1.a71c5ep-4f;
    x->v[0] = 0x1.816d16p0f;
    x->v[16] = 0x1.dabceap0f;
    x->v[32] = 0x1.5ed19p0f;
}

/* One key, one channel: tau, b, q, k, v, dO. */
static void hard_scalars(struct hard *x, const float *values)
{
    hard_create(x, 1, 1);
    x->problem.tau = values[0];
    x->bias = values[1];
    x->q[0] = values[2];
    x->k[0] = values[3];
    x->v[0] = values[4];
    x->d_o[0] = values[5];
}

static void hard_scale(struct hard *x)
{
    static const float values[] = {0x1.0f16f4p0f, -0x1.709fd2p3f, 0x1.346ef6p0f,
                                   0x1.1e9a42p3f, 0x1.001542p0f,  0x1.0001bcp0f};

    hard_scalars(x, values);
    x->arithmetic.schedule.score = SC_SCORE_SEPARATE;
}

static void hard_preloaded(struct hard *x)
{
    static const float values[] = {0x1.39f228p0f, -0x1.44af38p5f, 0x1.68f78p-2f,
                                   0x1.51b264p3f, 0x1.0086bep0f,  0x1.007bbcp0f};

    hard_scalars(x, values);
    x->arithmetic.schedule.score = SC_SCORE_PRELOADED;
}

static void hard_derivative(struct hard *x)
{
    static const float values[] = {0x1.1bdcd8p0f, -0x1.cfb31p-9f, 0.0f,
                                   0x1.09131ep0f, 0x1.0c9f8ap0f,  0x1.01ff34p0f};

    hard_scalars(x, values);
}

static void hard_gradient(struct hard *x)
{
    static const float values[] = {0x1.00924ap0f, 0x1.9053c4p-8f, 0.0f,
                                   0x1.0c2dfcp0f, 0x1.018a0cp0f,  0x1.01d702p0f};

    hard_scalars(x, values);
}

static void hard_output_scale(struct hard *x)
{
    static const float values[] = {0x1.02bff2p0f, 0x1.37bfa2p-6f, 0.0f,
                                   0x1.090498p0f, 0x1.00131ap0f,  0x1.0a8654p0f};

    hard_scalars(x, values);
}

/* Found by hill climbing, or built: without the term in the name the bound would be less than the
 * error, which reaches `least` of the bound as it is. */
Test(kernel_bound, each_rare_term_is_needed)
{
    static const struct {
        const char *name;
        void (*create)(struct hard *x);
        enum kernel_output output;
        double least;
    } rows[] = {
        {"subnormal factors of a score", hard_score_floor, KERNEL_O, 0.33},
        {"subnormal factors of dP", hard_gradient_floor, KERNEL_D_Q, 0.31},
        {"subnormal factors of O", hard_sum_floor, KERNEL_O, 0.85},
        {"underflow in a score", hard_score_underflow, KERNEL_O, 0.88},
        {"underflow in dP", hard_product_underflow, KERNEL_D_Q, 0.75},
        {"underflow of dS", hard_gradient_underflow, KERNEL_D_Q, 0.75},
        {"error of weights in a sum", hard_computed_weights, KERNEL_O, 0.9999},
        {"e_g D", hard_second_order, KERNEL_D_Q, 0.02},
        {"relative error at |s| + delta", hard_activation_reach, KERNEL_O, 0.99},
        {"rounding of a sum of parts", hard_parts, KERNEL_O, 0.50},
        {"rounding of tau a", hard_scale, KERNEL_O, 0.59},
        {"rounding of b / tau", hard_preloaded, KERNEL_O, 0.69},
        {"rounding of p - p^2", hard_derivative, KERNEL_D_Q, 0.80},
        {"rounding of g dP", hard_gradient, KERNEL_D_Q, 0.81},
        {"rounding of tau times dQ", hard_output_scale, KERNEL_D_Q, 0.80},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct kernel_tally tally[KERNEL_OUTPUTS] = {{0, 0, 0, 0}};
        struct sc_error error = {SC_OK, ""};
        struct kernel_judge judge;
        struct hard x;
        rows[r].create(&x);
        const struct sc_oracle_values values = {x.q, x.k, x.v, x.d_o};
        cr_assert(kernel_judge_create(&judge, &x.problem, &values, &x.arithmetic, &x.problem,
                                      &x.arithmetic.schedule, tally, &error),
                  "%s: %s", rows[r].name, error.text);
        cr_assert(kernel_judge_row(&judge, 0, 0, 0, &error), "%s: %s", rows[r].name, error.text);
        kernel_judge_destroy(&judge);
        cr_expect_eq(tally[rows[r].output].failed, 0, "%s", rows[r].name);
        cr_expect_geq(tally[rows[r].output].worst, rows[r].least, "%s: %g", rows[r].name,
                      tally[rows[r].output].worst);
    }
}

/* A term of 1/4, then 128 that are each half an ulp of it, and lost. */
static void hard_additions(struct hard *x)
{
    hard_create(x, HARD_KEYS, 1);
    x->d_o[0] = 1.0f;
    for (int32_t j = 0; j < HARD_KEYS; j++) {
        x->v[j] = j == 0 ? 1.0f : 0x1p-24f;
    }
}

/* Weights of 2^-42 that are twice the exact ones, and additions that round up. */
static void hard_computed_terms(struct hard *x)
{
    hard_create(x, HARD_KEYS, 1);
    x->arithmetic.activation = &doubled;
    x->arithmetic.schedule.activation = kernel_displaced;
    kernel_activation_limits = &doubled;
    kernel_activation_displacement = KERNEL_HIGHEST;
    x->bias = -0x1.dce29ep4f; /* a little more than -43 log 2 */
    x->d_o[0] = 1.0f;
    for (int32_t j = 0; j < HARD_KEYS; j++) {
        x->v[j] = j == 0 ? 1.0f : 0x1.004p-24f;
    }
}

Test(kernel_bound, each_term_of_the_bound_of_db_is_needed)
{
    static const struct {
        const char *name;
        void (*create)(struct hard *x);
        double least;
    } rows[] = {
        {"additions", hard_additions, 0.97},
        {"error of dS in a sum", hard_computed_terms, 0.9999},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct kernel_tally tally = {0, 0, 0, 0};
        struct sc_error error = {SC_OK, ""};
        struct kernel_judge judge;
        float terms[HARD_KEYS];
        struct hard x;
        rows[r].create(&x);
        const struct sc_oracle_values values = {x.q, x.k, x.v, x.d_o};
        for (int32_t j = 0; j < HARD_KEYS; j++) {
            terms[j] =
                kernel_score_gradient(&x.problem, &values, &x.arithmetic.schedule, 0, 0, 0, j);
        }
        const struct kernel_sum sum = kernel_sum_of(terms, HARD_KEYS, KERNEL_ASCENDING, NULL);
        cr_expect_eq(sum.additions, HARD_KEYS - 1);
        cr_assert(kernel_judge_create(&judge, &x.problem, &values, &x.arithmetic, &x.problem,
                                      &x.arithmetic.schedule, NULL, &error) &&
                      kernel_judge_bias(&judge, 0, 0, sum, &tally, &error),
                  "%s: %s", rows[r].name, error.text);
        kernel_judge_destroy(&judge);
        cr_expect_eq(tally.passed, 1, "%s", rows[r].name);
        cr_expect_geq(tally.worst, rows[r].least, "%s: %.17g", rows[r].name, tally.worst);
    }
}

/* What is wrong in a kernel. */
enum fault {
    FAULT_NONE,
    FAULT_TAU,        /* 2^-6 more */
    FAULT_BIAS,       /* 1/16 more */
    FAULT_BAND,       /* one key more to the right */
    FAULT_SLOPES,     /* half of them */
    FAULT_ACTIVATION, /* three times as far off as declared */
    FAULT_FORMAT      /* P' and dS' in bf16, declared as fp16 */
};

static void judge_faulty(const struct sc_case *c, enum fault fault, struct sc_random *random,
                         struct kernel_tally *tally)
{
    const struct sc_oracle_values values = {c->q, c->k, c->v, c->d_o};
    struct sc_kernel_arithmetic arithmetic = kernel_arithmetic(&c->problem, random);
    struct sc_activation_error limits = *arithmetic.activation;
    struct sc_problem kernel = c->problem;
    float bias[16], slopes[16];
    struct sc_error error = {SC_OK, ""};
    struct kernel_judge judge;

    for (int32_t h = 0; h < c->problem.heads_q || h < c->problem.batch; h++) {
        bias[h] =
            sc_problem_bias(&c->problem, h % c->problem.batch, h % c->problem.heads_q) + 0x1p-4f;
        slopes[h] = c->problem.slopes == NULL ? 0.0f : 0.5f * c->slopes[h % c->problem.heads_q];
    }
    kernel.tau *= fault == FAULT_TAU ? 1.0f + 0x1p-6f : 1.0f;
    kernel.bias = fault == FAULT_BIAS ? bias : kernel.bias;
    kernel.right += fault == FAULT_BAND ? 1 : 0;
    kernel.slopes = fault == FAULT_SLOPES ? slopes : kernel.slopes;
    if (fault == FAULT_ACTIVATION || fault == FAULT_FORMAT) {
        arithmetic.schedule.core = SC_CORE_FMA;
        arithmetic.schedule.format_p = fault == FAULT_FORMAT ? SC_FORMAT_FP16 : SC_FORMAT_FP32;
    }
    struct sc_schedule computed = arithmetic.schedule;
    computed.format_p = fault == FAULT_FORMAT ? SC_FORMAT_BF16 : computed.format_p;
    for (int32_t r = 0; r < SC_ACTIVATION_ROWS; r++) {
        limits.rows[r].relative *= fault == FAULT_ACTIVATION ? 3.0 : 1.0;
    }
    kernel_activation_limits = &limits;
    cr_assert(kernel_judge_create(&judge, &c->problem, &values, &arithmetic, &kernel, &computed,
                                  tally, &error) &&
                  kernel_judge_all(&judge, 5, &error),
              "%s", error.text);
    kernel_judge_destroy(&judge);
}

Test(kernel_bound, planted_faults_fail_in_every_output)
{
    static const struct {
        const char *name;
        enum fault fault;
        enum sc_generate_mask mask;
    } rows[] = {
        {"tau", FAULT_TAU, SC_GENERATE_FULL},
        {"bias", FAULT_BIAS, SC_GENERATE_FULL},
        {"next key seen", FAULT_BAND, SC_GENERATE_CAUSAL},
        {"ALiBi", FAULT_SLOPES, SC_GENERATE_ALIBI},
        {"activation", FAULT_ACTIVATION, SC_GENERATE_FULL},
        {"format of P and dS", FAULT_FORMAT, SC_GENERATE_FULL},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct kernel_tally right[KERNEL_OUTPUTS] = {{0, 0, 0, 0}},
                            wrong[KERNEL_OUTPUTS] = {{0, 0, 0, 0}};
        for (uint64_t n = 0; n < 24; n++) {
            struct sc_random random = {n}, again = {n};
            struct sc_error error;
            struct sc_case c;
            cr_assert_eq(sc_generate_case((uint64_t)rows[r].mask + 48 * n, &c, &error), SC_OK);
            judge_faulty(&c, FAULT_NONE, &random, right);
            judge_faulty(&c, rows[r].fault, &again, wrong);
            sc_generate_destroy(&c);
        }
        for (int32_t output = 0; output < KERNEL_OUTPUTS; output++) {
            cr_expect_eq(right[output].failed, 0, "%s, %s", rows[r].name,
                         kernel_output_names[output]);
            cr_expect_gt(wrong[output].failed, 0, "%s: %s passes", rows[r].name,
                         kernel_output_names[output]);
        }
    }
}

Test(kernel_bound, planted_faults_of_db_fail)
{
    static const struct {
        const char *name;
        bool drop;
        float slope; /* times it */
        enum sc_generate_mask mask;
    } rows[] = {
        {"a pair left out", true, 1.0f, SC_GENERATE_CAUSAL},
        {"ALiBi", false, 1.0f + 0x1p-6f, SC_GENERATE_ALIBI},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct kernel_tally right[KERNEL_ORDERS] = {{0, 0, 0, 0}},
                            wrong[KERNEL_ORDERS] = {{0, 0, 0, 0}};
        for (uint64_t n = 0; n < 48; n++) {
            struct sc_random random = {n}, again = {n};
            struct sc_error error;
            float slopes[16];
            struct sc_case c;
            cr_assert_eq(sc_generate_case((uint64_t)rows[r].mask + 48 * n, &c, &error), SC_OK);
            struct sc_problem kernel = c.problem;
            for (int32_t h = 0; c.problem.slopes != NULL && h < c.problem.heads_q; h++) {
                slopes[h] = rows[r].slope * c.problem.slopes[h];
            }
            kernel.slopes = c.problem.slopes != NULL ? slopes : NULL;
            judge_bias(&c, &c.problem, false, &random, right);
            judge_bias(&c, &kernel, rows[r].drop, &again, wrong);
            sc_generate_destroy(&c);
        }
        for (int32_t order = 0; order < KERNEL_ORDERS; order++) {
            cr_expect_eq(right[order].failed, 0, "%s", rows[r].name);
            cr_expect_gt(wrong[order].failed, 0, "%s passes", rows[r].name);
        }
    }
}

/* kernels/activation.h, accurate, with special functions of a setting; or with one term of log2 e. */
static double emulated(const struct sc_emulator_special *special, bool one_term, float s)
{
    const float low = one_term ? 0.0f : -s * 0x1.4ae0cp-26f;
    const float t = fmaf(-s, 0x1.715476p+0f, low);

    return (double)sc_emulator_reciprocal(special, 1.0f + sc_emulator_exp2(special, t));
}

static void keeps_limits(const struct sc_activation_error *limits, bool one_term)
{
    static const enum sc_emulator_special_mode modes[] = {SC_EMULATOR_LOWEST, SC_EMULATOR_HIGHEST,
                                                          SC_EMULATOR_DRAWN};
    double worst[SC_ACTIVATION_ROWS] = {0};

    for (int32_t mode = 0; mode < LIST_SIZE(modes); mode++) {
        const struct sc_emulator_special special = {modes[mode], 1};
        for (uint32_t magnitude = 0; magnitude < 0x43000000u; magnitude += 0x2f1fu) {
            const float size = (float)sc_format_decode(SC_FORMAT_FP32, magnitude);
            for (int32_t sign = -1; sign <= 1; sign += 2) {
                const double p = sc_sigmoid_f64((double)sign * (double)size);
                const double error = fabs(emulated(&special, one_term, (float)sign * size) - p);
                const double limit = kernel_relative_limit(limits, (double)size);
                int32_t row = 0;
                while (limits->rows[row].relative != limit) {
                    row++;
                }
                cr_assert_leq(error, limit * p + limits->absolute, "%a: off by %g p",
                              (double)sign * (double)size, error / p);
                worst[row] = fmax(worst[row], (error - limits->absolute) / (limit * p));
            }
        }
    }
    for (int32_t row = 0; limits->rows[row].below > 0.0; row++) {
        cr_expect_geq(worst[row], 0.5, "row %d: reaches %g of its limit", row, worst[row]);
    }
}

Test(kernel_bound, an_activation_of_allowed_special_functions_keeps_its_limits)
{
    keeps_limits(&sc_activation_limits, false);
}

Test(kernel_bound, an_activation_with_one_term_of_log2_e_keeps_its_limits)
{
    keeps_limits(&sc_activation_one_term, true);
}

/* The measured activation is one of those that the limits allow. */
Test(kernel_bound, the_activation_of_an_h100_is_within_the_limits_of_its_special_functions)
{
    for (double size = 0; size < 90; size += 0.01) {
        cr_expect_leq(kernel_relative_limit(&sc_activation_h100, size),
                      kernel_relative_limit(&sc_activation_limits, size), "|s| = %g", size);
    }
    cr_expect_leq(sc_activation_h100.absolute, sc_activation_limits.absolute);
}

/* One row over one key, so that a single number decides. */
Test(kernel_bound, nothing_is_claimed_beyond_the_domain)
{
    static const struct {
        const char *name;
        enum sc_format format;
        enum sc_score score;
        float tau, bias, q, k, v, d_o;
        bool o, d_q, d_b; /* claimed */
    } rows[] = {
        {"ordinary", SC_FORMAT_FP16, SC_SCORE_FUSED, 1, 1, 1, 1, 1, 1, true, true, true},
        {"product", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0, 0x1p100f, 0x1p100f, 1, 1, false, false,
         false},
        {"scaled", SC_FORMAT_BF16, SC_SCORE_FUSED, 0x1p60f, 0, 0x1p60f, 0x1p60f, 1, 1, false, false,
         false},
        {"scaled back", SC_FORMAT_BF16, SC_SCORE_FUSED, 0x1p-120f, 0, 0x1p100f, 0x1p100f, 1, 1,
         false, false, false},
        {"bias", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0x1p127f, 1, 1, 1, 1, false, false, false},
        {"preloaded", SC_FORMAT_BF16, SC_SCORE_PRELOADED, 0x1p-40f, 0x1p90f, 1, 1, 1, 1, false,
         false, false},
        {"not preloaded", SC_FORMAT_BF16, SC_SCORE_FUSED, 0x1p-40f, 0x1p90f, 1, 1, 1, 1, true, true,
         true},
        {"value", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 30, 1, 1, 0x1p127f, 1, false, false, false},
        {"dP", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0, 1, 1, 0x1p70f, 0x1p60f, true, false, false},
        {"dS in fp16", SC_FORMAT_FP16, SC_SCORE_FUSED, 1, 0, 1, 1, 1024, 1024, true, false, true},
        {"dS in bf16", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0, 1, 1, 1024, 1024, true, true, true},
        {"dO of another format", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0, 1, 1, 1, 1.001f, true, false,
         false},
        {"infinite value", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0, 1, 1, INFINITY, 1, false, false,
         false},
        {"infinite query", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0, -INFINITY, 0, 1, 1, false, false,
         false},
        {"NaN in the key", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0, 1, NAN, 1, 1, false, false, false},
        {"NaN in dO", SC_FORMAT_BF16, SC_SCORE_FUSED, 1, 0, 1, 1, 1, NAN, true, false, false},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct sc_problem p = plain_problem(1, 1, 1, 1);
        const float bias = rows[r].bias;
        const struct sc_oracle_values values = {&rows[r].q, &rows[r].k, &rows[r].v, &rows[r].d_o};
        const struct sc_kernel_arithmetic arithmetic = {
            .schedule = {SC_CORE_H100, rows[r].score, rows[r].format, 0, NULL},
            .activation = &sc_activation_h100};
        struct sc_kernel_bound o, d_q, d_k, d_v, d_b;
        p.format_in = rows[r].format;
        p.tau = rows[r].tau;
        p.bias = &bias;
        cr_assert_eq(sc_kernel_bound_row(&arithmetic, &p, &values, 0, 0, 0, &o, &d_q, NULL), SC_OK);
        cr_assert_eq(sc_kernel_bound_key(&arithmetic, &p, &values, 0, 0, 0, &d_k, &d_v, NULL),
                     SC_OK);
        cr_assert_eq(sc_kernel_bound_bias(&arithmetic, &p, &values, 0, 0, 0, &d_b, NULL), SC_OK);
        cr_expect_eq(isfinite(o.error) != 0, rows[r].o, "%s: O %g", rows[r].name, o.error);
        cr_expect_eq(isfinite(d_q.error) != 0, rows[r].d_q, "%s: dQ %g", rows[r].name, d_q.error);
        cr_expect_eq(isfinite(d_k.error) != 0, rows[r].d_q, "%s: dK %g", rows[r].name, d_k.error);
        cr_expect_eq(isfinite(d_b.error) != 0, rows[r].d_b, "%s: db %g", rows[r].name, d_b.error);
        cr_expect(!isnan(o.error) && !isnan(d_q.error) && !isnan(d_k.error) && !isnan(d_v.error) &&
                      !isnan(d_b.error),
                  "%s", rows[r].name);
    }
}

/* Eight keys that are each in range; and more additions than the bound is known for. */
Test(kernel_bound, nothing_is_claimed_of_db_beyond_its_domain)
{
    static const struct {
        const char *name;
        float even, odd; /* v */
        int32_t additions;
        bool claimed;
    } rows[] = {
        {"in range", 0x1p62f, 0x1p62f, 7, true},
        {"the sum is not", 0x1p63f, 0x1p63f, 7, false},
        {"in another order it is not", 0x1p63f, -0x1p63f, 7, false},
        {"as many additions as there may be", 1, 1, 1 << 24, true},
        {"one more", 1, 1, (1 << 24) + 1, false},
    };
    struct sc_problem p = plain_problem(1, 8, 1, 1);
    const float zeros[8] = {0}, d_o = 0x1.8p63f;
    const struct sc_kernel_arithmetic arithmetic = {
        .schedule = {SC_CORE_FMA, SC_SCORE_FUSED, SC_FORMAT_FP32, 0, NULL},
        .activation = &sc_activation_h100};

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const float even = rows[r].even, odd = rows[r].odd;
        const float v[8] = {even, odd, even, odd, even, odd, even, odd};
        const struct sc_oracle_values values = {zeros, zeros, v, &d_o};
        struct sc_kernel_bound d_b;
        cr_assert_eq(
            sc_kernel_bound_bias(&arithmetic, &p, &values, 0, 0, rows[r].additions, &d_b, NULL),
            SC_OK);
        cr_expect_eq(isfinite(d_b.error) != 0, rows[r].claimed, "%s: %g", rows[r].name, d_b.error);
        cr_expect(!isnan(d_b.error) && !isnan(d_b.size), "%s", rows[r].name);
    }
}

/* dV depends on neither V nor, but for the format, other channels of dO. */
Test(kernel_bound, outputs_are_claimed_by_what_they_depend_on)
{
    struct sc_problem p = plain_problem(1, 1, 1, 2);
    const float one[2] = {1, 1}, part[2] = {1, NAN};
    const struct sc_oracle_values values = {one, one, part, one}, gradient = {one, one, one, part};
    const struct sc_kernel_arithmetic arithmetic = {
        .schedule = {SC_CORE_FMA, SC_SCORE_FUSED, SC_FORMAT_FP32, 0, NULL},
        .activation = &sc_activation_h100};
    struct sc_kernel_bound o[2], d_q, d_k, d_v[2];

    cr_assert_eq(sc_kernel_bound_row(&arithmetic, &p, &values, 0, 0, 0, o, &d_q, NULL), SC_OK);
    cr_assert_eq(sc_kernel_bound_key(&arithmetic, &p, &values, 0, 0, 0, &d_k, d_v, NULL), SC_OK);
    cr_expect(isfinite(o[0].error) && isinf(o[1].error) && isinf(d_q.error) && isinf(d_k.error));
    cr_expect(isfinite(d_v[0].error) && isfinite(d_v[1].error));
    cr_assert_eq(sc_kernel_bound_key(&arithmetic, &p, &gradient, 0, 0, 0, &d_k, d_v, NULL), SC_OK);
    cr_expect(isfinite(d_v[0].error) && isinf(d_v[1].error) && isinf(d_k.error));
}

Test(kernel_bound, what_sees_nothing_has_bound_zero)
{
    struct sc_problem p = plain_problem(2, 1, 1, 1);
    const struct sc_problem no_keys = plain_problem(2, 0, 1, 1);
    const float q[2] = {NAN, 1}, k = 1, v = 1, d_o[2] = {NAN, 1};
    const struct sc_oracle_values values = {q, &k, &v, d_o};
    const struct sc_kernel_arithmetic arithmetic = {
        .schedule = {SC_CORE_FMA, SC_SCORE_FUSED, SC_FORMAT_FP32, 0, NULL},
        .activation = &sc_activation_h100};
    struct sc_kernel_bound o, d_q, d_k, d_v, d_b;

    p.right = 0; /* row 0 is before the first key */
    cr_assert_eq(sc_kernel_bound_row(&arithmetic, &p, &values, 0, 0, 0, &o, &d_q, NULL), SC_OK);
    cr_assert_eq(sc_kernel_bound_key(&arithmetic, &p, &values, 0, 0, 0, &d_k, &d_v, NULL), SC_OK);
    cr_expect_eq(sc_kernel_bound_at(&o, SC_FORMAT_BF16, 1.0), 0.0);
    cr_expect_eq(sc_kernel_bound_at(&d_q, SC_FORMAT_FP16, 1.0), 0.0);
    cr_expect(isfinite(d_k.error) && isfinite(d_v.error) && d_k.error > 0.0);
    cr_assert_eq(sc_kernel_bound_bias(&arithmetic, &p, &values, 0, 0, 9, &d_b, NULL), SC_OK);
    cr_expect(isfinite(d_b.error) && d_b.error > 0.0, "row 0 does not matter");
    cr_assert_eq(sc_kernel_bound_bias(&arithmetic, &no_keys, &values, 0, 0, 9, &d_b, NULL), SC_OK);
    cr_expect_eq(sc_kernel_bound_at(&d_b, SC_FORMAT_FP32, 1.0), 0.0);
}

Test(kernel_bound, the_output_is_rounded_to_its_format_at_the_output)
{
    const struct sc_kernel_bound x = {1, 2, false}, edge = {32, 65500, false};

    cr_expect_eq(sc_kernel_bound_at(&x, SC_FORMAT_FP32, 3.0), 1.0);
    cr_expect_eq(sc_kernel_bound_at(&x, SC_FORMAT_BF16, 3.0), nextafter(1.0 + 0x1p-7, 2.0));
    cr_expect_eq(sc_kernel_bound_at(&x, SC_FORMAT_FP16, -4.0), nextafter(1.0 + 0x1p-9, 2.0));
    cr_expect_eq(sc_kernel_bound_at(&x, SC_FORMAT_FP16, 0.0), nextafter(1.0 + 0x1p-25, 2.0));
    cr_expect_eq(sc_kernel_bound_at(&x, SC_FORMAT_FP16, INFINITY), 1.0, "an infinity fails");
    cr_expect_eq(sc_kernel_bound_at(&edge, SC_FORMAT_FP16, INFINITY), HUGE_VAL, "or is not judged");
    cr_expect_eq(sc_kernel_bound_at(&edge, SC_FORMAT_FP16, 65504.0), nextafter(48.0, 49.0));
}
