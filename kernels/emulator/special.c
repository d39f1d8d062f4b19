/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/special.h"

#include "kernels/emulator/draw.h"
#include "kernels/emulator/state.h"
#include "kernels/primitives/number.h"
#include "kernels/primitives/special.h"

#include <float.h>
#include <math.h>

/* Relative limits of kernels/primitives/special.h, less what binary64 results of libm may be off. */
#define SLACK            0x1p-50
#define LIMIT_EXP2       (1.46e-7 - SLACK)
#define LIMIT_RECIPROCAL (2.14e-7 - SLACK)
#define LIMIT_TANH       (1.12e-5 - SLACK)

static float not_a_number(void)
{
    return sc_number_from_bits(0x7fffffffu);
}

static float flush(float x)
{
    return fabsf(x) < FLT_MIN ? copysignf(0.0f, x) : x;
}

/* The least normal fp32 number from x on, and the greatest up to x; x in [FLT_MIN, FLT_MAX]. */
static float least_from(double x)
{
    const float nearest = (float)x;
    const float above = (double)nearest < x ? nextafterf(nearest, INFINITY) : nearest;

    return above < FLT_MIN ? FLT_MIN : above;
}

static float greatest_to(double x)
{
    const float nearest = (float)x;

    return (double)nearest > x ? nextafterf(nearest, 0.0f) : nearest;
}

static uint32_t draw(const struct sc_emulator_special *special, uint32_t argument, uint32_t count)
{
    uint64_t counter = sc_draw_mix(special->seed) + argument;

    return (uint32_t)((sc_draw_bits(&counter) >> 32) * count >> 32);
}

/* A value of the setting among the positive numbers that are at most `error` from `exact`.
 *   negate  it is going to be negated: the lowest is then the greatest in size */
static float choose(const struct sc_emulator_special *special, float argument, double exact,
                    double error, bool negate)
{
    const uint32_t low = sc_number_bits(least_from(exact - error));
    const uint32_t high = sc_number_bits(greatest_to(exact + error));

    switch (special->mode) {
    case SC_EMULATOR_LOWEST:
        return sc_number_from_bits(negate ? high : low);
    case SC_EMULATOR_HIGHEST:
        return sc_number_from_bits(negate ? low : high);
    case SC_EMULATOR_DRAWN:
        return sc_number_from_bits(low + draw(special, sc_number_bits(argument), high - low + 1));
    case SC_EMULATOR_NEAREST:
        break;
    }
    return flush((float)exact);
}

float sc_emulator_exp2(const struct sc_emulator_special *special, float x)
{
    const float argument = flush(x);
    const double exact = exp2((double)argument);

    if (isnan(x)) {
        return not_a_number();
    }
    if (argument >= 128.0f) {
        return INFINITY;
    }
    if (argument < -126.0f || argument == 0.0f) {
        return argument == 0.0f ? 1.0f : 0.0f;
    }
    return choose(special, argument, exact, exact * LIMIT_EXP2, false);
}

/* Within 1 ulp, of the exact value's binade, and the relative limit. */
float sc_emulator_reciprocal(const struct sc_emulator_special *special, float x)
{
    const float argument = flush(x), size = fabsf(argument);
    int exponent;

    if (isnan(x)) {
        return not_a_number();
    }
    if (size > 0x1p126f || size == 0.0f) {
        return copysignf(size == 0.0f ? INFINITY : 0.0f, argument);
    }
    if (frexpf(size, &exponent) == 0.5f) {
        return 1.0f / argument;
    }
    const double exact = 1.0 / (double)size;
    (void)frexp(exact, &exponent);
    const double ulp = ldexp(1.0, exponent - FLT_MANT_DIG), relative = exact * LIMIT_RECIPROCAL;
    const float chosen =
        choose(special, argument, exact, ulp < relative ? ulp : relative, argument < 0.0f);
    return copysignf(chosen, argument);
}

float sc_emulator_tanh(const struct sc_emulator_special *special, float x)
{
    const float argument = flush(x), size = fabsf(argument);

    if (isnan(x)) {
        return not_a_number();
    }
    if (size == 0.0f || isinf(size)) {
        return copysignf(size == 0.0f ? 0.0f : 1.0f, argument);
    }
    const double exact = tanh((double)size);
    const float chosen = choose(special, argument, exact, exact * LIMIT_TANH, argument < 0.0f);
    return copysignf(fminf(chosen, 1.0f), argument);
}

static const struct sc_emulator_special *setting(void)
{
    return &sc_state_running->options.special;
}

float sc_special_exp2(float x)
{
    return sc_emulator_exp2(setting(), x);
}

float sc_special_reciprocal(float x)
{
    return sc_emulator_reciprocal(setting(), x);
}

float sc_special_tanh(float x)
{
    return sc_emulator_tanh(setting(), x);
}

float sc_special_fma(float x, float y, float z)
{
    const float result = fmaf(x, y, z);

    return isnan(result) ? not_a_number() : result;
}
