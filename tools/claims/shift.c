/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/shift.h"

#include "tools/claims/closed.h"

#include <math.h>

#define P 512 /* errors go down to e^-250 of sums of order 1 */

static int64_t head(const int64_t *x, int32_t n, int32_t i, int64_t q, int64_t k)
{
    int64_t sum = 0;

    for (int32_t m = 0; m < n; m++) {
        sum += (x[i] - q > 0) == (x[m] - k > 0) ? x[m] : 0;
    }
    return sum;
}

static int64_t lowest(const int64_t *x, int32_t n)
{
    int64_t least = x[0];

    for (int32_t i = 1; i < n; i++) {
        least = x[i] < least ? x[i] : least;
    }
    return least;
}

void sc_shift_heads(const int64_t *x, int32_t n, int64_t b, int64_t b2, int64_t *psi)
{
    const int64_t m = lowest(x, n) - 1;

    for (int32_t i = 0; i < n; i++) {
        psi[i] = (head(x, n, i, b, b2) - head(x, n, i, b2, b2) + head(x, n, i, b, m) -
                  head(x, n, i, b2, m)) /
                 2;
    }
}

void sc_shift_definition(const int64_t *x, int32_t n, int64_t b, int64_t b2, int64_t *psi)
{
    for (int32_t i = 0; i < n; i++) {
        psi[i] = 0;
        for (int32_t k = 0; b < x[i] && x[i] < b2 && k < n; k++) {
            psi[i] += x[k] > b2 ? x[k] : 0;
        }
    }
}

void sc_shift_ids(const int64_t *x, int32_t n, int32_t levels, bool heads, int64_t *ids)
{
    int64_t y[SC_SHIFT_TOKENS], psi[SC_SHIFT_TOKENS], total = 0, power = 1;

    for (int32_t i = 0; i < n; i++) {
        y[i] = 2 * x[i];
    }
    for (int64_t level = levels - 1; level >= 1; level--) {
        if (heads) {
            sc_shift_heads(y, n, 2 * level - 1, 2 * level + 1, psi);
        } else {
            sc_shift_definition(y, n, 2 * level - 1, 2 * level + 1, psi);
        }
        for (int32_t i = 0; i < n; i++) {
            y[i] += levels * psi[i];
        }
    }
    for (int32_t i = 0; i < n; i++) {
        total += y[i];
        power *= 1 + levels;
    }
    for (int32_t i = 0; i < n; i++) {
        ids[i] = y[i] + 2 * levels * power * total;
    }
}

static void sigmoid(arb_t s)
{
    arb_neg(s, s);
    arb_exp(s, s, P);
    arb_add_ui(s, s, 1, P);
    arb_inv(s, s, P);
}

/* One soft head for thresholds in twentieths: sum_m sigma(lambda (x_i - q) (x_m - k) + bias) x_m. */
static void soft_head(arb_t sum, const int32_t *x, int32_t n, int32_t i, const int32_t at[2],
                      int64_t lambda, const arb_t bias)
{
    arb_t s;

    arb_init(s);
    arb_zero(sum);
    for (int32_t m = 0; m < n; m++) {
        arb_set_si(s, (2 * x[i] - at[0]) * (2 * x[m] - at[1]));
        arb_mul_si(s, s, lambda, P);
        arb_div_ui(s, s, 400, P);
        arb_add(s, s, bias, P);
        sigmoid(s);
        arb_mul_si(s, s, x[m], P);
        arb_div_ui(s, s, 10, P);
        arb_add(sum, sum, s, P);
    }
    arb_clear(s);
}

/* |Psi by soft heads - Psi| of token i, thresholds b < b2 in twentieths. */
static struct sc_found_range error_at(const int32_t *x, int32_t n, int32_t i, int32_t b, int32_t b2,
                                      int64_t lambda, const arb_t bias)
{
    const int32_t places[4][2] = {{b, b2}, {b2, b2}, {b, -1}, {b2, -1}};
    arb_t sum, one;

    arb_init(sum);
    arb_init(one);
    for (int32_t h = 0; h < 4; h++) {
        soft_head(one, x, n, i, places[h], lambda, bias);
        if (h % 2 == 0) {
            arb_add(sum, sum, one, P);
        } else {
            arb_sub(sum, sum, one, P);
        }
    }
    arb_mul_2exp_si(sum, sum, -1);
    for (int32_t k = 0; b < 2 * x[i] && 2 * x[i] < b2 && k < n; k++) {
        arb_set_si(one, 2 * x[k] > b2 ? -x[k] : 0);
        arb_div_ui(one, one, 10, P);
        arb_add(sum, sum, one, P);
    }
    arb_abs(sum, sum);
    const struct sc_found_range range = sc_closed_range(sum);
    arb_clear(sum);
    arb_clear(one);
    return range;
}

struct sc_found_range sc_shift_error(const int32_t *x, int32_t n, int64_t lambda, bool bias)
{
    struct sc_found_range worst = {0.0, 0.0};
    arb_t shift;

    arb_init(shift);
    if (bias) {
        arb_log_ui(shift, (ulong)n, P);
        arb_neg(shift, shift);
    }
    for (int32_t b = -1; b <= 11; b += 2) {
        for (int32_t b2 = b + 2; b2 <= 11; b2 += 2) {
            for (int32_t i = 0; i < n; i++) {
                const struct sc_found_range one = error_at(x, n, i, b, b2, lambda, shift);
                worst.low = fmax(worst.low, one.low);
                worst.high = fmax(worst.high, one.high);
            }
        }
    }
    arb_clear(shift);
    return worst;
}
