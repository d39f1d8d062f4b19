/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "reference/random.h"
#include "tools/claims/closed.h"
#include "tools/claims/scaling.h"

#include <math.h>
#include <stdio.h>

/* Claims 7 and 11: what b = -log n does as n grows, and what a fixed b does not. */

#define P    SC_CLOSED_PRECISION
#define TINY 0x1p-100 /* a radius that no difference of interest is below */

/* The O(1/n) limit, n = 16 to 4096. */
static void approach(struct sc_found_list *result)
{
    enum sc_found_outcome within = SC_FOUND_YES;
    double share = 0.0;
    arb_t sum, limit, radius, first;

    arb_init(sum);
    arb_init(limit);
    arb_init(radius);
    arb_init(first);
    for (int32_t n = 16; n <= 4096; n *= 2) {
        const struct sc_scaling_row row = {n, 1, 1.0, n};
        sc_scaling_sum(sum, &row);
        sc_scaling_limit(limit, radius, n);
        arb_sub(sum, limit, sum, P);
        const struct sc_found_range error = sc_closed_range(sum), bound = sc_closed_range(radius);
        within = sc_found_both(within, sc_found_at_most(error, bound));
        within = sc_found_both(within, sc_found_whether(error.low >= 0.0));
        share = fmax(share, error.high / bound.low);
        if (n == 256) {
            arb_set(first, sum);
        }
    }
    const double exponent = sc_scaling_exponent(first, sum, 4096.0 / 256.0);
    sc_found_add(result, "limit", SC_FOUND_STATED, SC_FOUND_CERTIFIED, within, share,
                 "b = -log n, n = 16 to 4096, logits in [-1, 1): the output is below (1/n) sum e^u "
                 "v by at most "
                 "n^-2 sum e^(2u) v, and by up to %.4g of that",
                 share);
    sc_found_add(result, "limit-exponent", SC_FOUND_STATED, SC_FOUND_COMPUTED,
                 sc_found_whether(fabs(exponent + 1.0) < 0.1), exponent,
                 "the distance falls like n^%.4f from 256 to 4096", exponent);
    arb_clear(sum);
    arb_clear(limit);
    arb_clear(radius);
    arb_clear(first);
}

/* b = -alpha log n: the output grows like n^(1 - alpha). */
static void try_powers(struct sc_found_list *result)
{
    static const double alphas[] = {0.5, 0.75, 1.0, 1.25, 1.5};
    arb_t from, to;

    arb_init(from);
    arb_init(to);
    for (size_t k = 0; k < sizeof alphas / sizeof alphas[0]; k++) {
        const struct sc_scaling_row small = {1024, 1, alphas[k], 1024};
        const struct sc_scaling_row large = {16384, 1, alphas[k], 16384};
        char name[SC_FOUND_NAME_BYTES];
        sc_scaling_sum(from, &small);
        sc_scaling_sum(to, &large);
        const double exponent = sc_scaling_exponent(from, to, 16.0);
        (void)snprintf(name, sizeof name, "alpha-%g", alphas[k]);
        sc_found_add(result, name, SC_FOUND_STATED, SC_FOUND_COMPUTED,
                     sc_found_whether(fabs(exponent - (1.0 - alphas[k])) < 0.05), exponent,
                     "b = -%g log n, n = 1024 to 16384: the output grows like n^%.4f", alphas[k],
                     exponent);
    }
    arb_clear(from);
    arb_clear(to);
}

/* 2 sigma(u - log 2 n) / sigma(u - log n) - 1, what doubling a sequence changes, for u a logarithm: e^u = w. */
static void doubling(arb_t change, int32_t w, int32_t n)
{
    arb_t one, two;

    arb_init(one);
    arb_init(two);
    arb_log_ui(one, (ulong)w, P);
    arb_log_ui(two, 2 * (ulong)n, P);
    arb_sub(two, one, two, P);
    sc_closed_sigmoid(two, two);
    arb_mul_2exp_si(two, two, 1);
    arb_log_ui(change, (ulong)n, P);
    arb_sub(one, one, change, P);
    sc_closed_sigmoid(one, one);
    arb_div(change, two, one, P);
    arb_sub_ui(change, change, 1, P);
    arb_clear(one);
    arb_clear(two);
}

/* Doubling changes a weight by e^u / (e^u + 2 n) of itself: little for small scores, a third at u = log n. */
static void try_doubling(struct sc_found_list *result)
{
    enum sc_found_outcome formula = SC_FOUND_YES;
    struct sc_found_range small, third;
    arb_t change, form;

    arb_init(change);
    arb_init(form);
    for (int32_t n = 1; n <= 1 << 16; n *= 4) {
        for (int32_t w = 1; w <= 1 << 16; w *= 4) {
            doubling(change, w, n);
            arb_set_si(form, w);
            arb_div_si(form, form, w + 2 * (slong)n, P);
            arb_sub(change, change, form, P);
            const struct sc_found_range off = sc_closed_range(change);
            formula =
                sc_found_both(formula, sc_found_whether(off.low >= -TINY && off.high <= TINY));
        }
    }
    doubling(change, 1, 4096);
    small = sc_closed_range(change);
    doubling(change, 4096, 4096);
    third = sc_closed_range(change);
    arb_clear(change);
    arb_clear(form);
    sc_found_add(result, "doubling", SC_FOUND_STATED, SC_FOUND_CERTIFIED, formula, small.high,
                 "doubling a sequence changes a weight by e^u / (e^u + 2 n) of itself; %.4g at u = "
                 "0, n = 4096",
                 small.high);
    sc_found_add(result, "doubling-large-scores", SC_FOUND_LIMIT, SC_FOUND_CERTIFIED,
                 sc_found_whether(third.low > 0.25), third.low,
                 "at u = log n doubling changes it by %.6g of itself, at any n: not invariant",
                 third.low);
}

/* sigma(u - log n) reaches 1; sigma(u) / n never passes 1/n. */
static void saturate(struct sc_found_list *result)
{
    const double n = 1024.0;
    const struct sc_found_range inside = sc_closed_at(sc_closed_mass, 1.0, 14.0 - log(n));
    const struct sc_found_range outside = sc_closed_at(sc_closed_mass, 1.0, 14.0);

    sc_found_add(result, "saturation", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                 sc_found_whether(inside.low > 0.99 && outside.high / n < 2.0 / n), inside.low,
                 "u = 14, n = 1024: sigma(u - log n) = %.6g, sigma(u) / n = %.6g: dividing by n "
                 "caps a weight at 1/n, the bias does not",
                 inside.low, outside.high / n);
}

enum sc_status sc_growth_claim(const struct sc_claims_context *context,
                               struct sc_found_list *result, struct sc_error *error)
{
    (void)context;
    (void)error;
    approach(result);
    try_powers(result);
    try_doubling(result);
    saturate(result);
    return SC_OK;
}

/* Each key there k times, at the bias of the short sequence: exactly k times the output. At the bias of the long one a
 * weight changes by e^u (1 - 1/k) / (e^u / k + n), at most e / n for u <= 1. */
static void repeat(int32_t k, struct sc_found_list *result)
{
    const int32_t n = 512;
    const struct sc_scaling_row row = {n, 1, 1.0, n}, fixed = {n, k, 1.0, n},
                                adapted = {n, k, 1.0, k * n};
    char name[SC_FOUND_NAME_BYTES];
    arb_t once, many, difference;

    arb_init(once);
    arb_init(many);
    arb_init(difference);
    sc_scaling_sum(once, &row);
    sc_scaling_sum(many, &fixed);
    arb_mul_si(difference, once, k, P);
    arb_sub(difference, many, difference, P);
    const struct sc_found_range off = sc_closed_range(difference);
    arb_div(many, many, once, P);
    const double ratio = sc_closed_range(many).low;
    (void)snprintf(name, sizeof name, "fixed-b-%d", k);
    sc_found_add(result, name, SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                 sc_found_whether(off.low >= -TINY && off.high <= TINY), ratio,
                 "b = -log 512 kept, each of 512 keys %d times: the output is %.12g times as large",
                 k, ratio);
    sc_scaling_sum(many, &adapted);
    arb_div(many, many, once, P);
    const struct sc_found_range changed = sc_closed_range(many);
    (void)snprintf(name, sizeof name, "adapted-b-%d", k);
    sc_found_add(result, name, SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                 sc_found_whether(changed.low >= 1.0 && changed.high <= 1.0 + 2.71828 / n),
                 changed.high, "b = -log %d instead: %.9g times", k * n, changed.high);
    arb_clear(once);
    arb_clear(many);
    arb_clear(difference);
}

/* New keys of the same kind with values of mean 0: the output grows like the root of n'/n. Root mean square of 256 sums. */
static double centred(int32_t n, double bias)
{
    double squares = 0.0;

    for (uint64_t stream = 0; stream < 256; stream++) {
        struct sc_random random = {stream << 32};
        double sum = 0.0;
        for (int32_t j = 0; j < n; j++) {
            const double u = 2.0 * sc_random_unit(&random) - 1.0;
            const double v = 2.0 * sc_random_unit(&random) - 1.0;
            sum += v / (1.0 + exp(-u - bias));
        }
        squares += sum * sum / 256.0;
    }
    return sqrt(squares);
}

enum sc_status sc_longer_claim(const struct sc_claims_context *context,
                               struct sc_found_list *result, struct sc_error *error)
{
    const struct sc_scaling_row small = {1024, 1, 1.0, 1024}, large = {16384, 1, 1.0, 1024};
    arb_t from, to;

    (void)context;
    (void)error;
    for (int32_t k = 2; k <= 16; k *= 2) {
        repeat(k, result);
    }
    arb_init(from);
    arb_init(to);
    sc_scaling_sum(from, &small);
    sc_scaling_sum(to, &large);
    arb_div(to, to, from, P);
    const struct sc_found_range grown = sc_closed_range(to);
    arb_clear(from);
    arb_clear(to);
    sc_found_add(
        result, "new-keys", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
        sc_found_whether(grown.low > 15.0 && grown.high < 17.0), grown.low,
        "b = -log 1024 kept, 1024 to 16384 keys of one kind, values of one sign: %.6g times",
        grown.low);
    const double root = centred(4096, -log(1024.0)) / centred(1024, -log(1024.0));
    sc_found_add(
        result, "centred-values", SC_FOUND_LIMIT, SC_FOUND_COMPUTED, sc_found_whether(root < 3.0),
        root,
        "values of mean 0, four times the keys: %.3f times (root mean square of 256 rows), "
        "the root of n'/n and not n'/n",
        root);
    return SC_OK;
}
