/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/libraries/naive.h"

#include <stdlib.h>
#include <string.h>

/* A library whose kernel has memory of its own, as a device has. DEVICE=write-behind: it writes behind O. */
const struct sc_kernel *sc_kernel_entry(uint32_t version);

static void *allocate(size_t bytes)
{
    return aligned_alloc(256, (bytes + 255) / 256 * 256);
}

static int write_memory(void *memory, const void *source, size_t bytes)
{
    memcpy(memory, source, bytes);
    return 1;
}

static int read_memory(void *destination, const void *memory, size_t bytes)
{
    memcpy(destination, memory, bytes);
    return 1;
}

static int run(const struct sc_kernel_call *call, char *text, size_t text_bytes)
{
    const struct sc_problem *p = call->placed;
    const char *const way = getenv("DEVICE");
    const int answer = naive_run(call, text, text_bytes);

    if (way != NULL && strcmp(way, "write-behind") == 0) {
        memset((unsigned char *)call->buffers.o + p->o.size * sc_format_bytes(p->format_out), 0,
               300);
    }
    return answer;
}

const struct sc_kernel *sc_kernel_entry(uint32_t version)
{
    static const struct sc_kernel_memory memory = {
        .allocate = allocate, .release = free, .write = write_memory, .read = read_memory};
    static struct sc_kernel kernel;

    kernel = naive_kernel("device", run);
    kernel.memory = &memory;
    return version == SC_KERNEL_VERSION ? &kernel : NULL;
}
