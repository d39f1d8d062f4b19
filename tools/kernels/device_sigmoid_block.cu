/* SPDX-License-Identifier: Apache-2.0 */
extern "C" {
#include "tools/kernels/device_sigmoid.h"
}
#include "kernels/activation.h"

#include <cuda_runtime.h>

static __global__ void evaluate(uint32_t first, float *values)
{
    const uint32_t n = blockIdx.x * blockDim.x + threadIdx.x;

#ifdef SC_FAST
    values[n] = sc_activation_fast(__uint_as_float(first + n));
#else
    values[n] = sc_activation_accurate(__uint_as_float(first + n));
#endif
}

extern "C" int sc_device_sigmoid_block(uint32_t first, float *values)
{
    const size_t bytes = SC_DEVICE_SIGMOID_BLOCK * sizeof *values;
    float *device = nullptr;
    cudaError_t code = cudaMalloc(&device, bytes);

    if (code == cudaSuccess) {
        evaluate<<<SC_DEVICE_SIGMOID_BLOCK / 256, 256>>>(first, device);
        code = cudaGetLastError();
    }
    if (code == cudaSuccess) {
        code = cudaMemcpy(values, device, bytes, cudaMemcpyDeviceToHost);
    }
    (void)cudaFree(device);
    return code;
}
