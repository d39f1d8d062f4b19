/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_GPU_STATE_CUH
#define SC_TOOLS_MEASURE_GPU_STATE_CUH

extern "C" {
#include "tools/measure/gpu.h"
}

#include <cublas_v2.h>
#include <cuda_runtime.h>

struct sc_gpu {
    struct sc_gpu_traits traits;
    cublasHandle_t cublas;       /* NULL until it is needed: it takes memory */
    unsigned long long *counted; /* one value, on the device */
    double *sums;                /* two values, on the device */
};

/* What CUDA said, as a status. */
static inline enum sc_status sc_gpu_said(cudaError_t code, const char *what, struct sc_error *error)
{
    if (code == cudaSuccess) {
        return SC_OK;
    }
    (void)cudaGetLastError(); /* of a refused allocation, say: the next call is not to hear of it */
    return sc_fail(error, code == cudaErrorMemoryAllocation ? SC_E_MEMORY : SC_E_UNAVAILABLE,
                   "gpu: %s: %s", what, cudaGetErrorString(code));
}

#endif
