/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_GRID_H
#define SC_KERNELS_PRIMITIVES_GRID_H

#include "kernels/primitives/machine.h"

/* Where a thread is. Grids and blocks have one dimension: a grid may have 2^31 - 1 blocks in it, and
 * 65535 in another, fewer than there are heads. */

/* Index of the thread in its block, in [0, threads). */
SC_MACHINE int32_t sc_grid_thread(void);
/* Index of the block, in [0, blocks). */
SC_MACHINE int32_t sc_grid_block(void);
/* The block's shared memory, of the size that the launch asked for, aligned to 1024 bytes. Nothing is in it. */
SC_MACHINE unsigned char *sc_grid_shared(void);

#ifdef __CUDACC__
SC_MACHINE int32_t sc_grid_thread(void)
{
    const int32_t thread = (int32_t)threadIdx.x;

    __builtin_assume(0 <= thread && thread < 1024); /* divisions become shifts */
    return thread;
}

SC_MACHINE int32_t sc_grid_block(void)
{
    return (int32_t)blockIdx.x;
}

SC_MACHINE unsigned char *sc_grid_shared(void)
{
    extern __shared__ __align__(1024) unsigned char sc_shared_memory[];

    return sc_shared_memory;
}
#endif

#endif
