/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_FAKE_KERNEL_H
#define SC_TESTS_FAKE_KERNEL_H

#include "fuzz/result.h"
#include "fuzz/runner.h"
#include "reference/oracle/oracle.h"
#include "reference/random.h"
#include "reference/sigmoid.h"
#include "spec/format_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A kernel of a few lines in this process: each result is computed in binary64 by its definition and rounded once, or
 * predicted from a schedule; and faults that can be planted in it. */

enum fake_fault {
    FAKE_HONEST,
    FAKE_MASK,       /* the band reaches one key too far to the right */
    FAKE_LAST_KEY,   /* the last key is not read */
    FAKE_BIAS,       /* log 2 too much */
    FAKE_TRUNCATED,  /* P is truncated to bf16 */
    FAKE_NAN,        /* every element is NaN, */
    FAKE_INFINITE,   /* or infinite, */
    FAKE_ZERO,       /* or 0, */
    FAKE_CONSTANT,   /* or 1/8 too large, */
    FAKE_CLAMPED,    /* or at most 1/4, */
    FAKE_PERMUTED,   /* or that of the next row */
    FAKE_MINUS_ZERO, /* zeros are negative */
    FAKE_PADDING,    /* the gradients of padded keys are not 0 */
    FAKE_SEED,       /* the last bit of an element depends on the seed, */
    FAKE_HIDDEN,     /* or on the contents of a padded key, */
    FAKE_HIDDEN_NAN, /* which make it a NaN if they are none themselves, */
    FAKE_WORKSPACE,  /* or on the work space, */
    FAKE_SEQUENCE,   /* or on the sequence */
    FAKE_REPEATED,   /* heads that share nothing read the first key head */
    FAKE_NEGATIVE,   /* P is 1 % too large under a negative bias */
    FAKE_STRIDED,    /* ... or where K has strides of its own */
    FAKE_ODD,        /* ... or of an odd number of rows */
    FAKE_STEEP,      /* P is off by 2^-26 s^2 of itself */
    FAKE_UNWRITTEN,
    FAKE_OVERWRITE,
    FAKE_INPUT,
    FAKE_CRASH,
    FAKE_HANG,
    FAKE_GARBLED,
    FAKE_FAULT,
    FAKE_FAILED,
    FAKE_REFUSED,
    FAKE_LEAK
};

struct fake_kernel {
    struct sc_worker_kernel kernel;
    enum fake_fault fault;
    const struct sc_schedule *schedule; /* that predicts it; NULL: binary64 */
    int64_t calls;
    int64_t leak_bytes; /* of FAKE_LEAK, a call */
};

/* A matching kernel that can do everything. */
static inline struct fake_kernel fake_kernel(const char *arithmetic, enum fake_fault fault)
{
    struct fake_kernel x = {.fault = fault, .leak_bytes = 4096};

    x.kernel.traits = (struct sc_kernel_traits){.features = (1u << SC_KERNEL_FEATURES) - 1u,
                                                .formats_in = 7,
                                                .formats_out = 7,
                                                .d_max = 256,
                                                .d_v_max = 256,
                                                .d_multiple = 1};
    (void)snprintf(x.kernel.name, sizeof x.kernel.name, "fake");
    (void)snprintf(x.kernel.arithmetic, sizeof x.kernel.arithmetic, "%s", arithmetic);
    return x;
}

static inline double fake_dot(const float *x, const float *y, int32_t width)
{
    double sum = 0.0;

    for (int32_t c = 0; c < width; c++) {
        sum += (double)x[c] * (double)y[c];
    }
    return sum;
}

static inline bool fake_sees(const struct sc_problem *p, enum fake_fault fault, int32_t b,
                             int32_t h, int32_t i, int32_t j)
{
    if (fault == FAKE_LAST_KEY && j == sc_problem_keys(p, b) - 1) {
        return false;
    }
    return sc_problem_visible(p, b, h, i, j) ||
           (fault == FAKE_MASK && j > 0 && sc_problem_visible(p, b, h, i, j - 1));
}

static inline double fake_weight(const struct sc_prepared *prepared, enum fake_fault fault,
                                 int32_t b, int32_t h, int32_t g, int32_t i, int32_t j)
{
    const struct sc_problem *p = &prepared->c.problem;
    const double distance =
        (double)sc_mask_distance(i, j, sc_problem_rows(p, b), sc_problem_keys(p, b));
    const double mask = p->slopes == NULL ? 0.0 : -(double)p->slopes[h] * distance;
    const double bias = (double)sc_problem_bias(p, b, h);
    const double dot = fake_dot(prepared->c.q + sc_problem_q_row(p, b, h, i),
                                prepared->c.k + sc_problem_k_row(p, b, g, j), p->d);
    const bool off = (fault == FAKE_NEGATIVE && bias < 0.0) ||
                     (fault == FAKE_STRIDED && prepared->places[SC_TENSOR_K].base != 0) ||
                     (fault == FAKE_ODD && p->n_q % 2 == 1);
    const double s = (double)p->tau * dot + bias + mask + (fault == FAKE_BIAS ? log(2.0) : 0.0);
    const double weight = s < 0.0 ? exp(s) / (1.0 + exp(s)) : 1.0 / (1.0 + exp(-s));

    if (fault == FAKE_TRUNCATED) {
        const float single = (float)weight;
        uint32_t bits;
        memcpy(&bits, &single, sizeof bits);
        return sc_format_decode(SC_FORMAT_BF16, bits >> 16);
    }
    if (fault == FAKE_STEEP) {
        return weight * (1.0 + 0x1p-26 * s * s);
    }
    return off ? 1.01 * weight : weight;
}

struct fake_sums {
    double *values[SC_RESULTS];
};

static inline void fake_pair(const struct sc_prepared *prepared, const struct fake_kernel *x,
                             const struct fake_sums *sums, bool backward, int32_t b, int32_t h,
                             int32_t i, int32_t j)
{
    const struct sc_case *c = &prepared->c;
    const struct sc_problem *p = &c->problem;
    const bool lost = x->fault == FAKE_REPEATED && p->heads_kv == p->heads_q;
    const int32_t g = lost ? 0 : sc_problem_group_head(p, h);
    const double weight = fake_weight(prepared, x->fault, b, h, g, i, j);
    const float *q = c->q + sc_problem_q_row(p, b, h, i), *k = c->k + sc_problem_k_row(p, b, g, j);
    const float *v = c->v + sc_problem_v_row(p, b, g, j);
    double *o = sums->values[SC_RESULT_O] + sc_result_row(p, SC_RESULT_O, b, h, i);

    for (int32_t n = 0; n < p->d_v; n++) {
        o[n] += weight * (double)v[n];
    }
    if (!backward) {
        return;
    }
    const float *d_o = c->d_o + sc_problem_o_row(p, b, h, i);
    const double gradient = weight * (1.0 - weight) * fake_dot(d_o, v, p->d_v);
    double *d_q = sums->values[SC_RESULT_D_Q] + sc_result_row(p, SC_RESULT_D_Q, b, h, i);
    double *d_k = sums->values[SC_RESULT_D_K] + sc_result_row(p, SC_RESULT_D_K, b, g, j);
    double *d_v = sums->values[SC_RESULT_D_V] + sc_result_row(p, SC_RESULT_D_V, b, g, j);
    for (int32_t n = 0; n < p->d; n++) {
        d_q[n] += (double)p->tau * gradient * (double)k[n];
        d_k[n] += (double)p->tau * gradient * (double)q[n];
    }
    for (int32_t n = 0; n < p->d_v; n++) {
        d_v[n] += weight * (double)d_o[n];
    }
    sums->values[SC_RESULT_D_B][sc_result_row(p, SC_RESULT_D_B, b, h, 0)] += gradient;
}

static inline void fake_sum(const struct sc_prepared *prepared, const struct fake_kernel *x,
                            const struct fake_sums *sums, bool backward)
{
    const struct sc_problem *p = &prepared->c.problem;

    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
                    if (fake_sees(p, x->fault, b, h, i, j)) {
                        fake_pair(prepared, x, sums, backward, b, h, i, j);
                    }
                }
            }
        }
    }
}

/* What a schedule predicts, but for db. */
static inline void fake_predict(const struct sc_prepared *prepared, const struct fake_kernel *x,
                                const struct fake_sums *sums, bool backward)
{
    const struct sc_case *c = &prepared->c;
    const struct sc_problem *p = &c->problem;
    const struct sc_oracle_values values = {c->q, c->k, c->v, backward ? c->d_o : NULL};
    const struct sc_oracle_options options = {SC_ORACLE_SCHEDULE, 128, 1, x->schedule};
    struct sc_enclosure *one = malloc((size_t)(p->d + p->d_v) * sizeof *one), *two = one + p->d_v;
    struct sc_oracle *oracle = NULL;

    if (sc_oracle_create(p, &values, &options, &oracle, NULL) != SC_OK) {
        abort();
    }
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                const struct sc_row_enclosures wanted = {NULL, one, backward ? two : NULL};
                if (sc_oracle_rows(oracle, b, h, &i, 1, &wanted, NULL, NULL) != SC_OK) {
                    abort();
                }
                for (int32_t n = 0; n < p->d_v; n++) {
                    sums->values[SC_RESULT_O][sc_result_row(p, SC_RESULT_O, b, h, i) + n] =
                        one[n].lo;
                }
                for (int32_t n = 0; backward && n < p->d; n++) {
                    sums->values[SC_RESULT_D_Q][sc_result_row(p, SC_RESULT_D_Q, b, h, i) + n] =
                        two[n].lo;
                }
            }
        }
        for (int32_t g = 0; backward && g < p->heads_kv; g++) {
            for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
                const struct sc_key_enclosures wanted = {two, one};
                if (sc_oracle_keys(oracle, b, g, &j, 1, &wanted, NULL, NULL) != SC_OK) {
                    abort();
                }
                for (int32_t n = 0; n < p->d_v; n++) {
                    sums->values[SC_RESULT_D_V][sc_result_row(p, SC_RESULT_D_V, b, g, j) + n] =
                        one[n].lo;
                }
                for (int32_t n = 0; n < p->d; n++) {
                    sums->values[SC_RESULT_D_K][sc_result_row(p, SC_RESULT_D_K, b, g, j) + n] =
                        two[n].lo;
                }
            }
        }
    }
    sc_oracle_destroy(oracle);
    free(one);
}

/* The value of an element under faults that spoil what was computed. */
static inline double fake_spoil(const struct fake_kernel *x, const double *values, int64_t n,
                                int64_t count, int32_t width)
{
    switch (x->fault) {
    case FAKE_NAN:
        return (double)NAN;
    case FAKE_INFINITE:
        return HUGE_VAL;
    case FAKE_ZERO:
        return 0.0;
    case FAKE_CONSTANT:
        return values[n] + 0x1p-3;
    case FAKE_CLAMPED:
        return values[n] < 0.25 ? values[n] : 0.25;
    case FAKE_PERMUTED:
        return values[(n + width) % count];
    case FAKE_MINUS_ZERO:
        return values[n] == 0.0 ? -0.0 : values[n];
    default:
        return values[n];
    }
}

/* Changes the last bit of the first element of O. */
static inline void fake_nudge(const struct sc_prepared *prepared, struct sc_outcome *outcome)
{
    if (sc_result_elements(&prepared->c.problem, SC_RESULT_O) > 0) {
        outcome->bits[SC_TENSOR_O][0] ^= 1;
    }
}

/* The first channel of the first padded key of sequence 0; 0 if there is none. */
static inline float fake_padding(const struct sc_prepared *prepared)
{
    const struct sc_problem *p = &prepared->c.problem;
    const int32_t n_k = sc_problem_keys(p, 0);

    return n_k < sc_problem_key_room(p, 0) ? prepared->c.k[(int64_t)n_k * p->d] : 0.0f;
}

static inline void fake_alter(struct fake_kernel *x, const struct sc_prepared *prepared,
                              const struct sc_worker_call *call, struct sc_outcome *outcome)
{
    const struct sc_problem *p = &prepared->c.problem;
    const float padding = fake_padding(prepared);

    outcome->damage.unwritten = x->fault == FAKE_UNWRITTEN;
    outcome->damage.overwritten = x->fault == FAKE_OVERWRITE;
    outcome->damage.inputs = x->fault == FAKE_INPUT;
    if (x->fault == FAKE_HIDDEN_NAN && padding != 0.0f && !isnan(padding)) {
        outcome->bits[SC_TENSOR_O][0] = sc_format_encode(p->format_out, (double)NAN);
    }
    if ((x->fault == FAKE_SEED && call->seed % 2 == 1) ||
        (x->fault == FAKE_HIDDEN && isnan(padding)) ||
        (x->fault == FAKE_WORKSPACE && !call->fresh_workspace) || x->fault == FAKE_SEQUENCE) {
        fake_nudge(prepared, outcome);
    }
    if (x->fault == FAKE_PADDING && call->backward &&
        sc_problem_keys(p, 0) < sc_problem_key_room(p, 0)) {
        outcome->bits[SC_TENSOR_D_K][sc_result_row(p, SC_RESULT_D_K, 0, 0, sc_problem_keys(p, 0))] =
            1;
    }
    if (x->fault == FAKE_LEAK) {
        outcome->resident_bytes += x->calls * x->leak_bytes;
    }
}

static inline bool fake_ends(enum fake_fault fault, struct sc_outcome *outcome)
{
    static const struct {
        enum fake_fault fault;
        enum sc_ending ending;
    } rows[] = {{FAKE_CRASH, SC_ENDING_CRASHED},   {FAKE_HANG, SC_ENDING_HUNG},
                {FAKE_GARBLED, SC_ENDING_GARBLED}, {FAKE_FAULT, SC_ENDING_FAULT},
                {FAKE_FAILED, SC_ENDING_FAILED},   {FAKE_REFUSED, SC_ENDING_REFUSED}};

    outcome->ending = SC_ENDING_DONE;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (rows[r].fault == fault) {
            outcome->ending = rows[r].ending;
        }
    }
    return outcome->ending != SC_ENDING_DONE;
}

static inline enum sc_status fake_run(void *self, const struct sc_prepared *prepared,
                                      const struct sc_worker_call *call, struct sc_outcome *outcome,
                                      struct sc_error *error)
{
    struct fake_kernel *x = self;
    const struct sc_problem *p = &prepared->c.problem;
    struct fake_sums sums;

    (void)error;
    memset(outcome, 0, sizeof *outcome);
    x->calls++;
    outcome->resident_bytes = 1 << 20;
    if (fake_ends(x->fault, outcome)) {
        return SC_OK;
    }
    for (int32_t r = 0; r < SC_RESULTS; r++) {
        sums.values[r] =
            calloc((size_t)sc_result_elements(p, (enum sc_result)r) + 1, sizeof(double));
    }
    fake_sum(prepared, x, &sums, call->backward);
    if (x->schedule != NULL) {
        fake_predict(prepared, x, &sums, call->backward);
    }
    for (int32_t r = 0; r < (call->backward ? SC_RESULTS : 1); r++) {
        const enum sc_result result = (enum sc_result)r;
        const int64_t count = sc_result_elements(p, result);
        uint32_t *bits = malloc((size_t)count * sizeof *bits + 1);
        for (int64_t n = 0; n < count; n++) {
            bits[n] = sc_format_encode(
                sc_result_format(p, result),
                fake_spoil(x, sums.values[r], n, count, sc_result_width(p, result)));
        }
        if (result == SC_RESULT_D_B) {
            outcome->d_b = malloc((size_t)count * sizeof *outcome->d_b + 1);
            memcpy(outcome->d_b, bits, (size_t)count * sizeof *bits);
            free(bits);
        } else {
            outcome->bits[sc_result_tensor(result)] = bits;
        }
    }
    for (int32_t r = 0; r < SC_RESULTS; r++) {
        free(sums.values[r]);
    }
    fake_alter(x, prepared, call, outcome);
    return SC_OK;
}

static inline struct sc_runner fake_runner(struct fake_kernel *x)
{
    return (struct sc_runner){&x->kernel, fake_run, x};
}

/* A small recipe of a seed, of a class of values: every kind of mask, grouped heads, all formats. */
static inline struct sc_recipe fake_recipe(uint64_t seed, enum sc_recipe_values values)
{
    struct sc_random random = {seed * 2654435761u + (uint64_t)values};
    struct sc_recipe recipe;

    do {
        recipe = sc_recipe_plain();
        recipe.values = values;
        recipe.seed = sc_random_bits(&random);
        recipe.hidden = (enum sc_recipe_hidden)sc_random_int(&random, 0, SC_HIDDEN_KINDS - 1);
        recipe.batch = sc_random_int(&random, 1, 2);
        recipe.heads_kv = sc_random_int(&random, 1, 2);
        recipe.heads_q = recipe.heads_kv * sc_random_int(&random, 1, 2);
        recipe.n_q = sc_random_int(&random, 1, 40);
        recipe.n_k = sc_random_int(&random, 1, 40);
        recipe.d = sc_random_int(&random, 1, 40);
        recipe.d_v = sc_random_int(&random, 1, 40);
        recipe.format_in = (enum sc_format)sc_random_int(&random, 0, 2);
        recipe.format_out = sc_random_int(&random, 0, 2) == 0 ? SC_FORMAT_FP32 : recipe.format_in;
        recipe.backward = sc_random_int(&random, 0, 1) == 1;
        recipe.tau = values == SC_VALUES_EXACT ? 0.25f : 1.0f / sqrtf((float)recipe.d);
        recipe.bias[0] = values == SC_VALUES_EXACT ? 0.0f : -1.5f;
        switch (sc_random_int(&random, 0, 5)) {
        case 0:
            recipe.right = 0;
            break;
        case 1:
            recipe.left = sc_random_int(&random, 0, 9);
            recipe.right = sc_random_int(&random, 0, 9);
            break;
        case 2:
            recipe.lengths_count = 1;
            recipe.lengths[0] = sc_random_int(&random, 0, recipe.n_k - 1);
            break;
        case 3:
            recipe.block_rows = sc_random_int(&random, 1, 3);
            recipe.block_keys = sc_random_int(&random, 1, 3);
            recipe.density = 10;
            break;
        case 4:
            recipe.slopes_count = values == SC_VALUES_EXACT ? 0 : 1;
            recipe.slopes[0] = 0.25f;
            break;
        default:
            break;
        }
    } while (sc_recipe_check(&recipe, NULL) != SC_OK);
    return recipe;
}

#endif
