/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/gpu_state.cuh"

#include <cstdio>
#include <cstdlib>

/* What kernels/baseline.h returns. */
static enum sc_status baseline_said(int32_t code, const char *what, struct sc_error *error)
{
    return code <= 1000 ? sc_gpu_said((cudaError_t)(code % 1000), what, error)
                        : sc_fail(error, SC_E_UNAVAILABLE, "gpu: %s: %s", what,
                                  cublasGetStatusString((cublasStatus_t)(code - 1000)));
}

extern "C" enum sc_status sc_gpu_create(struct sc_gpu **created, struct sc_error *error)
{
    int devices = 0;
    cudaDeviceProp found;
    struct sc_gpu *gpu = (struct sc_gpu *)std::calloc(1, sizeof *gpu);
    enum sc_status status = gpu == NULL
                                ? sc_fail(error, SC_E_MEMORY, "gpu: no memory")
                                : sc_gpu_said(cudaGetDeviceCount(&devices), "no GPU", error);

    if (status == SC_OK && devices == 0) {
        status = sc_fail(error, SC_E_UNAVAILABLE, "gpu: no GPU");
    }
    if (status == SC_OK) {
        status = sc_gpu_said(cudaGetDeviceProperties(&found, 0), "properties", error);
    }
    if (status == SC_OK) {
        (void)std::snprintf(gpu->traits.name, sizeof gpu->traits.name, "%.127s", found.name);
        gpu->traits.l2_bytes = found.l2CacheSize;
        gpu->traits.products = sc_products_of(found.major);
        status = sc_gpu_said(cudaDriverGetVersion(&gpu->traits.driver), "driver", error);
    }
    if (status == SC_OK) {
        status = sc_gpu_said(cudaRuntimeGetVersion(&gpu->traits.runtime), "runtime", error);
    }
    if (status == SC_OK) {
        status =
            sc_gpu_said(cudaMalloc((void **)&gpu->counted, sizeof *gpu->counted), "memory", error);
    }
    if (status == SC_OK) {
        status =
            sc_gpu_said(cudaMalloc((void **)&gpu->sums, 2 * sizeof *gpu->sums), "memory", error);
    }
    if (status != SC_OK) {
        sc_gpu_destroy(gpu);
        return status;
    }
    *created = gpu;
    return SC_OK;
}

extern "C" void sc_gpu_destroy(struct sc_gpu *gpu)
{
    if (gpu == NULL) {
        return;
    }
    if (gpu->cublas != NULL) {
        (void)cublasDestroy(gpu->cublas);
    }
    (void)cudaFree(gpu->counted);
    (void)cudaFree(gpu->sums);
    std::free(gpu);
}

extern "C" const struct sc_gpu_traits *sc_gpu_traits(const struct sc_gpu *gpu)
{
    return &gpu->traits;
}

extern "C" enum sc_status sc_gpu_allocate(struct sc_gpu *, size_t bytes, void **memory,
                                          struct sc_error *error)
{
    return sc_gpu_said(cudaMalloc(memory, bytes), "memory", error);
}

extern "C" void sc_gpu_free(struct sc_gpu *, void *memory)
{
    (void)cudaFree(memory);
}

extern "C" enum sc_status sc_gpu_free_bytes(struct sc_gpu *, int64_t *bytes, struct sc_error *error)
{
    size_t left = 0, all = 0;
    const enum sc_status status = sc_gpu_said(cudaMemGetInfo(&left, &all), "free memory", error);

    *bytes = (int64_t)left;
    return status;
}

extern "C" enum sc_status sc_gpu_write(struct sc_gpu *, void *memory, const void *source,
                                       size_t bytes, struct sc_error *error)
{
    return sc_gpu_said(cudaMemcpy(memory, source, bytes, cudaMemcpyHostToDevice),
                       "copy to the device", error);
}

extern "C" enum sc_status sc_gpu_read(struct sc_gpu *, void *destination, const void *memory,
                                      size_t bytes, struct sc_error *error)
{
    return sc_gpu_said(cudaMemcpy(destination, memory, bytes, cudaMemcpyDeviceToHost),
                       "copy from the device", error);
}

extern "C" enum sc_status sc_gpu_poison(struct sc_gpu *, void *memory, size_t bytes,
                                        struct sc_error *error)
{
    return sc_gpu_said(cudaMemset(memory, 0xff, bytes), "fill", error);
}

static cudaError_t queue(const struct sc_launch &x)
{
    const void *function = reinterpret_cast<const void *>(x.kernel);
    void *arguments[] = {const_cast<void *>(x.arguments)};
    const cudaError_t code =
        cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, x.shared_bytes);

    return code != cudaSuccess ? code
                               : cudaLaunchKernel(function, dim3((unsigned int)x.blocks),
                                                  dim3((unsigned int)x.threads), arguments,
                                                  (size_t)x.shared_bytes, NULL);
}

extern "C" enum sc_status sc_gpu_launch(struct sc_gpu *, const struct sc_launch *launches,
                                        int32_t count, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (int32_t n = 0; n < count && status == SC_OK; n++) {
        const cudaError_t code = queue(launches[n]);
        const char *name = "a kernel";
        if (code != cudaSuccess) {
            (void)cudaFuncGetName(&name, reinterpret_cast<const void *>(launches[n].kernel));
        }
        status = sc_gpu_said(code, name, error);
    }
    return status;
}

extern "C" enum sc_status sc_gpu_wait(struct sc_gpu *, const char *what, struct sc_error *error)
{
    return sc_gpu_said(cudaDeviceSynchronize(), what, error);
}

static enum sc_status ready(struct sc_gpu *gpu, struct sc_error *error)
{
    const cublasStatus_t code =
        gpu->cublas != NULL ? CUBLAS_STATUS_SUCCESS : cublasCreate(&gpu->cublas);

    return baseline_said(1000 + (int32_t)code, "cuBLAS", error);
}

extern "C" enum sc_status sc_gpu_unfused(struct sc_gpu *gpu, const struct sc_baseline *problem,
                                         const uint16_t *q, const uint16_t *k, const uint16_t *v,
                                         uint16_t *o, void *workspace, int32_t at_once,
                                         struct sc_error *error)
{
    const enum sc_status status = ready(gpu, error);

    return status != SC_OK ? status
                           : baseline_said(sc_baseline_forward(gpu->cublas, problem, SC_FORMAT_BF16,
                                                               q, k, v, o, workspace, at_once),
                                           "unfused forward pass", error);
}

extern "C" enum sc_status sc_gpu_exact(struct sc_gpu *gpu, const struct sc_baseline *problem,
                                       const struct sc_baseline_tensors *tensors, double *workspace,
                                       int32_t at_once, struct sc_error *error)
{
    const enum sc_status status = ready(gpu, error);

    return status != SC_OK
               ? status
               : baseline_said(sc_baseline_exact(gpu->cublas, problem, tensors, workspace, at_once),
                               "passes in binary64", error);
}
