/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/baseline.h"

#include "kernels/activation.h"
#include "kernels/store.h"
#include "spec/mask.h"

#include <cublas_v2.h>
#include <cuda_runtime.h>

/* cuBLAS has columns first: a matrix of rows is its transpose there, and O = P V becomes O^T = V^T P^T. */

static int64_t pairs(const struct sc_baseline *problem)
{
    return (int64_t)problem->n_q * problem->n_k;
}

static bool __device__ seen(const struct sc_baseline &problem, int64_t n)
{
    const int32_t i = (int32_t)(n / problem.n_k % problem.n_q), j = (int32_t)(n % problem.n_k);

    return !problem.causal || sc_mask_sees(i, j, problem.n_q, problem.n_k, SC_MASK_UNBOUNDED, 0);
}

/* P from the products of Q and K. */
static __global__ void weights(struct sc_baseline problem, enum sc_format format, const float *s,
                               void *p, int64_t count)
{
    const int64_t step = (int64_t)gridDim.x * blockDim.x;

    for (int64_t n = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; n < count; n += step) {
        const float score = __fmaf_rn(problem.tau, s[n], problem.bias);
        sc_store(p, n, format, seen(problem, n) ? sc_activation_accurate(score) : 0.0f);
    }
}

static __global__ void weights_f64(struct sc_baseline problem, double *s, int64_t count)
{
    const int64_t step = (int64_t)gridDim.x * blockDim.x;

    for (int64_t n = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; n < count; n += step) {
        const double score = (double)problem.tau * s[n] + (double)problem.bias;
        s[n] = seen(problem, n) ? 1.0 / (1.0 + exp(-score)) : 0.0;
    }
}

static unsigned int blocks_for(int64_t count)
{
    return count < (int64_t)256 * 65535 ? (unsigned int)((count + 255) / 256) : 65535u;
}

static int32_t failed(cublasStatus_t status)
{
    return status == CUBLAS_STATUS_SUCCESS ? (int32_t)cudaGetLastError() : 1000 + (int32_t)status;
}

size_t sc_baseline_bytes(const struct sc_baseline *problem, enum sc_format format, int32_t at_once)
{
    const size_t count = (size_t)pairs(problem) * (size_t)at_once;

    return format == SC_FORMAT_FP32 ? count * sizeof(double) : count * (sizeof(float) + 2);
}

/* `heads` of them from one address on. */
static cublasStatus_t some_heads(cublasHandle_t handle, const struct sc_baseline *problem,
                                 enum sc_format format, const uint16_t *q, const uint16_t *k,
                                 const uint16_t *v, void *o, float *s, int32_t heads)
{
    const cudaDataType type = format == SC_FORMAT_BF16 ? CUDA_R_16BF : CUDA_R_16F;
    const int32_t n_q = problem->n_q, n_k = problem->n_k, d = problem->d, d_v = problem->d_v;
    const int64_t count = pairs(problem) * heads;
    uint16_t *p = (uint16_t *)(s + count);
    const float one = 1.0f, zero = 0.0f;

    cublasStatus_t status = cublasGemmStridedBatchedEx(
        handle, CUBLAS_OP_T, CUBLAS_OP_N, n_k, n_q, d, &one, k, type, d, (int64_t)n_k * d, q, type,
        d, (int64_t)n_q * d, &zero, s, CUDA_R_32F, n_k, pairs(problem), heads, CUBLAS_COMPUTE_32F,
        CUBLAS_GEMM_DEFAULT);
    if (status != CUBLAS_STATUS_SUCCESS) {
        return status;
    }
    weights<<<blocks_for(count), 256>>>(*problem, format, s, p, count);
    return cublasGemmStridedBatchedEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, d_v, n_q, n_k, &one, v,
                                      type, d_v, (int64_t)n_k * d_v, p, type, n_k, pairs(problem),
                                      &zero, o, type, d_v, (int64_t)n_q * d_v, heads,
                                      CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
}

int32_t sc_baseline_forward(void *handle, const struct sc_baseline *problem, enum sc_format format,
                            const void *q, const void *k, const void *v, void *o, void *workspace,
                            int32_t at_once)
{
    cublasStatus_t status = CUBLAS_STATUS_SUCCESS;

    for (int64_t h = 0; h < problem->heads && status == CUBLAS_STATUS_SUCCESS; h += at_once) {
        const int64_t left = problem->heads - h;
        status = some_heads((cublasHandle_t)handle, problem, format,
                            (const uint16_t *)q + h * problem->n_q * problem->d,
                            (const uint16_t *)k + h * problem->n_k * problem->d,
                            (const uint16_t *)v + h * problem->n_k * problem->d_v,
                            (uint16_t *)o + h * problem->n_q * problem->d_v, (float *)workspace,
                            left < at_once ? (int32_t)left : at_once);
    }
    return failed(status);
}

int32_t sc_baseline_forward_f64(void *handle, const struct sc_baseline *problem, const double *q,
                                const double *k, const double *v, double *o, double *workspace,
                                int32_t at_once)
{
    const int32_t n_q = problem->n_q, n_k = problem->n_k, d = problem->d, d_v = problem->d_v;
    const double one = 1.0, zero = 0.0;
    cublasStatus_t status = CUBLAS_STATUS_SUCCESS;

    for (int64_t h = 0; h < problem->heads && status == CUBLAS_STATUS_SUCCESS; h += at_once) {
        const int64_t left = problem->heads - h;
        const int32_t heads = left < at_once ? (int32_t)left : at_once;
        const int64_t count = pairs(problem) * heads;
        status = cublasDgemmStridedBatched((cublasHandle_t)handle, CUBLAS_OP_T, CUBLAS_OP_N, n_k,
                                           n_q, d, &one, k + h * n_k * d, d, (int64_t)n_k * d,
                                           q + h * n_q * d, d, (int64_t)n_q * d, &zero, workspace,
                                           n_k, pairs(problem), heads);
        if (status == CUBLAS_STATUS_SUCCESS) {
            weights_f64<<<blocks_for(count), 256>>>(*problem, workspace, count);
            status = cublasDgemmStridedBatched(
                (cublasHandle_t)handle, CUBLAS_OP_N, CUBLAS_OP_N, d_v, n_q, n_k, &one,
                v + h * n_k * d_v, d_v, (int64_t)n_k * d_v, workspace, n_k, pairs(problem), &zero,
                o + h * n_q * d_v, d_v, (int64_t)n_q * d_v, heads);
        }
    }
    return failed(status);
}
