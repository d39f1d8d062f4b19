/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_ATOMIC_H
#define SC_KERNELS_PRIMITIVES_ATOMIC_H

#include "kernels/primitives/machine.h"

/* *sum += x in one step that nothing comes between; relaxed, so that it orders no other access.
 *   sum  fp32 in global or shared memory, a multiple of 4; in a launch that adds to it, everything that
 *        touches it is atomic, or ordered by a barrier
 * In which order several threads add is not known, and neither is the rounding of their sum. */
SC_MACHINE void sc_atomic_add(float *sum, float x);

#ifdef __CUDACC__
SC_MACHINE void sc_atomic_add(float *sum, float x)
{
    atomicAdd(sum, x);
}
#endif

#endif
