/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_BASELINE_H
#define SC_KERNELS_BASELINE_H

#include "spec/format.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What our kernels are measured against on a GPU: the forward pass unfused, two products of cuBLAS with the sigmoid
 * between them, in memory; and held against: both passes in binary64. Full or causal masks, contiguous tensors
 * [heads][n][channels] on the device. */
struct sc_baseline {
    int32_t heads; /* of all sequences */
    int32_t n_q, n_k, d, d_v;
    int32_t causal; /* bottom-right aligned, as spec/mask.h has it */
    float tau, bias;
};

/* Bytes of work space for `at_once` heads at a time: S and P; P and dS.
 *   format  of Q, K, V, P and O: bf16 or fp16, S being fp32; SC_FORMAT_FP32: everything in binary64 */
size_t sc_baseline_bytes(const struct sc_baseline *problem, enum sc_format format, int32_t at_once);

/* O from Q, K, V in bf16 or fp16, accumulated in fp32; S in fp32, P rounded to the format.
 *   handle     a cublasHandle_t
 *   workspace  of sc_baseline_bytes
 * Returns 0, or what cuBLAS or CUDA said: 1000 and a cublasStatus_t, or a cudaError_t. */
int32_t sc_baseline_forward(void *handle, const struct sc_baseline *problem, enum sc_format format,
                            const void *q, const void *k, const void *v, void *o, void *workspace,
                            int32_t at_once);

/* The tensors of both passes in binary64. */
struct sc_baseline_tensors {
    const double *q, *k, *v, *d_o;
    double *o, *d_q, *d_k, *d_v;
};

/* O, dQ, dK and dV in binary64 throughout; returns what the other one does. */
int32_t sc_baseline_exact(void *handle, const struct sc_baseline *problem,
                          const struct sc_baseline_tensors *tensors, double *workspace,
                          int32_t at_once);

#ifdef __cplusplus
}
#endif

#endif
