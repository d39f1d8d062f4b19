/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/draw.h"

#include <math.h>

/* One statement a draw: the order of draws must not depend on the compiler. */
static double scaled(double normal, int32_t low, int32_t high, struct sc_random *random)
{
    const int32_t exponent = sc_random_int(random, low, high);

    return ldexp(normal, exponent);
}

/* The least positive value of a format is 2 to the power of minus this. */
static int32_t least_exponent(enum sc_format format)
{
    return sc_format_precision(format) - 1 - sc_format_exponent_min(format);
}

/* +size or -size. */
static double either(double size, struct sc_random *random)
{
    return sc_random_int(random, 0, 1) == 0 ? size : -size;
}

/* Q and K of the classes that are about scores of a certain size. */
static double draw_score(enum sc_generate_values values, enum sc_draw_tensor tensor,
                         int32_t channel, enum sc_format format, double normal,
                         struct sc_random *random)
{
    if (values == SC_GENERATE_BIAS) { /* 2^12 times 2^12, less the bias of 2^24 */
        return channel == 0 ? 0x1p12 : normal;
    }
    if (values == SC_GENERATE_EXTREME) {
        const double size = format == SC_FORMAT_FP16 ? 0x1p15 : 0x1p127;
        return channel >= 2 ? normal : tensor == SC_DRAW_K && channel == 1 ? -size : size;
    }
    if (channel > 0) {
        return 0.0;
    }
    if (tensor == SC_DRAW_Q) {
        return 1.0;
    }
    if (values ==
        SC_GENERATE_UNDERFLOW) { /* p times the least value is below 2^-1075, but not much */
        const int32_t least = 1075 - least_exponent(format);
        return -0x1.62e42fefa39efp-1 * (least > 1000 ? 1000.0 : least) -
               2.0 * sc_random_unit(random);
    }
    return either(700.0, random) + 4.0 * normal;
}

double sc_draw_value(enum sc_generate_values values, enum sc_draw_tensor tensor, int32_t channel,
                     enum sc_format format, struct sc_random *random)
{
    const bool narrow = format == SC_FORMAT_FP16;
    const double normal = sc_random_normal(random);
    const bool of_score = tensor == SC_DRAW_Q || tensor == SC_DRAW_K;

    switch (values) {
    case SC_GENERATE_CANCELLING:
        return of_score ? either(64.0, random) + normal : normal;
    case SC_GENERATE_SATURATED:
        return of_score ? normal * 32.0 : normal;
    case SC_GENERATE_SUBNORMAL:
        return scaled(normal, -140, -10, random);
    case SC_GENERATE_WIDE:
        return scaled(normal, -10, 6, random);
    case SC_GENERATE_SPARSE:
        return sc_random_int(random, 0, 3) == 0 ? normal : 0.0;
    case SC_GENERATE_SCALES:
        return normal * (sc_random_int(random, 0, 1) == 0 ? (narrow ? 0x1p12 : 0x1p100)
                                                          : (narrow ? 0x1p-20 : 0x1p-100));
    case SC_GENERATE_UNDERFLOW:
        if (tensor == SC_DRAW_V) {
            return ldexp(1.0, -least_exponent(format));
        }
        return of_score ? draw_score(values, tensor, channel, format, normal, random) : normal;
    case SC_GENERATE_BIAS:
    case SC_GENERATE_EXTREME:
    case SC_GENERATE_EDGE:
        return of_score ? draw_score(values, tensor, channel, format, normal, random) : normal;
    case SC_GENERATE_INTEGERS:
        return (double)sc_random_int(random, -1, 1);
    case SC_GENERATE_NORMAL:
    case SC_GENERATE_CLASSES:
        break;
    }
    return normal;
}

bool sc_draw_constants(enum sc_generate_values values, float *tau, float *bias)
{
    if (values == SC_GENERATE_BIAS) {
        *tau = 1.0f;
        *bias = -0x1p24f;
        return true;
    }
    if (values == SC_GENERATE_UNDERFLOW || values == SC_GENERATE_EDGE ||
        values == SC_GENERATE_INTEGERS) {
        *tau = 1.0f;
        *bias = 0.0f;
        return true;
    }
    return false;
}
