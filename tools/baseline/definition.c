/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/baseline/definition.h"

#include "spec/format_value.h"

#include <math.h>
#include <stdlib.h>

struct head {
    const struct sc_case *c;
    int32_t b, h, g, n_q, n_k;
    bool low;
    double *keys;    /* tau K: [n_k][d] */
    double *p, *d_s; /* [n_q][n_k], 0 where a row does not see a key */
};

static double rounded(const struct head *my, double x)
{
    const enum sc_format format = my->c->problem.format_in;

    return my->low ? sc_format_decode(format, sc_format_encode(format, x)) : x;
}

static const float *row_of(const struct head *my, int32_t i)
{
    return my->c->q + sc_problem_q_row(&my->c->problem, my->b, my->h, i);
}

static const float *gradient_of(const struct head *my, int32_t i)
{
    return my->c->d_o + sc_problem_o_row(&my->c->problem, my->b, my->h, i);
}

static const float *key_of(const struct head *my, int32_t j)
{
    return my->c->k + sc_problem_k_row(&my->c->problem, my->b, my->g, j);
}

static const float *value_of(const struct head *my, int32_t j)
{
    return my->c->v + sc_problem_v_row(&my->c->problem, my->b, my->g, j);
}

static void scale_keys(const struct head *my)
{
    const struct sc_problem *p = &my->c->problem;

    for (int32_t j = 0; j < my->n_k; j++) {
        const float *k = key_of(my, j);
        for (int32_t c = 0; c < p->d; c++) {
            my->keys[j * p->d + c] = rounded(my, (double)k[c] * (double)p->tau);
        }
    }
}

static double weight(const struct head *my, int32_t i, int32_t j)
{
    const struct sc_problem *p = &my->c->problem;
    const float *q = row_of(my, i);
    const double *k = my->keys + j * p->d;
    double score = 0.0;

    for (int32_t c = 0; c < p->d; c++) {
        score += (double)q[c] * k[c];
    }
    score = rounded(my, rounded(my, score) + (double)sc_problem_bias(p, my->b, my->h));
    if (p->slopes != NULL) {
        score -= (double)p->slopes[my->h] * sc_mask_distance(i, j, my->n_q, my->n_k);
    }
    return rounded(my, 1.0 / (1.0 + exp(-score)));
}

static void weigh(const struct head *my)
{
    const struct sc_problem *p = &my->c->problem;

    for (int32_t n = 0; n < my->n_q * my->n_k; n++) {
        const int32_t i = n / my->n_k, j = n % my->n_k;
        double d_p = 0.0;
        my->p[n] = my->d_s[n] = 0.0;
        if (!sc_problem_visible(p, my->b, my->h, i, j)) {
            continue;
        }
        const float *d_o = gradient_of(my, i), *v = value_of(my, j);
        my->p[n] = weight(my, i, j);
        for (int32_t c = 0; c < p->d_v; c++) {
            d_p += (double)d_o[c] * (double)v[c];
        }
        my->d_s[n] = rounded(my, rounded(my, d_p) * my->p[n] * (1.0 - my->p[n]));
    }
}

static void finish_rows(const struct head *my, const struct sc_definition *results)
{
    const struct sc_problem *p = &my->c->problem;

    for (int32_t i = 0; i < my->n_q; i++) {
        double *o = results->o + (int64_t)i * p->d_v, *d_q = results->d_q + (int64_t)i * p->d;
        for (int32_t c = 0; c < p->d_v; c++) {
            o[c] = 0.0;
        }
        for (int32_t c = 0; c < p->d; c++) {
            d_q[c] = 0.0;
        }
        for (int32_t j = 0; j < my->n_k; j++) {
            const double weight = my->p[i * my->n_k + j], d_s = my->d_s[i * my->n_k + j];
            const float *v = value_of(my, j);
            for (int32_t c = 0; c < p->d_v; c++) {
                o[c] += weight * (double)v[c];
            }
            for (int32_t c = 0; c < p->d; c++) {
                d_q[c] += d_s * my->keys[j * p->d + c];
            }
        }
        for (int32_t c = 0; c < p->d_v; c++) {
            o[c] = rounded(my, o[c]);
        }
        for (int32_t c = 0; c < p->d; c++) {
            d_q[c] = rounded(my, d_q[c]);
        }
    }
}

static void finish_keys(const struct head *my, const struct sc_definition *results)
{
    const struct sc_problem *p = &my->c->problem;

    for (int32_t j = 0; j < my->n_k; j++) {
        double *d_k = results->d_k + (int64_t)j * p->d, *d_v = results->d_v + (int64_t)j * p->d_v;
        for (int32_t c = 0; c < p->d; c++) {
            d_k[c] = 0.0;
        }
        for (int32_t c = 0; c < p->d_v; c++) {
            d_v[c] = 0.0;
        }
        for (int32_t i = 0; i < my->n_q; i++) {
            const double weight = my->p[i * my->n_k + j], d_s = my->d_s[i * my->n_k + j];
            const float *q = row_of(my, i), *d_o = gradient_of(my, i);
            for (int32_t c = 0; c < p->d; c++) {
                d_k[c] += d_s * (double)q[c];
            }
            for (int32_t c = 0; c < p->d_v; c++) {
                d_v[c] += weight * (double)d_o[c];
            }
        }
        for (int32_t c = 0; c < p->d; c++) {
            d_k[c] = rounded(my, rounded(my, d_k[c]) * (double)p->tau);
        }
        for (int32_t c = 0; c < p->d_v; c++) {
            d_v[c] = rounded(my, d_v[c]);
        }
    }
}

enum sc_status sc_definition_head(const struct sc_case *c, int32_t b, int32_t h, bool low,
                                  const struct sc_definition *results, struct sc_error *error)
{
    const struct sc_problem *p = &c->problem;
    struct head my = {.c = c, .b = b, .h = h, .low = low};

    my.g = sc_problem_group_head(p, h);
    my.n_q = sc_problem_rows(p, b);
    my.n_k = sc_problem_keys(p, b);
    const size_t pairs = (size_t)my.n_q * (size_t)my.n_k + 1;
    my.keys = calloc((size_t)my.n_k * (size_t)p->d + 1, sizeof *my.keys);
    my.p = calloc(pairs, sizeof *my.p);
    my.d_s = calloc(pairs, sizeof *my.d_s);
    const bool room = my.keys != NULL && my.p != NULL && my.d_s != NULL;

    if (room) {
        scale_keys(&my);
        weigh(&my);
        finish_rows(&my, results);
        finish_keys(&my, results);
    }
    free(my.d_s);
    free(my.p);
    free(my.keys);
    return room ? SC_OK : sc_fail(error, SC_E_MEMORY, "baseline: no memory for a head");
}
