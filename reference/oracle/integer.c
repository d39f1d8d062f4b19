/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/environment.h"
#include "reference/oracle/fixed_dot.h"
#include "reference/oracle/fixed_enclosure.h"
#include "reference/oracle/fixed_float.h"
#include "reference/oracle/fixed_score.h"
#include "reference/oracle/fixed_sigmoid.h"
#include "reference/oracle/fixed_sum.h"
#include "reference/oracle/tier.h"

#include <math.h>
#include <stdlib.h>

/* Why each step encloses, and every width: reference/oracle/INTEGER.md. */

/* Limbs of a score that lie below the fraction that the sigmoid takes. */
#define CUT_LIMBS ((SC_FIXED_SIGMOID_UNIT - SC_FIXED_SCORE_UNIT) / GMP_NUMB_BITS)
_Static_assert(SC_FIXED_SIGMOID_UNIT - SC_FIXED_SCORE_UNIT == CUT_LIMBS * GMP_NUMB_BITS,
               "the fraction of a score begins with a limb");
#define INTEGER_LIMBS (SC_FIXED_SCORE_LIMBS - CUT_LIMBS - SC_FIXED_SIGMOID_LIMBS)

/* dS = p (1 - p) <dO, v> */
#define GRADIENT_UNIT  (SC_FIXED_SIGMOID_UNIT + SC_FIXED_DOT_UNIT)
#define GRADIENT_LIMBS (SC_FIXED_SIGMOID_LIMBS + SC_FIXED_DOT_LIMBS)

/* A sum has at most 2^48 terms (the rows of all query heads of a group), each a product with a float.
 * sc_fixed_enclosure needs 26 bits more, the radius at most one. */
#define SUM_BITS           (SC_FIXED_FLOAT_BITS + 48 + 26 + 1)
#define VALUE_SUM_LIMBS    9
#define GRADIENT_SUM_LIMBS 18
_Static_assert(192 + SUM_BITS <= GMP_NUMB_BITS * VALUE_SUM_LIMBS, "p is below 2^192");
_Static_assert(768 + SUM_BITS <= GMP_NUMB_BITS * GRADIENT_SUM_LIMBS, "dS is below 2^768");
_Static_assert(GRADIENT_SUM_LIMBS <= SC_FIXED_ENCLOSURE_LIMBS_MAX, "as wide as can be enclosed");
_Static_assert(GRADIENT_LIMBS <= SC_FIXED_SUM_FACTOR_LIMBS_MAX, "a factor of its own width");

#define P_ERROR          (SC_FIXED_SIGMOID_ERROR * 0x1p-192)
#define DERIVATIVE_ERROR (SC_FIXED_SIGMOID_DERIVATIVE_ERROR * 0x1p-192)
_Static_assert(SC_FIXED_SIGMOID_UNIT == -192, "the unit of the two errors");

struct state {
    const struct sc_problem *problem;
    struct sc_oracle_values values;
    struct sc_fixed_sum value_sum;    /* d_v channels: O, dV */
    struct sc_fixed_sum gradient_sum; /* d channels: dQ, dK, without tau */
    struct sc_fixed_sum bias_sum;     /* one channel: db */
    struct sc_fixed_sigmoid_table table;
};

/* What a visible pair of a row and a key has. */
struct pair {
    mp_limb_t p[SC_FIXED_SIGMOID_LIMBS];
    struct sc_fixed_sum_factor d_s;
};

static void destroy(void *state)
{
    struct state *s = state;

    if (s == NULL) {
        return;
    }
    sc_fixed_sum_destroy(&s->bias_sum);
    sc_fixed_sum_destroy(&s->gradient_sum);
    sc_fixed_sum_destroy(&s->value_sum);
    free(s);
}

static enum sc_status create(const struct sc_problem *problem,
                             const struct sc_oracle_values *values,
                             const struct sc_tier_options *options, void **state,
                             struct sc_error *error)
{
    enum sc_status status = SC_OK;
    struct state *s = calloc(1, sizeof *s);

    (void)options; /* the precision is fixed, and one thread does it all */
    if (s == NULL) {
        return sc_fail(error, SC_E_MEMORY, "integer oracle: no memory for its tables");
    }
    s->problem = problem;
    s->values = *values;
    status = sc_fixed_sum_create(&s->value_sum, problem->d_v, VALUE_SUM_LIMBS, error);
    if (status != SC_OK) {
        goto done;
    }
    status = sc_fixed_sum_create(&s->gradient_sum, problem->d, GRADIENT_SUM_LIMBS, error);
    if (status != SC_OK) {
        goto done;
    }
    status = sc_fixed_sum_create(&s->bias_sum, 1, GRADIENT_SUM_LIMBS, error);
    if (status != SC_OK) {
        goto done;
    }
    sc_fixed_sigmoid_prepare(&s->table);
    *state = s;
    s = NULL;
done:
    destroy(s);
    return status;
}

static const float *query_row(const struct state *s, int32_t b, int32_t h, int32_t i)
{
    return s->values.q + sc_problem_q_row(s->problem, b, h, i);
}

static const float *output_gradient_row(const struct state *s, int32_t b, int32_t h, int32_t i)
{
    return s->values.d_o + sc_problem_o_row(s->problem, b, h, i);
}

static const float *key_row(const struct state *s, int32_t b, int32_t h, int32_t j)
{
    const int32_t g = sc_problem_group_head(s->problem, h);

    return s->values.k + sc_problem_k_row(s->problem, b, g, j);
}

static const float *value_row(const struct state *s, int32_t b, int32_t h, int32_t j)
{
    const int32_t g = sc_problem_group_head(s->problem, h);

    return s->values.v + sc_problem_v_row(s->problem, b, g, j);
}

/* p of a visible pair, and dS if `gradient`. */
static void compute_pair(const struct state *s, int32_t b, int32_t h, int32_t i, int32_t j,
                         bool gradient, struct pair *pair)
{
    const struct sc_problem *problem = s->problem;
    const float slope = problem->slopes != NULL ? problem->slopes[h] : 0.0f;
    const int32_t distance =
        sc_mask_distance(i, j, sc_problem_rows(problem, b), sc_problem_keys(problem, b));
    mp_limb_t derivative[SC_FIXED_SIGMOID_LIMBS];
    mp_limb_t product[GRADIENT_LIMBS];
    struct sc_fixed_dot dot;
    struct sc_fixed_score score;

    sc_fixed_dot(&dot, query_row(s, b, h, i), key_row(s, b, h, j), problem->d);
    sc_fixed_score(&score, &dot, problem->tau, sc_problem_bias(problem, b, h), slope, distance);
    sc_fixed_sigmoid(&s->table, score.negative, score.magnitude + CUT_LIMBS, INTEGER_LIMBS, pair->p,
                     gradient ? derivative : NULL);
    if (!gradient) {
        return;
    }
    sc_fixed_dot(&dot, output_gradient_row(s, b, h, i), value_row(s, b, h, j), problem->d_v);
    (void)mpn_mul(product, dot.magnitude, SC_FIXED_DOT_LIMBS, derivative, SC_FIXED_SIGMOID_LIMBS);
    sc_fixed_sum_prepare(
        &pair->d_s, product, GRADIENT_LIMBS, dot.negative,
        sc_fixed_enclosure_above(dot.magnitude, SC_FIXED_DOT_LIMBS, SC_FIXED_DOT_UNIT));
}

/* Adds p x to the sums of O or dV. */
static void add_value(struct state *s, const struct pair *pair, const float *x)
{
    struct sc_fixed_sum_factor factor;

    sc_fixed_sum_prepare(&factor, pair->p, SC_FIXED_SIGMOID_LIMBS, false, 1.0);
    sc_fixed_sum_add(&s->value_sum, &factor, x);
}

/* What one row or key has summed; NULL: not wanted. */
static void enclose_sums(const struct state *s, struct sc_enclosure *values,
                         struct sc_enclosure *gradients)
{
    for (int32_t c = 0; values != NULL && c < s->value_sum.width; c++) {
        values[c] = sc_fixed_sum_enclose(&s->value_sum, c, SC_FIXED_SIGMOID_UNIT, P_ERROR, 1.0f);
    }
    for (int32_t c = 0; gradients != NULL && c < s->gradient_sum.width; c++) {
        gradients[c] = sc_fixed_sum_enclose(&s->gradient_sum, c, GRADIENT_UNIT, DERIVATIVE_ERROR,
                                            s->problem->tau);
    }
}

static struct sc_enclosure enclose_p(const mp_limb_t *p)
{
    mp_limb_t x[SC_FIXED_SIGMOID_LIMBS + 1];
    struct sc_enclosure result;

    mpn_copyi(x, p, SC_FIXED_SIGMOID_LIMBS);
    x[SC_FIXED_SIGMOID_LIMBS] = 0;
    result = sc_fixed_enclosure(x, SC_FIXED_SIGMOID_LIMBS + 1, SC_FIXED_SIGMOID_ERROR, 1.0f,
                                SC_FIXED_SIGMOID_UNIT);
    return (struct sc_enclosure){fmax(result.lo, 0.0), fmin(result.hi, 1.0)};
}

/* Row i; p, o and d_q: of this row, NULL: not wanted. */
static void enclose_row(struct state *s, int32_t b, int32_t h, int32_t i, struct sc_enclosure *p,
                        struct sc_enclosure *o, struct sc_enclosure *d_q)
{
    const int32_t n_k = sc_problem_keys(s->problem, b);
    struct pair pair;

    sc_fixed_sum_clear(&s->value_sum);
    sc_fixed_sum_clear(&s->gradient_sum);
    for (int32_t j = 0; j < n_k; j++) {
        if (!sc_problem_visible(s->problem, b, h, i, j)) {
            if (p != NULL) {
                p[j] = (struct sc_enclosure){0.0, 0.0};
            }
            continue;
        }
        compute_pair(s, b, h, i, j, d_q != NULL, &pair);
        if (p != NULL) {
            p[j] = enclose_p(pair.p);
        }
        if (o != NULL) {
            add_value(s, &pair, value_row(s, b, h, j));
        }
        if (d_q != NULL) {
            sc_fixed_sum_add(&s->gradient_sum, &pair.d_s, key_row(s, b, h, j));
        }
    }
    enclose_sums(s, o, d_q);
}

/* Key j; d_k and d_v: of this key, NULL: not wanted. No row sees a key beyond the sequence's length. */
static void enclose_key(struct state *s, int32_t b, int32_t g, int32_t j, struct sc_enclosure *d_k,
                        struct sc_enclosure *d_v)
{
    const struct sc_problem *problem = s->problem;
    const int32_t group = problem->heads_q / problem->heads_kv;
    const int32_t n_q = j < sc_problem_keys(problem, b) ? sc_problem_rows(problem, b) : 0;
    struct pair pair;

    sc_fixed_sum_clear(&s->value_sum);
    sc_fixed_sum_clear(&s->gradient_sum);
    for (int32_t h = g * group; h < (g + 1) * group; h++) {
        for (int32_t i = 0; i < n_q; i++) {
            if (!sc_problem_visible(problem, b, h, i, j)) {
                continue;
            }
            compute_pair(s, b, h, i, j, d_k != NULL, &pair);
            if (d_v != NULL) {
                add_value(s, &pair, output_gradient_row(s, b, h, i));
            }
            if (d_k != NULL) {
                sc_fixed_sum_add(&s->gradient_sum, &pair.d_s, query_row(s, b, h, i));
            }
        }
    }
    enclose_sums(s, d_v, d_k);
}

static struct sc_enclosure *at(struct sc_enclosure *list, int32_t index, int32_t width)
{
    return list != NULL ? list + (int64_t)index * width : NULL;
}

static enum sc_status rows(void *state, int32_t b, int32_t h, const int32_t *list, int32_t count,
                           const struct sc_row_enclosures *wanted, struct sc_error *error)
{
    struct state *s = state;
    const struct sc_problem *problem = s->problem;
    const enum sc_status status = sc_environment_check(error);

    for (int32_t r = 0; status == SC_OK && r < count; r++) {
        enclose_row(s, b, h, list[r], at(wanted->p, r, sc_problem_keys(problem, b)),
                    at(wanted->o, r, problem->d_v), at(wanted->d_q, r, problem->d));
    }
    return status;
}

static enum sc_status keys(void *state, int32_t b, int32_t g, const int32_t *list, int32_t count,
                           const struct sc_key_enclosures *wanted, struct sc_error *error)
{
    struct state *s = state;
    const struct sc_problem *problem = s->problem;
    const enum sc_status status = sc_environment_check(error);

    for (int32_t r = 0; status == SC_OK && r < count; r++) {
        enclose_key(s, b, g, list[r], at(wanted->d_k, r, problem->d),
                    at(wanted->d_v, r, problem->d_v));
    }
    return status;
}

static enum sc_status bias(void *state, int32_t b, int32_t h, struct sc_enclosure *d_b,
                           struct sc_error *error)
{
    static const float one = 1.0f;
    struct state *s = state;
    const struct sc_problem *problem = s->problem;
    const enum sc_status status = sc_environment_check(error);
    struct pair pair;

    if (status != SC_OK) {
        return status;
    }
    sc_fixed_sum_clear(&s->bias_sum);
    for (int32_t i = 0; i < sc_problem_rows(problem, b); i++) {
        for (int32_t j = 0; j < sc_problem_keys(problem, b); j++) {
            if (sc_problem_visible(problem, b, h, i, j)) {
                compute_pair(s, b, h, i, j, true, &pair);
                sc_fixed_sum_add(&s->bias_sum, &pair.d_s, &one);
            }
        }
    }
    *d_b = sc_fixed_sum_enclose(&s->bias_sum, 0, GRADIENT_UNIT, DERIVATIVE_ERROR, one);
    return SC_OK;
}

const struct sc_oracle_tier sc_tier_integer = {
    .name = "integer",
    .create = create,
    .destroy = destroy,
    .rows = rows,
    .keys = keys,
    .bias = bias,
};
