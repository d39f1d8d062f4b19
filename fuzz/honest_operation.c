/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest_operation.h"

#include "spec/format_value.h"

#include <math.h>

struct sc_honest_machine sc_honest_machine_of(const struct sc_honest *honest, uint64_t place)
{
    struct sc_random random = {honest->seed ^ (place * 0xd1342543de82ef95u)};

    return (struct sc_honest_machine){honest, {sc_random_bits(&random)}};
}

/* Whether the kernel does now what it may do. */
static bool does(struct sc_honest_machine *m, bool may)
{
    return may && (!m->honest->now_and_then || sc_random_int(&m->random, 0, 1) == 1);
}

/* An operand or a result. */
static float kept(struct sc_honest_machine *m, float x)
{
    const bool subnormal = x != 0.0f && fabsf(x) < 0x1p-126f;

    return subnormal && does(m, m->honest->arithmetic.flush) ? copysignf(0.0f, x) : x;
}

float sc_honest_add(struct sc_honest_machine *m, float x, float y)
{
    const float left = kept(m, x), right = kept(m, y);

    return kept(m, left + right);
}

float sc_honest_multiply(struct sc_honest_machine *m, float x, float y)
{
    const float left = kept(m, x), right = kept(m, y);

    return kept(m, left * right);
}

float sc_honest_divide(struct sc_honest_machine *m, float x, float y)
{
    const float left = kept(m, x), right = kept(m, y);

    return kept(m, left / right);
}

float sc_honest_fma(struct sc_honest_machine *m, float x, float y, float z)
{
    const float left = kept(m, x), right = kept(m, y), addend = kept(m, z);

    return kept(m, fmaf(left, right, addend));
}

float sc_honest_convert(struct sc_honest_machine *m, enum sc_format format, float x)
{
    const float operand = format == SC_FORMAT_FP32 ? x : kept(m, x);
    const uint32_t bits = sc_format_encode(format, (double)operand);
    const float nearest = (float)sc_format_decode(format, bits);

    if (format != SC_FORMAT_FP32 && fabsf(nearest) > fabsf(operand) &&
        does(m, m->honest->arithmetic.truncate)) {
        return (float)sc_format_decode(format, bits - 1);
    }
    return nearest;
}

static double relative_limit(const struct sc_activation_error *limits, double size)
{
    int32_t row = 0;

    while (row < SC_ACTIVATION_ROWS - 1 && size >= limits->rows[row].below &&
           limits->rows[row + 1].below > 0.0) {
        row++;
    }
    return limits->rows[row].relative;
}

/* The sigmoid, displaced as far as its limits (less 2^-40, for exp) and fp32 allow, but not out of [0, 1]. */
static float displaced(const struct sc_honest *honest, float s)
{
    const struct sc_activation_error *limits = honest->arithmetic.activation;
    const double e = exp(-fabs((double)s)), p = (s < 0.0f ? e : 1.0) / (1.0 + e);
    const double limit =
        (1.0 - 0x1p-40) * (relative_limit(limits, fabs((double)s)) * p + limits->absolute);
    struct sc_random random = {sc_format_to_bits((double)s)};
    bool up = honest->activation == SC_HONEST_HIGHEST;

    if (honest->activation == SC_HONEST_EITHER) {
        up = sc_random_int(&random, 0, 1) == 1;
    }
    const double end = up ? fmin(1.0, p + limit) : fmax(0.0, p - limit);
    const float nearest = (float)end;
    if (up) {
        return (double)nearest > end ? nextafterf(nearest, 0.0f) : nearest;
    }
    return (double)nearest < end ? nextafterf(nearest, 1.0f) : nearest;
}

/* Relative errors of an H100's ex2.approx and rcp.approx, less what libm may be off (kernels/primitives/special.h). */
#define EXP2_ERROR       (1.46e-7 - 0x1p-50)
#define RECIPROCAL_ERROR (2.14e-7 - 0x1p-50)

/* A normal fp32 number within a relative error of `exact`, by the way of the kernel; flushed below, Inf above. */
static float special(struct sc_honest_machine *m, float argument, double exact, double error)
{
    struct sc_random random = {m->honest->seed ^ sc_format_to_bits((double)argument)};
    const int32_t ways = (int32_t)(m->honest->seed % 4);
    const double place = ways == 0   ? 0.0
                         : ways == 1 ? -1.0
                         : ways == 2 ? 1.0
                                     : 2.0 * sc_random_unit(&random) - 1.0;
    const double wanted = exact * (1.0 + place * error);
    const float nearest = (float)wanted;

    if (exact < 0x1p-126 || exact >= 0x1p128) {
        return exact < 1.0 ? 0.0f : HUGE_VALF;
    }
    /* the neighbour towards the exact value is within the error too */
    return fabs((double)nearest - exact) <= error * exact
               ? nearest
               : nextafterf(nearest, (double)nearest < exact ? HUGE_VALF : 0.0f);
}

/* rcp(1 + ex2(t)), t = -s log2 e by one product or by two; the special functions anywhere within their limits. */
static float by_exp2(struct sc_honest_machine *m, float s)
{
    float t = sc_honest_multiply(m, -s, 0x1.715476p+0f);

    if (m->honest->activation == SC_HONEST_EX2_TWO) {
        const float low = sc_honest_multiply(m, -s, 0x1.4ae0cp-26f);
        t = sc_honest_fma(m, -s, 0x1.715476p+0f, low);
    }
    const float sum = sc_honest_add(m, 1.0f, special(m, t, exp2((double)t), EXP2_ERROR));
    return special(m, sum, 1.0 / (double)sum, RECIPROCAL_ERROR);
}

float sc_honest_sigmoid(struct sc_honest_machine *m, float s)
{
    if (isnan(s)) {
        return s;
    }
    if (m->honest->activation >= SC_HONEST_EX2_ONE) {
        return by_exp2(m, s);
    }
    return displaced(m->honest, s);
}
