/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_SHUFFLE_H
#define SC_KERNELS_PRIMITIVES_SHUFFLE_H

#include "kernels/primitives/machine.h"

/* All lanes of the warp call together. No memory is ordered by it. Source: PTX ISA, "shfl.sync". */

/* The x of lane (lane ^ mask), mask in [0, 32). */
SC_MACHINE float sc_shuffle_xor(float x, int32_t mask);
/* The x of lane `lane`, in [0, 32). */
SC_MACHINE float sc_shuffle_from(float x, int32_t lane);
/* Whether any lane's x is not 0. */
SC_MACHINE int32_t sc_shuffle_any(int32_t x);
/* x, which is the same in all lanes. A device's compiler then knows it, and can have it in a register of the warp. */
SC_MACHINE int32_t sc_shuffle_same(int32_t x);

#ifdef __CUDACC__
SC_MACHINE float sc_shuffle_xor(float x, int32_t mask)
{
    return __shfl_xor_sync(0xffffffffu, x, mask);
}

SC_MACHINE float sc_shuffle_from(float x, int32_t lane)
{
    return __shfl_sync(0xffffffffu, x, lane);
}

SC_MACHINE int32_t sc_shuffle_any(int32_t x)
{
    return __any_sync(0xffffffffu, x);
}

SC_MACHINE int32_t sc_shuffle_same(int32_t x)
{
    return __reduce_max_sync(0xffffffffu, x);
}
#endif

#endif
