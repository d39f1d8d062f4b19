/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_EXACT_H
#define SC_TESTS_EXACT_H

#include "fuzz/generate.h"
#include "reference/random.h"
#include "tests/definition.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Problems of every mask kind, grouping and layout whose visible scores are all the same number, 0 unless
 * said otherwise, though no tensor is 0: tau <q, k> cancels the bias and ALiBi exactly, and every other
 * channel is 0 in Q or in K. So P_ij = 1/2 and P_ij (1 - P_ij) = 1/4, all values are small integers, and
 * every sum is exact in doubles: results are compared bit for bit with the definition in int64_t. What
 * nothing sees is NaN: gaps of layouts, keys beyond their lengths, masked keys, rows that see nothing. */

#define EXACT_SEEDS    192
#define EXACT_SENTINEL 0x1.8p300

struct exact {
    struct sc_case built;
    struct definition x;          /* packed q, k, v, and the masks by their definition */
    float *q_t, *k_t, *v_t;       /* a direction, in the layouts of Q, K and V */
    float *d_o, *q_p, *k_p, *v_p; /* packed: dO and the direction */
};

static inline int32_t exact_small(struct sc_random *random)
{
    return sc_random_int(random, -3, 3);
}

/* Small integers in the channels of a parity (2: in all), 0 in the others. */
static inline void exact_fill(float *row, int32_t from, int32_t width, int32_t parity,
                              struct sc_random *random)
{
    for (int32_t c = from; c < width; c++) {
        row[c] = parity == 2 || c % 2 == parity ? (float)exact_small(random) : 0.0f;
    }
}

static inline float *exact_nan(int64_t size)
{
    float *buffer = malloc(((size_t)size + 1) * sizeof *buffer);

    for (int64_t n = 0; n <= size; n++) {
        buffer[n] = NAN;
    }
    return buffer;
}

/* tau, bias and slopes: powers of two and small multiples of them. */
static inline void exact_constants(struct sc_case *c, float score)
{
    struct sc_problem *p = &c->problem;
    const int32_t count = p->bias_scope == SC_BIAS_SCALAR     ? 1
                          : p->bias_scope == SC_BIAS_PER_HEAD ? p->heads_q
                                                              : p->batch;

    p->tau = c->seed % 2 == 0 ? 0.5f : 0.25f;
    for (int32_t n = 0; n < count; n++) {
        c->bias[n] = score - 2.0f * p->tau * (float)(n + 1);
    }
    if (p->d < 3) {
        p->slopes = NULL;
    }
    if (p->slopes != NULL) {
        p->right = 0; /* the distance is then linear in i and j */
        for (int32_t h = 0; h < p->heads_q; h++) {
            c->slopes[h] = p->tau * (float)(h % 3 + 1);
        }
    }
}

static inline void exact_query(const struct sc_case *c, int32_t b, int32_t h, int32_t i, float *row,
                               struct sc_random *random)
{
    const struct sc_problem *p = &c->problem;
    const int32_t position = i + sc_problem_keys(p, b) - sc_problem_rows(p, b);
    const int32_t place = p->bias_scope == SC_BIAS_SCALAR     ? 0
                          : p->bias_scope == SC_BIAS_PER_HEAD ? h
                                                              : b;

    exact_fill(row, 0, p->d, 0, random);
    row[0] = (float)(place + 1);
    if (p->slopes != NULL) {
        row[1] = (float)(h % 3 + 1) * (float)position;
        row[2] = (float)(h % 3 + 1);
    }
}

static inline void exact_key(const struct sc_problem *p, int32_t j, float *row,
                             struct sc_random *random)
{
    exact_fill(row, 0, p->d, 1, random);
    row[0] = 2.0f;
    if (p->slopes != NULL) {
        row[1] = 1.0f;
        row[2] = (float)-j;
    }
}

/* Whether a row of the sequence sees key j, in any head. */
static inline bool exact_key_seen(const struct exact *e, int32_t b, int32_t j)
{
    const struct sc_problem *p = &e->built.problem;

    for (int32_t h = 0; h < p->heads_q; h++) {
        for (int32_t i = 0; i < definition_rows(p, b); i++) {
            if (definition_sees(&e->x, b, h, i, j)) {
                return true;
            }
        }
    }
    return false;
}

static inline int32_t exact_row_count(const struct exact *e, int32_t b, int32_t h, int32_t i)
{
    const struct sc_problem *p = &e->built.problem;
    int32_t count = 0;

    for (int32_t j = 0; j < definition_keys(p, b); j++) {
        count += definition_sees(&e->x, b, h, i, j) ? 1 : 0;
    }
    return count;
}

static inline void exact_fill_rows(struct exact *e, struct sc_random *random)
{
    struct sc_case *c = &e->built;
    const struct sc_problem *p = &c->problem;

    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                float *const q = c->q + sc_problem_q_row(p, b, h, i);
                float *const q_t = e->q_t + sc_problem_q_row(p, b, h, i);
                float *const d_o = c->d_o + sc_problem_o_row(p, b, h, i);
                if (exact_row_count(e, b, h, i) == 0) {
                    memcpy(q, e->q_t + sc_problem_q_row(p, b, h, i), (size_t)p->d * sizeof *q);
                    d_o[0] = NAN;
                    continue;
                }
                exact_query(c, b, h, i, q, random);
                exact_fill(q_t, 0, p->d, 2, random);
                exact_fill(d_o, 0, p->d_v, 2, random);
            }
        }
    }
}

static inline void exact_fill_keys(struct exact *e, struct sc_random *random)
{
    struct sc_case *c = &e->built;
    const struct sc_problem *p = &c->problem;

    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t g = 0; g < p->heads_kv; g++) {
            for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
                float *const k = c->k + sc_problem_k_row(p, b, g, j);
                float *const v = c->v + sc_problem_v_row(p, b, g, j);
                if (!exact_key_seen(e, b, j)) {
                    k[0] = NAN;
                    v[0] = NAN;
                    continue;
                }
                exact_key(p, j, k, random);
                exact_fill(v, 0, p->d_v, 2, random);
                exact_fill(e->k_t + sc_problem_k_row(p, b, g, j), 0, p->d, 2, random);
                exact_fill(e->v_t + sc_problem_v_row(p, b, g, j), 0, p->d_v, 2, random);
            }
        }
    }
}

/* The case of a seed, with all visible scores equal to `score`, a small integer. */
static inline void exact_create(struct exact *e, uint64_t seed, float score)
{
    struct sc_random random = {seed};
    struct sc_error error;

    cr_assert_eq(sc_generate_case(seed, &e->built, &error), SC_OK, "%s", error.text);
    const struct sc_problem *p = &e->built.problem;
    const int32_t entries = p->starts_q != NULL ? 1 : p->batch;
    exact_constants(&e->built, score);
    e->q_t = exact_nan(p->q.size);
    e->k_t = exact_nan(p->k.size);
    e->v_t = exact_nan(p->v.size);
    definition_create(&e->x, p, e->built.q, e->built.k, e->built.v);
    exact_fill_rows(e, &random);
    exact_fill_keys(e, &random);
    definition_destroy(&e->x);
    definition_create(&e->x, p, e->built.q, e->built.k, e->built.v);
    e->d_o = definition_pack(e->built.d_o, &p->o, entries, p->heads_q, p->n_q, p->d_v);
    e->q_p = definition_pack(e->q_t, &p->q, entries, p->heads_q, p->n_q, p->d);
    e->k_p = definition_pack(e->k_t, &p->k, entries, p->heads_kv, p->n_k, p->d);
    e->v_p = definition_pack(e->v_t, &p->v, entries, p->heads_kv, p->n_k, p->d_v);
}

static inline void exact_destroy(struct exact *e)
{
    definition_destroy(&e->x);
    free(e->d_o);
    free(e->q_p);
    free(e->k_p);
    free(e->v_p);
    free(e->q_t);
    free(e->k_t);
    free(e->v_t);
    sc_generate_destroy(&e->built);
}

/* Row of a packed tensor, counted in rows: of a query row of head h, and of a key as head h reads it. */
static inline int64_t exact_row(const struct sc_problem *p, int32_t b, int32_t h, int32_t i)
{
    const int32_t entry = p->starts_q != NULL ? 0 : b;
    const int32_t row = p->starts_q != NULL ? p->starts_q[b] + i : i;

    return ((int64_t)entry * p->heads_q + h) * p->n_q + row;
}

static inline int64_t exact_group_key(const struct sc_problem *p, int32_t b, int32_t g, int32_t j)
{
    const int32_t entry = p->starts_q != NULL ? 0 : b;
    const int32_t row = p->starts_q != NULL ? p->starts_k[b] + j : j;

    return ((int64_t)entry * p->heads_kv + g) * p->n_k + row;
}

static inline int64_t exact_head_key(const struct sc_problem *p, int32_t b, int32_t h, int32_t j)
{
    return exact_group_key(p, b, h / (p->heads_q / p->heads_kv), j);
}

static inline int64_t exact_dot(const float *x, const float *y, int32_t n)
{
    int64_t sum = 0;

    for (int32_t c = 0; c < n; c++) {
        sum += (int64_t)x[c] * (int64_t)y[c];
    }
    return sum;
}

/* <dO_i, v_j>, and <q_t_i, k_j> + <q_i, k_t_j>. */
static inline int64_t exact_d_p(const struct exact *e, int32_t b, int32_t h, int32_t i, int32_t j)
{
    const struct sc_problem *p = &e->built.problem;

    return exact_dot(e->d_o + exact_row(p, b, h, i) * p->d_v,
                     e->x.v + exact_head_key(p, b, h, j) * p->d_v, p->d_v);
}

static inline int64_t exact_tangent(const struct exact *e, int32_t b, int32_t h, int32_t i,
                                    int32_t j)
{
    const struct sc_problem *p = &e->built.problem;
    const int64_t q_row = exact_row(p, b, h, i) * p->d;
    const int64_t k_row = exact_head_key(p, b, h, j) * p->d;

    return exact_dot(e->q_p + q_row, e->x.k + k_row, p->d) +
           exact_dot(e->x.q + q_row, e->k_p + k_row, p->d);
}

/* Bits, so that the sign of a 0 counts and a NaN shows. */
static inline void exact_expect(const struct exact *e, const char *what, int32_t b, int32_t head,
                                int32_t row, int32_t c, double found, double expected)
{
    if (memcmp(&found, &expected, sizeof found) != 0) {
        cr_expect_fail("seed %llu (%s): %s of sequence %d, head %d, row %d, channel %d is %a, "
                       "expected %a",
                       (unsigned long long)e->built.seed, sc_generate_mask_name(e->built.mask),
                       what, b, head, row, c, found, expected);
    }
}

#endif
