/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_DEVICE_SIGMOID_H
#define SC_TOOLS_KERNELS_DEVICE_SIGMOID_H

#include <stdint.h>

/* The activation of the kernels, as a GPU computes it: so that their outputs on that GPU can be predicted to the last
 * bit. The GPU is asked for SC_DEVICE_SIGMOID_BLOCK neighbouring numbers at a time, and each is asked for once. */
#define SC_DEVICE_SIGMOID_BLOCK 16384

/* sigma(s). One thread at a time. A GPU that does not answer, or no memory, ends the process with a line and status 3:
 * a prediction has no way to fail. */
float sc_device_sigmoid(float s);

/* sigma of the fp32 numbers with the bits first, first + 1, ..., as many as a block has; 0, or a CUDA error. */
int sc_device_sigmoid_block(uint32_t first, float *values);

#endif
