/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/binade_command.h"
#include "tools/report/machine.h"

#include <cuda_runtime_api.h>
#include <stdio.h>
#include <string.h>

/* build/device/activation, linked with a device (tools/kernels/device.c). SC_NVCC_VERSION and SC_NVCC_FLAGS: how the
 * kernel was compiled (tools/make/measure.mk). */
#define PARTS 512 /* threads of a bin: all that a GPU runs at once */

static enum sc_status open_device(struct sc_binade_machine *machine, struct sc_error *error)
{
    return sc_binade_machine_create(PARTS, 1, machine, error);
}

/* As much of a text as a line of the table holds behind its key, and only what is printable. */
static void set(char line[SC_BINADE_TEXT], const char *text)
{
    const char *from = text[0] != '\0' ? text : "unknown";
    size_t length = 0;

    for (; from[length] != '\0' && length < SC_BINADE_TEXT - 16; length++) {
        line[length] = from[length] < ' ' || from[length] > '~' ? '?' : from[length];
    }
    line[length] = '\0';
}

static void describe(struct sc_binade_table *table)
{
    struct sc_machine machine;
    struct cudaDeviceProp device;
    char cuda[SC_BINADE_TEXT];
    int runtime = 0, driver = 0, at = 0;

    sc_machine_find(&machine);
    memset(&device, 0, sizeof device);
    (void)cudaRuntimeGetVersion(&runtime);
    (void)cudaDriverGetVersion(&driver);
    if (cudaGetDevice(&at) != cudaSuccess || cudaGetDeviceProperties(&device, at) != cudaSuccess) {
        device.name[0] = '\0';
    }
    (void)snprintf(cuda, sizeof cuda, "runtime %d.%d, driver %d.%d, nvcc %s", runtime / 1000,
                   runtime % 1000 / 10, driver / 1000, driver % 1000 / 10, SC_NVCC_VERSION);
    set(table->gpu, device.name);
    set(table->driver, machine.has_gpu ? machine.driver : "");
    set(table->cuda, cuda);
    set(table->flags, SC_NVCC_FLAGS);
}

int main(int argc, char **argv)
{
    const struct sc_binade_opener device = {open_device, sc_binade_machine_destroy, describe};

    return sc_binade_command(argc, argv, &device);
}
