/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/mpfr_state.h"
#include "reference/oracle/environment.h"
#include "reference/oracle/oracle.h"
#include "reference/oracle/sigmoid_bound.h"

#include <math.h>
#include <mpfr.h>
#include <stdlib.h>

#define FLOAT_BITS 24 /* every fp32 value is exact */
#define BOUND_BITS 64 /* of upper bounds, and of |m_ij| exactly: 24 bits times a 25-bit distance */

/* One end of the enclosures of a row: everything in it is rounded in direction `toward`. */
struct end {
    mpfr_rnd_t toward;
    mpfr_t dot, s, p;
    mpfr_t complement; /* of p, rounded the other way: low.complement >= 1 - p >= high.complement */
    mpfr_t *sum;       /* of p_j v_jc over the keys so far, for each c */
};

struct sc_oracle {
    const struct sc_problem *problem;
    const float *q, *k, *v;
    void *digits;                    /* of all numbers */
    struct end low, high;            /* sums: d_v each */
    mpfr_t *query;                   /* the row of Q */
    mpfr_t tau, bias, slope, value;  /* fp32 inputs; value: one element of K or V */
    mpfr_t alibi, bound;             /* BOUND_BITS */
    mpfr_t exponential, denominator; /* scratch of the sigmoid */
    bool *undefined;                 /* d_v: no real value */
    double *widths;                  /* d_v */
    bool *visible;                   /* from here on: scores.n_k values */
    double *terms, *product, *mask_bias, *derivative;
    struct sc_enclosure *s, *p;
    struct sc_oracle_scores scores;
};

/* Gives x its digits, the next ones of `*room`; counts only when `*room` is NULL. */
static void place(mpfr_ptr x, mpfr_prec_t precision, unsigned char **room, size_t *size)
{
    const size_t bytes = mpfr_custom_get_size(precision);

    *size += bytes;
    if (*room != NULL) {
        mpfr_custom_init(*room, precision);
        mpfr_custom_init_set(x, MPFR_ZERO_KIND, 0, precision, *room);
        *room += bytes;
    }
}

static void place_end(struct end *end, int32_t d_v, mpfr_prec_t precision, unsigned char **room,
                      size_t *size)
{
    place(end->dot, precision, room, size);
    place(end->s, precision, room, size);
    place(end->p, precision, room, size);
    place(end->complement, precision, room, size);
    for (int32_t c = 0; c < d_v; c++) {
        place(end->sum[c], precision, room, size);
    }
}

/* Places every number of the oracle in `room`, or only counts. Returns the bytes they need. All are
 * in one block of our own, so that an allocation can fail with a status: GMP's would abort. */
static size_t place_all(struct sc_oracle *oracle, mpfr_prec_t precision, unsigned char *room)
{
    size_t size = 0;

    place_end(&oracle->low, oracle->problem->d_v, precision, &room, &size);
    place_end(&oracle->high, oracle->problem->d_v, precision, &room, &size);
    place(oracle->exponential, precision, &room, &size);
    place(oracle->denominator, precision, &room, &size);
    place(oracle->alibi, BOUND_BITS, &room, &size);
    place(oracle->bound, BOUND_BITS, &room, &size);
    place(oracle->tau, FLOAT_BITS, &room, &size);
    place(oracle->bias, FLOAT_BITS, &room, &size);
    place(oracle->slope, FLOAT_BITS, &room, &size);
    place(oracle->value, FLOAT_BITS, &room, &size);
    for (int32_t c = 0; c < oracle->problem->d; c++) {
        place(oracle->query[c], FLOAT_BITS, &room, &size);
    }
    return size;
}

static int32_t longest_sequence(const struct sc_problem *problem)
{
    int32_t longest = 0;

    for (int32_t b = 0; b < problem->batch; b++) {
        const int32_t keys = sc_problem_keys(problem, b);
        longest = keys > longest ? keys : longest;
    }
    return longest;
}

enum sc_status sc_oracle_create(const struct sc_problem *problem, int32_t precision, const float *q,
                                const float *k, const float *v, struct sc_oracle **created,
                                struct sc_error *error)
{
    if (precision < SC_ORACLE_PRECISION_MIN || precision > SC_ORACLE_PRECISION_MAX) {
        return sc_fail(error, SC_E_INPUT, "oracle: precision %d bits, expected %d to %d", precision,
                       SC_ORACLE_PRECISION_MIN, SC_ORACLE_PRECISION_MAX);
    }
    const size_t d = (size_t)problem->d;
    const size_t d_v = (size_t)problem->d_v;
    const size_t keys = (size_t)longest_sequence(problem) + 1; /* + 1: calloc(0) may be NULL */
    struct sc_oracle *oracle = calloc(1, sizeof *oracle);
    if (oracle == NULL) {
        goto no_memory;
    }
    oracle->problem = problem;
    oracle->q = q;
    oracle->k = k;
    oracle->v = v;
    oracle->low.toward = MPFR_RNDD;
    oracle->high.toward = MPFR_RNDU;
    oracle->low.sum = calloc(d_v, sizeof(mpfr_t));
    oracle->high.sum = calloc(d_v, sizeof(mpfr_t));
    oracle->query = calloc(d, sizeof(mpfr_t));
    oracle->undefined = calloc(d_v, sizeof(bool));
    oracle->widths = calloc(d_v, sizeof(double));
    oracle->visible = calloc(keys, sizeof(bool));
    oracle->terms = calloc(keys, sizeof(double));
    oracle->product = calloc(keys, sizeof(double));
    oracle->mask_bias = calloc(keys, sizeof(double));
    oracle->derivative = calloc(keys, sizeof(double));
    oracle->s = calloc(keys, sizeof(struct sc_enclosure));
    oracle->p = calloc(keys, sizeof(struct sc_enclosure));
    if (oracle->low.sum == NULL || oracle->high.sum == NULL || oracle->query == NULL ||
        oracle->undefined == NULL || oracle->widths == NULL || oracle->visible == NULL ||
        oracle->terms == NULL || oracle->product == NULL || oracle->mask_bias == NULL ||
        oracle->derivative == NULL || oracle->s == NULL || oracle->p == NULL) {
        goto no_memory;
    }
    oracle->digits = malloc(place_all(oracle, precision, NULL));
    if (oracle->digits == NULL) {
        goto no_memory;
    }
    (void)place_all(oracle, precision, oracle->digits);
    oracle->scores = (struct sc_oracle_scores){.visible = oracle->visible,
                                               .terms = oracle->terms,
                                               .product = oracle->product,
                                               .mask_bias = oracle->mask_bias,
                                               .derivative = oracle->derivative,
                                               .s = oracle->s,
                                               .p = oracle->p};
    *created = oracle;
    return SC_OK;
no_memory:
    sc_oracle_destroy(oracle);
    return sc_fail(error, SC_E_MEMORY, "oracle: no memory for %zu keys, %zu + %zu channels",
                   keys - 1, d, d_v);
}

void sc_oracle_destroy(struct sc_oracle *oracle)
{
    if (oracle == NULL) {
        return;
    }
    free(oracle->p);
    free(oracle->s);
    free(oracle->derivative);
    free(oracle->mask_bias);
    free(oracle->product);
    free(oracle->terms);
    free(oracle->visible);
    free(oracle->widths);
    free(oracle->undefined);
    free(oracle->query);
    free(oracle->digits);
    free(oracle->high.sum);
    free(oracle->low.sum);
    free(oracle);
}

static bool all_finite(const float *x, int32_t count)
{
    for (int32_t c = 0; c < count; c++) {
        if (!isfinite(x[c])) {
            return false;
        }
    }
    return true;
}

/* A double on the side `toward` of x; zero is +0. */
static double to_double(mpfr_srcptr x, mpfr_rnd_t toward)
{
    const double result = mpfr_get_d(x, toward);

    return result == 0.0 ? 0.0 : result;
}

static struct sc_enclosure to_enclosure(mpfr_srcptr low, mpfr_srcptr high)
{
    return (struct sc_enclosure){to_double(low, MPFR_RNDD), to_double(high, MPFR_RNDU)};
}

/* |tau <q, k>| at one end, rounded up. */
static double product_bound(struct sc_oracle *oracle, const struct end *end)
{
    (void)mpfr_mul(oracle->bound, oracle->tau, end->dot, MPFR_RNDA);
    return fabs(mpfr_get_d(oracle->bound, MPFR_RNDA));
}

static void clear_key(struct sc_oracle *oracle, int32_t j, bool visible)
{
    const double bound = visible ? HUGE_VAL : 0.0;
    const struct sc_enclosure all = {visible ? -HUGE_VAL : 0.0, bound};

    oracle->visible[j] = visible;
    oracle->terms[j] = bound;
    oracle->product[j] = bound;
    oracle->mask_bias[j] = bound;
    oracle->derivative[j] = bound;
    oracle->s[j] = all;
    oracle->p[j] = all;
}

/* Both ends of <q, k_j>, and the bound of sum |q_c k_jc|. */
static void enclose_dot(struct sc_oracle *oracle, const float *k, int32_t j)
{
    mpfr_set_zero(oracle->low.dot, 1);
    mpfr_set_zero(oracle->high.dot, 1);
    mpfr_set_zero(oracle->bound, 1);
    for (int32_t c = 0; c < oracle->problem->d; c++) {
        if (k[c] == 0.0f || mpfr_zero_p(oracle->query[c])) {
            continue;
        }
        (void)mpfr_set_flt(oracle->value, k[c], MPFR_RNDN);
        (void)mpfr_fma(oracle->low.dot, oracle->query[c], oracle->value, oracle->low.dot,
                       oracle->low.toward);
        (void)mpfr_fma(oracle->high.dot, oracle->query[c], oracle->value, oracle->high.dot,
                       oracle->high.toward);
        /* Round |q k| into the bound: the signs of the factors are made equal. */
        (void)mpfr_setsign(oracle->value, oracle->value, mpfr_signbit(oracle->query[c]), MPFR_RNDN);
        (void)mpfr_fma(oracle->bound, oracle->query[c], oracle->value, oracle->bound, MPFR_RNDU);
    }
    oracle->terms[j] = to_double(oracle->bound, MPFR_RNDU);
}

/* One end of the score from its dot product, and of its sigmoid. tau > 0, so order is kept. */
static void enclose_score(struct sc_oracle *oracle, struct end *end)
{
    (void)mpfr_fma(end->s, oracle->tau, end->dot, oracle->bias, end->toward);
    if (oracle->problem->slopes != NULL) {
        (void)mpfr_sub(end->s, end->s, oracle->alibi, end->toward);
    }
    sc_sigmoid_bound(end->p, end->complement, oracle->exponential, oracle->denominator, end->s,
                     end->toward);
}

/* Score and sigmoid of a visible key with finite inputs. */
static void enclose_key(struct sc_oracle *oracle, const float *k, int32_t j, int32_t distance)
{
    enclose_dot(oracle, k, j);
    if (oracle->problem->slopes != NULL) {
        (void)mpfr_mul_si(oracle->alibi, oracle->slope, distance, MPFR_RNDN); /* exact */
    }
    enclose_score(oracle, &oracle->low);
    enclose_score(oracle, &oracle->high);

    oracle->visible[j] = true;
    oracle->product[j] =
        fmax(product_bound(oracle, &oracle->low), product_bound(oracle, &oracle->high));
    oracle->mask_bias[j] = fabs(mpfr_get_d(oracle->alibi, MPFR_RNDN)); /* exact */
    oracle->s[j] = to_enclosure(oracle->low.s, oracle->high.s);
    oracle->p[j] = to_enclosure(oracle->low.p, oracle->high.p);
    (void)mpfr_mul(oracle->bound, oracle->high.p, oracle->low.complement, MPFR_RNDU);
    oracle->derivative[j] = fmin(to_double(oracle->bound, MPFR_RNDU), 0.25);
}

/* Adds p_j v_jc to both ends of every channel: the smaller product of a negative v has the larger
 * p. */
static void add_values(struct sc_oracle *oracle, const float *v)
{
    struct end *low = &oracle->low;
    struct end *high = &oracle->high;

    for (int32_t c = 0; c < oracle->problem->d_v; c++) {
        if (v[c] == 0.0f) {
            continue;
        }
        if (!isfinite(v[c])) {
            oracle->undefined[c] = true;
            continue;
        }
        const bool negative = v[c] < 0.0f;
        (void)mpfr_set_flt(oracle->value, v[c], MPFR_RNDN);
        (void)mpfr_fma(low->sum[c], negative ? high->p : low->p, oracle->value, low->sum[c],
                       low->toward);
        (void)mpfr_fma(high->sum[c], negative ? low->p : high->p, oracle->value, high->sum[c],
                       high->toward);
    }
}

/* Reads the row of Q and the constants of the head, and clears the sums. Returns whether the row of
 * Q is finite. */
static bool begin_row(struct sc_oracle *oracle, int32_t b, int32_t h, const float *q)
{
    const struct sc_problem *problem = oracle->problem;
    const bool finite = all_finite(q, problem->d);
    const float bias = sc_problem_bias(problem, b, h);

    for (int32_t c = 0; c < problem->d && finite; c++) {
        (void)mpfr_set_flt(oracle->query[c], q[c], MPFR_RNDN);
    }
    (void)mpfr_set_flt(oracle->tau, problem->tau, MPFR_RNDN);
    (void)mpfr_set_flt(oracle->bias, bias, MPFR_RNDN);
    if (problem->slopes != NULL) {
        (void)mpfr_set_flt(oracle->slope, problem->slopes[h], MPFR_RNDN);
    }
    for (int32_t c = 0; c < problem->d_v; c++) {
        mpfr_set_zero(oracle->low.sum[c], 1);
        mpfr_set_zero(oracle->high.sum[c], 1);
        oracle->undefined[c] = false;
    }
    oracle->scores.bias = fabs((double)bias);
    return finite;
}

/* Walks the keys of the row. Returns whether it sees any. */
static bool enclose_row(struct sc_oracle *oracle, int32_t b, int32_t h, int32_t i)
{
    const struct sc_problem *problem = oracle->problem;
    const int32_t g = sc_problem_group_head(problem, h);
    const int32_t n_q = sc_problem_rows(problem, b);
    const int32_t n_k = sc_problem_keys(problem, b);
    const bool finite = begin_row(oracle, b, h, oracle->q + sc_problem_q_row(problem, b, h, i));
    bool sees_any = false;

    for (int32_t j = 0; j < n_k; j++) {
        if (!sc_problem_visible(problem, b, h, i, j)) {
            clear_key(oracle, j, false);
            continue;
        }
        const float *k = oracle->k + sc_problem_k_row(problem, b, g, j);
        sees_any = true;
        if (!finite || !all_finite(k, problem->d)) {
            clear_key(oracle, j, true);
            for (int32_t c = 0; c < problem->d_v; c++) {
                oracle->undefined[c] = true;
            }
            continue;
        }
        enclose_key(oracle, k, j, sc_mask_distance(i, j, n_q, n_k));
        add_values(oracle, oracle->v + sc_problem_v_row(problem, b, g, j));
    }
    oracle->scores.n_k = n_k;
    return sees_any;
}

enum sc_status sc_oracle_row(struct sc_oracle *oracle, int32_t b, int32_t h, int32_t i,
                             struct sc_enclosure *o, enum sc_oracle_class *classes,
                             struct sc_error *error)
{
    const struct sc_problem *problem = oracle->problem;
    struct sc_mpfr_state state;

    oracle->scores.n_k = 0;
    if (b < 0 || b >= problem->batch || h < 0 || h >= problem->heads_q || i < 0 ||
        i >= sc_problem_rows(problem, b)) {
        return sc_fail(error, SC_E_INPUT,
                       "oracle: no row (sequence %d, head %d, row %d), expected one of the problem",
                       b, h, i);
    }
    const enum sc_status status = sc_environment_check(error);
    if (status != SC_OK) {
        return status;
    }
    sc_mpfr_state_enter(&state);
    const bool sees_any = enclose_row(oracle, b, h, i);
    for (int32_t c = 0; c < problem->d_v; c++) {
        (void)mpfr_sub(oracle->bound, oracle->high.sum[c], oracle->low.sum[c], MPFR_RNDU);
        oracle->widths[c] = oracle->undefined[c] ? HUGE_VAL : to_double(oracle->bound, MPFR_RNDU);
    }
    const mpfr_flags_t raised = sc_mpfr_state_leave(&state);
    if ((raised & ~(mpfr_flags_t)MPFR_FLAGS_INEXACT) != 0) {
        oracle->scores.n_k = 0;
        return sc_fail(error, SC_E_UNAVAILABLE,
                       "oracle: MPFR raised flags %u, expected only inexact results",
                       (unsigned)raised);
    }
    for (int32_t c = 0; c < problem->d_v; c++) {
        if (oracle->undefined[c]) {
            o[c] = (struct sc_enclosure){-HUGE_VAL, HUGE_VAL};
            classes[c] = SC_ORACLE_UNDEFINED;
        } else {
            o[c] = to_enclosure(oracle->low.sum[c], oracle->high.sum[c]);
            classes[c] = sees_any ? SC_ORACLE_FINITE : SC_ORACLE_EMPTY;
        }
    }
    return SC_OK;
}

const struct sc_oracle_scores *sc_oracle_row_scores(const struct sc_oracle *oracle)
{
    return &oracle->scores;
}

const double *sc_oracle_row_widths(const struct sc_oracle *oracle)
{
    return oracle->widths;
}
