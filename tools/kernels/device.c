/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/device_sigmoid.h"
#include "tools/kernels/machine.h"
#include "tools/serve/serve.h"

#include <cuda_runtime_api.h>
#include <stdlib.h>

#define ALLOCATIONS_MAX 32

struct sc_machine {
    void *bases[ALLOCATIONS_MAX];
    int32_t count;
    enum sc_products products;
};

static enum sc_status failed(const char *what, cudaError_t code, struct sc_error *error)
{
    return sc_fail(error, SC_E_UNAVAILABLE, "device: %s: %s", what, cudaGetErrorString(code));
}

static int write_rows(void *memory, const void *source, size_t bytes, size_t stride, size_t count)
{
    return cudaMemcpy2D(memory, stride, source, stride, bytes, count, cudaMemcpyHostToDevice) ==
           cudaSuccess;
}

static int read_rows(void *destination, const void *memory, size_t bytes, size_t stride,
                     size_t count)
{
    return cudaMemcpy2D(destination, stride, memory, stride, bytes, count,
                        cudaMemcpyDeviceToHost) == cudaSuccess;
}

/* Thousands of rows are one command: a call of CUDA for each takes seconds. */
static const struct sc_serve_rows rows = {write_rows, read_rows};

const struct sc_machine_traits sc_machine_traits = {"a GPU", false, sc_device_sigmoid,
                                                    &sc_activation_h100, &rows};

enum sc_status sc_machine_create(uint64_t seed, uint64_t functions, size_t bytes,
                                 struct sc_machine **created, struct sc_error *error)
{
    int devices = 0, generation = 0;

    (void)seed;
    (void)functions;
    (void)bytes;
    const cudaError_t code = cudaGetDeviceCount(&devices);

    if (code != cudaSuccess || devices == 0) {
        return failed("no GPU", code, error);
    }
    *created = calloc(1, sizeof **created);
    if (*created == NULL) {
        return sc_fail(error, SC_E_MEMORY, "device: no memory");
    }
    if (cudaDeviceGetAttribute(&generation, cudaDevAttrComputeCapabilityMajor, 0) == cudaSuccess) {
        (*created)->products = sc_products_of(generation);
    }
    return SC_OK;
}

enum sc_products sc_machine_products(const struct sc_machine *machine)
{
    return machine->products;
}

void sc_machine_destroy(struct sc_machine *machine)
{
    for (int32_t n = 0; machine != NULL && n < machine->count; n++) {
        (void)cudaFree(machine->bases[n]);
    }
    free(machine);
}

void *sc_machine_allocate(struct sc_machine *machine, size_t bytes, size_t offset)
{
    void *base = NULL;

    if (machine->count == ALLOCATIONS_MAX || cudaMalloc(&base, bytes + offset + 1) != cudaSuccess) {
        return NULL;
    }
    machine->bases[machine->count++] = base;
    return cudaMemset(base, 0xff, bytes + offset) == cudaSuccess ? (unsigned char *)base + offset
                                                                 : NULL;
}

size_t sc_machine_taken(const struct sc_machine *machine)
{
    (void)machine;
    return 0;
}

void sc_machine_expose(struct sc_machine *machine, void *memory, size_t bytes)
{
    (void)machine;
    (void)memory;
    (void)bytes;
}

void sc_machine_protect(struct sc_machine *machine, void *memory, size_t bytes)
{
    (void)machine;
    (void)memory;
    (void)bytes;
}

size_t sc_machine_unwritten(const struct sc_machine *machine, const void *memory, size_t bytes)
{
    (void)machine;
    (void)memory;
    (void)bytes;
    return 0;
}

enum sc_status sc_machine_write(struct sc_machine *machine, void *memory, const void *source,
                                size_t bytes, struct sc_error *error)
{
    (void)machine;
    const cudaError_t code = cudaMemcpy(memory, source, bytes, cudaMemcpyHostToDevice);

    return code == cudaSuccess ? SC_OK : failed("copy to the device", code, error);
}

enum sc_status sc_machine_read(struct sc_machine *machine, void *destination, const void *memory,
                               size_t bytes, struct sc_error *error)
{
    (void)machine;
    const cudaError_t code = cudaMemcpy(destination, memory, bytes, cudaMemcpyDeviceToHost);

    return code == cudaSuccess ? SC_OK : failed("copy from the device", code, error);
}

enum sc_status sc_machine_launch(struct sc_machine *machine, const struct sc_launch *launch,
                                 struct sc_machine_fault *fault, struct sc_error *error)
{
    const void *function = (const void *)launch->kernel;
    void *arguments = (void *)(uintptr_t)launch->arguments;
    void *list[] = {arguments};
    dim3 blocks = {(unsigned int)launch->blocks, 1, 1},
         threads = {(unsigned int)launch->threads, 1, 1};

    (void)machine;
    fault->text[0] = '\0';
    cudaError_t code = cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                            launch->shared_bytes);
    if (code == cudaSuccess) {
        code =
            cudaLaunchKernel(function, blocks, threads, list, (size_t)launch->shared_bytes, NULL);
    }
    if (code == cudaSuccess) {
        code = cudaDeviceSynchronize();
    }
    return code == cudaSuccess ? SC_OK : failed("launch", code, error);
}

int64_t sc_machine_traffic(const struct sc_machine *machine)
{
    (void)machine;
    return -1;
}
