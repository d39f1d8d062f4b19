/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_FORWARD_FMA_H
#define SC_KERNELS_FORWARD_FMA_H

#include "kernels/forward.h"

/* sc_forward_plan of fp32 inputs: forward_fma.cu. The same arguments and promises. */
const char *sc_forward_fma_plan(const struct sc_problem *host, const struct sc_problem *machine,
                                const struct sc_forward_buffers *buffers,
                                struct sc_forward_arguments *arguments, struct sc_launch *launch);

#endif
