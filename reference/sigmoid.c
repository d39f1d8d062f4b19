/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/sigmoid.h"

#include "reference/exp.h"

double sc_sigmoid_f64(double x)
{
    if (x >= 0.0) {
        return 1.0 / (1.0 + sc_exp_f64(-x));
    }
    const double e = sc_exp_f64(x);
    /*@ assert inverse: sc_inverse(e, sc_exp(-x)); */
    /*@ assert unit: sc_is_quotient(1.0, 1.0 + sc_exp(-x), sc_sigma(x)); */
    /*@ assert expand: sc_sigma(x) * (1.0 + sc_exp(-x)) * e ==
          sc_sigma(x) * e + sc_sigma(x) * (e * sc_exp(-x)); */
    /*@ assert left: sc_sigma(x) * (1.0 + sc_exp(-x)) * e == e; */
    /*@ assert right: sc_sigma(x) * (e * sc_exp(-x)) == sc_sigma(x); */
    /*@ assert flip: sc_is_quotient(e, 1.0 + e, sc_sigma(x)); */
    return e / (1.0 + e);
}

float sc_sigmoid_f32(float x)
{
    if (x >= 0.0F) {
        return 1.0F / (1.0F + sc_exp_f32(-x));
    }
    const float e = sc_exp_f32(x);
    /*@ assert inverse: sc_inverse(e, sc_exp(-x)); */
    /*@ assert unit: sc_is_quotient(1.0, 1.0 + sc_exp(-x), sc_sigma(x)); */
    /*@ assert expand: sc_sigma(x) * (1.0 + sc_exp(-x)) * e ==
          sc_sigma(x) * e + sc_sigma(x) * (e * sc_exp(-x)); */
    /*@ assert left: sc_sigma(x) * (1.0 + sc_exp(-x)) * e == e; */
    /*@ assert right: sc_sigma(x) * (e * sc_exp(-x)) == sc_sigma(x); */
    /*@ assert flip: sc_is_quotient(e, 1.0 + e, sc_sigma(x)); */
    return e / (1.0F + e);
}

double sc_sigmoid_slope_f64(double x)
{
    /*@ assert inverse: sc_inverse(sc_exp(x), sc_exp(-x)); */
    /*@ assert unit: sc_is_share(sc_sigma(x), sc_exp(-x)); */
    /*@ assert mirrored: sc_is_share(sc_sigma(-x), sc_exp(x)); */
    /*@ assert complement: sc_sigma(-x) == 1.0 - sc_sigma(x); */
    return sc_sigmoid_f64(x) * sc_sigmoid_f64(-x);
}
