/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/interval.h"

#include <stdlib.h>

#define DOWN MPFR_RNDD
#define UP   MPFR_RNDU

static void zero(mpfr_t x, mp_limb_t *digits)
{
    mpfr_custom_init(digits, SC_INTERVAL_BITS);
    mpfr_custom_init_set(x, MPFR_ZERO_KIND, 0, SC_INTERVAL_BITS, digits);
}

void sc_interval_init(struct sc_interval *x)
{
    zero(x->lo, x->digits[0]);
    zero(x->hi, x->digits[1]);
}

struct sc_interval *sc_interval_create(int64_t count)
{
    struct sc_interval *x = malloc((size_t)count * sizeof *x + 1);

    for (int64_t n = 0; x != NULL && n < count; n++) {
        sc_interval_init(x + n);
    }
    return x;
}

void sc_interval_begin(struct sc_interval_state *saved)
{
    *saved = (struct sc_interval_state){mpfr_get_emin(), mpfr_get_emax(), mpfr_flags_save()};
    (void)mpfr_set_emin(-0x3fffffff);
    (void)mpfr_set_emax(0x3fffffff);
    mpfr_clear_flags();
}

bool sc_interval_end(const struct sc_interval_state *saved)
{
    const bool good = mpfr_overflow_p() == 0 && mpfr_nanflag_p() == 0 && mpfr_divby0_p() == 0;

    (void)mpfr_set_emin(saved->emin);
    (void)mpfr_set_emax(saved->emax);
    mpfr_flags_restore(saved->flags, MPFR_FLAGS_ALL);
    return good;
}

void sc_interval_set(struct sc_interval *r, const struct sc_interval *a)
{
    (void)mpfr_set(r->lo, a->lo, DOWN);
    (void)mpfr_set(r->hi, a->hi, UP);
}

void sc_interval_set_d(struct sc_interval *r, double a)
{
    (void)mpfr_set_d(r->lo, a, DOWN);
    (void)mpfr_set_d(r->hi, a, UP);
}

void sc_interval_add(struct sc_interval *r, const struct sc_interval *a,
                     const struct sc_interval *b)
{
    (void)mpfr_add(r->lo, a->lo, b->lo, DOWN);
    (void)mpfr_add(r->hi, a->hi, b->hi, UP);
}

void sc_interval_subtract(struct sc_interval *r, const struct sc_interval *a,
                          const struct sc_interval *b)
{
    struct sc_interval x;

    sc_interval_init(&x);
    (void)mpfr_sub(x.lo, a->lo, b->hi, DOWN);
    (void)mpfr_sub(x.hi, a->hi, b->lo, UP);
    sc_interval_set(r, &x);
}

/* r + a b, where neither factor has a sign: the ends are those of two products each. */
static void add_mixed(struct sc_interval *r, const struct sc_interval *a,
                      const struct sc_interval *b)
{
    struct sc_interval x, y;

    sc_interval_init(&x);
    sc_interval_init(&y);
    (void)mpfr_mul(x.lo, a->lo, b->hi, DOWN);
    (void)mpfr_mul(y.lo, a->hi, b->lo, DOWN);
    (void)mpfr_mul(x.hi, a->lo, b->lo, UP);
    (void)mpfr_mul(y.hi, a->hi, b->hi, UP);
    (void)mpfr_add(r->lo, r->lo, mpfr_less_p(x.lo, y.lo) != 0 ? x.lo : y.lo, DOWN);
    (void)mpfr_add(r->hi, r->hi, mpfr_greater_p(x.hi, y.hi) != 0 ? x.hi : y.hi, UP);
}

/* Which ends make the smallest and the largest product, by the signs of the factors. */
void sc_interval_add_product(struct sc_interval *r, const struct sc_interval *a,
                             const struct sc_interval *b)
{
    mpfr_srcptr lo_a = a->lo, lo_b = b->lo, hi_a = a->hi, hi_b = b->hi;
    struct sc_interval term;

    if (mpfr_sgn(a->lo) >= 0) { /* a >= 0: the smallest has b's lower end, the largest its upper */
        lo_a = mpfr_sgn(b->lo) >= 0 ? a->lo : a->hi;
        hi_a = mpfr_sgn(b->hi) >= 0 ? a->hi : a->lo;
    } else if (mpfr_sgn(a->hi) <= 0) { /* a <= 0: the other way round */
        lo_b = b->hi;
        hi_b = b->lo;
        lo_a = mpfr_sgn(b->hi) >= 0 ? a->lo : a->hi;
        hi_a = mpfr_sgn(b->lo) >= 0 ? a->hi : a->lo;
    } else if (mpfr_sgn(b->lo) >= 0) { /* b >= 0 and a of both signs: both have b's upper end */
        lo_b = b->hi;
    } else if (mpfr_sgn(b->hi) <= 0) {
        lo_a = a->hi;
        hi_a = a->lo;
        hi_b = b->lo;
    } else {
        add_mixed(r, a, b);
        return;
    }
    sc_interval_init(&term);
    (void)mpfr_mul(term.lo, lo_a, lo_b, DOWN); /* faster than mpfr_fma */
    (void)mpfr_mul(term.hi, hi_a, hi_b, UP);
    sc_interval_add(r, r, &term);
}

void sc_interval_multiply(struct sc_interval *r, const struct sc_interval *a,
                          const struct sc_interval *b)
{
    struct sc_interval x;

    sc_interval_init(&x);
    sc_interval_add_product(&x, a, b);
    sc_interval_set(r, &x);
}

void sc_interval_add_product_d(struct sc_interval *r, double a, double b)
{
    struct sc_interval x;

    sc_interval_init(&x);
    (void)mpfr_set_d(x.lo, a, DOWN);
    (void)mpfr_mul_d(x.lo, x.lo, b, DOWN); /* of 106 bits: exact, so that it is both ends */
    (void)mpfr_add(r->lo, r->lo, x.lo, DOWN);
    (void)mpfr_add(r->hi, r->hi, x.lo, UP);
}

void sc_interval_divide(struct sc_interval *r, const struct sc_interval *a,
                        const struct sc_interval *b)
{
    struct sc_interval x;

    if (!(mpfr_sgn(b->lo) > 0)) {
        mpfr_set_divby0();
    }
    sc_interval_init(&x);
    (void)mpfr_div(x.lo, a->lo, mpfr_sgn(a->lo) >= 0 ? b->hi : b->lo, DOWN);
    (void)mpfr_div(x.hi, a->hi, mpfr_sgn(a->hi) >= 0 ? b->lo : b->hi, UP);
    sc_interval_set(r, &x);
}

void sc_interval_sqrt(struct sc_interval *r, const struct sc_interval *a)
{
    if (mpfr_sgn(a->lo) > 0) {
        (void)mpfr_sqrt(r->lo, a->lo, DOWN);
    } else {
        mpfr_set_zero(r->lo, 1);
    }
    (void)mpfr_sqrt(r->hi, a->hi, UP);
}

void sc_interval_exp(struct sc_interval *r, const struct sc_interval *a)
{
    (void)mpfr_exp(r->lo, a->lo, DOWN);
    (void)mpfr_exp(r->hi, a->hi, UP);
}

/* One end: rising in a, so both are rounded the same way. With e = exp(-|a|) it is e / (1 + e), rising in e, or 1 / (1 + e),
 * falling. */
static void sigmoid_end(mpfr_t r, const mpfr_t a, mpfr_rnd_t way)
{
    const mpfr_rnd_t other = way == DOWN ? UP : DOWN;
    const bool negative = mpfr_sgn(a) < 0;
    struct sc_interval scratch;

    sc_interval_init(&scratch);
    mpfr_ptr const e = scratch.lo, one = scratch.hi;
    (void)mpfr_neg(e, a, DOWN); /* exact */
    (void)mpfr_exp(e, negative ? a : e, negative ? way : other);
    (void)mpfr_add_ui(one, e, 1, other);
    if (negative) {
        (void)mpfr_div(r, e, one, way);
    } else {
        (void)mpfr_ui_div(r, 1, one, way);
    }
}

void sc_interval_sigmoid(struct sc_interval *r, const struct sc_interval *a)
{
    sigmoid_end(r->lo, a->lo, DOWN);
    sigmoid_end(r->hi, a->hi, UP);
}

/* f(a) for a function with |f'| <= 1: f of the lower end, less and more than the width. */
static void within_width(struct sc_interval *r, const struct sc_interval *a,
                         int (*f)(mpfr_t, const mpfr_t, mpfr_rnd_t))
{
    struct sc_interval width; /* its upper end */

    sc_interval_init(&width);
    (void)mpfr_sub(width.hi, a->hi, a->lo, UP);
    (void)f(r->lo, a->lo, DOWN);
    (void)f(r->hi, a->lo, UP);
    (void)mpfr_sub(r->lo, r->lo, width.hi, DOWN);
    (void)mpfr_add(r->hi, r->hi, width.hi, UP);
}

static int cosine_of(mpfr_t r, const mpfr_t a, mpfr_rnd_t way)
{
    return mpfr_cos(r, a, way);
}

static int sine_of(mpfr_t r, const mpfr_t a, mpfr_rnd_t way)
{
    return mpfr_sin(r, a, way);
}

void sc_interval_turn(struct sc_interval *cosine, struct sc_interval *sine, double base,
                      int32_t channel, int32_t d, int32_t position)
{
    struct sc_interval angle, power, factor;

    sc_interval_init(&angle);
    sc_interval_init(&power);
    sc_interval_init(&factor);
    sc_interval_set_d(&power, -2.0 * (double)channel);
    sc_interval_set_d(&factor, (double)d);
    sc_interval_divide(&power, &power, &factor);
    sc_interval_set_d(&factor, base);
    (void)mpfr_log(factor.lo, factor.lo, DOWN);
    (void)mpfr_log(factor.hi, factor.hi, UP);
    sc_interval_multiply(&angle, &power, &factor);
    sc_interval_exp(&angle, &angle);
    sc_interval_set_d(&factor, (double)position);
    sc_interval_multiply(&angle, &angle, &factor);
    within_width(cosine, &angle, cosine_of);
    within_width(sine, &angle, sine_of);
}
