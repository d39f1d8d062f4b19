/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_BACKWARD_FMA_H
#define SC_KERNELS_BACKWARD_FMA_H

#include "kernels/backward.h"

/* sc_backward_plan of fp32 inputs: backward_fma_rows.cu and backward_fma_keys.cu. The same arguments and promises,
 * but that there is no fast mode: d_q_sums is not used. */
const char *sc_backward_fma_plan(const struct sc_problem *host, const struct sc_problem *machine,
                                 const struct sc_backward_buffers *buffers,
                                 struct sc_backward_arguments *arguments,
                                 struct sc_launch launches[SC_BACKWARD_LAUNCHES], int32_t *count);

/* Bytes of bias_parts; 0 for a problem that these kernels do not do. */
size_t sc_backward_fma_bias_bytes(const struct sc_problem *host);

#endif
