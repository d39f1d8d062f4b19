/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_BOUND_H
#define SC_SPEC_BOUND_H

#include "spec/bound.acsl"
#include "spec/share.h"
#include "spec/upward.h"

#include <stdint.h>

/* The parts of the rounding-error bound of one element of O, in doubles rounded upward: each is at least its formula
 * (spec/bound.acsl) at its arguments, gamma_n being that of spec/gamma.h. The arithmetic, how the parts make the bound and where they come from is in
 * reference/judge/bound.h; an element's own is the sum over the keys that it sees of share times |v|, and 2 n eta.
 *
 *   u, eta   unit roundoff, a power of two, and half the least subnormal
 *   others   upper bounds of sizes and errors, >= 0, possibly +Inf */

/* The error e of something of at most `size`, after one more rounding: e + u (size + e) + t. */
/*@ requires arithmetic: 0 <= u && 0 <= t;
    requires sizes: 0 <= size && 0 <= e;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: sc_after_rounding(u, t, size, e) <= \result;
    ensures grows: 0 <= \result; */
SC_SHARED double sc_bound_rounded(double u, double t, double size, double e)
{
    return sc_upward_add(e, sc_upward_add(sc_upward_multiply(u, sc_upward_add(size, e)), t));
}

/* The error of a dot product of d terms, of which the absolute values add up to `terms`; gamma = gamma_{d+1}. */
/*@ requires arithmetic: 0 <= eta;
    requires width: 0 <= d;
    requires sizes: 0 <= gamma && 0 <= terms;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: sc_dot_error(eta, d, gamma, terms) <= \result;
    ensures grows: 0 <= \result; */
SC_SHARED double sc_bound_dot(double eta, int32_t d, double gamma, double terms)
{
    return sc_upward_add(sc_upward_multiply(gamma, terms),
                         sc_upward_multiply(2.0 * (double)d, eta));
}

/* The error e with that of the mask's term, a slope times a distance that is rounded itself. */
/*@ requires arithmetic: 0 <= u && 0 <= eta;
    requires sizes: 0 <= mask && 0 <= e;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: sc_masked_error(u, eta, mask, e) <= \result;
    ensures grows: 0 <= \result; */
SC_SHARED double sc_bound_masked(double u, double eta, double mask, double e)
{
    return sc_upward_add(e, sc_upward_add(sc_upward_multiply(3.0 * u, mask), eta));
}

/* The error e with that of the two additions of product, bias and mask, charged at their absolute values, since they
 * may cancel. */
/*@ requires arithmetic: 0 <= u;
    requires sizes: 0 <= product && 0 <= bias && 0 <= mask && 0 <= e;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: sc_summed_error(u, product + bias + mask, e) <= \result;
    ensures grows: 0 <= \result; */
SC_SHARED double sc_bound_summed(double u, double product, double bias, double mask, double e)
{
    const double size = sc_upward_add(sc_upward_add(product, bias), sc_upward_add(mask, e));

    return sc_upward_add(e, sc_upward_multiply(2.0 * u, sc_upward_multiply(1.0 + 0x1p-20, size)));
}

/* How far the sigmoid moves where its score is off by delta; `derivative` is p (1 - p). */
/*@ requires sizes: 0 <= derivative && 0 <= delta;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: sc_moved(derivative, delta) <= \result;
    ensures no_more: 0 <= \result <= 1.0; */
SC_SHARED double sc_bound_moved(double derivative, double delta)
{
    if (!(delta <= 1.0)) {
        return 1.0;
    }
    const double growth = sc_upward_add(delta, sc_upward_multiply(delta, delta));
    const double moved = sc_upward_multiply(derivative, growth);
    return moved < 1.0 ? moved : 1.0;
}

/* The error e of a weight of at most p, after exponential, sum and quotient. */
/*@ requires arithmetic: 0 <= u && 0 <= eta;
    requires sizes: 0 <= p && 0 <= e;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: sc_weight_error(u, eta, p, e) <= \result;
    ensures grows: 0 <= \result; */
SC_SHARED double sc_bound_weight(double u, double eta, double p, double e)
{
    const double weight = sc_upward_add(p, e);

    return sc_upward_add(e, sc_upward_add(sc_upward_multiply(5.0 * u, weight), 4.0 * eta));
}

/* What a key of weight p, off by e, adds for each unit of |v| to a sum; gamma = gamma_{n+1} of its n terms. */
/*@ requires sizes: 0 <= gamma && 0 <= p && 0 <= e;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: sc_share(gamma, p, e) <= \result;
    ensures grows: 0 <= \result; */
SC_SHARED double sc_bound_share(double gamma, double p, double e)
{
    const double most = p < 1.0 ? p : 1.0;

    return sc_upward_add(e, sc_upward_multiply(gamma, sc_upward_add(most, e)));
}

#endif
