/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_BARRIER_H
#define SC_KERNELS_PRIMITIVES_BARRIER_H

#include "kernels/primitives/machine.h"

/* What is done before a barrier is seen after it, by the threads that met there: shared and global
 * memory alike. Source: PTX ISA, "bar, barrier" and "bar.warp.sync". */

/* All threads of the block meet. */
SC_MACHINE void sc_barrier_block(void);
/* The same, and whether any thread's x is not 0. */
SC_MACHINE int32_t sc_barrier_any(int32_t x);
/* `threads` threads of the block, whole warps, meet at barrier `name`, in [1, 15]. */
SC_MACHINE void sc_barrier_some(int32_t name, int32_t threads);
/* The same, and whether any thread's x is not 0. */
SC_MACHINE int32_t sc_barrier_some_any(int32_t name, int32_t threads, int32_t x);
/* All threads of the warp meet. */
SC_MACHINE void sc_barrier_warp(void);

#ifdef __CUDACC__
SC_MACHINE void sc_barrier_block(void)
{
    __syncthreads();
}

SC_MACHINE int32_t sc_barrier_any(int32_t x)
{
    return __syncthreads_or(x);
}

SC_MACHINE void sc_barrier_some(int32_t name, int32_t threads)
{
    asm volatile("bar.sync %0, %1;" ::"r"(name), "r"(threads) : "memory");
}

SC_MACHINE int32_t sc_barrier_some_any(int32_t name, int32_t threads, int32_t x)
{
    int32_t any;

    asm volatile("{.reg .pred in, out; setp.ne.s32 in, %3, 0; "
                 "barrier.cta.red.or.pred out, %1, %2, in; selp.s32 %0, 1, 0, out;}"
                 : "=r"(any)
                 : "r"(name), "r"(threads), "r"(x)
                 : "memory");
    return any;
}

SC_MACHINE void sc_barrier_warp(void)
{
    __syncwarp();
}
#endif

#endif
