/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at every argument of a bin: the function as kernels call it, beside its exact value in binary64. */
#include "tools/measure/binade.h"

#include "kernels/activation.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/number.h"

#include <math.h>

SC_DEVICE float value(int32_t function, float x)
{
    switch (function) {
    case SC_BINADE_ACCURATE:
        return sc_activation_accurate(x);
    case SC_BINADE_FAST:
        return sc_activation_fast(x);
    case SC_BINADE_EXP2:
        return sc_special_exp2(x);
    case SC_BINADE_RECIPROCAL:
        return sc_special_reciprocal(x);
    default:
        return sc_special_tanh(x);
    }
}

SC_DEVICE double exact(int32_t function, double x)
{
    const double e = exp(-fabs(x)); /* of the activations */

    switch (function) {
    case SC_BINADE_ACCURATE:
    case SC_BINADE_FAST:
        return x < 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
    case SC_BINADE_EXP2:
        return exp2(x);
    case SC_BINADE_RECIPROCAL:
        return fabs(x) < 0x1p-126 ? (double)INFINITY : 1.0 / x;
    default:
        return tanh(x);
    }
}

SC_DEVICE void keep(struct sc_binade_worst *worst, double error, float x, float y)
{
    if (error > worst->error) {
        worst->error = error;
        worst->at = sc_number_bits(x);
        worst->value = sc_number_bits(y);
    }
}

/* Whether an error, each bit of doubt taken against it, is more than allowed. */
SC_DEVICE bool beyond(const struct sc_activation_error *limits, double x, double size, double error)
{
    int32_t row = 0;

    while (row < SC_ACTIVATION_ROWS - 1 && !(fabs(x) < limits->rows[row].below) &&
           limits->rows[row + 1].below > 0.0) {
        row++;
    }
    return limits->rows[0].below > 0.0 && error + (size + error) * SC_BINADE_SLACK >
                                              limits->rows[row].relative * size + limits->absolute;
}

SC_DEVICE void look(const struct sc_binade_arguments *arguments, float x, struct sc_binade *mine)
{
    const int32_t function = arguments->function;
    const float y = value(function, x);
    const double truth = exact(function, (double)x), size = fabs(truth);
    /* Of a NaN too: no limit allows it. */
    const double error = y == y ? fabs((double)y - truth) : (double)INFINITY;

    mine->arguments++;
    mine->nan += y == y ? 0 : 1;
    if (function <= SC_BINADE_FAST) {
        mine->outside += y < 0.0f || y > 1.0f ? 1 : 0;
        mine->falling += value(function, nextafterf(x, INFINITY)) < y ? 1 : 0;
    }
    if (size > 0x1.fffffep127) {
        return;
    }
    keep(&mine->worst[SC_BINADE_ABSOLUTE], error, x, y);
    if (size >= 0x1p-126) {
        keep(&mine->worst[SC_BINADE_RELATIVE], error / size, x, y);
    } else {
        keep(&mine->worst[SC_BINADE_VANISHING], error, x, y);
    }
    mine->beyond += beyond(&arguments->limits, (double)x, size, error) ? 1 : 0;
}

SC_KERNEL(sc_binade_scan, struct sc_binade_arguments)
{
    const int32_t thread = sc_grid_block() * SC_BINADE_THREADS + sc_grid_thread();
    const int32_t bin = thread / arguments->parts, part = thread % arguments->parts;
    const int32_t step = arguments->parts * arguments->every;
    struct sc_binade mine = {{{-1.0, 0, 0}, {-1.0, 0, 0}, {-1.0, 0, 0}}, 0, 0, 0, 0, 0};

    if (bin >= SC_BINADES) {
        return;
    }
    const uint32_t first = bin < SC_BINADE_FIELDS
                               ? (uint32_t)bin << 23
                               : 0x80000000u | (uint32_t)(bin - SC_BINADE_FIELDS) << 23;
    for (int32_t n = part * arguments->every; n < SC_BINADE_FRACTION; n += step) {
        look(arguments, sc_number_from_bits(first | (uint32_t)n), &mine);
    }
    arguments->results[thread] = mine;
}
