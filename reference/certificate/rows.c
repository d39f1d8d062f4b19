/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/rows.h"

#include "reference/certificate/rounded.h"
#include "reference/certificate/share.h"

#include <stdlib.h>

/* y / sqrt(mean of y^2 + epsilon) times the gain, y the row or the row less its mean */
static void norm_row(const struct sc_subject *s, const double *gain, struct sc_dual *row)
{
    struct sc_dual *const mean = sc_dual_create(3);

    if (mean == NULL) {
        mpfr_set_nanflag();
        return;
    }
    struct sc_dual *const size = mean + 1, *const count = mean + 2;
    sc_dual_set_d(count, (double)s->d);
    for (int32_t c = 0; s->norm == SC_SUBJECT_LAYER_NORM && c < s->d; c++) {
        sc_dual_add(mean, mean, row + c);
    }
    sc_dual_divide(mean, mean, count);
    for (int32_t c = 0; c < s->d; c++) {
        sc_dual_subtract(row + c, row + c, mean);
        sc_dual_add_product(size, row + c, row + c);
    }
    sc_dual_divide(size, size, count);
    sc_dual_add_d(size, size, s->epsilon);
    sc_dual_sqrt(size, size);
    for (int32_t c = 0; c < s->d; c++) {
        sc_dual_divide(row + c, row + c, size);
        if (gain != NULL) {
            sc_dual_multiply_d(row + c, row + c, gain[c]);
        }
    }
    free(mean);
}

/* (x, y) becomes (x cos - y sin, x sin + y cos). */
static void turn_row(const struct sc_subject *s, int32_t i, struct sc_dual *row)
{
    struct sc_dual *const cosine = sc_dual_create(4); /* constants: their slopes stay 0 */

    if (cosine == NULL) {
        mpfr_set_nanflag();
        return;
    }
    struct sc_dual *const sine = cosine + 1, *const x = cosine + 2, *const y = cosine + 3;
    for (int32_t c = 0; c < s->d / 2; c++) {
        struct sc_dual *const first = row + c, *const second = row + c + s->d / 2;
        sc_interval_turn(&cosine->value, &sine->value, s->rotation, c, s->d, i);
        sc_dual_set_d(x, 0.0);
        sc_dual_set_d(y, 0.0);
        sc_dual_add_product(x, second, sine);
        sc_dual_subtract(x, y, x);
        sc_dual_add_product(x, first, cosine);
        sc_dual_add_product(y, first, sine);
        sc_dual_add_product(y, second, cosine);
        sc_dual_set(first, x);
        sc_dual_set(second, y);
    }
    free(cosine);
}

void sc_rows_pass(const struct sc_subject *subject, const double *gain, int32_t i,
                  struct sc_dual *row)
{
    if (subject->norm != SC_SUBJECT_NO_NORM) {
        norm_row(subject, gain, row);
    }
    if (subject->rotation > 0.0) {
        turn_row(subject, i, row);
    }
}

struct projection {
    const struct sc_rows *rows;
    const double *direction;
};

/* W x_i + beta: `channels` rows of w, all heads after each other. */
static void project(const struct projection *my, int32_t i, const double *w, const double *beta,
                    int32_t channels, struct sc_dual *row)
{
    const struct sc_subject *s = my->rows->subject;
    const double *x = s->x + (int64_t)i * s->width;

    for (int32_t c = 0; c < channels; c++) {
        sc_dual_set_d(row + c, beta == NULL ? 0.0 : beta[c]);
        for (int32_t a = 0; a < s->width; a++) {
            const double weight = w[(int64_t)c * s->width + a];
            sc_interval_add_product_d(&row[c].value, weight, x[a]);
            if (my->direction != NULL) {
                sc_interval_add_product_d(&row[c].slope, weight,
                                          my->direction[(int64_t)i * s->width + a]);
            }
        }
    }
}

static bool project_part(void *context, int32_t part, int32_t parts)
{
    const struct projection *my = context;
    const struct sc_rows *rows = my->rows;
    const struct sc_subject *s = rows->subject;
    struct sc_interval_state saved;

    sc_interval_begin(&saved);
    for (int32_t i = part; i < s->tokens; i += parts) {
        for (int32_t h = 0; h < s->heads; h++) {
            const int64_t at = (int64_t)h * s->d, at_v = (int64_t)h * s->d_v;
            const int64_t row = (int64_t)h * s->tokens + i;
            struct sc_dual *q = rows->q + row * s->d, *k = rows->k + row * s->d;
            project(my, i, s->w_q + at * s->width, s->beta_q == NULL ? NULL : s->beta_q + at, s->d,
                    q);
            project(my, i, s->w_k + at * s->width, s->beta_k == NULL ? NULL : s->beta_k + at, s->d,
                    k);
            project(my, i, s->w_v + at_v * s->width, s->beta_v == NULL ? NULL : s->beta_v + at_v,
                    s->d_v, rows->v + row * s->d_v);
            sc_rows_pass(s, s->gain_q, i, q);
            sc_rows_pass(s, s->gain_k, i, k);
        }
    }
    return sc_interval_end(&saved);
}

enum sc_status sc_rows_create(const struct sc_subject *subject, const double *direction,
                              int32_t threads, struct sc_rows *rows, struct sc_error *error)
{
    const int64_t count = (int64_t)subject->heads * subject->tokens;
    struct projection projection = {rows, direction};

    *rows =
        (struct sc_rows){subject, sc_dual_create(count * subject->d),
                         sc_dual_create(count * subject->d), sc_dual_create(count * subject->d_v)};
    if (!sc_rounded_environment()) {
        return sc_fail(error, SC_E_UNAVAILABLE,
                       "certificate: doubles do not round to nearest or lose subnormal numbers");
    }
    if (rows->q == NULL || rows->k == NULL || rows->v == NULL) {
        return sc_fail(error, SC_E_MEMORY, "certificate: no memory for %lld rows of intervals",
                       (long long)count);
    }
    return sc_share_run(threads, project_part, &projection)
               ? SC_OK
               : sc_fail(error, SC_E_UNAVAILABLE,
                         "certificate: queries or keys are out of range, or a norm of 0");
}

void sc_rows_destroy(struct sc_rows *rows)
{
    free(rows->q);
    free(rows->k);
    free(rows->v);
    *rows = (struct sc_rows){.subject = NULL};
}

/* c <q_i, k_j> + b - slope |i - j| */
static void score(const struct sc_rows *rows, int32_t h, int32_t i, int32_t j, struct sc_dual *r)
{
    const struct sc_subject *s = rows->subject;
    const struct sc_dual *q = rows->q + ((int64_t)h * s->tokens + i) * s->d;
    const struct sc_dual *k = rows->k + ((int64_t)h * s->tokens + j) * s->d;

    sc_dual_set_d(r, 0.0);
    for (int32_t c = 0; c < s->d; c++) {
        sc_dual_add_product(r, q + c, k + c);
    }
    sc_dual_multiply_d(r, r, s->scale);
    sc_dual_add_d(r, r, s->bias[h]);
    if (s->slopes != NULL) {
        sc_interval_add_product_d(&r->value, -s->slopes[h], (double)abs(i - j));
    }
}

/* exp(s_j) / sum of exp(s_l), each score less the same constant, which changes nothing */
static void normalise(const struct sc_subject *s, int32_t i, struct sc_dual *weights)
{
    struct sc_dual *const sum = sc_dual_create(2);

    if (sum == NULL) {
        mpfr_set_nanflag();
        return;
    }
    struct sc_dual *const top = sum + 1;
    sc_interval_set(&top->value, &weights[i].value); /* every row sees itself */
    for (int32_t j = 0; j < s->tokens; j++) {
        if (sc_subject_sees(s, i, j) && mpfr_greater_p(weights[j].value.lo, top->value.lo) != 0) {
            sc_interval_set(&top->value, &weights[j].value);
        }
    }
    (void)mpfr_set(top->value.hi, top->value.lo, MPFR_RNDU);
    for (int32_t j = 0; j < s->tokens; j++) {
        if (sc_subject_sees(s, i, j)) {
            sc_dual_subtract(weights + j, weights + j, top);
            sc_dual_exp(weights + j, weights + j);
            sc_dual_add(sum, sum, weights + j);
        }
    }
    for (int32_t j = 0; j < s->tokens; j++) {
        if (sc_subject_sees(s, i, j)) {
            sc_dual_divide(weights + j, weights + j, sum);
        }
    }
    free(sum);
}

void sc_rows_weights(const struct sc_rows *rows, int32_t h, int32_t i, struct sc_dual *weights)
{
    const struct sc_subject *s = rows->subject;

    for (int32_t j = 0; j < s->tokens; j++) {
        sc_dual_set_d(weights + j, 0.0);
        if (sc_subject_sees(s, i, j)) {
            score(rows, h, i, j, weights + j);
            if (s->kind == SC_SUBJECT_SIGMOID) {
                sc_dual_sigmoid(weights + j, weights + j);
            }
        }
    }
    if (s->kind == SC_SUBJECT_SOFTMAX) {
        normalise(s, i, weights);
    }
}
