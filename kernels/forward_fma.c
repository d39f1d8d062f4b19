/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/forward_fma.h"

#include "kernels/fma.h"
#include "kernels/instances.h"
#include "kernels/plan.h"

void sc_forward_fma(const void *arguments);

const char *sc_forward_fma_plan(const struct sc_problem *host, const struct sc_problem *machine,
                                const struct sc_forward_buffers *buffers,
                                struct sc_forward_arguments *arguments, struct sc_launch *launch)
{
    const char *refusal = sc_plan_refusal(host, SC_FMA_FORWARD_LINES);

    if (refusal != NULL) {
        return refusal;
    }
    sc_plan_forward(host, machine, buffers, SC_FMA_FORWARD_LINES, arguments);
    const struct sc_launch found = {sc_forward_fma,    arguments,
                                    sizeof *arguments, arguments->blocks,
                                    SC_BLOCK_THREADS,  sc_fma_forward_bytes(host->d, host->d_v)};

    *launch = found;
    return NULL;
}
