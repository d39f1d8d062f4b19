/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/exact_result.h"

#include "spec/format_value.h"

#include <math.h>
#include <stdlib.h>

#define NO_BITS     4096 /* exponent of the lowest bit of 0 */
#define FP32_BITS   24
#define NARROW_BITS 8

/* A sum whose terms are multiples of 2^low. */
struct sum {
    double value, size; /* the sum, and that of the sizes */
    int32_t low;
    bool spoiled; /* a term is not exact */
};

struct walk {
    const struct sc_problem *problem;
    const struct sc_case *c;
    const struct sc_exact_result_options *options;
    struct sum *sums[SC_RESULTS];
};

/* Exponent of the lowest bit that is set. x is finite. */
static int32_t lowest(double x)
{
    const uint64_t bits = sc_format_to_bits(x);
    const uint64_t fraction = bits & ((1ULL << 52) - 1);
    const int32_t biased = (int32_t)(bits >> 52 & 2047);
    const uint64_t significand = biased > 0 ? fraction | 1ULL << 52 : fraction;

    if (significand == 0) {
        return NO_BITS;
    }
    return (biased > 0 ? biased : 1) - 1075 + __builtin_ctzll(significand);
}

static void sum_add(struct sum *sum, double x, double y)
{
    if (!isfinite(x) || !isfinite(y)) {
        sum->spoiled = true;
        return;
    }
    if (x == 0.0 || y == 0.0) {
        return;
    }
    const double product = x * y;
    const int32_t low = lowest(x) + lowest(y);
    sum->spoiled = sum->spoiled || fma(x, y, -product) != 0.0;
    sum->value += product;
    sum->size += fabs(product);
    sum->low = low < sum->low ? low : sum->low;
}

static struct sum sum_empty(void)
{
    return (struct sum){0.0, 0.0, NO_BITS, false};
}

/* Whether every partial sum has at most so many bits. */
static bool sum_exact(const struct sum *sum, int32_t bits)
{
    return !sum->spoiled && (sum->low == NO_BITS || sum->size <= ldexp(1.0, sum->low + bits));
}

static bool power_of_two(double x)
{
    int exponent;

    return frexp(x, &exponent) == 0.5;
}

static bool is_float(double x)
{
    return (double)(float)x == x;
}

static bool has_format(enum sc_format format, double x)
{
    return sc_format_decode(format, sc_format_encode(format, x)) == x;
}

/* Whether P' or dS' may be stored without a rounding. */
static bool storable(enum sc_format format_in, double x)
{
    if (format_in == SC_FORMAT_FP32) {
        return is_float(x);
    }
    return has_format(SC_FORMAT_BF16, x) && has_format(SC_FORMAT_FP16, x);
}

/* P of a visible pair: 0, 1/2 or 1; NaN: not exact. */
static double weight_of(const struct walk *walk, int32_t b, int32_t h, int32_t i, int32_t j)
{
    const struct sc_problem *p = walk->problem;
    const float *q = walk->c->q + sc_problem_q_row(p, b, h, i);
    const float *k = walk->c->k + sc_problem_k_row(p, b, sc_problem_group_head(p, h), j);
    const double tau = (double)p->tau, bias = (double)sc_problem_bias(p, b, h);
    const double distance =
        (double)sc_mask_distance(i, j, sc_problem_rows(p, b), sc_problem_keys(p, b));
    const double mask = p->slopes == NULL ? 0.0 : -(double)p->slopes[h] * distance;
    struct sum sum = sum_empty();

    for (int32_t c = 0; c < p->d; c++) {
        sum_add(&sum, (double)q[c], (double)k[c]);
    }
    const double score = tau * sum.value + bias + mask;
    const double scale = tau * sum.size + fabs(bias) + fabs(mask);
    if (sum.spoiled || !(scale < 0x1p120)) {
        return (double)NAN;
    }
    if (fabs(score) - 0x1p-10 * scale >= SC_EXACT_RESULT_SATURATED) {
        return !walk->options->saturates ? (double)NAN : score > 0.0 ? 1.0 : 0.0;
    }
    /* Preloaded, the bias is a term b / tau of the sum. */
    sum_add(&sum, bias, 1.0 / tau);
    const bool plain = sum.size == 0.0 && mask == 0.0;
    const bool exact = sum_exact(&sum, FP32_BITS) && power_of_two(tau) && is_float(mask) &&
                       is_float(tau * sum.value) && is_float(bias / tau) &&
                       tau * sum.value + mask == 0.0;
    return plain || exact ? 0.5 : (double)NAN;
}

/* The element of a result at which a row or key starts. */
static struct sum *line(const struct walk *walk, enum sc_result result, int32_t b, int32_t head,
                        int32_t index)
{
    return walk->sums[result] + sc_result_row(walk->problem, result, b, head, index);
}

static void add_line(struct sum *sums, double weight, const float *values, int32_t width)
{
    for (int32_t c = 0; c < width; c++) {
        if (isnan(weight)) {
            sums[c].spoiled = true;
        } else if (fabs((double)values[c]) <= SC_EXACT_RESULT_VALUE_MAX) {
            sum_add(&sums[c], weight, (double)values[c]);
        } else {
            sums[c].spoiled = true;
        }
    }
}

/* dS of a pair; NaN: not exact. */
static double gradient_of(const struct walk *walk, double weight, const float *d_o, const float *v)
{
    struct sum sum = sum_empty();

    for (int32_t c = 0; c < walk->problem->d_v; c++) {
        sum_add(&sum, (double)d_o[c], (double)v[c]);
    }
    const double gradient = weight * (1.0 - weight) * sum.value;
    const bool exact = sum_exact(&sum, FP32_BITS) && storable(walk->problem->format_in, gradient) &&
                       sum.size <= SC_EXACT_RESULT_VALUE_MAX * SC_EXACT_RESULT_VALUE_MAX;
    return exact ? gradient : (double)NAN;
}

static void add_pair(const struct walk *walk, int32_t b, int32_t h, int32_t i, int32_t j)
{
    const struct sc_problem *p = walk->problem;
    const int32_t g = sc_problem_group_head(p, h);
    const double weight = weight_of(walk, b, h, i, j);
    const float *v = walk->c->v + sc_problem_v_row(p, b, g, j);

    add_line(line(walk, SC_RESULT_O, b, h, i), weight, v, p->d_v);
    if (!walk->options->backward) {
        return;
    }
    const float *d_o = walk->c->d_o + sc_problem_o_row(p, b, h, i);
    const double gradient = gradient_of(walk, weight, d_o, v);
    const float one = 1.0f;
    add_line(line(walk, SC_RESULT_D_V, b, g, j), weight, d_o, p->d_v);
    add_line(line(walk, SC_RESULT_D_Q, b, h, i), gradient,
             walk->c->k + sc_problem_k_row(p, b, g, j), p->d);
    add_line(line(walk, SC_RESULT_D_K, b, g, j), gradient,
             walk->c->q + sc_problem_q_row(p, b, h, i), p->d);
    add_line(line(walk, SC_RESULT_D_B, b, h, 0), gradient, &one, 1);
}

/* Bits that a partial sum may have. */
static int32_t bits_of(const struct walk *walk, enum sc_result result)
{
    const struct sc_problem *p = walk->problem;
    const bool of_keys = result == SC_RESULT_D_K || result == SC_RESULT_D_V;
    const bool grouped = p->heads_kv < p->heads_q && p->format_in != SC_FORMAT_FP32;
    const bool narrow = of_keys ? grouped : result != SC_RESULT_D_B && walk->options->narrow;

    return narrow ? NARROW_BITS : FP32_BITS;
}

static double value_of(const struct walk *walk, enum sc_result result, const struct sum *sum)
{
    const double tau = (double)walk->problem->tau;
    const bool scaled = result == SC_RESULT_D_Q || result == SC_RESULT_D_K;
    const double value = scaled ? tau * sum->value : sum->value;
    const bool exact = sum_exact(sum, bits_of(walk, result)) && (!scaled || power_of_two(tau)) &&
                       has_format(sc_result_format(walk->problem, result), value);

    return exact || (!sum->spoiled && sum->size == 0.0) ? value : (double)NAN;
}

static bool too_long(const struct sc_problem *p, bool backward)
{
    const double pairs = (double)p->batch * p->heads_q * p->n_q * (double)p->n_k;

    return pairs * ((double)p->d + p->d_v) * (backward ? 3.0 : 1.0) >
           (double)SC_EXACT_RESULT_WORK_MAX;
}

static bool create_sums(struct walk *walk, struct sc_exact_result *exact)
{
    for (int32_t r = 0; r < (walk->options->backward ? SC_RESULTS : 1); r++) {
        const int64_t count = sc_result_elements(walk->problem, (enum sc_result)r);
        walk->sums[r] = malloc((size_t)count * sizeof *walk->sums[r] + 1);
        exact->values[r] = malloc((size_t)count * sizeof *exact->values[r] + 1);
        if (walk->sums[r] == NULL || exact->values[r] == NULL) {
            return false;
        }
        for (int64_t n = 0; n < count; n++) {
            walk->sums[r][n] = sum_empty();
        }
    }
    return true;
}

enum sc_status sc_exact_result_create(const struct sc_case *c,
                                      const struct sc_exact_result_options *options,
                                      struct sc_exact_result *exact, struct sc_error *error)
{
    const struct sc_problem *p = &c->problem;
    struct walk walk = {p, c, options, {NULL}};
    enum sc_status status = SC_OK;

    *exact = (struct sc_exact_result){{NULL}};
    if (too_long(p, options->backward)) {
        return SC_OK;
    }
    if (!create_sums(&walk, exact)) {
        sc_exact_result_destroy(exact);
        status = sc_fail(error, SC_E_MEMORY, "exact result: no memory for the results");
        goto done;
    }
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
                    if (sc_problem_visible(p, b, h, i, j)) {
                        add_pair(&walk, b, h, i, j);
                    }
                }
            }
        }
    }
    for (int32_t r = 0; r < (options->backward ? SC_RESULTS : 1); r++) {
        for (int64_t n = 0; n < sc_result_elements(p, (enum sc_result)r); n++) {
            exact->values[r][n] = value_of(&walk, (enum sc_result)r, &walk.sums[r][n]);
        }
    }
done:
    for (int32_t r = 0; r < SC_RESULTS; r++) {
        free(walk.sums[r]);
    }
    return status;
}

void sc_exact_result_destroy(struct sc_exact_result *exact)
{
    for (int32_t r = 0; r < SC_RESULTS; r++) {
        free(exact->values[r]);
        exact->values[r] = NULL;
    }
}
