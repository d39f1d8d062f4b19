/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_SPECIAL_H
#define SC_KERNELS_PRIMITIVES_SPECIAL_H

#include "kernels/primitives/machine.h"

/* Special functions of fp32, approximate. Arguments and results below 2^-126 in size are flushed to a
 * zero of their sign. The errors are those of an H100, over all arguments of the range; PTX promises
 * no more than 2 ulp, 1 ulp and 2^-11. Source: PTX ISA, "ex2", "rcp", "tanh". */

/* 2^x. Relative error at most 1.46e-7 on [-126, 128); 1 at x = +-0; 0 below -126, and +Inf from 128 on. */
SC_MACHINE float sc_special_exp2(float x);
/* 1 / x. At most 1 ulp, 9.83e-8 relative from 1 to 2^126; exact at powers of two. 0 above 2^126; +-Inf at +-0. */
SC_MACHINE float sc_special_reciprocal(float x);
/* tanh x. Relative error at most 1.12e-5; +-0 at +-0. */
SC_MACHINE float sc_special_tanh(float x);
/* x y + z, rounded once, to nearest; subnormals are kept. */
SC_MACHINE float sc_special_fma(float x, float y, float z);

#ifdef __CUDACC__
SC_MACHINE float sc_special_exp2(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

SC_MACHINE float sc_special_reciprocal(float x)
{
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

SC_MACHINE float sc_special_tanh(float x)
{
    float y;
    asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

SC_MACHINE float sc_special_fma(float x, float y, float z)
{
    return __fmaf_rn(x, y, z);
}
#endif

#endif
