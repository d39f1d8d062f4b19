/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/libraries/naive.h"

/* A library with a kernel that is right. */
const struct sc_kernel *sc_kernel_entry(uint32_t version);

const struct sc_kernel *sc_kernel_entry(uint32_t version)
{
    static struct sc_kernel kernel;

    kernel = naive_kernel("honest", naive_run);
    return version == SC_KERNEL_VERSION ? &kernel : NULL;
}
