/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/exp.h"

#include <math.h>

double sc_exp_f64(double x)
{
    return exp(x);
}

float sc_exp_f32(float x)
{
    return expf(x);
}
