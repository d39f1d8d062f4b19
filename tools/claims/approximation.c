/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "tools/claims/closed.h"
#include "tools/claims/shift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Claim 1: what is checked of it is the construction with attention, not the approximation of functions. */

#define LEVELS   6  /* tokens 1 to 5 */
#define IDS_ROOM 64 /* sets of up to 4 of 5, times their tokens */

/* The shift by four heads is the one by its definition: all tokens of 1 to 4 in 0 to 4, all pairs of thresholds. */
static void exhaust_shift(struct sc_found_list *result)
{
    int64_t cases = 0, wrong = 0;

    for (int32_t n = 1; n <= 4; n++) {
        const int32_t all = (int32_t)lround(pow(5.0, n));
        for (int32_t code = 0; code < all; code++) {
            int64_t x[4], heads[4], definition[4];
            for (int32_t i = 0, rest = code; i < n; i++, rest /= 5) {
                x[i] = 2 * (rest % 5);
            }
            for (int64_t b = -1; b <= 7; b += 2) {
                for (int64_t b2 = b + 2; b2 <= 9; b2 += 2) {
                    sc_shift_heads(x, n, b, b2, heads);
                    sc_shift_definition(x, n, b, b2, definition);
                    wrong += memcmp(heads, definition, (size_t)n * sizeof *heads) != 0 ? 1 : 0;
                    cases++;
                }
            }
        }
    }
    sc_found_add(result, "selective-shift", SC_FOUND_STATED, SC_FOUND_EXACT,
                 sc_found_whether(wrong == 0), (double)wrong,
                 "the selective shift from four hard heads: %lld inputs of 1 to 4 tokens, all "
                 "thresholds, %lld wrong",
                 (long long)cases, (long long)wrong);
}

struct ids {
    int64_t of[IDS_ROOM];
    int32_t count;
    int64_t repeated, moved, sets;
};

/* Collects the ids of n distinct tokens in rising order, and holds those of every order against them. */
static void add_set(const int64_t *x, int32_t n, struct ids *ids)
{
    static const int32_t orders[] = {1, 1, 2, 6, 24};
    int64_t base[4], moved[4];

    sc_shift_ids(x, n, LEVELS, true, base);
    for (int32_t order = 0; order < orders[n]; order++) {
        int64_t y[4];
        int32_t place[4];
        for (int32_t i = 0, rest = order; i < n; i++) {
            const int32_t at = rest % (i + 1); /* insertion: all n! orders as `order` goes on */
            rest /= i + 1;
            memmove(place + at + 1, place + at, (size_t)(i - at) * sizeof *place);
            place[at] = i;
        }
        for (int32_t i = 0; i < n; i++) {
            y[i] = x[place[i]];
        }
        sc_shift_ids(y, n, LEVELS, true, moved);
        for (int32_t i = 0; i < n; i++) {
            ids->moved += moved[i] != base[place[i]] ? 1 : 0;
        }
    }
    for (int32_t i = 0; i < n; i++) {
        for (int32_t k = 0; k < ids->count; k++) {
            ids->repeated += ids->of[k] == base[i] ? 1 : 0;
        }
        ids->of[ids->count++] = base[i];
    }
    ids->sets++;
}

/* Every set of 1 to 4 of the tokens 1 to 5, in every order. */
static void exhaust_ids(struct sc_found_list *result)
{
    int64_t repeated = 0, moved = 0, sets = 0;

    for (int32_t n = 1; n <= 4; n++) {
        struct ids ids = {.count = 0};
        for (int32_t bits = 0; bits < 1 << (LEVELS - 1); bits++) {
            int64_t x[LEVELS];
            int32_t count = 0;
            for (int32_t level = 1; level < LEVELS; level++) {
                if (bits >> (level - 1) & 1) {
                    x[count++] = level;
                }
            }
            if (count == n) {
                add_set(x, n, &ids);
            }
        }
        repeated += ids.repeated;
        moved += ids.moved;
        sets += ids.sets;
    }
    sc_found_add(
        result, "distinct-ids", SC_FOUND_STATED, SC_FOUND_EXACT,
        sc_found_whether(repeated == 0 && sets == 30), (double)repeated,
        "contextual mapping made of such shifts: the tokens of all %lld sets of 1 to 4 of 5 "
        "get ids, %lld of them twice",
        (long long)sets, (long long)repeated);
    sc_found_add(result, "equivariant-ids", SC_FOUND_STATED, SC_FOUND_EXACT,
                 sc_found_whether(moved == 0), (double)moved,
                 "the same in every order of the tokens: %lld ids differ", (long long)moved);
}

/* Sigmoids for steps. |sigma(lambda t) - H(t)| <= e^(-lambda |t|), |t| >= g^2 with g = 1/20 half of the grid's gap, and
 * half of four heads of n tokens up to 1/2 is n in all. With b = -log n the step is up to n times as far away. */
static void soften(int64_t lambda, bool bias, enum sc_found_part part, struct sc_found_list *result)
{
    static const int32_t tokens[][6] = {{0, 1, 2, 3, 4, 5}, {5, 3, 3, 0, 1, 4}, {2, 2, 2, 5, 5, 0}};
    const int32_t n = 6;
    struct sc_found_range worst = {0.0, 0.0}, bound;
    char name[SC_FOUND_NAME_BYTES];
    arb_t limit;

    for (size_t k = 0; k < sizeof tokens / sizeof tokens[0]; k++) {
        const struct sc_found_range one = sc_shift_error(tokens[k], n, lambda, bias);
        worst.low = fmax(worst.low, one.low);
        worst.high = fmax(worst.high, one.high);
    }
    arb_init(limit);
    arb_set_si(limit, -lambda);
    arb_div_ui(limit, limit, 400, SC_CLOSED_PRECISION);
    arb_exp(limit, limit, SC_CLOSED_PRECISION);
    arb_mul_si(limit, limit, bias ? n * n : n, SC_CLOSED_PRECISION);
    bound = sc_closed_range(limit);
    arb_clear(limit);
    (void)snprintf(name, sizeof name, "%s-%lld", bias ? "soft-b" : "soft", (long long)lambda);
    if (part == SC_FOUND_BEYOND) {
        sc_found_add(result, "soft-too-soon", part, SC_FOUND_CERTIFIED,
                     sc_found_whether(worst.low > 0.05), worst.low,
                     "lambda g^2 = %g: the shift errs by %.3g, over half of the grid's gap",
                     (double)lambda / 400.0, worst.low);
        return;
    }
    sc_found_add(result, name, part, SC_FOUND_CERTIFIED, sc_found_at_most(worst, bound), worst.high,
                 "n = 6, grid 0.1, lambda = %lld, b = %s: the shift errs by %.3g at most, %s "
                 "e^(-lambda g^2) = %.3g",
                 (long long)lambda, bias ? "-log n" : "0", worst.high, bias ? "n^2" : "n",
                 bound.low);
}

enum sc_status sc_approximation_claim(const struct sc_claims_context *context,
                                      struct sc_found_list *result, struct sc_error *error)
{
    (void)context;
    (void)error;
    exhaust_shift(result);
    exhaust_ids(result);
    for (int64_t lambda = 1000; lambda <= 100000; lambda *= 10) {
        soften(lambda, false, SC_FOUND_STATED, result);
        soften(lambda, true, SC_FOUND_STATED, result);
    }
    soften(1000, false, SC_FOUND_BEYOND, result);
    return SC_OK;
}
