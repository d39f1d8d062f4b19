/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/gpu_state.cuh"

#include <cmath>

enum { BLOCKS = 1024, THREADS = 256 }; /* of a grid that goes over all elements */

/* In a format whose exponent bits are those of `infinity`. */
template <typename T>
static __global__ void count_not_finite(const T *bits, T infinity, int64_t count,
                                        unsigned long long *found)
{
    unsigned long long here = 0;

    for (int64_t n = (int64_t)blockIdx.x * THREADS + threadIdx.x; n < count;
         n += (int64_t)BLOCKS * THREADS) {
        here += (bits[n] & infinity) == infinity;
    }
    if (here > 0) {
        atomicAdd(found, here);
    }
}

extern "C" enum sc_status sc_gpu_count_not_finite(struct sc_gpu *gpu, const void *memory,
                                                  enum sc_format format, int64_t count,
                                                  int64_t *found, struct sc_error *error)
{
    unsigned long long counted = 0;
    enum sc_status status = sc_gpu_said(cudaMemset(gpu->counted, 0, sizeof counted), "fill", error);

    if (status == SC_OK && format == SC_FORMAT_FP32) {
        count_not_finite<<<BLOCKS, THREADS>>>((const uint32_t *)memory, (uint32_t)0x7f800000u,
                                              count, gpu->counted);
    } else if (status == SC_OK) {
        count_not_finite<<<BLOCKS, THREADS>>>((const uint16_t *)memory, (uint16_t)0x7f80u, count,
                                              gpu->counted);
    }
    if (status == SC_OK) {
        status = sc_gpu_said(cudaGetLastError(), "launch of count_not_finite", error);
    }
    if (status == SC_OK) {
        status = sc_gpu_read(gpu, &counted, gpu->counted, sizeof counted, error);
    }
    *found = (int64_t)counted;
    return status;
}

static __device__ double value_of(uint16_t bits)
{
    return (double)__uint_as_float((uint32_t)bits << 16);
}

static __global__ void widen(const uint16_t *bits, double *values, int64_t count)
{
    for (int64_t n = (int64_t)blockIdx.x * THREADS + threadIdx.x; n < count;
         n += (int64_t)BLOCKS * THREADS) {
        values[n] = value_of(bits[n]);
    }
}

extern "C" enum sc_status sc_gpu_widen(struct sc_gpu *, const uint16_t *bits, double *values,
                                       int64_t count, struct sc_error *error)
{
    widen<<<BLOCKS, THREADS>>>(bits, values, count);
    return sc_gpu_said(cudaGetLastError(), "launch of widen", error);
}

/* sums[0]: of the squares of x - y, sums[1]: of those of y. */
static __global__ void distance_squares(const uint16_t *x, const double *y, int64_t count,
                                        double *sums)
{
    double apart = 0.0, norm = 0.0;

    for (int64_t n = (int64_t)blockIdx.x * THREADS + threadIdx.x; n < count;
         n += (int64_t)BLOCKS * THREADS) {
        const double difference = value_of(x[n]) - y[n];
        apart += difference * difference;
        norm += y[n] * y[n];
    }
    atomicAdd(&sums[0], apart);
    atomicAdd(&sums[1], norm);
}

extern "C" enum sc_status sc_gpu_distance(struct sc_gpu *gpu, const uint16_t *x, const double *y,
                                          int64_t count, double *distance, struct sc_error *error)
{
    double sums[2] = {0.0, 0.0};
    enum sc_status status = sc_gpu_said(cudaMemset(gpu->sums, 0, sizeof sums), "fill", error);

    if (status == SC_OK) {
        distance_squares<<<BLOCKS, THREADS>>>(x, y, count, gpu->sums);
        status = sc_gpu_said(cudaGetLastError(), "launch of distance_squares", error);
    }
    if (status == SC_OK) {
        status = sc_gpu_read(gpu, sums, gpu->sums, sizeof sums, error);
    }
    *distance = std::sqrt(sums[0] / sums[1]);
    return status;
}
