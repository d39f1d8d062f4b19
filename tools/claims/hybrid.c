/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/hybrid.h"

#include "tools/claims/closed.h"

#define P SC_CLOSED_PRECISION

static void norm(arb_t y, arb_srcptr o)
{
    arb_hypot(y, o, o + 1, P);
}

/* N(o), in place. */
static void apply(arb_ptr o)
{
    arb_t size, root;

    arb_init(size);
    arb_init(root);
    norm(size, o);
    arb_sqrt_ui(root, 2, P);
    arb_div(size, root, size, P);
    arb_mul(o, o, size, P);
    arb_mul(o + 1, o + 1, size, P);
    arb_clear(size);
    arb_clear(root);
}

/* DN(o) w in place of w. */
static void push(arb_srcptr o, arb_ptr w)
{
    arb_t square, part, root;

    arb_init(square);
    arb_init(part);
    arb_init(root);
    arb_dot(square, NULL, 0, o, 1, o, 1, 2, P);
    arb_dot(part, NULL, 0, o, 1, w, 1, 2, P);
    arb_div(part, part, square, P);
    arb_submul(w, o, part, P);
    arb_submul(w + 1, o + 1, part, P);
    arb_sqrt(square, square, P);
    arb_sqrt_ui(root, 2, P);
    arb_div(root, root, square, P);
    arb_mul(w, w, root, P);
    arb_mul(w + 1, w + 1, root, P);
    arb_clear(square);
    arb_clear(part);
    arb_clear(root);
}

struct sc_found_range sc_hybrid_output(int32_t n, bool normed)
{
    arb_ptr o = _arb_vec_init(2);
    arb_t value, half;

    arb_init(value);
    arb_init(half);
    sc_closed_sigmoid(half, value);
    for (int32_t j = 1; j <= n; j++) {
        arb_add(o, o, half, P);
        arb_set_si(value, j);
        arb_div_si(value, value, n, P);
        arb_addmul(o + 1, half, value, P);
    }
    if (normed) {
        apply(o);
    }
    norm(value, o);
    const struct sc_found_range range = sc_closed_range(value);
    arb_clear(value);
    arb_clear(half);
    _arb_vec_clear(o, 2);
    return range;
}

struct sc_found_range sc_hybrid_slope(int32_t e)
{
    arb_ptr o = _arb_vec_init(2), w = _arb_vec_init(2);
    arb_t half, size;

    arb_init(half);
    arb_init(size);
    sc_closed_sigmoid(half, size);
    arb_mul_2exp_si(o + 1, half, -e);
    arb_set(w, half);
    push(o, w);
    norm(size, w);
    arb_sqrt_ui(half, 2, P); /* two rows move alike */
    arb_mul(size, size, half, P);
    const struct sc_found_range range = sc_closed_range(size);
    arb_clear(half);
    arb_clear(size);
    _arb_vec_clear(o, 2);
    _arb_vec_clear(w, 2);
    return range;
}
