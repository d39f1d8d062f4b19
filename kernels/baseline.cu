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

/* dS = P (1 - P) dP, in the place of dP. Where nothing is seen P is 0. */
static __global__ void score_gradients_f64(const double *p, double *d_s, int64_t count)
{
    const int64_t step = (int64_t)gridDim.x * blockDim.x;

    for (int64_t n = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; n < count; n += step) {
        d_s[n] *= p[n] * (1.0 - p[n]);
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

    return count * (format == SC_FORMAT_FP32 ? 2 * sizeof(double) : sizeof(float) + 2);
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

/* C = factor op(A) op(B) for each of some heads, whose matrices follow each other: C [rows][columns], op(A)
 * [rows][inner], op(B) [inner][columns], row by row; one that is turned lies in memory as its transpose. */
static cublasStatus_t multiply(cublasHandle_t handle, int32_t heads, bool turn_a, bool turn_b,
                               int32_t rows, int32_t columns, int32_t inner, double factor,
                               const double *a, const double *b, double *c)
{
    const double zero = 0.0;

    return cublasDgemmStridedBatched(handle, turn_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                                     turn_a ? CUBLAS_OP_T : CUBLAS_OP_N, columns, rows, inner,
                                     &factor, b, turn_b ? inner : columns, (int64_t)inner * columns,
                                     a, turn_a ? rows : inner, (int64_t)rows * inner, &zero, c,
                                     columns, (int64_t)rows * columns, heads);
}

/* The tensors from head h on. */
static struct sc_baseline_tensors from_head(const struct sc_baseline *problem,
                                            const struct sc_baseline_tensors *all, int64_t h)
{
    const int64_t q = h * problem->n_q * problem->d, k = h * problem->n_k * problem->d,
                  v = h * problem->n_k * problem->d_v, o = h * problem->n_q * problem->d_v;

    return {all->q + q, all->k + k,   all->v + v,   all->d_o + o,
            all->o + o, all->d_q + q, all->d_k + k, all->d_v + v};
}

static cublasStatus_t some_heads_exact(cublasHandle_t handle, const struct sc_baseline *problem,
                                       const struct sc_baseline_tensors &t, double *workspace,
                                       int32_t heads)
{
    const int32_t n_q = problem->n_q, n_k = problem->n_k, d = problem->d, d_v = problem->d_v;
    const int64_t count = pairs(problem) * heads;
    const double tau = (double)problem->tau;
    double *p = workspace, *d_s = workspace + count;
    cublasStatus_t status = CUBLAS_STATUS_SUCCESS;
    const auto then = [&](cublasStatus_t next) {
        status = status == CUBLAS_STATUS_SUCCESS ? next : status;
    };

    then(multiply(handle, heads, false, true, n_q, n_k, d, 1.0, t.q, t.k, p));
    weights_f64<<<blocks_for(count), 256>>>(*problem, p, count);
    then(multiply(handle, heads, false, false, n_q, d_v, n_k, 1.0, p, t.v, t.o));
    then(multiply(handle, heads, true, false, n_k, d_v, n_q, 1.0, p, t.d_o, t.d_v));
    then(multiply(handle, heads, false, true, n_q, n_k, d_v, 1.0, t.d_o, t.v, d_s));
    score_gradients_f64<<<blocks_for(count), 256>>>(p, d_s, count);
    then(multiply(handle, heads, false, false, n_q, d, n_k, tau, d_s, t.k, t.d_q));
    then(multiply(handle, heads, true, false, n_k, d, n_q, tau, d_s, t.q, t.d_k));
    return status;
}

int32_t sc_baseline_exact(void *handle, const struct sc_baseline *problem,
                          const struct sc_baseline_tensors *tensors, double *workspace,
                          int32_t at_once)
{
    cublasStatus_t status = CUBLAS_STATUS_SUCCESS;

    for (int64_t h = 0; h < problem->heads && status == CUBLAS_STATUS_SUCCESS; h += at_once) {
        const int64_t left = problem->heads - h;
        status = some_heads_exact((cublasHandle_t)handle, problem, from_head(problem, tensors, h),
                                  workspace, left < at_once ? (int32_t)left : at_once);
    }
    return failed(status);
}
