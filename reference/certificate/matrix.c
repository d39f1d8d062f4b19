/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/matrix.h"

#include "reference/certificate/products.h"
#include "reference/certificate/rounded.h"
#include "reference/certificate/share.h"
#include "reference/certificate/tangents.h"

#include <stdlib.h>
#include <string.h>

/* A sum of squares from above, fewer than 2^40 of them: their sum in any order is no less than 1 - 2^-13 of the exact one, and
 * each square is enlarged by 2^-12. */
struct squares {
    double sum;
};

static void square_add(struct squares *x, double value)
{
    if (value != 0.0) {
        x->sum += value * value * (1.0 + 0x1p-12) + SC_ROUNDED_TINY;
    }
}

static double square_root(const struct squares *x)
{
    return nextafter(sqrt(x->sum), HUGE_VAL);
}

struct assembly {
    const struct sc_rows *rows;
    const struct sc_tangents *tangents;
    struct sc_matrix *matrix;
    struct squares error[SC_SHARE_MAX]; /* of each part */
};

/* What one thread needs for a row of tokens. */
struct scratch {
    struct sc_dual *weights;      /* [tokens] */
    struct sc_rounded *p, *slope; /* [tokens]: P_ij, and P_ij (1 - P_ij) or P_ij */
    struct sc_rounded *v;         /* [tokens][d_v]: v_jc, then f_jc */
    struct sc_rounded *u; /* [tokens][width]: c <q_i, dk_j/dx_jb>; [width] where the same for all */
    struct sc_rounded *own;     /* [d_v][d], then of one channel c: sum_l f_lc k_l */
    double *side, *out;         /* [heads d_v][inputs], [out][inputs]: rows of J of token i */
    struct squares size, error; /* of side: its elements and their errors */
};

static bool scratch_create(struct scratch *x, const struct sc_subject *s)
{
    const size_t tokens = (size_t)s->tokens, inputs = (size_t)sc_subject_inputs(s);
    const size_t all = (size_t)s->heads * (size_t)s->d_v, d_v = (size_t)s->d_v;

    *x = (struct scratch){.weights = sc_dual_create(s->tokens)};
    x->p = calloc(tokens, sizeof *x->p);
    x->slope = calloc(tokens, sizeof *x->slope);
    x->v = calloc(tokens * d_v, sizeof *x->v);
    x->u = calloc(inputs, sizeof *x->u);
    x->own = calloc(d_v * (size_t)s->d, sizeof *x->own);
    x->side = calloc(all * inputs, sizeof *x->side);
    x->out = calloc((size_t)s->out * inputs + 1, sizeof *x->out);
    return x->weights != NULL && x->p != NULL && x->slope != NULL && x->v != NULL && x->u != NULL &&
           x->own != NULL && x->side != NULL && x->out != NULL;
}

static void scratch_destroy(struct scratch *x)
{
    free(x->weights);
    free(x->p);
    free(x->slope);
    free(x->v);
    free(x->u);
    free(x->own);
    free(x->side);
    free(x->out);
}

/* P_ij, and what multiplies ds_ij: p and slope. */
static void set_weights(const struct assembly *my, int32_t h, int32_t i, struct scratch *x)
{
    const struct sc_subject *s = my->rows->subject;
    struct sc_interval rest;

    sc_interval_init(&rest);
    sc_rows_weights(my->rows, h, i, x->weights);
    for (int32_t j = 0; j < s->tokens; j++) {
        const struct sc_interval *p = &x->weights[j].value;
        x->p[j] = x->slope[j] = sc_rounded_interval(p);
        if (s->kind == SC_SUBJECT_SIGMOID) {
            sc_interval_set_d(&rest, 1.0);
            sc_interval_subtract(&rest, &rest, p);
            sc_interval_multiply(&rest, &rest, p);
            x->slope[j] = sc_rounded_interval(&rest);
        }
    }
}

/* f_jc, in the place of v_jc. */
static void set_factors(const struct assembly *my, int32_t h, int32_t i, struct scratch *x)
{
    const struct sc_subject *s = my->rows->subject;
    const struct sc_dual *v = my->rows->v + (int64_t)h * s->tokens * s->d_v;

    for (int32_t c = 0; c < s->d_v; c++) {
        struct sc_rounded mean = sc_rounded_exact(0.0);
        for (int32_t j = 0; j < s->tokens; j++) {
            struct sc_rounded *f = x->v + (int64_t)j * s->d_v + c;
            *f = sc_rounded_interval(&v[(int64_t)j * s->d_v + c].value);
            if (s->kind == SC_SUBJECT_SOFTMAX) {
                mean = sc_rounded_add(mean, sc_rounded_multiply(x->p[j], *f));
            }
        }
        mean.value = -mean.value;
        for (int32_t j = 0; j < s->tokens; j++) {
            struct sc_rounded *f = x->v + (int64_t)j * s->d_v + c;
            *f = sc_subject_sees(s, i, j)
                     ? sc_rounded_multiply(x->slope[j], sc_rounded_add(*f, mean))
                     : sc_rounded_exact(0.0);
        }
    }
}

/* c <row, a tangent of the other rows> for each of `width` channels. */
static void along(const struct sc_subject *s, const struct sc_rounded *row,
                  const struct sc_rounded *tangent, struct sc_rounded *result)
{
    for (int32_t b = 0; b < s->width; b++) {
        result[b] = sc_rounded_exact(0.0);
    }
    for (int32_t a = 0; a < s->d; a++) {
        const struct sc_rounded scaled = sc_rounded_multiply(row[a], sc_rounded_exact(s->scale));
        for (int32_t b = 0; b < s->width; b++) {
            result[b] = sc_rounded_add(
                result[b], sc_rounded_multiply(scaled, tangent[(int64_t)a * s->width + b]));
        }
    }
}

/* u and own of a head and row; `row` has room for d + width. */
static void set_scores(const struct assembly *my, int32_t h, int32_t i, struct sc_rounded *row,
                       struct scratch *x)
{
    const struct sc_subject *s = my->rows->subject;
    const struct sc_dual *q = my->rows->q + ((int64_t)h * s->tokens + i) * s->d;
    const struct sc_dual *k = my->rows->k + (int64_t)h * s->tokens * s->d;

    for (int32_t a = 0; a < s->d; a++) {
        row[a] = sc_rounded_interval(&q[a].value);
    }
    for (int32_t j = 0; j < s->tokens; j++) {
        if (j == 0 || (my->tangents->moving && sc_subject_sees(s, i, j))) {
            along(s, row, sc_tangents_k(my->tangents, h, j),
                  x->u + (my->tangents->moving ? (int64_t)j * s->width : 0));
        }
    }
    for (int64_t n = 0; n < (int64_t)s->d_v * s->d; n++) {
        x->own[n] = sc_rounded_exact(0.0);
    }
    for (int32_t j = 0; j < s->tokens; j++) {
        for (int32_t a = 0; sc_subject_sees(s, i, j) && a < s->d; a++) {
            const struct sc_rounded key = sc_rounded_interval(&k[(int64_t)j * s->d + a].value);
            for (int32_t c = 0; c < s->d_v; c++) {
                struct sc_rounded *sum = x->own + (int64_t)c * s->d + a;
                *sum =
                    sc_rounded_add(*sum, sc_rounded_multiply(key, x->v[(int64_t)j * s->d_v + c]));
            }
        }
    }
}

static void put(struct scratch *x, double *place, struct sc_rounded element)
{
    *place = element.value;
    square_add(&x->size, element.value);
    square_add(&x->error, element.error);
}

/* Rows of J of one head and token: d_v rows of all inputs. */
static void set_head(const struct assembly *my, int32_t h, int32_t i, struct sc_rounded *row,
                     struct scratch *x)
{
    const struct sc_subject *s = my->rows->subject;

    set_weights(my, h, i, x);
    set_factors(my, h, i, x);
    set_scores(my, h, i, row, x);
    for (int32_t c = 0; c < s->d_v; c++) {
        const double *w = s->w_v + ((int64_t)h * s->d_v + c) * s->width;
        double *line = x->side + ((int64_t)h * s->d_v + c) * sc_subject_inputs(s);
        struct sc_rounded *own = row + s->d;
        along(s, x->own + (int64_t)c * s->d, sc_tangents_q(my->tangents, h, i), own);
        for (int32_t j = 0; j < s->tokens; j++) {
            const struct sc_rounded f = x->v[(int64_t)j * s->d_v + c];
            const struct sc_rounded *u = x->u + (my->tangents->moving ? (int64_t)j * s->width : 0);
            for (int32_t b = 0; b < s->width && sc_subject_sees(s, i, j); b++) {
                struct sc_rounded element =
                    sc_rounded_add(sc_rounded_multiply(x->p[j], sc_rounded_exact(w[b])),
                                   sc_rounded_multiply(f, u[b]));
                element = j == i ? sc_rounded_add(element, own[b]) : element;
                put(x, line + (int64_t)j * s->width + b, element);
            }
        }
    }
}

/* W_o of the rows, in plain doubles: each sum of heads d_v products errs by gamma times |W_o| |rows| as in definite.h, and
 * the errors of the rows pass through W_o; both by Frobenius norms. */
static void mix(const struct sc_subject *s, const struct squares *w_o, struct scratch *x)
{
    const int64_t all = (int64_t)s->heads * s->d_v, inputs = sc_subject_inputs(s);
    const double gamma = 1.01 * (double)all * SC_ROUNDED_U; /* all < 2^40 */
    const double norm = square_root(w_o);

    memset(x->out, 0, (size_t)(s->out * inputs) * sizeof *x->out);
    for (int32_t o = 0; o < s->out; o++) {
        for (int64_t a = 0; a < all; a++) {
            sc_products_add(x->out + o * inputs, x->side + a * inputs, s->w_o[o * all + a], inputs);
        }
    }
    if (norm > 0.0 && x->size.sum + x->error.sum > 0.0) {
        const double rounding = gamma * norm * square_root(&x->size) +
                                (double)(all * s->out) * (double)inputs * SC_ROUNDED_TINY;
        const double both = norm * square_root(&x->error) + rounding;
        x->error.sum = both * both * (1.0 + 0x1p-12) + SC_ROUNDED_TINY;
    } else {
        x->error.sum = 0.0; /* one factor is 0 */
    }
}

/* Rows of token i to their place. */
static void place(const struct sc_subject *s, int32_t i, const double *lines, int64_t count,
                  struct sc_matrix *matrix)
{
    const int64_t inputs = sc_subject_inputs(s), first = i * count;

    for (int64_t o = 0; o < count; o++) {
        for (int64_t n = 0; n < inputs; n++) {
            matrix->elements[matrix->transposed ? n * matrix->columns + first + o
                                                : (first + o) * inputs + n] = lines[o * inputs + n];
        }
    }
}

static bool assemble_part(void *context, int32_t part, int32_t parts)
{
    struct assembly *my = context;
    const struct sc_subject *s = my->rows->subject;
    struct sc_rounded *row = calloc((size_t)s->d + (size_t)s->width, sizeof *row);
    struct squares w_o = {0.0}, error = {0.0};
    struct sc_interval_state saved;
    struct scratch x;
    const bool made = scratch_create(&x, s) && row != NULL;

    sc_interval_begin(&saved);
    for (int64_t n = 0; n < s->out * ((int64_t)s->heads * s->d_v); n++) {
        square_add(&w_o, s->w_o[n]);
    }
    for (int32_t i = part; made && i < s->tokens; i += parts) {
        x.size.sum = x.error.sum = 0.0;
        memset(x.side, 0,
               (size_t)(s->heads * (int64_t)s->d_v * sc_subject_inputs(s)) * sizeof *x.side);
        for (int32_t h = 0; h < s->heads; h++) {
            set_head(my, h, i, row, &x);
        }
        if (s->w_o != NULL) {
            mix(s, &w_o, &x);
        }
        place(s, i, s->w_o != NULL ? x.out : x.side, sc_subject_out_width(s), my->matrix);
        error.sum += x.error.sum;
    }
    my->error[part] = error;
    scratch_destroy(&x);
    free(row);
    return sc_interval_end(&saved) && made;
}

double sc_matrix_bytes(const struct sc_subject *s, int32_t threads)
{
    const double inputs = (double)sc_subject_inputs(s), outputs = (double)sc_subject_outputs(s);
    const double side = fmin(inputs, outputs), all = (double)s->heads * s->d_v;
    const double rows = (double)s->heads * s->tokens * (2.0 * s->d + s->d_v);

    return 8.0 * inputs * outputs + 8.0 * side * side + 200.0 * rows +
           32.0 * s->heads * s->tokens * s->d * (double)s->width +
           8.0 * threads * inputs * (all + s->out + 2.0);
}

enum sc_status sc_matrix_create(const struct sc_rows *rows, int32_t threads,
                                struct sc_matrix *matrix, struct sc_error *error)
{
    const struct sc_subject *s = rows->subject;
    const int64_t inputs = sc_subject_inputs(s), outputs = sc_subject_outputs(s);
    struct sc_tangents tangents;
    struct assembly assembly = {rows, &tangents, matrix, {{0.0}}};
    struct squares all = {0.0};
    bool finite = true;

    *matrix = (struct sc_matrix){inputs < outputs ? inputs : outputs,
                                 inputs < outputs ? outputs : inputs, inputs < outputs, NULL, 0.0};
    enum sc_status status = sc_tangents_create(s, threads, &tangents, error);
    if (status != SC_OK) {
        goto done;
    }
    matrix->elements = malloc((size_t)inputs * (size_t)outputs * sizeof *matrix->elements);
    if (matrix->elements == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "certificate: no memory for %lld x %lld numbers",
                         (long long)outputs, (long long)inputs);
        goto done;
    }
    if (!sc_share_run(threads, assemble_part, &assembly)) {
        status = sc_fail(error, SC_E_UNAVAILABLE,
                         "certificate: the Jacobian is out of range, or no memory for a row of it");
        goto done;
    }
    for (int32_t n = 0; n < SC_SHARE_MAX; n++) {
        all.sum += assembly.error[n].sum;
    }
    matrix->error = all.sum > 0.0 ? square_root(&all) : all.sum;
    for (int64_t n = 0; n < inputs * outputs; n++) {
        finite = finite && isfinite(matrix->elements[n]);
    }
    if (!finite || !isfinite(matrix->error)) {
        status = sc_fail(error, SC_E_UNAVAILABLE, "certificate: the Jacobian is out of range");
    }
done:
    sc_tangents_destroy(&tangents);
    if (status != SC_OK) {
        sc_matrix_destroy(matrix);
    }
    return status;
}

void sc_matrix_destroy(struct sc_matrix *matrix)
{
    free(matrix->elements);
    matrix->elements = NULL;
}
