/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/usage_sample.h"

#include "reference/backward.h"
#include "reference/forward.h"
#include "spec/format_value.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define ROWS 3

enum { Q, K, V, D_O, INPUTS };

/* The head in fp32, and room for a row of a result. */
struct sample {
    const struct sc_usage_head *head;
    struct sc_problem problem;
    float *inputs[INPUTS];
    double *weights, *row;
};

static float *decode(const uint16_t *bits, int64_t count)
{
    float *const values = malloc((size_t)count * sizeof *values);

    for (int64_t n = 0; values != NULL && n < count; n++) {
        values[n] = (float)sc_format_decode(SC_FORMAT_BF16, bits[n]);
    }
    return values;
}

/* Row i of O: a problem of one query. */
static void forward_row(struct sample *s, int32_t i)
{
    struct sc_problem one = s->problem;

    one.n_q = 1;
    one.q.size = one.o.size = one.d;
    sc_forward_f64(&one, s->inputs[Q] + (int64_t)i * one.d, s->inputs[K], s->inputs[V], s->weights,
                   s->row);
}

/* Adds the squares of difference and norm of a row that is computed. */
static void add(const struct sample *s, const uint16_t *bits, int32_t i, double *apart,
                double *norm)
{
    const int32_t d = s->head->d;

    for (int32_t c = 0; c < d; c++) {
        const double found = sc_format_decode(SC_FORMAT_BF16, bits[(int64_t)i * d + c]);
        *apart += (found - s->row[c]) * (found - s->row[c]);
        *norm += s->row[c] * s->row[c];
    }
}

/* A result with its rows. */
enum result { O, D_Q, D_K, D_V };

static double distance_of(struct sample *s, enum result result)
{
    const struct sc_usage_head *const h = s->head;
    const uint16_t *const bits[] = {h->o, h->d_q, h->d_k, h->d_v};
    const int32_t rows[ROWS] = {0, h->n / 2 + h->n / 8, h->n - 1};
    float *const *const x = s->inputs;
    double apart = 0.0, norm = 0.0;

    for (int32_t n = 0; n < ROWS; n++) {
        switch (result) {
        case O:
            forward_row(s, rows[n]);
            break;
        case D_Q:
            sc_backward_q_row_f64(&s->problem, x[Q], x[K], x[V], x[D_O], 0, 0, rows[n], s->row);
            break;
        case D_K:
            sc_backward_k_row_f64(&s->problem, x[Q], x[K], x[V], x[D_O], 0, 0, rows[n], s->row);
            break;
        case D_V:
            sc_backward_v_row_f64(&s->problem, x[Q], x[K], x[D_O], 0, 0, rows[n], s->row);
            break;
        }
        add(s, bits[result], rows[n], &apart, &norm);
    }
    return sqrt(apart / norm);
}

enum sc_status sc_usage_sample(const struct sc_usage_head *head, double *distance,
                               struct sc_error *error)
{
    const struct sc_pass_shape shape = {1, 1, head->n, head->d, false};
    const int64_t count = sc_pass_elements(&shape);
    const uint16_t *const bits[INPUTS] = {head->q, head->k, head->v, head->d_o};
    const float bias = sc_pass_bias(&shape);
    struct sample s = {.head = head, .problem = sc_pass_problem(&shape, &bias)};
    bool whole = true;

    s.weights = malloc((size_t)head->n * sizeof *s.weights);
    s.row = malloc((size_t)head->d * sizeof *s.row);
    for (int n = 0; n < INPUTS; n++) {
        s.inputs[n] = decode(bits[n], count);
        whole = whole && s.inputs[n] != NULL;
    }
    whole = whole && s.weights != NULL && s.row != NULL;
    if (whole) {
        *distance = 0.0;
        for (int result = head->o != NULL ? O : D_Q; result <= (head->o != NULL ? O : D_V);
             result++) {
            const double one = distance_of(&s, (enum result)result);
            *distance = isnan(*distance) || one <= *distance ? *distance : one;
        }
    }
    for (int n = 0; n < INPUTS; n++) {
        free(s.inputs[n]);
    }
    free(s.weights);
    free(s.row);
    return whole ? SC_OK : sc_fail(error, SC_E_MEMORY, "memory: no memory for a head");
}
