/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_LAUNCH_H
#define SC_KERNELS_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

/* A launch, for whichever machine: on a host the kernel is called with its arguments, on a device its address
 * names it. */
struct sc_launch {
    void (*kernel)(const void *arguments);
    const void *arguments;
    size_t arguments_bytes;
    int32_t blocks;       /* >= 1 */
    int32_t threads;      /* of a block, a multiple of 32 */
    int32_t shared_bytes; /* of a block */
};

#endif
