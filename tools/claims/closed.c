/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/closed.h"

#define P SC_CLOSED_PRECISION

void sc_closed_sigmoid(arb_t y, const arb_t u)
{
    arb_neg(y, u);
    arb_exp(y, y, P);
    arb_add_ui(y, y, 1, P);
    arb_inv(y, y, P);
}

void sc_closed_mass(arb_t y, const arb_t n, const arb_t t)
{
    arb_t s;

    arb_init(s);
    sc_closed_sigmoid(s, t);
    arb_mul(y, s, n, P);
    arb_clear(s);
}

/* s + 2 s (1 - s) t, s = e^t / (e^t + n) */
static void per_token(arb_t y, const arb_t n, const arb_t t)
{
    arb_t s, rest;

    arb_init(s);
    arb_init(rest);
    arb_neg(s, t);
    arb_exp(s, s, P);
    arb_mul(s, s, n, P);
    arb_add_ui(s, s, 1, P);
    arb_inv(s, s, P);
    arb_sub_ui(rest, s, 1, P);
    arb_neg(rest, rest);
    arb_mul(rest, rest, s, P);
    arb_mul(rest, rest, t, P);
    arb_mul_2exp_si(rest, rest, 1);
    arb_add(y, s, rest, P);
    arb_clear(s);
    arb_clear(rest);
}

void sc_closed_equal_tokens(arb_t y, const arb_t n, const arb_t t)
{
    arb_t one;

    arb_init(one);
    per_token(one, n, t);
    arb_mul(y, one, n, P);
    arb_clear(one);
}

void sc_closed_equal_limit(arb_t y, const arb_t t)
{
    arb_t e;

    arb_init(e);
    arb_exp(e, t, P);
    arb_mul_2exp_si(y, t, 1);
    arb_add_ui(y, y, 1, P);
    arb_mul(y, y, e, P);
    arb_clear(e);
}

void sc_closed_sigmoid_ball(arb_t y, const arb_t n, const arb_t t)
{
    arb_t e, quarter;

    arb_init(e);
    arb_init(quarter);
    arb_exp(e, t, P);
    arb_mul_2exp_si(quarter, n, -2);
    arb_min(quarter, quarter, e, P);
    arb_mul(quarter, quarter, t, P);
    arb_mul_2exp_si(quarter, quarter, 1);
    arb_min(y, n, e, P);
    arb_add(y, y, quarter, P);
    arb_clear(e);
    arb_clear(quarter);
}

void sc_closed_softmax_ball(arb_t y, const arb_t n, const arb_t t)
{
    arb_t root;

    arb_init(root);
    arb_sqrt(root, n, P);
    arb_add_ui(y, root, 1, P);
    arb_mul(y, y, t, P);
    arb_add(y, y, root, P);
    arb_clear(root);
}

void sc_closed_concentrated(arb_t y, const arb_t n, const arb_t k)
{
    arb_t one;

    arb_init(one);
    per_token(one, n, k);
    arb_mul(one, one, n, P);
    arb_div(y, one, k, P);
    arb_clear(one);
}

void sc_closed_softmax_pair(arb_t y, const arb_t m, const arb_t t)
{
    arb_t twice, root;

    arb_init(twice);
    arb_init(root);
    arb_sqrt(root, m, P);
    arb_mul_2exp_si(twice, t, 1);
    /* p + 2 (2 t) p (1 - p), then p: what is wanted is their mean */
    per_token(y, m, twice);
    arb_neg(twice, twice);
    arb_exp(twice, twice, P);
    arb_mul(twice, twice, m, P);
    arb_add_ui(twice, twice, 1, P);
    arb_inv(twice, twice, P);
    arb_add(y, y, twice, P);
    arb_mul_2exp_si(y, y, -1);
    arb_mul(y, y, root, P);
    arb_clear(twice);
    arb_clear(root);
}

struct sc_found_range sc_closed_range(const arb_t x)
{
    struct sc_found_range range;
    arf_t end;

    arf_init(end);
    arb_get_lbound_arf(end, x, P);
    range.low = arf_get_d(end, ARF_RND_FLOOR);
    arb_get_ubound_arf(end, x, P);
    range.high = arf_get_d(end, ARF_RND_CEIL);
    arf_clear(end);
    return range;
}

struct sc_found_range sc_closed_at(sc_closed_form *form, double n, double t)
{
    arb_t y, first, second;

    arb_init(y);
    arb_init(first);
    arb_init(second);
    arb_set_d(first, n);
    arb_set_d(second, t);
    form(y, first, second);
    const struct sc_found_range range = sc_closed_range(y);
    arb_clear(y);
    arb_clear(first);
    arb_clear(second);
    return range;
}

struct sc_found_range sc_closed_limit_at(double t)
{
    arb_t y, exact;

    arb_init(y);
    arb_init(exact);
    arb_set_d(exact, t);
    sc_closed_equal_limit(y, exact);
    const struct sc_found_range range = sc_closed_range(y);
    arb_clear(y);
    arb_clear(exact);
    return range;
}
