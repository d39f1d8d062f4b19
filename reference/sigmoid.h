/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_SIGMOID_H
#define SC_REFERENCE_SIGMOID_H

#include "spec/sigma.acsl"

/* sigma(x) = 1 / (1 + e^-x), without cancellation or overflow for either sign: e / (1 + e) with
 * e = e^x where x < 0. Relative error at most 5 units roundoff times (1 + 2^-20) while the result is
 * normal, by the error of e^x (reference/exp.h) and two roundings: reference/judge/bound.c. */

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures sigma: \result == sc_sigma(x); */
double sc_sigmoid_f64(double x);

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures sigma: \result == sc_sigma(x); */
float sc_sigmoid_f32(float x);

/* sigma'(x) = sigma(x) (1 - sigma(x)) as sigma(x) sigma(-x), without cancellation where sigma(x) is near
 * 1. Relative error at most that of two sigmoids and one rounding, while the result is normal. */

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures slope: \result == sc_spread(sc_sigma(x)); */
double sc_sigmoid_slope_f64(double x);

#endif
