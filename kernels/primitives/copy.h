/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_COPY_H
#define SC_KERNELS_PRIMITIVES_COPY_H

#include "kernels/primitives/machine.h"

/* Asynchronous copies from global to shared memory. Source: PTX ISA, "cp.async". Between its start and
 * the wait for its group, the destination of a copy is being written: nobody may read or write it. After
 * the wait the thread that started it sees it; others after a barrier that follows. */

/* Starts the copy of 16 bytes: the first `bytes` of them from `global`, the others 0.
 *   shared  in shared memory, a multiple of 16
 *   global  in global memory, a multiple of 16; not read where bytes is 0
 *   bytes   in [0, 16] */
SC_MACHINE void sc_copy_start(void *shared, const void *global, int32_t bytes);
/* Makes a group of the copies that this thread has started since the last group; it may be empty. */
SC_MACHINE void sc_copy_group(void);
/* Waits until at most `pending` groups of this thread, the latest ones, are unfinished. */
#define SC_COPY_WAIT(pending) SC_COPY_WAIT_(pending)

#ifdef __CUDACC__
SC_MACHINE void sc_copy_start(void *shared, const void *global, int32_t bytes)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                     (uint32_t)__cvta_generic_to_shared(shared)),
                 "l"(__cvta_generic_to_global(global)), "r"(bytes)
                 : "memory");
}

SC_MACHINE void sc_copy_group(void)
{
    asm volatile("cp.async.commit_group;" ::: "memory");
}

/* The count is part of the instruction. */
#define SC_COPY_WAIT_(pending) asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory")
#else
void sc_copy_wait(int32_t pending);
#define SC_COPY_WAIT_(pending) sc_copy_wait(pending)
#endif

#endif
