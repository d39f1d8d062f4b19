/* SPDX-License-Identifier: Apache-2.0 */
/* Speed of our kernels on the GPU that runs this, forward and backward, beside the unfused baseline of the same run.
 * 16,384 tokens, hidden width 2048; 4 b h n^2 d operations forward (half of it causal), 2.5 times that backward.
 * The fastest of eight launches each. Also how far our O is from that of the baseline in binary64, in the norm: a
 * check that both compute the same thing, not of accuracy. */
extern "C" {
#include "kernels/backward.h"
#include "kernels/forward.h"
}
#include "kernels/baseline.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#include <vector>

enum { TOKENS = 16384, HIDDEN = 2048, TRIES = 8, AT_ONCE = 2 };

static void need(bool good, const char *what)
{
    if (!good) {
        std::fprintf(stderr, "speed: %s: %s\n", what, cudaGetErrorString(cudaGetLastError()));
        std::exit(3);
    }
}

template <typename T> static T *room(size_t count)
{
    void *memory = nullptr;

    need(cudaMalloc(&memory, count * sizeof(T)) == cudaSuccess, "no memory on the device");
    return static_cast<T *>(memory);
}

/* Milliseconds of the fastest run. */
template <typename F> static float fastest(F run)
{
    float best = INFINITY;
    cudaEvent_t begin, end;

    cudaEventCreate(&begin);
    cudaEventCreate(&end);
    for (int n = 0; n < TRIES; n++) {
        float time = 0.0f;
        cudaEventRecord(begin);
        run();
        cudaEventRecord(end);
        need(cudaEventSynchronize(end) == cudaSuccess, "a launch failed");
        cudaEventElapsedTime(&time, begin, end);
        best = time < best ? time : best;
    }
    return best;
}

static void launch(const struct sc_launch &x)
{
    const void *function = reinterpret_cast<const void *>(x.kernel);
    void *arguments[] = {const_cast<void *>(x.arguments)};

    cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, x.shared_bytes);
    need(cudaLaunchKernel(function, dim3(x.blocks), dim3(x.threads), arguments, x.shared_bytes,
                          nullptr) == cudaSuccess,
         "launch");
}

struct tensors {
    std::vector<float> host;
    uint16_t *bits;
    double *exact;

    explicit tensors(size_t count, uint64_t seed)
        : host(count), bits(room<uint16_t>(count)), exact(room<double>(count))
    {
        std::vector<uint16_t> rounded(count);
        std::vector<double> values(count);
        for (size_t n = 0; n < count; n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const __nv_bfloat16 x =
                __float2bfloat16((float)((int64_t)(seed >> 33) - (1 << 30)) * 0x1p-29f);
            std::memcpy(&rounded[n], &x, 2);
            values[n] = (double)__bfloat162float(x);
        }
        cudaMemcpy(bits, rounded.data(), count * 2, cudaMemcpyHostToDevice);
        cudaMemcpy(exact, values.data(), count * 8, cudaMemcpyHostToDevice);
    }
    ~tensors()
    {
        cudaFree(bits);
        cudaFree(exact);
    }
};

/* ||x - y|| / ||y||, both on the device. */
static double apart(const uint16_t *x, const double *y, size_t count)
{
    std::vector<uint16_t> found(count);
    std::vector<double> truth(count);
    double distance = 0.0, norm = 0.0;

    cudaMemcpy(found.data(), x, count * 2, cudaMemcpyDeviceToHost);
    cudaMemcpy(truth.data(), y, count * 8, cudaMemcpyDeviceToHost);
    for (size_t n = 0; n < count; n++) {
        __nv_bfloat16 value;
        std::memcpy(static_cast<void *>(&value), &found[n], 2);
        const double error = (double)__bfloat162float(value) - truth[n];
        distance += error * error;
        norm += truth[n] * truth[n];
    }
    return std::sqrt(distance / norm);
}

static void measure(cublasHandle_t handle, int d, int n, int causal)
{
    const int batch = TOKENS / n, heads = HIDDEN / d;
    const size_t count = (size_t)TOKENS * HIDDEN;
    tensors q(count, 1), k(count, 2), v(count, 3), d_o(count, 4);
    uint16_t *o = room<uint16_t>(count), *d_q = room<uint16_t>(count), *d_k = room<uint16_t>(count),
             *d_v = room<uint16_t>(count);
    double *exact = room<double>(count);
    float *bias = room<float>(1);
    const float minus_log = -std::log((float)n);
    struct sc_problem host, machine;

    cudaMemcpy(bias, &minus_log, 4, cudaMemcpyHostToDevice);
    std::memset(&host, 0, sizeof host);
    host.batch = batch;
    host.heads_q = host.heads_kv = heads;
    host.n_q = host.n_k = n;
    host.d = host.d_v = d;
    host.format_in = host.format_out = SC_FORMAT_BF16;
    host.tau = 1.0f / std::sqrt((float)d);
    host.bias_scope = SC_BIAS_SCALAR;
    host.bias = &minus_log;
    host.left = SC_MASK_UNBOUNDED;
    host.right = causal ? 0 : SC_MASK_UNBOUNDED;
    const struct sc_layout layout = {(int64_t)heads * n * d, (int64_t)n * d, d, (int64_t)count};
    host.q = host.k = host.v = host.o = layout;
    machine = host;
    machine.bias = bias;

    const struct sc_forward_buffers forward = {q.bits, k.bits, v.bits, o};
    struct sc_backward_buffers backward = {q.bits, k.bits, v.bits, d_o.bits, d_q,     d_k,    d_v,
                                           layout, layout, layout, nullptr,  nullptr, nullptr};
    struct sc_forward_arguments forward_arguments;
    struct sc_backward_arguments backward_arguments;
    struct sc_launch one, some[SC_BACKWARD_LAUNCHES];
    int32_t launches = 0;
    need(sc_forward_plan(&host, &machine, &forward, &forward_arguments, &one) == nullptr,
         "no kernel");
    const float forward_ms = fastest([&] { launch(one); });
    need(sc_backward_plan(&host, &machine, &backward, &backward_arguments, some, &launches) ==
             nullptr,
         "no kernel");
    const float exact_ms = fastest([&] {
        for (int x = 0; x < launches; x++) {
            launch(some[x]);
        }
    });
    backward.d_q_sums = room<float>(count);
    need(sc_backward_plan(&host, &machine, &backward, &backward_arguments, some, &launches) ==
             nullptr,
         "no kernel");
    const float fast_ms = fastest([&] {
        for (int x = 0; x < launches; x++) {
            launch(some[x]);
        }
    });

    const struct sc_baseline baseline = {batch * heads, n, n, d, d, causal, host.tau, minus_log};
    void *workspace = room<unsigned char>(sc_baseline_bytes(&baseline, SC_FORMAT_FP32, AT_ONCE));
    uint16_t *other = room<uint16_t>(count);
    const float baseline_ms = fastest([&] {
        need(sc_baseline_forward(handle, &baseline, SC_FORMAT_BF16, q.bits, k.bits, v.bits, other,
                                 workspace, AT_ONCE) == 0,
             "cuBLAS");
    });
    need(sc_baseline_forward_f64(handle, &baseline, q.exact, k.exact, v.exact, exact,
                                 (double *)workspace, AT_ONCE) == 0,
         "cuBLAS");
    need(cudaDeviceSynchronize() == cudaSuccess, "cuBLAS");

    const double work = 4.0 * batch * heads * (double)n * n * d * (causal ? 0.5 : 1.0) * 1e-9;
    std::printf(
        "d %3d  n %5d  %-6s  forward %6.1f TFLOP/s, %5.2f x unfused  backward %6.1f deterministic, "
        "%6.1f fast  from binary64: ours %.2e, unfused %.2e\n",
        d, n, causal ? "causal" : "full", work / forward_ms, baseline_ms / forward_ms,
        2.5 * work / exact_ms, 2.5 * work / fast_ms, apart(o, exact, count),
        apart(other, exact, count));
    std::fflush(stdout);
    for (void *memory : {(void *)o, (void *)d_q, (void *)d_k, (void *)d_v, (void *)exact,
                         (void *)bias, (void *)backward.d_q_sums, workspace, (void *)other}) {
        cudaFree(memory);
    }
}

int main()
{
    cublasHandle_t handle;
    cudaDeviceProp device;

    need(cudaGetDeviceProperties(&device, 0) == cudaSuccess, "no GPU");
    need(cublasCreate(&handle) == CUBLAS_STATUS_SUCCESS, "cuBLAS");
    std::printf("%s, bf16\n", device.name);
    for (int d : {64, 128, 256}) {
        for (int n : {1024, 4096, 16384}) {
            measure(handle, d, n, 0);
        }
        measure(handle, d, 16384, 1);
    }
    return 0;
}
