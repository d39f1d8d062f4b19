/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_MACHINE_H
#define SC_KERNELS_PRIMITIVES_MACHINE_H

#include "spec/share.h"

#include <stdint.h>

/* A kernel is one text for two machines. What it asks of either is declared in this folder, once, with
 * its contract: a device has it as PTX (the definitions under __CUDACC__), a host as a model of the
 * device (kernels/emulator). Plain loads and stores need no primitive: the host compiles kernels with
 * hooks on every access.
 *
 *   SC_MACHINE        linkage of a primitive
 *   SC_DEVICE         linkage of a function of a kernel
 *   SC_UNROLL         before a loop whose counter indexes registers
 *   SC_ROLLED         before a loop that is to stay one
 *   SC_KERNEL(n, A)   begins the kernel n; its body follows and reads `const A *arguments`
 *   SC_KERNEL_FITTED(n, A, threads, blocks)
 *                     the same, of blocks of so many threads, and with registers so few that a
 *                     multiprocessor holds so many blocks */
#ifdef __CUDACC__
#define SC_MACHINE static __device__ __forceinline__
#define SC_DEVICE  static __device__ __forceinline__
#define SC_UNROLL  _Pragma("unroll")
#define SC_ROLLED  _Pragma("unroll 1")
#define SC_FIT_NONE
#define SC_FIT(threads, blocks) __launch_bounds__(threads, blocks)
#define SC_KERNEL_(name, type, fit)                                                                \
    static __device__ __forceinline__ void name##_body(const type *arguments);                     \
    extern "C" __global__ void fit name(const __grid_constant__ type arguments)                    \
    {                                                                                              \
        name##_body(&arguments);                                                                   \
    }                                                                                              \
    static __device__ __forceinline__ void name##_body(const type *arguments)
#else
#define SC_MACHINE
#define SC_DEVICE static inline
#define SC_UNROLL
#define SC_ROLLED
#define SC_FIT_NONE
#define SC_FIT(threads, blocks)
#define SC_KERNEL_(name, type, fit)                                                                \
    static void name##_body(const type *arguments);                                                \
    void name(const void *arguments);                                                              \
    void name(const void *arguments)                                                               \
    {                                                                                              \
        name##_body((const type *)arguments);                                                      \
    }                                                                                              \
    static void name##_body(const type *arguments)
#endif

/* The name may be a macro. */
#define SC_KERNEL(name, type) SC_KERNEL_(name, type, SC_FIT_NONE)
#define SC_KERNEL_FITTED(name, type, threads, blocks)                                              \
    SC_KERNEL_(name, type, SC_FIT(threads, blocks))

/* Threads of a warp. */
#define SC_WARP 32

#endif
