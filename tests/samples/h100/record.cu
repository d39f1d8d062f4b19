/* SPDX-License-Identifier: Apache-2.0 */
/* nvcc -std=c++17 -arch=sm_90 -I. tests/samples/h100/record.cu -o record; record rows.bin
 * Attention with mma.sync, one warp for 16 rows, in the order that spec/schedule.h declares: H100, fused score,
 * one part, P and dS in the input format, a sigmoid that is correctly rounded but for one value in 2^27. */
#include "tests/samples/h100/rows.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <vector>

constexpr int D = 64; /* channels after padding by zeros */

template <bool BF16> __device__ uint16_t encode(float x)
{
    return BF16 ? __bfloat16_as_ushort(__float2bfloat16_rn(x))
                : __half_as_ushort(__float2half_rn(x));
}

template <bool BF16>
__device__ void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2])
{
    if (BF16) {
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, "
                     "{%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else {
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, "
                     "{%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
}

__device__ uint32_t pair(const uint16_t *x, int first, int second)
{
    return x[first] | (uint32_t)x[second] << 16;
}

/* A fragment of rows [row, row + 16) and 16 consecutive columns of a row-major matrix of width D. */
__device__ void load_a(uint32_t (&a)[4], const uint16_t *x, int row, int column)
{
    const int g = threadIdx.x / 4, t = threadIdx.x % 4 * 2;
    const uint16_t *const top = x + (row + g) * D + column + t, *const low = top + 8 * D;
    a[0] = pair(top, 0, 1);
    a[1] = pair(low, 0, 1);
    a[2] = pair(top, 8, 9);
    a[3] = pair(low, 8, 9);
}

/* B fragment: k is the channel (of rows `row`..+8 of x), or with `by_row` k is the row and n the channel. */
__device__ void load_b(uint32_t (&b)[2], const uint16_t *x, int row, int column, bool by_row)
{
    const int g = threadIdx.x / 4, t = threadIdx.x % 4 * 2;
    if (by_row) {
        const uint16_t *const at = x + (row + t) * D + column + g;
        b[0] = pair(at, 0, D);
        b[1] = pair(at, 8 * D, 9 * D);
    } else {
        const uint16_t *const at = x + (row + g) * D + column + t;
        b[0] = pair(at, 0, 1);
        b[1] = pair(at, 8, 9);
    }
}

__device__ float sigmoid(float s)
{
    const double e = exp(-fabs((double)s));
    return (float)((s < 0 ? e : 1.0) / (1.0 + e));
}

template <bool BF16>
__global__ void attend(const uint16_t *q, const uint16_t *k, const uint16_t *v, const uint16_t *d_o,
                       int n_q, int n_k, int causal, uint16_t *o, uint16_t *d_q)
{
    const int row = blockIdx.x * 16, g = threadIdx.x / 4, t = threadIdx.x % 4 * 2;
    float sum_o[D / 8][4] = {}, sum_q[D / 8][4] = {};

    for (int key = 0; key < n_k; key += 16) {
        uint32_t p_a[4], ds_a[4];
        for (int half = 0; half < 2; half++) {
            float s[4] = {}, dp[4] = {}, p[4], ds[4];
            for (int c = 0; c < D; c += 16) {
                uint32_t a[4], b[2];
                load_a(a, q, row, c);
                load_b(b, k, key + 8 * half, c, false);
                mma<BF16>(s, a, b);
                load_a(a, d_o, row, c);
                load_b(b, v, key + 8 * half, c, false);
                mma<BF16>(dp, a, b);
            }
            for (int n = 0; n < 4; n++) {
                const int i = row + g + (n < 2 ? 0 : 8), j = key + 8 * half + t + n % 2;
                const bool sees = j < n_k && (!causal || j <= i + n_k - n_q);
                p[n] = sees ? sigmoid(__fmaf_rn(ROWS_TAU, s[n], ROWS_BIAS)) : 0.0f;
                ds[n] = sees ? __fmul_rn(__fmaf_rn(-p[n], p[n], p[n]), dp[n]) : 0.0f;
            }
            for (int n = 0; n < 2; n++) {
                p_a[2 * half + n] = encode<BF16>(p[2 * n]) | (uint32_t)encode<BF16>(p[2 * n + 1])
                                                                 << 16;
                ds_a[2 * half + n] = encode<BF16>(ds[2 * n]) | (uint32_t)encode<BF16>(ds[2 * n + 1])
                                                                   << 16;
            }
        }
        for (int c = 0; c < D; c += 8) {
            uint32_t b[2];
            load_b(b, v, key, c, true);
            mma<BF16>(sum_o[c / 8], p_a, b);
            load_b(b, k, key, c, true);
            mma<BF16>(sum_q[c / 8], ds_a, b);
        }
    }
    for (int c = 0; c < D; c += 8) {
        for (int n = 0; n < 4; n++) {
            const int at = (row + g + (n < 2 ? 0 : 8)) * D + c + t + n % 2;
            o[at] = encode<BF16>(sum_o[c / 8][n]);
            d_q[at] = encode<BF16>(__fmul_rn(ROWS_TAU, sum_q[c / 8][n]));
        }
    }
}

static std::vector<uint16_t> draw(const rows_case &c, int rows, int width, sc_random *random)
{
    std::vector<uint16_t> x((size_t)((rows + 31) / 16 * 16) * D, 0);
    for (int i = 0; i < rows; i++) {
        for (int n = 0; n < width; n++) {
            x[(size_t)i * D + n] = (uint16_t)rows_value(&c, random);
        }
    }
    return x;
}

static uint16_t *upload(const std::vector<uint16_t> &x)
{
    void *p = nullptr;
    if (cudaMalloc(&p, x.size() * 2) != cudaSuccess ||
        cudaMemcpy(p, x.data(), x.size() * 2, cudaMemcpyHostToDevice) != cudaSuccess) {
        std::exit(3);
    }
    return (uint16_t *)p;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? std::fopen(argv[1], "wb") : nullptr;
    if (file == nullptr) {
        std::fputs("usage: record FILE\n", stderr);
        return 2;
    }
    for (int n = 0; n < ROWS_CASES; n++) {
        const rows_case &c = rows_cases[n];
        sc_random random = {(uint64_t)n + 1};
        const auto q = draw(c, c.n_q, c.d, &random), k = draw(c, c.n_k, c.d, &random),
                   v = draw(c, c.n_k, c.d_v, &random), d_o = draw(c, c.n_q, c.d_v, &random);
        std::vector<uint16_t> o(q.size()), d_q(q.size());
        uint16_t *const out = upload(o), *const out_q = upload(d_q);
        (c.format == SC_FORMAT_BF16 ? attend<true> : attend<false>)<<<(c.n_q + 15) / 16, 32>>>(
            upload(q), upload(k), upload(v), upload(d_o), c.n_q, c.n_k, c.causal, out, out_q);
        if (cudaMemcpy(o.data(), out, o.size() * 2, cudaMemcpyDeviceToHost) != cudaSuccess ||
            cudaMemcpy(d_q.data(), out_q, o.size() * 2, cudaMemcpyDeviceToHost) != cudaSuccess) {
            std::fprintf(stderr, "case %d: %s\n", n, cudaGetErrorString(cudaGetLastError()));
            return 3;
        }
        for (int i = 0; i < c.n_q; i++) {
            std::fwrite(&o[(size_t)i * D], 2, (size_t)c.d_v, file);
        }
        for (int i = 0; i < c.n_q; i++) {
            std::fwrite(&d_q[(size_t)i * D], 2, (size_t)c.d, file);
        }
    }
    return std::fclose(file) == 0 ? 0 : 3;
}
