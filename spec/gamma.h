/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_GAMMA_H
#define SC_SPEC_GAMMA_H

#include "spec/gamma.acsl"
#include "spec/share.h"
#include "spec/upward.h"

#include <stdint.h>

/* gamma_n = n u / (1 - n u), by which n roundings enlarge a product (Higham, Accuracy and Stability of Numerical
 * Algorithms, Lemma 3.1), rounded upward. */

/* x / (1 - x), by 1 / (1 - x) <= 1 + 2x. */
/*@ requires half: 0 <= x <= 0.5;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: \forall real gamma; sc_is_gamma(gamma, x) ==> gamma <= \result;
    ensures grows: 0 <= \result; */
SC_SHARED double sc_gamma_ratio(double x)
{
    return sc_upward_multiply(x, sc_upward_add(1.0, 2.0 * x));
}

/* gamma_n = n u / (1 - n u); +Inf where n u > 1/2. */
/*@ requires arithmetic: 0 <= u;
    requires terms: 0 <= n;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures enough: n * u <= 0.5 ==> \forall real gamma; sc_is_gamma(gamma, n * u) ==>
      gamma <= \result;
    ensures grows: n * u <= 0.5 ==> 0 <= \result; */
SC_SHARED double sc_gamma_bound(double u, int32_t n)
{
    const double nu = (double)n * u; /* exact: u is a power of two */

    return nu <= 0.5 ? sc_gamma_ratio(nu) : sc_upward_none();
}

#endif
