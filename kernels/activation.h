/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_ACTIVATION_H
#define SC_KERNELS_ACTIVATION_H

#include "kernels/primitives/machine.h"
#include "kernels/primitives/special.h"

/* sigma(s) of fp32 scores, two ways. Errors: kernels/README.md, activations.
 *
 * accurate: 1 / (1 + 2^t), t = -s log2 e with the constant in two parts. It loses no digit to
 * cancellation where s is negative, which is where b = -log n puts every score: what s and t are rounded
 * to is relative to |s|, and 2^t is small or large, never subtracted from. Monotone; 0.5 at +-0; 0 from
 * s = -88 on and 1 from 17 on. No NaN from a finite score. */
SC_DEVICE float sc_activation_accurate(float s)
{
    const float t = sc_special_fma(-s, 0x1.715476p+0f, -s * 0x1.4ae0cp-26f);

    return sc_special_reciprocal(1.0f + sc_special_exp2(t));
}

/* fast: (1 + tanh(s / 2)) / 2, as published. One special function, no relative accuracy: at s = -log n its
 * error is 6e-5 p for n up to 2^11 and 7e-3 p beyond, and it is not monotone. */
SC_DEVICE float sc_activation_fast(float s)
{
    return sc_special_fma(0.5f, sc_special_tanh(0.5f * s), 0.5f);
}

#endif
