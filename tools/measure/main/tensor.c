/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_command.h"

/* build/device/tensor, linked with a device (tools/kernels/device.c). */
int main(int argc, char **argv)
{
    const struct sc_mma_opener device = {sc_mma_machine_create, sc_mma_machine_destroy};

    return sc_mma_command(argc, argv, &device);
}
