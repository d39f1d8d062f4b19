/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_BENCH_POWER_H
#define SC_TOOLS_BENCH_POWER_H

#include "reference/regularity/layer.h"

/* ||J||_2 as it is estimated elsewhere: power iteration on J^T J in binary32 from a random unit vector, with products
 * J t and J^T u, no matrix (as torch.nn.utils.spectral_norm does for a matrix, and as Lipschitz estimators of networks
 * do with autograd). For one head of a sigmoid layer, without mask, biases, norm or W_o.
 *   steps   of it, `marks` of them, ascending
 *   values  receives ||J t|| after each of these numbers of steps, in binary32
 * SC_E_MEMORY. */
enum sc_status sc_bench_power(const struct sc_layer *layer, const double *x, uint64_t seed,
                              const int32_t *steps, int32_t marks, double *values,
                              struct sc_error *error);

#endif
