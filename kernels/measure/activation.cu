/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the activations and of the special functions under them, on the GPU that runs this, over all 2^32 fp32
 * arguments: the largest relative error against binary64, by the size of the score, and whether an activation falls
 * somewhere, leaves [0, 1], or makes a NaN of a number. Prints a table; kernels/README.md quotes one.
 *
 * Binary64's exp and quotient on the device are good to 2 ulp, 2^-51: nothing beside 2^-23. */
#include "kernels/activation.h"

#include <cstdio>
#include <cstring>
#include <cuda_runtime.h>

enum { ACCURATE, FAST, EXP2, RECIPROCAL, TANH, FUNCTIONS };
enum { RANGES = 7, STRANGE = RANGES, FALLING, COUNTS };

static const char *const names[FUNCTIONS] = {"accurate", "fast", "ex2", "rcp", "tanh"};
static const float edges[FUNCTIONS][RANGES] = {{1.0f, 8.0f, 16.0f, 22.0f, 44.0f, 87.0f, 1e38f},
                                               {1.0f, 8.0f, 16.0f, 22.0f, 44.0f, 87.0f, 1e38f},
                                               {1.0f, 8.0f, 16.0f, 32.0f, 64.0f, 126.0f, 128.0f},
                                               {1.0f, 2.0f, 4.0f, 1e10f, 1e37f, 8.5e37f, 1e38f},
                                               {0.5f, 1.0f, 2.0f, 4.0f, 8.0f, 16.0f, 20.0f}};

__device__ float value(int function, float x)
{
    switch (function) {
    case ACCURATE:
        return sc_activation_accurate(x);
    case FAST:
        return sc_activation_fast(x);
    case EXP2:
        return sc_special_exp2(x);
    case RECIPROCAL:
        return sc_special_reciprocal(x);
    default:
        return sc_special_tanh(x);
    }
}

__device__ double exact(int function, double x)
{
    switch (function) {
    case ACCURATE:
    case FAST:
        return x < 0.0 ? exp(x) / (1.0 + exp(x)) : 1.0 / (1.0 + exp(-x));
    case EXP2:
        return exp2(x);
    case RECIPROCAL:
        return 1.0 / x;
    default:
        return tanh(x);
    }
}

/* worst[range]: bits of the largest relative error where the exact value is a normal fp32 number, positive doubles
 * being ordered as their bits; counts as the enumeration says. */
__global__ void enumerate(int function, const float *ranges, unsigned long long *worst)
{
    const uint64_t step = (uint64_t)gridDim.x * blockDim.x;

    for (uint64_t n = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x; n < 1ull << 32; n += step) {
        const float x = __uint_as_float((uint32_t)n), y = value(function, x);
        if (isnan(x)) {
            continue;
        }
        const double truth = exact(function, (double)x);
        if (function <= FAST) {
            const float next = value(function, nextafterf(x, INFINITY));
            if (isnan(y) || y < 0.0f || y > 1.0f) {
                atomicAdd(&worst[STRANGE], 1ull);
            }
            if (next < y) {
                atomicAdd(&worst[FALLING], 1ull);
            }
        }
        if (isinf(x) || fabs(truth) < 0x1p-126 || fabs(truth) > 0x1.fffffep127) {
            continue;
        }
        const double error = fabs((double)y - truth) / fabs(truth);
        for (int r = 0; r < RANGES; r++) {
            if (fabsf(x) <= ranges[r]) {
                atomicMax(&worst[r], (unsigned long long)__double_as_longlong(error));
                break;
            }
        }
    }
}

int main()
{
    float *ranges;
    unsigned long long *worst;

    if (cudaMallocManaged(&ranges, sizeof edges[0]) != cudaSuccess ||
        cudaMallocManaged(&worst, COUNTS * sizeof *worst) != cudaSuccess) {
        std::fprintf(stderr, "activation: no GPU\n");
        return 3;
    }
    for (int function = 0; function < FUNCTIONS; function++) {
        std::memcpy(ranges, edges[function], sizeof edges[0]);
        std::memset(worst, 0, COUNTS * sizeof *worst);
        enumerate<<<1056, 256>>>(function, ranges, worst);
        if (cudaDeviceSynchronize() != cudaSuccess) {
            std::fprintf(stderr, "activation: the launch failed\n");
            return 3;
        }
        std::printf("%s:", names[function]);
        for (int r = 0; r < RANGES; r++) {
            double error;
            std::memcpy(&error, &worst[r], sizeof error);
            std::printf(" |x| <= %g: %.3g;", (double)edges[function][r], error);
        }
        std::printf(" outside [0, 1]: %llu; falling: %llu\n", worst[STRANGE], worst[FALLING]);
    }
    return 0;
}
